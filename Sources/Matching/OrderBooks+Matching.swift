extension OrderBooks {
    /// Sweeps the side opposite to `side` from its best price to `limit`, in price-time priority, and appends what happens to `actions`.
    ///
    /// The taker is not inserted. Of an iceberg the displayed part trades; when that is used up, the next part of it goes to the back of its
    /// price. A maker of the taker's `owner` is never traded with: `prevention` decides what happens instead. Makers that are filled or
    /// cancelled leave the book and their slots are free; no slot is used again before the next insertion.
    ///
    /// - Parameters:
    ///   - limit: the worst price, inclusive, in ticks above 0.
    ///   - quantity: units wanted; 0 does nothing.
    ///   - takerID: the taker's identifier, for the caller's own reading of a trace; the sweep does not depend on it.
    /// - Returns: units left, and whether the taker met its own order and must be cancelled.
    /// - Complexity: O(actions + levels emptied); no allocation while `actions` has room.
    @inline(__always)
    package mutating func match(
        _ book: BookIndex,
        side: Side,
        limit: Int64,
        quantity: UInt32,
        owner: UInt32,
        prevention: SelfTradePrevention,
        takerID: Int64,
        into actions: inout MatchActions
    ) -> MatchOutcome {
        precondition(limit > 0, "a price is above 0")
        let record = place(of: book)
        // Most orders only rest: they do not pay for a call.
        guard record.record.isReached(by: side, at: UInt64(limit)) else {
            return MatchOutcome(remaining: quantity, stoppedBySelfTrade: false)
        }
        return sweep(record, Taker(side: side, limit: UInt64(limit), owner: owner, prevention: prevention), quantity, into: &actions)
    }

    /// What the sweep knows of the incoming order.
    private struct Taker {
        let side: Side
        let limit: UInt64
        let owner: UInt32
        let prevention: SelfTradePrevention
    }

    @inline(never)
    private mutating func sweep(
        _ book: Place<BookRecord>,
        _ taker: Taker,
        _ quantity: UInt32,
        into actions: inout MatchActions
    ) -> MatchOutcome {
        var sweep = Sweep(remaining: quantity, owner: taker.owner, prevention: taker.prevention)
        while sweep.remaining > 0, !sweep.isStopped, book.record.isReached(by: taker.side, at: taker.limit) {
            let price = book.record.best(taker.side.opposite)
            let level = level(book, at: price)
            sweepLevel(book, level, &sweep, into: &actions)
            if level.record.head == 0 { removeLevel(book, at: price) }
        }
        settleLevels(book)
        return MatchOutcome(remaining: sweep.remaining, stoppedBySelfTrade: sweep.isStopped)
    }

    /// What a sweep carries from level to level.
    private struct Sweep {
        var remaining: UInt32
        let owner: UInt32
        let prevention: SelfTradePrevention
        var isStopped = false
    }

    /// Takes from one level until it is empty or the taker is satisfied or stopped. Every step ends with another order at the head.
    @inline(__always)
    private mutating func sweepLevel(
        _ book: Place<BookRecord>,
        _ level: Place<PriceLevel>,
        _ sweep: inout Sweep,
        into actions: inout MatchActions
    ) {
        let cells = orders.cells
        while sweep.remaining > 0 {
            let slot = level.record.head
            guard slot != 0 else { return }
            if cells[slot].owner == sweep.owner {
                sweep.isStopped = sweep.prevention != .cancelOldest
                if sweep.prevention == .cancelNewest { return }
                cancelMaker(book, level, slot, into: &actions)
                if sweep.isStopped { return }
                continue
            }
            let traded = min(sweep.remaining, cells[slot].displayed)
            let left = cells[slot].remaining &- traded
            sweep.remaining &-= traded
            actions.append(
                MatchAction(
                    kind: .fill,
                    slot: OrderSlot(index: slot),
                    makerID: cells[slot].id,
                    price: Int64(bitPattern: cells[slot].price),
                    quantity: traded,
                    makerRemaining: left
                )
            )
            if traded < cells[slot].displayed {
                cells[slot].remaining = left
                cells[slot].displayed &-= traded
                level.record.displayed &-= UInt64(traded)
                return
            }
            level.record.unlink(slot, cells)
            if left == 0 {
                freeRecord(slot)
                book.record.orders &-= 1
            } else {
                let shown = min(cells[slot].display, left)
                cells[slot].remaining = left
                cells[slot].displayed = shown
                level.record.append(slot, showing: shown, cells)
            }
        }
    }

    @inline(never)
    private mutating func cancelMaker(
        _ book: Place<BookRecord>,
        _ level: Place<PriceLevel>,
        _ slot: UInt32,
        into actions: inout MatchActions
    ) {
        let order = orders.cells[slot]
        actions.append(
            MatchAction(
                kind: .makerCancelled,
                slot: OrderSlot(index: slot),
                makerID: order.id,
                price: Int64(bitPattern: order.price),
                quantity: order.remaining,
                makerRemaining: 0
            )
        )
        level.record.unlink(slot, orders.cells)
        freeRecord(slot)
        book.record.orders -= 1
    }

    /// What `match` with the same arguments would fill, without doing it: for `fok` and `min_quantity`.
    ///
    /// With `cancelOldest` own orders count as gone. With the other two the sweep ends at the first own order, and of the icebergs in front of
    /// it in the same level only what is displayed trades, for their refreshes queue behind it.
    ///
    /// - Complexity: O(orders looked at); it stops as soon as `quantity` is reached.
    package func fillableQuantity(
        _ book: BookIndex,
        side: Side,
        limit: Int64,
        quantity: UInt32,
        owner: UInt32,
        prevention: SelfTradePrevention
    ) -> UInt32 {
        precondition(limit > 0, "a price is above 0")
        let record = place(of: book)
        let cells = orders.cells
        let wanted = UInt64(quantity)
        var found: UInt64 = 0
        var next = bestPrice(record, side.opposite)
        while let price = next, side == .buy ? price <= UInt64(limit) : price >= UInt64(limit), found < wanted {
            var displayed: UInt64 = 0
            var whole: UInt64 = 0
            var slot = level(record, at: price).record.head
            while slot != 0, found + displayed < wanted {
                if cells[slot].owner != owner {
                    displayed += UInt64(cells[slot].displayed)
                    whole += UInt64(cells[slot].remaining)
                } else if prevention != .cancelOldest {
                    return UInt32(min(wanted, found + displayed))
                }
                slot = cells[slot].next
            }
            found += whole
            next = nextPrice(record, side.opposite, after: price)
        }
        return UInt32(min(wanted, found))
    }
}
