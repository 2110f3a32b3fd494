import Matching

/// How much there is of what, for whoever watches the exchange. Each is a number that is kept anyway.
package struct MarketGauges: Sendable, Equatable {
    package var openOrders: Int64 = 0
    package var contracts: Int64 = 0
    package var participants: Int64 = 0
    package var resources: Int64 = 0
    /// Since the history began.
    package var orders: Int64 = 0
    package var trades: Int64 = 0
    package var waitingStops: Int64 = 0
    /// In memory: until 30 days after their hours are settled and listed.
    package var deliveries: Int64 = 0
    package var allocations: Int64 = 0
    package var isHalted = false

    package init() {}
}

/// The memory that the arrays of orders grow into next.
package struct OrderMemoryAhead: Sendable, Equatable {
    var books: MemoryAhead?
    var live: MemoryAhead?
    var closed: MemoryAhead?
    var keys: MemoryAhead?

    package init() {}
    init(books: MemoryAhead?, live: MemoryAhead?, closed: MemoryAhead?, keys: MemoryAhead?) {
        (self.books, self.live, self.closed, self.keys) = (books, live, closed, keys)
    }

    /// What there is of it.
    package var pieces: [MemoryAhead] { [books, live, closed, keys].compactMap { $0 } }
}

extension Exchange {
    /// Whether the operator halted the whole market.
    package var isMarketHalted: Bool { marketHalted }

    /// What will be written when more orders come and close; changes once in 16,000 orders or so. O(1), without an allocation.
    package var memoryAhead: OrderMemoryAhead {
        OrderMemoryAhead(books: books.memoryAhead, live: orders.liveAhead, closed: orders.closedAhead, keys: orders.closedKeysAhead)
    }

    /// The figures now. O(1).
    package var gauges: MarketGauges {
        var gauges = MarketGauges()
        gauges.openOrders = Int64(orders.liveCount)
        gauges.contracts = Int64(contracts.count)
        gauges.participants = Int64(traders.count)
        gauges.resources = Int64(resourceFacts.count)
        gauges.orders = lastOrderID
        gauges.trades = lastTradeID
        gauges.waitingStops = Int64(waitingStops)
        gauges.deliveries = Int64(deliveries.kept)
        gauges.allocations = Int64(allocations.kept)
        gauges.isHalted = marketHalted
        return gauges
    }
}
