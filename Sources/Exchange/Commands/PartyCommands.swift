import Quantities
import Registry

/// `PUT /v1/participants/{id}/legal`.
package struct SetLegalEntity: Record {
    package var participant = ParticipantID.none
    package var legal = LegalEntity()

    package init() {}
    package init(participant: ParticipantID, legal: LegalEntity) {
        self.participant = participant
        self.legal = legal
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant", &participant)
        coder.field("legal", &legal)
    }
}

/// `POST /v1/participants/{id}/verify`.
package struct VerifyParticipant: Record {
    package var participant = ParticipantID.none
    package var verification = Verification()

    package init() {}
    package init(participant: ParticipantID, verification: Verification) {
        self.participant = participant
        self.verification = verification
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant", &participant)
        coder.field("verification", &verification)
    }
}

/// `PUT /v1/participants/{id}/blocked_buyers`.
package struct BlockBuyers: Record {
    package var provider = ParticipantID.none
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        package var buyers: [ParticipantID] = []

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("buyers", &buyers) }

        /// At most 1,000, none twice.
        package func check() throws(Refusal) {
            guard buyers.count <= BlockedBuyers.limit else {
                throw .invalid("buyers", "must have at most \(BlockedBuyers.limit) entries")
            }
            guard Set(buyers).count == buyers.count else { throw .invalid("buyers", "must not name anybody twice") }
        }
    }

    package init() {}
    package init(provider: ParticipantID, body: Body) {
        self.provider = provider
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("provider", &provider)
        coder.field("body", &body)
    }
}

/// What the server was told to ask of whoever trades: by the exchange's own hand, when it starts.
package struct TradingPolicy: Record, Equatable {
    /// Whether only participants whose legal data is verified may trade.
    package var requireVerification = false

    package init() {}
    package init(requireVerification: Bool) { self.requireVerification = requireVerification }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("require_verification", &requireVerification) }
}

/// A provider's list of buyers that it does not sell to.
package struct BlockedBuyersView: Record {
    package var participantID = ParticipantID.none
    package var buyers: [ParticipantID] = []

    package init() {}
    package init(participantID: ParticipantID, buyers: [ParticipantID]) {
        self.participantID = participantID
        self.buyers = buyers
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant_id", &participantID)
        coder.field("buyers", &buyers)
    }
}
