import Exchange
import Pricing
import Quantities
import TestSupport
import Testing

@Suite struct CurveTests {
    private func curve(_ pit: Pit, from: Int32 = 0, to: Int32 = 2_000) throws -> CurveView {
        try #require(pit.market.curve(pit.product, from: pit.midnight + from, to: pit.midnight + to))
    }

    @Test("every listed hour is in the curve, traded or not, and an empty market divides by nothing")
    func allHours() throws {
        let pit = Pit()
        let curve = try curve(pit)
        #expect(curve.hours.count == 1_001)
        #expect(curve.hours.allSatisfy { $0.markSource == .reference && $0.markPrice == cents(200) && $0.last == nil && $0.volume == 0 })
        #expect(curve.days.first?.hours == 24 && curve.days.first?.markPrice == cents(200) && curve.days.first?.averagePrice == nil)
        // 23 November 2026 is a Monday.
        #expect(curve.weeks.first?.start == pit.midnight && curve.weeks.first?.hours == 168)
        #expect(curve.months.first?.hours == 192 && curve.months.first?.end == pit.midnight + 192)
        #expect(pit.market.curve(ProductID(9), from: pit.midnight, to: pit.midnight + 1) == nil)
        #expect(try self.curve(pit, from: 5, to: 5).hours.isEmpty && self.curve(pit, from: 5, to: 5).differentials == nil)
    }

    @Test("an hour shows its book, last, average, volume and open interest; blocks weigh trades by volume and marks by hour")
    func figures() throws {
        let pit = Pit()
        pit.trade(cents(210), 3, to: pit.alice, hour: 2)
        pit.trade(cents(250), 1, to: pit.alice, hour: 2)
        pit.resell(cents(260), 1, as: pit.alice, hour: 2)
        pit.buy(cents(240), 1, as: pit.bob, hour: 2)
        let curve = try curve(pit, to: 24)
        let hour = curve.hours[2]
        #expect(hour.bestBid == cents(240) && hour.bestAsk == cents(260) && hour.last == cents(250))
        #expect(hour.averagePrice == cents(220) && hour.volume == 4 && hour.openInterest == 4)
        #expect(hour.markPrice == cents(250) && hour.markSource == .mid)
        // The other hours of the day take the day's trades.
        #expect(curve.hours[3].markPrice == cents(220) && curve.hours[3].markSource == .curve)
        let day = try #require(curve.days.first)
        #expect(day.averagePrice == cents(220) && day.volume == 4)
        #expect(day.markPrice == Price((2_500_000 + 23 * 2_200_000) / 24))
    }

    @Test("a curve that is read in parts is the curve that is read at once")
    func parts() throws {
        let pit = Pit()
        for hour in [Int32(2), 7, 30, 31, 55, 400] { pit.trade(cents(200 + Int64(hour % 7)), 2, to: pit.alice, hour: hour) }
        let whole = try #require(pit.market.curve(pit.product, from: pit.midnight + 3, to: pit.midnight + 500, step: 10_000))
        for step in [Int32(1), 5, 24, 100] {
            let parts = try #require(pit.market.curve(pit.product, from: pit.midnight + 3, to: pit.midnight + 500, step: step))
            #expect(BinaryEncoder.encode(parts) == BinaryEncoder.encode(whole))
        }
        #expect(whole.hours.count == 497 && whole.hours[0].markSource == .curve && whole.differentials != nil)
    }

    @Test("marks go from mid to last to curve to reference, and positions are worth the mark")
    func marks() throws {
        let pit = Pit()
        pit.trade(cents(210), 4, to: pit.alice, hour: 2)
        func position() throws -> PositionView {
            try #require(pit.market.positions(of: pit.alice).first)
        }
        var held = try position()
        #expect(held.markSource == .last && held.markPrice == cents(210) && held.unrealisedProfit == .zero)
        pit.buy(cents(200), 1, as: pit.bob, hour: 2)
        pit.sell(cents(290), 1, hour: 2)
        // Too wide for a mid.
        #expect(try position().markSource == .last)
        pit.sell(cents(220), 1, hour: 2)
        pit.buy(cents(219), 1, as: pit.bob, hour: 2)
        held = try position()
        #expect(held.markSource == .mid && held.markPrice == Price(2_195_000))
        #expect(held.unrealisedProfit == Micros(4 * 95_000))
        // Once the gate has closed no book is left.
        pit.market.advance(to: "2026-11-23T01:45:00Z")
        #expect(try position().markSource == .last)
    }
}
