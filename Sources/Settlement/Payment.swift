import Ledger
import Quantities

/// An amount that leaves a contract's escrow account.
package struct Payment: Record, Equatable {
    /// The participant whose cash account is credited, or nil for the exchange's fee revenue.
    package var to: ParticipantID?
    /// Above zero.
    package var amount = Micros.zero
    package var kind = TransferKind.proceeds
    /// The sale that the payment comes from; for bond and compensation the sale of capacity.
    package var trade = TradeID()

    package init() {}
    package init(to: ParticipantID?, amount: Micros, kind: TransferKind, trade: TradeID) {
        self.to = to
        self.amount = amount
        self.kind = kind
        self.trade = trade
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("to", &to)
        coder.field("amount", &amount)
        coder.field("kind", &kind)
        coder.field("trade", &trade)
    }
}

/// What was earned on one sale of a lot by the part that was delivered.
package struct EarnedShares: Equatable, Sendable {
    package var notional: Micros
    /// Negative is a rebate.
    package var buyerFee: Micros
    /// Negative is a rebate.
    package var sellerFee: Micros
}
