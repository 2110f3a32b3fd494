import Pricing
import Quantities

/// One hour of a forward curve.
package struct CurveHourView: Record {
    package var contract = ContractKey()
    package var hour = Hour()
    package var status = ContractStatus.open
    package var bestBid: Price?
    package var bestAsk: Price?
    package var last: Price?
    /// Of all trades of the contract, volume-weighted, rounded down.
    package var averagePrice: Price?
    package var markPrice = Price()
    package var markSource = MarkSource.reference
    /// Device-hours traded since listing.
    package var volume: Int64 = 0
    /// Units sold and not returned; nil in a curve of the past.
    package var openInterest: Int64?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("hour", &hour)
        coder.field("status", &status)
        coder.field("best_bid", &bestBid)
        coder.field("best_ask", &bestAsk)
        coder.field("last", &last)
        coder.field("average_price", &averagePrice)
        coder.field("mark_price", &markPrice)
        coder.field("mark_source", &markSource)
        coder.field("volume", &volume)
        coder.field("open_interest", &openInterest)
    }
}

/// The listed hours of a UTC day, of a week from Monday, or of a month, together.
package struct CurveBlockView: Record, Equatable {
    package var start = Hour()
    package var end = Hour()
    /// How many hours of it are in the curve.
    package var hours: Int64 = 0
    /// The mean of the hours' marks, rounded down: what one device through all of them is worth an hour.
    package var markPrice = Price()
    /// Of all trades in these hours, volume-weighted, rounded down.
    package var averagePrice: Price?
    package var volume: Int64 = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("start", &start)
        coder.field("end", &end)
        coder.field("hours", &hours)
        coder.field("mark_price", &markPrice)
        coder.field("average_price", &averagePrice)
        coder.field("volume", &volume)
    }
}

/// What the product's hardware and grid are, beside its price: for comparing products, and part of no rule.
package struct CurveDifferentialsView: Record {
    /// The mean of the marks of the curve's hours, rounded down.
    package var markPrice = Price()
    /// Dense BF16 TFLOPS over 989, memory bandwidth in GB/s over 3,350, FP64 TFLOPS over 34; rounded down to the millionth.
    package var indexT: Measure?
    package var indexD: Measure?
    package var indexH: Measure?
    /// The mark over the index: the price of what one such device of index 1 does in an hour; rounded down.
    package var pricePerT: Price?
    package var pricePerD: Price?
    package var pricePerH: Price?
    /// kg CO₂ of a device-hour at rated power, PUE 1 and the zone's grid factor; rounded up to the millionth.
    package var kilogramsPerDeviceHour: Measure?
    /// The mark with each kg CO₂ counted at `carbonPrice`; rounded up.
    package var carbonAdjustedPrice: Price?
    /// Of a kg CO₂, as the query names it; nil where it names none.
    package var carbonPrice: Price?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("mark_price", &markPrice)
        coder.field("index_t", &indexT)
        coder.field("index_d", &indexD)
        coder.field("index_h", &indexH)
        coder.field("price_per_t", &pricePerT)
        coder.field("price_per_d", &pricePerD)
        coder.field("price_per_h", &pricePerH)
        coder.field("kg_co2_per_device_hour", &kilogramsPerDeviceHour)
        coder.field("carbon_adjusted_price", &carbonAdjustedPrice)
        coder.field("carbon_price", &carbonPrice)
    }
}

/// A product's forward curve: every listed hour of a window.
package struct CurveView: Record {
    package var product = ProductID.none
    package var currency = Currency()
    /// The moment that it shows.
    package var asOf = Timestamp()
    package var hours: [CurveHourView] = []
    package var days: [CurveBlockView] = []
    package var weeks: [CurveBlockView] = []
    package var months: [CurveBlockView] = []
    package var differentials: CurveDifferentialsView?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("currency", &currency)
        coder.field("as_of", &asOf)
        coder.field("hours", &hours)
        coder.field("days", &days)
        coder.field("weeks", &weeks)
        coder.field("months", &months)
        coder.field("differentials", &differentials)
    }
}
