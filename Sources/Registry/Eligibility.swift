package import Quantities

/// Whether something can serve a bid in an hour: a pure function of requirements, catalogue, resource and hour.
///
/// A `whole` bid with `same_resource` tests the resource's own certified facts; every other bid tests what the product's
/// grade guarantees, because books are anonymous. A fact that is unknown meets no requirement. Dropping or relaxing a
/// requirement never makes the eligible set smaller.
package enum Eligibility {
    /// What is tested: a product with its class, zone and grade, and the resource where its own facts count.
    package struct Candidate: Sendable {
        package var productCode: String
        package var computeClass: ComputeClass
        package var zone: Zone
        package var grade: Grade
        package var resource: Resource?
        /// What the resource's provider delivered of late; nil where nobody knows.
        package var reliability: Measure?
        package var network: NetworkPaths
        /// The hour that is asked about; nil asks only for what no hour changes.
        package var hour: Hour?

        package init(
            productCode: String, computeClass: ComputeClass, zone: Zone, grade: Grade, resource: Resource? = nil,
            network: NetworkPaths = NetworkPaths(), hour: Hour? = nil
        ) {
            self.productCode = productCode
            self.computeClass = computeClass
            self.zone = zone
            self.grade = grade
            self.resource = resource
            self.network = network
            self.hour = hour
        }

        /// A product of the catalogue, and the resource where its own facts count. An hour's class and zone are those of the
        /// version that its contract was listed under.
        ///
        /// - Precondition: the number names a product; the resource is of its class and zone.
        package init(_ product: ProductID, in catalogue: Catalogue, resource: Resource? = nil, hour: Hour? = nil) {
            let contract = hour.map { ContractKey(product: product, hour: $0) }
            self.init(
                productCode: catalogue[product].code,
                computeClass: contract.map { catalogue.computeClass(of: $0) } ?? catalogue.computeClass(of: product),
                zone: contract.map { catalogue.zone(of: $0) } ?? catalogue.zone(of: product),
                grade: catalogue.grade(of: product), resource: resource, network: catalogue.network, hour: hour
            )
        }

        /// The same with the facts that an hour's contract was listed under, asked only for what no hour changes beside them.
        package init(_ product: ProductID, in catalogue: Catalogue, resource: Resource? = nil, asListedIn hour: Hour) {
            self.init(product, in: catalogue, resource: resource, hour: hour)
            self.hour = nil
        }
    }

    /// Every reason why `candidate` does not meet `requirements`, in the order of the requirements' fields; empty where it
    /// does.
    package static func exclusions(_ requirements: Requirements, _ candidate: Candidate) -> [Exclusion] {
        var reasons = Reasons()
        examine(requirements, candidate, into: &reasons)
        return reasons.found
    }

    /// Whether `candidate` meets `requirements`; builds no texts.
    package static func admits(_ requirements: Requirements, _ candidate: Candidate) -> Bool {
        var verdict = Verdict()
        examine(requirements, candidate, into: &verdict)
        return verdict.isEligible
    }

    /// Whether a resource may be offered in a product: same class and zone, and its own facts meet all that the grade
    /// guarantees. Empty where it may. Whether it is certified is asked hour by hour.
    package static func offerExclusions(
        _ resource: Resource, _ product: ProductID, in catalogue: Catalogue, hour: Hour? = nil
    ) -> [Exclusion] {
        let listed = catalogue[product]
        var reasons = Reasons()
        reasons.require(resource.spec.computeClass == listed.computeClass, .classNotNamed) {
            "the resource is \(resource.spec.computeClass), the product \(listed.computeClass)"
        }
        reasons.require(resource.spec.zone == listed.zone, .zoneNotNamed) {
            "the resource is in \(resource.spec.zone), the product in \(listed.zone)"
        }
        guard reasons.found.isEmpty else { return reasons.found }
        if listed.wholeNodes == true {
            let devices = resource.spec.node?.devicesPerNode
            reasons.require(devices.map { listed.lotSize % $0 == 0 } ?? false, .lotIsNotWholeNodes) {
                "the lot of \(listed.lotSize) is to be whole nodes, the resource's have \(devices.map { "\($0)" } ?? "unknown")"
            }
        }
        let candidate = Candidate(product, in: catalogue, resource: resource, hour: hour)
        examineClassAndPlace(candidate.grade.guarantees, candidate, into: &reasons)
        examineFacts(candidate.grade.guarantees, Facts(of: resource, candidate), into: &reasons)
        return reasons.found
    }

    private static func examine<R: ExclusionReport>(_ requirements: Requirements, _ candidate: Candidate, into report: inout R) {
        examineClassAndPlace(requirements, candidate, into: &report)
        guard let resource = candidate.resource else {
            return examineFacts(requirements, Facts(guaranteedBy: candidate), into: &report)
        }
        report.require(resource.status == .certified, .resourceNotCertified) {
            "the resource is \(resource.status.rawValue)"
        }
        examineFacts(requirements, Facts(of: resource, candidate), into: &report)
    }

    private static func examineClassAndPlace<R: ExclusionReport>(
        _ requirements: Requirements, _ candidate: Candidate, into report: inout R
    ) {
        let computeClass = candidate.computeClass
        let zone = candidate.zone
        report.requireListed(candidate.productCode, in: requirements.products, .productNotNamed)
        report.requireListed(computeClass.code, in: requirements.classes, .classNotNamed)
        report.requireListed(zone.code, in: requirements.zones, .zoneNotNamed)
        report.requireListed(zone.country, in: requirements.countries, .countryNotNamed)
        report.requireAtLeast(requirements.minMemoryGigabytes, computeClass.memoryGigabytes, .memoryTooSmall) {
            "\($0.value) GB of memory wanted, \($1.map { "\($0.value)" } ?? "unknown")"
        }
        report.requireAtLeast(requirements.minBF16Tflops, computeClass.tflops?.bf16, .throughputTooLow) {
            "\($0) dense bf16 TFLOPS wanted, \($1.map { "\($0)" } ?? "unknown")"
        }
        report.requireAtLeast(requirements.minFP64Tflops, computeClass.tflops?.fp64, .fp64TooLow) {
            "\($0) fp64 TFLOPS wanted, \($1.map { "\($0)" } ?? "unknown")"
        }
        if let abi = requirements.abi {
            report.require(abi == computeClass.abi, .abiDiffers) { "\(abi) wanted, the class has \(computeClass.abi)" }
        }
        examineNetwork(requirements, candidate, into: &report)
    }

    private static func examineNetwork<R: ExclusionReport>(
        _ requirements: Requirements, _ candidate: Candidate, into report: inout R
    ) {
        guard let from = requirements.fromZone else { return }
        let zone = candidate.zone.code
        report.requireAtMost(
            requirements.maxRTTMilliseconds, candidate.network.roundTrip(from: from, to: zone), .roundTripTooLong
        ) { "a p99 round trip of at most \($0) ms from \(from) wanted, \($1.map { "\($0)" } ?? "unknown")" }
        if let data = requirements.datasetGigabytes {
            report.require(candidate.network.transferHours(data, from: from, to: zone) != nil, .pathUnknown) {
                "what the path from \(from) to \(zone) carries is unknown"
            }
        }
    }

    private static func examineFacts<R: ExclusionReport>(_ requirements: Requirements, _ facts: Facts, into report: inout R) {
        report.requireAtLeast(requirements.devicesPerNode, facts.devicesPerNode, .nodeTooSmall) {
            "\($0) devices in a node wanted, \($1.map { "\($0)" } ?? "unknown")"
        }
        report.requireAtLeast(requirements.minScaleUpDomain, facts.scaleUpDomain, .scaleUpDomainTooSmall) {
            "a scale-up domain of \($0) wanted, \($1.map { "\($0)" } ?? "unknown")"
        }
        report.requireAtMost(requirements.maxPUE, facts.pue, .pueTooHigh) {
            "a PUE of at most \($0) wanted, \($1.map { "\($0)" } ?? "unknown")"
        }
        report.requireAtMost(requirements.maxGramsPerDeviceHour, facts.gramsPerDeviceHour, .carbonTooHigh) {
            "at most \($0) g CO2 per device-hour wanted, \($1.map { "\($0)" } ?? "unknown")"
        }
        report.requireAtLeast(requirements.isolation, facts.isolation, .isolationTooWeak) {
            "isolation \($0.rawValue) wanted, \($1?.rawValue ?? "unknown")"
        }
        report.requireAtLeast(requirements.attestation, facts.attestation, .attestationTooWeak) {
            "attestation \($0.rawValue) wanted, \($1?.rawValue ?? "unknown")"
        }
        report.requireAtLeast(requirements.dataClass, facts.dataClass, .dataClassTooLow) {
            "data class \($0.rawValue) wanted, \($1?.rawValue ?? "unknown")"
        }
        report.requireAtLeast(requirements.minReliability, facts.reliability, .reliabilityTooLow) {
            "a delivered share of \($0) wanted, \($1.map { "\($0)" } ?? "unknown")"
        }
        for scheme in requirements.certificates ?? [] {
            report.require(facts.certificates.contains(scheme), .certificateMissing) {
                "a certificate \(scheme) that is valid to the hour's end wanted"
            }
        }
    }
}

/// The facts beyond class and zone: of one resource, or the least that a grade's resources have.
private struct Facts {
    var devicesPerNode: UInt32?
    var scaleUpDomain: UInt32?
    var pue: Measure?
    var gramsPerDeviceHour: Measure?
    var isolation: Isolation?
    var attestation: AttestationLevel?
    var dataClass: DataClass?
    var reliability: Measure?
    /// The schemes of the certificates that count.
    var certificates: [String] = []

    init(of resource: Resource, _ candidate: Eligibility.Candidate) {
        let spec = resource.spec
        devicesPerNode = spec.node?.devicesPerNode
        scaleUpDomain = spec.node?.scaleUpDomain
        pue = spec.site?.pue
        gramsPerDeviceHour = Carbon.gramsPerDeviceHour(computeClass: candidate.computeClass, pue: pue, zone: candidate.zone)
        isolation = spec.security?.isolation
        attestation = spec.security?.attestation
        dataClass = spec.security?.dataClass
        reliability = candidate.reliability
        for certificate in spec.site?.certificates ?? [] where candidate.hour.map({ certificate.counts(in: $0) }) ?? true {
            certificates.append(certificate.scheme)
        }
    }

    init(guaranteedBy candidate: Eligibility.Candidate) {
        let guarantees = candidate.grade.guarantees
        devicesPerNode = guarantees.devicesPerNode
        scaleUpDomain = guarantees.minScaleUpDomain
        pue = guarantees.maxPUE
        // A bound on PUE bounds the carbon too; the tighter of both promises holds.
        let derived = Carbon.gramsPerDeviceHour(computeClass: candidate.computeClass, pue: pue, zone: candidate.zone)
        gramsPerDeviceHour = [derived, guarantees.maxGramsPerDeviceHour].compactMap { $0 }.min()
        isolation = guarantees.isolation
        attestation = guarantees.attestation
        dataClass = guarantees.dataClass
        certificates = guarantees.certificates ?? []
    }
}

/// Takes what an examination finds.
private protocol ExclusionReport {
    mutating func require(_ isMet: Bool, _ reason: ExclusionReason, _ detail: () -> String)
}

extension ExclusionReport {
    mutating func requireListed(_ name: String, in list: [String]?, _ reason: ExclusionReason) {
        guard let list else { return }
        require(list.contains(name), reason) { "\(name) is not among those named" }
    }

    mutating func requireAtLeast<Fact: Comparable>(
        _ bound: Fact?, _ fact: Fact?, _ reason: ExclusionReason, _ detail: (Fact, Fact?) -> String
    ) {
        guard let bound else { return }
        require(fact.map { $0 >= bound } ?? false, reason) { detail(bound, fact) }
    }

    mutating func requireAtMost<Fact: Comparable>(
        _ bound: Fact?, _ fact: Fact?, _ reason: ExclusionReason, _ detail: (Fact, Fact?) -> String
    ) {
        guard let bound else { return }
        require(fact.map { $0 <= bound } ?? false, reason) { detail(bound, fact) }
    }
}

/// Keeps every reason with its text.
private struct Reasons: ExclusionReport {
    var found: [Exclusion] = []
    mutating func require(_ isMet: Bool, _ reason: ExclusionReason, _ detail: () -> String) {
        if !isMet { found.append(Exclusion(reason, detail())) }
    }
}

/// Keeps only whether there is a reason.
private struct Verdict: ExclusionReport {
    var isEligible = true
    mutating func require(_ isMet: Bool, _ reason: ExclusionReason, _ detail: () -> String) {
        if !isMet { isEligible = false }
    }
}
