extension OrderBooks {
    /// Rests an order behind all others of its price.
    ///
    /// - Parameters:
    ///   - id: the caller's identifier; unique among the book's stops, otherwise only handed back.
    ///   - price: ticks above 0.
    ///   - quantity: units above 0, hidden ones included.
    ///   - display: units shown at a time, 1…`quantity`; equal to `quantity` when the order is no iceberg.
    ///   - owner: whoever may not trade with it.
    /// - Precondition: the price does not reach the other side's best: sweep first.
    /// - Complexity: O(1) within the window, O(log levels) outside.
    @inline(__always)
    package mutating func insert(
        _ book: BookIndex,
        id: Int64,
        side: Side,
        price: Int64,
        quantity: UInt32,
        display: UInt32,
        owner: UInt32
    ) -> OrderSlot {
        precondition(price > 0, "a price is above 0")
        precondition(display > 0 && display <= quantity, "an order shows between one unit and all of them")
        let record = place(of: book)
        let price = UInt64(price)
        precondition(!record.record.isReached(by: side, at: price), "a book is not crossed at rest")
        let slot = takeRecord()
        let order = orders.cells.place(Int(slot))
        order.record.id = id
        order.record.price = price
        order.record.remaining = quantity
        order.record.displayed = display
        order.record.display = display
        order.record.owner = owner
        order.record.book = book.index
        order.record.state = side == .buy ? .restingBuy : .restingSell
        let level = levelForInsertion(record, at: price)
        level.record.append(slot, showing: display, orders.cells)
        record.record.orders &+= 1
        record.record.improve(side, to: price)
        return OrderSlot(index: slot)
    }

    /// Rests an order that stood in a book before, behind all others of its price, showing `displayed` of its `display` units.
    ///
    /// - Precondition: as the other `insert`; `displayed` is 1…`display`.
    package mutating func insert(
        _ book: BookIndex, id: Int64, side: Side, price: Int64, quantity: UInt32, display: UInt32, displayed: UInt32, owner: UInt32
    ) -> OrderSlot {
        precondition(displayed > 0 && displayed <= display, "an order shows between one unit and its display")
        let slot = insert(book, id: id, side: side, price: price, quantity: quantity, display: display, owner: owner)
        if displayed < display { showLess(orders.cells.place(Int(slot.index)), to: displayed) }
        return slot
    }

    /// Takes an order out of its book, or a stop out of its tree, and frees its slot.
    ///
    /// - Returns: the units it had left, hidden ones included.
    /// - Complexity: O(1) within the window; O(log levels) outside, O(log stops) for a stop.
    @discardableResult
    @inline(__always)
    package mutating func cancel(_ slot: OrderSlot) -> UInt32 {
        let index = checked(slot)
        let remaining = orders.cells[index].remaining
        if orders.cells[index].isStop {
            removeStop(index)
        } else {
            remove(index)
        }
        return remaining
    }

    /// Shrinks an order or a stop to `remaining` units; it keeps its place. An iceberg shows no more than it has.
    ///
    /// - Precondition: `0 < remaining`, and no more than the order has.
    /// - Complexity: as `cancel`, without the tree's.
    package mutating func reduce(_ slot: OrderSlot, to remaining: UInt32) {
        let index = checked(slot)
        let order = orders.cells.place(Int(index))
        precondition(remaining > 0 && remaining <= order.record.remaining, "an order only shrinks, and not to nothing")
        order.record.remaining = remaining
        guard order.record.displayed > remaining else { return }
        showLess(order, to: remaining)
    }

    /// Fills `quantity` units of a resting order directly, past all others: an iceberg gives from its whole remainder at its present
    /// place, and then shows what it showed before or all that is left.
    ///
    /// - Precondition: a resting order, no stop; `0 < quantity`, and no more than it has.
    /// - Returns: the units left; at 0 the order has left the book and its slot is free.
    /// - Complexity: as `cancel`.
    package mutating func fill(_ slot: OrderSlot, quantity: UInt32) -> UInt32 {
        let index = checked(slot)
        let order = orders.cells.place(Int(index))
        precondition(!order.record.isStop, "a stop cannot be filled")
        precondition(quantity > 0 && quantity <= order.record.remaining, "more than the order has")
        let left = order.record.remaining - quantity
        if left == 0 {
            remove(index)
            return 0
        }
        order.record.remaining = left
        if order.record.displayed > left { showLess(order, to: left) }
        return left
    }

    /// Lets a resting order show `displayed` units, less than it shows now.
    private mutating func showLess(_ order: Place<OrderRecord>, to displayed: UInt32) {
        let book = books.cells.place(Int(order.record.book))
        level(book, at: order.record.price).record.displayed -= UInt64(order.record.displayed - displayed)
        order.record.displayed = displayed
    }

    /// Unlinks a resting order, forgets its level if it was the last one there, and frees its record.
    @inline(__always)
    private mutating func remove(_ index: UInt32) {
        let order = orders.cells.place(Int(index))
        let book = books.cells.place(Int(order.record.book))
        let price = order.record.price
        let level = level(book, at: price)
        level.record.unlink(index, orders.cells)
        freeRecord(index)
        book.record.orders &-= 1
        if level.record.head == 0 {
            removeLevel(book, at: price)
            settleLevels(book)
        }
    }
}
