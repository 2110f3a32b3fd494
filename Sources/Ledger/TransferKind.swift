import Quantities

/// What a transfer is for. From whom to whom, and which command posts it.
package enum TransferKind: String, Choice {
    /// World to cash: money comes in (deposit).
    case deposit
    /// Cash to world: money goes out (withdrawal).
    case withdrawal
    /// Buyer's cash to escrow: price × quantity (every trade).
    case notional
    /// Buyer's cash to escrow: its fee (every trade).
    case buyerFee = "buyer_fee"
    /// Escrow to buyer's cash: its rebate, out of the notional it just paid (a trade at a negative rate).
    case buyerRebate = "buyer_rebate"
    /// Provider's cash to escrow: security for delivery (a trade that sells capacity).
    case bond
    /// Escrow to reseller's cash: what is due whether the hour is delivered or not (a trade that sells a long position).
    case resaleRelease = "resale_release"
    /// Escrow to provider's cash: the delivered part of the notional less its fee (settlement).
    case proceeds
    /// Escrow to reseller's cash: what a resale is due beyond its release, by the outcome (settlement).
    case resaleProceeds = "resale_proceeds"
    /// Escrow to fee revenue: both sides' fees on the delivered part (settlement).
    case feeRevenue = "fee_revenue"
    /// Escrow to holder's cash: the undelivered part of the notional, less the rebate on it (settlement).
    case refund
    /// Escrow to holder's cash: the fee on the undelivered part (settlement).
    case feeRefund = "fee_refund"
    /// Escrow to provider's cash: the bond, or the delivered part of it (settlement, a lot's return to its provider).
    case bondReturn = "bond_return"
    /// Escrow to holder's cash: the bond's undelivered part (settlement, a failure declared ahead).
    case compensation
    /// Cash to cash, or fee revenue to cash: a later correction of a settled delivery, with its reference and reason.
    case correction
    /// Cash to escrow or escrow to cash: payments of one command to and from one party posted as their difference.
    case netting
}
