import Exchange
import Matching
import Pricing
import Quantities
import TestSupport
import Testing

@Suite struct BandTests {
    private func contract(_ pit: Pit, _ hour: Int32) throws -> ContractView {
        try #require(pit.market.exchange.contract(pit.contract(hour)))
    }

    @Test("the reference of an hour of the day goes to yesterday's volume-weighted price, a fifth a day, and holds all day")
    func moves() throws {
        let pit = Pit()
        pit.trade(cents(290), 4, to: pit.alice, hour: 14)
        pit.trade(cents(270), 4, to: pit.alice, hour: 14 + 24)
        #expect(try contract(pit, 14).referencePrice == cents(200))
        pit.advance(minutes: 24 * 60)
        // 2.80 is more than a fifth away.
        #expect(try contract(pit, 14 + 48).referencePrice == cents(240) && contract(pit, 14 + 48).ceilingPrice == cents(360))
        #expect(try contract(pit, 15 + 48).referencePrice == cents(200))
        pit.trade(cents(350), 1, to: pit.bob, hour: 14 + 48)
        #expect(try contract(pit, 14 + 48).referencePrice == cents(240))
        pit.advance(minutes: 48 * 60)
        #expect(try contract(pit, 14 + 72).referencePrice == cents(280))
        #expect(pit.market.replay().state == pit.market.state)
        #expect(try pit.market.isReadBack())
    }

    @Test("days without commands move it as if there had been some")
    func gaps() throws {
        let pit = Pit()
        pit.trade(cents(290), 8, to: pit.alice, hour: 200)
        pit.advance(minutes: 3 * 24 * 60 + 5)
        #expect(try contract(pit, 200).referencePrice == cents(290))
    }

    @Test("one unit, day after day at the edge of what is allowed, does not walk it; nor do seven")
    func noWalk() throws {
        for units in [1, 7] as [Quantity] {
            let pit = Pit(units: 1_000)
            for day in 0..<30 as Range<Int32> {
                pit.advance(minutes: day * 24 * 60 + 60)
                pit.trade(cents(299), units, to: pit.alice, hour: day * 24 + 14)
                #expect(try contract(pit, day * 24 + 14).referencePrice == cents(200), "day \(day)")
            }
        }
    }

    @Test("a trade at the edge interrupts the contract after the command; it resumes by itself")
    func interrupts() throws {
        let pit = Pit()
        pit.sell(cents(299), 2)
        pit.sell(cents(300), 2)
        pit.sell(cents(300), 2, hour: 3)
        let order = pit.buy(cents(300), 4, as: pit.alice)
        #expect(order.trades.count == 2 && order.order.status == .filled)
        let view = try contract(pit, 2)
        #expect(view.status == .halted && view.interruptedUntil == Timestamp(rfc3339: "2026-11-23T00:05:00Z"))
        let refusal = pit.market.refusal(.placeOrder(pit.market.order(.buy, pit.contract(2), cents(200), 1)), as: pit.bob)
        #expect(refusal?.code == .marketHalted && refusal?.detail.contains("interrupted until") == true)
        #expect(try contract(pit, 3).status == .open)
        #expect(try pit.market.isReadBack())
        pit.advance(minutes: 5)
        #expect(try contract(pit, 2).status == .open && contract(pit, 2).interruptedUntil == nil)
        #expect(pit.market.code(pit.market.order(.buy, pit.contract(2), cents(200), 1), as: pit.bob) == nil)
        #expect(pit.market.replay().state == pit.market.state)
    }

    @Test("an operator ends an interruption early or halts beyond it; a gate closes all the same")
    func operators() throws {
        let pit = Pit()
        pit.trade(cents(100), 2, to: pit.alice)
        #expect(try contract(pit, 2).status == .halted)
        pit.market.apply(.resume(TradingScope(.contract, contract: pit.contract(2))), as: pit.market.operatorID)
        #expect(try contract(pit, 2).status == .open)
        #expect(try pit.market.isReadBack())
        pit.trade(cents(100), 2, to: pit.alice)
        pit.market.apply(.halt(TradingScope(.contract, contract: pit.contract(2))), as: pit.market.operatorID)
        pit.advance(minutes: 10)
        #expect(try contract(pit, 2).status == .halted)
        pit.advance(minutes: 103)
        pit.market.apply(.resume(TradingScope(.contract, contract: pit.contract(2))), as: pit.market.operatorID)
        pit.trade(cents(300), 1, to: pit.alice)
        pit.advance(minutes: 106)
        #expect(try contract(pit, 2).status == .closed)
        pit.advance(minutes: 110)
        #expect(try contract(pit, 2).status == .closed)
        #expect(pit.market.replay().state == pit.market.state)
    }

    @Test("an operator's override counts at once, for one hour of the day or all, and needs a reason")
    func overrides() throws {
        let pit = Pit()
        var body = OverrideBand.Body()
        body.referencePrice = cents(400)
        body.reason = "a supply shock"
        body.hourOfDay = 14
        func override(as issuer: ParticipantID) -> RefusalCode? {
            pit.market.code(.overrideBand(OverrideBand(product: pit.product, body: body)), as: issuer)
        }
        #expect(override(as: pit.alice) == .forbidden)
        #expect(override(as: pit.market.operatorID) == nil)
        #expect(try contract(pit, 14).ceilingPrice == cents(600) && contract(pit, 13).ceilingPrice == cents(300))
        body.hourOfDay = nil
        #expect(override(as: pit.market.operatorID) == nil)
        #expect(try contract(pit, 13).referencePrice == cents(400))
        pit.advance(minutes: 24 * 60)
        #expect(try contract(pit, 38).referencePrice == cents(400))
        for (price, hour, reason, code) in [
            (cents(0), nil, "x", .invalidRequest), (Price(4_001), nil, "x", .priceOffTick), (cents(1), 24, "x", .invalidRequest),
            (cents(1), nil, "", .invalidRequest),
        ] as [(Price, Int32?, String, RefusalCode)] {
            body.referencePrice = price
            body.hourOfDay = hour
            body.reason = reason
            #expect(override(as: pit.market.operatorID) == code)
        }
        #expect(pit.market.replay().state == pit.market.state)
    }
}
