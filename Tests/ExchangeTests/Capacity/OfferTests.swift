import Exchange
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Offers")
struct OfferTests {
    @Test("an offer is one sell order an hour, at one price or a price for each hour")
    func hours() throws {
        let pit = Pit()
        let flat = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 2, hours: 3), as: pit.provider).get()
        #expect(flat.status == .open && flat.hours.map(\.price) == [cents(200), cents(200), cents(200)])
        #expect(flat.hours.map(\.contract) == [pit.contract(2), pit.contract(3), pit.contract(4)])
        for hour in flat.hours { #expect(pit.order(hour.orderID).offerID == flat.id && hour.remaining == 4 && hour.sold == 0) }
        var spec = pit.market.offer(of: pit.resource, 4, at: nil, from: 2, hours: 3)
        let prices = [cents(210), cents(220), cents(230)]
        spec.prices = prices
        let stepped = try pit.market.offer(spec, as: pit.provider).get()
        #expect(stepped.hours.map { pit.order($0.orderID).price } == prices.map(Optional.some))
    }

    @Test("an offer is refused whole if any hour cannot be offered, and then nothing changes", arguments: 0..<10)
    func allOrNothing(number: Int) {
        let pit = Pit(units: 10, lot: 2, cash: 20)
        pit.sell(cents(300), 4, hour: 4)
        pit.market.apply(.halt(TradingScope(.contract, contract: pit.contract(12))), as: pit.market.operatorID)
        var spec = pit.market.offer(of: pit.resource, 2, at: cents(200), from: 2, hours: 3)
        var issuer = pit.provider
        let code: RefusalCode
        switch number {
        case 0: spec.quantity = 8; code = .insufficientCapacity
        case 1: spec.start = pit.midnight; code = .marketClosed
        case 2: spec.start = pit.midnight + 11; spec.end = pit.midnight + 13; code = .marketHalted
        case 3: spec.price = nil; spec.prices = [cents(200), Price(2_000_001), cents(200)]; code = .priceOffTick
        case 4: spec.quantity = 3; code = .quantityOffLot
        case 5: spec.price = nil; spec.prices = [cents(200), cents(200), cents(301)]; code = .outsidePriceBand
        case 6: spec.quantity = 6; spec.price = cents(300); spec.end = spec.start + 10; spec.start = spec.end + -5; code = .insufficientFunds
        case 7: spec.end = pit.midnight + 1_002; spec.quantity = 8; code = .unknownContract
        case 8: issuer = pit.market.participant("Other", .provider); code = .unknownResource
        default: issuer = pit.alice; code = .forbidden
        }
        let before = pit.market.stateWithoutHeader
        #expect(pit.market.code(.postOffer(spec), as: issuer) == code)
        #expect(pit.market.stateWithoutHeader == before)
    }

    @Test("skip_unavailable leaves out what cannot be offered, and needs one hour that can")
    func skipping() throws {
        let pit = Pit(units: 10)
        pit.sell(cents(300), 8, hour: 3)
        pit.market.apply(.halt(TradingScope(.contract, contract: pit.contract(4))), as: pit.market.operatorID)
        var spec = pit.market.offer(of: pit.resource, 4, at: cents(200), from: 0, hours: 6)
        spec.skipUnavailable = true
        let offer = try pit.market.offer(spec, as: pit.provider).get()
        #expect(offer.hours.map(\.contract.hour) == [1, 2, 5].map { pit.midnight + $0 })
        // What was left out is said, with the refusal that each hour would have met.
        #expect(offer.skipped.map(\.contract) == [0, 3, 4].map { pit.contract($0) })
        #expect(offer.skipped.map(\.reason) == ["market_closed", "insufficient_capacity", "market_halted"])
        #expect(offer.skipped[1].detail.contains("2 units"))
        #expect(pit.market.exchange.offer(offer.id).map { BinaryEncoder.encode($0) } == BinaryEncoder.encode(offer))
        #expect(offer.outages.isEmpty)
        spec.quantity = 10
        spec.start = pit.midnight + 3
        spec.end = pit.midnight + 4
        #expect(pit.market.code(.postOffer(spec), as: pit.provider) == .insufficientCapacity)
        spec.price = Price(2_000_001)
        spec.end = pit.midnight + 7
        #expect(pit.market.code(.postOffer(spec), as: pit.provider) == .priceOffTick, "a mistake is not skipped")
    }

    @Test("an offer names the outages within its hours: those that cost it hours, and those that come later")
    func outages() throws {
        let pit = Pit(units: 10)
        pit.market.outage(pit.resource, units: 8, from: 3, to: 4)
        pit.market.outage(pit.resource, units: 1, from: 9, to: 10)
        var spec = pit.market.offer(of: pit.resource, 4, at: cents(200), from: 2, hours: 3)
        spec.skipUnavailable = true
        let offer = try pit.market.offer(spec, as: pit.provider).get()
        #expect(offer.hours.map(\.contract) == [pit.contract(2), pit.contract(4)] && offer.skipped.map(\.contract) == [pit.contract(3)])
        #expect(offer.skipped[0].detail.contains("an outage takes 8"))
        #expect(offer.outages.map(\.spec.units) == [8] && offer.outages.map(\.spec.start) == [pit.midnight + 3])
        pit.market.outage(pit.resource, units: 9, from: 4, to: 6)
        let hit = try #require(pit.market.exchange.offer(offer.id))
        #expect(hit.outages.map(\.spec.units) == [8, 9] && hit.hours.map(\.remaining) == [4, 0])
        #expect(pit.market.exchange.offers(of: pit.provider, after: OfferID(0), limit: 9).map(\.outages) == [hit.outages])
        #expect(pit.market.replay().state == pit.market.state)
        var decoder = BinaryDecoder(pit.market.state)
        #expect(try Exchange(decoding: &decoder).offer(offer.id).map { BinaryEncoder.encode($0) } == BinaryEncoder.encode(hit))
        // Very many hours: the first hundred are named.
        let small = Pit(units: 1)
        small.market.outage(small.resource, units: 1, from: 2, to: 400)
        var long = small.market.offer(of: small.resource, 1, at: cents(200), from: 1, hours: 300)
        long.skipUnavailable = true
        let view = try small.market.offer(long, as: small.provider).get()
        #expect(view.hours.count == 1 && view.skipped.count == 100 && view.skipped.last?.contract == small.contract(101))
    }

    @Test("client_offer_id is unique per provider")
    func names() {
        let pit = Pit()
        var spec = pit.market.offer(of: pit.resource, 1, at: cents(200), from: 2, hours: 1)
        spec.clientOfferID = "mine"
        #expect(pit.market.code(.postOffer(spec), as: pit.provider) == nil)
        #expect(pit.market.code(.postOffer(spec), as: pit.provider) == .conflict)
        // What does not exist is reported before what is taken.
        spec.end = pit.midnight + 1_002
        #expect(pit.market.code(.postOffer(spec), as: pit.provider) == .unknownContract)
    }

    @Test("an offer names its product or its grade; only a resource that meets the grade is offered there, and buyers can count on it")
    func grades() throws {
        let pit = Pit()
        let market = pit.market
        var guarantees = Requirements()
        guarantees.isolation = .virtualMachine
        #expect(market.code(.addGrade(Grade(code: "SECURE", guarantees: guarantees)), as: market.operatorID) == nil)
        var terms = try #require(market.exchange.catalogue.product(pit.product)).terms
        terms.grade = "SECURE"
        #expect(market.code(.addProduct(terms), as: market.operatorID) == nil)
        market.product("A100-SXM")
        let secure = market.resource(of: pit.provider, units: 10, site: "Safe") {
            $0.security = SecurityFacts()
            $0.security?.isolation = .bareMetal
        }
        func offer(_ resource: ResourceID, _ product: String?, _ grade: String?) -> Result<OfferView, Refusal> {
            var spec = market.offer(of: resource, 2, at: cents(200), from: 2, hours: 2)
            (spec.product, spec.grade) = (product, grade)
            return market.offer(spec, as: pit.provider)
        }
        func products(_ result: Result<OfferView, Refusal>) throws -> [String?] {
            try result.get().hours.map { market.exchange.catalogue.product($0.contract.product)?.code }
        }
        let (standard, graded) = ("H100-SXM.CN-GAN", "H100-SXM.CN-GAN.SECURE")
        for (product, grade, code) in [
            (nil, nil, standard), (nil, "STD", standard), (standard, nil, standard), (nil, "SECURE", graded), (graded, nil, graded),
        ] as [(String?, String?, String)] {
            #expect(try products(offer(secure, product, grade)) == [code, code], "\(product ?? "") \(grade ?? "")")
        }
        let before = market.stateWithoutHeader
        for (resource, product, grade, code, field) in [
            (pit.resource, nil, "SECURE", .insufficientCapacity, "resource_id"), (pit.resource, graded, nil, .insufficientCapacity, "resource_id"),
            (secure, "A100-SXM.CN-GAN", nil, .insufficientCapacity, "resource_id"), (secure, nil, "NONE", .notFound, "grade"),
            (secure, "NO-SUCH.CN-GAN", nil, .notFound, "product"), (secure, graded, "SECURE", .invalidRequest, "grade"),
            (secure, "", nil, .invalidRequest, "product"),
        ] as [(ResourceID, String?, String?, RefusalCode, String)] {
            let refusal = offer(resource, product, grade).refusal
            #expect(refusal?.code == code && refusal?.field == field, "\(product ?? "") \(grade ?? ""): \(String(describing: refusal))")
        }
        #expect(offer(pit.resource, nil, "SECURE").refusal?.detail.contains("isolation virtual_machine wanted, unknown") == true)
        #expect(market.stateWithoutHeader == before)
        // In a book without names only the grade tells what one gets: all of this bid's units come from the graded product.
        var bid = market.bid(quantity: 4, hours: 1, from: 2, placement: .any)
        bid.requirements.isolation = .virtualMachine
        let filled = try market.bid(bid, as: pit.alice).get()
        #expect(filled.status == .filled && filled.product == market.exchange.catalogue.productID(code: graded))
        #expect(market.exchange.firstBrokenInvariant() == nil && market.replay().state == market.state)
    }

    @Test("sales show in the offer, hour by hour, to the last unit")
    func partialSale() throws {
        let pit = Pit()
        let id = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 2, hours: 2), as: pit.provider).get().id
        pit.buy(cents(200), 3, as: pit.alice, hour: 2)
        let partly = try #require(pit.market.exchange.offer(id))
        #expect(partly.hours.map(\.sold) == [3, 0] && partly.hours.map(\.remaining) == [1, 4])
        #expect(partly.status == .partiallyFilled, "\(partly.status)")
        pit.buy(cents(200), 1, as: pit.alice, hour: 2)
        pit.buy(cents(200), 4, as: pit.alice, hour: 3)
        let sold = try #require(pit.market.exchange.offer(id))
        #expect(sold.hours.map(\.remaining) == [0, 0] && sold.status == .filled)
        #expect(pit.market.code(.cancelOffer(CancelOffer(id)), as: pit.provider) == nil, "nothing is left to cancel")
        #expect(pit.market.exchange.offer(id)?.status == .filled)
    }

    @Test("an offer that crosses sells at once, at the bids' prices")
    func crossing() throws {
        let pit = Pit()
        pit.buy(cents(250), 3, as: pit.alice, hour: 2)
        let offer = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 2, hours: 2), as: pit.provider).get()
        #expect(offer.hours.map(\.sold) == [3, 0] && offer.hours.map(\.remaining) == [1, 4])
        #expect(pit.order(offer.hours[0].orderID).averagePrice == cents(250))
    }

    @Test("an offer is repriced and resized as one thing, all hours or none")
    func amendments() throws {
        let pit = Pit(units: 10, cash: 100)
        let id = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 2, hours: 3), as: pit.provider).get().id
        pit.buy(cents(200), 3, as: pit.alice, hour: 2)
        pit.sell(cents(300), 4, hour: 4)
        func amend(price: Price? = nil, prices: [Price]? = nil, quantity: Quantity? = nil) -> Result<OfferView, Refusal> {
            var body = AmendOffer.Body()
            body.price = price
            body.prices = prices
            body.quantity = quantity
            return pit.market.amend(id, body, as: pit.provider)
        }
        func code(_ result: Result<OfferView, Refusal>) -> RefusalCode? {
            if case .failure(let refusal) = result { refusal.code } else { nil }
        }
        let before = pit.market.stateWithoutHeader
        #expect(code(amend(quantity: 7)) == .insufficientCapacity, "hour 4 has six left for it")
        #expect(code(amend(quantity: 3)) == .conflict, "three are sold in hour 2")
        #expect(code(amend(price: cents(301))) == .outsidePriceBand)
        #expect(code(amend(prices: [cents(200), cents(200), Price(1)])) == .priceOffTick)
        #expect(code(amend(prices: [cents(200), cents(200)])) == .invalidRequest)
        #expect(code(amend()) == .invalidRequest)
        #expect(code(amend(price: cents(200), prices: [cents(200)])) == .invalidRequest)
        #expect(code(amend(quantity: 0)) == .invalidRequest)
        #expect(pit.market.stateWithoutHeader == before)
        let larger = try amend(quantity: 6).get()
        #expect(larger.hours.map(\.remaining) == [3, 6, 6] && larger.quantity == 6)
        #expect(pit.market.units(pit.resource, pit.midnight + 4).free == 0)
        let dearer = try amend(price: cents(240)).get()
        #expect(dearer.hours.map(\.price) == [cents(240), cents(240), cents(240)])
        let smaller = try amend(prices: [cents(240), cents(230), cents(220)], quantity: 4).get()
        #expect(smaller.hours.map(\.remaining) == [1, 4, 4])
        #expect(smaller.hours.map(\.price) == [cents(240), cents(230), cents(220)])
        // 30 % of 1 × 2.40 + 4 × 2.30 + 4 × 2.20 and of the single order's 4 × 3.00.
        #expect(pit.market.balance(pit.provider).reserved == Micros(720_000 + 2_760_000 + 2_640_000 + 3_600_000))
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("less at the same price keeps an hour's place in its book, a new price loses it")
    func priority() throws {
        let pit = Pit()
        let other = pit.market.participant("Other", .provider)
        pit.market.deposit(1_000, to: other)
        let theirs = pit.market.resource(of: other, units: 10)
        let id = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 2, hours: 1), as: pit.provider).get().id
        let behind = try pit.market.place(pit.market.order(.sell, pit.contract(), cents(200), 4, resource: theirs), as: other).get().order.id
        var body = AmendOffer.Body()
        body.quantity = 3
        _ = try pit.market.amend(id, body, as: pit.provider).get()
        pit.buy(cents(200), 1, as: pit.alice)
        #expect(pit.order(behind).filledQuantity == 0)
        body.quantity = nil
        body.price = cents(201)
        _ = try pit.market.amend(id, body, as: pit.provider).get()
        body.price = cents(200)
        _ = try pit.market.amend(id, body, as: pit.provider).get()
        pit.buy(cents(200), 1, as: pit.alice)
        #expect(pit.order(behind).filledQuantity == 1)
    }

    @Test("an amendment that crosses sells what it can; the bonds of all hours must be there together")
    func amendedBonds() throws {
        let pit = Pit(units: 10, cash: 10)
        let id = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 2, hours: 4), as: pit.provider).get().id
        var body = AmendOffer.Body()
        body.price = cents(209)
        // 30 % of 4 hours × 4 × 2.09 is 10.032.
        #expect(pit.market.amend(id, body, as: pit.provider).refusal
                == Refusal(.insufficientFunds, "the bonds of all hours need more than the 10.000000 available"))
        body.price = cents(208)
        #expect(try pit.market.amend(id, body, as: pit.provider).get().status == .open)
        pit.market.deposit(100, to: pit.alice)
        pit.buy(cents(207), 4, as: pit.alice, hour: 3)
        body.price = cents(207)
        let crossed = try pit.market.amend(id, body, as: pit.provider).get()
        #expect(crossed.hours.map(\.sold) == [0, 4, 0, 0])
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("cancelling takes what is left; it stays sold what was sold")
    func cancelling() throws {
        let pit = Pit()
        let id = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 2, hours: 2), as: pit.provider).get().id
        pit.buy(cents(200), 3, as: pit.alice, hour: 2)
        let other = pit.market.participant("Other", .provider)
        #expect(pit.market.code(.cancelOffer(CancelOffer(id)), as: other) == .notFound)
        for number in [0, -1, Int64.max, Int64.min] {
            #expect(pit.market.code(.cancelOffer(CancelOffer(OfferID(number))), as: pit.provider) == .notFound)
        }
        guard case .offer(let offer) = pit.market.apply(.cancelOffer(CancelOffer(id)), as: pit.provider).reply else {
            Issue.record("not cancelled")
            return
        }
        #expect(offer.status == .cancelled && offer.hours.map(\.sold) == [3, 0] && offer.hours.map(\.remaining) == [0, 0])
        #expect(pit.order(offer.hours[1].orderID).reason == .offerCancelled)
        #expect(pit.market.balance(pit.provider).reserved == .zero)
        var body = AmendOffer.Body()
        body.price = cents(200)
        #expect(pit.market.amend(id, body, as: pit.provider).refusal
                == Refusal(.conflict, "the offer is cancelled"))
    }

    @Test("an offer's order can be cancelled alone; the offer goes on with the others")
    func oneHour() throws {
        let pit = Pit()
        let offer = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 2, hours: 2), as: pit.provider).get()
        #expect(pit.market.code(.cancelOrder(CancelOrder(OrderReference(id: offer.hours[0].orderID))), as: pit.provider) == nil)
        #expect(pit.market.exchange.offer(offer.id)?.hours.map(\.remaining) == [0, 4])
        #expect(pit.market.exchange.offer(offer.id)?.status == .open)
        pit.advance(minutes: 165)
        #expect(pit.market.exchange.offer(offer.id)?.status == .closed)
    }
}
