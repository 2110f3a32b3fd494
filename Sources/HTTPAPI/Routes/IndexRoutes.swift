import Exchange
import Pricing
import Quantities
import Registry

/// Indices: what delivered hours cost, and from what anybody can compute it.
enum IndexRoutes {
    private static let window = ["period", "from", "to", "as_known_at"]

    static let routes: [Route] = [
        Route(.get, "/v1/indices", .everyone, query: Page.parameters, list),
        Route(.get, "/v1/indices/{code}", .everyone, query: ["at", "period", "as_known_at"], read),
        Route(.get, "/v1/indices/{code}/history", .everyone, query: Page.parameters + window) { call async throws(Problem) in
            let page = try Page(call.query)
            let values = try await history(call, page).map(IndexValueAnswer.init)
            return call.list(values, limit: page.limit) { String($0.end.hoursSince1970) }
        },
        Route(.get, "/v1/indices/{code}/history.csv", .everyone, query: window) { call async throws(Problem) in
            table(try await history(call).map(IndexValueAnswer.init))
        },
        Route(.get, "/v1/indices/{code}/chart.svg", .everyone, query: window, draw),
        Route(.post, "/v1/indices/{code}/revisions", .roles(.operator), body: ReviseIndex.Body.self, revise),
    ]

    /// The values that one request computes at most.
    private static let longestHistory: Int32 = 168

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let skipped = Int(clamping: try page.number())
        let scopes = try await call.query { $0.indexScopes() }
        let shown = scopes.dropFirst(skipped).prefix(page.limit + 1).map(IndexAnswer.init)
        return call.list(Array(shown), limit: page.limit) { _ in String(skipped + page.limit) }
    }

    /// One value with everything that leads to it. Without `at` the latest hour of which something is known.
    @Sendable static func read(_ call: Call) async throws(Problem) -> Answer {
        let code = call.parameters[0]
        let period = try call.query.choice("period", IndexPeriod.self) ?? .hour
        let moment = try knownAt(call)
        let at = try call.query.time("at")
        let source = try await call.query { exchange -> IndexSource? in
            guard let scope = exchange.indexScope(code: code) else { return nil }
            let hour =
                at.map { Hour(containing: $0) } ?? exchange.latestIndexHour(scope, knownAt: moment) ?? Hour(containing: moment)
            return exchange.indexSource(scope, period.window(around: hour), knownAt: moment)
        }
        guard let found = source, let source = try await call.complete([found]).first else { throw .notFound("index") }
        return call.json(IndexDetailsAnswer(source, asKnownAt: moment, period: period))
    }

    private static func knownAt(_ call: Call) throws(Problem) -> Timestamp {
        let now = call.services.gateway.now
        guard let moment = try call.query.time("as_known_at") else { return now }
        guard moment <= now else { throw .invalid("as_known_at", "as_known_at must not lie in the future") }
        return moment
    }

    /// What is known of a run of hours or days, by default of those that ended last; of a page one value more than it shows,
    /// where there are so many.
    private static func history(_ call: Call, _ page: Page? = nil) async throws(Problem) -> [IndexSource] {
        let code = call.parameters[0]
        let period = try call.query.choice("period", IndexPeriod.self) ?? .hour
        let moment = try knownAt(call)
        let last = period.window(around: Hour(containing: moment)).lowerBound
        let length = period.hours
        let from = try call.query.hour("from") ?? Hour(max(0, last.hoursSince1970 - 31 * length))
        let to = try call.query.hour("to") ?? (from < last ? last : from + length)
        guard from < to else { throw .invalid("to", "to must lie after from") }
        let first = period.window(around: from).lowerBound
        guard to - first <= longestHistory * length else {
            throw .invalid("to", "to must lie at most \(longestHistory) periods after from")
        }
        // The cursor is the end of the last period that was shown.
        let begin: Hour
        if let page, page.cursor != nil {
            guard let hours = Int32(exactly: try page.number()), hours % length == 0 else { throw Page.malformed }
            begin = max(first, Hour(hours))
        } else {
            begin = first
        }
        let most = page.map { $0.limit + 1 } ?? Int.max
        guard let scope = try await call.query({ $0.indexScope(code: code) }) else { throw .notFound("index") }
        var sources: [IndexSource] = []
        var start = begin
        // A day or 24 hours a question: however many products a class has, trading waits for no more.
        while start < to, sources.count < most {
            let first = start
            let count = min(Int((to - first + length - 1) / length), Int(24 / length), most - sources.count)
            let found = try await call.query { exchange in
                (0..<Int32(count)).map { period in
                    let from = first + period * length
                    return exchange.indexSource(scope, from..<from + length, knownAt: moment)
                }
            }
            sources += try await call.complete(found)
            start = first + Int32(count) * length
        }
        return sources
    }

    private static func table(_ values: [IndexValueAnswer]) -> Answer {
        var table = TableText([
            "start", "end", "status", "reason", "value", "dispersion", "sellers", "trades", "delivered_device_seconds", "known_at",
        ])
        for value in values {
            table.add([
                "\(value.start)", "\(value.end)", value.status.rawValue, value.reason?.rawValue ?? "",
                value.value.map { "\($0)" } ?? "",
                value.dispersion.map { "\($0)" } ?? "", "\(value.sellers)", "\(value.trades)", "\(value.deviceSeconds)",
                value.knownAt.map { "\($0)" } ?? "",
            ])
        }
        return table.answer
    }

    @Sendable static func draw(_ call: Call) async throws(Problem) -> Answer {
        let sources = try await history(call)
        let period = try call.query.choice("period", IndexPeriod.self) ?? .hour
        var chart = Chart(
            title: call.parameters[0] + " index by " + period.rawValue,
            unit: (sources.first?.scope.currency.code ?? "") + " per device-hour", asOf: try knownAt(call))
        chart.hoursPerPoint = period.hours
        chart.series = [
            Chart.Series(
                name: "index", form: .steps,
                points: sources.compactMap { source in
                    source.index.value.map { Chart.Point(hour: source.start, value: $0.rawValue) }
                })
        ]
        var answer = Answer(body: Array(chart.text.utf8))
        answer.contentType = "image/svg+xml"
        return answer
    }

    /// Of a product's index alone; those of classes and days follow.
    @Sendable static func revise(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(ReviseIndex.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        let product = call.products.product(code: call.parameters[0])
        guard product != .none else { throw .notFound("index of a product") }
        try await checkExcluded(body, product, call)
        return try await call.perform(.reviseIndex(ReviseIndex(product: product, body: body)), status: 201)
    }
}

extension IndexRoutes {
    /// That the trades to be left out are sales of the hour, where some of these are in the record alone; else the exchange looks.
    private static func checkExcluded(_ body: ReviseIndex.Body, _ product: ProductID, _ call: Call) async throws(Problem) {
        guard let excluded = body.excludedTrades, !excluded.isEmpty else { return }
        let key = ContractKey(product: product, hour: body.hour)
        guard var noted = try await call.query({ $0.notedSales(of: key) }), noted.archived > 0 else { return }
        noted.add(try await call.inputs(of: [product], key.hour..<key.hour + 1))
        guard noted.archived == 0 else { throw Call.unsound }
        let known = Set(noted.sales.log.map(\.trade) + noted.sales.revisions.flatMap { $0.changes.map(\.trade) })
        guard let stranger = excluded.first(where: { !known.contains($0) }) else { return }
        throw Problem(.notFound, "\(stranger) is no sale of that hour's index", field: "excluded_trades")
    }
}

/// What one value of an index is about.
enum IndexPeriod: String, Choice {
    case hour
    case day

    var hours: Int32 { self == .hour ? 1 : 24 }

    /// The period that an hour lies in, in UTC.
    func window(around hour: Hour) -> Range<Hour> {
        let start = Hour(hour.hoursSince1970 / hours * hours)
        return start..<start + hours
    }
}
