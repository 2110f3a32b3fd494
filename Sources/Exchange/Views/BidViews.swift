import Quantities
import Registry

/// Where an offer stands.
package enum OfferStatus: String, Choice {
    case open
    case partiallyFilled = "partially_filled"
    case filled
    case cancelled
    case closed
}

/// One hour of an offer.
package struct OfferHourView: Record {
    package var contract = ContractKey()
    package var orderID = OrderID.none
    package var price = Price()
    package var quantity: Quantity = 0
    /// Units still for sale.
    package var remaining: Quantity = 0
    package var sold: Quantity = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("order_id", &orderID)
        coder.field("price", &price)
        coder.field("quantity", &quantity)
        coder.field("remaining", &remaining)
        coder.field("sold", &sold)
    }
}

/// An hour that an offer left out.
package struct SkippedHourView: Record {
    package var contract = ContractKey()
    /// The code of the refusal that the hour alone would have met.
    package var reason = ""
    package var detail = ""

    package init() {}
    package init(contract: ContractKey, reason: String, detail: String) {
        self.contract = contract
        self.reason = reason
        self.detail = detail
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("reason", &reason)
        coder.field("detail", &detail)
    }
}

/// An offer with its hours.
package struct OfferView: Record {
    package var id = OfferID.none
    package var clientOfferID: String?
    package var providerID = ParticipantID.none
    package var resourceID = ResourceID.none
    package var start = Hour()
    package var end = Hour()
    package var quantity: Quantity = 0
    package var status = OfferStatus.open
    package var createdAt = Timestamp()
    package var hours: [OfferHourView] = []
    /// Bids for fewer hours or units are not served; nor are orders, where one of the two is named.
    package var minHours: Int32?
    package var minQuantity: Quantity?
    /// The first hours that `skip_unavailable` left out; all of them are those of `[start, end)` that `hours` lacks.
    package var skipped: [SkippedHourView] = []
    /// Outages of the resource within `[start, end)` as they are now; empty in what is stored.
    package var outages: [DeclaredOutage] = []

    /// The most that are shown of each.
    static let skippedLimit = 100
    static let outageLimit = 100

    package init() {}

    /// Whether its hours serve only bids, and stand beside the books.
    var isBlock: Bool { minHours != nil || minQuantity != nil }
    /// Whether a bid takes enough of it.
    func serves(_ quantity: Quantity, _ hours: Int32) -> Bool { quantity >= minQuantity ?? 0 && hours >= minHours ?? 0 }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("client_offer_id", &clientOfferID)
        coder.field("provider_id", &providerID)
        coder.field("resource_id", &resourceID)
        coder.field("start", &start)
        coder.field("end", &end)
        coder.field("quantity", &quantity)
        coder.field("status", &status)
        coder.field("created_at", &createdAt)
        coder.field("hours", &hours)
        coder.field("min_hours", &minHours)
        coder.field("min_quantity", &minQuantity)
        coder.field("skipped", &skipped)
        coder.field("outages", &outages)
    }
}

/// Where a bid stands.
package enum BidStatus: String, Choice {
    case filled
    case standing
    case unfilled
    case open
    case partiallyFilled = "partially_filled"
    case cancelled
    case expired
}

/// Why a bid ended, or bought nothing.
package enum BidReason: String, Choice {
    /// Its participant cancelled it.
    case requested
    /// Its participant was suspended.
    case suspended
    /// Its `expires_at` came.
    case expired
    /// The gate of its last possible start closed.
    case windowClosed = "window_closed"
    /// Nothing that is listed meets its requirements.
    case noEligibleProduct = "no_eligible_product"
    /// No run of hours has the units for sale together.
    case notEnoughUnits = "not_enough_units"
    /// It asks for more units than are certified together under its placement.
    case exceedsCertifiedUnits = "exceeds_certified_units"
    /// What there is costs more than it bids.
    case limitTooLow = "limit_too_low"
}

/// Units that one resource serves in an hour.
package struct ServingResourceView: Record {
    package var resourceID = ResourceID.none
    package var quantity: Quantity = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("resource_id", &resourceID)
        coder.field("quantity", &quantity)
    }
}

/// One hour of a filled bid.
package struct BidLegView: Record {
    package var contract = ContractKey()
    package var quantity: Quantity = 0
    package var averagePrice: Price?
    /// The order of an hourly bid's hour.
    package var orderID: OrderID?
    package var trades: [FillView] = []
    /// Of a whole bid: which resources serve the hour. What was bought of a holder with hours of several is in the allocation alone.
    package var resources: [ServingResourceView] = []

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("quantity", &quantity)
        coder.field("average_price", &averagePrice)
        coder.field("order_id", &orderID)
        coder.field("trades", &trades)
        coder.field("resources", &resources)
    }
}

/// The best that could be had when a bid was not filled.
package struct BestAvailableView: Record {
    package var product = ProductID.none
    package var start = Hour()
    package var averagePrice = Price()
    package var cost = Micros.zero
    package var fees = Micros.zero

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("start", &start)
        coder.field("average_price", &averagePrice)
        coder.field("cost", &cost)
        coder.field("fees", &fees)
    }
}

/// A bid and what it bought.
package struct BidView: Record {
    package var id = BidID.none
    package var clientBidID: String?
    package var participantID = ParticipantID.none
    package var status = BidStatus.unfilled
    package var fill = BidFill.whole
    package var placement: Placement?
    package var product: ProductID?
    package var start: Hour?
    package var durationHours: Int32 = 0
    package var quantity: Quantity = 0
    package var currency: Currency?
    package var limitPrice: Price?
    package var maxTotal: Micros?
    package var averagePrice: Price?
    /// Without fees.
    package var cost: Micros?
    package var fees: Micros?
    package var allocationID: AllocationID?
    package var legs: [BidLegView] = []
    package var bestAvailable: BestAvailableView?
    package var createdAt = Timestamp()
    /// Of an unfilled, cancelled or expired one.
    package var reason: BidReason?
    package var standing = false
    package var hidden = false
    package var earliestStart = Hour()
    package var latestEnd = Hour()
    package var expiresAt: Timestamp?
    /// Cash set aside for it now.
    package var reserved = Micros.zero
    package var closedAt: Timestamp?
    package var requirements = Requirements()
    package var usableShare: Measure?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("client_bid_id", &clientBidID)
        coder.field("participant_id", &participantID)
        coder.field("status", &status)
        coder.field("fill", &fill)
        coder.field("placement", &placement)
        coder.field("product", &product)
        coder.field("start", &start)
        coder.field("duration_hours", &durationHours)
        coder.field("quantity", &quantity)
        coder.field("currency", &currency)
        coder.field("limit_price", &limitPrice)
        coder.field("max_total", &maxTotal)
        coder.field("average_price", &averagePrice)
        coder.field("cost", &cost)
        coder.field("fees", &fees)
        coder.field("allocation_id", &allocationID)
        coder.field("legs", &legs)
        coder.field("best_available", &bestAvailable)
        coder.field("created_at", &createdAt)
        coder.field("reason", &reason)
        coder.field("standing", &standing)
        coder.field("hidden", &hidden)
        coder.field("earliest_start", &earliestStart)
        coder.field("latest_end", &latestEnd)
        coder.field("expires_at", &expiresAt)
        coder.field("reserved", &reserved)
        coder.field("closed_at", &closedAt)
        coder.field("requirements", &requirements)
        coder.field("usable_share", &usableShare)
    }
}

/// One hour of a plan.
package struct QuoteLegView: Record {
    package var contract = ContractKey()
    /// None for hours that a holder sells on, where they may come from several resources.
    package var resourceID: ResourceID?
    package var quantity: Quantity = 0
    package var price = Price()

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("resource_id", &resourceID)
        coder.field("quantity", &quantity)
        coder.field("price", &price)
    }
}

/// Another plan that would do.
package struct AlternativeView: Record {
    package var product = ProductID.none
    package var start = Hour()
    package var resourceID: ResourceID?
    package var cost = Micros.zero
    package var fees = Micros.zero
    package var averagePrice = Price()
    /// What the product's class can do.
    package var performance: PerformanceIndices?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("start", &start)
        coder.field("resource", &resourceID)
        coder.field("cost", &cost)
        coder.field("fees", &fees)
        coder.field("average_price", &averagePrice)
        coder.field("performance", &performance)
    }
}

/// One reason why something cannot serve a bid.
package struct ExclusionReasonView: Record, Equatable {
    package var reason = ""
    package var detail = ""

    package init() {}
    package init(_ reason: String, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
    init(_ exclusion: Exclusion) { self.init(exclusion.reason.rawValue, exclusion.detail) }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("reason", &reason)
        coder.field("detail", &detail)
    }
}

/// Why a product or a resource cannot serve a bid.
package struct ExclusionView: Record {
    package var product = ProductID.none
    package var resourceID: ResourceID?
    /// The first of `reasons`.
    package var reason = ""
    package var detail = ""
    /// All of them, in the order of the requirements' fields.
    package var reasons: [ExclusionReasonView] = []

    package init() {}
    /// Nil where there is no reason.
    init?(product: ProductID, resourceID: ResourceID?, _ reasons: [ExclusionReasonView]) {
        guard let first = reasons.first else { return nil }
        self.product = product
        self.resourceID = resourceID
        reason = first.reason
        detail = first.detail
        self.reasons = reasons
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("resource", &resourceID)
        coder.field("reason", &reason)
        coder.field("detail", &detail)
        coder.field("reasons", &reasons)
    }
}

/// What a bid would do now.
package struct QuoteView: Record {
    package var feasible = false
    package var product: ProductID?
    package var resourceID: ResourceID?
    package var start: Hour?
    package var currency: Currency?
    package var cost: Micros?
    package var fees: Micros?
    package var averagePrice: Price?
    /// Grams of CO₂ of the whole plan; null where a fact is unknown.
    package var carbonGrams: Measure?
    package var legs: [QuoteLegView] = []
    package var alternatives: [AlternativeView] = []
    package var excluded: [ExclusionView] = []
    /// The bid that does exactly this, ready to be posted.
    package var bid: BidSpec?
    /// As `carbonGrams`, less what retired certificates of the resources' providers would still cover.
    package var carbonMarketGrams: Measure?
    /// What the plan's class can do.
    package var performance: PerformanceIndices?
    /// What moving data out will cost, where the bid says how much there is: the provider's price, apart from cost and fees.
    package var egress: EgressView?
    /// By how many hours data to move in shifts the earliest start.
    package var transferHours: Int32?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("feasible", &feasible)
        coder.field("product", &product)
        coder.field("resource", &resourceID)
        coder.field("start", &start)
        coder.field("currency", &currency)
        coder.field("cost", &cost)
        coder.field("fees", &fees)
        coder.field("average_price", &averagePrice)
        coder.field("carbon_g", &carbonGrams)
        coder.field("legs", &legs)
        coder.field("alternatives", &alternatives)
        coder.field("excluded", &excluded)
        coder.field("bid", &bid)
        coder.field("carbon_market_g", &carbonMarketGrams)
        coder.field("performance", &performance)
        coder.field("egress", &egress)
        coder.field("transfer_hours", &transferHours)
    }
}
