extension OrderBooks {
    /// The level at a price where orders rest.
    @inline(__always)
    func level(_ book: Place<BookRecord>, at price: UInt64) -> Place<PriceLevel> {
        if book.record.window.covers(price) { return book.record.window.level(at: price) }
        return sparseLevel(book, at: price)
    }

    @inline(never)
    private func sparseLevel(_ book: Place<BookRecord>, at price: UInt64) -> Place<PriceLevel> {
        guard let level = book.record.sparse.level(at: price) else { preconditionFailure("a resting order without its level") }
        return level
    }

    /// The level at `price`, counted as one more when it is new; the caller links an order to it at once.
    @inline(__always)
    mutating func levelForInsertion(_ book: Place<BookRecord>, at price: UInt64) -> Place<PriceLevel> {
        guard book.record.window.covers(price) else { return levelOutsideWindow(book, at: price) }
        return windowLevelForInsertion(book, at: price)
    }

    @inline(__always)
    private func windowLevelForInsertion(_ book: Place<BookRecord>, at price: UInt64) -> Place<PriceLevel> {
        let level = book.record.window.level(at: price)
        if level.record.head == 0 {
            level.record.price = price
            book.record.window.mark(price)
            book.record.levels &+= 1
        }
        return level
    }

    /// An insertion outside the window: fits the window anew when enough has changed since the last time, else uses the fallback.
    @inline(never)
    private mutating func levelOutsideWindow(_ book: Place<BookRecord>, at price: UInt64) -> Place<PriceLevel> {
        book.record.misses += 1
        let width = book.record.window.width
        if width == 0 || book.record.levels >= book.record.fitAtLevels || book.record.misses >= max(8, width / 8) {
            fitWindow(of: book, including: price)
            if book.record.window.covers(price) { return windowLevelForInsertion(book, at: price) }
        }
        let before = book.record.sparse.count
        let level = book.record.sparse.makeLevel(at: price, from: &memory)
        book.record.levels += UInt32(book.record.sparse.count - before)
        return level
    }

    /// Forgets the level at `price`, whose last order has just left, and moves the touch on when it was the best.
    @inline(__always)
    mutating func removeLevel(_ book: Place<BookRecord>, at price: UInt64) {
        if book.record.window.covers(price) {
            book.record.window.unmark(price)
        } else {
            removeSparseLevel(book, at: price)
        }
        book.record.levels &-= 1
        if price == book.record.bestBid {
            book.record.bestBid = priceBelow(book, price) ?? BookRecord.noBid
        } else if price == book.record.bestAsk {
            book.record.bestAsk = priceAbove(book, price) ?? BookRecord.noAsk
        }
    }

    @inline(never)
    private mutating func removeSparseLevel(_ book: Place<BookRecord>, at price: UInt64) {
        book.record.sparse.removeLevel(at: price, to: &memory)
    }

    /// The highest price in use below `price`, on whatever side. Starting from a bid it is the next bid.
    @inline(__always)
    func priceBelow(_ book: Place<BookRecord>, _ price: UInt64) -> UInt64? {
        let inWindow = book.record.window.below(price)
        // From inside the window, what is outside lies beyond its border.
        if inWindow != nil, book.record.window.covers(price) { return inWindow }
        guard let outside = book.record.sparse.below(price) else { return inWindow }
        return max(inWindow ?? 0, outside)
    }

    /// The lowest price in use above `price`, on whatever side. Starting from an ask it is the next ask.
    @inline(__always)
    func priceAbove(_ book: Place<BookRecord>, _ price: UInt64) -> UInt64? {
        let inWindow = book.record.window.above(price)
        if inWindow != nil, book.record.window.covers(price) { return inWindow }
        guard let outside = book.record.sparse.above(price) else { return inWindow }
        return min(inWindow ?? .max, outside)
    }

    /// The next price of `side` behind `price`, nil behind the last one.
    @inline(__always)
    func nextPrice(_ book: Place<BookRecord>, _ side: Side, after price: UInt64) -> UInt64? {
        side == .buy ? priceBelow(book, price) : priceAbove(book, price)
    }

    /// The best price of `side`, nil when nothing rests there.
    @inline(__always)
    func bestPrice(_ book: Place<BookRecord>, _ side: Side) -> UInt64? {
        let price = book.record.best(side)
        return price == (side == .buy ? BookRecord.noBid : BookRecord.noAsk) ? nil : price
    }

    /// After orders left: gives the levels' memory back when the book is empty, and narrows a window that has become far too wide.
    @inline(__always)
    mutating func settleLevels(_ book: Place<BookRecord>) {
        if book.record.levels < book.record.window.width >> 6 { narrowLevels(book) }
    }

    @inline(never)
    private mutating func narrowLevels(_ book: Place<BookRecord>) {
        if book.record.levels == 0 {
            releaseLevels(of: book)
        } else if book.record.window.width > 1024 {
            fitWindow(of: book, including: nil)
        }
    }

    /// Gives back the levels' memory of a book without orders.
    mutating func releaseLevels(of book: Place<BookRecord>) {
        book.record.window.release(to: &memory)
        book.record.sparse.release(to: &memory)
        book.record.misses = 0
        book.record.fitAtLevels = 0
    }
}
