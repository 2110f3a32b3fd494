package import Quantities

/// Everybody known to the exchange, numbered 1, 2, 3 … in the order of registration.
package struct ParticipantRegistry: Sendable {
    /// In the order of their numbers.
    package private(set) var participants: [Participant] = []
    private var byProviderCode: [String: ParticipantID] = [:]
    /// No provider code below this number is free; a hint, never stored.
    private var nextProviderNumber: UInt64 = 1

    /// The most participants that one exchange registers.
    package static let limit = 1_000_000

    package init() {}

    /// The participant of a number, or nil where there is none.
    package func participant(_ id: ParticipantID) -> Participant? {
        id.rawValue >= 1 && id.rawValue <= participants.count ? participants[Int(id.rawValue) - 1] : nil
    }

    /// The provider of a six-character code.
    package func provider(code: String) -> Participant? { byProviderCode[code].flatMap { participant($0) } }

    /// Whether both are the same participant or have one owner.
    package func areOne(_ left: ParticipantID, _ right: ParticipantID) -> Bool {
        if left == right { return true }
        guard let left = participant(left), let right = participant(right) else { return false }
        return left.ownerID == right.ownerID
    }

    /// Registers a participant.
    ///
    /// - Throws: `invalid_request` for a body out of form, `not_found` for an unknown owner or zone, `conflict` for a
    ///   provider code that is taken. Nothing changes then.
    @discardableResult
    package mutating func add(_ spec: ParticipantSpec, catalogue: Catalogue) throws(Refusal) -> Participant {
        try spec.check()
        guard participants.count < Self.limit else {
            throw Refusal(.limitExceeded, "\(Self.limit) participants are registered, which is the limit")
        }
        var added = Participant(id: ParticipantID(Int64(participants.count) + 1), spec: spec)
        if let ownerID = spec.ownerID {
            guard let owner = participant(ownerID) else {
                throw Refusal(.notFound, "owner_id names no participant", field: "owner_id")
            }
            added.ownerID = owner.ownerID
        }
        if let homeZone = spec.homeZone, catalogue.zone(code: homeZone) == nil {
            throw Refusal(.notFound, "there is no zone \(homeZone)", field: "home_zone")
        }
        added.providerCode = try providerCode(of: spec)
        insert(added)
        return added
    }

    /// Sets a participant's status.
    ///
    /// - Throws: `not_found` for an unknown participant.
    @discardableResult
    package mutating func setStatus(_ status: ParticipantStatus, of id: ParticipantID) throws(Refusal) -> Participant {
        guard participant(id) != nil else { throw Refusal(.notFound, "there is no such participant") }
        participants[Int(id.rawValue) - 1].status = status
        return participants[Int(id.rawValue) - 1]
    }

    /// Puts legal data in place of what was there; a verification of that ends.
    ///
    /// - Throws: `invalid_request` for data out of form, `not_found` for an unknown participant. Nothing changes then.
    @discardableResult
    package mutating func setLegal(_ legal: LegalEntity, of id: ParticipantID) throws(Refusal) -> Participant {
        try legal.check(nil)
        guard participant(id) != nil else { throw Refusal(.notFound, "there is no such participant") }
        let index = Int(id.rawValue) - 1
        if participants[index].legal != legal { participants[index].verification = nil }
        participants[index].legal = legal
        return participants[index]
    }

    /// Notes that a participant's legal data was found right.
    ///
    /// - Throws: `invalid_request`, `not_found` for an unknown participant, `conflict` where there is no data to verify.
    @discardableResult
    package mutating func verify(
        _ id: ParticipantID, _ verification: Verification, at now: Timestamp
    ) throws(Refusal) -> Participant {
        try verification.check(at: now)
        guard let participant = participant(id) else { throw Refusal(.notFound, "there is no such participant") }
        guard participant.legal != nil else { throw Refusal(.conflict, "the participant has no legal data to verify") }
        participants[Int(id.rawValue) - 1].verification = verification
        return participants[Int(id.rawValue) - 1]
    }

    /// Demands signed requests of a participant's keys, or no longer.
    ///
    /// - Throws: `not_found` for an unknown participant.
    package mutating func setRequireSignature(_ required: Bool, of id: ParticipantID) throws(Refusal) -> Participant {
        guard participant(id) != nil else { throw Refusal(.notFound, "there is no such participant") }
        participants[Int(id.rawValue) - 1].requireSignature = required
        return participants[Int(id.rawValue) - 1]
    }

    private mutating func providerCode(of spec: ParticipantSpec) throws(Refusal) -> String? {
        guard spec.roles.contains(.provider) else { return nil }
        if let code = spec.providerCode {
            guard byProviderCode[code] == nil else {
                throw Refusal(.conflict, "provider_code \(code) is taken", field: "provider_code")
            }
            return code
        }
        while let digits = CRI.counterText(nextProviderNumber, width: 5) {
            if byProviderCode["P" + digits] == nil { return "P" + digits }
            nextProviderNumber += 1
        }
        throw Refusal(.limitExceeded, "no provider code is left")
    }

    private mutating func insert(_ participant: Participant) {
        participants.append(participant)
        if let code = participant.providerCode { byProviderCode[code] = participant.id }
    }
}

extension ParticipantRegistry {
    /// Writes the participants in their order.
    package func encodeState(into encoder: inout BinaryEncoder) { encoder.append(participants) }

    /// Reads what `encodeState` wrote; fails where numbers or provider codes cannot be.
    package init(decoding decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        self.init()
        for participant in try decoder.read([Participant].self) {
            let owner = participant.ownerID.rawValue
            guard participant.id.rawValue == participants.count + 1, (1...participant.id.rawValue).contains(owner),
                participant.has(.provider) == (participant.providerCode != nil),
                participant.providerCode.map({ byProviderCode[$0] == nil }) ?? true
            else { throw decoder.damaged("participants that cannot be") }
            insert(participant)
        }
    }
}
