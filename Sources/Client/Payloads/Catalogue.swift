import Quantities

/// Electricity of a zone.
package struct Grid: Codable, Sendable {
    package var gPerKwh: Measure
    package var year: Int
    package var source: String
    package var basis: String

    package init(gPerKwh: Measure, year: Int, source: String, basis: String) {
        self.gPerKwh = gPerKwh
        self.year = year
        self.source = source
        self.basis = basis
    }
}

/// A zone: the body of `POST /v1/zones` and its answer.
package struct Zone: Codable, Sendable {
    package var code: String
    package var name: String
    package var country: String
    package var grid: Grid?

    package init(code: String, name: String, country: String, grid: Grid) {
        self.code = code
        self.name = name
        self.country = country
        self.grid = grid
    }
}

/// Rated dense throughput by precision, in TFLOPS; unknown where nil.
package struct Throughput: Codable, Sendable {
    package var fp64: Measure?
    package var fp32: Measure?
    package var tf32: Measure?
    package var bf16: Measure?
    package var fp8: Measure?

    package init(
        fp64: Measure? = nil, fp32: Measure? = nil, tf32: Measure? = nil, bf16: Measure? = nil, fp8: Measure? = nil
    ) {
        self.fp64 = fp64
        self.fp32 = fp32
        self.tf32 = tf32
        self.bf16 = bf16
        self.fp8 = fp8
    }
}

/// A whole rated figure in its unit; written as a number, read as a number or a decimal string.
package struct WholeFigure: Codable, Sendable, Equatable, ExpressibleByIntegerLiteral {
    package var value: Int64

    package init(_ value: Int64) { self.value = value }
    package init(integerLiteral value: Int64) { self.value = value }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Int64.self) {
            self.value = value
        } else {
            value = try container.decode(Measure.self).rawValue / 1_000_000
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}

/// A kind of accelerator: the body of `POST /v1/compute_classes` and its answer.
package struct ComputeClass: Codable, Sendable {
    package var code: String
    package var criCode: String?
    package var vendor: String
    package var model: String
    package var memoryGb: WholeFigure?
    package var memoryBandwidthGbS: WholeFigure?
    package var tflops: Throughput?
    package var tdpW: WholeFigure?
    package var scaleUpLinkGbS: WholeFigure?
    package var abi: String?
    /// `vendor`, `measured` or `estimated`.
    package var evidence: String?
    /// What acceptance must at least measure.
    package var acceptanceFloor: Acceptance?
    /// Given by the exchange.
    package var performance: PerformanceIndices?

    package init(code: String, vendor: String, model: String, abi: String) {
        self.code = code
        self.vendor = vendor
        self.model = model
        self.abi = abi
    }
}

/// Measured figures of an accelerator: a class's floor, or a certification's results.
package struct Acceptance: Codable, Sendable, Equatable {
    package var gemmTflops: Measure?
    package var memoryGbS: Measure?
    package var allReduceGbS: Measure?

    package init(gemmTflops: Measure? = nil, memoryGbS: Measure? = nil, allReduceGbS: Measure? = nil) {
        self.gemmTflops = gemmTflops
        self.memoryGbS = memoryGbS
        self.allReduceGbS = allReduceGbS
    }
}

/// What a class does for its kind of work, over an H100: throughput, memory bandwidth, double precision.
package struct PerformanceIndices: Codable, Sendable, Equatable {
    package var t: Measure?
    package var d: Measure?
    package var h: Measure?
}

/// What a grade's sellers guarantee: the body of `POST /v1/grades` and its answer.
package struct Grade: Codable, Sendable {
    package var code: String
    package var guarantees: Requirements

    package init(code: String, guarantees: Requirements) {
        self.code = code
        self.guarantees = guarantees
    }
}

/// How far one zone is from another, and what the path between them carries: the body of `PUT /v1/network/{from}/{to}`.
package struct NetworkPath: Codable, Sendable, Equatable {
    /// In answers alone.
    package var from: String?
    package var to: String?
    package var rttP50Ms: Measure
    package var rttP99Ms: Measure
    package var pathGbps: Measure?

    package init(rttP50Ms: Measure, rttP99Ms: Measure, pathGbps: Measure? = nil) {
        self.rttP50Ms = rttP50Ms
        self.rttP99Ms = rttP99Ms
        self.pathGbps = pathGbps
    }
}

/// Everything that is listed, in one version.
package struct Catalogue: Codable, Sendable {
    package var version: Int64
    package var recordedAt: Timestamp?
    /// SHA-256 of the answer in canonical JSON, without this field, without `units` and without members that are null.
    package var hash: String
    package var computeClasses: [ComputeClass]
    package var zones: [Zone]
    package var grades: [Grade]
    package var products: [Product]
    package var network: [NetworkPath]
}

/// A product: the body of `POST /v1/products`; its answer has `code`.
package struct Product: Codable, Sendable {
    /// Given by the exchange.
    package var code: String?
    package var `class`: String
    package var zone: String
    package var grade: String?
    package var currency: String
    package var tickSize: Price
    package var lotSize: Int
    package var makerFeeBps: Int
    package var takerFeeBps: Int
    package var bondBps: Int
    package var priceBandBps: Int
    package var referencePrice: Price
    package var gateClosureMinutes: Int
    package var meterDeadlineMinutes: Int
    package var disputeMinutes: Int?
    package var meterGraceHours: Int?
    package var handoverLeadMinutes: Int?
    package var horizonHours: Int
    package var wholeNodes: Bool?
    package var buyerCountries: [String]?
    /// Given by the exchange, as are the indices of its class.
    package var catalogueVersion: Int64?
    package var performance: PerformanceIndices?

    /// A product with the market's default times, bond and band.
    package init(
        class classCode: String, zone: String, currency: String, tickSize: Price, referencePrice: Price,
        horizonHours: Int
    ) {
        self.class = classCode
        self.zone = zone
        self.currency = currency
        self.tickSize = tickSize
        self.referencePrice = referencePrice
        self.horizonHours = horizonHours
        lotSize = 1
        makerFeeBps = 0
        takerFeeBps = 0
        bondBps = 3_000
        priceBandBps = 5_000
        gateClosureMinutes = 15
        meterDeadlineMinutes = 15
    }
}
