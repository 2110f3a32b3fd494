import Quantities

/// How long a candle lasts.
package enum CandleInterval: String, Choice {
    case minute = "1m"
    case hour = "1h"
    case day = "1d"

    /// Microseconds. Candles begin at whole multiples of it since 1970, in UTC.
    package var width: Int64 {
        switch self {
        case .minute: Timestamp.microsecondsPerMinute
        case .hour: Timestamp.microsecondsPerHour
        case .day: Timestamp.microsecondsPerDay
        }
    }
}

/// The trades of a span of time, summed up. A span without trades has none.
package struct Candle: Record, Equatable {
    /// When the span begins; it ends before the next one.
    package var start = Timestamp()
    package var open = Price()
    package var high = Price()
    package var low = Price()
    package var close = Price()
    /// Volume-weighted, rounded down to the millionth.
    package var averagePrice = Price()
    /// Device-hours.
    package var volume: Int64 = 0
    package var trades: Int64 = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("start", &start)
        coder.field("open", &open)
        coder.field("high", &high)
        coder.field("low", &low)
        coder.field("close", &close)
        coder.field("average_price", &averagePrice)
        coder.field("volume", &volume)
        coder.field("trades", &trades)
    }
}

/// Which trades become candles: those of a product, or of one of its contracts, in spans of equal length from `start` on.
package struct CandleSpans: Sendable, Equatable {
    package var product: ProductID
    /// The one contract's hour; nil for all hours of the product.
    package var hour: Hour?
    package var start: Timestamp
    /// The length of a span, in microseconds.
    package var width: Int64
    package var count: Int

    /// - Precondition: `width` > 0 and 1 ≤ `count` ≤ 10,000, and the last span ends within the calendar.
    package init(product: ProductID, hour: Hour?, start: Timestamp, width: Int64, count: Int) {
        precondition(width > 0 && (1...10_000).contains(count), "spans of nothing")
        self.product = product
        self.hour = hour
        self.start = start
        self.width = width
        self.count = count
    }

    package var end: Timestamp { Timestamp(start.microseconds + width * Int64(count)) }

    /// Whether a trade falls into one of the spans.
    package func contains(_ contract: ContractKey, _ time: Timestamp) -> Bool {
        contract.product == product && hour.map { $0 == contract.hour } ?? true && start <= time && time < end
    }
}

/// Makes candles of trades in the order of their numbers.
package struct CandleBuilder {
    private let spans: CandleSpans
    private var turnover: Int128 = 0
    package private(set) var candles: [Candle] = []

    package init(_ spans: CandleSpans) { self.spans = spans }

    /// Adds the next trade; one outside of the spans changes nothing.
    ///
    /// - Precondition: not earlier than the trade before.
    package mutating func add(_ contract: ContractKey, _ price: Price, _ quantity: Quantity, at time: Timestamp) {
        guard spans.contains(contract, time) else { return }
        let begin = Timestamp(time.microseconds - (time.microseconds - spans.start.microseconds) % spans.width)
        if candles.last?.start != begin {
            var candle = Candle()
            candle.start = begin
            candle.open = price
            candle.high = price
            candle.low = price
            candles.append(candle)
            turnover = 0
        }
        let last = candles.count - 1
        candles[last].high = max(candles[last].high, price)
        candles[last].low = min(candles[last].low, price)
        candles[last].close = price
        candles[last].volume += Int64(quantity)
        candles[last].trades += 1
        turnover += Int128(price.notional(quantity).rawValue)
        candles[last].averagePrice = Notional.average(notional: turnover, quantity: candles[last].volume) ?? Price()
    }
}

/// What a contract had traded until some moment.
package struct TradedHour: Equatable, Sendable {
    package var hour = Hour()
    package var last = Price()
    package var volume: Int64 = 0
    /// Σ price × quantity.
    package var turnover: Int128 = 0

    package init() {}
}
