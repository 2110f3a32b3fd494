import Quantities
import Settlement

/// A delivery as the exchange keeps it.
struct DeliveryState: Sendable {
    var delivery: Delivery
    var contract: Int32
    var paid = Micros.zero
    var refunded = Micros.zero
    var compensation = Micros.zero
    var fees = Micros.zero
    /// Its part of the IT energy that was metered for the resource's hour.
    var energyKilowattHours = Measure()
    var evidence = DeliveryEvidence()

    init(delivery: Delivery, contract: Int32) {
        self.delivery = delivery
        self.contract = contract
    }
}

/// Disputes, corrections and moves: numbered 1, 2, 3 … each.
struct DeliveryCases {
    var disputes: [DisputeView] = []
    var corrections: [CorrectionView] = []
    /// Correction references, each used once.
    var references = ReferenceSet()
    var moves: [MoveView] = []
    /// By delivery: the move that waits for the holder's answer.
    var proposals: [DeliveryID: MoveID] = [:]
}

/// A participant's contact, which lies in the vault.
struct ContactState: Record, Equatable {
    /// 0 while there is none.
    var version: Int64 = 0
    var hash = Bytes()

    init() {}
    init(version: Int64, hash: Bytes) {
        self.version = version
        self.hash = hash
    }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("version", &version)
        coder.field("hash", &hash)
    }
}

/// Who signs reports.
struct SigningState {
    var keys: [SigningKeyView] = []
    /// Meters that may not report unsigned although they have no key, in the order of their numbers.
    var strict: [ParticipantID] = []
}

/// What a resource's meter said and must say.
struct MeterState {
    var chain = MeterReportState()
    var hours = HourTable<MeteredHour>()
}

/// One hour of a resource: what it has to deliver and what was reported.
struct MeteredHour: Equatable, FieldValue {
    var deliveries: [DeliveryID] = []
    /// 0 while nothing was reported.
    var sequence: Int64 = 0
    var deliveredDeviceSeconds: Int64 = 0
    var energyKilowattHours = Measure()
    /// The site's when the report came.
    var pue: Measure?
    /// Of the site's energy, what retired certificates cover.
    var hourlyMatched = Measure()
    var annualMatched = Measure()
    /// Of the deliveries together; it follows from them.
    var units: Int64 = 0

    init() {}
    mutating func code<C: FieldCoder>(_ coder: inout C) {
        deliveries.code(&coder)
        coder.integer(&sequence)
        coder.integer(&deliveredDeviceSeconds)
        energyKilowattHours.code(&coder)
        pue.code(&coder)
        hourlyMatched.code(&coder)
        annualMatched.code(&coder)
    }
}

/// Settled deliveries that no operator's run has listed yet.
struct UnreportedSettlements {
    var deliveries: [DeliveryID] = []
}

/// An operator's run with its lines.
struct SettlementRunState: Sendable {
    var view: SettlementRunView
    var deliveries: [DeliveryID]
}
