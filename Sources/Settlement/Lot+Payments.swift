import Ledger
import Quantities

extension Lot {
    /// What the outcome pays to whom out of escrow; together exactly `escrow`.
    ///
    /// Sale by sale: its seller (`proceeds` for capacity, `resale_proceeds` for a resale), then the exchange's
    /// `fee_revenue`; then the holder's `refund` and `fee_refund`, the provider's `bond_return`, the holder's
    /// `compensation`. Amounts of zero are left out. A rebate reduces the payment that it belongs to.
    ///
    /// - Parameters:
    ///   - delivered: D in device-seconds; counts for `delivered`, `partial` and `not_delivered` only.
    ///   - fault: who is at fault for these three; where it is not the provider, the whole bond goes back.
    /// - Precondition: `0 <= delivered <= deviceSeconds`.
    package func payments(delivered: Int64, outcome: DeliveryOutcome, fault: FaultParty = .provider) -> [Payment] {
        var payments: [Payment] = []
        payments.reserveCapacity(2 * links.count + 4)
        appendPayments(delivered: delivered, outcome: outcome, fault: fault, to: &payments)
        return payments
    }

    /// `payments(delivered:outcome:fault:)` into memory that the caller reuses.
    package func appendPayments(
        delivered: Int64, outcome: DeliveryOutcome, fault: FaultParty = .provider, to payments: inout [Payment]
    ) {
        precondition(delivered >= 0 && delivered <= deviceSeconds, "more was delivered than sold")
        let settled = countedSeconds(delivered, outcome)
        func pay(_ recipient: ParticipantID?, _ amount: Micros, _ kind: TransferKind, _ trade: TradeID) {
            precondition(amount >= .zero, "an outcome that takes money from \(kind.rawValue)")
            if amount > .zero { payments.append(Payment(to: recipient, amount: amount, kind: kind, trade: trade)) }
        }

        // What the buyer of the sale at hand gets back: of its notional and of its fee.
        var notionalBack = Micros.zero
        var feeBack = Micros.zero
        for position in links.indices {
            let link = links[position]
            let earned = earnedShares(position, settled)
            if position == 0 {
                pay(link.seller, earned.notional - earned.sellerFee, .proceeds, link.trade)
            } else {
                let owed = notionalBack + feeBack + earned.notional - earned.sellerFee
                pay(link.seller, owed - link.released, .resaleProceeds, link.trade)
            }
            pay(nil, earned.buyerFee + earned.sellerFee, .feeRevenue, link.trade)
            notionalBack = link.price.notional(quantity) - earned.notional
            feeBack = link.buyerFee - earned.buyerFee
        }
        let bought = links.latest.trade
        if feeBack < .zero {
            pay(holder, notionalBack + feeBack, .refund, bought)
        } else {
            pay(holder, notionalBack, .refund, bought)
            pay(holder, feeBack, .feeRefund, bought)
        }
        let capacitySale = links[0].trade
        let returned = bondReturn(settled, outcome, fault)
        pay(provider, returned, .bondReturn, capacitySale)
        pay(holder, bond - returned, .compensation, capacitySale)
    }

    /// What a lot pays that its provider has bought back: settled at once as fully delivered.
    ///
    /// - Precondition: the holder is the provider.
    package func paymentsOnReturnToProvider() -> [Payment] {
        precondition(holder == provider, "a lot that did not return to its provider")
        return payments(delivered: 0, outcome: .returned)
    }

    /// The shares of one sale's notional and fees that `delivered` device-seconds earn: ⌊x × D / T⌋, of a rebate toward
    /// zero.
    ///
    /// - Precondition: a sale of the lot; `0 <= delivered <= deviceSeconds`.
    package func earnedShares(_ position: Int, _ delivered: Int64) -> EarnedShares {
        let link = links[position]
        let notional = link.price.notional(quantity)
        // Full and no delivery, nearly all there are, need no division of 128 bits.
        if delivered == deviceSeconds {
            return EarnedShares(notional: notional, buyerFee: link.buyerFee, sellerFee: link.sellerFee)
        }
        if delivered == 0 { return EarnedShares(notional: .zero, buyerFee: .zero, sellerFee: .zero) }
        return EarnedShares(
            notional: Micros(floorShare(notional.rawValue, delivered, deviceSeconds)),
            buyerFee: Micros(truncatedShare(link.buyerFee.rawValue, delivered, deviceSeconds)),
            sellerFee: Micros(truncatedShare(link.sellerFee.rawValue, delivered, deviceSeconds))
        )
    }

    /// The device-seconds that an outcome settles by.
    package func countedSeconds(_ delivered: Int64, _ outcome: DeliveryOutcome) -> Int64 {
        switch outcome {
        case .delivered, .partial, .notDelivered, .disputed: delivered
        case .unverified, .unverifiedFault, .declined, .unattested: 0
        case .returned: deviceSeconds
        }
    }

    /// What of the bond goes back to the provider; the rest compensates the holder.
    private func bondReturn(_ settled: Int64, _ outcome: DeliveryOutcome, _ fault: FaultParty) -> Micros {
        switch outcome {
        case .delivered, .partial, .notDelivered, .disputed:
            fault == .provider && settled < deviceSeconds ? Micros(floorShare(bond.rawValue, settled, deviceSeconds)) : bond
        case .unverified, .returned: bond
        case .unverifiedFault, .unattested: .zero
        case .declined: Micros(bond.rawValue / 2)
        }
    }
}
