import Exchange
import Quantities
import Registry
import TestSupport
import Testing

@Suite("Corrections of the catalogue")
struct CatalogueCorrectionTests {
    private func zone(_ grams: Int64) -> Zone {
        var zone = Zone()
        zone.code = "CN-GAN"
        zone.name = "CN-GAN"
        zone.country = "CN"
        var grid = Grid()
        grid.gramsPerKilowattHour = Measure(grams * 1_000_000)
        zone.grid = grid
        return zone
    }

    @Test("contracts show the version that they were listed under; new ones get the new one")
    func pins() throws {
        let pit = Pit()
        let market = pit.market
        let first = market.exchange.catalogue.version
        #expect(market.exchange.contract(pit.contract(2))?.catalogueVersion == first)
        pit.advance(minutes: 90)
        #expect(market.code(.correctZone(zone(404)), as: market.operatorID) == nil)
        #expect(market.exchange.catalogue.version == first + 1)
        #expect(market.exchange.contract(pit.contract(2))?.catalogueVersion == first)
        // Listed at 01:00, before the correction, and at 02:00, after it.
        pit.advance(minutes: 180)
        #expect(market.exchange.contract(pit.contract(1_001))?.catalogueVersion == first)
        #expect(market.exchange.contract(pit.contract(1_002))?.catalogueVersion == first + 1)
        #expect(market.exchange.catalogue.zone(of: pit.contract(1_001)).grid == nil)
        #expect(market.exchange.catalogue.zone(of: pit.contract(1_002)) == zone(404))
        #expect(market.replay().state == market.state)
    }

    @Test("a correction leaves old settlements as they are, byte for byte")
    func settlements() throws {
        func run(correcting: Bool) throws -> [[UInt8]] {
            let pit = Pit()
            let market = pit.market
            pit.trade(cents(200), 8, to: pit.alice)
            pit.advance(minutes: 180)
            pit.report(delivered: 8 * 1_800)
            if correcting {
                var computeClass = ComputeClass()
                computeClass.code = "H100-SXM"
                computeClass.vendor = "vendor"
                computeClass.model = "corrected"
                computeClass.memoryGigabytes = WholeMeasure(40)
                computeClass.abi = "rocm"
                #expect(market.code(.correctComputeClass(computeClass), as: market.operatorID) == nil)
                #expect(market.code(.correctZone(zone(404)), as: market.operatorID) == nil)
            }
            pit.advance(minutes: 300)
            let settled = market.events(since: 0).compactMap { event -> [UInt8]? in
                switch event.event {
                case .delivery(let delivery): BinaryEncoder.encode(delivery)
                case .transfer(let transfer): BinaryEncoder.encode(transfer)
                default: nil
                }
            }
            #expect(settled.count > 1)
            return settled + [BinaryEncoder.encode(try #require(market.exchange.delivery(DeliveryID(1))))]
        }
        #expect(try run(correcting: true) == run(correcting: false))
    }

    /// A product whose hours are listed 6 hours ahead, corrected at 00:30 from `cuda` to `rocm` and from 100 to 900 g/kWh. Now it is
    /// 01:00, the hour that begins at 07:00 is the first with the new facts, and one resource asks for 02:00 to 08:00.
    private struct Corrected {
        let market = Market()
        let buyer: ParticipantID
        let resource: ResourceID
        let midnight: Hour
        let product: ProductID

        static func zone(_ grams: Int64) -> Zone {
            var zone = Zone()
            zone.code = "CN-GAN"
            zone.name = "CN-GAN"
            zone.country = "CN"
            zone.grid = Grid()
            zone.grid?.gramsPerKilowattHour = Measure(grams * 1_000_000)
            return zone
        }

        static func computeClass(_ abi: String) -> ComputeClass {
            var computeClass = ComputeClass()
            computeClass.code = "H100-SXM"
            computeClass.vendor = "vendor"
            computeClass.model = "model"
            computeClass.tdpWatts = WholeMeasure(1_000)
            computeClass.abi = abi
            return computeClass
        }

        init() throws {
            midnight = Hour(containing: market.now)
            let provider = market.participant("Provider", .provider)
            buyer = market.participant("Buyer", .consumer)
            for id in [provider, buyer] { market.deposit(100_000, to: id) }
            #expect(market.code(.addZone(Self.zone(100)), as: market.operatorID) == nil)
            #expect(market.code(.addComputeClass(Self.computeClass("cuda")), as: market.operatorID) == nil)
            product = market.product(horizon: 6)
            resource = market.resource(of: provider, units: 8, site: "S") { $0.site?.pue = Measure(1_000_000) }
            market.advance(to: midnight.start.advanced(minutes: 30))
            #expect(market.code(.correctZone(Self.zone(900)), as: market.operatorID) == nil)
            #expect(market.code(.correctComputeClass(Self.computeClass("rocm")), as: market.operatorID) == nil)
            market.advance(to: midnight.start.advanced(minutes: 60))
            _ = try market.offer(market.offer(of: resource, 8, at: cents(200), from: 1, hours: 6), as: provider).get()
        }

        /// A bid for one device, so many hours in a row from 02:00 to 08:00.
        func bid(_ hours: Int32, _ placement: Placement = .sameResource, _ change: (inout Requirements) -> Void) -> BidSpec {
            var spec = market.bid(quantity: 1, hours: hours, from: 1, window: 6, placement: placement)
            change(&spec.requirements)
            return spec
        }
    }

    @Test("hours that were listed before a correction are found by what they were listed under, wherever the bid may be served")
    func pinnedHours() throws {
        let scene = try Corrected()
        let market = scene.market
        for placement in Placement.allCases {
            let old = try market.exchange.quote(scene.bid(5, placement) { $0.abi = "cuda" }, for: scene.buyer)
            #expect(old.feasible && old.start == scene.midnight + 2 && old.excluded.isEmpty, "\(placement)")
            #expect(try !market.exchange.quote(scene.bid(6, placement) { $0.abi = "cuda" }, for: scene.buyer).feasible, "\(placement)")
            let new = try market.exchange.quote(scene.bid(1, placement) { $0.abi = "rocm" }, for: scene.buyer)
            #expect(new.feasible && new.start == scene.midnight + 7, "\(placement)")
            #expect(try !market.exchange.quote(scene.bid(2, placement) { $0.abi = "rocm" }, for: scene.buyer).feasible, "\(placement)")
            #expect(try market.exchange.quote(scene.bid(6, placement) { _ in }, for: scene.buyer).feasible, "\(placement)")
            // No hour of the window passes: the product is left out, with its reason.
            let none = try market.exchange.quote(scene.bid(1, placement) { $0.abi = "cann" }, for: scene.buyer)
            #expect(none.excluded.map(\.reason) == ["abi_differs"] && none.excluded[0].resourceID == nil, "\(placement)")
        }
        let filled = try market.bid(scene.bid(5) { $0.abi = "cuda" }, as: scene.buyer).get()
        #expect(filled.status == .filled && filled.start == scene.midnight + 2)
        #expect(market.replay().state == market.state)
    }

    @Test("a resource's carbon is that of the hour's listing, and a bid that stands takes only hours whose facts meet it")
    func pinnedFacts() throws {
        let scene = try Corrected()
        let market = scene.market
        func green(_ hours: Int32, _ grams: Int64) -> BidSpec {
            scene.bid(hours) { $0.maxGramsPerDeviceHour = Measure(grams * 1_000_000) }
        }
        #expect(try market.exchange.quote(green(5, 100), for: scene.buyer).start == scene.midnight + 2)
        #expect(try !market.exchange.quote(green(6, 100), for: scene.buyer).feasible)
        #expect(try market.exchange.quote(green(6, 900), for: scene.buyer).feasible)
        let none = try market.exchange.quote(green(1, 99), for: scene.buyer)
        #expect(none.excluded.map(\.reason) == ["carbon_too_high"] && none.excluded[0].resourceID == scene.resource)
        // Wanted is more than the resource has left in the old hours.
        _ = try market.bid(scene.bid(5) { $0.abi = "cuda" }, as: scene.buyer).get()
        var standing = green(1, 100)
        standing.quantity = 8
        standing.standing = true
        let id = try market.bid(standing, as: scene.buyer).get().id
        #expect(market.exchange.bid(id)?.status == .standing)
        let provider = try #require(market.exchange.resource(scene.resource)).providerID
        let second = market.resource(of: provider, units: 8, site: "T") { $0.site?.pue = Measure(1_000_000) }
        _ = try market.offer(market.offer(of: second, 8, at: cents(200), from: 6, hours: 1), as: provider).get()
        #expect(market.exchange.bid(id)?.status == .standing)
        _ = try market.offer(market.offer(of: second, 8, at: cents(200), from: 3, hours: 1), as: provider).get()
        #expect(market.exchange.bid(id)?.status == .filled && market.exchange.bid(id)?.start == scene.midnight + 4)
        #expect(market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("an hourly bid has its product where each of its hours was listed with what is asked")
    func pinnedHourly() throws {
        let scene = try Corrected()
        let market = scene.market
        func hourly(from start: Int32, _ hours: Int32, _ abi: String) -> BidSpec {
            var spec = market.bid(quantity: 1, hours: hours, from: start)
            spec.fill = .hourly
            spec.requirements.abi = abi
            return spec
        }
        #expect(market.bid(hourly(from: 1, 6, "cuda"), as: scene.buyer).refusal?.field == "requirements")
        #expect(market.bid(hourly(from: 1, 5, "rocm"), as: scene.buyer).refusal?.field == "requirements")
        #expect(try market.bid(hourly(from: 1, 5, "cuda"), as: scene.buyer).get().status == .filled)
        #expect(try market.bid(hourly(from: 6, 1, "rocm"), as: scene.buyer).get().status == .filled)
        #expect(market.replay().state == market.state)
    }

    @Test("only operators correct, and only what is there; a refusal changes nothing")
    func refusals() {
        let pit = Pit()
        let market = pit.market
        let before = market.stateWithoutHeader
        var other = zone(1)
        other.code = "CN-XXX"
        #expect(market.code(.correctZone(zone(1)), as: pit.alice) == .forbidden)
        #expect(market.code(.correctZone(other), as: market.operatorID) == .notFound)
        #expect(market.code(.correctZone(Zone()), as: market.operatorID) == .invalidRequest)
        #expect(market.code(.correctComputeClass(ComputeClass()), as: market.operatorID) == .invalidRequest)
        #expect(market.code(.setNetworkPath(NetworkPath()), as: market.operatorID) == .invalidRequest)
        #expect(market.code(.setNetworkPath(NetworkPath(from: "CN-GAN", to: "CN-XXX", facts: NetworkPathFacts())), as: market.operatorID) == .notFound)
        #expect(market.code(.setNetworkPath(NetworkPath(from: "CN-GAN", to: "CN-GAN", facts: NetworkPathFacts())), as: pit.provider) == .forbidden)
        #expect(market.stateWithoutHeader == before)
    }
}
