import Exchange
import Matching
import Quantities
import Registry
import Testing
import TestSupport

/// One H100 of 700 W at a site with PUE 1.30 on a grid of 636.1 g/kWh.
struct GreenScene {
    let market = Market()
    let product: ProductID
    let provider: ParticipantID
    let alice: ParticipantID
    let meter: ParticipantID
    let resource: ResourceID
    let midnight: Hour
    private(set) var sequence: Int64 = 0

    init(pue: Int64? = 1_300_000, units: Quantity = 10) {
        midnight = Hour(containing: market.now)
        var zone = Zone()
        zone.code = "CN-GAN"
        zone.name = "Gansu"
        zone.country = "CN"
        zone.grid = Grid()
        zone.grid?.gramsPerKilowattHour = Measure(636_100_000)
        market.apply(.addZone(zone), as: market.operatorID)
        var other = zone
        other.code = "CN-BJ"
        market.apply(.addZone(other), as: market.operatorID)
        other.code = "US-IOWA"
        other.country = "US"
        market.apply(.addZone(other), as: market.operatorID)
        var computeClass = ComputeClass()
        computeClass.code = "H100-SXM"
        computeClass.vendor = "vendor"
        computeClass.model = "H100"
        computeClass.abi = "cuda"
        computeClass.tdpWatts = WholeMeasure(700)
        market.apply(.addComputeClass(computeClass), as: market.operatorID)
        product = market.product()
        meter = market.participant("Meter", .meter)
        provider = market.participant("Provider", .provider, .consumer)
        alice = market.participant("Alice", .consumer)
        for participant in [provider, alice] { market.deposit(100_000, to: participant) }
        resource = market.resource(of: provider, units: units, site: "Site") { $0.site?.pue = pue.map { Measure($0) } }
    }

    func trade(_ quantity: Quantity, hour: Int32 = 2) {
        let contract = ContractKey(product: product, hour: midnight + hour)
        _ = market.place(market.order(.sell, contract, cents(200), quantity, resource: resource), as: provider)
        _ = market.place(market.order(.buy, contract, cents(200), quantity), as: alice)
    }

    @discardableResult
    mutating func report(_ delivered: Int64, _ energy: Int64, hour: Int32 = 2, replaces: Int64? = nil) -> Reply {
        market.advance(to: max(market.now, (midnight + hour).end))
        sequence += 1
        var report = MeterReportSpec()
        report.resourceID = resource
        report.hour = midnight + hour
        report.sequence = sequence
        report.previousHash = sequence > 1 ? Market.hash(resource, sequence - 1) : nil
        report.deliveredDeviceSeconds = delivered
        report.itEnergyKilowattHours = Measure(energy)
        report.replaces = replaces
        return market.apply(.reportMeter(ReportMeter(report: report, hash: Market.hash(resource, sequence))), as: meter).reply
    }

    var deliveries: [DeliveryView] { market.exchange.deliveries(of: nil, contract: nil, after: DeliveryID(0), limit: .max) }

    func certificate(_ number: String, _ energy: Int64, from: Int32 = 2, hours: Int32 = 1, zone: String = "CN-GAN") -> EnergyCertificateSpec {
        var spec = EnergyCertificateSpec()
        spec.registry = "GEC"
        spec.number = number
        spec.participantID = provider
        spec.zone = zone
        spec.energyKilowattHours = Measure(energy)
        spec.start = midnight + from
        spec.end = midnight + from + hours
        spec.source = "wind"
        return spec
    }

    func register(_ spec: EnergyCertificateSpec) -> EnergyCertificate {
        guard case .energyCertificate(let view) = market.apply(.registerEnergyCertificate(spec), as: market.operatorID).reply else {
            preconditionFailure("not registered")
        }
        return view
    }

    func retire(_ id: EnergyCertificateID, _ matching: EnergyMatching, as issuer: ParticipantID? = nil, for other: ResourceID? = nil) -> Reply {
        let body = EnergyRetirement(resourceID: other ?? resource, matching: matching)
        return market.apply(
            .retireEnergyCertificate(RetireEnergyCertificate(certificate: id, body: body)), as: issuer ?? provider).reply
    }

    func code(_ reply: Reply) -> RefusalCode? { if case .refused(let refusal) = reply { refusal.code } else { nil } }
}

@Suite("Energy and CO2 of deliveries")
struct CarbonAccountTests {
    private static let seed = UInt64.random(in: 1...UInt64(Int64.max))

    @Test("700 W for an hour at PUE 1.30 on 636.1 g/kWh are 578.851 g")
    func example() {
        var scene = GreenScene()
        scene.trade(1)
        #expect(scene.deliveries.first?.carbon == nil)
        scene.report(3_600, 700_000)
        let delivery = scene.deliveries[0]
        #expect(delivery.itEnergyKilowattHours == Measure(700_000))
        #expect(delivery.carbonLocationGrams == Measure(578_851_000))
        #expect(delivery.carbonMarketGrams == Measure(578_851_000))
        #expect(delivery.carbon?.facilityEnergyKilowattHours == Measure(910_000))
    }

    @Test("an unknown PUE makes the CO2 unknown, not the energy")
    func unknown() {
        var scene = GreenScene(pue: nil)
        scene.trade(1)
        scene.report(3_600, 700_000)
        #expect(scene.deliveries[0].itEnergyKilowattHours == Measure(700_000))
        #expect(scene.deliveries[0].carbonLocationGrams == nil && scene.deliveries[0].carbonMarketGrams == nil)
    }

    @Test("the energy of an hour goes with the delivered device-seconds, to the millionth")
    func sharesEnergy() {
        var random = SeededGenerator(seed: Self.seed)
        for _ in 0..<200 {
            var scene = GreenScene(units: 60)
            var total: Int64 = 0
            for _ in 0..<Int(random.next() % 5 + 1) {
                let quantity = Quantity(random.next() % 9 + 1)
                scene.trade(quantity)
                total += Int64(quantity) * 3_600
            }
            let delivered = Int64(random.next() % UInt64(total + 1))
            let energy = Int64(random.next() % 1_000_000_000_000)
            scene.report(delivered, energy)
            let sum = scene.deliveries.reduce(Int64(0)) { $0 + ($1.itEnergyKilowattHours?.rawValue ?? -1) }
            #expect(sum == (delivered > 0 ? energy : 0), "seed \(Self.seed)")
            for delivery in scene.deliveries {
                let share = Int128(energy) * Int128(delivery.deliveredDeviceSeconds ?? 0)
                let off = Int128(delivery.itEnergyKilowattHours?.rawValue ?? 0) * Int128(max(delivered, 1)) - share
                #expect(off.magnitude <= Int128(max(delivered, 1)).magnitude, "seed \(Self.seed)")
            }
        }
    }

    @Test("a certificate of the hour covers that hour only, whether it is retired before or after the report")
    func hourly() {
        for before in [true, false] {
            var scene = GreenScene()
            scene.trade(1)
            scene.trade(1, hour: 3)
            let certificate = scene.register(scene.certificate("1", 455_000))
            if before { #expect(scene.code(scene.retire(certificate.id, .hourly)) == nil) }
            scene.report(3_600, 700_000)
            scene.report(3_600, 700_000, hour: 3)
            if !before { #expect(scene.code(scene.retire(certificate.id, .hourly)) == nil) }
            let (first, second) = (scene.deliveries[0], scene.deliveries[1])
            // Half of the 0.91 kWh.
            #expect(first.carbonLocationGrams == Measure(578_851_000))
            #expect(first.carbonMarketGrams == Measure(289_425_500) && first.carbon?.hourlyMarketGrams == Measure(289_425_500))
            #expect(first.carbon?.hourlyMatchedKilowattHours == Measure(455_000) && first.carbon?.annualMatchedKilowattHours == Measure())
            #expect(second.carbonMarketGrams == second.carbonLocationGrams)
            #expect(scene.market.exchange.energyCertificate(certificate.id)?.matchedKilowattHours == Measure(455_000))
            #expect(scene.market.replay().state == scene.market.state)
        }
    }

    @Test("annual and hourly matching stay apart, and no energy is counted twice")
    func annual() {
        var scene = GreenScene()
        for hour: Int32 in 2..<5 { scene.trade(2, hour: hour) }
        scene.report(7_200, 1_400_000)
        let year = scene.register(scene.certificate("year", 3_000_000, from: 0, hours: 400, zone: "CN-BJ"))
        let hour = scene.register(scene.certificate("hour", 1_000_000, from: 4))
        #expect(scene.code(scene.retire(hour.id, .hourly, as: scene.market.operatorID)) == nil)
        #expect(scene.code(scene.retire(year.id, .annual)) == nil)
        scene.report(7_200, 1_400_000, hour: 3)
        scene.report(7_200, 1_400_000, hour: 4)
        let found = scene.deliveries.map { $0.carbon ?? CarbonView() }
        #expect(found.map(\.annualMatchedKilowattHours) == [Measure(1_820_000), Measure(1_180_000), Measure()])
        #expect(found.map(\.hourlyMatchedKilowattHours) == [Measure(), Measure(), Measure(1_000_000)])
        #expect(found[0].marketGrams == Measure() && found[0].hourlyMarketGrams == found[0].locationGrams)
        #expect(found[2].marketGrams == Measure(820_000 * 6_361 / 10))
        #expect(scene.market.exchange.energyCertificate(year.id)?.remaining == Measure())
        #expect(scene.market.exchange.energyCertificate(hour.id)?.remaining == Measure())
    }

    @Test("a corrected report gives back what certificates covered too much; that covers other hours of the year")
    func corrected() {
        var scene = GreenScene()
        for hour: Int32 in 2..<5 { scene.trade(2, hour: hour) }
        let year = scene.register(scene.certificate("year", 3_000_000, from: 0, hours: 400))
        let hour = scene.register(scene.certificate("hour", 1_000_000))
        #expect(scene.code(scene.retire(hour.id, .hourly)) == nil && scene.code(scene.retire(year.id, .annual)) == nil)
        scene.market.advance(to: (scene.midnight + 5).start)
        for hour: Int32 in 2..<5 { scene.report(7_200, 1_400_000, hour: hour) }
        func matched(_ scene: GreenScene) -> [[Int64]] {
            scene.deliveries.map { [$0.carbon?.hourlyMatchedKilowattHours.rawValue ?? -1, $0.carbon?.annualMatchedKilowattHours.rawValue ?? -1] }
        }
        func left(_ scene: GreenScene, _ id: EnergyCertificateID) -> Int64? { scene.market.exchange.energyCertificate(id)?.remaining.rawValue }
        // Each hour takes 1.82 kWh at the site.
        #expect(matched(scene) == [[1_000_000, 820_000], [0, 1_820_000], [0, 360_000]])
        #expect(left(scene, year.id) == 0 && left(scene, hour.id) == 0)
        // Half of it: 0.91 kWh are the hour's own, and 0.82 kWh of the year go to the last hour.
        #expect(scene.code(scene.report(7_200, 700_000, replaces: 1)) == nil)
        #expect(matched(scene) == [[910_000, 0], [0, 1_820_000], [0, 1_180_000]])
        #expect(left(scene, year.id) == 0 && left(scene, hour.id) == 90_000)
        #expect(scene.deliveries[0].carbonMarketGrams == Measure() && scene.deliveries[0].carbonLocationGrams == Measure(578_851_000))
        // Nothing at all, and all of it once more: what others took meanwhile stays theirs.
        #expect(scene.code(scene.report(0, 0, replaces: 4)) == nil)
        #expect(left(scene, hour.id) == 1_000_000)
        #expect(scene.code(scene.report(7_200, 1_400_000, replaces: 5)) == nil)
        #expect(matched(scene) == [[1_000_000, 0], [0, 1_820_000], [0, 1_180_000]])
        #expect(scene.market.replay().state == scene.market.state)
    }

    @Test("whatever is reported and corrected, hours and certificates have matched the same energy, no hour more than it took")
    func matchesExactly() throws {
        var random = SeededGenerator(seed: Self.seed)
        for _ in 0..<40 {
            var scene = GreenScene()
            for hour: Int32 in 2..<7 { scene.trade(2, hour: hour) }
            scene.market.advance(to: (scene.midnight + 7).start)
            var standing: [Int32: Int64] = [:]
            var certificates: [EnergyCertificateID] = []
            for step in 0..<30 {
                let hour = Int32(random.next() % 5) + 2
                if random.next() % 3 == 0 {
                    let isHourly = random.next() % 2 == 0
                    let spec = scene.certificate(
                        "\(step)", Int64(random.next() % 2_000_000) + 1, from: isHourly ? hour : 0, hours: isHourly ? 1 : 300)
                    let id = scene.register(spec).id
                    #expect(scene.code(scene.retire(id, isHourly ? .hourly : .annual)) == nil)
                    certificates.append(id)
                } else {
                    let energy = Int64(random.next() % 2_000_000)
                    #expect(scene.code(scene.report(7_200, energy, hour: hour, replaces: standing[hour])) == nil, "seed \(Self.seed)")
                    standing[hour] = scene.sequence
                }
                let carbon = scene.deliveries.compactMap(\.carbon)
                for kind in [EnergyMatching.hourly, .annual] {
                    let hours = carbon.reduce(Int64(0)) {
                        $0 + (kind == .hourly ? $1.hourlyMatchedKilowattHours : $1.annualMatchedKilowattHours).rawValue
                    }
                    let taken = certificates.compactMap { scene.market.exchange.energyCertificate($0) }.filter { $0.matching == kind }
                    #expect(hours == taken.reduce(0) { $0 + $1.matchedKilowattHours.rawValue }, "seed \(Self.seed)")
                    #expect(taken.allSatisfy { $0.remaining >= Measure() && $0.matchedKilowattHours >= Measure() })
                }
                for view in carbon {
                    let all = view.hourlyMatchedKilowattHours.rawValue + view.annualMatchedKilowattHours.rawValue
                    #expect(all <= view.facilityEnergyKilowattHours?.rawValue ?? -1, "seed \(Self.seed)")
                }
            }
            var decoder = BinaryDecoder(scene.market.state)
            let restored = try Exchange(decoding: &decoder)
            #expect(restored.deliveries(of: nil, contract: nil, after: .none, limit: 9).map(\.carbon) == scene.deliveries.map(\.carbon))
        }
    }

    @Test("a certificate is retired once, by its holder or the operator, for a resource of its holder", arguments: 0..<12)
    func refusals(number: Int) {
        let scene = GreenScene()
        let stranger = scene.market.participant("Stranger", .provider)
        let foreign = scene.market.resource(of: stranger, units: 1, site: "Elsewhere")
        let one = scene.register(scene.certificate("one", 1_000_000))
        let abroad = scene.register(scene.certificate("abroad", 1_000_000, zone: "US-IOWA"))
        let long = scene.register(scene.certificate("long", 1_000_000, hours: 2))
        let nearby = scene.register(scene.certificate("nearby", 1_000_000, zone: "CN-BJ"))
        let done = scene.register(scene.certificate("done", 1_000_000))
        #expect(scene.code(scene.retire(done.id, .annual)) == nil)
        let before = scene.market.stateWithoutHeader
        var spec = scene.certificate("new", 1)
        func register() -> RefusalCode? { scene.market.code(.registerEnergyCertificate(spec), as: scene.market.operatorID) }
        let (found, expected): (RefusalCode?, RefusalCode)
        switch number {
        case 0: (found, expected) = (scene.code(scene.retire(done.id, .annual)), .conflict)
        case 1: (found, expected) = (scene.code(scene.retire(one.id, .annual, as: stranger)), .notFound)
        case 2: (found, expected) = (scene.code(scene.retire(one.id, .annual, for: foreign)), .unknownResource)
        case 3: (found, expected) = (scene.code(scene.retire(abroad.id, .annual)), .invalidRequest)
        case 4: (found, expected) = (scene.code(scene.retire(long.id, .hourly)), .invalidRequest)
        case 5: (found, expected) = (scene.code(scene.retire(nearby.id, .hourly)), .invalidRequest)
        case 6: (found, expected) = (scene.code(scene.retire(EnergyCertificateID(99), .annual)), .notFound)
        case 7:
            spec.number = "one"
            (found, expected) = (register(), .conflict)
        case 8:
            spec.energyKilowattHours = Measure(0)
            (found, expected) = (register(), .invalidRequest)
        case 9:
            spec.end = spec.start + 8_784
            (found, expected) = (register(), .invalidRequest)
        case 10:
            spec.participantID = scene.alice
            (found, expected) = (register(), .invalidRequest)
        default: (found, expected) = (scene.market.code(.registerEnergyCertificate(spec), as: scene.provider), .forbidden)
        }
        #expect(found == expected)
        #expect(scene.market.stateWithoutHeader == before)
    }

    @Test("certificates are part of the state: written, read and as before")
    func restores() throws {
        var scene = GreenScene()
        scene.trade(1)
        scene.report(3_600, 700_000)
        let year = scene.register(scene.certificate("year", 3_000_000, from: 0, hours: 400))
        _ = scene.register(scene.certificate("other", 3_000_000))
        _ = scene.retire(year.id, .annual)
        var decoder = BinaryDecoder(scene.market.state)
        let restored = try Exchange(decoding: &decoder)
        var encoder = BinaryEncoder()
        restored.encodeState(into: &encoder)
        #expect(encoder.bytes == scene.market.state)
        #expect(restored.energyCertificates(of: nil, status: .retired, after: .none, limit: 9).count == 1)
        #expect(restored.deliveries(of: nil, contract: nil, after: .none, limit: 9)[0].carbonMarketGrams == Measure())
    }

    @Test("a contract's CO2 has the factor that it was listed under, in quotes and deliveries, whatever is corrected before the report")
    func pinsFactors() throws {
        var scene = GreenScene()
        let contract = ContractKey(product: scene.product, hour: scene.midnight + 3)
        _ = scene.market.place(scene.market.order(.sell, contract, cents(200), 1, resource: scene.resource), as: scene.provider)
        scene.trade(1)
        let bid = scene.market.bid(quantity: 1, hours: 1, from: 3)
        let early = try scene.market.exchange.quote(bid, for: scene.alice)
        #expect(early.carbonGrams == Measure(578_851_000))
        var zone = Zone()
        zone.code = "CN-GAN"
        zone.name = "Gansu"
        zone.country = "CN"
        zone.grid = Grid()
        zone.grid?.gramsPerKilowattHour = Measure(100_000_000)
        #expect(scene.market.code(.correctZone(zone), as: scene.market.operatorID) == nil)
        var computeClass = try #require(scene.market.exchange.catalogue.computeClass(code: "H100-SXM"))
        computeClass.tdpWatts = WholeMeasure(350)
        #expect(scene.market.code(.correctComputeClass(computeClass), as: scene.market.operatorID) == nil)
        let corrected = try scene.market.exchange.quote(bid, for: scene.alice)
        #expect(BinaryEncoder.encode(corrected) == BinaryEncoder.encode(early))
        scene.report(3_600, 700_000)
        #expect(scene.deliveries[0].carbon?.gridGramsPerKilowattHour == Measure(636_100_000))
        #expect(scene.deliveries[0].carbonLocationGrams == Measure(578_851_000))
        // An hour that was listed after the corrections: 350 W × 1.30 × 100 g.
        scene.market.certify(scene.resource, units: 10, from: 900, to: 1_100)
        let late = ContractKey(product: scene.product, hour: scene.midnight + 1_003)
        #expect(
            scene.market.code(scene.market.order(.sell, late, cents(200), 1, resource: scene.resource), as: scene.provider) == nil)
        let after = try scene.market.exchange.quote(scene.market.bid(quantity: 1, hours: 1, from: 1_000), for: scene.alice)
        #expect(after.legs.first?.contract == late && after.carbonGrams == Measure(45_500_000))
        #expect(scene.market.replay().state == scene.market.state)
    }

    @Test("a quote shows both figures")
    func quotes() throws {
        let scene = GreenScene()
        let contract = ContractKey(product: scene.product, hour: scene.midnight + 2)
        _ = scene.market.place(scene.market.order(.sell, contract, cents(200), 4, resource: scene.resource), as: scene.provider)
        let bid = scene.market.bid(quantity: 4, hours: 1, from: 2)
        var quote = try scene.market.exchange.quote(bid, for: scene.alice)
        #expect(quote.carbonGrams == Measure(4 * 578_851_000) && quote.carbonMarketGrams == quote.carbonGrams)
        let year = scene.register(scene.certificate("year", 1_820_000, from: 0, hours: 400))
        _ = scene.retire(year.id, .annual)
        quote = try scene.market.exchange.quote(bid, for: scene.alice)
        #expect(quote.carbonGrams == Measure(4 * 578_851_000) && quote.carbonMarketGrams == Measure(2 * 578_851_000))
    }
}
