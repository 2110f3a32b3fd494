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
        var body = CreateAPIKey.Body()
        body.label = "genesis"
        addKey(body, scopes: [.operator], hash: genesis.operatorKeyHash, of: participant.id)
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

    /// Stops a participant: its orders, offers and bids are cancelled; what it sold it owes, what it holds it keeps.
    func suspend(_ id: ParticipantID, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        guard id != issuer else { throw Refusal(.conflict, "an operator cannot suspend itself") }
        guard participant(id) != nil else { throw Refusal(.notFound, "there is no such participant") }
        cancelBids(of: id)
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
