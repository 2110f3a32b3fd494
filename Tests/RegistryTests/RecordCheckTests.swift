import Quantities
import Registry
import Testing

@Suite("Bodies of the catalogue and of participants")
struct RecordCheckTests {
    /// Changes a good value and expects `invalid_request` that names a field.
    private func expect<Value>(
        _ field: String, of good: Value, _ check: (Value) throws -> Void, _ change: (inout Value) -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var changed = good
        change(&changed)
        #expect(refusal { try check(good) } == nil, sourceLocation: sourceLocation)
        let refused = refusal { try check(changed) }
        #expect(refused?.code == .invalidRequest, "\(field)", sourceLocation: sourceLocation)
        #expect(refused?.field == field, sourceLocation: sourceLocation)
    }

    @Test("a class with a fact out of range is refused by its field")
    func computeClass() {
        let good = Samples.computeClass("H100-SXM", memory: 80, bf16: 989, watts: 700, abi: "cuda", criCode: "H100SX")
        func expect(_ field: String, _ change: (inout ComputeClass) -> Void) {
            self.expect(field, of: good, { try $0.check() }, change)
        }
        for code in ["", "h100", "H100 SXM", "H100.SXM", "-H100", "H100-", String(repeating: "H", count: 33), "Ä"] {
            expect("code") { $0.code = code }
        }
        for code in ["", "H100S", "H100SX0", "h100sx", "H100-X"] { expect("cri_code") { $0.criCode = code } }
        expect("vendor") { $0.vendor = "" }
        expect("vendor") { $0.vendor = String(repeating: "v", count: 256) }
        expect("model") { $0.model = "H100\n" }
        expect("model") { $0.model = "H\u{85}" }
        expect("memory_gb") { $0.memoryGigabytes = WholeMeasure(0) }
        expect("memory_gb") { $0.memoryGigabytes = WholeMeasure(-1) }
        expect("memory_gb") { $0.memoryGigabytes?.millionths += 1 }
        expect("memory_bandwidth_gb_s") { $0.memoryBandwidthGigabytesPerSecond = WholeMeasure(100_000_001) }
        expect("tflops.fp64") { $0.tflops?.fp64 = Measure(0) }
        expect("tflops.bf16") { $0.tflops?.bf16 = Measure(.max) }
        expect("tflops.fp8") { $0.tflops?.fp8 = Measure(-1) }
        expect("tdp_w") { $0.tdpWatts = WholeMeasure(100_001) }
        expect("scale_up_link_gb_s") { $0.scaleUpLinkGigabytesPerSecond = WholeMeasure(0) }
        expect("acceptance_floor.memory_gb_s") {
            $0.acceptanceFloor = AcceptanceResults()
            $0.acceptanceFloor?.memoryGigabytesPerSecond = Measure(0)
        }
        for abi in ["", "cu da", "cu\u{7f}da", String(repeating: "a", count: 256)] { expect("abi") { $0.abi = abi } }
    }

    @Test("a zone with a fact out of range is refused by its field")
    func zone() {
        let good = Samples.zone("CN-GAN", country: "CN", grid: 404_200_000)
        func expect(_ field: String, _ change: (inout Zone) -> Void) {
            self.expect(field, of: good, { try $0.check() }, change)
        }
        expect("code") { $0.code = "cn-gan" }
        expect("name") { $0.name = "" }
        for country in ["", "C", "CHN", "cn", "C1"] { expect("country") { $0.country = country } }
        expect("grid.g_per_kwh") { $0.grid?.gramsPerKilowattHour = Measure(-1) }
        expect("grid.g_per_kwh") { $0.grid?.gramsPerKilowattHour = Measure(10_000_000_001) }
        expect("grid.year") { $0.grid?.year = 1989 }
        expect("grid.source") { $0.grid?.source = "" }
        expect("grid.basis") { $0.grid?.basis = "\u{7F}" }
    }

    @Test("texts are counted in Unicode scalars: 255 pass, 256 do not")
    func lengths() {
        var zone = Samples.zone("CN-GAN", country: "CN", grid: nil)
        zone.name = String(repeating: "贵", count: 255)
        #expect(refusal { try zone.check() } == nil)
        zone.name = String(repeating: "e\u{301}", count: 128)
        #expect(refusal { try zone.check() }?.field == "name")
    }

    @Test("terms out of range are refused by their field")
    func productTerms() {
        let good = Samples.terms("H100-SXM", "CN-GAN")
        func expect(_ field: String, _ change: (inout ProductTerms) -> Void) {
            self.expect(field, of: good, { try $0.check() }, change)
        }
        expect("class") { $0.computeClass = "" }
        expect("zone") { $0.zone = "cn" }
        expect("grade") { $0.grade = "" }
        expect("currency") { $0.currency = Currency(unchecked: "usd") }
        expect("tick_size") { $0.tickSize = Price(0) }
        expect("tick_size") { $0.tickSize = Price(-1) }
        expect("tick_size") { $0.tickSize = Price(Price.limit.rawValue + 1) }
        expect("lot_size") { $0.lotSize = 0 }
        expect("lot_size") { $0.lotSize = 1_000_001 }
        expect("maker_fee_bps") { $0.makerFee = -5_001 }
        expect("taker_fee_bps") { $0.takerFee = 5_001 }
        expect("maker_fee_bps") { $0.makerFee = -16 }
        expect("bond_bps") { $0.bond = -1 }
        expect("bond_bps") { $0.bond = 10_001 }
        expect("price_band_bps") { $0.priceBand = 0 }
        expect("price_band_bps") { $0.priceBand = 10_001 }
        expect("reference_price") { $0.referencePrice = Price(0) }
        expect("reference_price") { $0.referencePrice = Price(3_165_000) }
        expect("reference_price") { $0.tickSize = Price(3_160_001) }
        expect("gate_closure_minutes") { $0.gateClosureMinutes = -1 }
        expect("gate_closure_minutes") { $0.gateClosureMinutes = 10_081 }
        expect("meter_deadline_minutes") { $0.meterDeadlineMinutes = .max }
        expect("dispute_minutes") { $0.disputeMinutes = -1 }
        expect("meter_grace_hours") { $0.meterGraceHours = 721 }
        expect("handover_lead_minutes") { $0.handoverLeadMinutes = .min }
        expect("horizon_hours") { $0.horizonHours = 0 }
        expect("horizon_hours") { $0.horizonHours = 8_785 }
    }

    @Test("a rebate is taken where maker and taker rate add to 0 or more")
    func rebate() {
        var terms = Samples.terms("H100-SXM", "CN-GAN")
        terms.makerFee = -15
        #expect(refusal { try terms.check() } == nil)
        terms.makerFee = -5_000
        terms.takerFee = 5_000
        #expect(refusal { try terms.check() } == nil)
        #expect(Product(id: ProductID(0), terms: terms).highestFee == 5_000)
    }

    @Test("requirements out of form are refused by their field")
    func requirements() {
        func expect(_ field: String, _ change: (inout Requirements) -> Void) {
            self.expect("requirements." + field, of: Requirements(), { try $0.check() }, change)
        }
        expect("products") { $0.products = [] }
        expect("classes") { $0.classes = [] }
        expect("zones") { $0.zones = [] }
        expect("countries") { $0.countries = [] }
        expect("classes") { $0.classes = ["H100-SXM", "H100-SXM"] }
        expect("zones") { $0.zones = (0...256).map { "Z\($0)" } }
        expect("countries") { $0.countries = ["China"] }
        expect("products") { $0.products = ["A\u{0}"] }
        expect("min_memory_gb") { $0.minMemoryGigabytes = WholeMeasure(0) }
        expect("min_bf16_tflops") { $0.minBF16Tflops = Measure(0) }
        expect("abi") { $0.abi = "" }
        expect("devices_per_node") { $0.devicesPerNode = 0 }
        expect("min_scale_up_domain") { $0.minScaleUpDomain = 1_000_001 }
        expect("max_pue") { $0.maxPUE = Measure(999_999) }
        expect("max_g_co2_per_device_hour") { $0.maxGramsPerDeviceHour = Measure(-1) }
        expect("min_reliability") { $0.minReliability = Measure(1_000_001) }
        expect("from_zone") { $0.fromZone = "nowhere" }
        expect("max_rtt_ms") { $0.maxRTTMilliseconds = Measure(10_000_000) }
        expect("max_rtt_ms") { ($0.fromZone, $0.maxRTTMilliseconds) = ("CN-GAN", Measure(60_000_000_001)) }
        expect("dataset_gb") { $0.datasetGigabytes = Measure(1_000_000) }
        expect("dataset_gb") { ($0.fromZone, $0.datasetGigabytes) = ("CN-GAN", Measure(0)) }
        expect("egress_gb") { $0.egressGigabytes = Measure(.max) }
        expect("min_fp64_tflops") { $0.minFP64Tflops = Measure(0) }
        expect("certificates") { $0.certificates = [] }
        expect("certificates") { $0.certificates = ["A", "A"] }
        expect("profile") { $0.profile = "mining" }
        expect("model_memory_gb") { $0.modelMemoryGigabytes = WholeMeasure(140) }
        expect("model_memory_gb") { ($0.profile, $0.modelMemoryGigabytes) = ("inference", WholeMeasure(0)) }
        expect("model_parameters_b") { $0.modelParametersBillion = Measure(70_000_000) }
        expect("model_parameters_b") { ($0.profile, $0.modelParametersBillion) = ("train", Measure(.max)) }
        expect("model_parameters_b") {
            ($0.profile, $0.modelMemoryGigabytes, $0.modelParametersBillion) = ("train", WholeMeasure(140), Measure(70_000_000))
        }
        expect("precision") { $0.precision = .fp8 }
    }

    @Test("a grade's guarantees are checked under their own name and cannot name products")
    func grade() {
        let good = Samples.secureGrade()
        func expect(_ field: String, _ change: (inout Grade) -> Void) {
            self.expect(field, of: good, { try $0.check() }, change)
        }
        expect("code") { $0.code = "secure" }
        expect("guarantees.products") { $0.guarantees.products = ["H100-SXM.CN-GAN"] }
        expect("guarantees.max_pue") { $0.guarantees.maxPUE = Measure(0) }
        expect("guarantees.profile") { $0.guarantees.profile = "train" }
        expect("guarantees.min_reliability") { $0.guarantees.minReliability = Measure(990_000) }
        expect("guarantees.from_zone") { $0.guarantees.fromZone = "CN-GAN" }
        expect("guarantees.dataset_gb") { $0.guarantees.datasetGigabytes = Measure(1_000_000) }
        expect("guarantees.egress_gb") { $0.guarantees.egressGigabytes = Measure(1_000_000) }
        expect("guarantees.certificates") { $0.guarantees.certificates = [] }
    }

    @Test("a participant out of form is refused by its field")
    func participant() {
        let good = Samples.participant("Provider", .provider, .consumer, code: "EXA001")
        func expect(_ field: String, _ change: (inout ParticipantSpec) -> Void) {
            self.expect(field, of: good, { try $0.check() }, change)
        }
        expect("name") { $0.name = "" }
        expect("roles") { $0.roles = [] }
        expect("roles") { $0.roles = [.provider, .provider] }
        for watcher in [Role.operator, .auditor] {
            expect("roles") { $0.roles = [.provider, watcher] }
            expect("roles") { $0.roles = [watcher, .consumer] }
        }
        expect("provider_code") { $0.providerCode = "EXA01" }
        expect("provider_code") { $0.roles = [.consumer] }
        expect("home_zone") { $0.homeZone = "nowhere" }
        expect("legal.country") { $0.legal = LegalEntity() ; $0.legal?.name = "N" }
        expect("legal.id") {
            var legal = LegalEntity()
            legal.name = "N"
            legal.country = "CN"
            $0.legal = legal
        }
    }

    @Test("a meter may also provide, and an operator may also audit")
    func roles() {
        #expect(refusal { try Samples.participant("P", .meter, .provider).check() } == nil)
        #expect(refusal { try Samples.participant("P", .operator, .auditor).check() } == nil)
    }

    @Test("facts of a resource that cannot be are refused by their field")
    func resource() {
        let good = Samples.fullResource()
        func expect(_ field: String, _ change: (inout ResourceSpec) -> Void) {
            self.expect(field, of: good, { try $0.check() }, change)
        }
        expect("class") { $0.computeClass = "" }
        expect("zone") { $0.zone = "" }
        expect("units") { $0.units = 0 }
        expect("units") { $0.units = 1_000_001 }
        expect("node.devices_per_node") { $0.node?.devicesPerNode = 0 }
        expect("node.scale_up_domain") { $0.node?.scaleUpDomain = .max }
        expect("node.fabric_gbps_per_device") { $0.node?.fabricGigabitsPerDevice = Measure(0) }
        expect("node.vcpus") { $0.node?.vcpus = 0 }
        expect("node.memory_gb") { $0.node?.memoryGigabytes = WholeMeasure(0) }
        expect("node.disk_gb") { $0.node?.diskGigabytes = WholeMeasure(0) }
        expect("site.name") { $0.site?.name = "" }
        for code in ["S1", "S011", "s01", "S-1"] { expect("site.code") { $0.site?.code = code } }
        expect("site.pue") { $0.site?.pue = Measure(999_999) }
        expect("site.pue") { $0.site?.pue = Measure(10_000_001) }
        expect("site.pue_category") { $0.site?.pueCategory = WholeMeasure(4) }
        expect("site.pue_category") { $0.site?.pue = nil }
        expect("site.wue") { $0.site?.wue = Measure(-1) }
        expect("site.certificates[0].scheme") { $0.site?.certificates?[0].scheme = "" }
        expect("site.certificates[0].expires_at") { $0.site?.certificates?[0].expiresAt = Timestamp.limit }
        expect("site.certificates") { $0.site?.certificates = Array(repeating: SiteCertificate(), count: 65) }
        expect("network.gbps") { $0.network?.gigabitsPerSecond = Measure(0) }
        expect("network.egress_per_gb") { $0.network?.egressPricePerGigabyte = Price(-1) }
        expect("green.certificate_ids") { $0.green?.certificateIDs = ["a", "a"] }
        expect("external_ids[1]") { $0.externalIDs = ["a", ""] }
        expect("external_ids") { $0.externalIDs = (0...64).map(String.init) }
    }

    @Test("a PUE below 1 is refused by its field, with the standard that says so")
    func pue() {
        var site = SiteFacts(name: "S")
        site.pue = Measure(900_000)
        let refused = refusal { try site.check() }
        #expect(refused?.code == .invalidRequest && refused?.field == "site.pue")
        #expect(refused?.detail.contains("ISO/IEC 30134-2") == true && refused?.detail.contains("0.9") == true)
        site.pue = Measure(1_000_000)
        #expect(refusal { try site.check() } == nil)
    }

    @Test("an entry of a list is named by its place")
    func listFaults() {
        var site = SiteFacts(name: "S")
        var certificate = SiteCertificate()
        certificate.scheme = "GB 50174"
        certificate.expiresAt = Timestamp(1)
        site.certificates = [certificate, certificate, SiteCertificate()]
        #expect(refusal { try site.check() }?.field == "site.certificates[2].scheme")
        site.certificates = nil
        var window = MaintenanceWindow()
        window.start = Hour(1)
        window.end = Hour(2)
        site.maintenance = [window, MaintenanceWindow()]
        #expect(refusal { try site.check() }?.field == "site.maintenance[1].end")
        var green = GreenFacts()
        green.certificateIDs = ["a", ""]
        #expect(refusal { try green.check() }?.field == "green.certificate_ids[1]")
    }

    @Test("hours of certifications and outages are in order and inside 1970…2199")
    func hours() {
        var certification = Certification()
        certification.units = 8
        certification.validFrom = Hour(10)
        certification.validUntil = Hour(20)
        func expect(_ field: String, _ change: (inout Certification) -> Void) {
            self.expect(field, of: certification, { try $0.check() }, change)
        }
        expect("units") { $0.units = 1_000_001 }
        expect("valid_until") { $0.validUntil = Hour(10) }
        expect("valid_until") { $0.validUntil = Hour(.max) }
        expect("valid_from") { $0.validFrom = Hour(-1) }
        expect("acceptance.gemm_tflops") {
            $0.acceptance = AcceptanceResults()
            $0.acceptance?.gemmTflops = Measure(0)
        }
        var outage = OutageSpec()
        outage.start = Hour(10)
        outage.end = Hour(11)
        outage.units = 1
        outage.reason = "maintenance"
        func expectOutage(_ field: String, _ change: (inout OutageSpec) -> Void) {
            self.expect(field, of: outage, { try $0.check() }, change)
        }
        expectOutage("end") { $0.end = Hour(9) }
        expectOutage("start") { $0.start = Hour(.min) }
        expectOutage("units") { $0.units = 0 }
        expectOutage("reason") { $0.reason = "" }
    }

    @Test("the GB 40879 grade follows from PUE alone")
    func facilityGrade() {
        let expected: [(Int64, FacilityGrade)] = [
            (1_000_000, .grade1), (1_200_000, .grade1), (1_200_001, .grade2), (1_300_000, .grade2), (1_300_001, .grade3),
            (1_500_000, .grade3), (1_500_001, .outside), (9_000_000, .outside),
        ]
        for (pue, grade) in expected { #expect(FacilityGrade.derived(from: Measure(pue)) == grade) }
        #expect(FacilityGrade.derived(from: nil) == nil)
    }

    @Test("a certificate stops counting in the hour in which it expires")
    func certificate() {
        var certificate = SiteCertificate()
        certificate.expiresAt = Hour(100).start.advanced(minutes: 30)
        #expect(certificate.counts(in: Hour(99)))
        #expect(!certificate.counts(in: Hour(100)))
        certificate.expiresAt = Hour(100).start
        #expect(certificate.counts(in: Hour(99)))
        #expect(!certificate.counts(in: Hour(100)))
    }
}
