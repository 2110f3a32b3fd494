import Quantities
import Registry
import TestSupport
import Testing

@Suite("Versions of the catalogue")
struct CatalogueVersionTests {
    private func time(_ hour: Int32) -> Timestamp { Hour(hour).start }

    /// Zone and class at 0 h, a product with a horizon of 10 h at 1 h.
    private func catalogue() throws -> Catalogue {
        var catalogue = Catalogue()
        try catalogue.add(Samples.zone("CN-GAN", country: "CN", grid: 400_000_000), at: time(0))
        try catalogue.add(Samples.computeClass("H100-SXM", memory: 80, bf16: 989, watts: 700, abi: "cuda"), at: time(0))
        var terms = Samples.terms("H100-SXM", "CN-GAN")
        terms.horizonHours = 10
        try catalogue.add(terms, at: time(1))
        return catalogue
    }

    @Test("every definition and every correction is a version; what changes nothing is none")
    func counts() throws {
        var catalogue = try catalogue()
        #expect(catalogue.version == 3)
        var zone = try #require(catalogue.zone(code: "CN-GAN"))
        try catalogue.correct(zone, at: time(2))
        #expect(catalogue.version == 3)
        zone.grid?.gramsPerKilowattHour = Measure(390_000_000)
        try catalogue.correct(zone, at: time(2))
        try catalogue.set(Samples.path("CN-GAN", "CN-GAN", p99: 1, gbps: 10), at: time(2))
        try catalogue.set(Samples.path("CN-GAN", "CN-GAN", p99: 1, gbps: 10), at: time(3))
        try catalogue.add(Samples.secureGrade(), at: time(3))
        #expect(catalogue.version == 6)
        #expect(catalogue.revisions.map(\.version) == [1, 2, 3, 4, 5, 6])
        #expect(catalogue.zones.count == 1 && catalogue.network.paths.count == 1)
        #expect(catalogue.zone(of: ProductID(0)) == zone)
    }

    @Test("an earlier version stands as it did, and one that never was is none")
    func past() throws {
        var catalogue = try catalogue()
        let first = catalogue
        var computeClass = try #require(catalogue.computeClass(code: "H100-SXM"))
        computeClass.memoryGigabytes = WholeMeasure(96)
        computeClass.criCode = nil
        let corrected = try catalogue.correct(computeClass, at: time(5))
        #expect(corrected.criCode == first.classes[0].criCode)
        catalogue.setStatus(.halted, of: ProductID(0))
        let old = try #require(catalogue.at(version: 3))
        #expect(old.revisions == first.revisions && old.classes == first.classes && old.products == first.products)
        #expect(catalogue.at(version: 4)?.classes[0].memoryGigabytes == WholeMeasure(96))
        #expect(catalogue.at(version: 0)?.classes.isEmpty == true)
        #expect(catalogue.at(version: -1) == nil && catalogue.at(version: 5) == nil)
    }

    @Test("a contract keeps the version that it was listed under, whatever is corrected later")
    func pins() throws {
        var catalogue = try catalogue()
        var zone = try #require(catalogue.zone(code: "CN-GAN"))
        func contract(_ hour: Int32) -> ContractKey { ContractKey(product: ProductID(0), hour: Hour(hour)) }
        func grams(_ hour: Int32) -> Int64? { catalogue.zone(of: contract(hour)).grid?.gramsPerKilowattHour?.rawValue }
        // Hour 20 comes within the horizon at 10 h.
        for (at, factor) in [(5, 300), (10, 200), (12, 100)] as [(Int32, Int64)] {
            zone.grid?.gramsPerKilowattHour = Measure(factor * 1_000_000)
            try catalogue.correct(zone, at: at == 10 ? time(10).advanced(minutes: 1) : time(at))
        }
        let expected: [(Int32, Int64, Int64)] = [
            // Listed with the product.
            (1, 3, 400), (11, 3, 400), (14, 3, 400), (15, 3, 400),
            // A listing comes before the commands of its moment.
            (16, 4, 300), (20, 4, 300), (21, 5, 200), (22, 5, 200), (23, 6, 100), (1_000, 6, 100),
        ]
        for (hour, version, factor) in expected {
            #expect(catalogue.version(of: contract(hour)) == version, "hour \(hour)")
            #expect(grams(hour) == factor * 1_000_000, "hour \(hour)")
        }
        #expect(catalogue.isCorrected(ProductID(0)))
        #expect(catalogue.computeClass(of: contract(1)) == catalogue.classes[0])
        let before = expected.map { catalogue.version(of: contract($0.0)) }
        zone.name = "Another"
        try catalogue.correct(zone, at: time(13))
        #expect(expected.dropLast().map { catalogue.version(of: contract($0.0)) } == Array(before.dropLast()))
    }

    @Test("the hours from which on other facts count are those in which the pinned facts change")
    func hoursOfFacts() throws {
        var catalogue = try catalogue()
        #expect(catalogue.hoursOfFacts(of: ProductID(0), from: Hour(4), to: Hour(40)) == [Hour(4)])
        var zone = catalogue.zones[0]
        var computeClass = catalogue.classes[0]
        for (minute, factor) in [(300, 300), (301, 200), (360, 190), (725, 180)] as [(Int32, Int64)] {
            zone.grid?.gramsPerKilowattHour = Measure(factor * 1_000_000)
            try catalogue.correct(zone, at: time(0).advanced(minutes: minute))
            if minute == 360 || minute == 725 {
                computeClass.memoryGigabytes = WholeMeasure(factor)
                try catalogue.correct(computeClass, at: time(0).advanced(minutes: minute))
            }
        }
        for from in Int32(0)..<30 {
            for to in (from + 1)..<31 {
                var expected = [Hour(from)]
                for hour in (from + 1)..<max(to, from + 2) where hour < to {
                    let (one, next) = (ContractKey(product: ProductID(0), hour: Hour(hour - 1)), ContractKey(product: ProductID(0), hour: Hour(hour)))
                    let isOther = catalogue.zone(of: one) != catalogue.zone(of: next) || catalogue.computeClass(of: one) != catalogue.computeClass(of: next)
                    if isOther { expected.append(Hour(hour)) }
                }
                #expect(catalogue.hoursOfFacts(of: ProductID(0), from: Hour(from), to: Hour(to)) == expected, "\(from) to \(to)")
            }
        }
    }

    @Test("a class's facts in an hour of a zone are those of its contracts, and without contracts those of the hour's beginning")
    func factsOfHours() throws {
        var catalogue = try catalogue()
        try catalogue.add(Samples.zone("CN-ZHW", country: "CN", grid: nil), at: time(2))
        var computeClass = catalogue.classes[0]
        func memory(_ zone: Int, _ hour: Int32) -> WholeMeasure? {
            catalogue.computeClass(at: 0, in: zone, hour: Hour(hour)).memoryGigabytes
        }
        #expect(memory(0, 50) == WholeMeasure(80) && memory(1, 50) == WholeMeasure(80))
        computeClass.memoryGigabytes = WholeMeasure(96)
        try catalogue.correct(computeClass, at: time(5).advanced(minutes: 1))
        // With a product of 10 hours' horizon, and without one.
        #expect(memory(0, 15) == WholeMeasure(80) && memory(0, 16) == WholeMeasure(96))
        #expect(memory(1, 5) == WholeMeasure(80) && memory(1, 6) == WholeMeasure(96))
        #expect(memory(1, 0) == WholeMeasure(80))
    }

    @Test("what stands in identifiers cannot be corrected, nor what is not defined")
    func refusals() throws {
        var catalogue = try catalogue()
        let before = bytes { catalogue.encodeState(into: &$0) }
        var zone = catalogue.zones[0]
        zone.country = "US"
        #expect(refusal { try catalogue.correct(zone) }?.field == "country")
        var computeClass = catalogue.classes[0]
        computeClass.criCode = "ZZZZZZ"
        #expect(refusal { try catalogue.correct(computeClass) }?.field == "cri_code")
        computeClass.code = "OTHER"
        #expect(refusal { try catalogue.correct(computeClass) }?.code == .notFound)
        zone.code = "CN-XXX"
        #expect(refusal { try catalogue.correct(zone) }?.code == .notFound)
        zone.name = ""
        #expect(refusal { try catalogue.correct(zone) }?.field == "name")
        #expect(refusal { try catalogue.set(Samples.path("CN-GAN", "CN-XXX", p99: 1, gbps: nil)) }?.field == "to")
        #expect(refusal { try catalogue.set(Samples.path("CN-GAN", "CN-GAN", p99: 60_001, gbps: nil)) }?.field == "rtt_p99_ms")
        #expect(refusal { try catalogue.set(Samples.path("CN-GAN", "CN-GAN", p99: 1, gbps: 0)) }?.field == "path_gbps")
        var path = Samples.path("CN-GAN", "CN-GAN", p99: 2, gbps: nil)
        path.facts.p99Milliseconds = Measure(999_999)
        #expect(refusal { try catalogue.set(path) }?.field == "rtt_p99_ms")
        #expect(bytes { catalogue.encodeState(into: &$0) } == before)
    }

    @Test("a stored catalogue has all its versions, and goes on alike")
    func state() throws {
        var catalogue = try catalogue()
        var zone = catalogue.zones[0]
        zone.name = "Corrected"
        try catalogue.correct(zone, at: time(7))
        try catalogue.set(Samples.path("CN-GAN", "CN-GAN", p99: 1, gbps: 10), at: time(8))
        let stored = bytes { catalogue.encodeState(into: &$0) }
        var decoder = BinaryDecoder(stored)
        let restored = try Catalogue(decoding: &decoder)
        #expect(restored.revisions == catalogue.revisions)
        #expect(bytes { restored.encodeState(into: &$0) } == stored)
        for hour in Int32(0)..<40 {
            let contract = ContractKey(product: ProductID(0), hour: Hour(hour))
            #expect(restored.zone(of: contract) == catalogue.zone(of: contract))
        }
    }
}
