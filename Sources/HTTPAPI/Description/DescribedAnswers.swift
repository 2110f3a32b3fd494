import Exchange
import Quantities
import Registry

// Answers that routes put together member by member, as records for the description. The tests hold real answers against it.

/// `{"status": …}`.
struct StatusAnswer: Record {
    var status = ""
    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("status", &status) }
}

/// Whether commands are taken, and whether the operator has halted the market.
struct ReadinessAnswer: Record {
    var status = ""
    var market = ""
    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("status", &status)
        coder.field("market", &market)
    }
}

/// The exchange's time.
struct TimeAnswer: Record {
    var now = Timestamp()
    var mode = ClockMode.real
    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("now", &now)
        coder.field("mode", &mode)
    }
}

/// A key with its text, which only the first answer shows.
struct CreatedAPIKeyAnswer: Record {
    var view = APIKeyView()
    var key: String?
    var signingSecret: String?
    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        view.fields(&coder)
        coder.field("key", &key)
        coder.field("signing_secret", &signingSecret)
    }
}

/// A receipt of money as it is shown.
struct MoneyReceiptAnswer: Record {
    var id = ""
    var entrySetID = EntrySetID.none
    var participantID = ParticipantID.none
    var currency = Currency()
    var amount = Micros.zero
    var reference = ""
    var createdAt = Timestamp()
    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("entry_set_id", &entrySetID)
        coder.field("participant_id", &participantID)
        coder.field("currency", &currency)
        coder.field("amount", &amount)
        coder.field("reference", &reference)
        coder.field("created_at", &createdAt)
    }
}

/// What an identifier names.
struct ResolvedResourceAnswer: Record {
    var cri = CRI()
    var id = ResourceID.none
    var providerID = ParticipantID.none
    var status = ResourceStatus.pending
    var computeClass = ""
    var zone = ""
    var units: Quantity = 0
    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("cri", &cri)
        coder.field("id", &id)
        coder.field("provider_id", &providerID)
        coder.field("status", &status)
        coder.field("class", &computeClass)
        coder.field("zone", &zone)
        coder.field("units", &units)
    }
}

/// Answers to the orders of a batch, in their order.
struct OrderBatchAnswer: Record {
    var results: [OrderBatchResult] = []
    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("results", &results) }
}

/// Answers to the reports of a batch, in their order.
struct MeterReportsAnswer: Record {
    var results: [MeterBatchResult] = []
    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("results", &results) }
}

/// The hash of one report of a batch.
struct MeterHashAnswer: Record {
    var hash = ""
    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("hash", &hash) }
}

/// An allocation as its two sides see it.
struct AllocationDetailsAnswer: Record {
    var view = AllocationView()
    var access: AccessDetails?
    var request: HandoverRequest?
    var contacts: [PartyContact] = []
    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        view.fields(&coder)
        coder.field("access", &access)
        coder.field("request", &request)
        coder.field("contacts", &contacts)
    }
}
