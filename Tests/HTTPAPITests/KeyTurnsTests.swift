import HTTPAPI
import Quantities
import Synchronization
import Testing

/// What the tasks of a test write down.
private final class Notes: Sendable {
    private let numbers = Mutex<[Int]>([])
    var all: [Int] { numbers.withLock { $0 } }
    func add(_ number: Int) { numbers.withLock { $0.append(number) } }
}

@Suite("KeyTurns")
struct KeyTurnsTests {
    private static let second: Int64 = 1_000_000_000
    private let turns = KeyTurns(share: 4)
    private let busy = APIKeyID(1)
    private let other = APIKeyID(2)

    /// Waits until a key has so many requests waiting.
    private func settled(_ key: APIKeyID, waiting: Int) async {
        while turns.count(key).waiting != waiting { await Task.yield() }
    }

    @Test("a key that asks alone waits for nobody")
    func alone() async {
        for _ in 0..<100 { await turns.enter(busy, at: 0) }
        #expect(turns.count(busy) == (100, 0))
        for _ in 0..<100 { turns.leave(busy) }
        #expect(turns.count(busy) == (0, 0))
    }

    @Test("beside another key four are worked at once, and the next ones in the order in which they came")
    func share() async {
        let order = Notes()
        await turns.enter(other, at: 0)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask {
                    await turns.enter(busy, at: 1)
                    order.add(number)
                }
                // One after the other, so that their order is known.
                while turns.count(busy).working + turns.count(busy).waiting <= number { await Task.yield() }
            }
            #expect(turns.count(busy) == (4, 6))
            while order.all.count < 4 { await Task.yield() }
            for next in 4..<10 {
                turns.leave(busy)
                while order.all.count <= next { await Task.yield() }
                #expect(turns.count(busy) == (4, 9 - next))
            }
        }
        #expect(order.all.suffix(6) == [4, 5, 6, 7, 8, 9])
        for _ in 0..<4 { turns.leave(busy) }
        #expect(turns.count(busy) == (0, 0))
        #expect(turns.count(other) == (1, 0))
    }

    @Test("a key that asks alone again takes along what waits")
    func aloneAgain() async {
        await turns.enter(other, at: 0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<7 { group.addTask { await turns.enter(busy, at: 0) } }
            await settled(busy, waiting: 3)
            await turns.enter(busy, at: Self.second)
        }
        #expect(turns.count(busy) == (8, 0))
        // What is over the share is worked off before anybody's next request.
        await turns.enter(other, at: Self.second)
        for _ in 0..<5 { turns.leave(busy) }
        #expect(turns.count(busy) == (3, 0))
    }

    @Test("reads and commands of a key do not wait for each other; reads are worked four times as many at once")
    func lines() async {
        await turns.enter(other, reads: true, at: 0)
        for _ in 0..<16 { await turns.enter(busy, reads: true, at: 0) }
        for _ in 0..<4 { await turns.enter(busy, at: 0) }
        #expect(turns.count(busy, reads: true) == (16, 0))
        #expect(turns.count(busy) == (4, 0))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await turns.enter(busy, reads: true, at: 0) }
            while turns.count(busy, reads: true).waiting == 0 { await Task.yield() }
            turns.leave(busy)
            #expect(turns.count(busy, reads: true) == (16, 1))
            turns.leave(busy, reads: true)
        }
        #expect(turns.count(busy, reads: true) == (16, 0))
        #expect(turns.count(busy) == (3, 0))
    }

    @Test("a share of 0 is without bounds")
    func unbounded() async {
        let turns = KeyTurns(share: 0)
        await turns.enter(other, at: 0)
        for _ in 0..<100 { await turns.enter(busy, at: 0) }
        for _ in 0..<100 { turns.leave(busy) }
    }

    // MARK: At once

    /// Enters so many times where nobody need wait; answers how often it may.
    private func entries(_ key: APIKeyID, _ count: Int, reads: Bool = false, at now: Int64 = 0) -> Int {
        (0..<count).count { _ in turns.entersAtOnce(key, reads: reads, at: now) }
    }

    @Test("a key that asks alone enters at once, however much of it is worked")
    func atOnceAlone() {
        #expect(entries(busy, 100) == 100)
        #expect(turns.count(busy) == (100, 0))
        for _ in 0..<100 { turns.leave(busy) }
        #expect(turns.count(busy) == (0, 0))
    }

    @Test("beside another key it enters at once below its share; at its share it does not, and nothing is counted in")
    func atOnceShared() {
        #expect(entries(other, 1) == 1)
        #expect(entries(busy, 10) == 4)
        #expect(turns.count(busy) == (4, 0))
        turns.leave(busy)
        #expect(turns.count(busy) == (3, 0))
        #expect(entries(busy, 2) == 1)
        #expect(turns.count(busy) == (4, 0))
        #expect(turns.count(other) == (1, 0))
        // A second after the other asked last, it is alone again.
        #expect(entries(busy, 2, at: Self.second - 1) == 0)
        #expect(entries(busy, 2, at: Self.second) == 2)
        #expect(turns.count(busy) == (6, 0))
    }

    @Test("a key whose share others waited for stays behind them: one that leaves lets in who waits, not who comes at once")
    func atOnceBehindWaiters() async {
        #expect(entries(other, 1) == 1)
        #expect(entries(busy, 4) == 4)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 { group.addTask { await turns.enter(busy, at: 0) } }
            await settled(busy, waiting: 2)
            #expect(entries(busy, 1) == 0)
            #expect(turns.count(busy) == (4, 2))
            turns.leave(busy)
            #expect(turns.count(busy) == (4, 1), "the place is the waiter's at once")
            #expect(entries(busy, 1) == 0)
            turns.leave(busy)
            #expect(turns.count(busy) == (4, 0))
        }
        turns.leave(busy)
        #expect(entries(busy, 2) == 1)
    }

    @Test("a key that is alone again and enters at once takes along what waits")
    func atOnceAloneAgain() async {
        #expect(entries(other, 1) == 1)
        #expect(entries(busy, 4) == 4)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { await turns.enter(busy, at: 0) } }
            await settled(busy, waiting: 3)
            #expect(entries(busy, 1, at: Self.second) == 1)
        }
        #expect(turns.count(busy) == (8, 0))
    }

    @Test("reads and commands enter at once beside each other, each in a line of its own")
    func atOnceLines() {
        #expect(entries(other, 1, reads: true) == 1)
        #expect(entries(busy, 5) == 4)
        #expect(entries(busy, 20, reads: true) == 16)
        #expect(turns.count(busy) == (4, 0) && turns.count(busy, reads: true) == (16, 0))
        turns.leave(busy, reads: true)
        #expect(entries(busy, 1) == 0)
        #expect(entries(busy, 2, reads: true) == 1)
        turns.leave(busy)
        #expect(entries(busy, 1, reads: true) == 0)
        #expect(entries(busy, 2) == 1)
    }

    @Test("who was not let in at once has asked all the same: the others share with it")
    func atOnceCountsAsAsking() {
        #expect(entries(other, 1) == 1)
        #expect(entries(busy, 5, at: 1) == 4)
        // What `busy` asked in vain last is what makes `other` one of two.
        #expect(entries(other, 1, at: Self.second) == 1)
        #expect(entries(busy, 1, at: Self.second) == 0)
        #expect(entries(other, 4, at: 2 * Self.second - 1) == 2)
    }

    @Test("with a share of 0 everybody enters at once, and nothing is counted")
    func atOnceUnbounded() {
        let turns = KeyTurns(share: 0)
        #expect(turns.entersAtOnce(other, at: 0))
        #expect((0..<100).allSatisfy { _ in turns.entersAtOnce(busy, at: 0) })
        #expect(turns.count(busy) == (0, 0))
    }

    @Test("whatever comes in whatever order, all have their turn, and beside others never more than four of a key")
    func everybody() async {
        let seen = Notes()
        for key in 1...3 { await turns.enter(APIKeyID(Int64(key)), at: 0) }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<2_000 {
                let key = APIKeyID(Int64(number % 3) + 1)
                group.addTask {
                    await turns.enter(key, at: 0)
                    seen.add(turns.count(key).working)
                    if number % 7 == 0 { await Task.yield() }
                    turns.leave(key)
                }
            }
        }
        for key in 1...3 { #expect(turns.count(APIKeyID(Int64(key))) == (1, 0)) }
        #expect(seen.all.max() == 4)
    }
}
