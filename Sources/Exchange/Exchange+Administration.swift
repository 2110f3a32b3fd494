import Quantities
import Registry

/// Commands that are done on record.
extension Exchange {
    /// Executes an administrative command and notes who did it from where, refused or not.
    func administer(_ request: AdministrativeCommand, _ envelope: Envelope) throws(Refusal) -> Reply {
        let tag = request.command.tag
        guard tag.isAdministrative else { throw .invalid("command", "\(tag.rawValue) is no administrative command") }
        try Bounds.text(request.origin.address, "address")
        try Bounds.text(request.origin.requestID, "request_id")
        var inner = envelope
        inner.command = request.command
        var action = AdministrativeAction()
        action.time = now
        action.participantID = envelope.issuer
        action.keyID = request.origin.key
        action.address = request.origin.address
        action.requestID = request.origin.requestID
        action.action = tag
        do throws(Refusal) {
            let reply = try reply(to: inner)
            action.subject = request.command.subject ?? reply.subject
            note(action)
            return reply
        } catch {
            action.subject = request.command.subject
            action.refusal = error.code
            note(action)
            throw error
        }
    }

    private func note(_ action: AdministrativeAction) {
        lastActionID += 1
        var action = action
        action.id = lastActionID
        emit(.administered(action))
    }
}

extension Command {
    /// What an administrative command is about, where it names it.
    fileprivate var subject: String? {
        switch self {
        case .suspendParticipant(let reference), .reinstateParticipant(let reference): "\(reference.participant)"
        case .createAPIKey(let request): "\(request.participant)"
        case .requireSignatures(let request): "\(request.participant)"
        case .rotateAPIKey(let request): "\(request.key)"
        case .revokeAPIKey(let request): "\(request.key)"
        case .revokeAttestationKey(let request): "\(request.key)"
        case .certifyResource(let request): "\(request.resource)"
        case .reviseIndex(let request): "product \(request.product.index) \(request.body.hour): \(request.body.reason)"
        case .postFees(let request): "product \(request.product.index)"
        case .overrideBand(let request): "product \(request.product.index): \(request.body.reason)"
        case .decideDispute(let request): "\(request.dispute)"
        case .correctDelivery(let request): "\(request.delivery)"
        case .addSigningKey(let request): "\(request.participant)"
        case .revokeSigningKey(let request): "\(request.key)"
        case .setSigningPolicy(let request): "\(request.participant)"
        case .setLegalEntity(let request): "\(request.participant)"
        case .verifyParticipant(let request): "\(request.participant)"
        case .halt(let scope), .resume(let scope):
            switch scope.kind {
            case .market: "market"
            case .product: "product \(scope.product.index)"
            case .contract: "contract \(scope.contract.product.index) \(scope.contract.hour.start)"
            }
        default: nil
        }
    }
}

extension Reply {
    /// What came into being.
    fileprivate var subject: String? {
        switch self {
        case .participant(let view): "\(view.id)"
        case .money(let view): view.depositID.map { "\($0)" } ?? view.withdrawalID.map { "\($0)" }
        case .zone(let view): view.code
        case .computeClass(let view): view.code
        case .grade(let view): view.code
        case .product(let view): view.code
        case .networkPath(let view): "\(view.from) \(view.to)"
        case .settlement(let view): "\(view.id)"
        case .energyCertificate(let view): "\(view.id)"
        case .attestationKey(let view): "\(view.id)"
        default: nil
        }
    }
}
