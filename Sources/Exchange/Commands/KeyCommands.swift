import Quantities
import Registry

/// `POST /v1/participants/{id}/api_keys`. The shell draws the key and puts its SHA-256 here.
package struct CreateAPIKey: Record {
    package var participant = ParticipantID.none
    package var hash = Bytes()
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        package var label = ""
        /// No wider than the participant's roles; all of them when absent.
        package var scopes: [Role]?
        package var expiresAt: Timestamp?
        /// Whether the key can only look.
        package var readOnly: Bool?
        /// Ranges of addresses that the key works from; from everywhere when absent.
        package var allowedAddresses: [String]?
        /// Whether each request must be signed; the key's text alone is no proof then.
        package var requireSignature: Bool?

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("label", &label)
            coder.field("scopes", &scopes)
            coder.field("expires_at", &expiresAt)
            coder.field("read_only", &readOnly)
            coder.field("allowed_addresses", &allowedAddresses)
            coder.field("require_signature", &requireSignature)
        }
    }

    package init() {}
    package init(participant: ParticipantID, hash: Bytes, body: Body) {
        self.participant = participant
        self.hash = hash
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant", &participant)
        coder.field("hash", &hash)
        coder.field("body", &body)
    }
}

/// `POST /v1/api_keys/{id}/rotate`: another key that can do the same, and an end for the old one.
package struct RotateAPIKey: Record {
    package var key = APIKeyID.none
    package var hash = Bytes()
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        /// How long the old key still works; not at all when absent.
        package var overlapSeconds: Int64?
        /// When the new key ends; when the old one would have, where absent.
        package var expiresAt: Timestamp?

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("overlap_seconds", &overlapSeconds)
            coder.field("expires_at", &expiresAt)
        }
    }

    package init() {}
    package init(key: APIKeyID, hash: Bytes, body: Body) {
        self.key = key
        self.hash = hash
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("key", &key)
        coder.field("hash", &hash)
        coder.field("body", &body)
    }
}

/// `DELETE /v1/api_keys/{id}`.
package struct RevokeAPIKey: Record {
    package var key = APIKeyID.none

    package init() {}
    package init(_ key: APIKeyID) { self.key = key }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("key", &key) }
}

/// `PUT /v1/participants/{id}/signing`.
package struct RequireSignatures: Record {
    package var participant = ParticipantID.none
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        package var required = false

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("required", &required) }
    }

    package init() {}
    package init(participant: ParticipantID, body: Body) {
        self.participant = participant
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant", &participant)
        coder.field("body", &body)
    }
}

extension CreateAPIKey.Body {
    /// The longest overlap of two keys, and how many ranges of addresses a key may name.
    package static let longestOverlapSeconds: Int64 = 30 * 86_400
    package static let mostRanges = 64

    /// Bounds of the body.
    package func check() throws(Refusal) {
        try Bounds.text(label, "label")
        try Bounds.time(expiresAt, "expires_at")
        if let scopes {
            guard !scopes.isEmpty else { throw .invalid("scopes", "must name at least one role, or be absent") }
            for (position, scope) in scopes.enumerated() where scopes[..<position].contains(scope) {
                throw .invalid("scopes", "\(scope.rawValue) is named twice")
            }
        }
        guard let allowedAddresses else { return }
        guard !allowedAddresses.isEmpty, allowedAddresses.count <= Self.mostRanges else {
            throw .invalid("allowed_addresses", "must name 1 to \(Self.mostRanges) ranges, or be absent")
        }
        for (position, text) in allowedAddresses.enumerated() where AddressRange(text) == nil {
            throw .invalid(
                "allowed_addresses[\(position)]",
                "must be an address or a range such as 203.0.113.0/24 or 2001:db8::/32, with no bits set behind the prefix")
        }
    }
}

extension RotateAPIKey.Body {
    /// Bounds of the body.
    package func check() throws(Refusal) {
        try Bounds.time(expiresAt, "expires_at")
        guard (0...CreateAPIKey.Body.longestOverlapSeconds).contains(overlapSeconds ?? 0) else {
            throw .invalid("overlap_seconds", "must be 0 to \(CreateAPIKey.Body.longestOverlapSeconds)")
        }
    }
}
