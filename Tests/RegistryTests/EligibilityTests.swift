import Quantities
import Registry
import TestSupport
import Testing

@Suite("Eligibility")
struct EligibilityTests {
    private typealias Change = @Sendable (inout Requirements) -> Void

    /// Every requirement that the full resource of the samples just meets, and one that it just misses.
    private static let edges: [(ExclusionReason, Change, Change)] = [
        (.productNotNamed, { $0.products = ["X", "H100-SXM.CN-GAN"] }, { $0.products = ["H100-SXM.CN-GAN.SECURE"] }),
        (.classNotNamed, { $0.classes = ["A100-SXM", "H100-SXM"] }, { $0.classes = ["H100"] }),
        (.zoneNotNamed, { $0.zones = ["CN-GAN"] }, { $0.zones = ["US-IOWA"] }),
        (.countryNotNamed, { $0.countries = ["CN", "US"] }, { $0.countries = ["US"] }),
        (.memoryTooSmall, { $0.minMemoryGigabytes = WholeMeasure(80) }, { $0.minMemoryGigabytes = WholeMeasure(81) }),
        (.throughputTooLow, { $0.minBF16Tflops = Measure(989_000_000) }, { $0.minBF16Tflops = Measure(989_000_001) }),
        (.abiDiffers, { $0.abi = "cuda" }, { $0.abi = "cann" }),
        (.nodeTooSmall, { $0.devicesPerNode = 8 }, { $0.devicesPerNode = 9 }),
        (.scaleUpDomainTooSmall, { $0.minScaleUpDomain = 8 }, { $0.minScaleUpDomain = 16 }),
        (.pueTooHigh, { $0.maxPUE = Measure(1_250_000) }, { $0.maxPUE = Measure(1_249_999) }),
        // 0.7 kWh × 1.25 × 404.2 g/kWh
        (.carbonTooHigh, { $0.maxGramsPerDeviceHour = Measure(353_675_000) }, { $0.maxGramsPerDeviceHour = Measure(353_674_999) }),
        (.isolationTooWeak, { $0.isolation = .container }, { $0.isolation = .bareMetal }),
        (.attestationTooWeak, { $0.attestation = .measuredBoot }, { $0.attestation = .confidential }),
        (.dataClassTooLow, { $0.dataClass = .general }, { $0.dataClass = .core }),
        (.certificateMissing, { $0.certificates = ["GB 50174"] }, { $0.certificates = ["GB 50174", "ISO/IEC 22237"] }),
        (.fp64TooLow, { $0.minFP64Tflops = Measure(34_000_000) }, { $0.minFP64Tflops = Measure(34_000_001) }),
        (
            .roundTripTooLong, { ($0.fromZone, $0.maxRTTMilliseconds) = ("US-IOWA", Measure(210_000_000)) },
            { ($0.fromZone, $0.maxRTTMilliseconds) = ("US-IOWA", Measure(209_999_999)) }
        ),
        (
            .pathUnknown, { ($0.fromZone, $0.datasetGigabytes) = ("US-IOWA", Measure(1_000_000)) },
            { ($0.fromZone, $0.datasetGigabytes) = ("FR-PAR", Measure(1_000_000)) }
        ),
    ]

    /// The full resource with isolation by virtual machine, certified, and its product.
    private func candidate() throws -> Eligibility.Candidate {
        var samples = try Samples.market()
        var spec = Samples.fullResource()
        spec.security?.isolation = .virtualMachine
        let id = try samples.register(spec).id
        try samples.certify(id, units: 8, from: 0, until: 10)
        var candidate = Eligibility.Candidate(ProductID(0), in: samples.catalogue, resource: samples.resources.resource(id))
        candidate.computeClass.tflops?.fp64 = Measure(34_000_000)
        candidate.network.set(Samples.path("US-IOWA", "CN-GAN", p99: 210, gbps: 10))
        return candidate
    }

    @Test("a certificate counts to the last hour that it covers whole; a product without its resource has what its grade promises")
    func certificates() throws {
        var candidate = try candidate()
        var requirements = Requirements()
        requirements.certificates = ["GB 50174"]
        let expiry = Hour(containing: Timestamp(1_800_000_000_000_000))
        for (hour, isValid) in [(expiry + -1, true), (expiry, false), (expiry + 1, false)] {
            candidate.hour = hour
            #expect(Eligibility.admits(requirements, candidate) == isValid, "\(hour)")
            #expect(Eligibility.exclusions(requirements, candidate).isEmpty == isValid)
        }
        candidate.resource = nil
        #expect(Eligibility.exclusions(requirements, candidate).map(\.reason) == [.certificateMissing])
        candidate.grade.guarantees.certificates = ["GB 50174", "X"]
        #expect(Eligibility.admits(requirements, candidate))
    }

    @Test("a resource's own facts decide, to the last digit", arguments: edges.indices)
    func edge(index: Int) throws {
        let (reason, meets, misses) = Self.edges[index]
        let candidate = try candidate()
        var requirements = Requirements()
        meets(&requirements)
        #expect(Eligibility.exclusions(requirements, candidate).isEmpty, "\(reason)")
        #expect(Eligibility.admits(requirements, candidate))
        requirements = Requirements()
        misses(&requirements)
        let exclusions = Eligibility.exclusions(requirements, candidate)
        #expect(exclusions.map(\.reason) == [reason])
        #expect(exclusions.allSatisfy { !$0.detail.isEmpty })
        #expect(!Eligibility.admits(requirements, candidate))
    }

    @Test("an unknown fact meets no requirement, and every reason is listed in order")
    func unknown() throws {
        var bare = try candidate()
        bare.computeClass.memoryGigabytes = nil
        bare.computeClass.tflops = nil
        bare.computeClass.tdpWatts = nil
        bare.resource?.spec = Samples.resource()
        var requirements = Requirements()
        for (_, meets, _) in Self.edges { meets(&requirements) }
        bare.network = NetworkPaths()
        requirements.isolation = .shared
        requirements.attestation = AttestationLevel.none
        let reasons = Eligibility.exclusions(requirements, bare).map(\.reason)
        #expect(
            reasons == [
                .memoryTooSmall, .throughputTooLow, .fp64TooLow, .roundTripTooLong, .pathUnknown, .nodeTooSmall,
                .scaleUpDomainTooSmall, .pueTooHigh, .carbonTooHigh, .isolationTooWeak, .attestationTooWeak, .dataClassTooLow,
                .certificateMissing,
            ])
        #expect(Eligibility.exclusions(Requirements(), bare).isEmpty)
    }

    @Test("a resource that is not certified serves nobody")
    func certification() throws {
        var samples = try Samples.market()
        let id = try samples.register(Samples.fullResource()).id
        func reasons() -> [ExclusionReason] {
            let resource = samples.resources.resource(id)
            return Eligibility.exclusions(
                Requirements(), Eligibility.Candidate(ProductID(0), in: samples.catalogue, resource: resource)
            ).map(\.reason)
        }
        #expect(reasons() == [.resourceNotCertified])
        try samples.certify(id, units: 8, from: 0, until: 10)
        #expect(reasons().isEmpty)
        try samples.resources.retire(id, from: Hour(5))
        #expect(reasons() == [.resourceNotCertified])
    }

    @Test("without a resource only what the grade guarantees counts")
    func grades() throws {
        let catalogue = try Samples.market().catalogue
        let standard = Eligibility.Candidate(ProductID(0), in: catalogue)
        let secure = Eligibility.Candidate(ProductID(2), in: catalogue)
        var requirements = Requirements()
        requirements.isolation = .virtualMachine
        requirements.maxPUE = Measure(1_300_000)
        requirements.devicesPerNode = 8
        // 0.7 kWh × 1.30 × 404.2 g/kWh: a guaranteed PUE bounds the carbon.
        requirements.maxGramsPerDeviceHour = Measure(367_822_000)
        #expect(Eligibility.exclusions(requirements, secure).isEmpty)
        #expect(
            Eligibility.exclusions(requirements, standard).map(\.reason) == [
                .nodeTooSmall, .pueTooHigh, .carbonTooHigh, .isolationTooWeak,
            ])
        requirements.dataClass = .general
        requirements.maxPUE = Measure(1_299_999)
        #expect(Eligibility.exclusions(requirements, secure).map(\.reason) == [.pueTooHigh, .dataClassTooLow])
    }

    @Test("class and zone facts need no guarantee: 140 GB refuse an H100, and a CUDA job never lands on CANN")
    func classFacts() throws {
        let catalogue = try Samples.market().catalogue
        let h100 = Eligibility.Candidate(ProductID(0), in: catalogue)
        let ascend = Eligibility.Candidate(ProductID(1), in: catalogue)
        var requirements = Requirements()
        requirements.minMemoryGigabytes = WholeMeasure(140)
        #expect(Eligibility.exclusions(requirements, h100).map(\.reason) == [.memoryTooSmall])
        requirements = Requirements()
        requirements.abi = "cuda"
        #expect(Eligibility.admits(requirements, h100))
        #expect(Eligibility.exclusions(requirements, ascend).map(\.reason) == [.abiDiffers])
    }

    @Test("a resource is offered only where class and zone are its own and the grade's guarantees are met")
    func offers() throws {
        var samples = try Samples.market()
        let full = try samples.register(Samples.fullResource())
        let plain = try samples.register(Samples.resource())
        func reasons(_ resource: Resource, _ product: UInt32) -> [ExclusionReason] {
            Eligibility.offerExclusions(resource, ProductID(product), in: samples.catalogue).map(\.reason)
        }
        #expect(reasons(full, 0).isEmpty)
        #expect(reasons(full, 2).isEmpty)
        #expect(reasons(full, 1) == [.classNotNamed, .zoneNotNamed])
        #expect(reasons(plain, 0).isEmpty)
        #expect(reasons(plain, 2) == [.nodeTooSmall, .pueTooHigh, .isolationTooWeak, .attestationTooWeak])
    }
}

@Suite("Eligibility of any market")
struct EligibilityPropertyTests {
    typealias Generator = SeededGenerator

    @Test("relaxing a requirement never shrinks the eligible set, and the short answer is the long one's")
    func monotone() {
        let seed: UInt64 = 0xE116
        var generator = Generator(seed: seed)
        var admitted = 0
        for round in 0..<3_000 {
            let candidates = (0..<6).map { _ in Self.candidate(using: &generator) }
            let requirements = Self.requirements(using: &generator)
            var relaxed = requirements
            Self.relax(&relaxed, using: &generator)
            for candidate in candidates {
                let before = Eligibility.admits(requirements, candidate)
                #expect(before == Eligibility.exclusions(requirements, candidate).isEmpty)
                guard before else { continue }
                admitted += 1
                #expect(Eligibility.admits(relaxed, candidate), "seed \(seed), round \(round)")
            }
        }
        #expect(admitted > 500)
    }

    @Test("whom a graded product serves, every resource that may be offered there serves")
    func guarantees() throws {
        let seed: UInt64 = 0x6AAD
        var generator = Generator(seed: seed)
        var served = 0
        for round in 0..<2_000 {
            var catalogue = Catalogue()
            let sample = Self.candidate(using: &generator)
            try catalogue.add(sample.computeClass)
            try catalogue.add(sample.zone)
            var guarantees = Self.requirements(using: &generator)
            (guarantees.products, guarantees.classes, guarantees.zones, guarantees.countries) = (nil, nil, nil, nil)
            (guarantees.fromZone, guarantees.maxRTTMilliseconds, guarantees.datasetGigabytes) = (nil, nil, nil)
            guarantees.minReliability = nil
            try catalogue.add(Grade(code: "G", guarantees: guarantees))
            let product = try catalogue.add(Samples.terms(sample.computeClass.code, sample.zone.code, grade: "G"))
            var resource = Self.resource(using: &generator)
            resource.spec.computeClass = sample.computeClass.code
            resource.spec.zone = sample.zone.code
            let hour = Hour(Int32.random(in: 0..<4, using: &generator))
            guard Eligibility.offerExclusions(resource, product.id, in: catalogue, hour: hour).isEmpty else { continue }
            for _ in 0..<20 {
                let wanted = Self.requirements(using: &generator)
                guard Eligibility.admits(wanted, Eligibility.Candidate(product.id, in: catalogue, hour: hour)) else { continue }
                served += 1
                #expect(
                    Eligibility.admits(wanted, Eligibility.Candidate(product.id, in: catalogue, resource: resource, hour: hour)),
                    "seed \(seed), round \(round)"
                )
            }
        }
        #expect(served > 200)
    }

    private static func some<Value>(_ values: [Value], using generator: inout Generator) -> Value? {
        Int.random(in: 0..<3, using: &generator) == 0 ? nil : values.randomElement(using: &generator)
    }

    private static let codes = ["A", "B", "C"]
    private static let pues = [1_100_000, 1_200_000, 1_300_000].map { Measure($0) }

    private static func candidate(using generator: inout Generator) -> Eligibility.Candidate {
        var computeClass = Samples.computeClass(
            codes.randomElement(using: &generator) ?? "A", memory: some([16, 80, 141], using: &generator),
            bf16: some([100, 989], using: &generator), watts: some([400, 700], using: &generator),
            abi: Bool.random(using: &generator) ? "cuda" : "cann"
        )
        computeClass.tflops?.fp64 = some([1_000_000, 34_000_000], using: &generator).map { Measure($0) }
        let zone = Samples.zone(
            codes.randomElement(using: &generator) ?? "A", country: Bool.random(using: &generator) ? "CN" : "US",
            grid: some([15_830_000, 404_200_000], using: &generator)
        )
        let grade = Grade(code: "G", guarantees: requirements(using: &generator))
        let own = Bool.random(using: &generator) ? resource(using: &generator) : nil
        var candidate = Eligibility.Candidate(
            productCode: codes.randomElement(using: &generator) ?? "A", computeClass: computeClass, zone: zone, grade: grade,
            resource: own, network: network(using: &generator), hour: Hour(Int32.random(in: 0..<4, using: &generator))
        )
        if own != nil { candidate.reliability = some([900_000, 1_000_000], using: &generator).map { Measure($0) } }
        return candidate
    }

    private static func network(using generator: inout Generator) -> NetworkPaths {
        var network = NetworkPaths()
        for from in codes {
            for to in codes where Bool.random(using: &generator) {
                network.set(
                    Samples.path(from, to, p99: Int64.random(in: 1...40, using: &generator), gbps: some([1, 10], using: &generator)))
            }
        }
        return network
    }

    private static func resource(using generator: inout Generator) -> Resource {
        var resource = Resource()
        resource.status = .certified
        var node = NodeFacts()
        node.devicesPerNode = some([1, 8], using: &generator)
        node.scaleUpDomain = some([4, 8, 72], using: &generator)
        resource.spec.node = node
        var site = SiteFacts(name: "S")
        site.pue = some(pues, using: &generator)
        site.certificates = ["T", "U"].filter { _ in Bool.random(using: &generator) }.map { scheme in
            var certificate = SiteCertificate()
            certificate.scheme = scheme
            certificate.expiresAt = Hour(Int32.random(in: 1..<5, using: &generator)).start
            return certificate
        }
        resource.spec.site = site
        var security = SecurityFacts()
        security.isolation = some(Isolation.allCases, using: &generator)
        security.attestation = some(AttestationLevel.allCases, using: &generator)
        security.dataClass = some(DataClass.allCases, using: &generator)
        resource.spec.security = security
        return resource
    }

    /// One in four requirements of each kind, so that enough candidates meet them all.
    private static func requirements(using generator: inout Generator) -> Requirements {
        func rarely<Value>(_ values: [Value]) -> Value? {
            Int.random(in: 0..<4, using: &generator) == 0 ? values.randomElement(using: &generator) : nil
        }
        var requirements = Requirements()
        requirements.products = rarely([["A", "B"], ["A"], ["B", "C"]])
        requirements.classes = rarely([["A", "B"], ["C"]])
        requirements.zones = rarely([["A", "B"], ["C"]])
        requirements.countries = rarely([["CN"], ["CN", "US"]])
        requirements.minMemoryGigabytes = rarely([16, 80]).map { WholeMeasure($0) }
        requirements.minBF16Tflops = rarely([Measure(100_000_000), Measure(500_000_000)])
        requirements.minFP64Tflops = rarely([Measure(1_000_000), Measure(30_000_000)])
        requirements.minReliability = rarely([Measure(800_000), Measure(950_000)])
        requirements.abi = rarely(["cuda", "cann"])
        requirements.devicesPerNode = rarely([1, 8])
        requirements.minScaleUpDomain = rarely([4, 8])
        requirements.maxPUE = rarely(pues)
        requirements.maxGramsPerDeviceHour = rarely([Measure(20_000_000), Measure(400_000_000)])
        requirements.isolation = rarely(Isolation.allCases)
        requirements.attestation = rarely(AttestationLevel.allCases)
        requirements.dataClass = rarely(DataClass.allCases)
        requirements.certificates = rarely([["T"], ["T", "U"]])
        if let from = rarely(codes) {
            requirements.fromZone = from
            requirements.maxRTTMilliseconds = rarely([Measure(10_000_000), Measure(30_000_000)])
            requirements.datasetGigabytes = rarely([Measure(1_000_000)])
        }
        return requirements
    }

    /// Drops or loosens some of the requirements.
    private static func relax(_ requirements: inout Requirements, using generator: inout Generator) {
        func change<Value>(_ value: inout Value?, _ loosen: (inout Value) -> Void) {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: value = nil
            case 1: if var loosened = value { loosen(&loosened); value = loosened }
            default: break
            }
        }
        change(&requirements.products) { $0.append("C") }
        change(&requirements.classes) { $0.append("A") }
        change(&requirements.zones) { $0.append("B") }
        change(&requirements.countries) { $0.append("US") }
        change(&requirements.minMemoryGigabytes) { $0 = WholeMeasure($0.value - 1) }
        change(&requirements.minBF16Tflops) { $0.rawValue -= 1 }
        change(&requirements.minFP64Tflops) { $0.rawValue -= 1 }
        change(&requirements.minReliability) { $0.rawValue -= 50_000 }
        change(&requirements.abi) { _ in }
        change(&requirements.devicesPerNode) { $0 = max(1, $0 / 2) }
        change(&requirements.minScaleUpDomain) { $0 = max(1, $0 / 2) }
        change(&requirements.maxPUE) { $0.rawValue += 100_000 }
        change(&requirements.maxGramsPerDeviceHour) { $0.rawValue += 1 }
        change(&requirements.isolation) { $0 = .shared }
        change(&requirements.attestation) { $0 = .none }
        change(&requirements.dataClass) { $0 = .general }
        change(&requirements.certificates) { $0.removeLast() }
        change(&requirements.maxRTTMilliseconds) { $0.rawValue += 5_000_000 }
        change(&requirements.datasetGigabytes) { $0.rawValue /= 2 }
    }
}
