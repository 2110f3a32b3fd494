import Pricing
import Quantities
import TestSupport
import Testing

@Suite("Fee schedule")
struct FeeScheduleTests {
    @Test("a fee is rounded down, a rebate toward zero", arguments: [
        (9_999, 1, 0), (10_000, 1, 1), (19_999, 1, 1), (9_999, -1, 0), (10_000, -1, -1), (19_999, -1, -1),
        (3, 5_000, 1), (3, -5_000, -1), (1_000_000_000_000_000_000, 5_000, 500_000_000_000_000_000), (7, 0, 0),
    ] as [(Int64, BasisPoints, Int64)])
    func fees(notional: Int64, rate: BasisPoints, fee: Int64) {
        #expect(FeeSchedule.fee(on: Micros(notional), at: rate) == Micros(fee))
    }

    @Test("rates lie within ±5,000 and a trade never earns below zero")
    func rules() throws {
        #expect(throws: FeeSchedule.Fault.makerRateOutOfRange) { try FeeSchedule(makerFee: -5_001, takerFee: 5_000) }
        #expect(throws: FeeSchedule.Fault.takerRateOutOfRange) { try FeeSchedule(makerFee: 0, takerFee: 5_001) }
        #expect(throws: FeeSchedule.Fault.tradeEarnsBelowZero) { try FeeSchedule(makerFee: -6, takerFee: 5) }
        let schedule = try FeeSchedule(makerFee: -5, takerFee: 5)
        #expect(schedule.acceptanceRate == 5 && schedule.restingRate == 0)
    }

    @Test("rates that were pinned at different times cut the rebate, not the exchange", arguments: [
        (-5, 10, -50, 100), (-10, 5, -50, 50), (5, -10, 50, -50), (-10, -10, 0, 0), (3, 4, 30, 40),
    ] as [(BasisPoints, BasisPoints, Int64, Int64)])
    func pinnedRates(buyer: BasisPoints, seller: BasisPoints, buyerFee: Int64, sellerFee: Int64) {
        let fees = FeeSchedule.tradeFees(on: Micros(100_000), buyerRate: buyer, sellerRate: seller)
        #expect(fees == (Micros(buyerFee), Micros(sellerFee)))
    }

    @Test("price times quantity is nil where money cannot hold it, and a rebate does not lower a cost")
    func notionals() {
        #expect(Notional.of(.limit, .limit) == Micros(1_000_000_000_000_000_000))
        #expect(Notional.of(Price(.max), 2) == nil)
        #expect(Notional.of(Price(-1), 2) == nil)
        #expect(Notional.of(Price(9_000_000_000_000_000_000), 1) == .limit)
        #expect(Notional.cost(Price(9_000_000_000_000_000_000), 1, rate: 1) == nil)
        #expect(Notional.cost(Price(10_000), 1, rate: 1) == Micros(10_001))
        #expect(Notional.cost(Price(10_000), 1, rate: -1) == Micros(10_000))
    }

    @Test("an average is rounded down, and there is none without volume")
    func averages() {
        #expect(Notional.average(notional: 29, quantity: 3) == Price(9))
        #expect(Notional.average(notional: 29, quantity: 0) == nil)
        #expect(Notional.average(notional: Int128(Int64.max) * 4, quantity: 3) == nil)
    }
}

@Suite("Price band")
struct PriceBandTests {
    @Test("floor and ceiling round inwards and stay prices", arguments: [
        (1_000_000, 5_000, 500_000, 1_500_000),
        (3, 5_000, 2, 4), (1, 5_000, 1, 1), (7, 0, 7, 7), (1_000, 10_000, 1, 2_000), (1_000, 20_000, 1, 3_000),
        (1_000_000_000_000, 5_000, 500_000_000_000, 1_000_000_000_000), (999, 1, 999, 999),
    ] as [(Int64, BasisPoints, Int64, Int64)])
    func bounds(reference: Int64, width: BasisPoints, floor: Int64, ceiling: Int64) {
        let band = PriceBand(reference: Price(reference), width: width)
        #expect(band.floor == Price(floor) && band.ceiling == Price(ceiling))
        #expect(band.contains(Price(floor)) && band.contains(Price(ceiling)))
        #expect(!band.contains(Price(floor - 1)) && !band.contains(Price(ceiling + 1)))
    }

    @Test("the ticks inside end at or within the bounds", arguments: [
        (100, 10, 50, 150), (101, 10, 60, 150), (100, 7, 56, 147), (3, 5, nil, nil), (10, 100, nil, nil),
    ] as [(Int64, Int64, Int64?, Int64?)])
    func ticks(reference: Int64, tick: Int64, lowest: Int64?, highest: Int64?) {
        let band = PriceBand(reference: Price(reference), width: 5_000)
        #expect(band.lowestPrice(tick: Price(tick)) == lowest.map { Price($0) })
        #expect(band.highestPrice(tick: Price(tick)) == highest.map { Price($0) })
    }
}

@Suite("Band reference")
struct BandReferenceTests {
    @Test("a day's trades decide, rounded down, and a day with less than eight units does not count", arguments: [
        (0, 0, 777), (7_000, 7, 777), (8_007, 8, 1_000), (1, 8, 777), (900, 9, 100),
    ] as [(Int64, Int64, Int64)])
    func target(notional: Int64, quantity: Int64, expected: Int64) {
        #expect(BandReference.target(after: Price(777), notional: Int128(notional), quantity: quantity) == Price(expected))
    }

    @Test("a reference moves at most a fifth a day", arguments: [
        (1_000, 5_000, 1, 1_200), (1_000, 5_000, 2, 1_440), (1_000, 100, 1, 800), (1_000, 1_100, 1, 1_100),
        (1_000, 1_100, 30, 1_100), (1_000, 5_000, 0, 1_000), (1_001, 1, 1, 801), (3, 100, 5, 3),
    ] as [(Int64, Int64, Int32, Int64)])
    func moves(previous: Int64, target: Int64, days: Int32, expected: Int64) {
        #expect(BandReference.next(after: Price(previous), toward: Price(target), days: days) == Price(expected))
    }
}
