import Exchange
import Ledger
import Quantities
import Registry
import Sequencer

/// Balances of any moment of the past, and statements between two.
enum StatementRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/v1/ledger/balances", .participants,
            query: Page.parameters + ["account", "participant_id", "sequence", "time"], balances),
        Route(
            .get, "/v1/statements", .participants,
            query: Page.parameters + ["participant_id", "hour", "day", "month", "from", "to", "by", "format"], statements),
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

    /// Of one participant: what it had, what came and went, and for what, between `from` and `to`, in an hour, a day or a month,
    /// divided `by` hours, days or months. The movements are `GET /v1/ledger/transfers` with the same bounds.
    @Sendable static func statements(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let participant = try call.subject()
        let form = try ReportForm.of(call)
        let periods = try StatementPeriods(call.query)
        let skipped = Int(clamping: try page.number())
        let lines = try await StatementReader(call: call, participant: participant, periods: periods).read()
        switch form {
        case .json:
            let shown = Array(lines.dropFirst(skipped).prefix(page.limit + 1))
            return call.list(shown, limit: page.limit) { _ in String(skipped + page.limit) }
        case .csv:
            var answer = Answer(body: CommaSeparated.text(lines, products: call.products))
            answer.contentType = CommaSeparated.contentType
            return answer
        case .html:
            guard let (owner, now) = try await call.query({ exchange in
                exchange.participant(participant).map { ($0, exchange.time) }
            }) else { throw .notFound("participant") }
            var answer = Answer(body: StatementPage(participant: owner, periods: periods, lines: lines, made: now).html)
            answer.contentType = "text/html; charset=utf-8"
            return answer
        }
    }
}

/// Reads what a statement is made of, page by page.
struct StatementReader {
    var call: Call
    var participant: ParticipantID
    var periods: StatementPeriods

    private static let pageSize = 1_000
    /// How many deliveries one read of the exchange looks at: well below a millisecond.
    private static let deliveriesAtOnce = 10_000

    func read() async throws(Problem) -> [StatementView] {
        let closing = try await balances(before: periods.to)
        var builder = StatementBuilder(
            participant: participant, periods: periods, opening: try await balances(before: periods.from), closing: closing)
        guard !closing.isEmpty else { return [] }
        try await addTransfers(to: &builder)
        try await addTrades(to: &builder)
        try await addDeliveries(to: &builder)
        return builder.statement()
    }

    private func balances(before moment: Timestamp) async throws(Problem) -> [PastBalance] {
        try await call.archive { (archive, known) async throws(HistoryError) in
            try await archive.balances(
                at: .time(moment.advanced(microseconds: -1)), account: nil, participant: participant, after: AccountID(),
                limit: Self.pageSize, including: known)
        }
    }

    private func addTransfers(to builder: inout StatementBuilder) async throws(Problem) {
        var filter = TransferFilter()
        filter.participant = participant
        filter.from = periods.from
        filter.to = periods.to
        var after = TransferID()
        while true {
            let (wanted, start) = (filter, after)
            let found = try await call.archive { (archive, known) async throws(HistoryError) in
                try await archive.transfers(wanted, after: start, limit: Self.pageSize, including: known)
            }
            for posted in found { builder.add(posted) }
            guard found.count == Self.pageSize, let last = found.last else { return }
            after = last.transfer.id
        }
    }

    private func addTrades(to builder: inout StatementBuilder) async throws(Problem) {
        let currencies = try await call.query { $0.catalogue.products.map(\.currency) }
        var before: TradeID?
        while true {
            let start = before
            let found = try await call.past { (history, known) async throws(HistoryError) in
                try await history.trades(
                    participant: participant, contract: nil, before: start, limit: Self.pageSize, including: known)
            }
            for trade in found { builder.add(trade, in: currencies[Int(trade.contract.product.index)]) }
            guard found.count == Self.pageSize, let last = found.last, last.time >= periods.from else { return }
            before = last.id
        }
    }

    private func addDeliveries(to builder: inout StatementBuilder) async throws(Problem) {
        var next: Int? = 0
        var known: Set<DeliveryID> = []
        var isPartInRecord = false
        let (participant, from, to) = (participant, periods.from, periods.to)
        while let start = next {
            let (found, rest, archived) = try await call.query { exchange in
                let (found, rest) = exchange.settledDeliveries(
                    of: participant, from: from, to: to, after: start, looking: Self.deliveriesAtOnce)
                return (found, rest, exchange.archivedDeliveries)
            }
            for settled in found {
                builder.add(settled)
                known.insert(settled.id)
            }
            next = rest
            isPartInRecord = archived > 0
        }
        guard isPartInRecord else { return }
        var last: SettledPlace?
        while true {
            let after = last
            let found = try await call.archived(.settled(participant, from: from, to: to, after: after, limit: Self.pageSize))
            // A row of the parties that says another time than the delivery itself would lead back to where the page began.
            for delivery in found {
                let place = SettledPlace(time: delivery.settledAt, delivery: delivery.id)
                guard place.time >= from, place.time < to, last.map({ $0.isBefore(place) }) ?? true else { throw Call.unsound }
                last = place
            }
            let new = found.filter { !known.contains($0.id) }
            let settled = try await call.query { exchange in new.map { exchange.settled($0, for: participant) } }
            for settled in settled {
                guard let settled else { throw Call.unsound }
                builder.add(settled)
            }
            guard found.count == Self.pageSize else { return }
        }
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
