/// The order books of all contracts: price-time priority, icebergs, self-trade prevention and stops.
///
///     command ──► match ──► MatchActions (what happened to makers, in order)
///                   │
///                   ├─ BookRecord ─ LevelWindow ──┐
///                   │              SparseLevels ──┴─ PriceLevel ─ OrderRecord ⇄ OrderRecord …   (one pool, 64 bytes an order)
///                   └─ StopTree ─ OrderRecord …
///
/// It knows ticks, units and owners; money, checks and identifiers are the caller's. The caller sweeps first, then rests what is left:
///
///     let outcome = books.match(book, side: .buy, limit: 100, quantity: 5, owner: 7, prevention: .cancelNewest, takerID: 1, into: &actions)
///     if outcome.remaining > 0, !outcome.stoppedBySelfTrade {
///         slot = books.insert(book, id: 1, side: .buy, price: 100, quantity: outcome.remaining, display: outcome.remaining, owner: 7)
///     }
///
/// Ranges: prices 1…2⁶³−1 ticks, quantities 1…2³²−1 units, up to 2³²−1 orders. A slot or book that is not in use is the caller's defect and traps.
///
/// - Invariant: no book is crossed at rest.
/// - Complexity: constant work for each order touched (within the window of prices; O(log levels) outside it), and no allocation in
///   steady state.
package struct OrderBooks: ~Copyable {
    /// The one pool of orders; index 0 is no order and means "none". Links to "none" may be written, and are never read.
    var orders: Slab<OrderRecord>
    /// All books, open and closed.
    var books: Slab<BookRecord>
    /// Levels' memory, recycled between books.
    var memory = MemoryPool()
    /// The record to use next, then along `next`; 0 when only new memory is left.
    private var freeOrder: UInt32 = 0
    /// The closed book to use next plus 1, then along `nextClosed`; 0 is none.
    private var closedBook: UInt32 = 0

    /// No books and no orders. Reserves address space for 16 million orders and a million books; memory comes as they do.
    package init() {
        precondition(MemoryLayout<OrderRecord>.stride == 64 && MemoryLayout<PriceLevel>.stride == 32, "an order is a cache line")
        #if !DEBUG
            precondition(MemoryLayout<BookRecord>.stride == 128, "a book is two cache lines")
        #endif
        orders = Slab(reserving: 1 << 24)
        books = Slab(reserving: 1 << 20)
        _ = orders.append()
    }

    /// Opens an empty book. It costs one record until its first order comes.
    ///
    /// - Complexity: O(1).
    package mutating func openBook() -> BookIndex {
        var index = closedBook
        if index > 0 {
            index -= 1
            closedBook = books.cells[index].nextClosed
        } else {
            index = books.append()
        }
        books.cells[index] = BookRecord()
        books.cells[index].isOpen = true
        return BookIndex(index: index)
    }

    /// Closes a book and gives its memory back; its index may be given out again.
    ///
    /// - Precondition: the book is open and has neither orders nor stops.
    package mutating func closeBook(_ book: BookIndex) {
        let record = place(of: book)
        precondition(record.record.orders == 0 && record.record.stops == 0, "a book with orders cannot close")
        releaseLevels(of: record)
        record.record.isOpen = false
        record.record.nextClosed = closedBook
        closedBook = book.index + 1
    }

    /// What new orders will be written into.
    package var memoryAhead: MemoryAhead? { orders.ahead }

    deinit {
        // The pool frees only what it keeps; what books still use goes back here.
        for index in 0..<books.count {
            books.cells[index].window.discard()
            books.cells[index].sparse.discard()
        }
    }

    /// The record of an open book.
    @inline(__always)
    func place(of book: BookIndex) -> Place<BookRecord> {
        precondition(Int(book.index) < books.count, "no such book")
        let place = books.cells.place(Int(book.index))
        precondition(place.record.isOpen, "the book is closed")
        return place
    }

    /// The slot as a checked index of an order in use.
    @inline(__always)
    func checked(_ slot: OrderSlot) -> UInt32 {
        precondition(Int(slot.index) < orders.count && orders.cells[slot.index].state != .free, "no order in this slot")
        return slot.index
    }

    /// Takes a free record: the one freed last, for its cache line is the warmest.
    @inline(__always)
    mutating func takeRecord() -> UInt32 {
        let index = freeOrder
        guard index != 0 else { return orders.append() }
        freeOrder = orders.cells[index].next
        return index
    }

    /// Frees a record that no list or tree leads to any more.
    @inline(__always)
    mutating func freeRecord(_ index: UInt32) {
        orders.cells[index].state = .free
        orders.cells[index].next = freeOrder
        freeOrder = index
    }
}
