import Quantities

/// What a bid asks of the machines; every field that is set must hold.
package struct Requirements: Codable, Sendable, Equatable {
    package var products: [String]?
    package var classes: [String]?
    package var zones: [String]?
    package var countries: [String]?
    package var minMemoryGb: WholeFigure?
    package var minBf16Tflops: Measure?
    package var minFp64Tflops: Measure?
    package var abi: String?
    package var devicesPerNode: Int?
    package var minScaleUpDomain: Int?
    /// The zone that round trips and paths are counted from.
    package var fromZone: String?
    package var maxRttMs: Measure?
    package var maxPue: Measure?
    package var maxGCo2PerDeviceHour: Measure?
    /// `shared`, `container`, `virtual_machine`, `bare_metal`.
    package var isolation: String?
    /// `none`, `measured_boot`, `confidential`.
    package var attestation: String?
    /// `general`, `important`, `core`.
    package var dataClass: String?
    package var minReliability: Measure?
    /// Schemes of site certificates, all of which must be valid in each hour.
    package var certificates: [String]?
    /// Data to move in and out, in GB.
    package var datasetGb: Measure?
    package var egressGb: Measure?
    /// What a profile needs to know: weights in GB, or billions of parameters with their precision.
    package var profile: WorkloadProfile?
    package var modelMemoryGb: WholeFigure?
    package var modelParametersB: Measure?
    package var precision: String?

    package init(products: [String]? = nil, classes: [String]? = nil, zones: [String]? = nil) {
        self.products = products
        self.classes = classes
        self.zones = zones
    }
}

/// A kind of work, which the exchange writes out as requirements.
package enum WorkloadProfile: String, Codable, Sendable {
    case train, inference, hpc, render
}

/// What a workload profile stands for: an element of `GET /v1/profiles`.
package struct ProfileFacts: Codable, Sendable {
    package var profile: WorkloadProfile
    package var preemptible: Bool
    /// The performance index by which alternatives are compared: `t`, `d` or `h`.
    package var index: String
    package var adds: [String]
}

/// Whether a bid wants all or takes what each hour has.
package enum Fill: String, Codable, Sendable {
    case whole, hourly
}

/// What a whole bid's hours hold together.
package enum Placement: String, Codable, Sendable {
    case sameResource = "same_resource"
    case sameSite = "same_site"
    case any
}

/// The body of `POST /v1/bids` and `POST /v1/quotes`.
package struct NewBid: Codable, Sendable {
    package var requirements: Requirements
    package var currency: String?
    package var earliestStart: Timestamp
    package var latestEnd: Timestamp
    package var durationHours: Int
    package var quantity: Int
    package var limitPrice: Price?
    package var maxTotal: Micros?
    package var fill: Fill
    package var placement: Placement?
    package var standing: Bool
    package var expiresAt: Timestamp?
    package var clientBidId: String?

    package init(
        requirements: Requirements, earliestStart: Timestamp, latestEnd: Timestamp, durationHours: Int, quantity: Int,
        limitPrice: Price, fill: Fill, placement: Placement? = nil
    ) {
        self.requirements = requirements
        self.earliestStart = earliestStart
        self.latestEnd = latestEnd
        self.durationHours = durationHours
        self.quantity = quantity
        self.limitPrice = limitPrice
        self.fill = fill
        self.placement = placement
        standing = false
    }
}

/// What became of a bid; `cost` is without fees.
package struct Bid: Codable, Sendable {
    package var id: String
    package var status: String
    package var product: String?
    package var start: Timestamp?
    package var averagePrice: Price?
    package var cost: Micros?
    package var fees: Micros?
    package var allocationId: String?
    package var legs: [BidLeg]?
    package var bestAvailable: JSONValue?
}

/// One hour of a filled bid.
package struct BidLeg: Codable, Sendable {
    package var contract: String
    package var quantity: Int
    package var averagePrice: Price?
    /// The order of an hourly bid's hour.
    package var orderId: String?
    package var trades: [OrderTrade]?
}

/// One hour of a quote's plan.
package struct QuoteLeg: Codable, Sendable, Equatable {
    package var contract: String
    package var resourceId: String?
    package var quantity: Int
    package var price: Price?
}

/// What a bid would do.
package struct Quote: Codable, Sendable {
    package var feasible: Bool
    package var product: String?
    package var resource: String?
    package var start: Timestamp?
    package var currency: String?
    package var cost: Micros?
    package var fees: Micros?
    package var averagePrice: Price?
    /// Location-based, and less what retired certificates would cover; unknown where a fact is.
    package var carbonG: Measure?
    package var carbonMarketG: Measure?
    package var legs: [QuoteLeg]?
    package var performance: PerformanceIndices?
    /// What moving the data out would cost at the provider's price.
    package var egress: Egress?
    /// Hours by which moving the data in shifts the start.
    package var transferHours: Int?
    package var alternatives: JSONValue?
    package var excluded: [Exclusion]?
    /// The bid, ready to post.
    package var bid: JSONValue?

    /// A price line of its own; unknown where a resource names no price.
    package struct Egress: Codable, Sendable, Equatable {
        package var gb: Measure
        package var pricePerGb: Price?
        package var cost: Micros?
    }

    /// A product or resource that cannot serve, with its first reason and all of them.
    package struct Exclusion: Codable, Sendable {
        package var product: String?
        package var resource: String?
        package var reason: String
        /// The same for a person, with the figures.
        package var detail: String?
        package var reasons: [Reason]?

        /// One reason, and the same for a person.
        package struct Reason: Codable, Sendable, Equatable {
            package var reason: String
            package var detail: String
        }
    }
}
