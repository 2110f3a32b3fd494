import Quantities
import Testing
import suanpan

@Suite("The trace's rules")
struct TraceRulesTests {
    @Test("an offer lies within 15 % of its reference, on the tick, and is always the same")
    func offerPrices() {
        let reference = Price(100_000)
        let prices = (0..<2_000).map { TraceRules.offerPrice(model: "T4", reference: reference, hour: $0) }
        #expect(prices.allSatisfy { (85_000...115_000).contains($0.rawValue) && $0.rawValue % 100 == 0 })
        #expect(Set(prices).count > 100)
        #expect(prices[7] == TraceRules.offerPrice(model: "T4", reference: reference, hour: 7))
        #expect(prices != (0..<2_000).map { TraceRules.offerPrice(model: "P100", reference: reference, hour: $0) })
    }

    @Test("a limit lies between 12 % below and 28 % above the cheapest reference")
    func limitPrices() {
        let limits = (0..<2_000).map {
            TraceRules.limitPrice(task: "task-\($0)", cheapestReference: Price(100_000)).rawValue
        }
        #expect(limits.allSatisfy { (88_000...128_000).contains($0) && $0 % 100 == 0 })
        #expect((limits.min() ?? 0) < 89_000 && (limits.max() ?? 0) > 127_000)
    }

    @Test("a price never falls below one tick")
    func priceFloor() {
        #expect(TraceRules.offerPrice(model: "T4", reference: Price(1), hour: 0) == Price(100))
    }

    @Test("one hour in fifty falls short, one in five hundred delivers nothing")
    func deliveries() {
        let delivered = (0..<10_000).map { TraceRules.deliveredSeconds(model: "T4", hour: $0, quantity: 3) }
        #expect(delivered.allSatisfy { [0, 9_720, 10_800].contains($0) })
        #expect((100...300).contains(delivered.count { $0 == 9_720 }))
        #expect((5...45).contains(delivered.count { $0 == 0 }))
    }

    @Test("energy is watts times time, rounded down to the millionth of a kWh")
    func energy() {
        #expect(TraceRules.energy(watts: 700, seconds: 3_600) == Measure(700_000))
        #expect(TraceRules.energy(watts: 60, seconds: 1) == Measure(16))
        #expect(TraceRules.energy(watts: 60, seconds: 0) == Measure(0))
    }
}
