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

extension Exchange {
    /// Whether the operator halted the whole market.
    package var isMarketHalted: Bool { marketHalted }

    /// What will be written when more orders come; changes once in 16,000 orders or so. O(1).
    package var memoryAhead: [MemoryAhead] { [books.memoryAhead].compactMap { $0 } + orders.memoryAhead }

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
