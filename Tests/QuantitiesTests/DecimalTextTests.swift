import Quantities
import TestSupport
import Testing

@Suite("DecimalText")
struct DecimalTextTests {
    @Test(
        "a decimal figure is read exactly",
        arguments: [
            ("0", 0), ("12", 12_000_000), ("2.35", 2_350_000), ("2.3500", 2_350_000), ("0.000001", 1), ("-0.5", -500_000),
            ("007", 7_000_000), ("1000000", 1_000_000_000_000), ("9223372036854.775807", .max), ("-9223372036854.775807", -.max),
        ] as [(String, Int64)])
    func reads(text: String, value: Int64) throws {
        #expect(try DecimalText.parse(text) == value)
    }

    @Test(
        "what is no plain decimal figure is malformed",
        arguments: ["", "-", ".", ".5", "5.", "+1", "1e3", "1,5", " 1", "1 ", "1.2.3", "--1", "1-", "0x10", "１", "NaN", "∞", "1_000"])
    func malformed(text: String) {
        #expect(throws: DecimalText.Fault.malformed) { try DecimalText.parse(text) }
    }

    @Test("a seventh decimal is refused, even a zero")
    func decimals() {
        #expect(throws: DecimalText.Fault.tooManyDecimals) { try DecimalText.parse("1.0000001") }
        #expect(throws: DecimalText.Fault.tooManyDecimals) { try DecimalText.parse("1.0000000") }
    }

    @Test(
        "what does not fit 64 bits of millionths is too large, whatever its length",
        arguments: [
            "9223372036854.775808", "9223372036855", "99999999999999999999", "-9223372036854.775808",
            String(repeating: "9", count: 10_000), String(repeating: "0", count: 65),
        ])
    func tooLarge(text: String) {
        #expect(throws: DecimalText.Fault.tooLarge) { try DecimalText.parse(text) }
    }

    @Test("money has six decimals, prices four or more, measures and whole figures what they need")
    func styles() {
        #expect(DecimalText.format(2_350_000, style: .money) == "2.350000")
        #expect(DecimalText.format(2_350_000, style: .price) == "2.3500")
        #expect(DecimalText.format(2_350_010, style: .price) == "2.35001")
        #expect(DecimalText.format(2_350_000, style: .measure) == "2.35")
        #expect(DecimalText.format(80_000_000, style: .measure) == "80")
        #expect(DecimalText.format(80_000_000, style: .whole) == "80")
        #expect(DecimalText.format(0, style: .money) == "0.000000")
        #expect(DecimalText.format(-500_000, style: .money) == "-0.500000")
        #expect(DecimalText.format(1, style: .measure) == "0.000001")
        #expect(DecimalText.format(.min, style: .money) == "-9223372036854.775808")
    }

    @Test("what was written in any style reads back")
    func roundTrip() throws {
        let seed: UInt64 = 0xDEC1
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            let shift = Int.random(in: 0..<63, using: &generator)
            let value = Int64.random(in: -.max ... .max, using: &generator) >> Int64(shift)
            for style in [DecimalStyle.money, .price, .measure, .whole] {
                #expect(try DecimalText.parse(DecimalText.format(value, style: style)) == value, "seed \(seed)")
            }
        }
    }
}
