import Persistence
import Testing

@Suite("Pressure of commits")
struct CommitPressureTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("frames of very many commands press where they follow each other, and for a fifth of a second")
    func commands() {
        var pressure = CommitPressure()
        var time = Self.second
        // 60,000 and 240,000 commands a second.
        for _ in 0..<100 {
            pressure.note(commands: 2_400, bytes: 400_000, at: time)
            #expect(pressure.remaining(at: time) == 0)
            time += Self.second / 25
        }
        for _ in 0..<100 {
            pressure.note(commands: 2_400, bytes: 400_000, at: time)
            time += Self.second / 100
        }
        let last = time - Self.second / 100
        #expect(pressure.remaining(at: last) == Self.second / 5)
        #expect(pressure.remaining(at: last + Self.second / 10) == Self.second / 10)
        #expect(pressure.remaining(at: last + Self.second) == 0)
        pressure.note(commands: 4_000, bytes: 400_000, at: last + Self.second)
        #expect(pressure.remaining(at: last + Self.second) == 0)
    }

    @Test("frames of deliveries press only where more of them come than drain away")
    func deliveries() {
        var few = CommitPressure()
        var many = CommitPressure()
        var time = Self.second
        // 8 and 24 MiB a second, in steps of 10 ms.
        for _ in 0..<200 {
            few.note(commands: 1, bytes: 8 << 20 / 100, at: time)
            many.note(commands: 1, bytes: 24 << 20 / 100, at: time)
            #expect(few.remaining(at: time) == 0)
            time += Self.second / 100
        }
        #expect(many.remaining(at: time) > 0)
        #expect(many.remaining(at: time + Self.second) == 0)
        // What was left has drained away a second later.
        many.note(commands: 1, bytes: 1 << 20, at: time + Self.second)
        #expect(many.remaining(at: time + Self.second) == 0)
        many.note(commands: 1, bytes: 40_000, at: time + Self.second)
        #expect(many.remaining(at: time + Self.second) > 0)
    }

    @Test("trading presses by its commands alone, whatever its bytes, and a clock that stands changes nothing")
    func trading() {
        var pressure = CommitPressure()
        for _ in 0..<1_000 { pressure.note(commands: 1_000, bytes: 2_000_000, at: Self.second) }
        #expect(pressure.remaining(at: Self.second) == 0)
    }
}
