import CAllocationCount
import Foundation
import Matching
import TestSupport
import Testing

/// In steady state an operation allocates nothing.
///
/// Every call of the allocator by the test's thread is counted, the language's own runtime (boxes, closures, arrays) included.
@Suite struct SteadyStateTests {
    @Test func `a market in steady state asks the system for no memory`() {
        var market = SteadyMarket()
        market.trade(operations: 200_000)
        let pools = market.systemAllocations
        let heap = suanpan_allocation_count()
        market.trade(operations: 200_000)
        let asked = suanpan_allocation_count() - heap
        // The directory of orders takes and gives back one chunk for every 4,096 new identifiers: memory, not an operation's cost.
        #expect(asked <= 200_000 / 4_096 + 1, "\(asked) allocations in 200,000 operations")
        #expect(market.systemAllocations - pools <= 200_000 / 4_096 + 1)
        #expect(market.trades > 50_000)
    }

    @Test func `the count sees an allocation of the language's own`() {
        let before = suanpan_allocation_count()
        let array = [Int](repeating: 7, count: Int(before % 2) + 1_000)
        #expect(suanpan_allocation_count() > before)
        #expect(array.count >= 1_000)
    }
}

/// A stationary market: up to 512 orders and stops in a dozen books, each new one in the place of an older one.
private struct SteadyMarket: ~Copyable {
    private var books = OrderBooks()
    private var directory = OrderDirectory()
    private var actions = MatchActions()
    private var opened: [BookIndex] = []
    private var places = [Int64](repeating: 0, count: 512)
    private var generator = SeededGenerator(seed: 11)
    private var nextID: Int64 = 1
    private(set) var trades = 0

    init() {
        for _ in 0..<12 { opened.append(books.openBook()) }
    }

    var systemAllocations: Int { books.systemAllocations + directory.systemAllocations }

    mutating func trade(operations: Int) {
        for _ in 0..<operations {
            let place = Int(roll(512))
            if let slot = directory.slot(of: places[place]) {
                directory.remove(places[place])
                books.cancel(slot)
            }
            enter()
            places[place] = nextID
        }
    }

    private mutating func enter() {
        let book = opened[Int(roll(12))]
        let side: Side = roll(2) == 0 ? .buy : .sell
        // One in a hundred far outside the window.
        let distance = Int64(roll(100) == 0 ? roll(10_000_000) : roll(40))
        let price = side == .buy ? 20_000_005 - distance : 20_000_000 + distance
        let quantity = UInt32(1 + roll(50))
        nextID += 1
        if roll(50) == 0 {
            directory.set(nextID, slot: books.insertStop(book, id: nextID, side: side, stopPrice: price, quantity: quantity, owner: 1))
            return
        }
        actions.removeAll()
        let owner = UInt32(roll(20))
        let outcome = books.match(
            book, side: side, limit: price, quantity: quantity, owner: owner, prevention: .cancelOldest, takerID: nextID, into: &actions)
        for index in 0..<actions.count where actions[index].makerRemaining == 0 { directory.remove(actions[index].makerID) }
        trades += actions.count
        guard outcome.remaining > 0 else { return }
        let slot = books.insert(
            book, id: nextID, side: side, price: price, quantity: outcome.remaining, display: min(outcome.remaining, 10), owner: owner)
        directory.set(nextID, slot: slot)
    }

    private mutating func roll(_ bound: UInt64) -> UInt64 { generator.next() % bound }
}

#if os(Linux)
/// What will be written next becomes memory before; needs Linux 5.14.
@Suite struct MemoryAheadTests {
    /// Whether the page of an address is memory.
    private func isMemory(_ address: UInt) throws -> Bool {
        var seen: UInt8 = 0
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        try #require(mincore(UnsafeMutableRawPointer(bitPattern: address / page * page), 1, &seen) == 0)
        return seen & 1 == 1
    }

    @Test func `from its first large page on an array names the two behind those with records, to the end of what is reserved`() throws {
        let page = 2 << 20
        var slab = Slab<UInt64>(reserving: 4 * page / 8)
        let first = UInt(bitPattern: slab.cells.address(0))
        for number in 0..<(4 * page / 8) {
            let filled = number * 8
            if filled == page - 8 {
                let early = slab.ahead
                #expect(early == nil)
            }
            if filled >= page, number % 4_096 == 0 {
                let next = (filled + page - 1) / page * page
                let ahead = slab.ahead
                #expect(ahead.map { Int($0.start - first) } == (next < 4 * page ? next : nil))
                #expect(ahead.map(\.bytes) == (next < 4 * page ? min(2 * page, 4 * page - next) : nil))
            }
            slab.append(UInt64(number))
        }
        let late = slab.ahead
        #expect(late == nil)
    }

    @Test func `it is memory then, its contents are zeros, and address space that was given back does no harm`() throws {
        let page = 2 << 20
        var kept: MemoryAhead?
        do {
            var slab = Slab<UInt64>(reserving: 8 * page / 8)
            for number in 0..<(page / 8 + 1) { slab.append(UInt64(number)) }
            let named = slab.ahead
            let ahead = try #require(named)
            let last = ahead.start + UInt(ahead.bytes) - 1
            #expect(try !isMemory(last))
            #expect(ahead.populate())
            #expect(try isMemory(ahead.start) && isMemory(last))
            while slab.count < 3 * page / 8 {
                let index = slab.append()
                let value = slab[Int(index)]
                #expect(value == 0)
            }
            kept = ahead
        }
        // Nothing is said of what is there now: somebody else may have got it.
        try #require(kept).populate()
    }
}
#endif
