import Pricing
import Quantities

/// The hours of a window that a product lists.
package struct ListedHours: Sendable {
    package var product: ProductID
    package var currency: Currency
    /// When that was so.
    package var asOf: Timestamp
    package var hours: Range<Hour>
}

/// One hour of a curve, with what the sums over many hours need of it.
package struct CurveHour: Sendable {
    package var line: CurveHourView
    /// Σ price × quantity of its trades.
    package var turnover: Int128

    package init(line: CurveHourView, turnover: Int128) {
        self.line = line
        self.turnover = turnover
    }
}

/// Puts a curve together of hours that come in parts, each later than those before.
package struct CurveBuilder: Sendable {
    private var view = CurveView()
    private var rest: Range<Hour>
    private var days = CurveBlocks(.day)
    private var weeks = CurveBlocks(.week)
    private var months = CurveBlocks(.month)
    /// Σ marks.
    private var marks: Int128 = 0

    package init(_ listed: ListedHours) {
        view.product = listed.product
        view.currency = listed.currency
        view.asOf = listed.asOf
        rest = listed.hours
    }

    /// The next hours to be read: to the end of a UTC day, or at most `count`; nil at the end.
    package mutating func nextHours(_ count: Int32) -> Range<Hour>? {
        guard rest.lowerBound < rest.upperBound else { return nil }
        let first = rest.lowerBound
        // Where a day's hours are read together, its price is looked up once.
        let aligned = count - first.hoursSince1970 % 24
        let end = min(rest.upperBound, first + (aligned > 0 ? aligned : count))
        rest = end..<rest.upperBound
        return first..<end
    }

    package mutating func add(_ hours: [CurveHour]) {
        for hour in hours {
            let line = hour.line
            marks += Int128(line.markPrice.rawValue)
            days.add(line.hour, mark: line.markPrice, turnover: hour.turnover, volume: line.volume)
            weeks.add(line.hour, mark: line.markPrice, turnover: hour.turnover, volume: line.volume)
            months.add(line.hour, mark: line.markPrice, turnover: hour.turnover, volume: line.volume)
            view.hours.append(line)
        }
    }

    /// The mean of the marks, rounded down; nil where there are no hours.
    package var mark: Price? { view.hours.isEmpty ? nil : Price(Int64(marks / Int128(view.hours.count))) }

    /// The curve of what was added.
    package func finished(_ differentials: CurveDifferentialsView?) -> CurveView {
        var view = view
        (view.days, view.weeks, view.months) = (days.views, weeks.views, months.views)
        view.differentials = differentials
        return view
    }
}
