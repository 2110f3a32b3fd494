/// One UTC hour, named by the whole hours since 1970 at its start. From outside: 1970…2199.
@usableFromInline package struct Hour: FieldValue, BitwiseCopyable, Hashable, Comparable {
    @usableFromInline package var hoursSince1970: Int32

    @inlinable package init() { hoursSince1970 = 0 }
    @inlinable package init(_ hoursSince1970: Int32) { self.hoursSince1970 = hoursSince1970 }

    /// The hour that `time` falls into.
    package init(containing time: Timestamp) {
        hoursSince1970 = Int32(clamping: time.microseconds / Timestamp.microsecondsPerHour)
    }

    package var start: Timestamp { Timestamp(Int64(hoursSince1970) * Timestamp.microsecondsPerHour) }
    package var end: Timestamp { Timestamp((Int64(hoursSince1970) + 1) * Timestamp.microsecondsPerHour) }

    @inlinable package static func < (left: Hour, right: Hour) -> Bool { left.hoursSince1970 < right.hoursSince1970 }
    @inlinable package static func + (left: Hour, hours: Int32) -> Hour { Hour(left.hoursSince1970 + hours) }
    @inlinable package static func - (left: Hour, right: Hour) -> Int32 { left.hoursSince1970 - right.hoursSince1970 }

    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.hour(&hoursSince1970) }
}

extension Hour {
    /// `yyyymmddhh`, as in a contract's symbol.
    package var compact: String {
        let parts = CivilTime(start)
        return CivilTime.digits(parts.year, 4) + CivilTime.digits(parts.month, 2) + CivilTime.digits(parts.day, 2)
            + CivilTime.digits(parts.hour, 2)
    }

    /// The hour of a `yyyymmddhh`, or nil for anything else, dates that do not exist included.
    package init?(compact text: some StringProtocol) {
        let parsed = text.utf8.withContiguousStorageIfAvailable { Hour(compact: $0[...]) } ?? Hour(compact: Array(text.utf8)[...])
        guard let parsed else { return nil }
        self = parsed
    }

    /// The same of bytes in UTF-8.
    init?(compact digits: some RandomAccessCollection<UInt8>) {
        guard digits.count == 10 else { return nil }
        var number = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        guard
            let time = CivilTime(
                year: number / 1_000_000, month: number / 10_000 % 100, day: number / 100 % 100, hour: number % 100
            ).timestamp
        else { return nil }
        self.init(containing: time)
    }
}

extension Hour: CustomStringConvertible {
    /// RFC 3339: `2026-11-23T14:00:00Z`.
    @usableFromInline package var description: String { start.description }
}
