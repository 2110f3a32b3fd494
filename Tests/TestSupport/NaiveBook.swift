import Matching

/// The naive twin of one order book: two sorted arrays and obvious code, for comparison with `OrderBooks` on random commands.
package struct NaiveBook: Equatable {
    /// An order or a stop.
    package struct Order: Equatable {
        package let id: Int64
        package let side: Side
        package let price: Int64
        package var remaining: UInt32
        package var displayed: UInt32
        package var display: UInt32
        package let owner: UInt32
    }

    /// One thing a sweep did.
    package struct Action: Equatable {
        package let kind: MatchAction.Kind
        package let makerID: Int64
        package let price: Int64
        package let quantity: UInt32
        package let makerRemaining: UInt32

        package init(kind: MatchAction.Kind, makerID: Int64, price: Int64, quantity: UInt32, makerRemaining: UInt32) {
            self.kind = kind
            self.makerID = makerID
            self.price = price
            self.quantity = quantity
            self.makerRemaining = makerRemaining
        }
    }

    /// Resting buys, best price first, then oldest.
    package private(set) var bids: [Order] = []
    /// Resting sells, best price first, then oldest.
    package private(set) var asks: [Order] = []
    /// Waiting stops, in the order of acceptance.
    package private(set) var stops: [Order] = []

    package init() {}

    /// The orders of a side in price-time priority.
    package func orders(_ side: Side) -> [Order] { side == .buy ? bids : asks }

    /// The levels of a side, best first.
    package func levels(_ side: Side) -> [(price: Int64, displayed: UInt64, orders: Int)] {
        var levels: [(price: Int64, displayed: UInt64, orders: Int)] = []
        for order in orders(side) {
            if levels.last?.price != order.price { levels.append((order.price, 0, 0)) }
            levels[levels.count - 1].displayed += UInt64(order.displayed)
            levels[levels.count - 1].orders += 1
        }
        return levels
    }

    /// The sweep: while units are left and the first counterpart is within the limit, trade with it or prevent the self-trade.
    package mutating func match(
        side: Side, limit: Int64, quantity: UInt32, owner: UInt32, prevention: SelfTradePrevention
    ) -> (actions: [Action], remaining: UInt32, isStopped: Bool) {
        var actions: [Action] = []
        var remaining = quantity
        while remaining > 0, var maker = orders(side.opposite).first, side == .buy ? maker.price <= limit : maker.price >= limit {
            remove(maker.id)
            if maker.owner == owner {
                if prevention == .cancelNewest {
                    putFirst(maker)
                    return (actions, remaining, true)
                }
                actions.append(
                    Action(kind: .makerCancelled, makerID: maker.id, price: maker.price, quantity: maker.remaining, makerRemaining: 0)
                )
                if prevention == .cancelBoth { return (actions, remaining, true) }
                continue
            }
            let traded = min(remaining, maker.displayed)
            remaining -= traded
            maker.remaining -= traded
            maker.displayed -= traded
            actions.append(
                Action(kind: .fill, makerID: maker.id, price: maker.price, quantity: traded, makerRemaining: maker.remaining)
            )
            if maker.displayed > 0 {
                putFirst(maker)
            } else if maker.remaining > 0 {
                maker.displayed = min(maker.display, maker.remaining)
                putLast(maker)
            }
        }
        return (actions, remaining, false)
    }

    /// What a sweep would fill: do it to a copy and count.
    package func fillableQuantity(
        side: Side, limit: Int64, quantity: UInt32, owner: UInt32, prevention: SelfTradePrevention
    ) -> UInt32 {
        var copy = self
        let (actions, _, _) = copy.match(side: side, limit: limit, quantity: quantity, owner: owner, prevention: prevention)
        return actions.filter { $0.kind == .fill }.reduce(0) { $0 + $1.quantity }
    }

    /// Rests an order behind all others of its price.
    package mutating func insert(id: Int64, side: Side, price: Int64, quantity: UInt32, display: UInt32, owner: UInt32) {
        putLast(Order(id: id, side: side, price: price, remaining: quantity, displayed: display, display: display, owner: owner))
    }

    /// Takes out an order or a stop; returns what it had left.
    @discardableResult
    package mutating func cancel(_ id: Int64) -> UInt32 { remove(id)?.remaining ?? 0 }

    /// Shrinks an order or a stop in its place.
    package mutating func reduce(_ id: Int64, to remaining: UInt32) {
        change(id) { order in
            order.remaining = remaining
            order.displayed = min(order.displayed, remaining)
        }
    }

    /// Fills an order directly, in its place; returns what it has left.
    package mutating func fill(_ id: Int64, quantity: UInt32) -> UInt32 {
        change(id) { order in
            order.remaining -= quantity
            order.displayed = min(order.displayed, order.remaining)
        }
        let left = find(id)?.remaining ?? 0
        if left == 0 { remove(id) }
        return left
    }

    /// Adds a stop.
    package mutating func insertStop(id: Int64, side: Side, stopPrice: Int64, quantity: UInt32, owner: UInt32) {
        stops.append(Order(id: id, side: side, price: stopPrice, remaining: quantity, displayed: 0, display: 0, owner: owner))
    }

    /// Takes out the stop with the lowest id among those whose condition holds.
    package mutating func takeTriggeredStop(last: Int64) -> Int64? {
        let triggered = stops.filter { $0.side == .buy ? last >= $0.price : last <= $0.price }
        guard let earliest = triggered.map(\.id).min() else { return nil }
        remove(earliest)
        return earliest
    }

    /// The order or stop with this id.
    package func find(_ id: Int64) -> Order? {
        for orders in [bids, asks, stops] {
            if let order = orders.first(where: { $0.id == id }) { return order }
        }
        return nil
    }

    private static func isBetter(_ price: Int64, _ side: Side, than other: Int64) -> Bool { side == .buy ? price > other : price < other }

    private mutating func putFirst(_ order: Order) {
        change(order.side) { orders in
            orders.insert(order, at: orders.firstIndex { !Self.isBetter($0.price, order.side, than: order.price) } ?? orders.count)
        }
    }

    private mutating func putLast(_ order: Order) {
        change(order.side) { orders in
            orders.insert(order, at: orders.firstIndex { Self.isBetter(order.price, order.side, than: $0.price) } ?? orders.count)
        }
    }

    private mutating func change(_ side: Side, _ body: (inout [Order]) -> Void) {
        var orders = orders(side)
        body(&orders)
        if side == .buy { bids = orders } else { asks = orders }
    }

    private mutating func change(_ id: Int64, _ body: (inout Order) -> Void) {
        for index in bids.indices where bids[index].id == id { body(&bids[index]) }
        for index in asks.indices where asks[index].id == id { body(&asks[index]) }
        for index in stops.indices where stops[index].id == id { body(&stops[index]) }
    }

    @discardableResult
    private mutating func remove(_ id: Int64) -> Order? {
        if let index = bids.firstIndex(where: { $0.id == id }) { return bids.remove(at: index) }
        if let index = asks.firstIndex(where: { $0.id == id }) { return asks.remove(at: index) }
        if let index = stops.firstIndex(where: { $0.id == id }) { return stops.remove(at: index) }
        return nil
    }
}
