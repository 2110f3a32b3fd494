import Quantities

/// What one provider, or one product, delivered on one day, in device-seconds.
struct ReliabilityDay: Record, Equatable {
    /// Days since 1970, of the hours.
    var day: Int32 = 0
    var sold: Int64 = 0
    var delivered: Int64 = 0
    /// Of deliveries that were handed over in time and delivered whole.
    var whole: Int64 = 0

    init() {}
    init(day: Int32) { self.day = day }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("day", &day)
        coder.field("sold", &sold)
        coder.field("delivered", &delivered)
        coder.field("whole", &whole)
    }
}

/// Settled deliveries of the last days, day by day, in order.
struct ReliabilityLog: FieldValue, Equatable {
    private(set) var days: [ReliabilityDay] = []

    /// How many days count, the present one with them.
    static let window: Int32 = 30
    private static let hoursPerDay: Int32 = 24
    /// More days than a horizon and the window have: hours far ahead count from when they were given up.
    private static let mostDays = 500

    init() {}
    mutating func code<C: FieldCoder>(_ coder: inout C) { coder.array(&days) }

    static func day(of hour: Hour) -> Int32 { hour.hoursSince1970 / hoursPerDay }

    /// Adds device-seconds of an hour, or takes them off again, and forgets days that no longer count. O(days).
    mutating func note(_ hour: Hour, sold: Int64, delivered: Int64, whole: Int64, today: Int32) {
        let day = Self.day(of: hour)
        guard day > today - Self.window else { return }
        if let oldest = days.first, oldest.day <= today - Self.window { days.removeAll { $0.day <= today - Self.window } }
        let position = days.lastIndex { $0.day <= day }
        var index = position ?? -1
        if index < 0 || days[index].day != day {
            index += 1
            days.insert(ReliabilityDay(day: day), at: index)
        }
        days[index].sold += sold
        days[index].delivered += delivered
        days[index].whole += whole
    }

    /// The sums of the days that count.
    func sums(today: Int32) -> (sold: Int128, delivered: Int128, whole: Int128) {
        var sums = (sold: Int128(0), delivered: Int128(0), whole: Int128(0))
        for day in days where day.day > today - Self.window {
            sums.sold += Int128(day.sold)
            sums.delivered += Int128(day.delivered)
            sums.whole += Int128(day.whole)
        }
        return sums
    }

    /// What a reader may find: days in order, none below zero or with more delivered than sold.
    var isPossible: Bool {
        zip(days, days.dropFirst()).allSatisfy { $0.day < $1.day }
            && days.count <= Self.mostDays
            && days.allSatisfy {
                $0.day >= 0 && $0.sold >= 0 && $0.sold <= 1 << 60 && (0...$0.sold).contains($0.delivered) && (0...$0.sold).contains($0.whole)
            }
    }
}
