extension OrderBooks {
    /// What is wrong with the inner state of a book, nil when nothing is: for tests and audits.
    ///
    /// - Complexity: O(orders + levels + stops).
    package func brokenInvariant(of book: BookIndex) -> String? {
        let record = place(of: book)
        if record.record.bestBid >= record.record.bestAsk { return "the book is crossed" }
        var orders: UInt32 = 0
        var levels: UInt32 = 0
        for side in Side.allCases {
            var next = bestPrice(record, side)
            while let price = next {
                if let broken = brokenLevel(record, book, side, price) { return broken }
                orders += level(record, at: price).record.orders
                levels += 1
                next = nextPrice(record, side, after: price)
            }
        }
        if orders != record.record.orders { return "\(orders) orders in the levels, \(record.record.orders) counted" }
        if levels != record.record.levels { return "\(levels) levels reached from the touch, \(record.record.levels) counted" }
        if levels == 0, record.record.window.width > 0 { return "an empty book keeps its levels' memory" }
        if let broken = brokenWindow(record.record.window) { return broken }
        return brokenStops(record, book)
    }

    private func brokenLevel(_ record: Place<BookRecord>, _ book: BookIndex, _ side: Side, _ price: UInt64) -> String? {
        let cells = orders.cells
        let level = level(record, at: price).record
        if level.price != price { return "the level at \(price) believes to be at \(level.price)" }
        if level.head == 0 { return "an empty level at \(price)" }
        var displayed: UInt64 = 0
        var count: UInt32 = 0
        var previous: UInt32 = 0
        var slot = level.head
        while slot != 0 {
            let order = cells[slot]
            guard order.state == (side == .buy ? .restingBuy : .restingSell), order.book == book.index, order.price == price else {
                return "a foreign order at \(price)"
            }
            if order.displayed == 0 || order.displayed > order.remaining { return "order \(order.id) shows \(order.displayed)" }
            if order.previous != previous { return "the queue at \(price) is broken" }
            displayed += UInt64(order.displayed)
            count += 1
            previous = slot
            slot = order.next
        }
        if previous != level.tail { return "the queue at \(price) ends elsewhere" }
        if displayed != level.displayed || count != level.orders { return "the totals at \(price) are wrong" }
        return nil
    }

    /// Looks at every place of a small window: those in use are marked, the others empty.
    private func brokenWindow(_ window: LevelWindow) -> String? {
        guard window.width <= 4096 else { return nil }
        var marked = window.above(0)
        for offset in 0..<UInt64(window.width) {
            let price = window.base + offset
            let isMarked = marked == price
            if isMarked { marked = window.above(price) }
            if isMarked != (window.level(at: price).record.head != 0) { return "the mark at \(price) is wrong" }
        }
        return marked == nil ? nil : "a mark outside the window"
    }

    private func brokenStops(_ record: Place<BookRecord>, _ book: BookIndex) -> String? {
        let tree = StopTree(orders.cells)
        if tree.brokenInvariant(under: record.record.buyStops) || tree.brokenInvariant(under: record.record.sellStops) {
            return "a tree of stops is out of balance or order"
        }
        var count: UInt32 = 0
        tree.forEach(under: record.record.buyStops) { count += orders.cells[$0.index].state == .stopBuy ? 1 : 0 }
        tree.forEach(under: record.record.sellStops) { count += orders.cells[$0.index].state == .stopSell ? 1 : 0 }
        return count == record.record.stops ? nil : "\(count) stops in the trees, \(record.record.stops) counted"
    }
}
