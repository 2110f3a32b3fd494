import Exchange
import Foundation
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Standing bids")
struct StandingBidTests {
    private func spec(
        _ pit: Pit, _ quantity: Quantity = 4, hours: Int32 = 2, from: Int32 = 2, window: Int32? = nil, limit: Price? = cents(220),
        maxTotal: Micros? = nil, placement: Placement? = nil
    ) -> BidSpec {
        var spec = pit.market.bid(
            quantity: quantity, hours: hours, from: from, window: window, limit: limit, maxTotal: maxTotal, placement: placement)
        spec.standing = true
        return spec
    }

    private func view(_ pit: Pit, _ id: BidID) -> BidView {
        guard let view = pit.market.exchange.bid(id) else { preconditionFailure("no bid") }
        return view
    }

    private func isConsistent(_ market: Market) -> Bool {
        let (state, difference) = market.replay()
        var decoder = BinaryDecoder(market.state)
        let read = try? Exchange(decoding: &decoder)
        var encoder = BinaryEncoder()
        read?.encodeState(into: &encoder)
        return difference == nil && state == market.state && encoder.bytes == market.state && market.exchange.firstBrokenInvariant() == nil
    }

    @Test("a bid that finds nothing rests with its worst cost reserved and is filled by the ask that completes it")
    func restsAndFills() throws {
        let pit = Pit()
        let id = try pit.market.bid(spec(pit), as: pit.alice).get().id
        #expect(view(pit, id).status == .standing && view(pit, id).reason == nil)
        // 4 × 2 × 2.20 and 30 bps.
        #expect(view(pit, id).reserved == Micros(17_652_800) && pit.market.balance(pit.alice).reserved == Micros(17_652_800))
        pit.sell(cents(230), 4, hour: 2)
        #expect(view(pit, id).status == .standing)
        pit.sell(cents(200), 3, hour: 3)
        #expect(view(pit, id).status == .standing)
        #expect(isConsistent(pit.market))
        pit.sell(cents(200), 1, hour: 3)
        let filled = view(pit, id)
        #expect(filled.status == .filled && filled.cost == Micros(17_200_000) && filled.reserved == .zero && filled.closedAt == pit.market.now)
        #expect(filled.legs.map { $0.trades.map(\.quantity) } == [[4], [3, 1]])
        #expect(pit.market.balance(pit.alice).reserved == .zero)
        #expect(filled.allocationID.flatMap { pit.market.exchange.allocation($0) }?.bidID == id)
        #expect(isConsistent(pit.market))
    }

    @Test("what cannot be had within the limit, in the window or on one resource wakes nothing")
    func passesOver() throws {
        let pit = Pit()
        let other = pit.market.resource(of: pit.provider, units: 100)
        let id = try pit.market.bid(spec(pit), as: pit.alice).get().id
        for hour in [1, 4, 5] as [Int32] { pit.sell(cents(150), 9, hour: hour) }
        pit.sell(cents(200), 4, hour: 2)
        let elsewhere = pit.market.order(.sell, pit.contract(3), cents(150), 9, resource: other)
        guard case .success = pit.market.place(elsewhere, as: pit.provider) else { preconditionFailure("refused") }
        pit.sell(cents(241), 4, hour: 3)
        #expect(view(pit, id).status == .standing)
        pit.sell(cents(240), 4, hour: 3)
        #expect(view(pit, id).status == .filled && view(pit, id).averagePrice == cents(220))
    }

    @Test("highest limit first, of max_total what a device-hour may cost; hidden last at a price; then oldest")
    func order() throws {
        let pit = Pit()
        var wanted: [(BidID, String)] = []
        func stand(_ name: String, limit: Price? = nil, total: Micros? = nil, hidden: Bool = false) throws {
            var spec = spec(pit, 1, hours: 1, limit: limit, maxTotal: total)
            spec.hidden = hidden
            wanted.append((try pit.market.bid(spec, as: pit.alice).get().id, name))
        }
        try stand("old at 2.00", limit: cents(200))
        try stand("hidden at 2.00", limit: cents(200), hidden: true)
        try stand("young at 2.00", limit: cents(200))
        try stand("2.10 in all", total: Micros(2_109_999))
        try stand("2.11", limit: cents(211))
        var order: [String] = []
        for _ in 0..<5 {
            pit.sell(cents(190), 1, hour: 2)
            for (id, name) in wanted where view(pit, id).status == .filled && !order.contains(name) { order.append(name) }
        }
        #expect(order == ["2.11", "2.10 in all", "old at 2.00", "young at 2.00", "hidden at 2.00"])
    }

    @Test("orders that rest in the book go before standing bids, and one ask can fill several bids")
    func booksFirst() throws {
        let pit = Pit()
        let bids = try [cents(250), cents(240)].map {
            try pit.market.bid(spec(pit, 3, hours: 1, limit: $0), as: pit.alice).get().id
        }
        let buy = pit.buy(cents(210), 2, as: pit.bob)
        pit.sell(cents(205), 9)
        #expect(pit.order(buy.order.id).status == .filled)
        #expect(bids.map { view(pit, $0).status } == [.filled, .filled])
        #expect(pit.market.exchange.book(pit.contract(), depth: 1)?.asks.map(\.quantity) == [1])
        #expect(isConsistent(pit.market))
    }

    @Test("a stop goes before a standing bid, and a standing bid's trade can trigger the next stop")
    func stops() throws {
        let pit = Pit()
        pit.trade(cents(200), 2, to: pit.bob)
        var stop = pit.market.order(.sell, pit.contract(), cents(150), 2)
        stop.type = .stopLimit
        stop.stopPrice = cents(180)
        guard case .success(let receipt) = pit.market.place(stop, as: pit.bob) else { preconditionFailure("refused") }
        let first = try pit.market.bid(spec(pit, 1, hours: 1), as: pit.alice).get().id
        let second = try pit.market.bid(spec(pit, 2, hours: 1, limit: cents(210), placement: .any), as: pit.alice).get().id
        pit.sell(cents(170), 1)
        // The first bid's trade at 1.70 lets the stop in; what it sells serves `any`.
        #expect(view(pit, first).status == .filled && view(pit, second).status == .filled)
        #expect(pit.order(receipt.order.id).status == .filled)
        #expect(isConsistent(pit.market))
    }

    @Test("an offer, an amended ask, a resale and a resumed contract wake; a halted one does not trade")
    func wakers() throws {
        let pit = Pit()
        func stand(_ placement: Placement? = nil) throws -> BidID { try pit.market.bid(spec(pit, placement: placement), as: pit.alice).get().id }
        let offered = try stand()
        _ = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(210), from: 1, hours: 4), as: pit.provider).get()
        #expect(view(pit, offered).status == .filled)

        let amended = try stand()
        let asks = [pit.sell(cents(230), 4, hour: 2), pit.sell(cents(230), 4, hour: 3)]
        _ = try pit.market.amend(asks[0].order.id, price: cents(220), as: pit.provider).get()
        #expect(view(pit, amended).status == .standing)
        _ = try pit.market.amend(asks[1].order.id, price: cents(220), as: pit.provider).get()
        #expect(view(pit, amended).status == .filled)

        for hour in [2, 3] as [Int32] { pit.trade(cents(200), 4, to: pit.bob, hour: hour) }
        let resold = try stand(.any)
        for hour in [2, 3] as [Int32] { pit.resell(cents(215), 4, as: pit.bob, hour: hour) }
        #expect(view(pit, resold).status == .filled)

        for scope in [
            TradingScope(.market), TradingScope(.product, product: pit.product), TradingScope(.contract, contract: pit.contract(3)),
        ] {
            let halted = pit.market
            for hour in [2, 3] as [Int32] { pit.sell(cents(210), 4, hour: hour) }
            halted.apply(.halt(scope), as: halted.operatorID)
            let waiting = try stand()
            #expect(view(pit, waiting).status == .standing)
            halted.apply(.resume(scope), as: halted.operatorID)
            #expect(view(pit, waiting).status == .filled)
        }
        #expect(isConsistent(pit.market))
    }

    @Test("an ask too dear wakes nothing, its end neither; the same units offered cheaper do")
    func cheaper() throws {
        let pit = Pit(units: 4)
        let offered = try pit.market.bid(spec(pit, hours: 1), as: pit.alice).get().id
        let dear = pit.sell(cents(230), 4)
        #expect(view(pit, offered).status == .standing)
        #expect(pit.market.code(.cancelOrder(CancelOrder(OrderReference(id: dear.order.id))), as: pit.provider) == nil)
        #expect(view(pit, offered).status == .standing && view(pit, offered).legs.isEmpty)
        let offer = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(225), from: 2, hours: 1), as: pit.provider).get().id
        #expect(view(pit, offered).status == .standing)
        #expect(pit.market.code(.cancelOffer(CancelOffer(offer)), as: pit.provider) == nil)
        #expect(view(pit, offered).status == .standing)
        _ = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(220), from: 2, hours: 1), as: pit.provider).get()
        #expect(view(pit, offered).status == .filled && view(pit, offered).averagePrice == cents(220))
        #expect(isConsistent(pit.market))
    }

    @Test("a dear ask completes a bid of several resources where cheap ones carry the average", arguments: [Placement.sameSite, .any])
    func average(placement: Placement) throws {
        let pit = Pit()
        pit.sell(cents(150), 3, hour: 2)
        pit.sell(cents(150), 4, hour: 3)
        let id = try pit.market.bid(spec(pit, placement: placement), as: pit.alice).get().id
        pit.sell(cents(300), 1, hour: 4)
        #expect(view(pit, id).status == .standing)
        // 3 × 1.50 and 1 × 3.00, then 4 × 1.50: 1.6875 on average.
        pit.sell(cents(300), 1, hour: 2)
        #expect(view(pit, id).status == .filled && view(pit, id).cost == Micros(13_500_000))
        #expect(isConsistent(pit.market))
    }

    @Test("a bid longer than what is looked at around a new ask is filled, too", arguments: [Placement.sameResource, .sameSite, .any])
    func long(placement: Placement) throws {
        let pit = Pit()
        let hours: Int32 = 60
        _ = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 3, hours: hours - 1), as: pit.provider).get()
        let ids = try [hours, hours + 1].map { try pit.market.bid(spec(pit, hours: $0, window: hours + 1, placement: placement), as: pit.alice).get().id }
        pit.sell(cents(300), 4, hour: 2)
        #expect(ids.map { view(pit, $0).status } == [.filled, .standing])
        #expect(pit.market.exchange.standingBidThatCouldBeFilled() == nil)
    }

    @Test("own asks are passed over")
    func own() throws {
        let pit = Pit()
        let spec = spec(pit, 1, hours: 1, placement: .any)
        let id = try pit.market.bid(spec, as: pit.provider).get().id
        pit.sell(cents(150), 1)
        #expect(view(pit, id).status == .standing)
        pit.trade(cents(140), 1, to: pit.bob, hour: 2)
        pit.resell(cents(160), 1, as: pit.bob)
        #expect(view(pit, id).status == .filled)
    }

    @Test("expires_at ends it, or the gate of its last possible start; its cash is free again")
    func expiry() throws {
        let pit = Pit()
        var early = spec(pit, window: 4)
        early.expiresAt = pit.midnight.start.advanced(minutes: 30)
        let expired = try pit.market.bid(early, as: pit.alice).get().id
        // Two hours within 2 to 6: the last start is 4, whose gate closes at 3:45.
        let closed = try pit.market.bid(spec(pit, window: 4), as: pit.alice).get().id
        pit.advance(minutes: 29)
        #expect(view(pit, expired).status == .standing)
        pit.advance(minutes: 30)
        #expect(view(pit, expired).status == .expired && view(pit, expired).reason == .expired)
        pit.advance(minutes: 224)
        #expect(view(pit, closed).status == .standing)
        pit.advance(minutes: 225)
        #expect(view(pit, closed).status == .expired && view(pit, closed).reason == .windowClosed)
        #expect(view(pit, closed).closedAt == pit.midnight.start.advanced(minutes: 225))
        #expect(pit.market.balance(pit.alice).reserved == .zero)
        #expect(pit.market.code(.cancelBid(CancelBid(closed)), as: pit.alice) == .conflict)
        #expect(isConsistent(pit.market))
    }

    @Test("hours whose gate closed are out of the window of a bid that still stands")
    func shrinks() throws {
        let pit = Pit()
        pit.sell(cents(200), 4, hour: 2)
        let id = try pit.market.bid(spec(pit, window: 3), as: pit.alice).get().id
        pit.advance(minutes: 110)
        pit.sell(cents(200), 4, hour: 3)
        #expect(view(pit, id).status == .standing)
        pit.sell(cents(200), 4, hour: 4)
        #expect(view(pit, id).status == .filled && view(pit, id).start == pit.midnight + 3)
    }

    @Test("cancelling and suspension end it and free its cash")
    func ends() throws {
        let pit = Pit()
        let id = try pit.market.bid(spec(pit), as: pit.alice).get().id
        #expect(pit.market.code(.cancelBid(CancelBid(id)), as: pit.bob) == .notFound)
        guard case .bid(let cancelled) = pit.market.apply(.cancelBid(CancelBid(id)), as: pit.alice).reply else { return }
        #expect(cancelled.status == .cancelled && cancelled.reason == .requested && cancelled.reserved == .zero)
        let second = try pit.market.bid(spec(pit), as: pit.alice).get().id
        pit.market.apply(.suspendParticipant(ParticipantReference(pit.alice)), as: pit.market.operatorID)
        #expect(view(pit, second).status == .cancelled && view(pit, second).reason == .suspended)
        for hour in [2, 3] as [Int32] { pit.sell(cents(150), 9, hour: hour) }
        #expect(view(pit, id).legs.isEmpty && view(pit, second).legs.isEmpty)
        #expect(pit.market.balance(pit.alice).reserved == .zero)
    }

    @Test("max_total is reserved as it is, and bounds the total with fees")
    func budgets() throws {
        let pit = Pit()
        let id = try pit.market.bid(spec(pit, 4, hours: 1, maxTotal: Micros(8_024_000)), as: pit.alice).get().id
        #expect(pit.market.balance(pit.alice).reserved == Micros(8_024_000))
        pit.sell(Price(2_010_000), 4)
        #expect(view(pit, id).status == .standing)
        pit.sell(cents(200), 4)
        #expect(view(pit, id).status == .filled && view(pit, id).fees == Micros(24_000))
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("bad input: expiry in the past, hidden or expiring without standing, a name in use, too little cash")
    func refusals() throws {
        let pit = Pit(cash: 100)
        let market = pit.market
        var late = spec(pit)
        late.expiresAt = market.now
        #expect(market.bid(late, as: pit.alice).refusal?.field == "expires_at")
        var hidden = spec(pit)
        hidden.standing = nil
        hidden.hidden = true
        #expect(market.bid(hidden, as: pit.alice).refusal?.field == "hidden")
        var expiring = spec(pit)
        expiring.standing = false
        expiring.expiresAt = market.now.advanced(hours: 1)
        #expect(market.bid(expiring, as: pit.alice).refusal?.field == "expires_at")
        #expect(market.bid(spec(pit, 30), as: pit.alice).refusal?.code == .insufficientFunds)
        var named = spec(pit)
        named.clientBidID = "mine"
        _ = try market.bid(named, as: pit.alice).get()
        #expect(market.bid(named, as: pit.alice).refusal?.code == .conflict)
        // A bid that stands leaves less for the next.
        #expect(market.bid(spec(pit, 20), as: pit.alice).refusal?.code == .insufficientFunds)
    }

    @Test("a participant has at most 1,000 standing bids, hourly ones among them; a cancelled one makes room")
    func limit() throws {
        let pit = Pit()
        var last = BidID.none
        for _ in 0..<999 { last = try pit.market.bid(spec(pit, 1, hours: 1, limit: cents(100)), as: pit.alice).get().id }
        var hourly = spec(pit, 1, hours: 1, limit: cents(100))
        hourly.fill = .hourly
        _ = try pit.market.bid(hourly, as: pit.alice).get()
        #expect(pit.market.bid(spec(pit, 1, hours: 1), as: pit.alice).refusal?.code == .limitExceeded)
        #expect(pit.market.bid(hourly, as: pit.alice).refusal?.code == .limitExceeded)
        // One that is filled at once needs no room.
        pit.sell(cents(200), 1)
        #expect(try pit.market.bid(spec(pit, 1, hours: 1), as: pit.alice).get().status == .filled)
        pit.market.apply(.cancelBid(CancelBid(last)), as: pit.alice)
        #expect(pit.market.bid(spec(pit, 1, hours: 1), as: pit.alice).refusal == nil)
        #expect(pit.market.bid(spec(pit, 1, hours: 1), as: pit.bob).refusal == nil)
    }

    @Test("a product listed later serves a bid that stands already")
    func laterProduct() throws {
        let pit = Pit()
        let id = try pit.market.bid(spec(pit, 1, hours: 1), as: pit.alice).get().id
        let product = pit.market.product("H100-SXM", "US-IOWA")
        let resource = pit.market.resource(of: pit.provider, units: 8, "H100-SXM", "US-IOWA")
        let ask = pit.market.order(.sell, ContractKey(product: product, hour: pit.midnight + 2), cents(150), 1, resource: resource)
        guard case .success = pit.market.place(ask, as: pit.provider) else { preconditionFailure("refused") }
        #expect(view(pit, id).status == .filled && view(pit, id).product == product)
        #expect(isConsistent(pit.market))
    }

    @Test("an unfilled bid says why", arguments: [
        (Quantity(101), Price(2_200_000), BidReason.exceedsCertifiedUnits), (9, Price(2_200_000), .notEnoughUnits), (4, Price(1_900_000), .limitTooLow),
    ])
    func reasons(quantity: Quantity, limit: Price, reason: BidReason) throws {
        let pit = Pit(units: 100)
        pit.sell(cents(200), 8)
        let view = try pit.market.bid(pit.market.bid(quantity: quantity, hours: 1, from: 2, limit: limit), as: pit.alice).get()
        #expect(view.status == .unfilled && view.reason == reason)
    }
}

@Suite("Hourly bids that stand")
struct StandingHourlyBidTests {
    private func spec(_ pit: Pit, _ quantity: Quantity = 4, hours: Int32 = 2, limit: Price = cents(210)) -> BidSpec {
        var spec = pit.market.bid(quantity: quantity, hours: hours, from: 2, limit: limit)
        spec.fill = .hourly
        spec.standing = true
        return spec
    }

    @Test("its orders rest in the books, fill as makers, share one allocation, and end the bid")
    func fills() throws {
        let pit = Pit()
        pit.sell(cents(200), 1, hour: 2)
        let placed = try pit.market.bid(spec(pit), as: pit.alice).get()
        #expect(placed.status == .partiallyFilled && placed.legs.map(\.quantity) == [1, 0])
        // 3 and 4 units at 2.10 and 10 bps.
        #expect(placed.reserved == Micros(14_714_700) && pit.market.balance(pit.alice).reserved == placed.reserved)
        pit.sell(cents(205), 3, hour: 2)
        pit.sell(cents(205), 2, hour: 3)
        let open = try #require(pit.market.exchange.bid(placed.id))
        #expect(open.status == .partiallyFilled && open.legs.map(\.quantity) == [4, 2] && open.reserved == Micros(4_204_200))
        #expect(open.legs.map { $0.trades.map(\.liquidity) } == [[.taker, .maker], [.maker]])
        pit.sell(cents(205), 2, hour: 3)
        let filled = try #require(pit.market.exchange.bid(placed.id))
        // 1 × 2.00 and 7 × 2.10.
        #expect(filled.status == .filled && filled.cost == Micros(16_700_000) && filled.closedAt == pit.market.now)
        let allocations = pit.market.exchange.allocations(of: pit.alice, after: .none, limit: 9)
        #expect(allocations.count == 1 && allocations[0].bidID == placed.id && allocations[0].id == filled.allocationID)
        #expect(pit.market.replay().firstDifference == nil && pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("cancelling the bid cancels its orders; they cannot be amended for themselves")
    func cancels() throws {
        let pit = Pit()
        let placed = try pit.market.bid(spec(pit), as: pit.alice).get()
        #expect(placed.status == .open)
        let order = try #require(placed.legs.first?.orderID)
        #expect(pit.market.amend(order, price: cents(200), as: pit.alice).refusal?.code == .conflict)
        guard case .bid(let view) = pit.market.apply(.cancelBid(CancelBid(placed.id)), as: pit.alice).reply else { return }
        #expect(view.status == .cancelled && view.reason == .requested)
        #expect(pit.order(order).status == .cancelled && pit.order(order).reason == .bidCancelled)
        #expect(pit.market.balance(pit.alice).reserved == .zero)
        #expect(pit.market.code(.cancelBid(CancelBid(placed.id)), as: pit.alice) == .conflict)
    }

    @Test("expires_at, the gates and suspension end it")
    func ends() throws {
        let pit = Pit()
        var early = spec(pit)
        early.expiresAt = pit.midnight.start.advanced(minutes: 10)
        let ids = try [early, spec(pit)].map { try pit.market.bid($0, as: pit.alice).get().id }
        let suspended = try pit.market.bid(spec(pit), as: pit.bob).get().id
        pit.market.apply(.suspendParticipant(ParticipantReference(pit.bob)), as: pit.market.operatorID)
        pit.advance(minutes: 240)
        let views = (ids + [suspended]).compactMap { pit.market.exchange.bid($0) }
        #expect(views.map(\.status) == [.expired, .expired, .cancelled])
        #expect(views.map(\.reason) == [.expired, .windowClosed, .suspended])
        #expect(views.map(\.closedAt) == [10, 165, 0].map { pit.midnight.start.advanced(minutes: $0) })
    }

    @Test("it comes back out of the state as it was")
    func state() throws {
        let pit = Pit()
        let id = try pit.market.bid(spec(pit), as: pit.alice).get().id
        pit.sell(cents(205), 3, hour: 2)
        var decoder = BinaryDecoder(pit.market.state)
        let read = try Exchange(decoding: &decoder)
        var output = ExchangeOutput()
        let outcome = read.apply(Envelope(time: pit.market.now, issuer: pit.alice, command: .cancelBid(CancelBid(id))), output: &output)
        guard case .bid(let view) = outcome.reply else {
            Issue.record("\(outcome.reply)")
            return
        }
        #expect(view.status == .cancelled && view.legs.map(\.quantity) == [3, 0])
    }
}
