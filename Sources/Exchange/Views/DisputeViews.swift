import Ledger
import Quantities
import Settlement

/// Where a dispute stands.
package enum DisputeStatus: String, Choice {
    /// An operator may decide.
    case open
    /// An operator has decided.
    case decided
    /// Nobody decided in time: the delivery settled as metered.
    case lapsed
}

/// A dispute about one delivery.
package struct DisputeView: Record, Equatable {
    package var id = DisputeID.none
    package var deliveryID = DeliveryID.none
    package var contract = ContractKey()
    package var providerID = ParticipantID.none
    package var holderID = ParticipantID.none
    /// The side that disputes.
    package var raisedBy = ParticipantID.none
    package var reason = ""
    package var claimedDeviceSeconds: Int64?
    /// As the meter said when the dispute was raised.
    package var meteredDeviceSeconds: Int64 = 0
    package var status = DisputeStatus.open
    package var createdAt = Timestamp()
    /// Without a decision by then the delivery settles as metered.
    package var decideBy = Timestamp()
    package var decidedAt: Timestamp?
    package var decidedBy: ParticipantID?
    package var deliveredDeviceSeconds: Int64?
    package var fault: FaultParty?
    package var decisionReason: String?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("delivery_id", &deliveryID)
        coder.field("contract", &contract)
        coder.field("provider_id", &providerID)
        coder.field("holder_id", &holderID)
        coder.field("raised_by", &raisedBy)
        coder.field("reason", &reason)
        coder.field("claimed_device_seconds", &claimedDeviceSeconds)
        coder.field("metered_device_seconds", &meteredDeviceSeconds)
        coder.field("status", &status)
        coder.field("created_at", &createdAt)
        coder.field("decide_by", &decideBy)
        coder.field("decided_at", &decidedAt)
        coder.field("decided_by", &decidedBy)
        coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
        coder.field("fault", &fault)
        coder.field("decision_reason", &decisionReason)
    }
}

/// What a correction changed for one party; a null participant is the exchange's fee revenue.
package struct CorrectionEntryView: Record, Equatable {
    package var participantID: ParticipantID?
    /// What should have been paid more; negative, less.
    package var due = Micros.zero
    /// What was posted of it.
    package var posted = Micros.zero

    package init() {}
    package init(participantID: ParticipantID?, due: Micros, posted: Micros = .zero) {
        self.participantID = participantID
        self.due = due
        self.posted = posted
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant_id", &participantID)
        coder.field("due", &due)
        coder.field("posted", &posted)
    }
}

/// A correction of a settled delivery.
package struct CorrectionView: Record, Equatable {
    package var id = CorrectionID.none
    package var deliveryID = DeliveryID.none
    package var contract = ContractKey()
    package var providerID = ParticipantID.none
    package var holderID = ParticipantID.none
    package var reference = ""
    package var reason = ""
    package var correctedBy = ParticipantID.none
    package var createdAt = Timestamp()
    package var fromDeviceSeconds: Int64 = 0
    package var fromOutcome = DeliveryOutcome()
    package var fromFault = FaultParty()
    package var toDeviceSeconds: Int64 = 0
    package var toOutcome = DeliveryOutcome()
    package var toFault = FaultParty()
    package var currency = Currency()
    package var entries: [CorrectionEntryView] = []
    /// What is due to somebody and could not be posted, because the losers and the fee revenue had no more.
    package var unposted = Micros.zero

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("delivery_id", &deliveryID)
        coder.field("contract", &contract)
        coder.field("provider_id", &providerID)
        coder.field("holder_id", &holderID)
        coder.field("reference", &reference)
        coder.field("reason", &reason)
        coder.field("corrected_by", &correctedBy)
        coder.field("created_at", &createdAt)
        coder.field("from_device_seconds", &fromDeviceSeconds)
        coder.field("from_outcome", &fromOutcome)
        coder.field("from_fault", &fromFault)
        coder.field("to_device_seconds", &toDeviceSeconds)
        coder.field("to_outcome", &toOutcome)
        coder.field("to_fault", &toFault)
        coder.field("currency", &currency)
        coder.field("entries", &entries)
        coder.field("unposted", &unposted)
    }
}

/// A key with which a meter signs.
package struct SigningKeyView: Record, Equatable {
    package var id = SigningKeyID.none
    package var participantID = ParticipantID.none
    package var label: String?
    /// Ed25519, 32 bytes.
    package var publicKey = Bytes()
    package var createdAt = Timestamp()
    package var revokedAt: Timestamp?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("participant_id", &participantID)
        coder.field("label", &label)
        coder.field("public_key", &publicKey)
        coder.field("created_at", &createdAt)
        coder.field("revoked_at", &revokedAt)
    }
}

/// Whether a meter must sign although it has no key.
package struct SigningPolicyView: Record, Equatable {
    package var participantID = ParticipantID.none
    package var signaturesRequired = false

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant_id", &participantID)
        coder.field("signatures_required", &signaturesRequired)
    }
}

/// Where a proposed move stands.
package enum MoveStatus: String, Choice {
    case proposed
    case accepted
    case refused
    /// Another one was proposed in its place, or the hour began.
    case lapsed
}

/// A delivery's way to another resource.
package struct MoveView: Record, Equatable {
    package var id = MoveID.none
    package var deliveryID = DeliveryID.none
    package var contract = ContractKey()
    package var providerID = ParticipantID.none
    package var holderID = ParticipantID.none
    package var fromResourceID = ResourceID.none
    package var toResourceID = ResourceID.none
    package var reason: String?
    package var status = MoveStatus.proposed
    package var createdAt = Timestamp()
    package var answeredAt: Timestamp?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("delivery_id", &deliveryID)
        coder.field("contract", &contract)
        coder.field("provider_id", &providerID)
        coder.field("holder_id", &holderID)
        coder.field("from_resource_id", &fromResourceID)
        coder.field("to_resource_id", &toResourceID)
        coder.field("reason", &reason)
        coder.field("status", &status)
        coder.field("created_at", &createdAt)
        coder.field("answered_at", &answeredAt)
    }
}
