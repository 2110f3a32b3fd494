import Exchange
import Quantities

/// A JSON Web Token (RFC 7519) in compact form (RFC 7515), taken apart and not yet believed.
struct AttestationToken {
    /// Of the header.
    private(set) var keyID: String
    private(set) var algorithm: String
    private(set) var claims = AttestationClaims()
    /// What the signature is over: the first two parts with the point between them.
    private(set) var signedBytes: [UInt8]
    private(set) var signature: [UInt8]

    /// The longest token that is looked at, in bytes.
    static let longest = 8_192

    /// - Throws: `invalid_request` on `token` for what is no token.
    init(_ text: String) throws(Problem) {
        guard text.utf8.count <= Self.longest else { throw Self.malformed("has more than \(Self.longest) bytes") }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decoded(String(parts[2]), atMost: Self.longest) else {
            throw Self.malformed("is not three parts of base64url with points between them")
        }
        let header = try Self.object(parts[0])
        let payload = try Self.object(parts[1])
        guard header.text("typ").map({ ["JWT", "EAT+JWT"].contains($0.uppercased()) }) ?? true else {
            throw Self.malformed("is not of the type JWT")
        }
        // A header that asks for extensions which the reader does not know must not be taken (RFC 7515, 4.1.11).
        guard header.document.member("crit", of: 0) == nil else { throw Self.malformed("asks for extensions") }
        guard let keyID = header.text("kid"), let algorithm = header.text("alg") else {
            throw Self.malformed("lacks kid or alg in its header")
        }
        self.keyID = keyID
        self.algorithm = algorithm
        self.signature = signature
        signedBytes = Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8)
        claims.issuer = payload.text("iss")
        claims.audience = payload.texts("aud")
        claims.nonce = payload.text("nonce") ?? payload.text("eat_nonce")
        claims.issuedAt = payload.time("iat")
        claims.notBefore = payload.time("nbf")
        claims.expiresAt = payload.time("exp")
        for text in [claims.issuer, claims.nonce].compactMap({ $0 }) + claims.audience where text.utf8.count > 255 {
            throw Self.malformed("has a claim of more than 255 bytes")
        }
        guard claims.audience.count <= 16 else { throw Self.malformed("names more than 16 audiences") }
    }

    private static func object(_ part: Substring) throws(Problem) -> TokenObject {
        guard let bytes = Base64URL.decoded(String(part), atMost: longest), let document = try? JSONDocument(parsing: bytes),
            document.nodes[0].kind == .object
        else { throw malformed("has a part that is no JSON object in base64url") }
        return TokenObject(document: document)
    }

    private static func malformed(_ reason: String) -> Problem { .invalid("token", "the token \(reason)") }
}

/// Header or payload of a token; what is of another type is absent.
private struct TokenObject {
    let document: JSONDocument

    func text(_ name: StaticString) -> String? {
        guard let node = document.member(name, of: 0), document.nodes[node].kind == .string else { return nil }
        return document.text(node)
    }

    /// A text, or a list of texts.
    func texts(_ name: StaticString) -> [String] {
        guard let node = document.member(name, of: 0) else { return [] }
        if document.nodes[node].kind == .string { return [document.text(node)] }
        guard document.nodes[node].kind == .array else { return [] }
        return document.elements(of: node).filter { document.nodes[$0].kind == .string }.map { document.text($0) }
    }

    /// Whole seconds since 1970, within the calendar.
    func time(_ name: StaticString) -> Timestamp? {
        guard let node = document.member(name, of: 0), document.nodes[node].kind == .number,
            let seconds = Int64(String(decoding: document.raw(node), as: UTF8.self)),
            seconds >= 0, seconds < Timestamp.limit.microseconds / 1_000_000
        else { return nil }
        return Timestamp(seconds * 1_000_000)
    }
}
