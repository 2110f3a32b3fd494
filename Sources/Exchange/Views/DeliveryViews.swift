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
    }
}

/// The answer to a meter report.
package struct MeterReceipt: Record {
    package var hash = ""
    package var resourceID = ResourceID.none
    package var hour = Hour()
    package var sequence: Int64 = 0
    package var deliveredDeviceSeconds: Int64 = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("hash", &hash)
        coder.field("resource_id", &resourceID)
        coder.field("hour", &hour)
        coder.field("sequence", &sequence)
        coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
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
