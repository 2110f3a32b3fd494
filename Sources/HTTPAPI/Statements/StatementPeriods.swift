import Quantities

/// Into which periods of UTC a statement is divided.
enum StatementStep: String, Choice {
    case hour
    case day
    case month

    /// The most periods of one statement.
    static let mostPeriods = 1_000

    /// The number of the period that a time falls into; numbers ascend with time.
    func number(of time: Timestamp) -> Int64 {
        switch self {
        case .hour: return time.microseconds / Timestamp.microsecondsPerHour
        case .day: return time.microseconds / Timestamp.microsecondsPerDay
        case .month:
            let parts = CivilTime(time)
            return Int64(parts.year) * 12 + Int64(parts.month) - 1
        }
    }

    /// When a period begins; the period before ends then.
    func start(of number: Int64) -> Timestamp {
        switch self {
        case .hour: Timestamp(number * Timestamp.microsecondsPerHour)
        case .day: Timestamp(number * Timestamp.microsecondsPerDay)
        case .month: CivilTime(year: Int(number / 12), month: Int(number % 12) + 1, day: 1).timestamp ?? .limit
        }
    }
}

/// From when to when a statement is, in which steps.
struct StatementPeriods: Sendable {
    var from: Timestamp
    /// The first moment after it.
    var to: Timestamp
    /// nil: all of it is one period.
    var step: StatementStep?

    /// A window: `hour`, `day` or `month` by its name, or `from` and `to`; and `by` what it is divided.
    ///
    /// - Throws: `invalid_request` that names the parameter.
    init(_ query: QueryValues) throws(Problem) {
        let named = ["hour", "day", "month"].filter { query[$0] != nil }
        if let first = named.first, named.count > 1 || query["from"] != nil || query["to"] != nil {
            throw .invalid(named.last ?? first, "of hour, day, month, and from with to, only one may be given")
        }
        if let hour = try query.hour("hour") {
            (from, to) = (hour.start, hour.end)
        } else if let day = query["day"] {
            guard day.utf8.count == 10, let start = Timestamp(rfc3339: day + "T00:00:00Z") else {
                throw .invalid("day", "day must be a date such as 2026-11-23")
            }
            (from, to) = (start, start.advanced(hours: 24))
        } else if let month = query["month"] {
            guard month.utf8.count == 7, let start = Timestamp(rfc3339: month + "-01T00:00:00Z") else {
                throw .invalid("month", "month must be a month such as 2026-11")
            }
            (from, to) = (start, StatementStep.month.start(of: StatementStep.month.number(of: start) + 1))
        } else {
            guard let start = try query.time("from") else {
                throw .invalid("day", "hour, day or month, or from and to, is missing")
            }
            guard let end = try query.time("to") else { throw .invalid("to", "to is missing") }
            guard start < end else { throw .invalid("to", "to must lie after from") }
            (from, to) = (start, end)
        }
        step = try query.choice("by", StatementStep.self)
        if let step, step.number(of: to.advanced(microseconds: -1)) - step.number(of: from) >= StatementStep.mostPeriods {
            throw .invalid("by", "a statement has at most \(StatementStep.mostPeriods) periods of a \(step.rawValue)")
        }
    }

    func contains(_ time: Timestamp) -> Bool { from <= time && time < to }

    /// The number of the period that a time of the window falls into.
    func number(of time: Timestamp) -> Int64 { step?.number(of: time) ?? 0 }

    /// A period's bounds, cut at the window's.
    func bounds(of number: Int64) -> (from: Timestamp, to: Timestamp) {
        guard let step else { return (from, to) }
        return (max(from, step.start(of: number)), min(to, step.start(of: number + 1)))
    }
}
