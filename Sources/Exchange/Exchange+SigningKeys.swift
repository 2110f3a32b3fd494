import Quantities
import Registry

/// Meters' Ed25519 keys. The shell checks signatures; the exchange decides what they are worth.
extension Exchange {
    /// The most keys that one meter has at a time.
    static let mostSigningKeys = 16

    func addSigningKey(_ request: AddSigningKey, _ issuer: ParticipantID) throws(Refusal) -> SigningKeyView {
        _ = try actor(issuer, .operator)
        try request.body.check()
        guard let participant = participant(request.participant) else { throw Refusal(.notFound, "there is no such participant") }
        guard participant.has(.meter) else { throw Refusal(.conflict, "only a meter signs reports") }
        let bytes = Bytes(request.body.bytes ?? [])
        guard !signing.keys.contains(where: { $0.publicKey == bytes }) else {
            throw Refusal(.conflict, "this key was registered before", field: "public_key")
        }
        guard liveSigningKeys(of: participant.id) < Self.mostSigningKeys else {
            throw Refusal(.limitExceeded, "a meter has at most \(Self.mostSigningKeys) keys")
        }
        var view = SigningKeyView()
        view.id = SigningKeyID(Int64(signing.keys.count) + 1)
        view.participantID = participant.id
        view.label = request.body.label
        view.publicKey = bytes
        view.createdAt = now
        signing.keys.append(view)
        emit(.signingKey(view))
        return view
    }

    func revokeSigningKey(_ id: SigningKeyID, _ issuer: ParticipantID) throws(Refusal) -> SigningKeyView {
        _ = try actor(issuer, .operator)
        let position = Int(clamping: id.rawValue) &- 1
        guard signing.keys.indices.contains(position) else { throw Refusal(.notFound, "there is no such signing key") }
        if signing.keys[position].revokedAt == nil {
            signing.keys[position].revokedAt = now
            emit(.signingKey(signing.keys[position]))
        }
        return signing.keys[position]
    }

    /// Says whether a meter that has no key must sign all the same, and so cannot report.
    func setSigningPolicy(_ request: SetSigningPolicy, _ issuer: ParticipantID) throws(Refusal) -> SigningPolicyView {
        _ = try actor(issuer, .operator)
        guard let participant = participant(request.participant) else { throw Refusal(.notFound, "there is no such participant") }
        guard participant.has(.meter) else { throw Refusal(.conflict, "only a meter signs reports") }
        let id = participant.id
        let position = signing.strict.firstIndex { $0 >= id } ?? signing.strict.count
        let isStrict = position < signing.strict.count && signing.strict[position] == id
        if request.body.signaturesRequired, !isStrict { signing.strict.insert(id, at: position) }
        if !request.body.signaturesRequired, isStrict { signing.strict.remove(at: position) }
        return signingPolicy(of: id)
    }

    /// That a report is signed with one of its meter's keys, where it has any.
    func checkSignature(_ request: ReportMeter, of meter: ParticipantID) throws(Refusal) {
        guard liveSigningKeys(of: meter) > 0 else {
            guard !signing.strict.contains(meter) else {
                throw Refusal(.forbidden, "this meter must sign its reports and has no registered key", field: "signature")
            }
            return
        }
        guard request.report.signature != nil else {
            throw .invalid("signature", "this meter has a registered key and must sign its reports")
        }
        guard let id = request.signingKey, let key = signingKey(id), key.participantID == meter, key.revokedAt == nil else {
            throw .invalid("signature", "does not verify with any registered key of this meter")
        }
    }

    private func liveSigningKeys(of meter: ParticipantID) -> Int {
        signing.keys.reduce(0) { $0 + ($1.participantID == meter && $1.revokedAt == nil ? 1 : 0) }
    }

    // MARK: Reads

    package func signingKey(_ id: SigningKeyID) -> SigningKeyView? {
        let position = Int(clamping: id.rawValue) &- 1
        return signing.keys.indices.contains(position) ? signing.keys[position] : nil
    }

    package func signingKeys(of participant: ParticipantID?, after: SigningKeyID, limit: Int) -> [SigningKeyView] {
        page(signing.keys, after: after.rawValue, limit: limit) { participant == nil || $0.participantID == participant }
    }

    package func signingPolicy(of participant: ParticipantID) -> SigningPolicyView {
        var view = SigningPolicyView()
        view.participantID = participant
        view.signaturesRequired = signing.strict.contains(participant)
        return view
    }
}
