import Exchange
import Matching
import Quantities
import Registry
import TestSupport
import Testing

@Suite("Outages, maintenance and acceptance")
struct OutageTests {
    private func declare(_ pit: Pit, units: Quantity, from: Int32, to: Int32, _ kind: OutageKind? = nil) -> Reply {
        var body = OutageSpec()
        body.start = pit.midnight + from
        body.end = pit.midnight + to
        body.units = units
        body.reason = "cooling"
        body.kind = kind
        return pit.market.apply(.declareOutage(DeclareOutage(resource: pit.resource, body: body)), as: pit.provider).reply
    }

    private func outage(_ reply: Reply) -> OutageView? { if case .outage(let view) = reply { view } else { nil } }

    @Test("an outage over hours that are sold names what it breaks: all deliveries of an hour that lacks units, and no other")
    func breaks() throws {
        let pit = Pit(units: 10)
        pit.trade(cents(200), 4, to: pit.alice, hour: 2)
        pit.trade(cents(200), 3, to: pit.bob, hour: 2)
        pit.trade(cents(200), 4, to: pit.alice, hour: 3)
        let none = try #require(outage(declare(pit, units: 3, from: 2, to: 5)))
        #expect(none.breaks.isEmpty && none.breaksTotal == 0)
        let some = try #require(outage(declare(pit, units: 1, from: 1, to: 5)))
        #expect(some.breaksTotal == 2)
        #expect(some.breaks.map(\.contract) == [pit.contract(2), pit.contract(2)])
        #expect(some.breaks.map(\.quantity) == [4, 3] && some.breaks.map(\.missing) == [1, 1])
        #expect(some.breaks.allSatisfy { $0.deliveryID == nil && !$0.allocationID.isNone })
        // Sold units stay sold; after the gate they are deliveries.
        pit.advance(minutes: 105)
        let closed = try #require(outage(declare(pit, units: 10, from: 2, to: 4)))
        #expect(closed.breaks.map { $0.deliveryID != nil } == [true, true, false])
        #expect(closed.breaks.map(\.missing) == [7, 7, 4])
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
        #expect(pit.market.replay().state == pit.market.state)
    }

    @Test("maintenance takes hours off sale, and never hours that are sold")
    func maintenance() throws {
        let pit = Pit(units: 10)
        pit.trade(cents(200), 4, to: pit.alice, hour: 2)
        let before = pit.market.stateWithoutHeader
        guard case .refused(let refusal) = declare(pit, units: 7, from: 1, to: 3, .maintenance) else {
            Issue.record("maintenance over sold hours")
            return
        }
        #expect(refusal.code == .conflict && refusal.field == "start")
        #expect(pit.market.stateWithoutHeader == before)
        #expect(outage(declare(pit, units: 6, from: 1, to: 3, .maintenance))?.spec.kind == .maintenance)
        #expect(outage(declare(pit, units: 10, from: 3, to: 6, .maintenance))?.breaksTotal == 0)
        #expect(pit.market.code(pit.market.order(.sell, pit.contract(4), cents(200), 1, resource: pit.resource), as: pit.provider) == .insufficientCapacity)
        pit.sell(cents(200), 10, hour: 6)
    }

    @Test("a site's maintenance windows are off sale from the registration on")
    func windows() throws {
        let pit = Pit()
        let market = pit.market
        let resource = market.resource(of: pit.provider, units: 8, site: "S") {
            var all = MaintenanceWindow()
            all.start = pit.midnight + 4
            all.end = pit.midnight + 6
            var part = all
            part.start = pit.midnight + 5
            part.end = pit.midnight + 7
            part.units = 3
            $0.site?.maintenance = [all, part]
            $0.site?.powerKilowatts = Measure(12_500_000_000)
        }
        let free = (Int32(3)..<8).map { market.units(resource, pit.midnight + $0).free }
        #expect(free == [8, 0, 0, 5, 8])
        var spec = ResourceSpec()
        spec.computeClass = "H100-SXM"
        spec.zone = "CN-GAN"
        spec.units = 8
        spec.site = SiteFacts(name: "S")
        func field(_ change: (inout MaintenanceWindow) -> Void) -> String? {
            var window = MaintenanceWindow()
            window.start = Hour(1)
            window.end = Hour(2)
            change(&window)
            spec.site?.maintenance = [window]
            return market.refusal(.registerResource(spec), as: pit.provider)?.field
        }
        #expect(field { $0.units = 9 } == "site.maintenance[0].units")
        #expect(field { $0.units = 0 } == "site.maintenance[0].units")
        #expect(field { $0.end = Hour(1) } == "site.maintenance[0].end")
        #expect(market.replay().state == market.state)
    }

    @Test("acceptance is held against the class's floor and against its rating, each by its field")
    func acceptance() throws {
        let pit = Pit()
        let market = pit.market
        var computeClass = try #require(market.exchange.catalogue.computeClass(code: "H100-SXM"))
        var rated = RatedThroughput()
        rated.bf16 = Measure(989_000_000)
        computeClass.tflops = rated
        computeClass.memoryBandwidthGigabytesPerSecond = WholeMeasure(3_350)
        var floor = AcceptanceResults()
        floor.gemmTflops = Measure(600_000_000)
        floor.memoryGigabytesPerSecond = Measure(2_800_000_000)
        floor.allReduceGigabytesPerSecond = Measure(350_000_000)
        computeClass.acceptanceFloor = floor
        #expect(market.code(.correctComputeClass(computeClass), as: market.operatorID) == nil)
        var good = floor
        good.gemmTflops = Measure(1_038_450_000)
        good.memoryGigabytesPerSecond = Measure(3_517_500_000)
        func field(_ results: AcceptanceResults?, units: Quantity = 8) -> String? {
            var body = Certification()
            body.units = units
            body.validFrom = pit.midnight
            body.validUntil = pit.midnight + 10
            body.acceptance = results
            return market.refusal(.certifyResource(CertifyResource(resource: pit.resource, certification: body)), as: market.operatorID)?.field
        }
        func changed(_ change: (inout AcceptanceResults) -> Void) -> AcceptanceResults {
            var copy = good
            change(&copy)
            return copy
        }
        #expect(field(nil) == "acceptance.gemm_tflops")
        #expect(field(changed { $0.gemmTflops = Measure(599_999_999) }) == "acceptance.gemm_tflops")
        #expect(field(changed { $0.gemmTflops = Measure(1_038_450_001) }) == "acceptance.gemm_tflops")
        #expect(field(changed { $0.memoryGigabytesPerSecond = nil }) == "acceptance.memory_gb_s")
        #expect(field(changed { $0.memoryGigabytesPerSecond = Measure(2_799_999_999) }) == "acceptance.memory_gb_s")
        #expect(field(changed { $0.memoryGigabytesPerSecond = Measure(3_517_500_001) }) == "acceptance.memory_gb_s")
        #expect(field(changed { $0.allReduceGigabytesPerSecond = Measure(349_999_999) }) == "acceptance.all_reduce_gb_s")
        #expect(field(good) == nil && field(floor) == nil)
        #expect(field(nil, units: 0) == nil)
    }

    @Test("changed hardware is a new identifier: the old one retires for ever, and its sells with it")
    func replacement() throws {
        let pit = Pit()
        let market = pit.market
        pit.trade(cents(200), 2, to: pit.alice)
        let sell = pit.sell(cents(250), 5, hour: 4).order.id
        let old = try #require(market.exchange.resource(pit.resource))
        var spec = old.spec
        spec.replaces = pit.resource
        spec.kind = .supercomputing
        #expect(market.code(.registerResource(spec), as: market.participant("Other", .provider)) == .unknownResource)
        guard case .resource(let new) = market.apply(.registerResource(spec), as: pit.provider).reply else {
            Issue.record("no new resource")
            return
        }
        #expect(new.cri != old.cri && new.cri.parts?.kind == .supercomputing)
        #expect(market.exchange.resource(pit.resource)?.status == .retired)
        #expect(pit.order(sell).reason == .capacityReduced)
        #expect(market.exchange.successor(of: pit.resource)?.id == new.id)
        #expect(market.exchange.resource(cri: old.cri.text)?.status == .retired)
        #expect(market.code(.registerResource(spec), as: pit.provider) == .conflict)
        #expect(market.units(pit.resource, pit.midnight + 2).sold == 2)
        #expect(market.replay().state == market.state)
    }

    @Test("every kind of computing has identifiers of its own", arguments: CRI.Kind.allCases)
    func kinds(kind: CRI.Kind) throws {
        let pit = Pit()
        var spec = ResourceSpec()
        spec.computeClass = "H100-SXM"
        spec.zone = "CN-GAN"
        spec.units = 1
        spec.kind = kind
        guard case .resource(let resource) = pit.market.apply(.registerResource(spec), as: pit.provider).reply else {
            Issue.record("no resource of kind \(kind)")
            return
        }
        #expect(resource.cri.parts?.kind == kind && resource.cri.isVerified)
        #expect(resource.cri.parts?.serial == (kind == .intelligent ? "000002" : "000001"))
        #expect(pit.market.exchange.resource(cri: resource.cri.compact)?.id == resource.id)
    }
}
