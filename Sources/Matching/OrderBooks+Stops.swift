extension OrderBooks {
    /// Adds a stop that waits for the contract's last price. `cancel`, `reduce` and `order` work on it as on a resting order.
    ///
    /// - Parameters:
    ///   - id: the caller's identifier, unique among the book's stops; of several triggered ones the lowest enters first.
    ///   - stopPrice: ticks above 0; a buy triggers when the last price is at or above, a sell when it is at or below.
    ///   - quantity: units above 0.
    /// - Complexity: O(log stops of that side).
    package mutating func insertStop(
        _ book: BookIndex,
        id: Int64,
        side: Side,
        stopPrice: Int64,
        quantity: UInt32,
        owner: UInt32
    ) -> OrderSlot {
        precondition(stopPrice > 0, "a price is above 0")
        precondition(quantity > 0, "an order has at least one unit")
        let record = place(of: book)
        let slot = takeRecord()
        orders.cells[slot] = OrderRecord(
            id: id,
            price: UInt64(stopPrice),
            next: 0,
            previous: 0,
            remaining: quantity,
            displayed: 0,
            display: 0,
            owner: owner,
            book: book.index,
            state: side == .buy ? .stopBuy : .stopSell,
            height: 0,
            earliest: 0,
            earliestID: 0
        )
        if side == .buy {
            record.record.buyStops = StopTree(orders.cells).inserting(slot, under: record.record.buyStops)
        } else {
            record.record.sellStops = StopTree(orders.cells).inserting(slot, under: record.record.sellStops)
        }
        record.record.stops += 1
        return OrderSlot(index: slot)
    }

    /// The stop that enters next at this last price: of those it triggers the lowest id, nil when it triggers none. Changes nothing.
    ///
    /// - Complexity: O(log stops).
    package func triggeredStop(_ book: BookIndex, last: Int64) -> OrderSlot? {
        precondition(last > 0, "a price is above 0")
        let record = place(of: book)
        guard record.record.stops > 0 else { return nil }
        let tree = StopTree(orders.cells)
        let buy = tree.earliest(under: record.record.buyStops, atOrBelow: UInt64(last))
        let sell = tree.earliest(under: record.record.sellStops, atOrAbove: UInt64(last))
        guard let buy else { return sell.map { OrderSlot(index: $0.slot) } }
        guard let sell else { return OrderSlot(index: buy.slot) }
        return OrderSlot(index: buy.id < sell.id ? buy.slot : sell.slot)
    }

    /// Takes out the stop that `triggeredStop` names and frees its slot, which is untouched until the next insertion.
    ///
    /// - Complexity: O(log stops).
    package mutating func takeTriggeredStop(_ book: BookIndex, last: Int64) -> OrderSlot? {
        guard let slot = triggeredStop(book, last: last) else { return nil }
        removeStop(slot.index)
        return slot
    }

    /// Takes a stop out of its tree and frees its record.
    mutating func removeStop(_ index: UInt32) {
        let book = books.cells.place(Int(orders.cells[index].book))
        if orders.cells[index].state == .stopBuy {
            book.record.buyStops = StopTree(orders.cells).removing(index, under: book.record.buyStops)
        } else {
            book.record.sellStops = StopTree(orders.cells).removing(index, under: book.record.sellStops)
        }
        book.record.stops -= 1
        freeRecord(index)
    }
}
