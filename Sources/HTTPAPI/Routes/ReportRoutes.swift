import Exchange
import Quantities
import Registry

/// Reports of the platform for its operator.
enum ReportRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/v1/reports/capacity", .roles(.overseers), query: Page.parameters + ["from", "to", "by", "group", "format"],
            capacity)
    ]

    /// The longest report, and how many resource-hours one read of the exchange looks at.
    static let mostHours: Int32 = 8_784
    private static let hoursAtOnce = 2_000

    /// Capacity, allocation, delivery, utilisation and availability by hour, day or month, zone and class.
    @Sendable static func capacity(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let skipped = Int(clamping: try page.number())
        let form = try ReportForm.of(call)
        if form == .html, call.query["format"] != nil { throw .invalid("format", "this report comes as json or csv") }
        let step = try call.query.choice("by", StatementStep.self) ?? .hour
        let grouping = try call.query.choice("group", CapacityGrouping.self) ?? .zoneAndClass
        let (now, catalogue) = try await call.query { (Hour(containing: $0.time), $0.catalogue) }
        let window = try call.query.window(from: max(now + -24, Hour()), hours: 24, maximum: mostHours)
        var report = CapacityReport(step: step, grouping: grouping, window: window, catalogue: catalogue)
        var next: CapacityPlace? = CapacityPlace(window.lowerBound)
        while let place = next {
            let (found, rest) = try await call.query {
                $0.capacityCounts(at: place, from: window.lowerBound, to: window.upperBound, looking: hoursAtOnce)
            }
            for count in found { report.add(count) }
            next = rest
        }
        let lines = report.views()
        if form == .csv {
            var answer = Answer(body: CommaSeparated.text(lines, products: call.products))
            answer.contentType = CommaSeparated.contentType
            return answer
        }
        return call.list(Array(lines.dropFirst(skipped).prefix(page.limit + 1)), limit: page.limit) { _ in
            String(skipped + page.limit)
        }
    }
}
