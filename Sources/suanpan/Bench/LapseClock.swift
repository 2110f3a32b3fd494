import Exchange
import Quantities
import Sequencer
import Synchronization

/// A real clock that stands until it is begun, runs so many times as fast from then on, and stands again once it is ended.
final class LapseClock: Sendable {
    private let origin = ExchangeClock.real.now
    private let factor: Int64
    /// Microseconds of the machine's clock; 0 before.
    private let began = Atomic<Int64>(0)
    private let ended = Atomic<Int64>(0)

    init(hoursPerSecond: Int) { factor = Int64(hoursPerSecond) * 3_600 }

    func begin() { began.store(ExchangeClock.real.now.microseconds, ordering: .relaxed) }
    func end() { ended.store(ExchangeClock.real.now.microseconds, ordering: .relaxed) }

    var now: Timestamp {
        let began = began.load(ordering: .relaxed)
        guard began > 0 else { return origin }
        let ended = ended.load(ordering: .relaxed)
        let passed = (ended > 0 ? ended : ExchangeClock.real.now.microseconds) - began
        return origin.advanced(microseconds: passed * factor)
    }

    var exchangeClock: ExchangeClock { ExchangeClock(mode: .real) { [self] in now } }
}
