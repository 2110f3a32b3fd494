import Quantities
import Registry

/// What a delivery must prove, by what, until when, and whether it has.
package struct AttestationView: Record, Equatable {
    /// The least level that the terms ask for; `none` where they ask for none.
    package var required = AttestationLevel.none
    /// What the token must repeat: 64 random hexadecimal digits and 16 of the delivery.
    package var nonce = ""
    package var audience = ""
    /// A token counts from the gate until the hour's end.
    package var notBefore = Timestamp()
    package var deadline = Timestamp()
    package var attestedAt: Timestamp?
    package var keyID: AttestationKeyID?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("required", &required)
        coder.field("nonce", &nonce)
        coder.field("audience", &audience)
        coder.field("not_before", &notBefore)
        coder.field("deadline", &deadline)
        coder.field("attested_at", &attestedAt)
        coder.field("attestation_key_id", &keyID)
    }
}
