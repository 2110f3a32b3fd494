import Matching
import TestSupport
import Testing

/// In steady state an operation allocates nothing.
///
/// All memory of the books passes through pools that count what they ask of the system, so the count cannot move unseen. What the language's
/// own runtime might allocate (boxes, closures) they do not see; a replay of twice the length under a heap profiler shows that: its
/// number of allocations is the same.
@Suite struct SteadyStateTests {
    @Test func `a market in steady state asks the system for no memory`() {
        var market = SteadyMarket()
        market.trade(operations: 200_000)
        let before = market.systemAllocations
        market.trade(operations: 200_000)
        #expect(market.systemAllocations == before)
        #expect(market.trades > 50_000)
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
