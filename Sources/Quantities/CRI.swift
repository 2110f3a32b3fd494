/// A compute resource identifier: who runs which hardware where, in 24 characters and two check characters.
///
///     CN-EXA001-ZHW-I-H100SX-000001-4Z
///     country(2) provider(6) site(3) kind(1) class(6) serial(6) check(2)
///
/// Upper-case letters and digits; the country is two letters. Hyphens are for display and carry nothing: a text is taken
/// with all of them in their places, or with none. The check characters are ISO/IEC 7064 MOD 1271-36, which finds every
/// single substitution and every adjacent transposition.
///
/// - Invariant: `text` is empty (names nothing) or the display form of a verified identifier. A reader that restores
///   stored text goes round the check, so a decoder of state verifies with `isVerified`.
package struct CRI: FieldValue, Hashable, Comparable {
    /// The display form, with hyphens.
    package private(set) var text: String

    /// What the identifier says of its parts; everything but the check characters.
    package struct Parts: Equatable, Sendable {
        package var country: String
        package var provider: String
        package var site: String
        package var kind: Kind
        package var computeClass: String
        package var serial: String

        package init(country: String, provider: String, site: String, kind: Kind, computeClass: String, serial: String) {
            self.country = country
            self.provider = provider
            self.site = site
            self.kind = kind
            self.computeClass = computeClass
            self.serial = serial
        }

        /// Everything before the serial: what the serial counts within.
        package var prefix: String { country + provider + site + kind.rawValue + computeClass }
    }

    /// What kind of computing the resource does.
    package enum Kind: String, Choice {
        case general = "G"
        case intelligent = "I"
        case supercomputing = "S"
        case edge = "E"
    }

    /// Names nothing.
    package init() { text = "" }

    /// The identifier of a text with hyphens or without, or nil where the form or the check characters are wrong.
    package init?(_ text: String) {
        guard let compact = Self.compact(text), let parts = Self.split(compact),
            Self.isVerified(characters: compact)
        else { return nil }
        self.text = Self.display(parts, check: compact.suffix(2))
    }

    /// The identifier of parts, with its check characters computed; nil where a part has a wrong length or alphabet.
    package init?(_ parts: Parts) {
        let body = Array((parts.prefix + parts.serial).utf8)
        guard let check = Self.checkCharacters(of: body), let split = Self.split(body + check), split == parts
        else { return nil }
        text = Self.display(parts, check: check[...])
    }

    /// Whether the text has the form and the check characters of an identifier.
    package var isVerified: Bool { CRI(text)?.text == text }

    /// The 26 characters without hyphens.
    package var compact: String { text.filter { $0 != "-" } }

    /// The parts, or nil for an identifier that names nothing.
    package var parts: Parts? { Self.compact(text).flatMap(Self.split) }

    package static func < (left: CRI, right: CRI) -> Bool { left.text < right.text }
    package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.text(&text) }
}

extension CRI: CustomStringConvertible {
    package var description: String { text }
}

extension CRI {
    private static let modulus = 1271
    private static let radix = 36
    private static let groups = [2, 6, 3, 1, 6, 6, 2]
    private static let length = 26

    /// The two check characters that ISO/IEC 7064 MOD 1271-36 puts after `text`; nil where a character is no upper-case
    /// letter or digit.
    package static func checkCharacters(of text: String) -> String? {
        checkCharacters(of: Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether `text`, its last two characters included, passes MOD 1271-36.
    package static func hasValidCheckCharacters(_ text: String) -> Bool {
        text.utf8.count > 2 && isVerified(characters: Array(text.utf8))
    }

    /// `number` in upper-case base 36 with leading zeros to `width`, or nil where it needs more: a code that is given by
    /// a counter.
    package static func counterText(_ number: UInt64, width: Int) -> String? {
        let digits = String(number, radix: radix, uppercase: true)
        guard digits.utf8.count <= width else { return nil }
        return String(repeating: "0", count: width - digits.utf8.count) + digits
    }

    private static func value(of character: UInt8) -> Int? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character - UInt8(ascii: "0"))
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    private static func character(of value: Int) -> UInt8 {
        UInt8(value < 10 ? Int(UInt8(ascii: "0")) + value : Int(UInt8(ascii: "A")) + value - 10)
    }

    /// Σ aᵢ·36ⁱ modulo 1271, counting i from the right; nil where a character is out of the alphabet.
    private static func remainder(_ characters: [UInt8]) -> Int? {
        var sum = 0
        for character in characters {
            guard let value = value(of: character) else { return nil }
            sum = (sum * radix + value) % modulus
        }
        return sum
    }

    private static func checkCharacters(of characters: [UInt8]) -> [UInt8]? {
        guard let sum = remainder(characters) else { return nil }
        // The whole text, check characters included, must leave 1.
        let check = (modulus + 1 - sum * radix * radix % modulus) % modulus
        return [character(of: check / radix), character(of: check % radix)]
    }

    private static func isVerified(characters: [UInt8]) -> Bool { remainder(characters) == 1 }

    /// The characters without hyphens, or nil where they are not 26 with either no hyphen or all of them in place.
    private static func compact(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        if bytes.count == length { return bytes }
        guard bytes.count == length + groups.count - 1 else { return nil }
        var result: [UInt8] = []
        var position = 0
        for (index, width) in groups.enumerated() {
            if index > 0 {
                guard bytes[position] == UInt8(ascii: "-") else { return nil }
                position += 1
            }
            result += bytes[position..<position + width]
            position += width
        }
        return result
    }

    private static func split(_ bytes: [UInt8]) -> Parts? {
        guard bytes.count == length, bytes.allSatisfy({ value(of: $0) != nil }),
            bytes[0] >= UInt8(ascii: "A"), bytes[1] >= UInt8(ascii: "A")
        else { return nil }
        func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        guard let kind = Kind(rawValue: part(11..<12)) else { return nil }
        return Parts(
            country: part(0..<2), provider: part(2..<8), site: part(8..<11), kind: kind, computeClass: part(12..<18),
            serial: part(18..<24)
        )
    }

    private static func display(_ parts: Parts, check: ArraySlice<UInt8>) -> String {
        [
            parts.country, parts.provider, parts.site, parts.kind.rawValue, parts.computeClass, parts.serial,
            String(decoding: check, as: UTF8.self),
        ].joined(separator: "-")
    }
}
