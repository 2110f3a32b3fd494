import Exchange
import Pricing

extension RouteNotes {
    /// Curves, candles, last trades.
    static let pricing: [RouteNotes] = [
        RouteNotes(
            "GET /v1/products/{code}/curve", "readCurve", "Every listed hour: best prices, last, averages, mark, open interest",
            .record(CurveView.self), query: QueryNotes.curve),
        RouteNotes(
            "GET /v1/products/{code}/curve.csv", "exportCurve", "The curve's hours, one line each", .text("text/csv"),
            query: QueryNotes.curve),
        RouteNotes(
            "GET /v1/products/{code}/curve.svg", "drawCurve", "The curve as a picture", .text("image/svg+xml"), query: QueryNotes.curve),
        RouteNotes(
            "GET /v1/products/{code}/candles", "listCandles", "Trades of all hours summed up; spans without trades are left out",
            .list(Candle.self), query: QueryNotes.candles),
        RouteNotes(
            "GET /v1/products/{code}/candles.csv", "exportCandles", "A page of candles, one line each", .text("text/csv"),
            query: QueryNotes.candles),
        RouteNotes(
            "GET /v1/contracts/{symbol}/candles", "listContractCandles", "Trades of one contract summed up", .list(Candle.self),
            query: QueryNotes.candles),
        RouteNotes("GET /v1/indices", "listIndices", "Indices of products, then of classes over all zones", .list(IndexAnswer.self)),
        RouteNotes(
            "GET /v1/indices/{code}", "readIndex", "One value, or why there is none, with the inputs that lead to it",
            .record(IndexDetailsAnswer.self), query: QueryNotes.index),
        RouteNotes(
            "GET /v1/indices/{code}/history", "listIndexValues", "Values of a run of hours or days", .list(IndexValueAnswer.self),
            query: QueryNotes.index),
        RouteNotes(
            "GET /v1/indices/{code}/history.csv", "exportIndexValues", "The same, one line each", .text("text/csv"), query: QueryNotes.index),
        RouteNotes(
            "GET /v1/indices/{code}/chart.svg", "drawIndex", "The same as a picture", .text("image/svg+xml"), query: QueryNotes.index),
        RouteNotes(
            "POST /v1/indices/{code}/revisions", "reviseIndex", "Revise what an hour of a product's index is made of, with a reason",
            .created(IndexRevisionView.self)),
        RouteNotes("GET /v1/products/{code}/fees", "readFees", "All versions of a product's fees", .record(FeeScheduleView.self)),
        RouteNotes("POST /v1/products/{code}/fees", "postFees", "Post the next version of a product's fees", .created(FeeVersion.self)),
        RouteNotes("GET /v1/fees", "listFeeTiers", "What one pays in each product today", .list(CurrentFeesView.self)),
        RouteNotes("GET /v1/products/{code}/bands", "readBands", "Today's price bands by hour of the day", .record(BandsView.self)),
        RouteNotes(
            "POST /v1/products/{code}/bands", "overrideBand", "Say what bands lie around, with a reason", .record(BandsView.self)),
        RouteNotes(
            "GET /v1/products/{code}/trades", "listProductTrades", "A product's trades of the last 7 days, the newest first",
            .list(PublicTradeView.self)),
        RouteNotes(
            "GET /v1/products/{code}/statistics", "readStatistics", "A product's last 24 hours", .record(StatisticsAnswer.self)),
        RouteNotes(
            "GET /v1/contracts/{symbol}/statistics", "readContractStatistics", "A contract's last 24 hours",
            .record(StatisticsAnswer.self)),
    ]
}

extension QueryNotes {
    static let index: [String: QueryNote] = [
        "at": .time("Within the hour or day that is asked for; the latest hour of which something is known where absent."),
        "period": .choice(IndexPeriod.self, "hour where absent."),
        "as_known_at": .time("With what was known at this moment; now where absent."),
    ]
    static let candles = moments.merging(["interval": .choice(CandleInterval.self, "The length of a candle; 1h where absent.")]) { $1 }
    static let curve: [String: QueryNote] = [
        "as_of": .time("As it was known at this moment of the past: what had been traded until then."),
        "carbon_price": .text("A price of a kg CO2, for the price with carbon in it; not together with as_of."),
    ]
}
