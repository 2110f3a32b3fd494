import Quantities

/// `POST /v1/participants/{id}/signing_keys`: an Ed25519 key with which a meter signs its reports.
package struct AddSigningKey: Record {
    package var participant = ParticipantID.none
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        /// 32 bytes in hexadecimal or base 64.
        package var publicKey = ""
        package var label: String?

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("public_key", &publicKey)
            coder.field("label", &label)
        }

        /// The key's 32 bytes, or nil where the text holds none.
        package var bytes: [UInt8]? { SigningText.bytes(publicKey, count: 32) }

        /// Bounds of the body.
        package func check() throws(Refusal) {
            try Bounds.text(label, "label")
            guard bytes != nil else { throw .invalid("public_key", "must be 32 bytes, in hexadecimal or base 64") }
        }
    }

    package init() {}
    package init(_ participant: ParticipantID, _ body: Body) {
        self.participant = participant
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant", &participant)
        coder.field("body", &body)
    }
}

/// `DELETE /v1/signing_keys/{id}`.
package struct RevokeSigningKey: Record {
    package var key = SigningKeyID.none

    package init() {}
    package init(_ key: SigningKeyID) { self.key = key }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("key", &key) }
}

/// `PUT /v1/participants/{id}/signing_policy`: whether a meter without a key may report.
package struct SetSigningPolicy: Record {
    package var participant = ParticipantID.none
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        package var signaturesRequired = false

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("signatures_required", &signaturesRequired) }
    }

    package init() {}
    package init(_ participant: ParticipantID, _ body: Body) {
        self.participant = participant
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant", &participant)
        coder.field("body", &body)
    }
}

/// Keys and signatures as text: hexadecimal or base 64 (RFC 4648, with padding).
package enum SigningText {
    /// The bytes of a text that holds exactly `count` of them, else nil.
    package static func bytes(_ text: String, count: Int) -> [UInt8]? {
        let characters = Array(text.utf8)
        let found = characters.count == 2 * count ? hexadecimal(characters) : base64(characters)
        return found?.count == count ? found : nil
    }

    private static func hexadecimal(_ characters: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in characters {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = character - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? bytes : nil
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Only what an encoder writes: whole groups of four, padding at the end alone, no bits left over.
    private static func base64(_ characters: [UInt8]) -> [UInt8]? {
        guard !characters.isEmpty, characters.count % 4 == 0, characters.count <= 4_096 else { return nil }
        let padding = characters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in characters.dropLast(padding) {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            bits &= (1 << UInt32(count)) - 1
        }
        return bits == 0 ? bytes : nil
    }
}
