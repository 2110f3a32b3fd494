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

    /// What its settlement paid, and when that was.
    mutating func note(paid: Micros, refunded: Micros, compensation: Micros, fees: Micros, at time: Timestamp) {
        self.paid += paid
        self.refunded += refunded
        self.compensation += compensation
        self.fees += fees
        delivery.status = .settled
        delivery.settledAt = time
    }

    /// Whether it stands in its resource's metered hour, settled or not: what was given up before its hour does not.
    var isMetered: Bool { delivery.settledAt.map { $0 >= delivery.contract.hour.end } ?? true }
}

extension DeliveryState: Departing {
    static var departed: DeliveryState { DeliveryState(delivery: Delivery(), contract: -1) }
    var hasDeparted: Bool { contract < 0 }
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
    /// By delivery that moved: when its last move was. It follows from the moves.
    var moved: [DeliveryID: Timestamp] = [:]
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
    /// None any more once all of them have left memory. While they settle they stay: settlements go on by their places here.
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
    /// Of the deliveries together, of those that have left memory, too.
    var units: Int64 = 0
    /// How many of the deliveries are in memory; it follows from them.
    var kept: Int32 = 0

    init() {}

    /// Whether all that was to be delivered has left memory.
    var isArchived: Bool { deliveries.isEmpty && units > 0 }

    /// One more delivery of so many units.
    mutating func add(_ id: DeliveryID, _ quantity: Int64) {
        deliveries.append(id)
        units += quantity
        kept += 1
    }

    /// One of the deliveries leaves memory. With the last one none is looked for here any more.
    mutating func noteArchived() {
        kept -= 1
        if kept == 0 { deliveries = [] }
    }

    mutating func code<C: FieldCoder>(_ coder: inout C) {
        deliveries.code(&coder)
        coder.integer(&sequence)
        coder.integer(&deliveredDeviceSeconds)
        energyKilowattHours.code(&coder)
        pue.code(&coder)
        hourlyMatched.code(&coder)
        annualMatched.code(&coder)
        coder.integer(&units)
    }
}

/// Settled deliveries that no operator's run has listed yet, with their sums: hour by hour, so that a run costs no look at each of them.
struct UnlistedSettlements {
    /// Those of one contract, in the order in which they settled.
    struct Hour: Sendable {
        var contract: Int32
        var deliveries: [DeliveryID] = []
        var paid = Micros.zero
        var refunded = Micros.zero
        var compensation = Micros.zero
        var fees = Micros.zero
    }

    /// In the order of their first settlements.
    private(set) var hours: [Hour] = []
    /// By contract; only looked up.
    private var places: [Int32: Int] = [:]
    /// Where the delivery before was noted.
    private var latest = 0
    private(set) var count = 0

    /// Whether something of a contract waits to be listed. O(1).
    func contains(_ contract: Int32) -> Bool { places[contract] != nil }

    /// Notes a settled delivery. O(1).
    mutating func add(_ state: DeliveryState) {
        if !hours.indices.contains(latest) || hours[latest].contract != state.contract {
            latest = places[state.contract] ?? hours.count
            if latest == hours.count {
                places[state.contract] = latest
                hours.append(Hour(contract: state.contract))
            }
        }
        hours[latest].deliveries.append(state.delivery.id)
        hours[latest].paid = hours[latest].paid.adding(state.paid) ?? .limit
        hours[latest].refunded = hours[latest].refunded.adding(state.refunded) ?? .limit
        hours[latest].compensation = hours[latest].compensation.adding(state.compensation) ?? .limit
        hours[latest].fees = hours[latest].fees.adding(state.fees) ?? .limit
        count += 1
    }

    /// Takes out the hours for which `isListed` answers true, in order.
    mutating func take(where isListed: (Hour) -> Bool) -> [Hour] {
        var listed: [Hour] = []
        var kept: [Hour] = []
        for hour in hours {
            if isListed(hour) { listed.append(hour) } else { kept.append(hour) }
        }
        hours = kept
        places.removeAll(keepingCapacity: true)
        for (position, hour) in kept.enumerated() { places[hour.contract] = position }
        latest = 0
        count = kept.reduce(0) { $0 + $1.deliveries.count }
        return listed
    }
}

/// Deliveries of one contract that an operator's run lists one after the other.
struct SettlementSection: Sendable {
    var contract: Int32
    /// How many it lists, and how many the run lists before them.
    var count: Int64
    var start: Int64 = 0
    /// The first of them, as far as they are not archived.
    var deliveries: [DeliveryID]
}

/// An operator's run with its lines.
struct SettlementRunState: Sendable {
    var view: SettlementRunView
    var sections: [SettlementSection]
}

/// Where a run lists deliveries of a contract.
struct SectionPlace: BitwiseCopyable {
    var run: Int32
    var section: Int32
}
