extension OrderBooks {
    /// Ticks of window that each level in use may cost: 16 levels of 32 bytes, 512 bytes.
    private var ticksPerLevel: UInt64 { 16 }

    /// Chooses the window again from the prices in use and moves the levels that change sides of its border.
    ///
    /// The window covers every price when 16 ticks a level suffice for that, else it lies around the touch. The callers see to it that the
    /// number of levels has doubled, or fallen to a quarter, or an eighth of the window's width of insertions missed it, so the cost is a
    /// constant for each of those insertions and removals.
    ///
    /// - Parameter price: the price about to be used, nil when there is none.
    @inline(never)
    mutating func fitWindow(of book: Place<BookRecord>, including price: UInt64?) {
        let (base, width) = fittingWindow(book, including: price)
        book.record.misses = 0
        book.record.fitAtLevels = 2 * (book.record.levels + 1)
        let old = book.record.window
        let shift = base > old.base ? base - old.base : old.base - base
        if UInt64(old.width) == width, shift < width / 8 { return }

        let new = LevelWindow(base: base, width: width, from: &memory)
        var next = old.above(0)
        while let moving = next {
            next = old.above(moving)
            let level = old.level(at: moving)
            if new.covers(moving) {
                new.level(at: moving).record = level.record
                new.mark(moving)
            } else {
                book.record.sparse.makeLevel(at: moving, from: &memory).record = level.record
            }
        }
        book.record.window.release(to: &memory)
        book.record.window = new
        // Prices start at 1, so the price below the window's first is never negative.
        while let moving = book.record.sparse.above(base - 1), new.covers(moving) {
            guard let level = book.record.sparse.level(at: moving) else { break }
            new.level(at: moving).record = level.record
            new.mark(moving)
            book.record.sparse.removeLevel(at: moving, to: &memory)
        }
    }

    /// The window that suits the prices in use.
    private func fittingWindow(_ book: Place<BookRecord>, including price: UInt64?) -> (base: UInt64, width: UInt64) {
        let record = book.record
        var lowest = priceAbove(book, 0) ?? price ?? 1
        var highest = priceBelow(book, .max) ?? price ?? 1
        if let price {
            lowest = min(lowest, price)
            highest = max(highest, price)
        }
        let affordable = powerOfTwo(atMost: ticksPerLevel * UInt64(record.levels + 1))
        let widest = min(max(affordable, LevelWindow.narrowest), LevelWindow.widest)
        if highest - lowest < widest {
            let width = max(powerOfTwo(atLeast: highest - lowest + 1), LevelWindow.narrowest)
            return (base(around: lowest + (highest - lowest) / 2, width: width), width)
        }
        let centre: UInt64
        if record.bestBid != BookRecord.noBid, record.bestAsk != BookRecord.noAsk, record.bestAsk - record.bestBid <= widest / 2 {
            centre = record.bestBid + (record.bestAsk - record.bestBid) / 2
        } else {
            // The sides are far apart, or there is only one: stay where the orders come in.
            centre = price ?? (record.bestBid != BookRecord.noBid ? record.bestBid : record.bestAsk)
        }
        return (base(around: centre, width: widest), widest)
    }

    private func base(around centre: UInt64, width: UInt64) -> UInt64 {
        centre > width / 2 ? centre - width / 2 + 1 : 1
    }

    private func powerOfTwo(atMost number: UInt64) -> UInt64 {
        1 << UInt64(63 - number.leadingZeroBitCount)
    }

    private func powerOfTwo(atLeast number: UInt64) -> UInt64 {
        number <= 1 ? 1 : 1 << UInt64(64 - (number - 1).leadingZeroBitCount)
    }
}
