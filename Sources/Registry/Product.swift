package import Quantities

/// A listed product: every term resolved.
package struct Product: Record, Equatable {
    package var id = ProductID()
    /// Class and zone, and the grade where it is not the standard one: `H100-SXM.CN-GAN`, `H100-SXM.CN-GAN.SECURE`.
    package var code = ""
    package var computeClass = ""
    package var zone = ""
    package var grade = ""
    package var currency = Currency()
    package var tickSize = Price()
    package var lotSize: Quantity = 0
    package var makerFee: BasisPoints = 0
    package var takerFee: BasisPoints = 0
    package var bond: BasisPoints = 0
    package var priceBand: BasisPoints = 0
    package var referencePrice = Price()
    package var gateClosureMinutes: Int32 = 0
    package var meterDeadlineMinutes: Int32 = 0
    package var disputeMinutes: Int32 = 0
    package var meterGraceHours: Int32 = 0
    package var handoverLeadMinutes: Int32 = 0
    package var horizonHours: Int32 = 0
    package var status = ProductStatus.active
    package var buyerCountries: [String]?
    package var wholeNodes: Bool?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("code", &code)
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
        coder.field("status", &status)
        coder.field("buyer_countries", &buyerCountries)
        coder.field("whole_nodes", &wholeNodes)
    }
}

/// Whether a product trades.
package enum ProductStatus: String, Choice {
    case active
    case halted
}

extension Product {
    /// The product of checked terms, with the market's defaults (MARKET.md, sections 1, 7, 8 and 9) where they are silent.
    package init(id: ProductID, terms: ProductTerms) {
        let grade = terms.grade ?? Grade.standardCode
        self.id = id
        code = Self.code(computeClass: terms.computeClass, zone: terms.zone, grade: grade)
        computeClass = terms.computeClass
        zone = terms.zone
        self.grade = grade
        currency = terms.currency
        tickSize = terms.tickSize
        lotSize = terms.lotSize
        makerFee = terms.makerFee
        takerFee = terms.takerFee
        bond = terms.bond ?? 3_000
        priceBand = terms.priceBand ?? 5_000
        referencePrice = terms.referencePrice
        gateClosureMinutes = terms.gateClosureMinutes ?? 15
        meterDeadlineMinutes = terms.meterDeadlineMinutes ?? 15
        disputeMinutes = terms.disputeMinutes ?? 30
        meterGraceHours = terms.meterGraceHours ?? 24
        handoverLeadMinutes = terms.handoverLeadMinutes ?? 15
        horizonHours = terms.horizonHours
        buyerCountries = terms.buyerCountries
        wholeNodes = terms.wholeNodes
    }

    /// `CLASS.ZONE`, and `.GRADE` where it is not the standard one.
    package static func code(computeClass: String, zone: String, grade: String) -> String {
        grade == Grade.standardCode ? "\(computeClass).\(zone)" : "\(computeClass).\(zone).\(grade)"
    }

    /// Whether participants of a country may buy; of an unknown one only where all may.
    package func admitsBuyers(of country: String?) -> Bool {
        guard let buyerCountries else { return true }
        return country.map { buyerCountries.contains($0) } ?? false
    }

    /// The higher of maker and taker rate, not below 0: what a buy sets aside before it is known which it will be.
    package var highestFee: BasisPoints { max(makerFee, takerFee, 0) }

    /// Every term given, as a body would give them.
    package var terms: ProductTerms {
        var terms = ProductTerms()
        terms.computeClass = computeClass
        terms.zone = zone
        terms.grade = grade
        terms.currency = currency
        terms.tickSize = tickSize
        terms.lotSize = lotSize
        terms.makerFee = makerFee
        terms.takerFee = takerFee
        terms.bond = bond
        terms.priceBand = priceBand
        terms.referencePrice = referencePrice
        terms.gateClosureMinutes = gateClosureMinutes
        terms.meterDeadlineMinutes = meterDeadlineMinutes
        terms.disputeMinutes = disputeMinutes
        terms.meterGraceHours = meterGraceHours
        terms.handoverLeadMinutes = handoverLeadMinutes
        terms.horizonHours = horizonHours
        terms.buyerCountries = buyerCountries
        terms.wholeNodes = wholeNodes
        return terms
    }
}
