import Quantities

/// A role that a participant holds.
package enum Role: String, Codable, Sendable {
    case provider, consumer, meter, auditor, `operator`
}

/// The body of `POST /v1/participants`.
package struct NewParticipant: Codable, Sendable {
    package var name: String
    package var roles: [Role]
    /// Another participant's id; itself where nil.
    package var ownerId: String?
    package var providerCode: String?
    package var legal: LegalEntity?
    package var homeZone: String?

    package init(name: String, roles: [Role], ownerId: String? = nil, providerCode: String? = nil) {
        self.name = name
        self.roles = roles
        self.ownerId = ownerId
        self.providerCode = providerCode
    }
}

/// Who a participant is in law.
package struct LegalEntity: Codable, Sendable {
    package var name: String?
    package var country: String?
    package var scheme: String?
    package var id: String?
    package var taxId: String?
    package var address: String?

    package init(name: String, country: String, scheme: String, id: String) {
        self.name = name
        self.country = country
        self.scheme = scheme
        self.id = id
    }
}

/// A participant as the exchange knows it.
package struct Participant: Codable, Sendable {
    package var id: String
    package var name: String
    package var roles: [String]
    package var status: String
    package var ownerId: String?
    package var legal: LegalEntity?
    package var verification: Verification?
    package var requireSignature: Bool?
}

/// That legal data was found right, and until when: the body of `POST /v1/participants/{id}/verify`.
package struct Verification: Codable, Sendable, Equatable {
    package var validUntil: Timestamp
    package var reference: String?

    package init(validUntil: Timestamp, reference: String? = nil) {
        self.validUntil = validUntil
        self.reference = reference
    }
}

/// The body of `POST /v1/participants/{id}/api_keys`.
package struct NewAPIKey: Codable, Sendable {
    package var label: String
    package var scopes: [String]?
    package var expiresAt: Timestamp?

    package init(label: String, scopes: [String]? = nil, expiresAt: Timestamp? = nil) {
        self.label = label
        self.scopes = scopes
        self.expiresAt = expiresAt
    }
}

/// A created API key; `key` is nil when the creation was repeated, because secrets are not stored.
package struct APIKey: Codable, Sendable {
    package var id: String
    package var key: String?
}

/// The body of `POST /v1/deposits` and `POST /v1/withdrawals`.
package struct CashMovement: Codable, Sendable {
    package var participantId: String
    package var currency: String
    package var amount: Micros
    package var reference: String

    package init(participantId: String, currency: String, amount: Micros, reference: String) {
        self.participantId = participantId
        self.currency = currency
        self.amount = amount
        self.reference = reference
    }
}

/// A booked deposit or withdrawal.
package struct CashReceipt: Codable, Sendable {
    package var id: String
    package var entrySetId: String?
}

/// One currency of a participant: `total` = `available` + `reserved`; `inEscrow` is apart.
package struct Balance: Codable, Sendable, Equatable {
    package var currency: String
    package var total: Micros
    package var available: Micros
    package var reserved: Micros
    package var inEscrow: Micros
}
