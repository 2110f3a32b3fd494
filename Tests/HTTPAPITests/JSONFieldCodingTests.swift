import Foundation
import HTTPAPI
import Quantities
import TestSupport
import Testing

/// A record with a field of every kind.
struct Sample: Record, Equatable {
    enum Colour: String, Choice { case red, green = "light_green" }

    struct Part: Record, Equatable {
        var name = ""
        var share: Int32?
        init() {}
        mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("name", &name)
            coder.field("share", &share)
        }
    }

    var name = ""
    var count: UInt32 = 0
    var delta: Int64 = 0
    var flag = false
    var price = Price()
    var money = Micros()
    var measure = Measure()
    var whole = WholeMeasure()
    var time = Timestamp()
    var hour = Hour()
    var hash = Bytes()
    var colour = Colour.red
    var order = OrderID.none
    var product = ProductID.none
    var contract = ContractKey()
    var note: String?
    var part: Part?
    var parts: [Part] = []

    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("name", &name)
        coder.field("count", &count)
        coder.field("delta", &delta)
        coder.field("flag", &flag)
        coder.field("price", &price)
        coder.field("money", &money)
        coder.field("measure", &measure)
        coder.field("whole", &whole)
        coder.field("time", &time)
        coder.field("hour", &hour)
        coder.field("hash", &hash)
        coder.field("colour", &colour)
        coder.field("order", &order)
        coder.field("product", &product)
        coder.field("contract", &contract)
        coder.field("note", &note)
        coder.field("part", &part)
        coder.field("parts", &parts)
    }

    static let products = ProductIndex(codes: ["H100-SXM.CN-GAN", "B200.US-IOWA.SECURE"])

    static func random(_ generator: inout SeededGenerator) -> Sample {
        let words = ["a", "名", "q\"uote", "back\\slash", "😀", "é", "slash/", "\u{7FF}"]
        func word(_ generator: inout SeededGenerator) -> String { words.randomElement(using: &generator) ?? "a" }
        var sample = Sample()
        sample.name = word(&generator)
        sample.count = .random(in: .min ... .max, using: &generator)
        sample.delta = .random(in: .min + 1 ... .max, using: &generator)
        sample.flag = .random(using: &generator)
        sample.price = Price(.random(in: -9_000_000 ... 1_000_000_000_000, using: &generator))
        sample.money = Micros(.random(in: .min + 1 ... .max, using: &generator))
        sample.measure = Measure(.random(in: 0...9_999_999, using: &generator))
        sample.whole = WholeMeasure(.random(in: -5...9_000_000_000_000, using: &generator))
        sample.time = Timestamp(.random(in: 0..<Timestamp.limit.microseconds, using: &generator))
        if Bool.random(using: &generator) { sample.time.microseconds -= sample.time.microseconds % 1_000_000 }
        sample.hour = Hour(.random(in: 0...2_000_000, using: &generator))
        sample.hash = Bytes((0..<Int.random(in: 0...40, using: &generator)).map { _ in .random(in: 0...255, using: &generator) })
        sample.colour = .random(using: &generator) ? .red : .green
        sample.order = OrderID(.random(in: 1 ... (.random(using: &generator) ? 5_000 : .max), using: &generator))
        sample.product = ProductID(.random(in: 0...1, using: &generator))
        sample.contract = ContractKey(product: sample.product, hour: sample.hour)
        if Bool.random(using: &generator) { sample.note = word(&generator) }
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            var part = Part()
            part.name = word(&generator)
            if Bool.random(using: &generator) { part.share = .random(in: .min ... .max, using: &generator) }
            sample.parts.append(part)
        }
        sample.part = sample.parts.first
        return sample
    }
}

@Suite struct JSONFieldCodingTests {
    /// A complete body, with the given members instead of its own; a nil leaves one out.
    private func body(_ changes: [String: String?] = [:]) -> [UInt8] {
        var members = [
            "name": "\"n\"", "count": "1", "delta": "-2", "flag": "true", "price": "\"2.35\"", "money": "\"1\"",
            "measure": "\"1.3\"", "whole": "80", "time": "\"2026-11-23T14:00:01.5Z\"", "hour": "\"2026-11-23T14:00:00Z\"",
            "hash": "\"00ff\"", "colour": "\"red\"", "order": "\"ord_00002S\"", "product": "\"H100-SXM.CN-GAN\"",
            "contract": "\"H100-SXM.CN-GAN.2026112314\"", "parts": "[]",
        ]
        for (name, value) in changes { members[name] = value }
        return Array(("{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}").utf8)
    }

    private func read(_ text: [UInt8]) throws -> Sample {
        try JSONFieldReader.read(Sample.self, from: JSONDocument(parsing: text), products: Sample.products, longTextFields: ["note"])
    }

    @Test("what the writer writes, the reader reads back")
    func roundTrips() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let sample = Sample.random(&generator)
            let text = JSONFieldWriter.text(sample, products: Sample.products)
            #expect(try read(text) == sample, "seed \(seed): \(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test("a text that is larger than was announced is whole, wherever the room ends")
    func writesBeyondItsRoom() throws {
        let texts = ["", "a", "\"\\\n\u{1}", "算盘", String(repeating: "x", count: 300)]
        for capacity in 0..<200 {
            var writer = JSONFieldWriter(products: ProductIndex(), capacity: capacity)
            writer.array(of: texts) { $0.string($1) }
            let length = writer.bytes.count
            #expect(try JSONDecoder().decode([String].self, from: Data(writer.bytes)) == texts)
            writer.raw([UInt8](repeating: UInt8(ascii: " "), count: capacity))
            #expect(writer.bytes.count == length + capacity)
        }
    }

    @Test("numbers are written with all their digits", arguments: [0, 1, 9, 10, 99, 100, 999_999, 1_000_000, .max, .min, -1] as [Int64])
    func writesNumbers(number: Int64) {
        #expect(String(decoding: JSONFieldWriter.text(number, products: ProductIndex()), as: UTF8.self) == "\(number)")
    }

    @Test("a symbol's bytes name the contract that its text names")
    func readsSymbols() throws {
        let products = ProductIndex(codes: ["H100-SXM.CN-GAN", "A100.CN-GAN", "X", "算.盘"])
        var symbols = ["", ".", ".2026112314", "2026112314", "A100.2026112314", "A100.CN-GAN.202611231", "A100.CN-GAN.2026112324", "A100.CN-GAN2026112314", "A100.CN-GAN.2026-11231"]
        for code in products.codes { symbols += ["\(code).2026112314", "\(code).1970010100", "\(code).2026022900", "\(code) .2026112314"] }
        for symbol in symbols {
            let found = Array(symbol.utf8).withUnsafeBufferPointer { products.contract(symbol: $0) }
            #expect(found == products.contract(symbol: symbol), "\(symbol)")
        }
        #expect(products.contract(symbol: "X.2026112314") == ContractKey(product: ProductID(2), hour: try #require(Hour(compact: "2026112314"))))
    }

    @Test("the writer's figures, times and identifiers are those of Quantities")
    func writesAsQuantitiesDo() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let sample = Sample.random(&generator)
            let text = JSONFieldWriter.text(sample, products: Sample.products)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
            #expect(object["price"] as? String == sample.price.description, "seed \(seed)")
            #expect(object["money"] as? String == sample.money.description)
            #expect(object["measure"] as? String == sample.measure.description)
            #expect(object["whole"] as? Int64 == sample.whole.value)
            #expect(object["time"] as? String == sample.time.description)
            #expect(object["hour"] as? String == sample.hour.description)
            #expect(object["order"] as? String == sample.order.description)
            #expect(object["contract"] as? String == Sample.products.symbol(of: sample.contract))
            #expect(object["count"] as? UInt32 == sample.count)
            #expect(object["name"] as? String == sample.name)
        }
    }

    @Test("absent optionals are null, and what names nothing is null")
    func writesNull() throws {
        let text = JSONFieldWriter.text(Sample(), products: Sample.products)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
        for name in ["note", "part", "order", "product", "contract"] { #expect(object[name] is NSNull, "\(name)") }
    }

    @Test("a complete body is read exactly")
    func readsAll() throws {
        let sample = try read(body(["note": "\"a\\nb\"", "part": "{\"name\":\"p\",\"share\":3}"]))
        #expect(sample.price == Price(2_350_000) && sample.money == .units(1) && sample.measure == Measure(1_300_000))
        #expect(sample.whole == WholeMeasure(80) && sample.delta == -2 && sample.count == 1 && sample.flag)
        #expect(sample.time == Timestamp(rfc3339: "2026-11-23T14:00:01.500000Z"))
        #expect(sample.contract.hour == Hour(compact: "2026112314") && sample.contract.product == ProductID(0))
        #expect(sample.order == OrderID(text: "ord_00002S") && sample.hash == Bytes([0, 255]) && sample.note == "a\nb")
        #expect(sample.part?.share == 3)
    }

    @Test("names that name nothing are read as none: the exchange answers for them")
    func readsUnknownNames() throws {
        for symbol in ["", "x", "H100-SXM.CN-GAN", "H100-SXM.CN-GAN.2026023014", "NONE.2026112314", ".2026112314", "\\u0000", "ord_1"] {
            let sample = try read(body(["contract": "\"\(symbol)\"", "product": "\"\(symbol)x\"", "order": "\"\(symbol)\""]))
            #expect(sample.contract == ContractKey() && sample.product == .none && sample.order == .none, "\(symbol)")
        }
    }

    /// Field, its JSON text (nil: left out), and the field that the refusal names where it is another one.
    @Test(
        "a wrong field is refused by its path",
        arguments: [
            ("name", nil, nil), ("name", "null", nil), ("name", "1", nil), ("name", "\"\"", nil), ("name", "\"a\\nb\"", nil),
            ("name", "\"\\u0000\"", nil), ("name", "\"\\u007f\"", nil), ("name", "\"\\u0085\"", nil),
            ("name", "\"" + String(repeating: "é", count: 256) + "\"", nil), ("name", "[\"n\"]", nil),
            ("count", "-1", nil), ("count", "4294967296", nil), ("count", "1.0", nil), ("count", "1e3", nil),
            ("count", "\"1\"", nil), ("count", "true", nil), ("count", "99999999999999999999999999999999", nil),
            ("delta", "9223372036854775808", nil), ("delta", "-9223372036854775809", nil), ("flag", "1", nil),
            ("flag", "\"true\"", nil), ("price", "2.35", nil), ("price", "2", nil), ("price", "\"2.3500001\"", nil),
            ("price", "\"\"", nil), ("price", "\".5\"", nil), ("price", "\"5.\"", nil), ("price", "\"+1\"", nil),
            ("price", "\"1e3\"", nil), ("price", "\"NaN\"", nil), ("price", "\" 1\"", nil), ("price", "\"1,000\"", nil),
            ("price", "\"99999999999999999999\"", nil), ("price", "\"0x10\"", nil), ("price", "\"１\"", nil), ("money", "1", nil),
            ("measure", "1.3", nil), ("measure", "10000000000000", nil), ("whole", "80.5", nil), ("whole", "\"80.5\"", nil),
            ("time", "1", nil), ("time", "\"2026-11-23\"", nil), ("time", "\"2026-11-23T14:00:00\"", nil),
            ("time", "\"2026-11-23T14:00:00+08:00\"", nil), ("time", "\"2026-02-30T14:00:00Z\"", nil),
            ("time", "\"1969-12-31T23:59:59Z\"", nil), ("time", "\"2200-01-01T00:00:00Z\"", nil),
            ("time", "\"2026-11-23T14:00:60Z\"", nil), ("hour", "\"2026-11-23T14:30:00Z\"", nil),
            ("hour", "\"2026-11-23T14:00:00.000001Z\"", nil), ("hour", "\"2026112314\"", nil), ("hash", "\"0\"", nil),
            ("hash", "\"0g\"", nil), ("colour", "\"blue\"", nil), ("colour", "\"Red\"", nil), ("colour", "0", nil),
            ("order", "1", nil), ("product", "{}", nil), ("contract", "null", nil), ("contract", "7", nil), ("note", "1", nil),
            ("note", "\"\\u0000\"", nil), ("part", "[]", nil), ("part", "{}", "part.name"),
            ("part", "{\"name\":\"p\",\"share\":2147483648}", "part.share"), ("part", "{\"name\":\"p\",\"sahre\":1}", "part.sahre"),
            ("parts", "{}", nil), ("parts", nil, nil), ("parts", "[{\"name\":\"p\"},{\"name\":\"\"}]", "parts[1].name"),
            ("parts", "[1]", "parts[0]"), ("parts", "[{\"name\":\"p\",\"x\\\"y\":1}]", "parts[0].x\"y"), ("naem", "1", nil),
            ("Name", "\"n\"", nil), ("", "1", nil),
        ] as [(String, String?, String?)])
    func refuses(_ field: String, _ value: String?, _ path: String?) throws {
        let text = body([field: value])
        let document = try JSONDocument(parsing: text)
        let error = #expect(throws: Refusal.self) {
            try JSONFieldReader.read(Sample.self, from: document, products: Sample.products, longTextFields: ["note"])
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.field == (path ?? field))
    }

    @Test("a body that is no object is refused without a field")
    func refusesOtherBodies() throws {
        for text in ["[]", "1", "\"x\"", "null", "true"] {
            let document = try JSONDocument(parsing: Array(text.utf8))
            let error = #expect(throws: Refusal.self) {
                try JSONFieldReader.read(Sample.self, from: document, products: Sample.products)
            }
            #expect(error?.code == .invalidRequest && error?.field == nil)
        }
    }

    @Test("a member's name may be escaped")
    func readsEscapedNames() throws {
        let text = String(decoding: body(["name": nil]), as: UTF8.self).dropLast() + ",\"\\u006eame\":\"x\"}"
        #expect(try read(Array(text.utf8)).name == "x")
    }

    @Test("255 characters are taken however many bytes they have, and a long field takes 8,192 bytes")
    func takesLongTexts() throws {
        let name = String(repeating: "中", count: 255)
        #expect(try read(body(["name": "\"\(name)\""])).name == name)
        let note = String(repeating: "n", count: 8_192)
        #expect(try read(body(["note": "\"\(note)\""])).note == note)
        #expect(throws: Refusal.self) { try read(body(["note": "\"\(note)n\""])) }
    }
}
