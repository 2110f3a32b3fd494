package import Quantities

/// What a participant may do.
package enum Role: String, Choice {
    case provider
    case consumer
    case meter
    case auditor
    case `operator`

    /// Whether the role trades; the two that watch the market never do.
    package var isTrading: Bool { self == .provider || self == .consumer }
}

/// Whether a participant may act.
package enum ParticipantStatus: String, Choice {
    case active
    case suspended
}

/// The register that a legal id belongs to: the unified social credit code, the legal entity identifier, another one.
package enum LegalScheme: String, Choice {
    case uscc = "USCC"
    case lei = "LEI"
    case other
}

/// Who a participant is in law.
package struct LegalEntity: Record, Equatable {
    package var name = ""
    package var country = ""
    package var scheme = LegalScheme.other
    package var id = ""
    package var taxID: String?
    package var address: String?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("name", &name)
        coder.field("country", &country)
        coder.field("scheme", &scheme)
        coder.field("id", &id)
        coder.field("tax_id", &taxID)
        coder.field("address", &address)
    }

    /// Refuses texts out of form, and numbers that their registers cannot have given.
    ///
    /// - Parameter parent: the request's field that holds the data; nil where the data is the request.
    package func check(_ parent: String? = "legal") throws(Refusal) {
        let prefix = parent.map { $0 + "." } ?? ""
        try TextRule.check(name, prefix + "name")
        try TextRule.checkCountry(country, prefix + "country")
        try TextRule.check(id, prefix + "id")
        try TextRule.check(taxID, prefix + "tax_id")
        try TextRule.check(address, prefix + "address")
        switch scheme {
        case .uscc:
            guard LegalIdentifier.isCreditCode(id) else {
                throw .invalid(
                    prefix + "id", "the id is no unified social credit code: form or check character is wrong (GB 32100)")
            }
            guard country == "CN" else {
                throw .invalid(prefix + "country", "the country of a unified social credit code is CN (GB 32100)")
            }
        case .lei:
            guard LegalIdentifier.isEntityIdentifier(id) else {
                throw .invalid(prefix + "id", "the id is no legal entity identifier: form or check digits are wrong (ISO 17442)")
            }
        case .other: break
        }
    }
}

/// That somebody looked at a participant's legal data and found it right.
package struct Verification: Record, Equatable {
    /// The last moment at which it counts is before this one.
    package var validUntil = Timestamp()
    /// What was looked at: a file's number.
    package var reference: String?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("valid_until", &validUntil)
        coder.field("reference", &reference)
    }

    /// Refuses a time that is not ahead, and a reference out of form.
    package func check(at now: Timestamp) throws(Refusal) {
        guard validUntil > now, validUntil < .limit else {
            throw .invalid("valid_until", "valid_until must lie ahead and before 2200")
        }
        try TextRule.check(reference, "reference")
    }
}

/// The body that registers a participant.
package struct ParticipantSpec: Record, Equatable {
    package var name = ""
    package var roles: [Role] = []
    /// The participant that owns this one; itself where absent.
    package var ownerID: ParticipantID?
    /// A provider's six characters in compute resource identifiers; given by a counter where absent.
    package var providerCode: String?
    package var legal: LegalEntity?
    package var homeZone: String?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("name", &name)
        coder.field("roles", &roles)
        coder.field("owner_id", &ownerID)
        coder.field("provider_code", &providerCode)
        coder.field("legal", &legal)
        coder.field("home_zone", &homeZone)
    }

    /// Refuses what no participant can be; whether owner, code and zone exist is the registry's question.
    package func check() throws(Refusal) {
        try TextRule.check(name, "name")
        guard !roles.isEmpty else { throw .invalid("roles", "roles must name at least one role") }
        for (position, role) in roles.enumerated() where roles[..<position].contains(role) {
            throw .invalid("roles", "roles must not name \(role.rawValue) twice")
        }
        if roles.contains(where: \.isTrading), roles.contains(.operator) || roles.contains(.auditor) {
            throw .invalid("roles", "operators and auditors never trade: provider and consumer exclude them")
        }
        if let providerCode {
            try TextRule.checkIdentifierPart(providerCode, "provider_code", length: 6)
            guard roles.contains(.provider) else {
                throw .invalid("provider_code", "provider_code belongs to the role provider")
            }
        }
        try legal?.check()
        if let homeZone { try TextRule.checkCode(homeZone, "home_zone") }
    }
}

/// Somebody known to the exchange.
package struct Participant: Record, Equatable {
    package var id = ParticipantID()
    package var name = ""
    /// In the order of `Role`'s cases, each once.
    package var roles: [Role] = []
    /// Whoever owns this participant in the end; itself where nobody does. Participants of one owner are one in the rules
    /// on self-dealing.
    package var ownerID = ParticipantID()
    /// Present for every provider.
    package var providerCode: String?
    package var status = ParticipantStatus.active
    package var legal: LegalEntity?
    package var homeZone: String?
    /// Of the legal data; another set of data ends it.
    package var verification: Verification?
    /// Whether each request with a key of this participant must be signed.
    package var requireSignature = false

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("name", &name)
        coder.field("roles", &roles)
        coder.field("owner_id", &ownerID)
        coder.field("provider_code", &providerCode)
        coder.field("status", &status)
        coder.field("legal", &legal)
        coder.field("home_zone", &homeZone)
        coder.field("verification", &verification)
        coder.field("require_signature", &requireSignature)
    }

    /// Whether the legal data is verified at a moment.
    package func isVerified(at time: Timestamp) -> Bool { verification.map { time < $0.validUntil } ?? false }

    /// The participant of a checked body, with the body's own provider code and owner or itself for an owner; the registry
    /// gives a code by counter and follows the owner to the last one.
    package init(id: ParticipantID, spec: ParticipantSpec) {
        self.id = id
        name = spec.name
        roles = Role.allCases.filter { spec.roles.contains($0) }
        ownerID = spec.ownerID ?? id
        providerCode = spec.providerCode
        legal = spec.legal
        homeZone = spec.homeZone
    }

    /// Whether the participant holds `role`.
    package func has(_ role: Role) -> Bool { roles.contains(role) }
}
