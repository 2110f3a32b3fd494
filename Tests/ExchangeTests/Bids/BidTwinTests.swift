import Exchange
import Foundation
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Whole bids against their naive twin")
struct BidTwinTests {
    /// Few prices and quantities, so that ties are common; sites, owners, icebergs, blocks, nodes, resales.
    private func scene(_ random: inout SeededGenerator) -> (market: Market, buyers: [ParticipantID]) {
        func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
        let market = Market()
        market.checkEvery = 0
        let rates: [(BasisPoints, BasisPoints)] = [(10, 30), (0, 0), (-10, 50), (30, -20)]
        var products: [ProductID] = []
        for (code, zone) in [("B200", "CN-GAN"), ("A100", "CN-GAN"), ("B200", "US-IOWA")] {
            let (maker, taker) = rates[below(rates.count)]
            products.append(market.product(code, zone, maker: maker, taker: taker))
        }
        products.append(nodes(market))
        let sister = market.participant("Sister", .provider, .consumer)
        let buyers = [market.participant("One", .consumer), market.participant("Two", .consumer, owner: sister)]
        for buyer in buyers + [sister] { market.deposit(100_000, to: buyer) }
        var resources: [(ResourceID, ParticipantID, ProductID)] = []
        for number in 0..<5 {
            let provider = number == 0 ? sister : market.participant("Provider \(number)", .provider)
            if number > 0 { market.deposit(100_000, to: provider) }
            for _ in 0..<(1 + below(2)) {
                let place = below(4)
                let product = market.exchange.catalogue.products[place]
                let id = market.resource(
                    of: provider, units: 200, site: below(2) == 0 ? "North" : "South", product.computeClass, product.zone
                ) { spec in
                    guard place == 3 else { return }
                    spec.node = NodeFacts()
                    spec.node?.devicesPerNode = 2
                }
                resources.append((id, provider, products[place]))
            }
        }
        // Positions to sell on, bought before anything else stands.
        for (resource, provider, product) in resources {
            for hour in 2..<7 as Range<Int32> where below(3) == 0 {
                let contract = market.contract(product, in: hour)
                _ = market.place(market.order(.sell, contract, cents(200), 4, resource: resource), as: provider)
                _ = market.place(market.order(.buy, contract, cents(200), 4, .ioc), as: buyers[0])
            }
        }
        for _ in 0..<40 {
            let (resource, provider, product) = resources[below(resources.count)]
            let contract = market.contract(product, in: Int32(2 + below(5)))
            var spec = market.order(.sell, contract, cents(Int64(198 + below(5))), Quantity(1 + below(6)), resource: resource)
            if below(4) == 0 { spec.displayQuantity = 1 }
            if below(6) == 0 {
                spec.resourceID = nil
                _ = market.place(spec, as: buyers[0])
            } else {
                _ = market.place(spec, as: provider)
            }
        }
        for _ in 0..<8 {
            let (resource, provider, _) = resources[below(resources.count)]
            var offer = market.offer(
                of: resource, Quantity(2 + below(5)), at: cents(Int64(197 + below(5))), from: Int32(2 + below(3)), hours: Int32(1 + below(3)))
            if below(2) == 0 { offer.minQuantity = Quantity(1 + below(Int(offer.quantity))) }
            if below(2) == 0 { offer.minHours = Int32(1 + below(Int(offer.end - offer.start))) }
            _ = market.offer(offer, as: provider)
        }
        return (market, buyers)
    }

    /// A product of whole nodes of 2 devices, in a zone of its own.
    private func nodes(_ market: Market) -> ProductID {
        var zone = Zone()
        (zone.code, zone.name, zone.country) = ("US-OHIO", "Ohio", "US")
        market.apply(.addZone(zone), as: market.operatorID)
        var grade = Grade()
        grade.code = "NODE"
        grade.guarantees.devicesPerNode = 2
        market.apply(.addGrade(grade), as: market.operatorID)
        var terms = ProductTerms()
        terms.computeClass = "B200"
        terms.zone = "US-OHIO"
        terms.grade = "NODE"
        terms.currency = Currency(unchecked: "USD")
        terms.tickSize = Price(10_000)
        terms.lotSize = 1
        terms.makerFee = 10
        terms.takerFee = 30
        terms.priceBand = 5_000
        terms.referencePrice = Price(2_000_000)
        terms.horizonHours = 1_000
        guard case .product(let product) = market.apply(.addProduct(terms), as: market.operatorID).reply else {
            preconditionFailure("no product of nodes")
        }
        return product.id
    }

    private func bid(_ random: inout SeededGenerator, _ market: Market) -> BidSpec {
        func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
        let hours = Int32(1 + below(3))
        var spec = market.bid(
            quantity: Quantity(1 + below(7)), hours: hours, from: Int32(2 + below(3)), window: hours + Int32(below(3)),
            limit: cents(Int64(197 + below(6))), placement: [nil, .sameResource, .sameSite, .any][below(4)])
        if below(4) == 0 {
            spec.limitPrice = nil
            spec.maxTotal = Micros(Int64(below(80)) * 1_000_000 + 1)
        }
        switch below(4) {
        case 0: spec.requirements.classes = ["B200"]
        case 1: spec.requirements.zones = ["CN-GAN"]
        case 2: spec.requirements.products = ["B200.US-IOWA", "A100.CN-GAN"]
        default: break
        }
        if below(5) == 0 {
            spec.requirements = Requirements()
            spec.requirements.devicesPerNode = 2
            spec.quantity = Quantity(2 + below(6))
        }
        return spec
    }

    @Test("quote and bid find the cheapest plan that trying everything finds, and take exactly its fills")
    func twins() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        let markets = environment["SUANPAN_BID_MARKETS"].flatMap { Int($0) } ?? 40
        print("bids: seed \(seed), \(markets) markets (SUANPAN_SEED, SUANPAN_BID_MARKETS)")
        var random = SeededGenerator(seed: seed)
        var filled = 0
        var unfilled = 0
        var alternatives = 0
        var nodes = 0
        for number in 0..<markets {
            let (market, buyers) = scene(&random)
            for step in 0..<12 {
                let spec = bid(&random, market)
                let buyer = buyers[Int(random.next() % 2)]
                let place = "seed \(seed), market \(number), bid \(step)"
                let search = NaiveBidSearch(market)
                let expected = search.best(spec, for: buyer)
                let feasible = expected.map { search.keepsLimit($0, spec) } ?? false
                let quote = try market.exchange.quote(spec, for: buyer)
                #expect(quote.feasible == feasible, "\(place)")
                #expect(quote.product == expected?.product && quote.start == expected?.start, "\(place)")
                #expect(quote.cost?.rawValue == expected?.cost && quote.fees?.rawValue == expected?.fees, "\(place)")
                #expect(quote.resourceID == expected?.resource, "\(place)")
                let legs = quote.legs.map { NaiveBidSearch.Fill(contract: $0.contract, price: $0.price, quantity: $0.quantity) }
                #expect(legs == expected?.fills ?? [], "\(place)")
                let others = search.plans(spec, for: buyer).sorted(by: NaiveBidSearch.isBetter).prefix(11)
                    .filter { $0.cost != expected?.cost || $0.fees != expected?.fees || $0.start != expected?.start || $0.code != expected?.code }
                let shown = quote.alternatives.filter {
                    $0.cost != quote.cost || $0.fees != quote.fees || $0.start != quote.start || $0.product != quote.product
                }
                #expect(shown.map(\.cost.rawValue) == others.prefix(10).map(\.cost), "\(place)")
                #expect(shown.map(\.start) == others.prefix(10).map(\.start), "\(place)")
                #expect(shown.map(\.product) == others.prefix(10).map(\.product), "\(place)")
                #expect(shown.map(\.resourceID) == others.prefix(10).map(\.resource), "\(place)")
                alternatives += shown.count

                // The quoted bid does what was quoted.
                let view = try market.bid(feasible ? quote.bid ?? spec : spec, as: buyer).get()
                #expect((view.status == .filled) == feasible, "\(place)")
                if feasible {
                    filled += 1
                    if spec.requirements.devicesPerNode != nil { nodes += 1 }
                    #expect(view.cost == quote.cost && view.fees == quote.fees && view.start == quote.start, "\(place)")
                    #expect(view.product == quote.product && view.averagePrice == quote.averagePrice, "\(place)")
                    let fills = view.legs.flatMap { leg in
                        leg.trades.map { NaiveBidSearch.Fill(contract: leg.contract, price: $0.price, quantity: $0.quantity) }
                    }
                    #expect(fills == legs, "\(place)")
                } else {
                    unfilled += 1
                    #expect(view.status == .unfilled && view.legs.isEmpty && view.allocationID == nil, "\(place)")
                    #expect(view.bestAvailable?.cost.rawValue == expected?.cost, "\(place)")
                }
                // Nothing is sold twice, and money is where it was or with somebody else.
                #expect(market.exchange.firstBrokenInvariant() == nil, "\(place)")
            }
        }
        #expect(filled > markets && unfilled > markets, "seed \(seed): \(filled) filled, \(unfilled) not")
        #expect(alternatives > markets && nodes > 0, "seed \(seed): \(alternatives) alternatives, \(nodes) of nodes")
    }
}
