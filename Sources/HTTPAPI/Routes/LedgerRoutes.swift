import Exchange
import Ledger
import Quantities
import Sequencer

/// The ledger: overseers see all of it, participants their own accounts.
enum LedgerRoutes {
    static let routes: [Route] = [
        Route(.get, "/v1/ledger/accounts", .participants, query: Page.parameters + ["participant_id"], accounts),
        Route(.get, "/v1/ledger/accounts/{id}", .participants, account),
        Route(
            .get, "/v1/ledger/transfers", .participants, query: Page.parameters + ["account", "after", "participant_id"],
            transfers
        ),
        Route(.get, "/v1/ledger/trial_balance", .roles(.overseers), query: Page.parameters, trialBalance),
    ]

    @Sendable static func accounts(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(AccountID.self)
        let owner = try call.listed()
        let found = try await call.query { $0.ledgerAccounts(of: owner, after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
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

    /// Transfers in the order of posting; `after` is the identifier of the last one that is known.
    @Sendable static func transfers(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        var after = try page.after(TransferID.self)
        if after.isNone, let text = call.query["after"] {
            guard let id = TransferID(text: text) else { throw .invalid("after", "after must be a transfer's identifier") }
            after = id
        }
        let participant = try call.listed()
        let account = call.query.identifier("account", AccountID.self)
        if let account { _ = try await visible(call, account) }
        let start = after
        let found = try await call.past { (history, sequence) async throws(HistoryError) in
            try await history.transfers(
                account: account, participant: participant, after: start, limit: page.limit + 1, including: sequence
            )
        }
        return call.list(found.map(TransferView.init), limit: page.limit) { String($0.id.rawValue) }
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
