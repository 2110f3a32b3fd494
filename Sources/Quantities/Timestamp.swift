/// A moment in UTC, in microseconds since 1970. From outside: 1970…2199.
@usableFromInline package struct Timestamp: FieldValue, BitwiseCopyable, Hashable, Comparable {
    @usableFromInline package var microseconds: Int64

    @inlinable package init() { microseconds = 0 }
    @inlinable package init(_ microseconds: Int64) { self.microseconds = microseconds }

    @usableFromInline package static let microsecondsPerSecond: Int64 = 1_000_000
    @usableFromInline package static let microsecondsPerMinute: Int64 = 60_000_000
    @usableFromInline package static let microsecondsPerHour: Int64 = 3_600_000_000
    @usableFromInline package static let microsecondsPerDay: Int64 = 86_400_000_000
    /// 2200-01-01T00:00:00Z: the first moment that is refused.
    @usableFromInline package static let limit = Timestamp(7_258_118_400_000_000)

    @inlinable package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }
    @inlinable package func advanced(microseconds delta: Int64) -> Timestamp { Timestamp(microseconds + delta) }
    @inlinable package func advanced(minutes: Int32) -> Timestamp {
        Timestamp(microseconds + Int64(minutes) * Timestamp.microsecondsPerMinute)
    }
    @inlinable package func advanced(hours: Int32) -> Timestamp {
        Timestamp(microseconds + Int64(hours) * Timestamp.microsecondsPerHour)
    }

    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.timestamp(&microseconds) }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC, with six decimals where there is a fraction of a second.
    @usableFromInline package var description: String {
        let parts = CivilTime(self)
        var text = CivilTime.digits(parts.year, 4) + "-" + CivilTime.digits(parts.month, 2) + "-"
            + CivilTime.digits(parts.day, 2) + "T" + CivilTime.digits(parts.hour, 2) + ":"
            + CivilTime.digits(parts.minute, 2) + ":" + CivilTime.digits(parts.second, 2)
        if parts.microsecond != 0 { text += "." + CivilTime.digits(parts.microsecond, 6) }
        return text + "Z"
    }
}

extension Timestamp {
    /// Reads RFC 3339 in UTC (`Z` or `+00:00`), with at most six decimals; nil for anything else, another offset, a leap
    /// second and years outside 1970…2199 included.
    package init?(rfc3339 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 32 else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return value
        }
        func isByte(_ position: Int, _ characters: String) -> Bool { characters.utf8.contains(bytes[position]) }
        guard isByte(4, "-"), isByte(7, "-"), isByte(10, "Tt"), isByte(13, ":"), isByte(16, ":"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        var position = 19
        var microsecond = 0
        if isByte(position, ".") {
            var end = position + 1
            while end < bytes.count, bytes[end] >= UInt8(ascii: "0"), bytes[end] <= UInt8(ascii: "9") { end += 1 }
            let decimals = end - position - 1
            guard decimals >= 1, decimals <= 6, let fraction = number(position + 1..<end) else { return nil }
            microsecond = fraction
            for _ in decimals..<6 { microsecond *= 10 }
            position = end
        }
        let zone = bytes[position...]
        guard zone.elementsEqual("Z".utf8) || zone.elementsEqual("z".utf8) || zone.elementsEqual("+00:00".utf8) else { return nil }
        guard
            let time = CivilTime(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second, microsecond: microsecond
            ).timestamp
        else { return nil }
        self = time
    }
}

/// A moment in the proleptic Gregorian calendar, UTC.
@usableFromInline package struct CivilTime: Equatable, Sendable {
    package var year: Int
    package var month: Int
    package var day: Int
    @usableFromInline package var hour = 0
    package var minute = 0
    package var second = 0
    package var microsecond = 0

    package init(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
    }

    /// The calendar's view of `time`.
    package init(_ time: Timestamp) {
        let day = Self.floorDivide(time.microseconds, Timestamp.microsecondsPerDay)
        var rest = time.microseconds - day * Timestamp.microsecondsPerDay
        // Days to a date, counting years from March so that the leap day is the last of its year.
        let shifted = day + 719_468
        let era = Self.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        self.day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        hour = Int(rest / Timestamp.microsecondsPerHour)
        rest %= Timestamp.microsecondsPerHour
        minute = Int(rest / Timestamp.microsecondsPerMinute)
        rest %= Timestamp.microsecondsPerMinute
        second = Int(rest / Timestamp.microsecondsPerSecond)
        microsecond = Int(rest % Timestamp.microsecondsPerSecond)
    }

    /// The moment, or nil where the date does not exist or lies outside 1970…2199.
    package var timestamp: Timestamp? {
        guard (1970..<2200).contains(year), (1...12).contains(month), day >= 1, day <= Self.daysIn(month, of: year),
            (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second),
            (0..<1_000_000).contains(microsecond)
        else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = Int64(era * 146_097 + dayOfEra - 719_468)
        return Timestamp(
            days * Timestamp.microsecondsPerDay + Int64(hour) * Timestamp.microsecondsPerHour
                + Int64(minute) * Timestamp.microsecondsPerMinute + Int64(second) * Timestamp.microsecondsPerSecond
                + Int64(microsecond)
        )
    }

    /// `value` in decimal with at least `width` digits.
    package static func digits(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return text.utf8.count >= width ? text : String(repeating: "0", count: width - text.utf8.count) + text
    }

    private static func daysIn(_ month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : (value - divisor + 1) / divisor
    }
}
