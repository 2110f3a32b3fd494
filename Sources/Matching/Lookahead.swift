/// What the next commands of a batch will touch, asked for in time: the memory is there when their turn comes.
///
/// The sequencer holds the batch already. Its commands are announced a block of 8 at a time, three blocks ahead of the block that is applied,
/// and each announced block goes through three steps, one block apart, each reading only what the step before it brought in:
///
///     announced   entry of the directory        record of the book
///     8 later     the order                     the level to join, or to trade with
///     16 later    its neighbours and its level  the order to link to, or to fill
///     24 later    the block is applied
///
///     lookahead.restart()
///     for block in 0..<3 { announce(block); lookahead.advance(books, directory) }
///     for block in blocks { announce(block + 3); lookahead.advance(books, directory); apply(block) }
///
/// Commands of other kinds need no announcement. Hints change nothing and may be wrong: an order may trade before its cancellation comes.
/// Both kinds of announcement are written down and the count of one is raised, and each step works through one kind at a time, because
/// the kinds of commands are as good as random and a branch on them costs more than the hint.
package struct Lookahead: ~Copyable {
    /// How many commands an `advance` covers: announce at most so many before each.
    package static var blockSize: Int { 8 }

    /// A limit order to come.
    private struct Arrival: BitwiseCopyable {
        var price: UInt64
        var book: UInt32
        var side: Side
    }

    /// One announced block.
    private struct Block: BitwiseCopyable {
        var cancellations = 0
        var arrivals = 0
    }

    /// A power of two above the three steps.
    private static var ring: Int { 4 }
    private static var entries: Int { ring * blockSize }

    private var memory = MemoryPool()
    private let blocks: Cells<Block>
    private let identifiers: Cells<Int64>
    private let slots: Cells<UInt32>
    private let arrivals: Cells<Arrival>
    /// The block that is being announced, counted from the start.
    private var current = 0

    /// Nothing announced.
    package init() {
        blocks = memory.allocate(Block.self, count: Self.ring)
        // One more than needed: every announcement writes an entry of both kinds, and the last may write behind the others.
        identifiers = memory.allocate(Int64.self, count: Self.entries + 1)
        slots = memory.allocate(UInt32.self, count: Self.entries + 1)
        arrivals = memory.allocate(Arrival.self, count: Self.entries + 1)
    }

    deinit {
        MemoryPool.discard(blocks, count: Self.ring)
        MemoryPool.discard(identifiers, count: Self.entries + 1)
        MemoryPool.discard(slots, count: Self.entries + 1)
        MemoryPool.discard(arrivals, count: Self.entries + 1)
    }

    /// Forgets all announcements: a new batch begins.
    package mutating func restart() {
        for index in 0..<Self.ring { blocks[index] = Block() }
        current = 0
    }

    /// Announces a limit order.
    @inline(__always)
    package mutating func announceOrder(_ book: BookIndex, side: Side, price: Int64) {
        announce(0, isCancellation: 0, Arrival(price: UInt64(bitPattern: price), book: book.index, side: side))
    }

    /// Announces the cancellation of an order, or another command that names one.
    @inline(__always)
    package mutating func announceCancellation(_ id: Int64) {
        announce(id, isCancellation: 1, Arrival(price: 0, book: 0, side: .buy))
    }

    /// Announces one or the other without a branch: `isCancellation` is 1 when `id` counts, 0 when the rest does.
    @inline(__always)
    package mutating func announce(isCancellation: Int, id: Int64, _ book: BookIndex, side: Side, price: Int64) {
        announce(id, isCancellation: isCancellation, Arrival(price: UInt64(bitPattern: price), book: book.index, side: side))
    }

    @inline(__always)
    private mutating func announce(_ id: Int64, isCancellation: Int, _ arrival: Arrival) {
        let place = current & (Self.ring - 1)
        let block = blocks[place]
        precondition(block.cancellations &+ block.arrivals < Self.blockSize, "more announcements than a block takes")
        identifiers[place &* Self.blockSize &+ block.cancellations] = id
        arrivals[place &* Self.blockSize &+ block.arrivals] = arrival
        blocks[place].cancellations = block.cancellations &+ isCancellation
        blocks[place].arrivals = block.arrivals &+ (1 &- isCancellation)
    }

    /// Ends the announced block and takes the three youngest blocks one step further.
    package mutating func advance(_ books: borrowing OrderBooks, _ directory: borrowing OrderDirectory) {
        let (first, second, third) = (place(ago: 0), place(ago: 1), place(ago: 2))
        for index in entries(third, blocks[third].cancellations) {
            books.prefetchNeighbours(of: OrderSlot(index: slots[index]))
        }
        for index in entries(third, blocks[third].arrivals) {
            let arrival = arrivals[index]
            books.prefetchOrders(BookIndex(index: arrival.book), side: arrival.side, price: Int64(bitPattern: arrival.price))
        }
        for index in entries(second, blocks[second].cancellations) {
            let slot = directory.slotIndex(of: identifiers[index])
            slots[index] = slot
            books.prefetch(OrderSlot(index: slot))
        }
        for index in entries(second, blocks[second].arrivals) {
            let arrival = arrivals[index]
            books.prefetch(BookIndex(index: arrival.book), side: arrival.side, price: Int64(bitPattern: arrival.price))
        }
        for index in entries(first, blocks[first].cancellations) { directory.prefetch(identifiers[index]) }
        for index in entries(first, blocks[first].arrivals) { books.prefetch(BookIndex(index: arrivals[index].book)) }
        current &+= 1
        blocks[place(ago: 0)] = Block()
    }

    @inline(__always)
    private func place(ago blocks: Int) -> Int {
        (current &- blocks) & (Self.ring &- 1)
    }

    @inline(__always)
    private func entries(_ place: Int, _ count: Int) -> Range<Int> {
        let first = place &* Self.blockSize
        return Range(uncheckedBounds: (first, first &+ count))
    }
}
