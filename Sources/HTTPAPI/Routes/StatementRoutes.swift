import Exchange
import Ledger
import Quantities
import Sequencer

/// Balances of any moment of the past, and statements between two.
enum StatementRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/v1/ledger/balances", .participants,
            query: Page.parameters + ["account", "participant_id", "sequence", "time"], balances),
        Route(.get, "/v1/statements", .participants, query: Page.parameters + ["participant_id", "day", "from", "to"], statements),
    ]

    /// Balances after the command `sequence`, or after all that had happened at `time`; without either, now.
    @Sendable static func balances(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let participant = try call.listed()
        let account = call.query.identifier("account", AccountID.self)
        let sequence = try call.query.count("sequence")
        let time = try call.query.time("time")
        if sequence != nil, time != nil { throw .invalid("time", "time and sequence exclude each other") }
        let moment = time.map { LedgerMoment.time($0) } ?? .sequence(sequence ?? .max)
        let after = try page.after(AccountID.self)
        let found = try await call.archive { (archive, known) async throws(HistoryError) in
            try await archive.balances(
                at: moment, account: account, participant: participant, after: after, limit: page.limit + 1, including: known)
        }
        return call.list(found.map(PastBalanceView.init), limit: page.limit) { String($0.id.rawValue) }
    }

    /// Of a participant's cash accounts: opening balance, what came and went, closing balance, between `from` and `to` or of a
    /// `day`. The movements are `GET /v1/ledger/transfers` with the same bounds.
    @Sendable static func statements(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let participant = try call.subject()
        let (from, to) = try window(call)
        let after = try page.after(AccountID.self)
        func balances(_ moment: Timestamp) async throws(Problem) -> [PastBalance] {
            try await call.archive { (archive, known) async throws(HistoryError) in
                try await archive.balances(
                    at: .time(moment.advanced(microseconds: -1)), account: nil, participant: participant, after: after,
                    limit: page.limit + 1, including: known)
            }
        }
        let closing = try await balances(to)
        var opening: [AccountID: PastBalance] = [:]
        for balance in try await balances(from) { opening[balance.account.id] = balance }
        let lines = closing.map { StatementView(opening: opening[$0.account.id], closing: $0, from: from, to: to) }
        return call.list(lines, limit: page.limit) { String($0.account.rawValue) }
    }

    private static func window(_ call: Call) throws(Problem) -> (Timestamp, Timestamp) {
        if let day = call.query["day"] {
            guard day.utf8.count == 10, let start = Timestamp(rfc3339: day + "T00:00:00Z") else {
                throw .invalid("day", "day must be a date such as 2026-11-23")
            }
            guard call.query["from"] == nil, call.query["to"] == nil else {
                throw .invalid("day", "day excludes from and to")
            }
            return (start, start.advanced(hours: 24))
        }
        guard let from = try call.query.time("from") else { throw .invalid("day", "day, or from and to, is missing") }
        guard let to = try call.query.time("to") else { throw .invalid("to", "to is missing") }
        guard from < to else { throw .invalid("to", "to must lie after from") }
        return (from, to)
    }
}

/// An account's sums at a moment.
struct PastBalanceView: Record {
    var id = AccountID.none
    var kind = ""
    var participantID: ParticipantID?
    var contract: ContractKey?
    var asset = Currency()
    var debits = MicrosSum()
    var credits = MicrosSum()
    var balance = MicrosSum()

    init() {}
    init(_ past: PastBalance) {
        id = past.account.id
        kind = past.account.kind
        participantID = past.account.participantID
        contract = past.account.contract
        asset = past.account.asset
        debits = MicrosSum(past.debits)
        credits = MicrosSum(past.credits)
        balance = MicrosSum(past.credits - past.debits)
    }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("kind", &kind)
        coder.field("participant_id", &participantID)
        coder.field("contract", &contract)
        coder.field("asset", &asset)
        coder.field("debits", &debits)
        coder.field("credits", &credits)
        coder.field("balance", &balance)
    }
}

/// One cash account between two moments: `closing` = `opening` + `received` − `paid`.
struct StatementView: Record {
    var account = AccountID.none
    var participantID: ParticipantID?
    var asset = Currency()
    var from = Timestamp()
    var to = Timestamp()
    var opening = MicrosSum()
    var received = MicrosSum()
    var paid = MicrosSum()
    var closing = MicrosSum()

    init() {}
    init(opening past: PastBalance?, closing present: PastBalance, from: Timestamp, to: Timestamp) {
        let before = past ?? PastBalance()
        account = present.account.id
        participantID = present.account.participantID
        asset = present.account.asset
        self.from = from
        self.to = to
        opening = MicrosSum(before.credits - before.debits)
        received = MicrosSum(present.credits - before.credits)
        paid = MicrosSum(present.debits - before.debits)
        closing = MicrosSum(present.credits - present.debits)
    }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("account", &account)
        coder.field("participant_id", &participantID)
        coder.field("asset", &asset)
        coder.field("from", &from)
        coder.field("to", &to)
        coder.field("opening", &opening)
        coder.field("received", &received)
        coder.field("paid", &paid)
        coder.field("closing", &closing)
    }
}
