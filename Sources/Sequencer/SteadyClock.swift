import Exchange
import Foundation
import Quantities
import Synchronization

/// The machine's wall clock as long as it runs; where it jumps, the time that really passed.
///
/// A wall clock that somebody sets, or that a time server corrects by an hour, must not settle hours that have not ended or
/// close gates that are open. So every second the wall clock is held against the clock that counts from the machine's start
/// (the machine's sleep included). Up to `tolerance` they may disagree at once: that is a correction, and it is followed.
/// Beyond, the jump is taken off again, and this clock goes on as if it had not been, until the wall clock comes back or the
/// server is started anew: a start takes the wall clock as it stands.
///
///     let clock = SteadyClock.machine
///     clock.read()              // the wall clock
///     clock.heldMicroseconds    // 0; 3_600_000_000 after the wall clock was set an hour ahead
///
/// What remains: jumps of less than `tolerance` each are all followed.
package final class SteadyClock: Sendable {
    /// A jump up to so many microseconds is followed: a minute.
    package static let tolerance: Int64 = 60 * Timestamp.microsecondsPerSecond
    /// How far the wall clock goes before it is held against the other one.
    private static let interval = Timestamp.microsecondsPerSecond

    private struct State {
        /// Both clocks when they were last compared.
        var wall: Int64
        var steady: Int64
        /// What is taken off the wall clock.
        var held: Int64 = 0
        var listener: (@Sendable (_ microseconds: Int64) -> Void)?
    }

    private let wall: @Sendable () -> Int64
    private let steady: @Sendable () -> Int64
    private let state: Mutex<State>

    /// The clocks of this machine.
    package static let machine = SteadyClock(
        wall: { microseconds(CLOCK_REALTIME) }, steady: { microseconds(CLOCK_BOOTTIME) })

    /// Clocks of the tests' own, in microseconds.
    package init(wall: @escaping @Sendable () -> Int64, steady: @escaping @Sendable () -> Int64) {
        self.wall = wall
        self.steady = steady
        state = Mutex(State(wall: wall(), steady: steady()))
    }

    /// The time. It may go back by up to `tolerance` where the wall clock does.
    package func read() -> Timestamp {
        let wall = wall()
        let (time, jump, listener) = state.withLock { state in
            let passed = wall &- state.wall
            if passed >= 0, passed < Self.interval { return (wall &- state.held, Int64(0), state.listener) }
            let jump = Self.compare(wall, steady(), &state)
            return (wall &- state.held, jump, state.listener)
        }
        if jump != 0 { listener?(jump) }
        return Timestamp(time)
    }

    /// What is taken off the wall clock now, in microseconds: positive where it stands ahead.
    package var heldMicroseconds: Int64 { state.withLock { $0.held } }

    /// Calls `body` at every jump that is not followed, with its length in microseconds; on whatever thread reads the clock.
    package func onJump(_ body: @escaping @Sendable (_ microseconds: Int64) -> Void) { state.withLock { $0.listener = body } }

    /// Takes note of both clocks; answers the jump between them, 0 where it is followed.
    private static func compare(_ wall: Int64, _ steady: Int64, _ state: inout State) -> Int64 {
        let jump = (wall &- state.wall) &- (steady &- state.steady)
        state.wall = wall
        state.steady = steady
        guard jump > tolerance || jump < -tolerance else { return 0 }
        state.held = state.held &+ jump
        // It came back to where it would be.
        if state.held <= tolerance, state.held >= -tolerance { state.held = 0 }
        return jump
    }

    private static func microseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * Timestamp.microsecondsPerSecond + Int64(time.tv_nsec) / 1_000
    }
}
