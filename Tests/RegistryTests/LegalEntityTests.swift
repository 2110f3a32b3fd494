import Quantities
import Registry
import TestSupport
import Testing

@Suite("Legal data")
struct LegalEntityTests {
    private func legal(_ scheme: LegalScheme, _ id: String, country: String = "CN") -> LegalEntity {
        var legal = LegalEntity()
        legal.name = "Example"
        legal.country = country
        legal.scheme = scheme
        legal.id = id
        return legal
    }

    private func field(_ legal: LegalEntity) -> String? { refusal { try legal.check() }?.field }

    @Test("a unified social credit code has the alphabet and the check character of GB 32100")
    func creditCode() {
        #expect(field(legal(.uscc, "91350100M000100Y43")) == nil)
        #expect(field(legal(.uscc, "91350100M000100Y43", country: "SG")) == "legal.country")
        for text in ["91350100M000100Y4", "91350100M000100Y433", "91350100m000100y43", "91350100I000100Y43", "91350100M000100Y44", "91350100M000100Y4Ｓ"] {
            #expect(field(legal(.uscc, text)) == "legal.id", "\(text)")
        }
    }

    @Test("every single substitution in a credit code is found, and every adjacent transposition")
    func creditCodeErrors() {
        let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)
        let good = Array("91350100M000100Y43".utf8)
        for position in good.indices {
            var changed = good
            for character in alphabet where character != good[position] {
                changed[position] = character
                #expect(field(legal(.uscc, String(decoding: changed, as: UTF8.self))) == "legal.id")
            }
            guard position + 1 < good.count, good[position] != good[position + 1] else { continue }
            changed = good
            changed.swapAt(position, position + 1)
            #expect(field(legal(.uscc, String(decoding: changed, as: UTF8.self))) == "legal.id", "\(position)")
        }
    }

    @Test("a legal entity identifier leaves 1 modulo 97, whatever the country")
    func entityIdentifier() {
        #expect(field(legal(.lei, "5493001KJTIIGC8Y1R12", country: "US")) == nil)
        #expect(field(legal(.lei, "529900T8BM49AURSDO55", country: "DE")) == nil)
        for text in ["5493001KJTIIGC8Y1R13", "5493001KJTIIGC8Y1R1", "5493001KJTIIGC8Y1R122", "5493001kjtiigc8y1r12", "5493001KJTIIGC8Y1R1A", "5493001KJTIIGC8YR112"] {
            #expect(field(legal(.lei, text)) == "legal.id", "\(text)")
        }
        #expect(field(legal(.other, "anything")) == nil)
    }

    @Test("a wrong digit or letter in a legal entity identifier is found, and two digits or two letters that changed places")
    func entityIdentifierErrors() {
        // A digit in a letter's place makes another number of digits: of that MOD 97-10 finds most and not all.
        func isDigit(_ character: UInt8) -> Bool { character < UInt8(ascii: "A") }
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for good in ["5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55"].map({ Array($0.utf8) }) {
            for position in good.indices {
                var changed = good
                for character in alphabet where character != good[position] && isDigit(character) == isDigit(good[position]) {
                    changed[position] = character
                    #expect(field(legal(.lei, String(decoding: changed, as: UTF8.self))) == "legal.id", "\(position)")
                }
                guard position + 1 < good.count, good[position] != good[position + 1], isDigit(good[position]) == isDigit(good[position + 1])
                else { continue }
                changed = good
                changed.swapAt(position, position + 1)
                #expect(field(legal(.lei, String(decoding: changed, as: UTF8.self))) == "legal.id", "\(position)")
            }
        }
    }

    @Test("check digits 00, 01 and 99 are given to nobody, though they leave 1 modulo 97")
    func entityIdentifierDigits() {
        func remainder(_ text: String) -> Int {
            text.utf8.reduce(0) { sum, character in
                character < 65 ? (sum * 10 + Int(character) - 48) % 97 : (sum * 100 + Int(character) - 55) % 97
            }
        }
        var seen: Set<String> = []
        for number in 0..<20_000 {
            let body = "5493" + String(repeating: "0", count: 14 - "\(number)".count) + "\(number)"
            for digits in ["00", "01", "99", "02", "97", "98"] where remainder(body + digits) == 1 {
                let isGiven = !["00", "01", "99"].contains(digits)
                #expect((field(legal(.lei, body + digits)) == nil) == isGiven, "\(body)\(digits)")
                seen.insert(digits)
            }
        }
        #expect(seen.count == 6)
    }

    @Test("a refusal names the rule that the number breaks")
    func rules() {
        func detail(_ legal: LegalEntity) -> String { refusal { try legal.check() }?.detail ?? "" }
        #expect(detail(legal(.uscc, "91350100M000100Y44")).contains("GB 32100"))
        #expect(detail(legal(.uscc, "91350100M000100Y43", country: "SG")).contains("GB 32100"))
        #expect(detail(legal(.lei, "5493001KJTIIGC8Y1R13")).contains("ISO 17442"))
        #expect(detail(legal(.uscc, "91350100M000100Y43", country: "China")).contains("country"))
    }

    @Test("other data ends a verification, the same data does not; both survive in the state")
    func verification() throws {
        var registry = ParticipantRegistry()
        var spec = Samples.participant("A", .consumer)
        let id = try registry.add(spec, catalogue: Catalogue()).id
        var verification = Verification()
        verification.validUntil = Timestamp(1_000)
        #expect(refusal { try registry.verify(id, verification, at: Timestamp(1)) }?.code == .conflict)
        spec.legal = legal(.other, "1")
        try registry.setLegal(legal(.other, "1"), of: id)
        let verified = try registry.verify(id, verification, at: Timestamp(1))
        #expect(verified.isVerified(at: Timestamp(999)) && !verified.isVerified(at: Timestamp(1_000)))
        #expect(try registry.setLegal(legal(.other, "1"), of: id).verification == verification)
        var decoder = BinaryDecoder(bytes { registry.encodeState(into: &$0) })
        #expect(try ParticipantRegistry(decoding: &decoder).participant(id)?.verification == verification)
        #expect(try registry.setLegal(legal(.other, "2"), of: id).verification == nil)
        #expect(refusal { try registry.setLegal(legal(.other, "2"), of: ParticipantID(9)) }?.code == .notFound)
        #expect(refusal { try registry.verify(id, verification, at: Timestamp(1_000)) }?.field == "valid_until")
        verification.reference = ""
        #expect(refusal { try registry.verify(id, verification, at: Timestamp(1)) }?.field == "reference")
    }
}
