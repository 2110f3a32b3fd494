import Exchange
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Capacity")
struct CapacityTests {
    @Test("certified less outages, sold and on offer is all that can be offered")
    func oversell() {
        let pit = Pit(units: 10)
        pit.trade(cents(200), 3, to: pit.alice)
        pit.sell(cents(250), 4)
        pit.market.outage(pit.resource, units: 2, from: 2, to: 3)
        let hour = pit.contract().hour
        let units = pit.market.units(pit.resource, hour)
        #expect([units.certified, units.outage, units.sold, units.onOffer, units.free] == [10, 2, 3, 4, 1])
        let two = pit.market.order(.sell, pit.contract(), cents(250), 2, resource: pit.resource)
        #expect(pit.market.code(two, as: pit.provider) == .insufficientCapacity)
        #expect(pit.market.code(.postOffer(pit.market.offer(of: pit.resource, 2, at: cents(250), from: 2, hours: 1)), as: pit.provider)
            == .insufficientCapacity)
        #expect(pit.sell(cents(250), 1).order.status == .open)
    }

    @Test("a reduction cancels open sells newest first until they fit; sold units stay sold", arguments: ["outage", "certification", "retirement"])
    func reductions(kind: String) throws {
        let pit = Pit(units: 20)
        pit.trade(cents(200), 5, to: pit.alice)
        let oldest = pit.sell(cents(260), 4).order.id
        let middle = pit.sell(cents(250), 4).order.id
        var stop = pit.market.order(.sell, pit.contract(), cents(100), 4, resource: pit.resource)
        stop.type = .stopLimit
        stop.stopPrice = cents(100)
        let newest = try pit.market.place(stop, as: pit.provider).get().order.id
        let elsewhere = pit.sell(cents(250), 20, hour: 5).order.id
        let hour = pit.contract().hour
        switch kind {
        case "outage":
            pit.market.outage(pit.resource, units: 3, from: 2, to: 3)
            #expect(pit.order(newest).status == .pendingTrigger, "17 are certified, 17 are sold or on offer")
            pit.market.outage(pit.resource, units: 8, from: 1, to: 4)
        case "certification":
            pit.market.certify(pit.resource, units: 17, from: 2, to: 3)
            #expect(pit.order(newest).status == .pendingTrigger)
            pit.market.certify(pit.resource, units: 9, from: 2, to: 3)
        default:
            pit.market.apply(.retireResource(RetireResource(pit.resource)), as: pit.provider)
        }
        #expect(pit.order(newest).reason == .capacityReduced && pit.order(newest).status == .cancelled)
        #expect(pit.order(middle).reason == .capacityReduced)
        #expect((pit.order(oldest).status == .open) == (kind != "retirement"))
        #expect((pit.order(elsewhere).status == .open) == (kind != "retirement"))
        #expect(pit.market.units(pit.resource, hour).sold == 5)
        if kind != "retirement" { pit.market.outage(pit.resource, units: 20, from: 2, to: 3) }
        #expect(pit.order(oldest).reason == .capacityReduced)
        #expect(pit.market.units(pit.resource, hour).free == 0)
        let one = pit.market.order(.sell, pit.contract(), cents(250), 1, resource: pit.resource)
        #expect(pit.market.code(one, as: pit.provider) == (kind == "retirement" ? .unknownResource : .insufficientCapacity))
        #expect(pit.market.balance(pit.provider).reserved == (kind == "retirement" ? .zero : Micros(15_000_000)))
        pit.advance(minutes: 105)
        #expect(pit.market.exchange.deliveries(of: nil, contract: nil, after: DeliveryID(0), limit: 9).map(\.quantity) == [5])
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("overlapping outages add, and take no more than is certified")
    func overlappingOutages() {
        let pit = Pit(units: 10)
        pit.market.outage(pit.resource, units: 6, from: 2, to: 4)
        pit.market.outage(pit.resource, units: 6, from: 3, to: 5)
        let outages = pit.market.exchange.capacity(pit.resource, from: pit.midnight + 1, to: pit.midnight + 6).map(\.outage)
        #expect(outages == [0, 6, 10, 6, 0])
    }

    @Test("an hour without certification, or of a resource of another class, cannot be offered")
    func uncertified() {
        let pit = Pit()
        let other = pit.market.product("MI300X")
        let key = ContractKey(product: other, hour: pit.midnight + 2)
        #expect(pit.market.code(pit.market.order(.sell, key, cents(200), 1, resource: pit.resource), as: pit.provider) == .insufficientCapacity)
        var spec = ResourceSpec()
        spec.computeClass = "H100-SXM"
        spec.zone = "CN-GAN"
        spec.units = 4
        guard case .resource(let pending) = pit.market.apply(.registerResource(spec), as: pit.provider).reply else {
            Issue.record("not registered")
            return
        }
        #expect(pit.market.code(pit.market.order(.sell, pit.contract(), cents(200), 1, resource: pending.id), as: pit.provider)
            == .insufficientCapacity)
        pit.market.certify(pending.id, units: 4, from: 2, to: 3)
        #expect(pit.market.code(pit.market.order(.sell, pit.contract(), cents(200), 4, resource: pending.id), as: pit.provider) == nil)
        #expect(pit.market.code(pit.market.order(.sell, pit.contract(3), cents(200), 1, resource: pending.id), as: pit.provider)
            == .insufficientCapacity)
    }

    @Test("no order of offers, orders, outages, certifications and trades sells more than is certified at the time")
    func randomEvents() {
        let seed = UInt64.random(in: 1...UInt64(Int64.max))
        print("capacity: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
        let pit = Pit(units: 30)
        for step in 0..<1_500 {
            let hour = Int32(2 + below(4))
            let quantity = Quantity(1 + below(12))
            let before = pit.market.units(pit.resource, pit.midnight + hour)
            switch below(7) {
            case 0, 1:
                let spec = pit.market.order(.sell, pit.contract(hour), cents(Int64(190 + below(20))), quantity, resource: pit.resource)
                if pit.market.code(spec, as: pit.provider) == nil { #expect(quantity <= before.free, "seed \(seed), step \(step)") }
            case 2:
                var spec = pit.market.offer(of: pit.resource, quantity, at: cents(200), from: hour, hours: 2)
                spec.skipUnavailable = below(2) == 0
                _ = pit.market.offer(spec, as: pit.provider)
            case 3: _ = pit.market.place(pit.market.order(.buy, pit.contract(hour), cents(Int64(190 + below(20))), quantity), as: pit.alice)
            case 4: pit.market.outage(pit.resource, units: Quantity(1 + below(3)), from: hour, to: hour + 1)
            case 5: pit.market.certify(pit.resource, units: Quantity(below(31)), from: hour, to: hour + 1 + Int32(below(3)))
            default: _ = pit.market.place(pit.market.order(.sell, pit.contract(hour), cents(200), quantity), as: pit.alice)
            }
            for units in pit.market.exchange.capacity(pit.resource, from: pit.midnight + 2, to: pit.midnight + 8) {
                let certified = units.certified - units.outage
                if units.onOffer > 0 { #expect(units.onOffer + units.sold <= certified, "seed \(seed), step \(step)") }
            }
            let after = pit.market.units(pit.resource, pit.midnight + hour)
            if after.sold > before.sold { #expect(after.sold <= before.certified - before.outage, "seed \(seed), step \(step)") }
        }
        #expect(pit.market.exchange.firstBrokenInvariant() == nil, "seed \(seed)")
    }

    @Test("only its provider or an operator reduces a resource")
    func whoReduces() {
        let pit = Pit()
        let other = pit.market.participant("Other", .provider)
        var body = OutageSpec()
        body.start = pit.midnight + 2
        body.end = pit.midnight + 3
        body.units = 1
        body.reason = "broken"
        for (issuer, code) in [(other, RefusalCode.notFound), (pit.alice, .forbidden), (pit.provider, nil), (pit.market.operatorID, nil)] {
            #expect(pit.market.code(.declareOutage(DeclareOutage(resource: pit.resource, body: body)), as: issuer) == code)
        }
        #expect(pit.market.code(.retireResource(RetireResource(pit.resource)), as: other) == .notFound)
        #expect(pit.market.code(.retireResource(RetireResource(pit.resource)), as: pit.provider) == nil)
        #expect(pit.market.code(.retireResource(RetireResource(pit.resource)), as: pit.provider) == .conflict)
    }
}
