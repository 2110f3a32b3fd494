import Cryptography
import Exchange
import Quantities

/// The `Idempotency-Key` of a request, made into what the exchange keeps.
enum RequestIdempotency {
    /// The key of a header's value.
    ///
    /// It is known by participant, method, path and text; the fingerprint covers query and body, so that the same key with
    /// either of them changed is a misuse and not a repeat.
    ///
    /// - Throws: `invalid_request` for a text that is not 1 to 255 ASCII characters, none of them a control character.
    static func key(
        _ text: String, participant: ParticipantID, method: String, path: Substring, query: Substring, body: [UInt8]
    ) throws(Problem) -> IdempotencyKey {
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .invalid("Idempotency-Key", "Idempotency-Key must be 1 to 255 ASCII characters without control characters")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(path.utf8.count + text.utf8.count + 32)
        withUnsafeBytes(of: participant.rawValue.littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: method.utf8)
        // A line break divides: neither a method nor a path nor a key can hold one.
        bytes.append(0x0A)
        bytes.append(contentsOf: path.utf8)
        bytes.append(0x0A)
        bytes.append(contentsOf: text.utf8)
        let digest = SHA256Digest.of(bytes)
        var content = SHA256Digest()
        if !query.isEmpty { content.update(Array(query.utf8) + [0x0A]) }
        content.update(body)
        return IdempotencyKey(
            high: word(digest[0..<8]), low: word(digest[8..<16]), fingerprint: word(content.finalized()[0..<8])
        )
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
