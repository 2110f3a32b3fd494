package import Quantities

/// The signature schemes of attestation tokens (RFC 8037, RFC 7518).
package enum AttestationAlgorithm: String, Choice {
    case edDSA = "EdDSA"
    case es256 = "ES256"
}

/// The body that registers a key whose tokens count: that of a verifier of attestation evidence, not of a provider.
package struct AttestationKeySpec: Record, Equatable {
    /// The `kid` of its tokens; unique.
    package var keyID = ""
    package var algorithm = AttestationAlgorithm.edDSA
    /// Base64url without padding: the 32 bytes of Ed25519, or x and y of P-256, 32 bytes each.
    package var publicKey = ""
    /// What its tokens prove.
    package var level = AttestationLevel.measuredBoot
    /// The `iss` that its tokens must have; any where absent.
    package var issuer: String?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("kid", &keyID)
        coder.field("algorithm", &algorithm)
        coder.field("public_key", &publicKey)
        coder.field("level", &level)
        coder.field("issuer", &issuer)
    }

    /// Refuses texts out of form. Whether the bytes are a point of the curve is the shell's question.
    package func check() throws(Refusal) {
        try TextRule.check(keyID, "kid")
        let length = algorithm == .edDSA ? 43 : 86
        guard publicKey.utf8.count == length, publicKey.utf8.allSatisfy(Self.isBase64URL) else {
            throw .invalid("public_key", "public_key must be \(length) characters of base64url for \(algorithm.rawValue)")
        }
        guard level > .none else { throw .invalid("level", "level must be measured_boot or confidential") }
        try TextRule.check(issuer, "issuer")
    }

    private static func isBase64URL(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// A registered key.
package struct AttestationKey: Record, Equatable {
    package var id = AttestationKeyID()
    package var spec = AttestationKeySpec()
    package var createdAt = Timestamp()
    /// From then on its tokens count no more; what they proved before stays.
    package var revokedAt: Timestamp?

    package init() {}
    package init(id: AttestationKeyID, spec: AttestationKeySpec, createdAt: Timestamp) {
        self.id = id
        self.spec = spec
        self.createdAt = createdAt
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        spec.fields(&coder)
        coder.field("created_at", &createdAt)
        coder.field("revoked_at", &revokedAt)
    }
}

/// The body that states that a resource was wiped.
package struct WipeSpec: Record, Equatable {
    package var wipedAt = Timestamp()
    /// `NIST SP 800-88 purge`, `cryptographic erase`.
    package var method = ""
    /// SHA-256 of the evidence that the provider keeps, in small hexadecimal digits.
    package var evidenceHash = ""

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("wiped_at", &wipedAt)
        coder.field("method", &method)
        coder.field("evidence_hash", &evidenceHash)
    }

    /// Refuses texts out of form and times outside 1970...2199.
    package func check() throws(Refusal) {
        guard wipedAt > Timestamp(), wipedAt < .limit else { throw .invalid("wiped_at", "wiped_at must lie in 1970...2199") }
        try TextRule.check(method, "method")
        let digits = Array("0123456789abcdef".utf8)
        guard evidenceHash.utf8.count == 64, evidenceHash.utf8.allSatisfy({ digits.contains($0) }) else {
            throw .invalid("evidence_hash", "evidence_hash must be 64 small hexadecimal digits")
        }
    }
}

/// A wipe on record.
package struct Wipe: Record, Equatable {
    package var id = WipeID()
    package var resourceID = ResourceID()
    package var spec = WipeSpec()
    package var recordedBy = ParticipantID()
    package var recordedAt = Timestamp()

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("resource_id", &resourceID)
        spec.fields(&coder)
        coder.field("recorded_by", &recordedBy)
        coder.field("recorded_at", &recordedAt)
    }
}
