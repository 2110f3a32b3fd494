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
        /// When it ends by itself.
        var end: Timestamp
    }

    private struct Choices {
        var random: SeededGenerator
        mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

        mutating func bid(_ market: Market) -> BidSpec {
            let hours = Int32(1 + below(3))
            var spec = market.bid(
                quantity: Quantity(1 + below(6)), hours: hours, from: Int32(1 + below(5)), window: hours + Int32(below(3)),
                limit: cents(Int64(194 + below(8))), placement: [nil, .sameResource, .sameSite, .any][below(4)])
            if below(4) == 0 {
                spec.maxTotal = Micros(Int64(spec.quantity) * Int64(hours) * Int64(1_950_000 + below(80_000)))
                spec.limitPrice = nil
            }
            if below(3) == 0 { spec.requirements.classes = [below(2) == 0 ? "B200" : "A100"] }
            spec.standing = true
            if below(4) == 0 { spec.hidden = true }
            if below(5) == 0 { spec.expiresAt = market.now.advanced(minutes: Int32(1 + below(120))) }
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
    private func fill(_ waiting: inout [Waiting], on twin: Market, _ places: NaiveBidSearch.Places, _ place: String) -> [BidID: BidView] {
        _ = NaiveBidSearch(twin, places)
        var filled: [BidID: BidView] = [:]
        search: while true {
            for (index, bid) in waiting.enumerated() {
                let naive = NaiveBidSearch(twin, places)
                let plans = naive.plans(bid.spec, for: bid.buyer).filter {
                    naive.keepsLimit($0, bid.spec) && max($0.cost, $0.cost + $0.fees) <= bid.reserved
                }
                guard let plan = NaiveBidSearch.cheapest(plans) else { continue }
                var spec = bid.spec
                (spec.standing, spec.hidden, spec.expiresAt) = (nil, nil, nil)
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

    /// One of the things that change what is for sale, on both markets alike; nothing where it makes no sense now.
    private func change(
        _ real: Scene, _ twin: Scene, _ choices: inout Choices, _ places: NaiveBidSearch.Places, _ halted: inout TradingScope?, _ place: String
    ) {
        let market = real.market
        func both(_ command: Command, as issuer: ParticipantID) -> Bool {
            let (left, right) = (real.market.code(command, as: issuer), twin.market.code(command, as: issuer))
            #expect(left == right, "\(place)")
            return left == nil
        }
        func hour(_ parity: Int32) -> Hour {
            let hour = Hour(containing: market.now) + Int32(1 + choices.below(5))
            return hour.hoursSince1970 % 2 == parity ? hour : hour + 1
        }
        let (id, provider, product) = real.resources[choices.below(real.resources.count)]
        if let scope = halted, choices.below(3) == 0 {
            halted = nil
            _ = both(.resume(scope), as: market.operatorID)
            return
        }
        switch choices.below(9) {
        case 0:
            var open: [(order: OrderView, participant: ParticipantID)] = []
            for participant in market.exchange.participants(after: .none, limit: .max) {
                for order in market.exchange.orders(of: participant.id, status: nil, contract: nil, after: .none, limit: .max)
                where order.side == .sell && order.offerID == nil && [.open, .partiallyFilled, .pendingTrigger].contains(order.status) {
                    open.append((order, participant.id))
                }
            }
            guard !open.isEmpty else { return }
            let (order, participant) = open[choices.below(open.count)]
            let reference = OrderReference(id: order.id)
            guard choices.below(3) > 0 else {
                _ = both(.cancelOrder(CancelOrder(reference)), as: participant)
                return
            }
            var body = AmendOrder.Body()
            if choices.below(3) > 0 { body.price = cents(Int64(193 + choices.below(9))) }
            if body.price == nil || choices.below(2) == 0 { body.quantity = Quantity(1 + choices.below(7)) }
            guard both(.amendOrder(AmendOrder(order: reference, body: body)), as: participant) else { return }
            if body.price ?? order.price != order.price || body.quantity ?? 0 > order.quantity { places.lose(order.id) }
        case 1:
            let offers = market.exchange.offers(of: nil, after: .none, limit: .max).filter { $0.status == .open || $0.status == .partiallyFilled }
            guard !offers.isEmpty else { return }
            let offer = offers[choices.below(offers.count)]
            guard choices.below(4) > 0 else {
                _ = both(.cancelOffer(CancelOffer(offer.id)), as: offer.providerID)
                return
            }
            var body = AmendOffer.Body()
            if choices.below(3) > 0 { body.price = cents(Int64(193 + choices.below(9))) }
            if body.price == nil || choices.below(2) == 0 { body.quantity = Quantity(1 + choices.below(7)) }
            guard both(.amendOffer(AmendOffer(offer: offer.id, body: body)), as: offer.providerID) else { return }
            for hour in offer.hours where body.price ?? hour.price != hour.price || body.quantity ?? 0 > hour.quantity { places.lose(hour.orderID) }
        case 2:
            guard halted == nil else { return }
            let contract = ContractKey(product: product, hour: hour(Int32(choices.below(2))))
            let scope = [TradingScope(.market), TradingScope(.product, product: product), TradingScope(.contract, contract: contract)][choices.below(3)]
            if both(.halt(scope), as: market.operatorID) { halted = scope }
        case 3, 6, 7:
            // A trade at the band's floor interrupts the contract: of an even hour, where no stop waits.
            let contract = ContractKey(product: product, hour: hour(0))
            guard market.exchange.contract(contract)?.status == .open else { return }
            guard both(.placeOrder(market.order(.buy, contract, cents(100), 1)), as: real.buyers[0]) else { return }
            _ = both(.placeOrder(market.order(.sell, contract, cents(100), 1, resource: id, .ioc)), as: provider)
            // No two of them end at one moment.
            for each in [real.market, twin.market] { each.advance(to: each.now.advanced(microseconds: 1)) }
        case 4, 5:
            let contract = ContractKey(product: product, hour: Hour(containing: market.now) + Int32(1 + choices.below(6)))
            let resale = market.order(.sell, contract, cents(Int64(193 + choices.below(9))), Quantity(1 + choices.below(4)))
            _ = both(.placeOrder(resale), as: real.buyers[choices.below(2)])
        default:
            var stop = market.order(
                .sell, ContractKey(product: product, hour: hour(1)), cents(Int64(185 + choices.below(12))), Quantity(1 + choices.below(5)), resource: id)
            stop.type = .stopLimit
            stop.stopPrice = cents(Int64(193 + choices.below(8)))
            _ = both(.placeOrder(stop), as: provider)
        }
    }

    /// Lets time pass: the real market in one jump, the twin from one thing that falls due to the next, with everybody tried after each.
    private func pass(
        _ real: Market, _ twin: Market, minutes: Int32, _ waiting: inout [Waiting], _ places: NaiveBidSearch.Places, _ place: String
    ) -> [BidID: BidView] {
        let target = real.now.advanced(minutes: minutes)
        real.advance(to: target)
        var filled: [BidID: BidView] = [:]
        func end(at time: Timestamp) {
            for bid in waiting where bid.end <= time {
                let view = real.exchange.bid(bid.id)
                #expect(view?.status == .expired && view?.closedAt == bid.end, "\(place): \(bid.id)")
            }
            waiting.removeAll { $0.end <= time }
        }
        while let due = twin.exchange.nextDue, due <= target {
            end(at: due.advanced(microseconds: -1))
            twin.advance(to: due)
            end(at: due)
            filled.merge(fill(&waiting, on: twin, places, place)) { $1 }
        }
        twin.advance(to: target)
        end(at: target)
        return filled
    }

    @Test("the same bids are filled at the same moments with the same plans, fills, costs and fees; every state replays")
    func twins() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        let markets = environment["SUANPAN_BID_MARKETS"].flatMap { Int($0) } ?? 24
        print("standing bids: seed \(seed), \(markets) markets (SUANPAN_SEED, SUANPAN_BID_MARKETS)")
        var choices = Choices(random: SeededGenerator(seed: seed))
        var (woken, atOnce, whilePassing) = (0, 0, 0)
        for number in 0..<markets {
            let (real, twin) = (Scene(), Scene())
            var waiting: [Waiting] = []
            var halted: TradingScope?
            let places = NaiveBidSearch.Places()
            for step in 0..<90 {
                let place = "seed \(seed), market \(number), step \(step)"
                var atLast = BidID.none
                var passed: [BidID: BidView] = [:]
                switch choices.below(14) {
                case 0..<3:
                    let spec = choices.bid(real.market)
                    let buyer = real.buyers[choices.below(2)]
                    let answer = real.market.bid(spec, as: buyer)
                    guard case .success(let view) = answer else {
                        // Every start of its window has closed.
                        #expect(answer.refusal?.code == .marketClosed, "\(place)")
                        continue
                    }
                    if view.status == .filled { atOnce += 1 }
                    atLast = view.id
                    // One that is filled at once is tried alone: no other waits for what it takes.
                    waiting.append(
                        Waiting(
                            id: view.id, spec: spec, buyer: buyer, reserved: view.status == .filled ? .max : reserved(spec, real.market),
                            limit: spec.limitPrice?.rawValue ?? (spec.maxTotal?.rawValue ?? 0) / (Int64(spec.quantity) * Int64(spec.durationHours)),
                            end: min((spec.latestEnd + -spec.durationHours).start.advanced(minutes: -15), spec.expiresAt ?? .limit)))
                    if view.status == .standing { #expect(view.reserved.rawValue == reserved(spec, real.market), "\(place)") }
                case 3 where !waiting.isEmpty:
                    let gone = waiting.remove(at: choices.below(waiting.count))
                    real.market.apply(.cancelBid(CancelBid(gone.id)), as: gone.buyer)
                case 5, 13:
                    passed = pass(real.market, twin.market, minutes: Int32(1 + choices.below(choices.below(2) == 0 ? 8 : 60)), &waiting, places, place)
                    whilePassing += passed.count
                case 6..<10: change(real, twin, &choices, places, &halted, place)
                case 4, 10:
                    let (id, provider, _) = real.resources[choices.below(real.resources.count)]
                    var spec = real.market.offer(
                        of: id, Quantity(1 + choices.below(5)), at: cents(Int64(193 + choices.below(9))), from: Int32(2 + choices.below(4)),
                        hours: Int32(1 + choices.below(3)))
                    if choices.below(2) == 0 { spec.minQuantity = Quantity(1 + choices.below(Int(spec.quantity))) }
                    if choices.below(3) == 0 { spec.minHours = Int32(1 + choices.below(Int(spec.end - spec.start))) }
                    #expect(real.market.code(.postOffer(spec), as: provider) == twin.market.code(.postOffer(spec), as: provider), "\(place)")
                default:
                    let (id, provider, product) = real.resources[choices.below(real.resources.count)]
                    var ask = real.market.order(
                        .sell, real.market.contract(product, in: Int32(2 + choices.below(5))), cents(Int64(193 + choices.below(9))),
                        Quantity(1 + choices.below(6)), resource: id)
                    if choices.below(5) == 0 { ask.displayQuantity = 1 }
                    #expect(real.market.code(ask, as: provider) == twin.market.code(ask, as: provider), "\(place)")
                }
                waiting.sort {
                    if $0.limit != $1.limit { return $0.limit > $1.limit }
                    if ($0.spec.hidden == true) != ($1.spec.hidden == true) { return $1.spec.hidden == true }
                    return $0.id < $1.id
                }
                let expected = fill(&waiting, on: twin.market, places, place).merging(passed) { $1 }
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
                #expect(real.market.exchange.standingBidThatCouldBeFilled() == nil, "\(place)")
                if !expected.isEmpty || step % 20 == 0 { try expectSame(real.market, twin.market, place) }
            }
            let (state, difference) = real.market.replay()
            #expect(difference == nil && state == real.market.state, "seed \(seed), market \(number)")
            var decoder = BinaryDecoder(real.market.state)
            #expect(try Exchange(decoding: &decoder).firstBrokenInvariant() == nil)
        }
        print("standing bids: \(woken) woken, \(whilePassing) of them while time passed, \(atOnce) filled at once")
        #expect(woken > markets && atOnce > 0, "seed \(seed): \(woken) woken, \(atOnce) filled at once")
    }

    private func expectSame(_ real: Market, _ twin: Market, _ place: String) throws {
        for product in real.exchange.catalogue.products {
            for hour in 0..<10 as Range<Int32> {
                let key = real.contract(product.id, in: hour)
                let (left, right) = (real.exchange.book(key, depth: 50), twin.exchange.book(key, depth: 50))
                #expect(left?.asks.map(\.price) == right?.asks.map(\.price), "\(place)")
                #expect(left?.asks.map(\.quantity) == right?.asks.map(\.quantity), "\(place)")
                #expect(left?.blockAsks == right?.blockAsks, "\(place)")
            }
        }
    }
}
