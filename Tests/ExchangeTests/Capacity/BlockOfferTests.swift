import Exchange
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Offers that serve only bids of a least size")
struct BlockOfferTests {
    private func offer(
        _ pit: Pit, _ quantity: Quantity = 8, at price: Price = cents(200), from: Int32 = 2, hours: Int32 = 3, minHours: Int32? = 2,
        minQuantity: Quantity? = 4
    ) throws -> OfferView {
        var spec = pit.market.offer(of: pit.resource, quantity, at: price, from: from, hours: hours)
        spec.minHours = minHours
        spec.minQuantity = minQuantity
        return try pit.market.offer(spec, as: pit.provider).get()
    }

    private func isConsistent(_ market: Market) -> Bool {
        var decoder = BinaryDecoder(market.state)
        let read = try? Exchange(decoding: &decoder)
        var encoder = BinaryEncoder()
        read?.encodeState(into: &encoder)
        let (state, difference) = market.replay()
        return encoder.bytes == market.state && difference == nil && state == market.state && market.exchange.firstBrokenInvariant() == nil
    }

    @Test("orders and smaller bids do not meet it, a bid that is large enough does; the book shows it apart")
    func serves() throws {
        let pit = Pit()
        let id = try offer(pit).id
        let book = try #require(pit.market.exchange.book(pit.contract(), depth: 5))
        #expect(book.asks.isEmpty && book.blockAsks.map(\.quantity) == [8] && book.blockAsks[0].price == cents(200))
        #expect(book.blockAsks[0].minHours == 2 && book.blockAsks[0].minQuantity == 4)
        #expect(pit.buy(cents(250), 4, as: pit.bob, .ioc).trades.isEmpty)
        for placement in [Placement.sameResource, .sameSite, .any] {
            for (quantity, hours) in [(Quantity(3), Int32(2)), (4, 1)] {
                let spec = pit.market.bid(quantity: quantity, hours: hours, from: 2, placement: placement)
                #expect(try pit.market.bid(spec, as: pit.alice).get().status == .unfilled)
            }
        }
        let spec = pit.market.bid(quantity: 4, hours: 2, from: 2)
        let quote = try pit.market.exchange.quote(spec, for: pit.alice)
        #expect(quote.feasible && quote.cost == .units(16))
        #expect(try pit.market.bid(spec, as: pit.alice).get().cost == .units(16))
        #expect(pit.market.exchange.offer(id)?.hours.map(\.sold) == [4, 4, 0])
        #expect(isConsistent(pit.market))
    }

    @Test("it mixes with the book's asks by price, behind them where it costs as much", arguments: [Placement.sameResource, .sameSite, .any])
    func mixes(placement: Placement) throws {
        let pit = Pit()
        _ = try offer(pit, 4, at: cents(200), minHours: 1)
        for hour in [2, 3] as [Int32] {
            pit.sell(cents(190), 1, hour: hour)
            pit.sell(cents(200), 2, hour: hour)
            pit.sell(cents(210), 9, hour: hour)
        }
        let view = try pit.market.bid(pit.market.bid(quantity: 8, hours: 2, from: 2, placement: placement), as: pit.alice).get()
        #expect(view.legs.map { $0.trades.map(\.quantity) } == [[1, 2, 4, 1], [1, 2, 4, 1]])
        #expect(view.legs.map { $0.trades.map(\.price) } == [[cents(190), cents(200), cents(200), cents(210)], [cents(190), cents(200), cents(200), cents(210)]])
        #expect(isConsistent(pit.market))
    }

    @Test("the least size is one of bids: a bid that is large enough may take less of the block, where the book is cheaper")
    func takesLess() throws {
        let pit = Pit()
        let id = try offer(pit, 8, at: cents(200), hours: 2).id
        for hour in [2, 3] as [Int32] { pit.sell(cents(190), 3, hour: hour) }
        let view = try pit.market.bid(pit.market.bid(quantity: 4, hours: 2, from: 2), as: pit.alice).get()
        #expect(view.status == .filled && view.legs.map { $0.trades.map(\.quantity) } == [[3, 1], [3, 1]])
        // Seven are left of eight, and serve only bids for four again.
        #expect(pit.market.exchange.offer(id)?.hours.map(\.remaining) == [7, 7])
        #expect(try pit.market.bid(pit.market.bid(quantity: 3, hours: 2, from: 2), as: pit.alice).get().status == .unfilled)
        #expect(isConsistent(pit.market))
    }

    @Test("it wakes a standing bid that is large enough, and no other")
    func wakes() throws {
        let pit = Pit()
        var ids: [BidID] = []
        for quantity in [3, 4] as [Quantity] {
            var spec = pit.market.bid(quantity: quantity, hours: 2, from: 2)
            spec.standing = true
            ids.append(try pit.market.bid(spec, as: pit.alice).get().id)
        }
        _ = try offer(pit)
        #expect(ids.compactMap { pit.market.exchange.bid($0)?.status } == [.standing, .filled])
        #expect(isConsistent(pit.market))
    }

    @Test("it is repriced, resized and cancelled like any offer, ends at its gates and gives way to outages")
    func lives() throws {
        let pit = Pit()
        let id = try offer(pit).id
        var body = AmendOffer.Body()
        body.price = cents(210)
        body.quantity = 6
        #expect(try pit.market.amend(id, body, as: pit.provider).get().hours.map(\.remaining) == [6, 6, 6])
        #expect(pit.market.exchange.book(pit.contract(), depth: 5)?.blockAsks.map(\.price) == [cents(210)])
        body = AmendOffer.Body()
        body.quantity = 3
        #expect(pit.market.amend(id, body, as: pit.provider).refusal?.field == "quantity")
        pit.market.outage(pit.resource, units: 95, from: 3, to: 4)
        #expect(pit.market.exchange.offer(id)?.hours.map(\.remaining) == [6, 0, 6])
        pit.advance(minutes: 105)
        #expect(pit.market.exchange.offer(id)?.hours.map(\.remaining) == [0, 0, 6])
        #expect(isConsistent(pit.market))
        guard case .offer(let cancelled) = pit.market.apply(.cancelOffer(CancelOffer(id)), as: pit.provider).reply else { return }
        #expect(cancelled.status == .cancelled && pit.market.balance(pit.provider).reserved == .zero)
        #expect(isConsistent(pit.market))
    }

    @Test("bad input: more hours or units than the offer has, or none")
    func refusals() {
        let pit = Pit()
        for (hours, quantity, field) in [
            (Int32(4), Quantity(4), "min_hours"), (0, 4, "min_hours"), (-1, 4, "min_hours"), (2, 9, "min_quantity"), (2, 0, "min_quantity"),
        ] {
            var spec = pit.market.offer(of: pit.resource, 8, at: cents(200), from: 2, hours: 3)
            (spec.minHours, spec.minQuantity) = (hours, quantity)
            let refusal = pit.market.offer(spec, as: pit.provider).refusal
            #expect(refusal?.code == .invalidRequest && refusal?.field == field)
        }
    }

    @Test("an offer over an outage is refused whole, and the refusal says so")
    func outages() {
        let pit = Pit()
        pit.market.outage(pit.resource, units: 95, from: 3, to: 4)
        let refusal = pit.market.offer(pit.market.offer(of: pit.resource, 8, at: cents(200), from: 2, hours: 3), as: pit.provider).refusal
        #expect(refusal?.code == .insufficientCapacity && refusal?.detail.contains("an outage takes 95") == true)
        #expect(pit.market.exchange.book(pit.contract(), depth: 5)?.asks.isEmpty == true)
    }
}

@Suite("Bids for whole nodes")
struct NodeBidTests {
    @Test("a bid over several resources that asks for nodes of 8 takes 8 or 16 of each, never 4")
    func wholeNodes() throws {
        for (placement, asked) in [
            (Placement.any, UInt32(8)), (.sameSite, 8), (.any, 1),
        ] {
            let market = Market()
            var grade = Grade()
            grade.code = "NODE"
            grade.guarantees.devicesPerNode = 8
            market.apply(.addGrade(grade), as: market.operatorID)
            market.product()
            var terms = ProductTerms()
            let standard = market.exchange.catalogue.products[0]
            terms.computeClass = standard.computeClass
            terms.zone = standard.zone
            terms.grade = "NODE"
            terms.currency = standard.currency
            terms.tickSize = standard.tickSize
            terms.lotSize = 1
            terms.priceBand = 5_000
            terms.referencePrice = standard.referencePrice
            terms.horizonHours = 1_000
            guard case .product(let product) = market.apply(.addProduct(terms), as: market.operatorID).reply else {
                Issue.record("no product")
                return
            }
            let provider = market.participant("Provider", .provider)
            let alice = market.participant("Alice", .consumer)
            for participant in [provider, alice] { market.deposit(100_000, to: participant) }
            for (price, quantity) in [(cents(190), Quantity(12)), (cents(200), 7), (cents(210), 8), (cents(210), 8)] {
                let resource = market.resource(of: provider, units: 64, site: "North") { spec in
                    spec.node = NodeFacts()
                    spec.node?.devicesPerNode = 8
                }
                let ask = market.order(.sell, market.contract(product.id, in: 2), price, quantity, resource: resource)
                guard case .success = market.place(ask, as: provider) else {
                    Issue.record("refused")
                    return
                }
            }
            var spec = market.bid(quantity: 16, hours: 1, from: 2, placement: placement)
            spec.requirements.devicesPerNode = asked
            // 8 of the 12 at 1.90 and 8 at 2.10, in whole nodes.
            let expected: Int64 = asked == 8 ? 8 * 190 + 8 * 210 : 12 * 190 + 4 * 200
            let quote = try market.exchange.quote(spec, for: alice)
            #expect(quote.cost == Micros(expected * 10_000), "\(placement) \(asked)")
            #expect(try market.bid(spec, as: alice).get().cost == quote.cost)
            #expect(quote.legs.allSatisfy { $0.resourceID != nil })
        }
    }
}
