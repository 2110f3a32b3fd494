import Quantities
import Settlement

/// Where an allocation stands.
package enum AllocationStatus: String, Choice {
    /// All hours lie ahead.
    case scheduled
    case delivering
    /// All hours are over; some are not settled.
    case metering
    case settled
    /// Everything was sold on.
    case transferred
}

/// That an allocation's later hours were given up.
package enum AllocationEndKind: String, Choice {
    /// By a provider, ahead of time.
    case declined
    /// By the holder, after two hours in a row that were not usable.
    case terminated
}

/// One time at which hours of an allocation were given up.
package struct AllocationEndView: Record, Equatable {
    package var kind = AllocationEndKind()
    package var participantID = ParticipantID.none
    /// The first hour that was given up.
    package var from = Hour()
    package var reason: String?
    package var createdAt = Timestamp()
    package var deliveries: Int64 = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("kind", &kind)
        coder.field("participant_id", &participantID)
        coder.field("from", &from)
        coder.field("reason", &reason)
        coder.field("created_at", &createdAt)
        coder.field("deliveries", &deliveries)
    }
}

/// One hour of an allocation on one resource.
package struct AllocationHourView: Record {
    package var contract = ContractKey()
    package var resourceID = ResourceID.none
    package var providerID = ParticipantID.none
    package var quantity: Quantity = 0
    package var deliveryID: DeliveryID?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("resource_id", &resourceID)
        coder.field("provider_id", &providerID)
        coder.field("quantity", &quantity)
        coder.field("delivery_id", &deliveryID)
    }
}

/// What was bought together: one thing to hand over, watch and resell.
package struct AllocationView: Record {
    package var id = AllocationID.none
    package var holderID = ParticipantID.none
    package var bidID: BidID?
    package var orderID: OrderID?
    package var status = AllocationStatus.scheduled
    package var createdAt = Timestamp()
    package var hours: [AllocationHourView] = []
    /// Whether the holder said what it needs, and whether the provider set access details.
    package var requestVersion: Int64?
    package var accessVersion: Int64?
    /// Below it an hour counts as undelivered.
    package var usableShare: Measure?
    /// When access details are due: the handover lead time before the first hour.
    package var accessDueAt: Timestamp?
    package var accessSetAt: Timestamp?
    /// Whether they came after that, or did not come until now and are overdue.
    package var accessLate = false
    /// When what was sealed is forgotten: 30 days after the last delivery; nil as long as that is not settled.
    package var erasedAt: Timestamp?
    package var ended: [AllocationEndView] = []

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("holder_id", &holderID)
        coder.field("bid_id", &bidID)
        coder.field("order_id", &orderID)
        coder.field("status", &status)
        coder.field("created_at", &createdAt)
        coder.field("hours", &hours)
        coder.field("request_version", &requestVersion)
        coder.field("access_version", &accessVersion)
        coder.field("usable_share", &usableShare)
        coder.field("access_due_at", &accessDueAt)
        coder.field("access_set_at", &accessSetAt)
        coder.field("access_late", &accessLate)
        coder.field("erased_at", &erasedAt)
        coder.field("ended", &ended)
    }
}

/// A delivery as its two sides see it.
package struct DeliveryView: Record {
    package var id = DeliveryID.none
    package var contract = ContractKey()
    package var allocationID = AllocationID.none
    package var resourceID = ResourceID.none
    package var providerID = ParticipantID.none
    package var holderID = ParticipantID.none
    package var quantity: Quantity = 0
    package var status = DeliveryStatus()
    package var outcome: DeliveryOutcome?
    package var deliveredDeviceSeconds: Int64?
    /// When it settles by itself, as far as is known now.
    package var dueAt: Timestamp?
    package var settledAt: Timestamp?
    /// Of the settlement: to the sellers, back to the holder, from the bond to the holder, to the exchange.
    package var paid: Micros?
    package var refunded: Micros?
    package var compensation: Micros?
    package var fees: Micros?
    /// Energy and CO₂ once they are metered.
    package var itEnergyKilowattHours: Measure?
    package var carbonLocationGrams: Measure?
    package var carbonMarketGrams: Measure?
    package var carbon: CarbonView?
    /// What a token must repeat, and what it must prove.
    package var nonce: String?
    package var attestation: AttestationView?
    /// Who is at fault for what is missing; known with the outcome.
    package var fault: FaultParty?
    /// What the meter said, where something else counts.
    package var meteredDeviceSeconds: Int64?
    package var disputeID: DisputeID?
    /// How long either side may dispute it.
    package var disputableUntil: Timestamp?
    /// How often it was corrected after its settlement.
    package var corrections: Int32 = 0
    /// When the holder got its access details; null until the settlement, and where it had not said what the provider needs.
    package var handover: HandoverTiming?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("contract", &contract)
        coder.field("allocation_id", &allocationID)
        coder.field("resource_id", &resourceID)
        coder.field("provider_id", &providerID)
        coder.field("holder_id", &holderID)
        coder.field("quantity", &quantity)
        coder.field("status", &status)
        coder.field("outcome", &outcome)
        coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
        coder.field("due_at", &dueAt)
        coder.field("settled_at", &settledAt)
        coder.field("paid", &paid)
        coder.field("refunded", &refunded)
        coder.field("compensation", &compensation)
        coder.field("fees", &fees)
        coder.field("it_energy_kwh", &itEnergyKilowattHours)
        coder.field("carbon_location_g", &carbonLocationGrams)
        coder.field("carbon_market_g", &carbonMarketGrams)
        coder.field("carbon", &carbon)
        coder.field("nonce", &nonce)
        coder.field("attestation", &attestation)
        coder.field("fault", &fault)
        coder.field("metered_device_seconds", &meteredDeviceSeconds)
        coder.field("dispute_id", &disputeID)
        coder.field("disputable_until", &disputableUntil)
        coder.field("corrections", &corrections)
        coder.field("handover", &handover)
    }
}

/// What the journal says of a delivery whenever it changes: whose it is and where it stands. What was paid is in the transfers beside it.
package struct DeliveryChange: Record, Equatable {
    package var id = DeliveryID.none
    package var contract = ContractKey()
    package var allocationID = AllocationID.none
    package var resourceID = ResourceID.none
    package var providerID = ParticipantID.none
    package var holderID = ParticipantID.none
    package var quantity: Quantity = 0
    package var status = DeliveryStatus()
    package var outcome: DeliveryOutcome?
    package var fault: FaultParty?
    package var deliveredDeviceSeconds: Int64?
    package var handover: HandoverTiming?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("contract", &contract)
        coder.field("allocation_id", &allocationID)
        coder.field("resource_id", &resourceID)
        coder.field("provider_id", &providerID)
        coder.field("holder_id", &holderID)
        coder.field("quantity", &quantity)
        coder.field("status", &status)
        coder.field("outcome", &outcome)
        coder.field("fault", &fault)
        coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
        coder.field("handover", &handover)
    }
}

/// The answer to a meter report.
package struct MeterReceipt: Record {
    package var hash = ""
    package var resourceID = ResourceID.none
    package var hour = Hour()
    package var sequence: Int64 = 0
    package var deliveredDeviceSeconds: Int64 = 0
    /// The report that it stands for.
    package var replaces: Int64?
    /// The registered key that signed it.
    package var signingKeyID: SigningKeyID?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("hash", &hash)
        coder.field("resource_id", &resourceID)
        coder.field("hour", &hour)
        coder.field("sequence", &sequence)
        coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
        coder.field("replaces", &replaces)
        coder.field("signing_key_id", &signingKeyID)
    }
}

/// One report's answer in a batch.
package struct MeterBatchResult: Record {
    package var hash: String?
    package var error: Refusal?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("hash", &hash)
        coder.field("error", &error)
    }
}

/// One currency's sums of a settlement run.
package struct SettlementSumView: Record {
    package var currency = Currency()
    package var paid = Micros.zero
    package var refunded = Micros.zero
    package var compensation = Micros.zero
    package var fees = Micros.zero

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("currency", &currency)
        coder.field("paid", &paid)
        coder.field("refunded", &refunded)
        coder.field("compensation", &compensation)
        coder.field("fees", &fees)
    }
}

/// An operator's settlement run: everything that was settled since the run before, up to `through`.
package struct SettlementRunView: Record {
    package var id = SettlementRunID.none
    package var through = Timestamp()
    /// Contracts that were settled entirely.
    package var hours: Int64 = 0
    package var deliveries: Int64 = 0
    /// Of the first currency; `currencies` has each.
    package var paid = Micros.zero
    package var refunded = Micros.zero
    package var compensation = Micros.zero
    package var fees = Micros.zero
    package var currencies: [SettlementSumView] = []
    package var createdAt = Timestamp()

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("through", &through)
        coder.field("hours", &hours)
        coder.field("deliveries", &deliveries)
        coder.field("paid", &paid)
        coder.field("refunded", &refunded)
        coder.field("compensation", &compensation)
        coder.field("fees", &fees)
        coder.field("currencies", &currencies)
        coder.field("created_at", &createdAt)
    }
}

/// A resource's units in one hour.
package struct CapacityView: Record {
    package var hour = Hour()
    package var certified: Quantity = 0
    package var outage: Quantity = 0
    package var sold: Quantity = 0
    package var onOffer: Quantity = 0
    package var free: Quantity = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("hour", &hour)
        coder.field("certified", &certified)
        coder.field("outage", &outage)
        coder.field("sold", &sold)
        coder.field("on_offer", &onOffer)
        coder.field("free", &free)
    }
}

/// How much of what was sold was delivered over the last 30 days; null where nothing was settled.
package struct ReliabilityView: Record, Equatable {
    /// Delivered device-seconds over sold ones, rounded down to the millionth.
    package var deliveredShare: Measure?
    /// The share of device-hours in deliveries that were delivered whole.
    package var availability: Measure?
    /// What the two are shares of.
    package var deviceHours: Int64 = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("delivered_share", &deliveredShare)
        coder.field("availability", &availability)
        coder.field("device_hours", &deviceHours)
    }
}
