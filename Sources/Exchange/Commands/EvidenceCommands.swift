import Quantities
import Registry

/// `DELETE /v1/attestation_keys/{id}`.
package struct RevokeAttestationKey: Record {
    package var key = AttestationKeyID.none

    package init() {}
    package init(_ key: AttestationKeyID) { self.key = key }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("key", &key) }
}

/// What a token claims; read by the shell, judged by the exchange.
package struct AttestationClaims: Record, Equatable {
    package var issuer: String?
    package var audience: [String] = []
    package var nonce: String?
    package var issuedAt: Timestamp?
    package var notBefore: Timestamp?
    package var expiresAt: Timestamp?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("iss", &issuer)
        coder.field("aud", &audience)
        coder.field("nonce", &nonce)
        coder.field("iat", &issuedAt)
        coder.field("nbf", &notBefore)
        coder.field("exp", &expiresAt)
    }
}

/// `POST /v1/deliveries/{id}/attestation`: the token as the shell found it, and never the token itself.
package struct AttestDelivery: Record {
    package var delivery = DeliveryID.none
    /// The key that the token names; none where no such key is registered.
    package var key = AttestationKeyID.none
    /// Whether the signature is that key's.
    package var isSigned = false
    package var claims = AttestationClaims()
    /// SHA-256 of the token.
    package var tokenHash = Bytes()

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("delivery", &delivery)
        coder.field("key", &key)
        coder.field("is_signed", &isSigned)
        coder.field("claims", &claims)
        coder.field("token_hash", &tokenHash)
    }
}

/// `POST /v1/resources/{id}/wipes`.
package struct RecordWipe: Record {
    package var resource = ResourceID.none
    package var body = WipeSpec()

    package init() {}
    package init(resource: ResourceID, body: WipeSpec) {
        self.resource = resource
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("resource", &resource)
        coder.field("body", &body)
    }
}
