import Exchange
import Pricing
import Quantities

/// An index as the list shows it.
struct IndexAnswer: Record {
    var code = ""
    var kind = IndexKind.product
    var currency = Currency()
    var products: [ProductID] = []
    var method: Int64 = 1

    init() {}
    init(_ scope: IndexScope) {
        code = scope.code
        kind = scope.kind
        currency = scope.currency
        products = scope.products
    }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("code", &code)
        coder.field("kind", &kind)
        coder.field("currency", &currency)
        coder.field("products", &products)
        coder.field("method_version", &method)
    }
}

/// One value of an index, or why there is none.
struct IndexValueAnswer: Record {
    var start = Hour()
    var end = Hour()
    var status = IndexStatus.withheld
    var reason: IndexWithheldReason?
    var value: Price?
    var dispersion: Measure?
    var sellers: Int64 = 0
    var trades: Int64 = 0
    var deviceSeconds: Int64 = 0
    /// Null while something is not settled.
    var knownAt: Timestamp?

    init() {}
    init(_ source: IndexSource) { self.init(source, source.index) }
    init(_ source: IndexSource, _ index: PriceIndex) {
        start = source.start
        end = source.end
        status = index.status
        reason = index.reason
        value = index.value
        dispersion = index.dispersion
        sellers = Int64(index.sellers)
        trades = Int64(index.trades)
        deviceSeconds = index.deviceSeconds
        knownAt = source.isComplete ? source.knownAt : nil
    }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("start", &start)
        coder.field("end", &end)
        coder.field("status", &status)
        coder.field("reason", &reason)
        coder.field("value", &value)
        coder.field("dispersion", &dispersion)
        coder.field("sellers", &sellers)
        coder.field("trades", &trades)
        coder.field("delivered_device_seconds", &deviceSeconds)
        coder.field("known_at", &knownAt)
    }
}

/// One sale as the published inputs show it: sellers by numbers that mean something within one answer alone.
struct IndexInputAnswer: Record {
    var trade = TradeID.none
    var hour = Hour()
    var seller = ""
    var price = Price()
    var deviceSeconds: Int64 = 0
    var isOutlier = false
    /// Of all weight, rounded down.
    var share = Measure()

    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("trade_id", &trade)
        coder.field("hour", &hour)
        coder.field("seller", &seller)
        coder.field("price", &price)
        coder.field("delivered_device_seconds", &deviceSeconds)
        coder.field("outlier", &isOutlier)
        coder.field("share", &share)
    }
}

/// A value with all that leads to it: whoever has this computes the same.
struct IndexDetailsAnswer: Record {
    var index = IndexAnswer()
    var period = IndexPeriod.hour
    var value = IndexValueAnswer()
    var asKnownAt = Timestamp()
    var revisions: [IndexRevisionView] = []
    var inputs: [IndexInputAnswer] = []

    init() {}
    init(_ source: IndexSource, asKnownAt moment: Timestamp, period: IndexPeriod) {
        let computed = source.index
        index = IndexAnswer(source.scope)
        self.period = period
        value = IndexValueAnswer(source, computed)
        asKnownAt = moment
        revisions = source.revisions
        guard source.isComplete else { return }
        var hours: [TradeID: Hour] = [:]
        for sale in source.sales { hours[sale.input.trade] = sale.hour }
        // In the order of the trades, so that a number says nothing of who it is.
        var numbers: [ParticipantID: Int] = [:]
        let total = computed.lines.reduce(Int128(0)) { $0 + $1.weight }
        inputs = computed.lines.map { line in
            let number = numbers[line.input.seller] ?? numbers.count + 1
            numbers[line.input.seller] = number
            var answer = IndexInputAnswer()
            answer.trade = line.input.trade
            answer.hour = hours[line.input.trade] ?? source.start
            answer.seller = "S\(number)"
            answer.price = line.input.price
            answer.deviceSeconds = line.input.deviceSeconds
            answer.isOutlier = line.isOutlier
            answer.share = Measure(total > 0 ? Int64(line.weight * 1_000_000 / total) : 0)
            return answer
        }
    }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        index.fields(&coder)
        coder.field("period", &period)
        value.fields(&coder)
        coder.field("as_known_at", &asKnownAt)
        coder.field("revisions", &revisions)
        coder.field("inputs", &inputs)
    }
}
