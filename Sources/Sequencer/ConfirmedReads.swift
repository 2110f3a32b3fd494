import Foundation

/// How long after the lease was confirmed a read may be answered from what was read before.
///
/// A server's lease ends with the epoch of its successor. The successor acknowledges nothing before `pause` has passed since then; the server
/// answers nothing from memory when `window` has passed since it asked for the lease and had it. Both count by clocks that only go forward and
/// go on in sleep, so a replaced server's answers are never older than the first acknowledgement of its successor.
package enum ConfirmedReads {
    package static let window = MonotonicTime(nanoseconds: 20_000_000)
    package static let pause = MonotonicTime(nanoseconds: 100_000_000)
}

/// Nanoseconds since the machine's start, its sleep included.
package struct MonotonicTime: Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static var now: MonotonicTime {
        var time = timespec()
        #if os(Linux)
            clock_gettime(CLOCK_BOOTTIME, &time)
        #else
            clock_gettime(CLOCK_MONOTONIC, &time)
        #endif
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
