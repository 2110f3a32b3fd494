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

/// What became known of a contract's sales at a moment: at first that all of it was settled, later what was corrected or is left out.
package struct IndexRevision: Record, Equatable {
    package var knownAt = Timestamp()
    package var reason = ""
    /// What corrections added to deliveries of a sale, or took from them; device-seconds may be below 0.
    package var changes: [IndexInput] = []
    /// Sales that an operator leaves out from now on, ascending; nil where nothing was said of that.
    package var excluded: [TradeID]?

    package init() {}
    package init(knownAt: Timestamp, reason: String, changes: [IndexInput] = [], excluded: [TradeID]? = nil) {
        self.knownAt = knownAt
        self.reason = reason
        self.changes = changes
        self.excluded = excluded
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("known_at", &knownAt)
        coder.field("reason", &reason)
        coder.field("changes", &changes)
        coder.field("excluded", &excluded)
    }

    /// The reason of a contract's first revision.
    package static let settled = "settled"
}

/// What is known of one contract's delivered sales: its deliveries in the order in which they settled, and what was revised since.
package struct IndexSales: Sendable {
    package var log: [IndexInput] = []
    package var revisions: [IndexRevision] = []

    package init() {}
    package init(log: [IndexInput], revisions: [IndexRevision]) {
        self.log = log
        self.revisions = revisions
    }

    /// By trade, each once: a sale that was sold on in parts is one trade in several deliveries.
    ///
    /// - Complexity: O(n log n), O(n) where the log is in the order of trades, as it mostly is.
    package var inputs: [IndexInput] {
        var all = log
        for revision in revisions { all += revision.changes }
        let isInOrder = zip(all, all.dropFirst()).allSatisfy { $0.trade <= $1.trade }
        if !isInOrder { all.sort { $0.trade < $1.trade } }
        let excluded = Set(revisions.last { $0.excluded != nil }?.excluded ?? [])
        var joined: [IndexInput] = []
        joined.reserveCapacity(all.count)
        for input in all {
            if let last = joined.last, last.trade == input.trade {
                joined[joined.count - 1].deviceSeconds += input.deviceSeconds
            } else {
                joined.append(input)
            }
        }
        joined.removeAll { $0.deviceSeconds <= 0 || excluded.contains($0.trade) }
        return joined
    }
}
