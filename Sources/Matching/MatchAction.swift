/// One thing that a sweep did to one resting order.
package struct MatchAction: Equatable, Sendable, BitwiseCopyable {
    /// What was done.
    package enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// The maker traded `quantity` at `price`.
        case fill
        /// Self-trade prevention cancelled the maker; `quantity` is the whole remainder it had.
        case makerCancelled
    }

    /// The maker's identifier, as given at insertion.
    package let makerID: Int64
    /// The maker's price in ticks, which is the price of the trade.
    package let price: Int64
    /// The maker's place. When `makerRemaining` is 0 the place is free again, and untouched until the next insertion.
    package let slot: OrderSlot
    /// Units filled, or units cancelled.
    package let quantity: UInt32
    /// Units of the maker, hidden ones included, that still rest after this action; 0 when it left the book.
    package let makerRemaining: UInt32
    /// What was done.
    package let kind: Kind

    /// Describes one action; tests compare with it.
    @inlinable
    package init(kind: Kind, slot: OrderSlot, makerID: Int64, price: Int64, quantity: UInt32, makerRemaining: UInt32) {
        self.makerID = makerID
        self.price = price
        self.slot = slot
        self.quantity = quantity
        self.makerRemaining = makerRemaining
        self.kind = kind
    }
}

/// How a sweep ended for the taker.
package struct MatchOutcome: Equatable, Sendable {
    /// Units of the taker that found no counterpart within its limit.
    package let remaining: UInt32
    /// Whether the taker met an order of its own and must be cancelled; `remaining` is what to cancel, never 0.
    package let stoppedBySelfTrade: Bool

    /// Describes an outcome; tests compare with it.
    @inlinable
    package init(remaining: UInt32, stoppedBySelfTrade: Bool) {
        self.remaining = remaining
        self.stoppedBySelfTrade = stoppedBySelfTrade
    }
}
