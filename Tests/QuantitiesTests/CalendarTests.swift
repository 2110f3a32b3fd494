import Quantities
import TestSupport
import Testing

/// Counts days by the rules of the calendar, one after the other: the obvious twin of `CivilTime`.
private struct DayCounter {
    var year = 1970
    var month = 1
    var day = 1

    mutating func advance() {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        day += 1
        if day > lengths[month - 1] { (day, month) = (1, month + 1) }
        if month > 12 { (month, year) = (1, year + 1) }
    }
}

@Suite("Timestamp, Hour and CivilTime")
struct CalendarTests {
    @Test("every day of 1970…2199 has the date that counting gives, both ways, and as text")
    func everyDay() {
        var counter = DayCounter()
        var day: Int64 = 0
        var wrong: [String] = []
        while counter.year < 2200 {
            let start = Timestamp(day * Timestamp.microsecondsPerDay)
            let last = start.advanced(microseconds: Timestamp.microsecondsPerDay - 1)
            let civil = CivilTime(year: counter.year, month: counter.month, day: counter.day)
            let lastCivil = CivilTime(
                year: counter.year, month: counter.month, day: counter.day, hour: 23, minute: 59, second: 59,
                microsecond: 999_999
            )
            let hour = Hour(Int32(day * 24 + day % 24))
            let isRight =
                CivilTime(start) == civil && civil.timestamp == start && CivilTime(last) == lastCivil
                && lastCivil.timestamp == last && Timestamp(rfc3339: start.description) == start
                && Timestamp(rfc3339: last.description) == last && Hour(compact: hour.compact) == hour
                && Hour(containing: hour.start) == hour
                && Hour(containing: hour.end.advanced(microseconds: -1)) == hour
            if !isRight, wrong.count < 5 { wrong.append("\(counter)") }
            counter.advance()
            day += 1
        }
        #expect(wrong.isEmpty)
        #expect(Timestamp(day * Timestamp.microsecondsPerDay) == Timestamp.limit)
        #expect(day == 84_006)
    }

    @Test("every hour of a leap year's February and March reads back from its symbol form")
    func everyHour() {
        guard let first = Hour(compact: "2028020100"), let last = Hour(compact: "2028033123") else {
            Issue.record("the hours exist")
            return
        }
        #expect(last - first == 60 * 24 - 1)
        for number in first.hoursSince1970...last.hoursSince1970 {
            #expect(Hour(compact: Hour(number).compact) == Hour(number))
        }
    }

    @Test(
        "known moments",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:30:45Z", 951_827_445_000_000),
            ("2026-11-23T14:00:00Z", 1_795_442_400_000_000), ("2026-11-23T14:00:00.5Z", 1_795_442_400_500_000),
            ("2026-11-23T14:00:00.000001Z", 1_795_442_400_000_001), ("2026-11-23t14:00:00z", 1_795_442_400_000_000),
            ("2026-11-23T14:00:00+00:00", 1_795_442_400_000_000), ("2199-12-31T23:59:59.999999Z", 7_258_118_399_999_999),
        ] as [(String, Int64)])
    func known(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(microseconds))
    }

    @Test(
        "what is no RFC 3339 moment in UTC of 1970…2199 is refused",
        arguments: [
            "", "2026-11-23", "2026-11-23T14:00Z", "2026-11-23T14:00:00", "2026-11-23 14:00:00Z", "2026-11-23T14:00:00+01:00",
            "2026-11-23T14:00:00-00:00", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z", "2026-12-31T23:59:60Z", "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z",
            "2026-11-23T14:00:00.Z", "2026-11-23T14:00:00.0000001Z", "2026-11-23T14:00:00.5", "-026-11-23T14:00:00Z",
            "2026-1１-23T14:00:00Z", "2026-11-23T14:00:00ZZ", "20261-1-23T14:00:00Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(
        "what is no hour of 1970…2199 in yyyymmddhh is refused",
        arguments: ["", "202611231", "20261123140", "2026112324", "2026022900", "1969123123", "2200010100", "2026-11-23", "２026112314"])
    func refusedHour(text: String) {
        #expect(Hour(compact: text) == nil)
    }

    @Test("a moment reads back from its text, with six decimals or none")
    func roundTrip() {
        let seed: UInt64 = 0x71AE
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            var time = Timestamp(.random(in: 0..<Timestamp.limit.microseconds, using: &generator))
            #expect(Timestamp(rfc3339: time.description) == time, "seed \(seed)")
            time.microseconds -= time.microseconds % Timestamp.microsecondsPerSecond
            #expect(time.description.utf8.count == 20)
            #expect(Timestamp(rfc3339: time.description) == time, "seed \(seed)")
        }
    }

    @Test("an hour holds its start and not its end")
    func hourBounds() {
        let hour = Hour(498_734)
        #expect(Hour(containing: hour.start) == hour)
        #expect(Hour(containing: hour.end) == hour + 1)
        #expect((hour + 5) - hour == 5)
        #expect(hour.start.advanced(hours: 1) == hour.end)
        #expect(hour.start.advanced(minutes: 60) == hour.end)
    }
}
