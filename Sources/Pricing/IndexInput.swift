import Quantities

/// One sale of capacity that was delivered: what an index is made of.
package struct IndexInput: Record, Equatable {
    package var trade = TradeID.none
    /// The owner of the provider.
    package var seller = ParticipantID.none
    package var price = Price()
    /// What was delivered of it.
    package var deviceSeconds: Int64 = 0

    package init() {}
    package init(trade: TradeID, seller: ParticipantID, price: Price, deviceSeconds: Int64) {
        self.trade = trade
        self.seller = seller
        self.price = price
        self.deviceSeconds = deviceSeconds
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("trade", &trade)
        coder.field("seller", &seller)
        coder.field("price", &price)
        coder.field("device_seconds", &deviceSeconds)
    }
}

/// What was known of a contract's sales from a moment on.
package struct IndexRevision: Record, Equatable {
    package var knownAt = Timestamp()
    package var reason = ""
    /// By trade, each once.
    package var inputs: [IndexInput] = []

    package init() {}
    package init(knownAt: Timestamp, reason: String, inputs: [IndexInput]) {
        self.knownAt = knownAt
        self.reason = reason
        self.inputs = inputs
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("known_at", &knownAt)
        coder.field("reason", &reason)
        coder.field("inputs", &inputs)
    }

    /// The reason of a contract's first revision.
    package static let settled = "settled"
}
