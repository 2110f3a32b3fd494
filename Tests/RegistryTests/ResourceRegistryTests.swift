import Quantities
import Registry
import TestSupport
import Testing

@Suite("ResourceRegistry")
struct ResourceRegistryTests {
    @Test("registration issues an identifier from country, provider, site, class and a serial")
    func identifier() throws {
        var samples = try Samples.market()
        var spec = Samples.resource()
        spec.site = SiteFacts(name: "Zhongwei")
        spec.site?.code = "ZHW"
        let resource = try samples.register(spec)
        #expect(resource.cri.text == "CN-EXA001-ZHW-I-H100SX-000001-4Z")
        #expect(resource.status == .pending)
        #expect(resource.id == ResourceID(1))
        #expect(try samples.register(spec).cri.parts?.serial == "000002")
        #expect(samples.resources.resolve(resource.cri) == resource)
        spec.site?.code = "ZHX"
        #expect(try samples.register(spec).cri.parts?.serial == "000001")
    }

    @Test("a site without a code gets the provider's first free one and keeps it under its name")
    func sites() throws {
        var samples = try Samples.market()
        func code(_ name: String?, _ code: String? = nil, zone: String = "CN-GAN") throws -> String? {
            var spec = Samples.resource(zone: zone)
            if let name {
                spec.site = SiteFacts(name: name)
                spec.site?.code = code
            }
            return try samples.register(spec).spec.site?.code
        }
        #expect(try code("Hall 1") == "001")
        #expect(try code("Hall 2", "002") == "002")
        #expect(try code("Hall 3") == "003")
        #expect(try code("Hall 1") == "001")
        #expect(try code("Hall 1", zone: "US-IOWA") == "004")
        #expect(try code(nil) == "005")
        #expect(samples.resources.entries.last?.resource.spec.site?.name == "CN-GAN")
        let leaders = samples.resources.entries.map { samples.resources.siteLeader(of: $0.resource.id).rawValue }
        #expect(leaders == [1, 2, 3, 1, 5, 6])
        let entries = samples.resources.entries
        for left in entries {
            for right in entries {
                #expect(left.resource.isAtSiteOf(right.resource) == (left.siteLeader == right.siteLeader))
            }
        }
    }

    @Test("the facility grade is derived from PUE, and everything said is kept")
    func facts() throws {
        var samples = try Samples.market()
        let resource = try samples.register(Samples.fullResource())
        #expect(resource.facilityGrade == .grade2)
        #expect(resource.spec == Samples.fullResource())
    }

    @Test("unknown classes and zones are not found, and a refusal takes no number")
    func refusals() throws {
        var samples = try Samples.market()
        let before = bytes { samples.resources.encodeState(into: &$0) }
        #expect(refusal { try samples.register(Samples.resource("B200-SXM")) }?.field == "class")
        #expect(refusal { try samples.register(Samples.resource(zone: "CN-XXX")) }?.code == .notFound)
        #expect(refusal { try samples.register(Samples.resource(units: 0)) }?.code == .invalidRequest)
        #expect(bytes { samples.resources.encodeState(into: &$0) } == before)
        #expect(try samples.register(Samples.resource()).id == ResourceID(1))
    }

    @Test("a retired resource stays known, sells nothing from that hour on, and takes no more changes")
    func retirement() throws {
        var samples = try Samples.market()
        let resource = try samples.register(Samples.resource())
        try samples.certify(resource.id, units: 8, from: 0, until: 100)
        let retired = try samples.resources.retire(resource.id, from: Hour(50))
        #expect(retired.status == .retired)
        #expect(samples.resources.resolve(resource.cri)?.status == .retired)
        #expect(samples.resources.certifiedUnits(resource.id, in: Hour(49)) == 8)
        #expect(samples.resources.certifiedUnits(resource.id, in: Hour(50)) == 0)
        #expect(refusal { try samples.resources.retire(resource.id, from: Hour(60)) }?.code == .conflict)
        #expect(refusal { try samples.certify(resource.id, units: 1, from: 60, until: 70) }?.code == .conflict)
        #expect(refusal { try samples.resources.addOutage(resource.id, outage(60, 70, 1)) }?.code == .conflict)
        #expect(refusal { try samples.resources.retire(ResourceID(9), from: Hour(0)) }?.code == .unknownResource)
        #expect(samples.resources.resolve(CRI()) == nil)
    }

    @Test("certification needs registered units, a meter of another owner, and no sparse figures")
    func certification() throws {
        var samples = try Samples.market()
        let id = try samples.register(Samples.resource()).id
        let before = bytes { samples.resources.encodeState(into: &$0) }
        var body = Certification()
        body.units = 8
        body.validFrom = Hour(0)
        body.validUntil = Hour(10)
        func refused(_ change: (inout Certification) -> Void) -> Refusal? {
            var changed = body
            change(&changed)
            return refusal {
                try samples.resources.certify(id, changed, catalogue: samples.catalogue, participants: samples.participants)
            }
        }
        #expect(refused { $0.units = 9 }?.field == "units")
        #expect(refused { $0.meterID = ParticipantID(9) }?.code == .notFound)
        #expect(refused { $0.meterID = ParticipantID(2) }?.field == "meter_id")
        #expect(refused { $0.meterID = ParticipantID(4) }?.field == "meter_id")
        #expect(refused { $0.acceptance = gemm(1_038_450_001) }?.field == "acceptance.gemm_tflops")
        #expect(bytes { samples.resources.encodeState(into: &$0) } == before)
        #expect(refused { $0.acceptance = gemm(1_038_450_000) } == nil)
        #expect(refused { $0.meterID = ParticipantID(3) } == nil)
        #expect(samples.resources.resource(id)?.status == .certified)
        #expect(samples.resources.certification(id, in: Hour(5))?.id == CertificationID(2))
    }

    @Test("the hour's certification says which meter may report; none of the owner's ever may")
    func meters() throws {
        var samples = try Samples.market()
        let id = try samples.register(Samples.resource()).id
        try samples.certify(id, units: 8, from: 0, until: 10)
        var named = Certification()
        named.units = 8
        named.validFrom = Hour(10)
        named.validUntil = Hour(20)
        named.meterID = ParticipantID(3)
        try samples.resources.certify(id, named, catalogue: samples.catalogue, participants: samples.participants)
        let other = try samples.participants.add(Samples.participant("Other meter", .meter), catalogue: samples.catalogue)
        func accepts(_ number: Int64, _ hour: Int32) throws -> Bool {
            let meter = try #require(samples.participants.participant(ParticipantID(number)))
            return samples.resources.accepts(meter: meter, for: id, in: Hour(hour), participants: samples.participants)
        }
        #expect(try accepts(3, 5))
        #expect(try accepts(other.id.rawValue, 5))
        #expect(try accepts(3, 15))
        #expect(try !accepts(other.id.rawValue, 15))
        #expect(try !accepts(4, 5))
        #expect(try !accepts(2, 5))
    }

    @Test("the latest-made certification counts, overlapping outages add, and never below 0")
    func capacity() throws {
        var samples = try Samples.market()
        let id = try samples.register(Samples.resource()).id
        try samples.certify(id, units: 8, from: 0, until: 100)
        try samples.certify(id, units: 4, from: 40, until: 60)
        try samples.resources.addOutage(id, outage(50, 55, 3))
        try samples.resources.addOutage(id, outage(54, 58, 3))
        func units(_ hour: Int32) -> Quantity { samples.resources.certifiedUnits(id, in: Hour(hour)) }
        let expected: [(Int32, Quantity)] = [
            (-1, 0), (0, 8), (39, 8), (40, 4), (49, 4), (50, 1), (53, 1), (54, 0), (55, 1), (57, 1), (58, 4), (60, 8), (99, 8),
            (100, 0),
        ]
        for (hour, count) in expected { #expect(units(hour) == count, "hour \(hour)") }
        try samples.certify(id, units: 0, from: 0, until: 10)
        #expect(units(5) == 0)
        #expect(samples.resources.certifiedUnits(ResourceID(2), in: Hour(5)) == 0)
    }

    @Test("any certifications and outages give what counting hour by hour gives")
    func capacityTwin() throws {
        let seed: UInt64 = 0xCAFE
        var generator = SeededGenerator(seed: seed)
        for round in 0..<100 {
            var samples = try Samples.market()
            let id = try samples.register(Samples.resource(units: 20)).id
            var certified = [Int](repeating: 0, count: 100)
            var away = [Int](repeating: 0, count: 100)
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let start = Int.random(in: 0..<99, using: &generator)
                let end = Int.random(in: start + 1...100, using: &generator)
                let units = Int.random(in: 1...20, using: &generator)
                if Bool.random(using: &generator) {
                    try samples.certify(id, units: Quantity(units), from: Int32(start), until: Int32(end))
                    for hour in start..<end { certified[hour] = units }
                } else {
                    try samples.resources.addOutage(id, outage(Int32(start), Int32(end), Quantity(units)))
                    for hour in start..<end { away[hour] += units }
                }
            }
            for hour in 0..<100 {
                let expected = certified[hour] - min(away[hour], certified[hour])
                #expect(
                    samples.resources.certifiedUnits(id, in: Hour(Int32(hour))) == Quantity(expected),
                    "seed \(seed), round \(round), hour \(hour)"
                )
            }
        }
    }

    @Test("stored resources read back with identifiers, sites and serials, and go on alike")
    func state() throws {
        var samples = try Samples.market()
        let id = try samples.register(Samples.fullResource()).id
        try samples.register(Samples.resource())
        try samples.register(Samples.resource("ASCEND-910B", zone: "US-IOWA"))
        try samples.certify(id, units: 8, from: 0, until: 10)
        try samples.resources.addOutage(id, outage(2, 4, 1))
        try samples.resources.retire(ResourceID(3), from: Hour(7))
        let stored = bytes { samples.resources.encodeState(into: &$0) }
        var decoder = BinaryDecoder(stored)
        let restored = try ResourceRegistry(decoding: &decoder)
        #expect(decoder.isAtEnd)
        #expect(restored.entries == samples.resources.entries)
        #expect(bytes { restored.encodeState(into: &$0) } == stored)
        var twin = samples
        twin.resources = restored
        for spec in [Samples.resource(), Samples.fullResource(), Samples.resource("ASCEND-910B", zone: "US-IOWA")] {
            #expect(try twin.register(spec) == samples.register(spec))
        }
        try twin.certify(id, units: 1, from: 0, until: 10)
        try samples.certify(id, units: 1, from: 0, until: 10)
        #expect(bytes { twin.resources.encodeState(into: &$0) } == bytes { samples.resources.encodeState(into: &$0) })
    }

    @Test("damaged resources are a failure or resources with exactly these bytes, never a trap")
    func damage() throws {
        var samples = try Samples.market()
        let id = try samples.register(Samples.fullResource()).id
        try samples.certify(id, units: 8, from: 0, until: 10)
        try samples.resources.addOutage(id, outage(2, 4, 1))
        let stored = bytes { samples.resources.encodeState(into: &$0) }
        for length in stored.indices {
            var decoder = BinaryDecoder(Array(stored[..<length]))
            #expect(throws: BinaryDecoder.Failure.self) { try ResourceRegistry(decoding: &decoder) }
        }
        let seed: UInt64 = 0x2E50
        var generator = SeededGenerator(seed: seed)
        for round in 0..<2_000 {
            var damaged = stored
            damaged[Int.random(in: damaged.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            var decoder = BinaryDecoder(damaged)
            guard let restored = try? ResourceRegistry(decoding: &decoder) else { continue }
            let read = Array(damaged[..<decoder.offset])
            #expect(bytes { restored.encodeState(into: &$0) } == read, "seed \(seed), round \(round)")
        }
    }

    private func outage(_ start: Int32, _ end: Int32, _ units: Quantity) -> OutageSpec {
        var spec = OutageSpec()
        spec.start = Hour(start)
        spec.end = Hour(end)
        spec.units = units
        spec.reason = "maintenance"
        return spec
    }

    private func gemm(_ millionths: Int64) -> AcceptanceResults {
        var results = AcceptanceResults()
        results.gemmTflops = Measure(millionths)
        return results
    }
}
