import Exchange
import Pricing
import Quantities
import TestSupport
import Testing

extension Market {
    /// The market read back from its bytes writes the same bytes.
    func isReadBack() throws -> Bool {
        let bytes = state
        var decoder = BinaryDecoder(bytes)
        let read = try Exchange(decoding: &decoder)
        var encoder = BinaryEncoder()
        read.encodeState(into: &encoder)
        return encoder.bytes == bytes && read.nextDue == exchange.nextDue
    }
}

@Suite struct FeeScheduleTests {
    private func post(_ pit: Pit, _ tiers: [(Int64, BasisPoints, BasisPoints)], from: String? = nil) -> Reply {
        var body = PostFees.Body()
        body.effectiveFrom = from.flatMap { Timestamp(rfc3339: $0) }
        body.tiers = tiers.map { FeeTier(leastDeliveredHours: $0.0, makerFee: $0.1, takerFee: $0.2) }
        return pit.market.apply(.postFees(PostFees(product: pit.product, body: body)), as: pit.market.operatorID).reply
    }

    private func code(_ reply: Reply) -> RefusalCode? {
        if case .refused(let refusal) = reply { return refusal.code }
        return nil
    }

    @Test("a version takes effect at its time; an order keeps what was pinned; every fill names its version")
    func versions() throws {
        let pit = Pit()
        pit.sell(cents(200), 10)
        guard case .feeVersion(let second) = post(pit, [(0, 5, 50)], from: "2026-11-23T00:30:00Z") else {
            Issue.record("no schedule")
            return
        }
        #expect(second.version == 2)
        let before = pit.buy(cents(200), 5, as: pit.alice).trades[0]
        #expect(before.feeVersion == 1 && before.fee == Micros(30_000))
        #expect(try pit.market.isReadBack())
        pit.advance(minutes: 30)
        let after = pit.buy(cents(200), 5, as: pit.alice).trades[0]
        #expect(after.feeVersion == 2 && after.fee == Micros(50_000))
        let schedule = try #require(pit.market.exchange.feeSchedule(pit.product))
        #expect(schedule.current == 2 && schedule.versions.map(\.version) == [1, 2] && schedule.versions[0].tiers[0].takerFee == 30)
        #expect(pit.market.replay().state == pit.market.state)
        #expect(try pit.market.isReadBack())
    }

    @Test("a version whose time comes wakes the standing bids that it makes possible, and no others")
    func wakes() throws {
        let pit = Pit()
        pit.sell(cents(200), 4)
        // 8.00 and 30 bps are more than 8.01, 8.00 and 10 bps are not.
        func standing(_ total: Int64, as participant: ParticipantID) throws -> BidID {
            var spec = pit.market.bid(quantity: 4, hours: 1, from: 2, maxTotal: Micros(total))
            spec.standing = true
            return try pit.market.bid(spec, as: participant).get().id
        }
        let possible = try standing(8_010_000, as: pit.alice)
        let tight = try standing(8_007_000, as: pit.bob)
        #expect(pit.market.exchange.bid(possible)?.status == .standing)
        #expect(code(post(pit, [(0, 10, 10)], from: "2026-11-23T00:30:00Z")) == nil)
        #expect(code(post(pit, [(0, 10, 40)], from: "2026-11-23T00:45:00Z")) == nil)
        #expect(try pit.market.isReadBack())
        #expect(pit.market.exchange.nextDue == Timestamp(rfc3339: "2026-11-23T00:30:00Z"))
        pit.market.advance(to: "2026-11-23T00:29:59.999999Z")
        #expect(pit.market.exchange.bid(possible)?.status == .standing)
        pit.market.advance(to: "2026-11-23T00:30:00Z")
        let filled = try #require(pit.market.exchange.bid(possible))
        #expect(filled.status == .filled && filled.cost == Micros(8_000_000) && filled.fees == Micros(8_000))
        #expect(pit.market.exchange.bid(tight)?.status == .standing)
        #expect(try pit.market.isReadBack())
        pit.advance(minutes: 60)
        #expect(pit.market.exchange.feeSchedule(pit.product)?.current == 3)
        #expect(pit.market.replay().state == pit.market.state && pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("a tier that begins at midnight wakes whom it serves")
    func tierWakes() throws {
        let pit = Pit()
        #expect(code(post(pit, [(0, 10, 30), (8, 10, 10)])) == nil)
        pit.trade(cents(200), 8, to: pit.alice)
        pit.advance(minutes: 180)
        pit.report(delivered: 8 * 3_600)
        pit.advance(minutes: 300)
        pit.sell(cents(200), 4, hour: 30)
        var spec = pit.market.bid(quantity: 4, hours: 1, from: 25, maxTotal: Micros(8_010_000))
        spec.standing = true
        let id = try pit.market.bid(spec, as: pit.alice).get().id
        pit.advance(minutes: 1_439)
        #expect(pit.market.exchange.bid(id)?.status == .standing)
        pit.advance(minutes: 1_440)
        #expect(pit.market.exchange.bid(id)?.status == .filled && pit.market.exchange.bid(id)?.fees == Micros(8_000))
        #expect(pit.market.replay().state == pit.market.state)
    }

    @Test("a corrected delivery counts for the tiers as corrected")
    func correctedTier() throws {
        let pit = Pit()
        #expect(code(post(pit, [(0, 10, 30), (8, 10, 10)])) == nil)
        pit.trade(cents(200), 8, to: pit.alice)
        pit.advance(minutes: 180)
        pit.report(delivered: 8 * 3_600)
        pit.advance(minutes: 300)
        var body = CorrectDelivery.Body()
        body.deliveredDeviceSeconds = 7 * 3_600
        body.reference = "one"
        body.reason = "one was down"
        #expect(pit.market.code(.correctDelivery(CorrectDelivery(DeliveryID(1), body)), as: pit.market.operatorID) == nil)
        pit.advance(minutes: 1_440)
        for participant in [pit.alice, pit.provider] {
            #expect(pit.market.exchange.feeTiers(of: participant, after: 0, limit: 1).map(\.deliveredHours) == [7])
        }
    }

    @Test("delivered hours of the last 30 days lead to a tier from the next midnight on, and leave it again")
    func tiers() throws {
        let pit = Pit()
        #expect(code(post(pit, [(0, 10, 30), (8, -5, 20)])) == nil)
        pit.trade(cents(200), 8, to: pit.alice)
        pit.advance(minutes: 180)
        pit.report(delivered: 8 * 3_600)
        pit.advance(minutes: 300)
        #expect(pit.trade(cents(200), 5, to: pit.alice, hour: 20).trades[0].fee == Micros(30_000))
        pit.advance(minutes: 24 * 60)
        #expect(try pit.market.isReadBack())
        let taken = pit.trade(cents(200), 5, to: pit.alice, hour: 50)
        #expect(taken.trades[0].fee == Micros(20_000))
        // Bob has no such hours; the provider, who delivered them, makes at a rebate.
        #expect(pit.trade(cents(200), 5, to: pit.bob, hour: 50).trades[0].fee == Micros(30_000))
        let provider = try #require(pit.market.exchange.feeTiers(of: pit.provider, after: 0, limit: 1).first)
        #expect(provider.makerFee == -5 && provider.deliveredHours == 8)
        pit.advance(minutes: 30 * 24 * 60 + 60)
        #expect(pit.market.exchange.feeTiers(of: pit.alice, after: 0, limit: 1).first?.takerFee == 20)
        pit.advance(minutes: 31 * 24 * 60)
        #expect(pit.market.exchange.feeTiers(of: pit.alice, after: 0, limit: 1).first?.takerFee == 30)
        #expect(pit.market.replay().state == pit.market.state)
    }

    @Test("a schedule under which some maker and some taker would cost the exchange money is refused, and other nonsense", arguments: [
        [], [(1, 0, 10)], [(0, 0, 10), (0, 0, 10)], [(0, -11, 10)], [(0, -5, 10), (100, -2, 4)], [(0, 5_001, 0)], [(0, 0, -5_001)],
        [(0, 0, 10), (1_000_000_000_001, 0, 10)],
    ] as [[(Int64, BasisPoints, BasisPoints)]])
    func refusals(tiers: [(Int64, BasisPoints, BasisPoints)]) {
        let pit = Pit()
        let before = pit.market.stateWithoutHeader
        #expect(code(post(pit, tiers)) == .invalidRequest)
        #expect(pit.market.stateWithoutHeader == before)
    }

    @Test("only operators post; not into the past, not before a version that waits, not for a product that is not listed")
    func order() {
        let pit = Pit()
        var body = PostFees.Body()
        body.tiers = [FeeTier(leastDeliveredHours: 0, makerFee: 0, takerFee: 0)]
        #expect(pit.market.code(.postFees(PostFees(product: pit.product, body: body)), as: pit.alice) == .forbidden)
        #expect(pit.market.code(.postFees(PostFees(product: ProductID(7), body: body)), as: pit.market.operatorID) == .notFound)
        #expect(code(post(pit, [(0, 0, 1)], from: "2026-11-22T00:00:00Z")) == .invalidRequest)
        #expect(code(post(pit, [(0, 0, 1)], from: "2026-12-01T00:00:00Z")) == nil)
        #expect(code(post(pit, [(0, 0, 1)], from: "2026-11-30T00:00:00Z")) == .conflict)
        #expect(code(post(pit, [(0, 0, 1)])) == .conflict)
    }

    @Test("whatever the schedules, no trade earns below 0")
    func earns() throws {
        var random = SeededGenerator(seed: 11)
        var cut = 0
        for round in 0..<200 {
            let maker = BasisPoints(Int64(random.next() % 201)) - 100
            let taker = max(-maker, 0) + BasisPoints(Int64(random.next() % 50))
            let laterTaker = BasisPoints(Int64(random.next() % 60)) - 10
            let laterMaker = BasisPoints(Int64(random.next() % 60)) - laterTaker
            let pit = Pit()
            #expect(code(post(pit, [(0, maker, taker)])) == nil, "\(maker) \(taker)")
            let quantity = Quantity(random.next() % 20) + 1
            let price = Price(1_010_000 + Int64(random.next() % 190) * 10_000)
            let isSellFirst = random.next() % 2 == 0
            // The maker's rate is pinned under one version, the taker pays under the next.
            if isSellFirst { pit.sell(price, quantity) } else { pit.buy(price, quantity, as: pit.alice) }
            pit.advance(minutes: 1)
            #expect(code(post(pit, [(0, laterMaker, laterTaker)])) == nil, "\(laterMaker) \(laterTaker)")
            if isSellFirst { pit.buy(price, quantity, as: pit.alice) } else { pit.sell(price, quantity) }
            let trades = try pit.market.events.flatMap { bytes in
                var decoder = BinaryDecoder(bytes)
                var trades: [TradeView] = []
                while !decoder.isAtEnd { if case .trade(let trade) = try decoder.read(RecordedEvent.self).event { trades.append(trade) } }
                return trades
            }
            let trade = try #require(trades.first)
            #expect(trades.count == 1 && trade.quantity == quantity)
            #expect(trade.buyerFee + trade.sellerFee >= .zero, "round \(round): \(trade.buyerFee) \(trade.sellerFee)")
            let (made, taken) = isSellFirst ? (trade.sellerFee, trade.buyerFee) : (trade.buyerFee, trade.sellerFee)
            #expect((isSellFirst ? trade.sellerFeeVersion : trade.buyerFeeVersion) == 2)
            #expect((isSellFirst ? trade.buyerFeeVersion : trade.sellerFeeVersion) == 3)
            let notional = price.notional(quantity)
            #expect(taken == FeeSchedule.fee(on: notional, at: laterTaker) || taken == -made, "round \(round)")
            if maker + laterTaker < 0 { cut += 1 }
        }
        #expect(cut > 20)
    }
}
