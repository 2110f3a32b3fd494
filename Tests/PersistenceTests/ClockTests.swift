import Exchange
import Persistence
import Postgres
import Quantities
import Registry
import Sequencer
import Synchronization
import Testing

/// Clocks that a test sets.
private final class SetClocks: Sendable {
    let wall: Mutex<Int64>
    let steady = Mutex<Int64>(0)

    init(_ wall: Int64) { self.wall = Mutex(wall) }

    /// Lets time pass on both.
    func pass(_ microseconds: Int64) {
        wall.withLock { $0 += microseconds }
        steady.withLock { $0 += microseconds }
    }

    /// Sets the wall clock only.
    func jump(_ microseconds: Int64) { wall.withLock { $0 += microseconds } }

    var clock: SteadyClock {
        SteadyClock(wall: { self.wall.withLock { $0 } }, steady: { self.steady.withLock { $0 } })
    }
}

@Suite("Clocks that lie")
struct ClockTests {
    private static let start: Int64 = 1_795_392_000_000_000
    private static let second = Timestamp.microsecondsPerSecond
    private static let hour = 3_600 * second

    @Test("a clock that stands still, goes back or an hour ahead keeps numbers and times in order, and the replay the same")
    func order() async throws {
        let scene = try Scene()
        let wall = Mutex(Self.start)
        let (store, exchange) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        let clock = ExchangeClock(mode: .real) { Timestamp(wall.withLock { $0 }) }
        let sequencer = Sequencer(exchange: exchange, journal: store.journal, clock: clock) { [UInt8](repeating: 3, count: 32) }
        sequencer.start()
        let genesis = Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .real, operatorKeyHash: Bytes([1]))
        var outcomes = [try await sequencer.begin(genesis, at: Timestamp(Self.start))]
        let steps: [Int64] = [0, 0, Self.second, -2 * Self.hour, 0, Self.second, 3 * Self.hour, -Self.hour, -Self.hour, 4 * Self.hour]
        for (number, step) in steps.enumerated() {
            wall.withLock { $0 += step }
            var zone = Zone()
            zone.code = "ZONE-\(number)"
            zone.name = "Zone"
            zone.country = "CN"
            outcomes.append(try await sequencer.submit(.addZone(zone), issuer: ParticipantID(1)))
        }
        let hash = try await sequencer.read { StateHash.of($0) }
        sequencer.stop()
        store.close()
        #expect(zip(outcomes, outcomes.dropFirst()).allSatisfy { $0.sequence < $1.sequence && $0.time <= $1.time })
        #expect(outcomes.map(\.sequence) == Array(1...Int64(outcomes.count)))
        let times = try scene.connect().query("SELECT recorded_at_micros FROM journal_frames ORDER BY first_sequence")
            .map { try $0.int64(0) }
        #expect(times == times.sorted())
        #expect(try Replay.run(scene.database).stateHash == hash)

        // The next start finds a wall clock before the journal's end: time stands still until the wall has caught up.
        wall.withLock { $0 = Self.start }
        let (again, recovered) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        let next = Sequencer(exchange: recovered, journal: again.journal, clock: clock) { [UInt8](repeating: 3, count: 32) }
        next.start()
        let outcome = try await next.submit(.halt(TradingScope()), issuer: ParticipantID(1))
        #expect(outcome.time == outcomes[outcomes.count - 1].time)
        next.stop()
        again.close()
        #expect(try Replay.run(scene.database).recovery.sequence == outcome.sequence)
    }

    @Test("the machine's clock is followed where it is corrected, and not where it jumps by more than a minute")
    func jumps() {
        let clocks = SetClocks(Self.start)
        let clock = clocks.clock
        let told = Mutex<[Int64]>([])
        clock.onJump { jump in told.withLock { $0.append(jump) } }
        var expected = Self.start
        func check(_ step: String) {
            #expect(clock.read() == Timestamp(expected), "\(step)")
        }
        check("at first")
        clocks.pass(5 * Self.hour)
        expected += 5 * Self.hour
        check("a long quiet, or the machine slept")
        clocks.jump(40 * Self.second)
        expected += 40 * Self.second
        check("a correction ahead")
        clocks.jump(-50 * Self.second)
        expected -= 50 * Self.second
        check("a correction back")
        clocks.jump(Self.hour)
        check("an hour ahead")
        #expect(clock.heldMicroseconds == Self.hour)
        clocks.pass(30 * Self.second)
        expected += 30 * Self.second
        check("it goes on")
        clocks.jump(-3 * Self.hour)
        check("three hours back")
        #expect(clock.heldMicroseconds == -2 * Self.hour)
        clocks.jump(2 * Self.hour + 7 * Self.second)
        expected += 7 * Self.second
        check("set right")
        #expect(clock.heldMicroseconds == 0)
        #expect(told.withLock { $0 } == [Self.hour, -3 * Self.hour, 2 * Self.hour + 7 * Self.second])
    }

    @Test("clocks at the ends of what a number holds are no reason to stop")
    func extremes() {
        for wall in [Int64.min, -1, 0, Int64.max] {
            let clocks = SetClocks(wall)
            let clock = clocks.clock
            _ = clock.read()
            clocks.wall.withLock { $0 = wall == .max ? .min : .max }
            _ = clock.read()
            clocks.steady.withLock { $0 = .min }
            _ = clock.read()
        }
    }
}
