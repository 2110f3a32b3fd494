import Exchange
import Ledger
import Persistence
import Postgres
import Pricing
import Quantities
import Sequencer
import Testing

@Suite("PostgresHistory")
struct PostgresHistoryTests {
    private let last = SampleHistory.frames[SampleHistory.frames.count - 1].lastSequence

    /// Runs `body` with a history over the whole market, filled once for each test.
    private func withHistory(_ body: (PostgresHistory) async throws -> Void) async throws {
        let scene = try Scene()
        try scene.fill()
        let projector = Projector(scene.database, committed: last, logger: Scene.logger)
        projector.start()
        let history = PostgresHistory(scene.database, projector: projector, readers: 2)
        try await body(history)
        history.close()
        projector.stop(catchingUpFor: .seconds(1))
    }

    /// All pages of a list, of `size` each.
    private func pages<Value, Cursor>(
        _ size: Int, _ cursor: (Value) -> Cursor, _ page: (Cursor?) async throws -> [Value]
    ) async throws -> [Value] {
        var all: [Value] = []
        while true {
            let next = try await page(all.last.map(cursor))
            #expect(next.count <= size)
            all += next
            if next.count < size { return all }
        }
    }

    private func same(_ left: [some FieldValue], _ right: [some FieldValue]) -> Bool {
        left.map { BinaryEncoder.encode($0) } == right.map { BinaryEncoder.encode($0) }
    }

    @Test("pages of transfers are what the events say: all, of an account, of a participant's cash")
    func transfers() async throws {
        let posted = SampleHistory.events.compactMap { recorded -> PostedTransfer? in
            guard case .transfer(let transfer) = recorded.event else { return nil }
            return PostedTransfer(transfer: transfer, sequence: recorded.sequence, time: recorded.time)
        }
        let accounts = SampleHistory.events.compactMap { recorded -> AccountOpened? in
            if case .account(let account) = recorded.event { account } else { nil }
        }
        try await withHistory { history in
            let all = try await pages(700, \.transfer.id) { cursor in
                try await history.transfers(
                    account: nil, participant: nil, after: cursor ?? .none, limit: 700, including: last)
            }
            #expect(same(all, posted))
            for account in accounts.prefix(20) {
                let expected = posted.filter { $0.transfer.debit == account.id || $0.transfer.credit == account.id }
                let found = try await pages(50, \.transfer.id) { cursor in
                    try await history.transfers(
                        account: account.id, participant: nil, after: cursor ?? .none, limit: 50, including: last)
                }
                #expect(same(found, expected), "account \(account.id)")
            }
            for number in 2...10 {
                let participant = ParticipantID(Int64(number))
                let own = Set(accounts.filter { $0.participantID == participant }.map(\.id))
                let expected = posted.filter { own.contains($0.transfer.debit) || own.contains($0.transfer.credit) }
                let found = try await pages(50, \.transfer.id) { cursor in
                    try await history.transfers(
                        account: nil, participant: participant, after: cursor ?? .none, limit: 50, including: last)
                }
                #expect(same(found, expected), "participant \(participant)")
            }
            let foreign = try await history.transfers(
                account: accounts[0].id, participant: ParticipantID(2), after: .none, limit: 10, including: last)
            #expect(foreign.isEmpty)
        }
    }

    @Test("pages of trades are what the events say, the newest first: all, of a participant, of a contract, of both")
    func trades() async throws {
        let trades = SampleHistory.events.compactMap { recorded -> TradeView? in
            if case .trade(let trade) = recorded.event { trade } else { nil }
        }.reversed()
        let sample = try #require(trades.first)
        try await withHistory { history in
            for participant in [nil, sample.buyerID, sample.sellerID] {
                for contract in [nil, sample.contract] {
                    let expected = trades.filter {
                        (participant == nil || $0.buyerID == participant || $0.sellerID == participant)
                            && (contract == nil || $0.contract == contract)
                    }
                    let found = try await pages(20, \.id) { cursor in
                        try await history.trades(
                            participant: participant, contract: contract, before: cursor, limit: 20, including: last)
                    }
                    #expect(same(found, expected))
                    #expect(!found.isEmpty)
                }
            }
        }
    }

    @Test("candles and hours traded are what the trades add up to, of a product and of a contract")
    func candles() async throws {
        let trades = SampleHistory.events.compactMap { recorded -> TradeView? in
            if case .trade(let trade) = recorded.event { trade } else { nil }
        }
        let (first, sample) = (try #require(trades.first), try #require(trades.last))
        let product = sample.contract.product
        try await withHistory { history in
            for hour in [nil, sample.contract.hour] {
                for width in [Timestamp.microsecondsPerMinute, Timestamp.microsecondsPerHour, Timestamp.microsecondsPerDay] {
                    let start = Timestamp(first.time.microseconds / width * width)
                    let count = min(Int((sample.time.microseconds - start.microseconds) / width) + 1, 10_000)
                    let spans = CandleSpans(product: product, hour: hour, start: start, width: width, count: count)
                    var builder = CandleBuilder(spans)
                    for trade in trades { builder.add(trade.contract, trade.price, trade.quantity, at: trade.time) }
                    let found = try await history.candles(spans, including: last)
                    #expect(found == builder.candles)
                }
            }
            let middle = trades[trades.count / 2].time
            let hours = Hour(0)..<sample.contract.hour + 10_000
            let found = try await history.tradedHours(product: product, hours: hours, until: middle, including: last)
            #expect(!found.isEmpty && zip(found, found.dropFirst()).allSatisfy { $0.hour < $1.hour })
            for hour in found {
                let own = trades.filter { $0.contract == ContractKey(product: product, hour: hour.hour) && $0.time <= middle }
                #expect(hour.last == own.last?.price && hour.volume == own.reduce(0) { $0 + Int64($1.quantity) })
                #expect(hour.turnover == own.reduce(0) { $0 + Int128($1.price.notional($1.quantity).rawValue) })
            }
            let newest = try await history.trades(product: product, since: middle, before: nil, limit: 50, including: last)
            let expected = trades.filter { $0.contract.product == product && $0.time >= middle }.reversed().prefix(50)
            #expect(same(newest, Array(expected)))
        }
    }

    @Test("closed orders are what the events say: one, and pages by status and contract")
    func orders() async throws {
        let orders = SampleHistory.events.compactMap { recorded -> OrderView? in
            if case .orderClosed(let order) = recorded.event { order } else { nil }
        }.sorted { $0.id > $1.id }
        let sample = try #require(orders.first)
        try await withHistory { history in
            for order in orders.prefix(30) {
                let found = try await history.order(order.id, including: last)
                #expect(found.map { BinaryEncoder.encode($0) } == BinaryEncoder.encode(order))
            }
            let none = try await history.order(OrderID(1 << 40), including: last)
            #expect(none == nil)
            for status in [nil, OrderStatus.filled, .cancelled] {
                for contract in [nil, sample.contract] {
                    let expected = orders.filter {
                        $0.participantID == sample.participantID && (status == nil || $0.status == status)
                            && (contract == nil || $0.contract == contract)
                    }
                    let found = try await pages(15, \.id) { cursor in
                        try await history.closedOrders(
                            participant: sample.participantID, contract: contract, status: status, before: cursor, limit: 15,
                            including: last)
                    }
                    #expect(same(found, expected))
                }
            }
        }
    }

    @Test("what the projections do not include yet is behind, not missing")
    func behind() async throws {
        try await withHistory { history in
            await #expect(throws: HistoryError.behind) { try await history.order(OrderID(1), including: last + 1) }
        }
    }
}

extension PostgresHistoryTests {
    @Test("more readers than connections wait for their turn")
    func manyReaders() async throws {
        try await withHistory { history in
            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        try await history.transfers(
                            account: nil, participant: nil, after: .none, limit: 5, including: 1
                        ).count
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(counts == [Int](repeating: 5, count: 40))
        }
    }
}
