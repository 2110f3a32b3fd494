import Exchange
import Ledger
import Quantities
import Sequencer

/// The ledger: overseers see all of it, participants their own accounts.
enum LedgerRoutes {
    /// What restricts a list of transfers.
    static let transferFilters = ["account", "participant_id", "kind", "cause_kind", "cause", "entry_set", "from", "to"]

    static let routes: [Route] = [
        Route(
            .get, "/v1/ledger/accounts", .participants, query: Page.parameters + ["participant_id", "kind", "asset"], accounts),
        Route(.get, "/v1/ledger/accounts/{id}", .participants, account),
        Route(
            .get, "/v1/ledger/transfers", .participants, query: Page.parameters + ["after"] + transferFilters, transfers
        ),
        Route(.get, "/v1/ledger/transfers.csv", .participants, query: ["after"] + transferFilters) { call async throws(Problem) in
            try await export(call, TransferText.csv)
        },
        Route(.get, "/v1/ledger/transfers.ndjson", .participants, query: ["after"] + transferFilters) {
            call async throws(Problem) in
            try await export(call, TransferText.ndjson)
        },
        Route(.get, "/v1/ledger/trial_balance", .roles(.overseers), query: Page.parameters, trialBalance),
    ]

    /// Open accounts in the order of their numbers. The exchange looks at a bounded number of them at a time.
    @Sendable static func accounts(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        var after = try page.after(AccountID.self)
        let owner = try call.listed()
        let kind = try call.query.choice("kind", AccountKind.self)
        let asset = call.query["asset"]
        var found: [LedgerAccountView] = []
        while found.count <= page.limit {
            let start = after
            let wanted = kind == nil && asset == nil ? page.limit + 1 : 1_000
            let seen = try await call.query { $0.ledgerAccounts(of: owner, after: start, limit: wanted) }
            found += seen.filter { (kind == nil || $0.kind == kind?.rawValue) && (asset == nil || $0.asset.code == asset) }
            guard let last = seen.last, seen.count == wanted else { break }
            after = last.id
        }
        return call.list(Array(found.prefix(page.limit + 1)), limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func account(_ call: Call) async throws(Problem) -> Answer {
        call.json(try await visible(call, call.id(AccountID.self)))
    }

    /// An account, if the caller may see it.
    private static func visible(_ call: Call, _ id: AccountID) async throws(Problem) -> LedgerAccountView {
        guard let account = try await call.query({ $0.ledgerAccount(id) }),
            call.caller.seesEverything || account.participantID == call.caller.participant
        else { throw .notFound("account") }
        return account
    }

    /// Which transfers a call wants, of those that it may see.
    static func filter(_ call: Call) async throws(Problem) -> TransferFilter {
        var filter = TransferFilter()
        filter.participant = try call.listed()
        filter.account = call.query.identifier("account", AccountID.self)
        // An overseer may ask for an account that was closed, of which the exchange knows nothing any more.
        if let account = filter.account, !call.caller.seesEverything { _ = try await visible(call, account) }
        filter.kind = try call.query.choice("kind", TransferKind.self)
        filter.causeKind = try call.query.choice("cause_kind", CauseKind.self)
        if let text = call.query["cause"] {
            guard let cause = CauseText.cause(text) else { throw .invalid("cause", "cause must be the identifier of a cause") }
            filter.causeID = cause.id
            guard filter.causeKind.map({ cause.kinds.contains($0) }) ?? true else {
                throw .invalid("cause", "cause is no identifier of its cause_kind")
            }
            if cause.kinds.count == 1 { filter.causeKind = cause.kinds[0] }
        }
        filter.entrySet = call.query.identifier("entry_set", EntrySetID.self)
        filter.from = try call.query.time("from")
        filter.to = try call.query.time("to")
        return filter
    }

    /// After which transfer a list goes on: `after` names the last one that is known.
    private static func start(_ call: Call, _ page: Page?) throws(Problem) -> TransferID {
        if let page, page.cursor != nil { return try page.after(TransferID.self) }
        guard let text = call.query["after"] else { return TransferID() }
        guard let id = TransferID(text: text) else { throw .invalid("after", "after must be a transfer's identifier") }
        return id
    }

    /// Transfers in the order of posting.
    @Sendable static func transfers(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let start = try start(call, page)
        let filter = try await filter(call)
        // Without the finer filters the history answers, which every server keeps.
        var plain = TransferFilter()
        (plain.account, plain.participant) = (filter.account, filter.participant)
        let found: [PostedTransfer]
        if filter == plain {
            found = try await call.past { (history, sequence) async throws(HistoryError) in
                try await history.transfers(
                    account: filter.account, participant: filter.participant, after: start, limit: page.limit + 1,
                    including: sequence)
            }
        } else {
            found = try await call.archive { (archive, sequence) async throws(HistoryError) in
                try await archive.transfers(filter, after: start, limit: page.limit + 1, including: sequence)
            }
        }
        return call.list(found.map(TransferView.init), limit: page.limit) { String($0.id.rawValue) }
    }

    /// All transfers that match, page by page, in memory that does not grow with them.
    private static func export(_ call: Call, _ form: TransferText) async throws(Problem) -> Answer {
        let filter = try await filter(call)
        let pages = TransferPages(call: call, filter: filter, form: form, after: try start(call, nil))
        // The first page is read before the head is sent: what is wrong then is answered as a problem.
        try await pages.prepare()
        var answer = Answer(body: [])
        answer.contentType = form.contentType
        answer.pieces = { try await pages.next() }
        return answer
    }

    @Sendable static func trialBalance(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let skipped = Int(clamping: try page.number())
        let found = try await call.query { Array($0.trialBalance().dropFirst(skipped).prefix(page.limit + 1)) }
        return call.list(found, limit: page.limit) { _ in String(skipped + page.limit) }
    }
}

/// A transfer with when and by which command it was posted, in one object.
struct TransferView: Record {
    var id = TransferID.none
    var entrySetID = EntrySetID.none
    var debitAccount = AccountID.none
    var creditAccount = AccountID.none
    var asset = Currency()
    var amount = Micros.zero
    var kind = TransferKind.deposit
    var cause = Cause()
    var sequence: Int64 = 0
    var time = Timestamp()

    init() {}
    init(_ posted: PostedTransfer) {
        id = posted.transfer.id
        entrySetID = posted.transfer.entrySet
        debitAccount = posted.transfer.debit
        creditAccount = posted.transfer.credit
        asset = posted.transfer.asset
        amount = posted.transfer.amount
        kind = posted.transfer.kind
        cause = posted.transfer.cause
        sequence = posted.sequence
        time = posted.time
    }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("entry_set_id", &entrySetID)
        coder.field("debit_account", &debitAccount)
        coder.field("credit_account", &creditAccount)
        coder.field("asset", &asset)
        coder.field("amount", &amount)
        coder.field("kind", &kind)
        coder.field("cause", &cause)
        coder.field("sequence", &sequence)
        coder.field("time", &time)
    }
}
