import Exchange
import Foundation
import Quantities

/// Where the sequencer gets the time from that it stamps on commands. The exchange itself never reads a clock.
package struct ExchangeClock: Sendable {
    package let mode: ClockMode
    /// The wall's time; not read with a simulated clock.
    let read: @Sendable () -> Timestamp

    /// The machine's clock.
    package static let real = ExchangeClock(mode: .real) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(Int64(time.tv_sec) * Timestamp.microsecondsPerSecond + Int64(time.tv_nsec) / 1_000)
    }

    /// Stands still until it is advanced by a request; begins where the journal ends.
    package static let simulated = ExchangeClock(mode: .simulated) { Timestamp() }

    /// What the clock shows; 1970 for a simulated one, which only the journal moves.
    package var now: Timestamp { read() }

    /// A clock of the tests' own.
    package init(mode: ClockMode, read: @escaping @Sendable () -> Timestamp) {
        self.mode = mode
        self.read = read
    }
}
