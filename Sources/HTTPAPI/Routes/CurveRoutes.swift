import Exchange
import Pricing
import Quantities
import Sequencer

/// The forward curve of a product: as JSON, as a table, as a picture.
enum CurveRoutes {
    private static let parameters = ["from", "to", "as_of"]

    static let routes: [Route] = [
        Route(.get, "/v1/products/{code}/curve", .everyone, query: parameters + ["carbon_price"]) { call async throws(Problem) in
            let curve = try await read(call)
            return .json(curve, products: call.products, capacity: 1_024 + 384 * curve.hours.count)
        },
        Route(.get, "/v1/products/{code}/curve.csv", .everyone, query: parameters) { call async throws(Problem) in
            table(try await read(call), call.products)
        },
        Route(.get, "/v1/products/{code}/curve.svg", .everyone, query: parameters) { call async throws(Problem) in
            let curve = try await read(call)
            var answer = Answer(body: Array(chart(curve, code: call.parameters[0]).text.utf8))
            answer.contentType = "image/svg+xml"
            return answer
        },
    ]

    /// All listed hours from the present one on where no window is named; of the past, what had been traded until `as_of`.
    private static func read(_ call: Call) async throws(Problem) -> CurveView {
        let product = try CandleRoutes.product(call)
        let now = call.services.gateway.now
        let moment = try call.query.time("as_of")
        if let moment, moment > now { throw .invalid("as_of", "as_of must not lie in the future") }
        let window = try call.query.window(from: Hour(containing: moment ?? now), hours: 8_785, maximum: 8_785)
        let carbonPrice = try carbonPrice(call)
        if let moment {
            guard carbonPrice == nil else {
                throw .invalid("carbon_price", "carbon_price and as_of exclude each other: a curve of the past has no differentials")
            }
            return try await readPast(call, product, window, at: moment)
        }
        guard let listed = try await call.query({ $0.curveWindow(product, from: window.lowerBound, to: window.upperBound) })
        else { throw .notFound("product") }
        var curve = CurveBuilder(listed)
        while let hours = curve.nextHours(hoursAtOnce) { curve.add(try await call.query { $0.curveHours(product, hours) }) }
        let mark = curve.mark
        return curve.finished(try await call.query { $0.curveDifferentials(product, mark: mark, carbonPrice) })
    }

    /// Hours that one question to the exchange reads.
    private static let hoursAtOnce: Int32 = 744

    /// The hours that had been traded until a moment.
    private static func readPast(
        _ call: Call, _ product: ProductID, _ window: Range<Hour>, at moment: Timestamp
    ) async throws(Problem) -> CurveView {
        let traded = try await call.past { (history, sequence) async throws(HistoryError) in
            try await history.tradedHours(product: product, hours: window, until: moment, including: sequence)
        }
        guard var listed = try await call.query({ $0.curveWindow(product, from: window.lowerBound, to: window.lowerBound) })
        else { throw .notFound("product") }
        listed.asOf = moment
        var curve = CurveBuilder(listed)
        var rest = traded[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(Int(hoursAtOnce)))
            rest = rest.dropFirst(part.count)
            curve.add(try await call.query { $0.pastHours(product, at: moment, traded: part) })
        }
        return curve.finished(nil)
    }

    private static func carbonPrice(_ call: Call) throws(Problem) -> Price? {
        guard let text = call.query["carbon_price"] else { return nil }
        guard let value = try? DecimalText.parse(text), value > 0, value <= Price.limit.rawValue else {
            throw .invalid("carbon_price", "carbon_price must be a decimal above 0 and at most 1000000")
        }
        return Price(value)
    }

    private static func table(_ curve: CurveView, _ products: ProductIndex) -> Answer {
        var table = TableText([
            "contract", "hour", "status", "best_bid", "best_ask", "last", "average_price", "mark_price", "mark_source", "volume",
            "open_interest",
        ])
        func text(_ price: Price?) -> String { price.map { "\($0)" } ?? "" }
        for line in curve.hours {
            table.add([
                products.symbol(of: line.contract) ?? "", "\(line.hour)", line.status.rawValue, text(line.bestBid),
                text(line.bestAsk), text(line.last), text(line.averagePrice), text(line.markPrice), line.markSource.rawValue,
                "\(line.volume)",
                line.openInterest.map { "\($0)" } ?? "",
            ])
        }
        return table.answer
    }

    private static func chart(_ curve: CurveView, code: String) -> Chart {
        var chart = Chart(title: code + " forward curve", unit: curve.currency.code + " per device-hour", asOf: curve.asOf)
        func points(_ value: (CurveHourView) -> Price?) -> [Chart.Point] {
            curve.hours.compactMap { line in value(line).map { Chart.Point(hour: line.hour, value: $0.rawValue) } }
        }
        chart.series = [
            Chart.Series(name: "mark", form: .steps, points: points { $0.markPrice }),
            Chart.Series(name: "best bid", form: .dashes, points: points { $0.bestBid }),
            Chart.Series(name: "best ask", form: .dashes, points: points { $0.bestAsk }),
            Chart.Series(name: "last", form: .dots, points: points { $0.last }),
        ]
        return chart
    }
}
