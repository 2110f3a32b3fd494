import Exchange
import Quantities

/// Where the sequencer gets the time from that it stamps on commands. The exchange itself never reads a clock.
package struct ExchangeClock: Sendable {
    package let mode: ClockMode
    /// The wall's time; not read with a simulated clock.
    let read: @Sendable () -> Timestamp

    /// The machine's clock, without its jumps.
    package static let real = ExchangeClock(mode: .real) { SteadyClock.machine.read() }

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
