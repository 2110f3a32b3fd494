import Matching
import Quantities
import Registry

/// References that were used once and cannot be used again, in the order of use.
struct ReferenceSet {
    private(set) var inOrder: [String] = []
    private var seen: Set<String> = []

    func contains(_ reference: String) -> Bool { seen.contains(reference) }
    mutating func insert(_ reference: String) {
        seen.insert(reference)
        inOrder.append(reference)
    }
}

extension Exchange {
    /// The first command: the operator as participant 1 with key 1.
    func begin(_ genesis: Genesis) throws(Refusal) -> Reply {
        precondition(sequence == 1, "genesis is the first command")
        clockMode = genesis.clockMode
        genesisTime = now
        var spec = ParticipantSpec()
        spec.name = "Operator"
        spec.roles = [.operator]
        let participant = try participants.add(spec, catalogue: catalogue)
        noteTrader(participant)
        emit(.participant(participant))
        addKey(label: "genesis", scopes: [.operator], expiresAt: nil, hash: genesis.operatorKeyHash, of: participant.id)
        return .participant(participant)
    }

    /// That a participant may act in a role, or in another one.
    @inline(__always)
    func checkActor(_ id: ParticipantID, _ role: Role, _ other: Role? = nil) throws(Refusal) {
        let index = Int(truncatingIfNeeded: id.rawValue &- 1)
        if index >= 0, index < traders.count, traders[index].isActive {
            let wanted = TraderFacts.bit(role) | (other.map { TraderFacts.bit($0) } ?? 0)
            if traders[index].roles & wanted != 0 { return }
        }
        if let other { _ = try actor(id, role, other) } else { _ = try actor(id, role) }
    }

    /// Keeps what every order needs of a participant that was added or changed.
    func noteTrader(_ participant: Participant) {
        let index = Int(participant.id.rawValue) - 1
        if index == traders.count { traders.append(TraderFacts(participant)) } else { traders[index] = TraderFacts(participant) }
    }

    /// The participant behind a command, if it may act.
    func actor(_ id: ParticipantID, _ roles: Role...) throws(Refusal) -> Participant {
        guard let participant = participant(id) else { throw Refusal(.forbidden, "the key belongs to no participant") }
        guard participant.status == .active else { throw Refusal(.forbidden, "the participant is suspended") }
        for role in roles where participant.roles.contains(role) { return participant }
        let names = roles.map(\.rawValue).joined(separator: " or ")
        throw Refusal(.forbidden, "needs the role \(names)")
    }

    func createParticipant(_ spec: ParticipantSpec, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let participant = try participants.add(spec, catalogue: catalogue)
        noteTrader(participant)
        emit(.participant(participant))
        return .participant(participant)
    }

    func createAPIKey(_ request: CreateAPIKey, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        try request.body.check()
        guard let participant = participant(request.participant) else { throw Refusal(.notFound, "no such participant") }
        let scopes = request.body.scopes ?? participant.roles
        for scope in scopes where !participant.roles.contains(scope) {
            throw .invalid("scopes", "\(scope.rawValue) is no role of the participant")
        }
        if let expiry = request.body.expiresAt, expiry <= now { throw .invalid("expires_at", "must be in the future") }
        let key = addKey(
            label: request.body.label, scopes: scopes, expiresAt: request.body.expiresAt, hash: request.hash,
            of: participant.id
        )
        return .apiKey(key)
    }

    @discardableResult
    private func addKey(
        label: String, scopes: [Role], expiresAt: Timestamp?, hash: Bytes, of participant: ParticipantID
    ) -> APIKeyView {
        var record = APIKeyRecord()
        record.hash = hash
        record.view.id = APIKeyID(Int64(apiKeys.count) + 1)
        record.view.participantID = participant
        record.view.label = label
        record.view.scopes = scopes
        record.view.createdAt = now
        record.view.expiresAt = expiresAt
        apiKeys.append(record)
        emit(.apiKey(record))
        return record.view
    }

    func revokeAPIKey(_ id: APIKeyID, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let index = Int(id.rawValue) &- 1
        guard apiKeys.indices.contains(index) else { throw Refusal(.notFound, "no such key") }
        apiKeys[index].view.revoked = true
        emit(.apiKey(apiKeys[index]))
        return .apiKey(apiKeys[index].view)
    }

    /// Stops a participant: its orders, offers and bids are cancelled; what it sold it owes, what it holds it keeps.
    func suspend(_ id: ParticipantID, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        guard id != issuer else { throw Refusal(.conflict, "an operator cannot suspend itself") }
        guard participant(id) != nil else { throw Refusal(.notFound, "there is no such participant") }
        cancelAllOrders(of: id, reason: .suspended)
        return try setStatus(.suspended, of: id)
    }

    func reinstate(_ id: ParticipantID, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        return try setStatus(.active, of: id)
    }

    private func setStatus(_ status: ParticipantStatus, of id: ParticipantID) throws(Refusal) -> Reply {
        let before = participant(id)?.status
        let participant = try participants.setStatus(status, of: id)
        noteTrader(participant)
        if before != status { emit(.participant(participant)) }
        return .participant(participant)
    }

    /// The number that stands for a participant's owner in the rules on self-dealing.
    @inline(__always)
    func owner(of id: ParticipantID) -> UInt32 {
        let index = Int(truncatingIfNeeded: id.rawValue &- 1)
        return index >= 0 && index < traders.count ? traders[index].owner : 0
    }
}
