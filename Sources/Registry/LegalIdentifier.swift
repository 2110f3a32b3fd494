/// Checks of the registers' numbers, by their own check characters.
enum LegalIdentifier {
    /// The 31 characters of GB 32100: digits and capital letters without I, O, S, V and Z.
    private static let creditCodeAlphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)

    /// Whether a text is a unified social credit code: 18 characters of GB 32100, the last one of which makes
    /// Σ valueᵢ × 3ⁱ a multiple of 31.
    ///
    ///     91350100M000100Y43
    static func isCreditCode(_ text: String) -> Bool {
        let characters = Array(text.utf8)
        guard characters.count == 18 else { return false }
        var sum = 0
        var weight = 1
        for character in characters.dropLast() {
            guard let value = creditCodeAlphabet.firstIndex(of: character) else { return false }
            sum = (sum + value * weight) % 31
            weight = weight * 3 % 31
        }
        return creditCodeAlphabet[(31 - sum) % 31] == characters[17]
    }

    /// Whether a text is a legal entity identifier: 18 capital letters and digits and two check digits that make ISO/IEC 7064
    /// MOD 97-10 leave 1 (ISO 17442). The standard computes them as 98 less a remainder, so they are 02 to 98: 00, 01 and 99 would
    /// leave 1 as well and are given to nobody.
    ///
    ///     5493001KJTIIGC8Y1R12
    static func isEntityIdentifier(_ text: String) -> Bool {
        let characters = Array(text.utf8)
        guard characters.count == 20 else { return false }
        var remainder = 0
        for (position, character) in characters.enumerated() {
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                remainder = (remainder * 10 + Int(character - UInt8(ascii: "0"))) % 97
            case UInt8(ascii: "A")...UInt8(ascii: "Z") where position < 18:
                remainder = (remainder * 100 + Int(character - UInt8(ascii: "A")) + 10) % 97
            default: return false
            }
        }
        let digits = Int(characters[18] - UInt8(ascii: "0")) * 10 + Int(characters[19] - UInt8(ascii: "0"))
        return remainder == 1 && (2...98).contains(digits)
    }
}
