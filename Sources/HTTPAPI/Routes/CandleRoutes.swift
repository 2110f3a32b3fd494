import Exchange
import Pricing
import Quantities
import Registry
import Sequencer

/// Candles, last trades and the last 24 hours, of a product in all its hours and of one contract.
enum CandleRoutes {
    private static let candleQuery = Page.parameters + ["interval", "from", "to"]

    static let routes: [Route] = [
        Route(.get, "/v1/products/{code}/candles", .everyone, query: candleQuery) { call async throws(Problem) in
            let page = try Page(call.query)
            return try await candles(call, page, product(call), hour: nil)
        },
        Route(.get, "/v1/products/{code}/candles.csv", .everyone, query: candleQuery) { call async throws(Problem) in
            let page = try Page(call.query)
            return try await export(call, page, product(call))
        },
        Route(.get, "/v1/contracts/{symbol}/candles", .everyone, query: candleQuery) { call async throws(Problem) in
            let page = try Page(call.query)
            let key = try await contract(call)
            return try await candles(call, page, key.product, hour: key.hour)
        },
        Route(.get, "/v1/products/{code}/trades", .everyone, query: Page.parameters, trades),
        Route(.get, "/v1/products/{code}/statistics", .everyone) { call async throws(Problem) in
            try await statistics(call, product(call), hour: nil)
        },
        Route(.get, "/v1/contracts/{symbol}/statistics", .everyone) { call async throws(Problem) in
            let key = try await contract(call)
            return try await statistics(call, key.product, hour: key.hour)
        },
    ]

    /// The spans that one request may look at.
    private static let longestWindow = 1_440
    /// How far back the trades of a product are listed.
    private static let tradesReachBack = 7 * Timestamp.microsecondsPerDay

    /// The product in the path.
    static func product(_ call: Call) throws(Problem) -> ProductID {
        let id = call.products.product(code: call.parameters[0])
        guard id != .none else { throw .notFound("product") }
        return id
    }

    private static func contract(_ call: Call) async throws(Problem) -> ContractKey {
        let key = call.contract()
        guard try await call.query({ $0.contract(key) != nil }) else {
            throw Problem(.unknownContract, "there is no such contract")
        }
        return key
    }

    // MARK: Candles

    private static func candles(_ call: Call, _ page: Page, _ product: ProductID, hour: Hour?) async throws(Problem) -> Answer {
        let found = try await read(call, page, product, hour)
        return call.list(found, limit: page.limit) { String($0.start.microseconds + 1) }
    }

    private static func export(_ call: Call, _ page: Page, _ product: ProductID) async throws(Problem) -> Answer {
        let found = try await read(call, page, product, nil)
        var table = TableText(["start", "open", "high", "low", "close", "average_price", "volume", "trades"])
        for candle in found.prefix(page.limit) {
            table.add([
                "\(candle.start)", "\(candle.open)", "\(candle.high)", "\(candle.low)", "\(candle.close)", "\(candle.averagePrice)",
                "\(candle.volume)", "\(candle.trades)",
            ])
        }
        return table.answer
    }

    /// One candle more than a page shows, where there are so many.
    private static func read(_ call: Call, _ page: Page, _ product: ProductID, _ hour: Hour?) async throws(Problem) -> [Candle] {
        guard let spans = try spans(call, page, product, hour) else { return [] }
        let found = try await call.past { (history, sequence) async throws(HistoryError) in
            try await history.candles(spans, including: sequence)
        }
        return Array(found.prefix(page.limit + 1))
    }

    /// Whole intervals around the window; by default as many as a page has, up to the present one. None where the cursor has
    /// passed all.
    private static func spans(_ call: Call, _ page: Page, _ product: ProductID, _ hour: Hour?) throws(Problem) -> CandleSpans? {
        let width = (try call.query.choice("interval", CandleInterval.self) ?? .hour).width
        let now = call.services.gateway.now.microseconds
        let end = try call.query.time("to")?.microseconds ?? (now / width + 1) * width
        var start = try call.query.time("from")?.microseconds ?? max(0, (end - 1) / width - Int64(page.limit) + 1) * width
        guard start < end else { throw .invalid("to", "to must lie after from") }
        start -= start % width
        let last = (end + width - 1) / width
        guard last - start / width <= Int64(longestWindow) else {
            throw .invalid("to", "to must lie at most \(longestWindow) intervals after from")
        }
        // The cursor is the moment after the last start that was shown.
        if page.cursor != nil {
            let after = try page.number()
            guard after <= Timestamp.limit.microseconds else { throw Page.malformed }
            start = max(start, (after + width - 1) / width * width)
        }
        let count = last - start / width
        guard count > 0 else { return nil }
        return CandleSpans(product: product, hour: hour, start: Timestamp(start), width: width, count: Int(count))
    }

    // MARK: Last trades

    /// The newest first.
    @Sendable static func trades(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let number = try page.number()
        let product = try product(call)
        let since = Timestamp(max(0, call.services.gateway.now.microseconds - tradesReachBack))
        let found = try await call.past { (history, sequence) async throws(HistoryError) in
            try await history.trades(
                product: product, since: since, before: number == 0 ? nil : TradeID(number), limit: page.limit + 1,
                including: sequence
            )
        }
        return call.list(found.map(PublicTradeView.init), limit: page.limit) { String($0.id.rawValue) }
    }

    // MARK: 24 hours

    private static func statistics(_ call: Call, _ product: ProductID, hour: Hour?) async throws(Problem) -> Answer {
        let now = call.services.gateway.now
        let begin = Timestamp(max(0, now.microseconds - Timestamp.microsecondsPerDay + 1))
        let spans = CandleSpans(product: product, hour: hour, start: begin, width: Timestamp.microsecondsPerDay, count: 1)
        let candle = try await call.past { (history, sequence) async throws(HistoryError) in
            try await history.candles(spans, including: sequence)
        }.first
        guard let currency = try await call.query({ $0.product(product)?.currency }) else { throw .notFound("product") }
        var answer = StatisticsAnswer()
        answer.product = product
        answer.contract = hour.map { ContractKey(product: product, hour: $0) }
        answer.currency = currency
        answer.from = Timestamp(max(0, now.microseconds - Timestamp.microsecondsPerDay))
        answer.to = now
        if let candle {
            answer.open = candle.open
            answer.high = candle.high
            answer.low = candle.low
            answer.last = candle.close
            answer.averagePrice = candle.averagePrice
            answer.volume = candle.volume
            answer.trades = candle.trades
        }
        return call.json(answer)
    }
}

/// The trades of the last 24 hours, summed up.
struct StatisticsAnswer: Record {
    var product = ProductID.none
    var contract: ContractKey?
    var currency = Currency()
    /// After this moment …
    var from = Timestamp()
    /// … until this one, included.
    var to = Timestamp()
    var open: Price?
    var high: Price?
    var low: Price?
    var last: Price?
    var averagePrice: Price?
    var volume: Int64 = 0
    var trades: Int64 = 0

    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("contract", &contract)
        coder.field("currency", &currency)
        coder.field("from", &from)
        coder.field("to", &to)
        coder.field("open", &open)
        coder.field("high", &high)
        coder.field("low", &low)
        coder.field("last", &last)
        coder.field("average_price", &averagePrice)
        coder.field("volume", &volume)
        coder.field("trades", &trades)
    }
}
