internal import Quantities

/// What texts and codes from outside must look like.
enum TextRule {
    /// The longest text that is taken, in Unicode scalars. Scalars and not graphemes: their number depends on no version
    /// of the Unicode tables, so a replay decides as the first run did.
    static let maximumLength = 255

    /// Refuses a text that is empty, longer than `maximum` or holds a control character.
    static func check(_ text: String, _ field: String, maximum: Int = maximumLength) throws(Refusal) {
        let length = text.unicodeScalars.count
        guard length >= 1, length <= maximum else {
            throw .invalid(field, "\(field) must have 1 to \(maximum) characters, not \(length)")
        }
        for scalar in text.unicodeScalars where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
            throw .invalid(field, "\(field) must not hold control characters")
        }
    }

    /// As `check(_:_:maximum:)`, for a text that may be absent.
    static func check(_ text: String?, _ field: String, maximum: Int = maximumLength) throws(Refusal) {
        if let text { try check(text, field, maximum: maximum) }
    }

    /// Refuses a code that is not 1 to 32 capital letters, digits and inner hyphens: `H100-SXM`, `CN-GAN`, `SECURE`.
    /// No points: they join codes to product codes and symbols.
    static func checkCode(_ code: String, _ field: String) throws(Refusal) {
        let bytes = Array(code.utf8)
        guard (1...32).contains(bytes.count), bytes.allSatisfy({ isCapital($0) || isDigit($0) || $0 == hyphen }),
            bytes.first != hyphen, bytes.last != hyphen
        else {
            throw .invalid(field, "\(field) must be 1 to 32 capital letters, digits and inner hyphens")
        }
    }

    /// Refuses what is not exactly `length` capital letters and digits: the parts of a compute resource identifier.
    static func checkIdentifierPart(_ part: String, _ field: String, length: Int) throws(Refusal) {
        guard part.utf8.count == length, part.utf8.allSatisfy({ isCapital($0) || isDigit($0) }) else {
            throw .invalid(field, "\(field) must be \(length) capital letters and digits")
        }
    }

    /// Refuses a country that is not two capital letters, as in ISO 3166-1.
    static func checkCountry(_ country: String, _ field: String) throws(Refusal) {
        guard country.utf8.count == 2, country.utf8.allSatisfy(isCapital) else {
            throw .invalid(field, "\(field) must be a country's two capital letters")
        }
    }

    /// Refuses the name of a programming interface that is not 1 to 32 small letters, digits, hyphens and underscores:
    /// `cuda`, `rocm`, `cann`.
    static func checkInterface(_ abi: String, _ field: String) throws(Refusal) {
        let allowed = { (byte: UInt8) in
            // Printable ASCII without the space: a name that a requirement can repeat exactly.
            (UInt8(ascii: "!")...UInt8(ascii: "~")).contains(byte)
        }
        guard (1...255).contains(abi.utf8.count), abi.utf8.allSatisfy(allowed) else {
            throw .invalid(field, "\(field) must be 1 to 255 printable characters without spaces")
        }
    }

    /// Refuses a list that is longer than `maximum` or names something twice.
    static func checkList(_ list: [String], _ field: String, maximum: Int) throws(Refusal) {
        guard list.count <= maximum else { throw .invalid(field, "\(field) must have at most \(maximum) entries") }
        guard Set(list).count == list.count else { throw .invalid(field, "\(field) must not name anything twice") }
    }

    private static let hyphen = UInt8(ascii: "-")
    private static func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
