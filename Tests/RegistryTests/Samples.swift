import Quantities
import Registry
import Testing

/// A small market for the tests of the registry.
struct Samples {
    var catalogue = Catalogue()
    var participants = ParticipantRegistry()
    var resources = ResourceRegistry()

    /// Two classes, two zones, one grade, three products; a provider, a consumer, a meter and a meter of the provider.
    static func market() throws -> Samples {
        var samples = Samples()
        try samples.catalogue.add(computeClass("H100-SXM", memory: 80, bf16: 989, watts: 700, abi: "cuda", criCode: "H100SX"))
        try samples.catalogue.add(computeClass("ASCEND-910B", memory: 64, bf16: 320, watts: 400, abi: "cann"))
        try samples.catalogue.add(zone("CN-GAN", country: "CN", grid: 404_200_000))
        try samples.catalogue.add(zone("US-IOWA", country: "US", grid: 431_950_000))
        try samples.catalogue.add(secureGrade())
        try samples.catalogue.add(terms("H100-SXM", "CN-GAN"))
        try samples.catalogue.add(terms("ASCEND-910B", "US-IOWA"))
        try samples.catalogue.add(terms("H100-SXM", "CN-GAN", grade: "SECURE"))
        try samples.participants.add(participant("Provider", .provider, code: "EXA001"), catalogue: samples.catalogue)
        try samples.participants.add(participant("Consumer", .consumer), catalogue: samples.catalogue)
        try samples.participants.add(participant("Meter", .meter), catalogue: samples.catalogue)
        var own = participant("Meter of the provider", .meter)
        own.ownerID = ParticipantID(1)
        try samples.participants.add(own, catalogue: samples.catalogue)
        return samples
    }

    /// The provider of `market()`.
    func provider() throws -> Participant { try #require(participants.participant(ParticipantID(1))) }

    /// Registers a resource of the provider.
    @discardableResult
    mutating func register(_ spec: ResourceSpec) throws -> Resource {
        try resources.register(spec, provider: provider(), catalogue: catalogue)
    }

    /// Certifies units of a resource by nobody's meter in particular.
    mutating func certify(_ id: ResourceID, units: Quantity, from: Int32, until: Int32) throws {
        var body = Certification()
        body.units = units
        body.validFrom = Hour(from)
        body.validUntil = Hour(until)
        try resources.certify(id, body, catalogue: catalogue, participants: participants)
    }

    static func computeClass(
        _ code: String, memory: Int64?, bf16: Int64?, watts: Int64?, abi: String, criCode: String? = nil
    ) -> ComputeClass {
        var result = ComputeClass()
        result.code = code
        result.criCode = criCode
        result.vendor = "Vendor"
        result.model = "Model"
        result.memoryGigabytes = memory.map { WholeMeasure($0) }
        if let bf16 {
            var throughput = RatedThroughput()
            throughput.bf16 = Measure(bf16 * 1_000_000)
            result.tflops = throughput
        }
        result.tdpWatts = watts.map { WholeMeasure($0) }
        result.abi = abi
        return result
    }

    static func zone(_ code: String, country: String, grid: Int64?) -> Zone {
        var result = Zone()
        result.code = code
        result.name = code
        result.country = country
        if let grid {
            var facts = Grid()
            facts.gramsPerKilowattHour = Measure(grid)
            result.grid = facts
        }
        return result
    }

    /// A path with half of its p99 for a median.
    static func path(_ from: String, _ to: String, p99: Int64, gbps: Int64?) -> NetworkPath {
        var facts = NetworkPathFacts()
        facts.p50Milliseconds = Measure(p99 * 500_000)
        facts.p99Milliseconds = Measure(p99 * 1_000_000)
        facts.gigabitsPerSecond = gbps.map { Measure($0 * 1_000_000) }
        return NetworkPath(from: from, to: to, facts: facts)
    }

    static func secureGrade() -> Grade {
        var guarantees = Requirements()
        guarantees.isolation = .bareMetal
        guarantees.attestation = .measuredBoot
        guarantees.maxPUE = Measure(1_300_000)
        guarantees.devicesPerNode = 8
        return Grade(code: "SECURE", guarantees: guarantees)
    }

    static func terms(_ computeClass: String, _ zone: String, grade: String? = nil) -> ProductTerms {
        var result = ProductTerms()
        result.computeClass = computeClass
        result.zone = zone
        result.grade = grade
        result.currency = Currency(unchecked: "USD")
        result.tickSize = Price(10_000)
        result.lotSize = 1
        result.makerFee = 5
        result.takerFee = 15
        result.referencePrice = Price(3_160_000)
        result.horizonHours = 720
        return result
    }

    static func participant(_ name: String, _ roles: Role..., code: String? = nil) -> ParticipantSpec {
        var result = ParticipantSpec()
        result.name = name
        result.roles = roles
        result.providerCode = code
        return result
    }

    static func resource(_ computeClass: String = "H100-SXM", zone: String = "CN-GAN", units: Quantity = 8) -> ResourceSpec {
        var result = ResourceSpec()
        result.computeClass = computeClass
        result.zone = zone
        result.units = units
        return result
    }

    /// A resource of which everything is known.
    static func fullResource() -> ResourceSpec {
        var result = resource()
        var node = NodeFacts()
        node.devicesPerNode = 8
        node.scaleUpDomain = 8
        node.fabricGigabitsPerDevice = Measure(400_000_000)
        node.vcpus = 192
        node.memoryGigabytes = WholeMeasure(2_048)
        node.diskGigabytes = WholeMeasure(30_000)
        result.node = node
        var site = SiteFacts(name: "Hall 1")
        site.code = "S01"
        site.pue = Measure(1_250_000)
        site.pueCategory = WholeMeasure(2)
        site.wue = Measure(300_000)
        var certificate = SiteCertificate()
        certificate.scheme = "GB 50174"
        certificate.level = "A"
        certificate.expiresAt = Timestamp(1_800_000_000_000_000)
        site.certificates = [certificate]
        result.site = site
        var network = NetworkFacts()
        network.gigabitsPerSecond = Measure(100_000_000)
        network.egressPricePerGigabyte = Price(50_000)
        result.network = network
        var security = SecurityFacts()
        security.isolation = .bareMetal
        security.attestation = .measuredBoot
        security.dataClass = .important
        result.security = security
        var green = GreenFacts()
        green.certificateIDs = ["GEC-2026-1"]
        result.green = green
        result.externalIDs = ["rack-7"]
        return result
    }
}

/// The bytes of a state, to see that nothing changed.
func bytes(_ encode: (inout BinaryEncoder) -> Void) -> [UInt8] {
    var encoder = BinaryEncoder()
    encode(&encoder)
    return encoder.bytes
}

/// The refusal that `body` throws, or nil.
func refusal(_ body: () throws -> Void) -> Refusal? {
    do {
        try body()
        return nil
    } catch {
        return error as? Refusal
    }
}
