import Exchange
import Foundation
import Matching
import Quantities
import Registry
import Testing
import TestSupport

/// Standing bids against a market in which somebody slow tries all of them, in their order, after every command.
@Suite("Standing bids against their naive twin")
struct StandingBidTwinTests {
    /// Two products with different fees, sites, sister companies; the same twice for the same seed.
    private struct Scene {
        let market = Market()
        var buyers: [ParticipantID] = []
        var resources: [(id: ResourceID, provider: ParticipantID, product: ProductID)] = []

        init() {
            market.checkEvery = 0
            let products = [
                market.product("B200", "CN-GAN", maker: 10, taker: 30), market.product("A100", "US-IOWA", maker: 30, taker: -20),
            ]
            let sister = market.participant("Sister", .provider, .consumer)
            buyers = [market.participant("One", .consumer), market.participant("Two", .consumer, owner: sister)]
            for buyer in buyers + [sister] { market.deposit(10_000_000, to: buyer) }
            for number in 0..<5 {
                let provider = number == 0 ? sister : market.participant("Provider \(number)", .provider)
                if number > 0 { market.deposit(1_000_000, to: provider) }
                let product = market.exchange.catalogue.products[number % 2]
                let site = number % 3 == 0 ? "North" : "South"
                for _ in 0..<2 {
                    let id = market.resource(of: provider, units: 1_000, site: site, product.computeClass, product.zone)
                    resources.append((id, provider, products[number % 2]))
                }
            }
        }
    }

    private struct Waiting {
        var id: BidID
        var spec: BidSpec
        var buyer: ParticipantID
        var reserved: Int64
        var limit: Int64
    }

    private struct Choices {
        var random: SeededGenerator
        mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

        mutating func bid(_ market: Market) -> BidSpec {
            let hours = Int32(1 + below(3))
            var spec = market.bid(
                quantity: Quantity(1 + below(6)), hours: hours, from: Int32(2 + below(4)), window: hours + Int32(below(3)),
                limit: cents(Int64(194 + below(8))), placement: [nil, .sameResource, .sameSite, .any][below(4)])
            if below(4) == 0 {
                spec.maxTotal = Micros(Int64(spec.quantity) * Int64(hours) * Int64(1_950_000 + below(80_000)))
                spec.limitPrice = nil
            }
            if below(3) == 0 { spec.requirements.classes = [below(2) == 0 ? "B200" : "A100"] }
            spec.standing = true
            if below(4) == 0 { spec.hidden = true }
            return spec
        }
    }

    private func reserved(_ spec: BidSpec, _ market: Market) -> Int64 {
        guard let limit = spec.limitPrice else { return spec.maxTotal?.rawValue ?? 0 }
        let notional = limit.rawValue * Int64(spec.quantity) * Int64(spec.durationHours)
        var rate: BasisPoints = 0
        for product in market.exchange.catalogue.products where spec.requirements.classes.map({ $0.contains(product.computeClass) }) ?? true {
            rate = max(rate, product.takerFee, product.makerFee)
        }
        return notional + notional * Int64(rate) / 10_000
    }

    /// Tries all waiting bids in their order, again and again, until none can be filled; as bids that do not stand.
    private func fill(_ waiting: inout [Waiting], on twin: Market, _ place: String) -> [BidID: BidView] {
        var filled: [BidID: BidView] = [:]
        search: while true {
            for (index, bid) in waiting.enumerated() {
                let naive = NaiveBidSearch(twin)
                let plans = naive.plans(bid.spec, for: bid.buyer).filter {
                    naive.keepsLimit($0, bid.spec) && max($0.cost, $0.cost + $0.fees) <= bid.reserved
                }
                guard let plan = NaiveBidSearch.cheapest(plans) else { continue }
                var spec = bid.spec
                (spec.standing, spec.hidden) = (nil, nil)
                spec.requirements.products = [plan.code]
                (spec.earliestStart, spec.latestEnd) = (plan.start, plan.start + spec.durationHours)
                if bid.spec.limitPrice == nil { spec.maxTotal = Micros(plan.cost + max(plan.fees, 0)) }
                guard case .success(let view) = twin.bid(spec, as: bid.buyer), view.status == .filled else {
                    Issue.record("\(place): the twin could not be filled")
                    return filled
                }
                filled[bid.id] = view
                waiting.remove(at: index)
                continue search
            }
            return filled
        }
    }

    @Test("the same bids are filled at the same moments with the same plans, fills, costs and fees; every state replays")
    func twins() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        let markets = environment["SUANPAN_BID_MARKETS"].flatMap { Int($0) } ?? 12
        print("standing bids: seed \(seed), \(markets) markets (SUANPAN_SEED, SUANPAN_BID_MARKETS)")
        var choices = Choices(random: SeededGenerator(seed: seed))
        var (woken, atOnce) = (0, 0)
        for number in 0..<markets {
            let (real, twin) = (Scene(), Scene())
            var waiting: [Waiting] = []
            for step in 0..<60 {
                let place = "seed \(seed), market \(number), step \(step)"
                var atLast = BidID.none
                switch choices.below(8) {
                case 0..<3:
                    let spec = choices.bid(real.market)
                    let buyer = real.buyers[choices.below(2)]
                    let view = try real.market.bid(spec, as: buyer).get()
                    if view.status == .filled { atOnce += 1 }
                    atLast = view.id
                    // One that is filled at once is tried alone: no other waits for what it takes.
                    waiting.append(
                        Waiting(
                            id: view.id, spec: spec, buyer: buyer, reserved: view.status == .filled ? .max : reserved(spec, real.market),
                            limit: spec.limitPrice?.rawValue ?? (spec.maxTotal?.rawValue ?? 0) / (Int64(spec.quantity) * Int64(spec.durationHours))))
                    if view.status == .standing { #expect(view.reserved.rawValue == reserved(spec, real.market), "\(place)") }
                case 3 where !waiting.isEmpty:
                    let gone = waiting.remove(at: choices.below(waiting.count))
                    real.market.apply(.cancelBid(CancelBid(gone.id)), as: gone.buyer)
                case 4:
                    let (id, provider, _) = real.resources[choices.below(real.resources.count)]
                    var spec = real.market.offer(
                        of: id, Quantity(1 + choices.below(5)), at: cents(Int64(193 + choices.below(9))), from: Int32(2 + choices.below(4)),
                        hours: Int32(1 + choices.below(3)))
                    if choices.below(2) == 0 { spec.minQuantity = Quantity(1 + choices.below(Int(spec.quantity))) }
                    if choices.below(3) == 0 { spec.minHours = Int32(1 + choices.below(Int(spec.end - spec.start))) }
                    _ = try real.market.offer(spec, as: provider).get()
                    _ = try twin.market.offer(spec, as: provider).get()
                default:
                    let (id, provider, product) = real.resources[choices.below(real.resources.count)]
                    var ask = real.market.order(
                        .sell, real.market.contract(product, in: Int32(2 + choices.below(5))), cents(Int64(193 + choices.below(9))),
                        Quantity(1 + choices.below(6)), resource: id)
                    if choices.below(5) == 0 { ask.displayQuantity = 1 }
                    _ = try real.market.place(ask, as: provider).get()
                    _ = try twin.market.place(ask, as: provider).get()
                }
                waiting.sort {
                    if $0.limit != $1.limit { return $0.limit > $1.limit }
                    if ($0.spec.hidden == true) != ($1.spec.hidden == true) { return $1.spec.hidden == true }
                    return $0.id < $1.id
                }
                let expected = fill(&waiting, on: twin.market, place)
                for (id, twinView) in expected {
                    let view = try #require(real.market.exchange.bid(id))
                    #expect(view.status == .filled, "\(place): \(id) stands")
                    #expect(view.product == twinView.product && view.start == twinView.start, "\(place)")
                    #expect(view.cost == twinView.cost && view.fees == twinView.fees, "\(place)")
                    #expect(view.legs.map { $0.trades.map(\.price) } == twinView.legs.map { $0.trades.map(\.price) }, "\(place)")
                    #expect(view.legs.map { $0.trades.map(\.quantity) } == twinView.legs.map { $0.trades.map(\.quantity) }, "\(place)")
                    if id != atLast { woken += 1 }
                }
                for bid in waiting { #expect(real.market.exchange.bid(bid.id)?.status == .standing, "\(place): \(bid.id)") }
                #expect(real.market.exchange.firstBrokenInvariant() == nil, "\(place)")
                if !expected.isEmpty || step % 20 == 0 { try expectSame(real.market, twin.market, place) }
            }
            let (state, difference) = real.market.replay()
            #expect(difference == nil && state == real.market.state, "seed \(seed), market \(number)")
            var decoder = BinaryDecoder(real.market.state)
            #expect(try Exchange(decoding: &decoder).firstBrokenInvariant() == nil)
        }
        #expect(woken > markets && atOnce > 0, "seed \(seed): \(woken) woken, \(atOnce) filled at once")
    }

    private func expectSame(_ real: Market, _ twin: Market, _ place: String) throws {
        for product in real.exchange.catalogue.products {
            for hour in 2..<9 as Range<Int32> {
                let key = real.contract(product.id, in: hour)
                let (left, right) = (real.exchange.book(key, depth: 50), twin.exchange.book(key, depth: 50))
                #expect(left?.asks.map(\.price) == right?.asks.map(\.price), "\(place)")
                #expect(left?.asks.map(\.quantity) == right?.asks.map(\.quantity), "\(place)")
                #expect(left?.blockAsks == right?.blockAsks, "\(place)")
            }
        }
    }
}
