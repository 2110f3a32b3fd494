package import Quantities

/// The body that lists a product: class × zone × grade and its terms. What is absent takes the market's default.
package struct ProductTerms: Record, Equatable {
    package var computeClass = ""
    package var zone = ""
    /// `STD` by default.
    package var grade: String?
    package var currency = Currency()
    package var tickSize = Price()
    package var lotSize: Quantity = 0
    package var makerFee: BasisPoints = 0
    package var takerFee: BasisPoints = 0
    /// Share of the notional that a seller of capacity sets aside; 3,000 by default.
    package var bond: BasisPoints?
    /// How far a price may lie from the band's reference; 5,000 by default.
    package var priceBand: BasisPoints?
    package var referencePrice = Price()
    /// How long before its hour a contract closes; 15 by default.
    package var gateClosureMinutes: Int32?
    /// How long after its hour the meter may report; 15 by default.
    package var meterDeadlineMinutes: Int32?
    /// How long after its report a delivery may be disputed; 30 by default.
    package var disputeMinutes: Int32?
    /// How long after the hour's end, and never before the deadline, a late report still counts; 24 by default.
    package var meterGraceHours: Int32?
    /// How long before its first hour an allocation's access details are due; 15 by default.
    package var handoverLeadMinutes: Int32?
    /// How many hours ahead contracts are listed.
    package var horizonHours: Int32 = 0
    /// Countries whose participants may buy; all where absent.
    package var buyerCountries: [String]?
    /// Whether each lot is whole nodes: only resources whose nodes divide the lot are offered.
    package var wholeNodes: Bool?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("class", &computeClass)
        coder.field("zone", &zone)
        coder.field("grade", &grade)
        coder.field("currency", &currency)
        coder.field("tick_size", &tickSize)
        coder.field("lot_size", &lotSize)
        coder.field("maker_fee_bps", &makerFee)
        coder.field("taker_fee_bps", &takerFee)
        coder.field("bond_bps", &bond)
        coder.field("price_band_bps", &priceBand)
        coder.field("reference_price", &referencePrice)
        coder.field("gate_closure_minutes", &gateClosureMinutes)
        coder.field("meter_deadline_minutes", &meterDeadlineMinutes)
        coder.field("dispute_minutes", &disputeMinutes)
        coder.field("meter_grace_hours", &meterGraceHours)
        coder.field("handover_lead_minutes", &handoverLeadMinutes)
        coder.field("horizon_hours", &horizonHours)
        coder.field("buyer_countries", &buyerCountries)
        coder.field("whole_nodes", &wholeNodes)
    }

    /// The longest gate, deadline, dispute or lead: a week, in minutes.
    package static let minutesRange: ClosedRange<Int32> = 0...10_080
    /// The longest grace: thirty days, in hours.
    package static let graceRange: ClosedRange<Int32> = 0...720
    /// The longest horizon: a leap year, in hours.
    package static let horizonRange: ClosedRange<Int32> = 1...8_784
    /// Maker and taker fees.
    package static let feeRange: ClosedRange<BasisPoints> = -5_000...5_000
    /// Bond: from none to the whole notional.
    package static let bondRange: ClosedRange<BasisPoints> = 0...10_000
    /// Band: at most from nothing to twice the reference.
    package static let bandRange: ClosedRange<BasisPoints> = 1...10_000

    /// Refuses terms that no product can have; whether class, zone and grade exist is the catalogue's question.
    package func check() throws(Refusal) {
        try TextRule.checkCode(computeClass, "class")
        try TextRule.checkCode(zone, "zone")
        if let grade { try TextRule.checkCode(grade, "grade") }
        guard Currency(currency.code) != nil else {
            throw .invalid("currency", "currency must be three to eight capital letters")
        }
        try Bounds.check(tickSize, "tick_size")
        try Bounds.check(lotSize, 1...Quantity.limit, "lot_size")
        try checkRates()
        try Bounds.check(referencePrice, "reference_price")
        guard referencePrice.rawValue % tickSize.rawValue == 0 else {
            throw .invalid("reference_price", "reference_price \(referencePrice) is not a multiple of tick_size \(tickSize)")
        }
        try Bounds.check(gateClosureMinutes, Self.minutesRange, "gate_closure_minutes")
        try Bounds.check(meterDeadlineMinutes, Self.minutesRange, "meter_deadline_minutes")
        try Bounds.check(disputeMinutes, Self.minutesRange, "dispute_minutes")
        try Bounds.check(meterGraceHours, Self.graceRange, "meter_grace_hours")
        try Bounds.check(handoverLeadMinutes, Self.minutesRange, "handover_lead_minutes")
        try Bounds.check(horizonHours, Self.horizonRange, "horizon_hours")
        guard let buyerCountries else { return }
        guard !buyerCountries.isEmpty else {
            throw .invalid("buyer_countries", "buyer_countries must not be empty: leave it out to sell to all")
        }
        try TextRule.checkList(buyerCountries, "buyer_countries", maximum: Requirements.listLimit)
        for country in buyerCountries { try TextRule.checkCountry(country, "buyer_countries") }
    }

    private func checkRates() throws(Refusal) {
        try Bounds.check(makerFee, Self.feeRange, "maker_fee_bps")
        try Bounds.check(takerFee, Self.feeRange, "taker_fee_bps")
        guard makerFee + takerFee >= 0 else {
            throw .invalid("maker_fee_bps", "maker_fee_bps and taker_fee_bps must not add to less than 0: a trade never earns below 0")
        }
        try Bounds.check(bond, Self.bondRange, "bond_bps")
        try Bounds.check(priceBand, Self.bandRange, "price_band_bps")
    }
}
