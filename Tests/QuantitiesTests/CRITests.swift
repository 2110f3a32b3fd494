import Quantities
import TestSupport
import Testing

@Suite("CRI")
struct CRITests {
    static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    static let vectors = ["CN-EXA001-ZHW-I-H100SX-000001-4Z", "SG-EXA002-S01-I-H200SX-00000A-DC"]

    @Test(
        "check characters are those of ISO/IEC 7064 MOD 1271-36",
        arguments: [("ISO79", "3W"), ("CNEXA001ZHWIH100SX000001", "4Z"), ("SGEXA002S01IH200SX00000A", "DC")])
    func checkCharacters(text: String, check: String) {
        #expect(CRI.checkCharacters(of: text) == check)
        #expect(CRI.hasValidCheckCharacters(text + check))
    }

    @Test("hyphens are for display: all in their places or none", arguments: vectors)
    func forms(text: String) throws {
        let compact = text.filter { $0 != "-" }
        let cri = try #require(CRI(text))
        #expect(cri.text == text)
        #expect(cri.compact == compact)
        #expect(CRI(compact) == cri)
        #expect(cri.isVerified)
    }

    @Test("parts come out as they went in")
    func parts() throws {
        let parts = CRI.Parts(
            country: "CN", provider: "EXA001", site: "ZHW", kind: .intelligent, computeClass: "H100SX", serial: "000001"
        )
        let cri = try #require(CRI(parts))
        #expect(cri.text == Self.vectors[0])
        #expect(cri.parts == parts)
    }

    @Test(
        "parts of a wrong length or alphabet make no identifier",
        arguments: [
            ("C", "EXA001", "ZHW", "H100SX", "000001"), ("C1", "EXA001", "ZHW", "H100SX", "000001"),
            ("CN", "EXA01", "ZHW", "H100SX", "000001"), ("CN", "exa001", "ZHW", "H100SX", "000001"),
            ("CN", "EXA0011", "ZH", "H100SX", "000001"), ("CN", "EXA001", "Z-W", "H100SX", "000001"),
            ("CN", "EXA001", "ZHW", "H100SÄ", "000001"), ("CN", "EXA001", "ZHW", "H100SX", "00001"),
        ])
    func malformedParts(country: String, provider: String, site: String, computeClass: String, serial: String) {
        let parts = CRI.Parts(
            country: country, provider: provider, site: site, kind: .edge, computeClass: computeClass, serial: serial
        )
        #expect(CRI(parts) == nil)
    }

    @Test(
        "what is not exactly the form is refused",
        arguments: [
            "", "-", "cn-exa001-zhw-i-h100sx-000001-4z", "CN-EXA001-ZHW-I-H100SX-0000014Z", "CNEXA001-ZHW-I-H100SX-000001-4Z",
            "CN-EXA001-ZHW-I-H100SX-000001-4Z ", " CN-EXA001-ZHW-I-H100SX-000001-4Z", "CN-EXA001-ZHW-I-H100SX-000001-4",
            "CN-EXA001-ZHW-I-H100SX-000001", "CN_EXA001_ZHW_I_H100SX_000001_4Z", "C-NEXA001-ZHW-I-H100SX-000001-4Z",
            "CN--EXA001ZHW-I-H100SX-000001-4Z", "CNEXA001ZHWIH100SX0000014Z0", "CN EXA001 ZHW I H100SX 000001 4Z",
            "CN-EXA001-ZHW-I-H100SX-000001-4\u{0}", "ＣN-EXA001-ZHW-I-H100SX-000001-4Z",
        ])
    func malformed(text: String) {
        #expect(CRI(text) == nil)
    }

    @Test("an unknown kind and a country with digits are refused even with right check characters")
    func semantics() throws {
        for body in ["CNEXA001ZHWXH100SX000001", "C1EXA001ZHWIH100SX000001"] {
            let check = try #require(CRI.checkCharacters(of: body))
            #expect(CRI.hasValidCheckCharacters(body + check))
            #expect(CRI(body + check) == nil)
        }
    }

    @Test("every single substitution is refused", arguments: vectors)
    func substitutions(text: String) {
        for form in [text, text.filter { $0 != "-" }] {
            let bytes = Array(form.utf8)
            for position in bytes.indices where bytes[position] != UInt8(ascii: "-") {
                for character in Self.alphabet where character != bytes[position] {
                    var changed = bytes
                    changed[position] = character
                    #expect(CRI(String(decoding: changed, as: UTF8.self)) == nil)
                }
            }
        }
    }

    @Test("every adjacent transposition of different characters is refused, across hyphens too", arguments: vectors)
    func transpositions(text: String) {
        let compact = Array(text.filter { $0 != "-" }.utf8)
        for position in compact.indices.dropLast() where compact[position] != compact[position + 1] {
            var changed = compact
            changed.swapAt(position, position + 1)
            #expect(CRI(String(decoding: changed, as: UTF8.self)) == nil)
        }
        let display = Array(text.utf8)
        for position in display.indices.dropLast() where display[position] != display[position + 1] {
            var changed = display
            changed.swapAt(position, position + 1)
            #expect(CRI(String(decoding: changed, as: UTF8.self)) == nil)
        }
    }

    @Test("the check characters alone find all substitutions and adjacent transpositions in any text")
    func detection() throws {
        let seed: UInt64 = 0xC211
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let body = (0..<24).map { _ in Self.alphabet.randomElement(using: &generator) ?? 48 }
            let text = String(decoding: body, as: UTF8.self)
            let bytes = body + Array(try #require(CRI.checkCharacters(of: text)).utf8)
            func passes(_ bytes: [UInt8]) -> Bool { CRI.hasValidCheckCharacters(String(decoding: bytes, as: UTF8.self)) }
            #expect(passes(bytes))
            var missed = 0
            for position in bytes.indices {
                var changed = bytes
                for character in Self.alphabet where character != bytes[position] {
                    changed[position] = character
                    if passes(changed) { missed += 1 }
                }
                guard position + 1 < bytes.count, bytes[position] != bytes[position + 1] else { continue }
                changed = bytes
                changed.swapAt(position, position + 1)
                if passes(changed) { missed += 1 }
            }
            #expect(missed == 0, "seed \(seed), \(text)")
        }
    }

    @Test("a counter's code is upper-case base 36 of fixed width, and nil when it is used up")
    func counters() {
        #expect(CRI.counterText(1, width: 6) == "000001")
        #expect(CRI.counterText(35, width: 3) == "00Z")
        #expect(CRI.counterText(36 * 36 * 36 - 1, width: 3) == "ZZZ")
        #expect(CRI.counterText(36 * 36 * 36, width: 3) == nil)
    }

    @Test("an identifier restored from stored text is not trusted")
    func restored() throws {
        var damaged = try BinaryDecoder.decode(CRI.self, from: BinaryEncoder.encode("CN-EXA001-ZHW-I-H100SX-000001-4Y"))
        #expect(!damaged.isVerified)
        #expect(damaged.parts != nil)
        damaged = try BinaryDecoder.decode(CRI.self, from: BinaryEncoder.encode("CNEXA001ZHWIH100SX0000014Z"))
        #expect(!damaged.isVerified)
        #expect(!CRI().isVerified)
        #expect(CRI().parts == nil)
    }
}
