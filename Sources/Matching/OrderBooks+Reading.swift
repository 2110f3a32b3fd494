extension OrderBooks {
    /// The order or stop at a slot. Complexity O(1).
    package func order(_ slot: OrderSlot) -> RestingOrder {
        let record = orders.cells[checked(slot)]
        return RestingOrder(
            id: record.id,
            book: BookIndex(index: record.book),
            side: record.side,
            price: Int64(bitPattern: record.price),
            remaining: record.remaining,
            displayed: record.displayed,
            owner: record.owner,
            isStop: record.isStop
        )
    }

    /// The best price of a side in ticks, nil when nothing rests there. Complexity O(1).
    package func best(_ book: BookIndex, _ side: Side) -> Int64? {
        bestPrice(place(of: book), side).map { Int64(bitPattern: $0) }
    }

    /// Whether the book has neither orders nor stops, so that it may be closed. Complexity O(1).
    package func isEmpty(_ book: BookIndex) -> Bool {
        let record = place(of: book)
        return record.record.orders == 0 && record.record.stops == 0
    }

    /// How many orders rest in the book, both sides, without stops. Complexity O(1).
    package func orderCount(_ book: BookIndex) -> Int {
        Int(place(of: book).record.orders)
    }

    /// How many stops wait in the book, both sides. Complexity O(1).
    package func stopCount(_ book: BookIndex) -> Int {
        Int(place(of: book).record.stops)
    }

    /// How many prices the book uses, both sides. Complexity O(1).
    package func levelCount(_ book: BookIndex) -> Int {
        Int(place(of: book).record.levels)
    }

    /// Calls `body` with price, displayed units and number of orders of a side's levels, best first, `maximum` of them at most.
    ///
    /// - Complexity: O(levels shown) within the window, O(log levels) for each outside.
    package func forEachLevel(
        _ book: BookIndex,
        _ side: Side,
        maximum: Int,
        _ body: (_ price: Int64, _ displayedQuantity: UInt64, _ orders: Int) -> Void
    ) {
        let record = place(of: book)
        var left = maximum
        var next = bestPrice(record, side)
        while let price = next, left > 0 {
            let level = level(record, at: price)
            body(Int64(bitPattern: price), level.record.displayed, Int(level.record.orders))
            left -= 1
            next = nextPrice(record, side, after: price)
        }
    }

    /// Calls `body` with the orders of a side in price-time priority until it returns false.
    ///
    /// - Complexity: O(orders visited), and for each level as `forEachLevel`.
    package func forEachOrder(_ book: BookIndex, _ side: Side, _ body: (OrderSlot) -> Bool) {
        let record = place(of: book)
        let cells = orders.cells
        var next = bestPrice(record, side)
        while let price = next {
            var slot = level(record, at: price).record.head
            while slot != 0 {
                guard body(OrderSlot(index: slot)) else { return }
                slot = cells[slot].next
            }
            next = nextPrice(record, side, after: price)
        }
    }

    /// Calls `body` with every waiting stop: the buys, then the sells, each by stop price and then id.
    package func forEachStop(_ book: BookIndex, _ body: (OrderSlot) -> Void) {
        let record = place(of: book)
        StopTree(orders.cells).forEach(under: record.record.buyStops, body)
        StopTree(orders.cells).forEach(under: record.record.sellStops, body)
    }

    /// Bytes of levels' memory in use and kept for use, all books together; orders and book records not counted.
    package var levelBytes: Int { memory.bytes }

    /// How often levels' memory was asked of the system since the start: does not grow in steady state.
    package var systemAllocations: Int { memory.systemAllocations }
}
