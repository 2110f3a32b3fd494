import Foundation
import HTTPAPI
import TestSupport
import Testing

@Suite struct JSONParserTests {
    /// What RFC 8259 allows, and what the API bounds it to.
    @Test(
        "well-formed texts are taken",
        arguments: [
            "0", "-0", "12", "-1.5", "1e3", "1E-3", "0.1e+10", "\"\"", "true", "false", "null", "[]", "{}", " [ ] ",
            "{\"a\":{\"b\":[1,2,{}]}}", "\t\r\n {\"a\" : null }\n", "\"\\u00e9\\n\\/\\ud83d\\ude00\"", "\"é😀\u{7f}\u{0085}\"",
            "[1,[2,[3]]]", "{\"\":1}", "\"\\u0000\"", "123456789012345678901234567890",
        ])
    func accepts(_ text: String) throws {
        let document = try JSONDocument(parsing: Array(text.utf8))
        #expect(document.nodes[0].next == UInt32(document.nodes.count))
    }

    @Test(
        "texts that are no JSON are refused",
        arguments: [
            "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}",
            "{'a':1}", "{\"a\":1 \"b\":2}", "{1:2}", "01", "-", "-a", "+1", ".5", "1.", "1.e3", "1e", "1e+", "0x10", "1_000",
            "Infinity", "NaN", "-Infinity", "tru", "True", "nul", "nulll", "\"", "\"abc", "\"\\\"", "\"\\x\"", "\"\\u12\"",
            "\"\\u12g4\"", "1 2", "{}{}", "[] []", "null,", "// note\n1", "/**/1", "\u{FEFF}1", "\"a\nb\"", "\"a\u{0}b\"",
            "\"tab\there\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\\udc00\\ud800\"", "[1 2]",
            "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"x\":{\"b\":1,\"c\":2,\"b\":3}}",
        ])
    func refuses(_ text: String) {
        #expect(throws: JSONFault.self) { try JSONDocument(parsing: Array(text.utf8)) }
    }

    @Test("bytes that are not UTF-8 are refused, wherever they stand in a string")
    func refusesInvalidUTF8() {
        let sequences: [[UInt8]] = [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xE2, 0x82, 0x28],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x22], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        ]
        for sequence in sequences {
            for (before, after) in [([], []), ([0x61], [0x62]), ([0xC3, 0xA9], [0xC3, 0xA9])] as [([UInt8], [UInt8])] {
                #expect(throws: JSONFault.self, "\(sequence)") {
                    try JSONDocument(parsing: [0x22] + before + sequence + after + [0x22])
                }
            }
        }
    }

    @Test("64 levels are taken and 65 are not")
    func boundsDepth() throws {
        func nested(_ levels: Int) -> [UInt8] {
            Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        }
        _ = try JSONDocument(parsing: nested(64))
        #expect(throws: JSONFault.self) { try JSONDocument(parsing: nested(65)) }
        #expect(throws: JSONFault.self) { try JSONDocument(parsing: Array(repeating: UInt8(ascii: "["), count: 1_000_000)) }
        let objects = String(repeating: "{\"a\":", count: 65) + "1" + String(repeating: "}", count: 65)
        #expect(throws: JSONFault.self) { try JSONDocument(parsing: Array(objects.utf8)) }
    }

    @Test("an object of very many names is checked for doubles all the same")
    func findsDoublesAmongMany() throws {
        let names = (0..<50_000).map { "\"n\($0)\":1" }.joined(separator: ",")
        _ = try JSONDocument(parsing: Array("{\(names)}".utf8))
        #expect(throws: JSONFault.self) { try JSONDocument(parsing: Array("{\(names),\"n777\":2}".utf8)) }
    }

    @Test("names that look alike are told apart, and a double among them is found, escaped or not")
    func lookAlikes() throws {
        // Of one length, with the same first and last letter.
        let names = (0..<20).map { "a\(UnicodeScalar(UInt8(97 + $0)))b" }
        func text(_ names: [String]) -> [UInt8] { Array(("{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}").utf8) }
        #expect(try JSONDocument(parsing: text(names)).nodes[0].count == 20)
        #expect(try JSONDocument(parsing: text(["", "a", "aa", "min_quantity", "client_order_id"])).nodes[0].count == 5)
        for double in ["acb", "\\u0061cb", "a\\u0063b", "ac\\u0062"] {
            for position in 0...names.count {
                var doubled = names
                doubled.insert(double, at: position)
                #expect(throws: JSONFault.self, "\(double) at \(position)") { try JSONDocument(parsing: text(doubled)) }
            }
        }
        #expect(throws: JSONFault.self) { try JSONDocument(parsing: text(["", "a", ""])) }
    }

    @Test("names that differ only in Unicode's composition are two names")
    func comparesNamesByBytes() throws {
        _ = try JSONDocument(parsing: Array("{\"\u{e9}\":1,\"e\u{301}\":2}".utf8))
    }

    @Test("escapes become the characters that they name")
    func unescapes() throws {
        let document = try JSONDocument(parsing: Array(#""\"\\\/\b\f\n\r\tA\u00e9\ud83d\uDE00é""#.utf8))
        #expect(document.text(0) == "\"\\/\u{8}\u{c}\n\r\tA\u{e9}\u{1F600}é")
    }

    @Test("a fault tells the byte where it showed")
    func namesTheByte() {
        #expect(throws: JSONFault(reason: "a digit is missing", offset: 7)) {
            try JSONDocument(parsing: Array("{\"a\": -}".utf8))
        }
    }

    /// Foundation is the other opinion. It also takes a name twice, a comma before an end, and more levels; nothing else.
    @Test("random texts are taken exactly when Foundation takes them")
    func agreesWithFoundation() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        var taken = 0
        for round in 0..<20_000 {
            let text = RandomJSON.damaged(RandomJSON.value(depth: 4, &generator), &generator)
            let own = Result { try JSONDocument(parsing: text) }
            let foundation = (try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)) != nil
            switch own {
            case .success:
                taken += 1
                #expect(foundation, "seed \(seed), round \(round): \(String(decoding: text, as: UTF8.self))")
            case .failure(let error):
                guard foundation, let fault = error as? JSONFault else { continue }
                #expect(
                    fault.reason == "an object has a name twice" || RandomJSON.isAfterComma(text, fault.offset),
                    "seed \(seed), round \(round): \(fault) in \(String(decoding: text, as: UTF8.self))"
                )
            }
        }
        #expect(taken > 1_000)
    }

    @Test("any bytes at all are answered and never trap")
    func survivesAnything() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("{}[]\",:\\u0e1-+.tfn \u{0}é\u{d7ff}".utf8) + [0x80, 0xC3, 0xED, 0xF0, 0xFF]
        for _ in 0..<50_000 {
            let length = Int.random(in: 0...24, using: &generator)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            guard let document = try? JSONDocument(parsing: bytes) else { continue }
            #expect(document.nodes.allSatisfy { $0.start <= $0.end && Int($0.end) <= bytes.count }, "seed \(seed): \(bytes)")
        }
    }
}
