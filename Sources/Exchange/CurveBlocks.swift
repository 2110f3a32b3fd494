import Pricing
import Quantities

/// Sums the hours of a curve up by day, week and month.
struct CurveBlocks: Sendable {
    /// How a block is cut, in UTC.
    enum Length: Sendable {
        case day
        /// From Monday.
        case week
        case month

        /// The block that an hour lies in.
        func window(around hour: Hour) -> Range<Hour> {
            let day = hour.hoursSince1970 / 24
            switch self {
            case .day: return Hour(day * 24)..<Hour(day * 24 + 24)
            case .week:
                // 1 January 1970 was a Thursday.
                let monday = day - (day + 3) % 7
                return Hour(monday * 24)..<Hour(monday * 24 + 168)
            case .month:
                let parts = CivilTime(hour.start)
                let first = CivilTime(year: parts.year, month: parts.month, day: 1).timestamp
                let isLast = parts.month == 12
                let next = CivilTime(year: isLast ? parts.year + 1 : parts.year, month: isLast ? 1 : parts.month + 1, day: 1).timestamp
                return Hour(containing: first ?? hour.start)..<Hour(containing: next ?? Timestamp.limit)
            }
        }
    }

    private let length: Length
    private var marks: Int128 = 0
    private var turnover: Int128 = 0
    private(set) var views: [CurveBlockView] = []

    init(_ length: Length) { self.length = length }

    /// Adds the next hour.
    ///
    /// - Precondition: later than the hour before.
    mutating func add(_ hour: Hour, mark: Price, turnover: Int128, volume: Int64) {
        if views.last.map({ hour >= $0.end }) ?? true {
            let window = length.window(around: hour)
            var view = CurveBlockView()
            view.start = window.lowerBound
            view.end = window.upperBound
            views.append(view)
            marks = 0
            self.turnover = 0
        }
        let last = views.count - 1
        marks += Int128(mark.rawValue)
        self.turnover += turnover
        views[last].hours += 1
        views[last].volume += volume
        views[last].markPrice = Price(Int64(marks / Int128(views[last].hours)))
        views[last].averagePrice = Notional.average(notional: self.turnover, quantity: views[last].volume)
    }
}
