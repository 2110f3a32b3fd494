import Exchange
import Matching
import Quantities
import Registry
import TestSupport
import Testing

@Suite("Who may trade with whom")
struct TradingRuleTests {
    private func legal(_ country: String) -> LegalEntity {
        var legal = LegalEntity()
        legal.name = "Example"
        legal.country = country
        legal.scheme = .other
        legal.id = "1"
        return legal
    }

    private func set(_ legal: LegalEntity, of participant: ParticipantID, in market: Market) {
        let command = Command.setLegalEntity(SetLegalEntity(participant: participant, legal: legal))
        #expect(market.code(command, as: market.operatorID) == nil)
    }

    private func verify(_ participant: ParticipantID, until: Timestamp, in market: Market) -> Refusal? {
        var verification = Verification()
        verification.validUntil = until
        verification.reference = "file 1"
        return market.refusal(.verifyParticipant(VerifyParticipant(participant: participant, verification: verification)), as: market.operatorID)
    }

    private func block(_ buyers: [ParticipantID], by provider: ParticipantID, in market: Market, as issuer: ParticipantID? = nil) -> Refusal? {
        var body = BlockBuyers.Body()
        body.buyers = buyers
        return market.refusal(.blockBuyers(BlockBuyers(provider: provider, body: body)), as: issuer ?? provider)
    }

    /// A product for buyers of two countries, beside the pit's own.
    private func homeProduct(_ pit: Pit) throws -> Product? {
        let market = pit.market
        var grade = Grade()
        grade.code = "HOME"
        market.apply(.addGrade(grade), as: market.operatorID)
        var terms = try #require(market.exchange.product(pit.product)).terms
        terms.grade = "HOME"
        terms.buyerCountries = ["CN", "SG"]
        guard case .product(let product) = market.apply(.addProduct(terms), as: market.operatorID).reply else { return nil }
        return product
    }

    @Test("with the policy only verified participants trade, to the moment at which the verification ends; without it all do")
    func verification() throws {
        let pit = Pit()
        let market = pit.market
        #expect(market.code(.setTradingPolicy(TradingPolicy(requireVerification: true)), as: market.operatorID) == .forbidden)
        #expect(market.code(.setTradingPolicy(TradingPolicy(requireVerification: true)), as: .none) == nil)
        let buy = market.order(.buy, pit.contract(), cents(200), 1)
        let sell = market.order(.sell, pit.contract(), cents(200), 1, resource: pit.resource)
        #expect(market.code(buy, as: pit.alice) == .forbidden)
        #expect(market.code(sell, as: pit.provider) == .forbidden)
        #expect(market.bid(market.bid(quantity: 1, hours: 1, from: 2), as: pit.alice).refusal?.code == .forbidden)
        #expect(market.offer(market.offer(of: pit.resource, 1, at: cents(200), from: 2, hours: 1), as: pit.provider).refusal?.code == .forbidden)
        #expect(verify(pit.alice, until: pit.midnight.end, in: market)?.code == .conflict)
        for participant in [pit.alice, pit.provider] {
            set(legal("CN"), of: participant, in: market)
            #expect(verify(participant, until: market.now, in: market)?.field == "valid_until")
            #expect(verify(participant, until: pit.midnight.end, in: market) == nil)
        }
        #expect(market.code(sell, as: pit.provider) == nil && market.code(buy, as: pit.alice) == nil)
        #expect(market.code(buy, as: pit.bob) == .forbidden)
        let restored = market.replay()
        #expect(restored.state == market.state)
        pit.advance(minutes: 60)
        #expect(market.code(buy, as: pit.alice) == .forbidden)
        // Other data is not what was verified.
        #expect(verify(pit.alice, until: pit.midnight.end.advanced(minutes: 600), in: market) == nil)
        #expect(market.code(buy, as: pit.alice) == nil)
        set(legal("SG"), of: pit.alice, in: market)
        #expect(market.code(buy, as: pit.alice) == .forbidden)
        #expect(market.code(.setTradingPolicy(TradingPolicy()), as: .none) == nil)
        #expect(market.code(buy, as: pit.alice) == nil)
    }

    @Test("a standing bid waits while its participant is not verified, and is filled when it is again, by what came meanwhile")
    func standingBids() throws {
        let pit = Pit()
        let market = pit.market
        let later = pit.midnight.start.advanced(minutes: 6_000)
        for participant in [pit.alice, pit.bob, pit.provider] { set(legal("CN"), of: participant, in: market) }
        for participant in [pit.bob, pit.provider] { #expect(verify(participant, until: later, in: market) == nil) }
        #expect(verify(pit.alice, until: pit.midnight.end, in: market) == nil)
        #expect(market.code(.setTradingPolicy(TradingPolicy(requireVerification: true)), as: .none) == nil)
        func standing(_ buyer: ParticipantID, _ limit: Int64) throws -> BidID {
            var spec = market.bid(quantity: 2, hours: 2, from: 4, limit: cents(limit))
            spec.standing = true
            let bid = try market.bid(spec, as: buyer).get()
            #expect(bid.status == .standing)
            return bid.id
        }
        let first = try standing(pit.alice, 300)
        let second = try standing(pit.bob, 250)
        // The verification ends; nothing happens by itself.
        pit.advance(minutes: 60)
        #expect(market.exchange.bid(first)?.status == .standing)
        for hour in Int32(4)..<6 { pit.sell(cents(200), 2, hour: hour) }
        // Whoever may trade is served, though another bids more.
        #expect(market.exchange.bid(first)?.status == .standing && market.exchange.bid(second)?.status == .filled)
        for hour in Int32(4)..<6 { pit.sell(cents(210), 2, hour: hour) }
        #expect(market.exchange.bid(first)?.status == .standing)
        #expect(market.balance(pit.alice).reserved > .zero)
        // Trading that is resumed serves it as little.
        for command in [Command.halt(TradingScope(.market)), .resume(TradingScope(.market))] {
            #expect(market.code(command, as: market.operatorID) == nil)
        }
        #expect(market.exchange.bid(first)?.status == .standing)
        #expect(market.exchange.firstBrokenInvariant() == nil)
        var decoder = BinaryDecoder(market.state)
        #expect(try Exchange(decoding: &decoder).bid(first)?.status == .standing)
        #expect(verify(pit.alice, until: later, in: market) == nil)
        #expect(market.exchange.bid(first)?.status == .filled && market.exchange.bid(first)?.averagePrice == cents(210))
        #expect(market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("other legal data ends what was verified for standing bids, too; without the policy they go on")
    func standingBidsOfOthers() throws {
        let pit = Pit()
        let market = pit.market
        let later = pit.midnight.start.advanced(minutes: 6_000)
        for participant in [pit.alice, pit.provider] {
            set(legal("CN"), of: participant, in: market)
            #expect(verify(participant, until: later, in: market) == nil)
        }
        #expect(market.code(.setTradingPolicy(TradingPolicy(requireVerification: true)), as: .none) == nil)
        var spec = market.bid(quantity: 2, hours: 1, from: 4)
        spec.standing = true
        let first = try market.bid(spec, as: pit.alice).get()
        set(legal("SG"), of: pit.alice, in: market)
        pit.sell(cents(200), 2, hour: 4)
        #expect(first.status == .standing && market.exchange.bid(first.id)?.status == .standing)
        #expect(verify(pit.alice, until: later, in: market) == nil)
        #expect(market.exchange.bid(first.id)?.status == .filled)
        let second = try market.bid(spec, as: pit.alice).get()
        set(legal("CN"), of: pit.alice, in: market)
        pit.sell(cents(200), 2, hour: 4)
        #expect(second.status == .standing && market.exchange.bid(second.id)?.status == .standing)
        #expect(market.code(.setTradingPolicy(TradingPolicy()), as: .none) == nil)
        #expect(market.exchange.bid(second.id)?.status == .filled)
        #expect(market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("a participant whose country changes leaves the books of products that are for others: orders, stops, hourly bids")
    func restingBuys() throws {
        let pit = Pit()
        let market = pit.market
        let product = try #require(try homeProduct(pit))
        let contract = ContractKey(product: product.id, hour: pit.midnight + 2)
        for buyer in [pit.alice, pit.bob] { set(legal("SG"), of: buyer, in: market) }
        let home = try market.place(market.order(.buy, contract, cents(150), 3), as: pit.alice).get().order.id
        var waiting = market.order(.buy, contract, cents(220), 1)
        waiting.type = .stopLimit
        waiting.stopPrice = cents(210)
        let stop = try market.place(waiting, as: pit.alice).get().order.id
        let others = try market.place(market.order(.buy, contract, cents(140), 1), as: pit.bob).get().order.id
        let free = pit.buy(cents(150), 1, as: pit.alice).order.id
        var hourly = market.bid(quantity: 1, hours: 2, from: 2, limit: cents(150), products: [product.code])
        hourly.fill = .hourly
        hourly.standing = true
        let bid = try market.bid(hourly, as: pit.alice).get().id
        #expect(market.exchange.bid(bid)?.status == .open)
        // Within the countries nothing ends.
        set(legal("CN"), of: pit.alice, in: market)
        #expect(pit.order(home).status == .open && pit.order(stop).status == .pendingTrigger)
        set(legal("US"), of: pit.alice, in: market)
        for id in [home, stop] {
            #expect(pit.order(id).status == .cancelled && pit.order(id).reason == .buyerNotEligible)
        }
        #expect(market.exchange.bid(bid)?.status == .cancelled && market.exchange.bid(bid)?.reason == .noEligibleProduct)
        #expect(pit.order(others).status == .open && pit.order(free).status == .open)
        #expect(market.code(market.order(.sell, contract, cents(100), 4, resource: pit.resource), as: pit.provider) == nil)
        #expect(pit.order(others).status == .filled)
        #expect(market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("a product for some countries is bought from these alone, by order, bid and quote")
    func countries() throws {
        let pit = Pit()
        let market = pit.market
        let product = try #require(try homeProduct(pit))
        set(legal("SG"), of: pit.alice, in: market)
        let contract = ContractKey(product: product.id, hour: pit.midnight + 2)
        #expect(market.code(market.order(.sell, contract, cents(200), 4, resource: pit.resource), as: pit.provider) == nil)
        #expect(market.code(market.order(.buy, contract, cents(150), 1), as: pit.alice) == nil)
        #expect(market.code(market.order(.buy, contract, cents(200), 1), as: pit.bob) == .buyerNotEligible)
        set(legal("US"), of: pit.bob, in: market)
        #expect(market.code(market.order(.buy, contract, cents(200), 1), as: pit.bob) == .buyerNotEligible)
        #expect(market.code(market.order(.buy, pit.contract(), cents(150), 1), as: pit.bob) == nil)
        let bid = market.bid(quantity: 1, hours: 1, from: 2, products: [product.code])
        #expect(market.bid(bid, as: pit.bob).refusal?.code == .buyerNotEligible)
        let quote = try market.exchange.quote(bid, for: pit.bob)
        #expect(!quote.feasible && quote.excluded.contains { $0.reason == "buyer_not_eligible" })
        #expect(try market.bid(bid, as: pit.alice).get().status == .filled)
        for wrong in [[], ["China"], ["CN", "CN"]] {
            var other = product.terms
            other.buyerCountries = wrong
            #expect(market.refusal(.addProduct(other), as: market.operatorID)?.field == "buyer_countries")
        }
        #expect(market.replay().state == market.state)
    }

    @Test("a blocked buyer's order that would meet the provider's offer is refused, and so is the provider's that would meet its bid")
    func blocks() throws {
        let pit = Pit()
        let market = pit.market
        let other = market.participant("Other provider", .provider)
        market.deposit(1_000, to: other)
        let resource = market.resource(of: other, units: 8)
        let child = market.participant("Alice's", .consumer, owner: pit.alice)
        market.deposit(1_000, to: child)
        #expect(block([pit.alice], by: pit.provider, in: market) == nil)
        pit.sell(cents(200), 4)
        #expect(market.code(market.order(.sell, pit.contract(), cents(210), 4, resource: resource), as: other) == nil)
        for buyer in [pit.alice, child] {
            #expect(market.code(market.order(.buy, pit.contract(), cents(210), 1), as: buyer) == .buyerNotEligible)
            #expect(market.code(market.order(.buy, pit.contract(), cents(190), 1), as: buyer) == nil)
        }
        #expect(market.code(market.order(.buy, pit.contract(), cents(200), 4), as: pit.bob) == nil)
        #expect(market.code(market.order(.buy, pit.contract(), cents(210), 1), as: pit.alice) == nil)
        #expect(market.code(market.order(.sell, pit.contract(), cents(190), 1, resource: pit.resource), as: pit.provider) == .buyerNotEligible)
        #expect(market.code(market.order(.sell, pit.contract(), cents(195), 1, resource: pit.resource), as: pit.provider) == nil)
        // What the provider's hours become in other hands stays out of reach.
        var resale = market.order(.sell, pit.contract(), cents(193), 1)
        resale.allocationID = nil
        #expect(market.code(resale, as: pit.bob) == nil)
        #expect(market.code(market.order(.buy, pit.contract(), cents(193), 1), as: pit.alice) == .buyerNotEligible)
        #expect(block([], by: pit.provider, in: market) == nil)
        #expect(market.code(market.order(.buy, pit.contract(), cents(193), 1), as: pit.alice) == nil)
        #expect(market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("a blocked buyer's order that others fill is none of the blocking provider's business, nor are hidden units before it")
    func blocksBehind() throws {
        let pit = Pit()
        let market = pit.market
        let other = market.participant("Other provider", .provider)
        market.deposit(10_000, to: other)
        let resource = market.resource(of: other, units: 50)
        #expect(block([pit.alice], by: pit.provider, in: market) == nil)
        #expect(market.code(market.order(.sell, pit.contract(), cents(190), 4, resource: resource), as: other) == nil)
        pit.sell(cents(195), 4)
        // Four stand before it; the fifth would meet it.
        #expect(market.code(market.order(.buy, pit.contract(), cents(210), 5), as: pit.alice) == .buyerNotEligible)
        let bought = try market.place(market.order(.buy, pit.contract(), cents(210), 4), as: pit.alice).get()
        #expect(bought.order.status == .filled && bought.order.averagePrice == cents(190))
        // Of an iceberg only what shows stands before it.
        let iceberg = pit.contract(3)
        var hiding = market.order(.sell, iceberg, cents(200), 10, resource: resource)
        hiding.displayQuantity = 2
        #expect(market.code(hiding, as: other) == nil)
        pit.sell(cents(200), 4, hour: 3)
        #expect(market.code(market.order(.buy, iceberg, cents(200), 3), as: pit.alice) == .buyerNotEligible)
        #expect(market.code(market.order(.buy, iceberg, cents(200), 2), as: pit.alice) == nil)
        // One's own asks are no trades.
        let own = pit.contract(4)
        let units = try market.place(market.order(.sell, own, cents(180), 4, resource: resource), as: other).get().order.id
        #expect(market.code(market.order(.buy, own, cents(180), 4), as: pit.alice) == nil)
        #expect(pit.order(units).status == .filled)
        pit.resell(cents(185), 2, as: pit.alice, hour: 4)
        pit.sell(cents(190), 4, hour: 4)
        #expect(market.code(market.order(.buy, own, cents(190), 2), as: pit.alice) == .buyerNotEligible)
        // The same the other way round: a bid of somebody else's fills the provider's sell first.
        let below = pit.contract(5)
        pit.buy(cents(200), 3, as: pit.bob, hour: 5)
        pit.buy(cents(190), 3, as: pit.alice, hour: 5)
        #expect(market.code(market.order(.sell, below, cents(180), 4, resource: pit.resource), as: pit.provider) == .buyerNotEligible)
        #expect(market.code(market.order(.sell, below, cents(180), 3, resource: pit.resource), as: pit.provider) == nil)
        #expect(market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("whole bids pass over the offers of providers that block the bidder")
    func bids() throws {
        let pit = Pit()
        let market = pit.market
        let other = market.participant("Other provider", .provider)
        market.deposit(1_000, to: other)
        let resource = market.resource(of: other, units: 8)
        #expect(block([pit.alice], by: pit.provider, in: market) == nil)
        _ = try market.offer(market.offer(of: pit.resource, 8, at: cents(200), from: 2, hours: 2), as: pit.provider).get()
        _ = try market.offer(market.offer(of: resource, 8, at: cents(220), from: 2, hours: 2), as: other).get()
        for placement in Placement.allCases {
            let bid = market.bid(quantity: 2, hours: 2, from: 2, placement: placement)
            #expect(try market.bid(bid, as: pit.alice).get().averagePrice == cents(220), "\(placement)")
            #expect(try market.bid(bid, as: pit.bob).get().averagePrice == cents(200), "\(placement)")
        }
    }

    @Test("lists of blocked buyers are the provider's or the operator's, of people who are there, kept over a restart")
    func lists() throws {
        let pit = Pit()
        let market = pit.market
        #expect(block([pit.bob], by: pit.provider, in: market, as: pit.alice)?.code == .forbidden)
        #expect(block([pit.bob], by: pit.alice, in: market, as: market.operatorID)?.code == .conflict)
        #expect(block([ParticipantID(99)], by: pit.provider, in: market)?.field == "buyers")
        #expect(block([pit.bob, pit.bob], by: pit.provider, in: market)?.field == "buyers")
        #expect(block((1...1_001).map { ParticipantID($0) }, by: pit.provider, in: market)?.field == "buyers")
        let other = market.participant("Other", .provider)
        #expect(block([pit.bob], by: pit.provider, in: market, as: other)?.code == .notFound)
        #expect(block([pit.bob, pit.alice], by: pit.provider, in: market, as: market.operatorID) == nil)
        #expect(block([pit.alice], by: other, in: market) == nil)
        #expect(market.exchange.blockedBuyers(of: pit.provider).buyers == [pit.bob, pit.alice])
        var decoder = BinaryDecoder(market.state)
        let restored = try Exchange(decoding: &decoder)
        #expect(restored.blockedBuyers(of: pit.provider).buyers == [pit.bob, pit.alice])
        #expect(restored.blockedBuyers(of: other).buyers == [pit.alice])
        var encoder = BinaryEncoder()
        restored.encodeState(into: &encoder)
        #expect(encoder.bytes == market.state)
    }

    @Test("lots of whole nodes are sold from resources whose nodes divide them")
    func wholeNodes() throws {
        let market = Market()
        let provider = market.participant("Provider", .provider)
        market.deposit(10_000, to: provider)
        market.product()
        var grade = Grade()
        grade.code = "NODE"
        market.apply(.addGrade(grade), as: market.operatorID)
        var terms = try #require(market.exchange.product(ProductID(0))).terms
        terms.grade = "NODE"
        terms.lotSize = 8
        terms.wholeNodes = true
        guard case .product(let product) = market.apply(.addProduct(terms), as: market.operatorID).reply else {
            Issue.record("no product")
            return
        }
        for (devices, isTaken) in [(8, true), (4, true), (6, false), (16, false), (nil, false)] as [(UInt32?, Bool)] {
            let resource = market.resource(of: provider, units: 48, site: "S\(devices ?? 0)") {
                var node = NodeFacts()
                node.devicesPerNode = devices
                $0.node = node
            }
            let order = market.order(.sell, ContractKey(product: product.id, hour: Hour(containing: market.now) + 2), cents(200), 8, resource: resource)
            #expect((market.code(order, as: provider) == nil) == isTaken, "\(devices ?? 0)")
        }
        let off = market.order(.buy, ContractKey(product: product.id, hour: Hour(containing: market.now) + 2), cents(200), 4)
        let buyer = market.participant("Buyer", .consumer)
        market.deposit(1_000, to: buyer)
        #expect(market.code(off, as: buyer) == .quantityOffLot)
    }
}
