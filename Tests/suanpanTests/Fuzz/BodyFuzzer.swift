import Quantities
import TestSupport

/// Writes a body by a record's own list of fields, sensible in most places and hostile in some: so that a mutation lies deep in a
/// request whose other parts pass.
struct BodyFuzzer: FieldCoder {
    private(set) var bytes: [UInt8] = []
    private var generator: SeededGenerator
    /// One value of so many is hostile.
    private let rarity: UInt64
    private var needsComma = false
    private var depth = 0
    private static let deepest = 6

    /// Texts that name something in the fuzzed market, or could.
    private static let words = [
        "US-IOWA", "H100-SXM", "H100-SXM.US-IOWA", "USD", "CNY", "US", "CN", "A", "name", "standard", "cuda", "rocm", "NVIDIA", "wire 7", "XX-1",
    ]
    private static let times = [
        "2026-11-23T00:00:00Z", "2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z", "2026-11-23T15:00:00Z", "2026-11-24T00:00:00Z",
        "2026-12-01T00:00:00Z",
    ]
    private static let decimals = ["2.00", "2.01", "1.99", "1", "0.5", "100", "10000", "0.01", "1.2", "400.5"]

    /// The body of a record of that type.
    static func body(_ type: any Record.Type, rarity: UInt64, _ generator: inout SeededGenerator) -> [UInt8] {
        var fuzzer = BodyFuzzer(generator: SeededGenerator(seed: generator.next()), rarity: rarity)
        fuzzer.write(type)
        return fuzzer.bytes
    }

    private init(generator: SeededGenerator, rarity: UInt64) {
        self.generator = generator
        self.rarity = rarity
    }

    private mutating func write<Body: Record>(_ type: Body.Type) {
        var body = Body()
        record(&body)
    }

    private mutating func draw(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    private mutating func pick(_ texts: [String]) -> String { texts[draw(texts.count)] }
    private mutating func raw(_ text: String) { bytes += Array(text.utf8) }
    private mutating func quoted(_ text: String) { raw("\"" + text + "\"") }

    /// Writes a hostile value instead, now and then.
    private mutating func isHostile() -> Bool {
        guard generator.next() % rarity == 0 else { return false }
        bytes += HostileValues.draw(&generator)
        return true
    }

    mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value) {
        // Now and then a field is missing, or there twice.
        let lot = generator.next() % (rarity * 4)
        if lot == 0 { return }
        for _ in 0..<(lot == 1 ? 2 : 1) {
            if needsComma { bytes.append(UInt8(ascii: ",")) }
            quoted(lot == 2 ? name.description + "x" : name.description)
            bytes.append(UInt8(ascii: ":"))
            needsComma = true
            if !isHostile() { value.code(&self) }
            needsComma = true
        }
    }

    mutating func boolean(_ value: inout Bool) { raw(draw(2) == 0 ? "true" : "false") }
    mutating func integer<I: FixedWidthInteger>(_ value: inout I) { raw(String(draw(draw(4) == 0 ? 1_000 : 9))) }
    mutating func decimal(_ millionths: inout Int64, style: DecimalStyle) {
        if style == .whole { raw(String(1 + draw(20))) } else { quoted(pick(Self.decimals)) }
    }
    mutating func timestamp(_ microseconds: inout Int64) { quoted(pick(Self.times)) }
    mutating func hour(_ hours: inout Int32) { quoted(pick(Self.times)) }
    mutating func text(_ value: inout String) { quoted(pick(Self.words)) }
    mutating func bytes(_ value: inout [UInt8]) { quoted(String(repeating: "0a", count: draw(2) == 0 ? 32 : draw(40))) }

    mutating func optional<Value: FieldValue>(_ value: inout Value?) {
        guard draw(3) > 0, depth < Self.deepest else { return raw("null") }
        var present = Value()
        present.code(&self)
    }

    mutating func array<Value: FieldValue>(_ values: inout [Value]) {
        bytes.append(UInt8(ascii: "["))
        let count = depth < Self.deepest ? draw(4) : 0
        depth += 1
        for position in 0..<count {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            var element = Value()
            if !isHostile() { element.code(&self) }
        }
        depth -= 1
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func record<Value: Record>(_ value: inout Value) {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        depth += 1
        if depth <= Self.deepest { value.fields(&self) }
        depth -= 1
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func choice<Value: Choice>(_ value: inout Value) {
        let cases = Array(Value.allCases)
        quoted(cases[draw(cases.count)].rawValue)
    }

    mutating func identifier(_ rawValue: inout Int64, prefix: StaticString) {
        quoted("\(prefix)_00000\(1 + draw(6))")
    }
    mutating func product(_ id: inout ProductID) { quoted("H100-SXM.US-IOWA") }
    mutating func contract(_ key: inout ContractKey) { quoted("H100-SXM.US-IOWA.202611231\(draw(8))") }
}
