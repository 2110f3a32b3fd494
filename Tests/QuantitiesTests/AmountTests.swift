import Quantities
import TestSupport
import Testing

@Suite("Currency, Price and Micros")
struct AmountTests {
    @Test("a currency is three to eight capital letters")
    func currency() {
        for code in ["USD", "CNY", "CREDITS", "ABCDEFGH"] { #expect(Currency(code)?.code == code) }
        for code in ["", "US", "usd", "US1", "ABCDEFGHI", "ÜSD", "US "] { #expect(Currency(code) == nil) }
    }

    @Test("the largest price times the largest quantity is no overflow")
    func notional() {
        #expect(Price.limit.notional(Quantity.limit) == Micros(1_000_000_000_000_000_000))
    }

    @Test("a sum beyond the limit is nil and never a wrap")
    func adding() {
        #expect(Micros.limit.adding(.zero) == .limit)
        #expect(Micros.limit.adding(Micros(1)) == nil)
        #expect(Micros(.max).adding(Micros(.max)) == nil)
        #expect((-Micros.limit).adding(Micros(-1)) == nil)
        #expect(Micros(2).adding(Micros(-5)) == Micros(-3))
    }

    @Test("floorShare rounds toward minus infinity, truncatedShare toward zero, both exactly in 128 bits")
    func shares() {
        #expect(floorShare(10, 1, 3) == 3)
        #expect(floorShare(-10, 1, 3) == -4)
        #expect(truncatedShare(-10, 1, 3) == -3)
        #expect(floorShare(.max, 3_600_000_000, 3_600_000_000) == .max)
        #expect(floorShare(.max, 3_599_999_999, 3_600_000_000) == 9_223_372_034_292_728_018)
        let seed: UInt64 = 0x54A2
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            let value = Int64.random(in: .min ... .max, using: &generator)
            let whole = Int64.random(in: 1 ... .max, using: &generator)
            let part = Int64.random(in: 0...whole, using: &generator)
            let floor = floorShare(value, part, whole)
            let rest = Int128(value) * Int128(part) - Int128(floor) * Int128(whole)
            #expect(rest >= 0 && rest < Int128(whole), "seed \(seed)")
        }
    }
}
