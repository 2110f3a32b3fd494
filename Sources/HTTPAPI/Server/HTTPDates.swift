import Quantities
import Sequencer
import Synchronization

/// The time of day as `Date` tells it (RFC 9110, 5.6.7), written once a second.
package final class HTTPDates: Sendable {
    private struct Written {
        var second: Int64 = -1
        var text = ""
    }

    private let written = Mutex(Written())

    package init() {}

    /// `Sun, 29 Nov 2026 14:05:01 GMT`.
    var now: String { text(at: ExchangeClock.real.now) }

    package func text(at time: Timestamp) -> String {
        let second = time.microseconds / 1_000_000
        return written.withLock { written in
            if written.second != second { written = Written(second: second, text: Self.text(of: second)) }
            return written.text
        }
    }

    private static func text(of second: Int64) -> String {
        let time = CivilTime(Timestamp(second * 1_000_000))
        func two(_ number: Int) -> String { CivilTime.digits(number, 2) }
        // The first of 1970 was a Thursday.
        let day = days[Int(second / 86_400 + 4) % 7]
        return "\(day), \(two(time.day)) \(months[time.month - 1]) \(time.year) \(two(time.hour)):\(two(time.minute)):\(two(time.second)) GMT"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
