import Quantities

/// Which part of a list is asked for.
///
/// A cursor is opaque to clients: base64url of a short text that the route wrote, for most the number of the last element
/// that was shown.
package struct Page: Sendable {
    /// How many elements at most.
    package var limit: Int
    /// The text inside the cursor; nil for the first page.
    package var cursor: String?

    /// The parameters that every list takes.
    package static let parameters = ["limit", "cursor"]
    package static let defaultLimit = 100
    package static let largestLimit = 1_000

    package init(_ query: QueryValues) throws(Problem) {
        limit = try query.integer("limit", 1...Self.largestLimit) ?? Self.defaultLimit
        if let text = query["cursor"] {
            guard let inside = Base64URL.decoded(text).flatMap({ String(validating: $0, as: UTF8.self) }) else { throw Self.malformed }
            cursor = inside
        }
    }

    /// What a cursor that no list wrote is answered with.
    static let malformed = Problem(.invalidRequest, "cursor must be a next_cursor of this list", field: "cursor")

    /// The number in the cursor; 0 for the first page.
    package func number() throws(Problem) -> Int64 {
        guard let cursor else { return 0 }
        guard let number = Int64(cursor), number >= 0 else { throw Self.malformed }
        return number
    }

    /// The identifier in the cursor; `none` for the first page.
    package func after<Kind: IdentifierKind>(_ type: Identifier<Kind>.Type) throws(Problem) -> Identifier<Kind> {
        Identifier(try number())
    }
}

/// Base 64 with the alphabet for addresses and without padding (RFC 4648, 5).
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var pending: UInt32 = 0
        var bits = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(pending >> UInt32(bits) & 63)])
            }
            pending &= (1 << UInt32(bits)) - 1
        }
        if bits > 0 { text.append(alphabet[Int(pending << UInt32(6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text, or nil where it is not what `encoded` writes. Bounded: cursors are short.
    static func decoded(_ text: String, atMost limit: Int = 256) -> [UInt8]? {
        guard text.utf8.count <= limit else { return nil }
        var bytes: [UInt8] = []
        var pending: UInt32 = 0
        var bits = 0
        for character in text.utf8 {
            guard let digit = alphabet.firstIndex(of: character) else { return nil }
            pending = pending << 6 | UInt32(digit)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
            }
            pending &= (1 << UInt32(bits)) - 1
        }
        return encoded(bytes) == text ? bytes : nil
    }
}
