import Quantities
import Registry

/// Keys: operators manage everybody's, participants their own. That a key makes no wider one is the shell's to check, which knows the
/// key; the exchange knows the participant.
extension Exchange {
    /// How many keys a participant may have had.
    static let mostKeys = 10_000

    func createAPIKey(_ request: CreateAPIKey, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        try checkKeeper(issuer, of: request.participant)
        try request.body.check()
        guard let participant = participant(request.participant) else { throw Refusal(.notFound, "no such participant") }
        let scopes = request.body.scopes ?? participant.roles
        for scope in scopes where !participant.roles.contains(scope) {
            throw .invalid("scopes", "\(scope.rawValue) is no role of the participant")
        }
        if let expiry = request.body.expiresAt, expiry <= now { throw .invalid("expires_at", "must be in the future") }
        try checkKeyCount(of: participant.id)
        return .apiKey(addKey(request.body, scopes: scopes, hash: request.hash, of: participant.id))
    }

    /// A new key with the old one's powers; the old one ends now, or after the overlap.
    func rotateAPIKey(_ request: RotateAPIKey, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        let index = try keyIndex(request.key, issuer)
        try request.body.check()
        let old = apiKeys[index].view
        guard !old.revoked, old.expiresAt.map({ now < $0 }) ?? true else {
            throw Refusal(.conflict, "the key is revoked or expired; make a new one")
        }
        if let expiry = request.body.expiresAt, expiry <= now { throw .invalid("expires_at", "must be in the future") }
        try checkKeyCount(of: old.participantID)
        var body = CreateAPIKey.Body()
        body.label = old.label
        body.expiresAt = request.body.expiresAt ?? old.expiresAt
        body.readOnly = old.readOnly
        body.allowedAddresses = old.allowedAddresses
        body.requireSignature = old.requireSignature
        let overlap = request.body.overlapSeconds ?? 0
        if overlap == 0 {
            apiKeys[index].view.revoked = true
        } else {
            // Bounded by the check: 30 days after a time before the year 2200.
            let end = Timestamp(now.microseconds + overlap * 1_000_000)
            apiKeys[index].view.expiresAt = min(end, old.expiresAt ?? end)
        }
        emit(.apiKey(apiKeys[index]))
        return .apiKey(addKey(body, scopes: old.scopes, hash: request.hash, of: old.participantID, replacing: old.id))
    }

    func revokeAPIKey(_ id: APIKeyID, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        let index = try keyIndex(id, issuer)
        apiKeys[index].view.revoked = true
        emit(.apiKey(apiKeys[index]))
        return .apiKey(apiKeys[index].view)
    }

    /// Demands signed requests of all keys of a participant, or leaves it to each key.
    func requireSignatures(_ request: RequireSignatures, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        try checkKeeper(issuer, of: request.participant)
        guard let before = participant(request.participant) else { throw Refusal(.notFound, "there is no such participant") }
        let participant = try participants.setRequireSignature(request.body.required, of: request.participant)
        if before.requireSignature != participant.requireSignature { emit(.participant(participant)) }
        return .participant(participant)
    }

    @discardableResult
    func addKey(
        _ body: CreateAPIKey.Body, scopes: [Role], hash: Bytes, of participant: ParticipantID, replacing old: APIKeyID? = nil
    ) -> APIKeyView {
        var record = APIKeyRecord()
        record.hash = hash
        record.view.id = APIKeyID(Int64(apiKeys.count) + 1)
        record.view.participantID = participant
        record.view.label = body.label
        record.view.scopes = scopes
        record.view.createdAt = now
        record.view.expiresAt = body.expiresAt
        record.view.readOnly = body.readOnly ?? false
        record.view.allowedAddresses = body.allowedAddresses
        record.view.requireSignature = body.requireSignature ?? false
        record.view.replaces = old
        apiKeys.append(record)
        emit(.apiKey(record))
        return record.view
    }

    /// That the issuer may manage a participant's keys: an operator, or the participant itself.
    private func checkKeeper(_ issuer: ParticipantID, of owner: ParticipantID) throws(Refusal) {
        if issuer == owner, let participant = participant(issuer), participant.status == .active { return }
        _ = try actor(issuer, .operator)
    }

    /// Where a key is that the issuer may manage; somebody else's is `not_found` for a participant.
    private func keyIndex(_ id: APIKeyID, _ issuer: ParticipantID) throws(Refusal) -> Int {
        guard let participant = participant(issuer) else { throw Refusal(.forbidden, "the key belongs to no participant") }
        guard participant.status == .active else { throw Refusal(.forbidden, "the participant is suspended") }
        let index = Int(id.rawValue) &- 1
        guard apiKeys.indices.contains(index),
            participant.roles.contains(.operator) || apiKeys[index].view.participantID == issuer
        else { throw Refusal(.notFound, "no such key") }
        return index
    }

    private func checkKeyCount(of participant: ParticipantID) throws(Refusal) {
        guard apiKeys.lazy.filter({ $0.view.participantID == participant }).count < Self.mostKeys else {
            throw Refusal(.limitExceeded, "a participant has at most \(Self.mostKeys) keys in all its life")
        }
    }
}
