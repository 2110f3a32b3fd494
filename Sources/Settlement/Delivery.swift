import Quantities

/// Where a delivery stands.
package enum DeliveryStatus: String, Choice {
    /// The gate has closed; the hour has not begun.
    case scheduled
    /// The hour runs.
    case delivering
    /// The hour is over; nothing was reported yet.
    case metering
    /// A report has come; its dispute time runs.
    case reported
    /// The deadline passed without a report; the grace runs.
    case unverified
    /// One side disputes the report; an operator decides.
    case disputed
    /// An operator has decided a dispute.
    case decided
    /// Paid.
    case settled
}

/// Whether the provider handed an hour over in time.
package enum HandoverTiming: String, Choice {
    case onTime = "on_time"
    /// After the time at which access details were due, the hour's end at the latest.
    case late
    /// Not by the hour's end.
    case missing
}

/// One lot from gate closure to settlement.
package struct Delivery: Record, Equatable {
    package var id = DeliveryID()
    package var contract = ContractKey()
    /// What is delivered, to whom and for which money. Its resource is the one that delivers, after a move too.
    package var lot = Lot()
    package var status = DeliveryStatus.scheduled
    /// As metered or decided; nil until then.
    package var deliveredDeviceSeconds: Int64?
    package var outcome: DeliveryOutcome?
    package var reportedAt: Timestamp?
    package var disputedAt: Timestamp?
    package var settledAt: Timestamp?
    /// The share of its devices below which the hour counts as undelivered; nil where the bid stated none.
    package var usableShare: Measure?
    /// Known as soon as there is an outcome.
    package var fault: FaultParty?
    /// What the meter said, where something else counts.
    package var meteredDeviceSeconds: Int64?
    /// The dispute about it, if there is or was one.
    package var dispute = DisputeID.none
    /// How often it was corrected after its settlement.
    package var corrections: Int32 = 0
    /// When the holder got its access details; nil until the settlement, and where it had not said what the provider needs.
    package var handover: HandoverTiming?

    package init() {}
    package init(id: DeliveryID, contract: ContractKey, lot: Lot, usableShare: Measure? = nil) {
        self.id = id
        self.contract = contract
        self.lot = lot
        self.usableShare = usableShare
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("contract", &contract)
        coder.field("lot", &lot)
        coder.field("status", &status)
        coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
        coder.field("outcome", &outcome)
        coder.field("reported_at", &reportedAt)
        coder.field("disputed_at", &disputedAt)
        coder.field("settled_at", &settledAt)
        coder.field("usable_share", &usableShare)
        coder.field("fault", &fault)
        coder.field("metered_device_seconds", &meteredDeviceSeconds)
        coder.field("dispute", &dispute)
        coder.field("corrections", &corrections)
        coder.field("handover", &handover)
    }

    /// Takes what was metered or decided; who is at fault follows from it unless somebody decided that, too.
    package mutating func determine(_ seconds: Int64, fault: FaultParty? = nil) {
        let outcome = DeliveryOutcome.metered(seconds, of: lot.deviceSeconds)
        deliveredDeviceSeconds = seconds
        self.outcome = outcome
        self.fault = fault ?? .usual(outcome)
    }

    /// Ends it with an outcome that no figure of a meter decides.
    package mutating func determine(_ outcome: DeliveryOutcome) {
        self.outcome = outcome
        fault = .usual(outcome)
    }

    package var isSettled: Bool { status == .settled }

    /// Whether the holder could not begin when its hour did, through its provider.
    package var isHandedOverLate: Bool { handover == .late || handover == .missing }

    /// The device-seconds that it settles by: what was metered or decided, or what its outcome says instead. 0 without an outcome.
    package var countedDeviceSeconds: Int64 {
        guard let outcome else { return 0 }
        return lot.countedSeconds(deliveredDeviceSeconds ?? 0, outcome)
    }

    /// What was handed over late is its provider's fault, where nobody else's fault is known.
    package mutating func blameLateHandover() {
        if isHandedOverLate, fault == nil || fault == .nobody { fault = .provider }
    }

    /// The device-seconds that count: those delivered, or none where they fall short of the usable share.
    ///
    /// The share is of the devices of the whole hour; `delivered` and `sold` are the sums over the bid's deliveries in it.
    package static func counts(_ delivered: Int64, of sold: Int64, usableShare: Measure?) -> Bool {
        guard let usableShare else { return true }
        return Int128(delivered) * 1_000_000 >= Int128(usableShare.rawValue) * Int128(sold)
    }
}
