import Exchange
import Postgres
import Pricing
import Quantities
import Sequencer

/// Reads of the past from the projections.
///
/// A read first waits until the projector has come to what the caller was told, at most 2 s, in the process and without
/// asking the database; then it runs on one of a few threads of its own.
package final class PostgresHistory: History {
    private let pool: ConnectionPool
    private let projector: Projector
    private let threads: ReaderThreads

    /// How long a read waits for the projections.
    private static let patience: Duration = .seconds(2)

    /// - Parameter readers: Queries at a time, each on a connection of its own that cannot write.
    package init(_ target: ConnectionString, projector: Projector, readers: Int) {
        pool = ConnectionPool(to: target, limit: readers)
        self.projector = projector
        threads = ReaderThreads(name: "suanpan.history", count: readers)
    }

    /// Closes the connections.
    package func close() { pool.close() }

    package func transfers(
        account: AccountID?, participant: ParticipantID?, after: TransferID, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [PostedTransfer] {
        let (sql, parameters) = HistoryQueries.transfers(
            account: account, participant: participant, after: after, limit: limit)
        return try await rows(TransferRow.self, including: sequence, sql, parameters).map(\.posted)
    }

    package func trades(
        participant: ParticipantID?, contract: ContractKey?, before: TradeID?, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [TradeView] {
        let (sql, parameters) = HistoryQueries.trades(
            participant: participant, contract: contract, before: before, limit: limit)
        return try await rows(TradeRow.self, including: sequence, sql, parameters).map(\.trade)
    }

    package func trades(
        product: ProductID, since: Timestamp, before: TradeID?, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [TradeView] {
        let (sql, parameters) = HistoryQueries.trades(product: product, since: since, before: before, limit: limit)
        return try await rows(TradeRow.self, including: sequence, sql, parameters).map(\.trade)
    }

    package func candles(_ spans: CandleSpans, including sequence: Int64) async throws(HistoryError) -> [Candle] {
        let (sql, parameters) = HistoryQueries.candles(spans)
        return try await read(including: sequence, sql, parameters) { row in
            var candle = Candle()
            candle.start = Timestamp(spans.start.microseconds + spans.width * (try row.int64(0)))
            candle.open = Price(try row.int64(1))
            candle.high = Price(try row.int64(2))
            candle.low = Price(try row.int64(3))
            candle.close = Price(try row.int64(4))
            candle.averagePrice = Price(try row.int64(5))
            candle.volume = try row.int64(6)
            candle.trades = try row.int64(7)
            return candle
        }
    }

    package func tradedHours(
        product: ProductID, hours: Range<Hour>, until: Timestamp, including sequence: Int64
    ) async throws(HistoryError) -> [TradedHour] {
        let (sql, parameters) = HistoryQueries.tradedHours(product: product, hours: hours, until: until)
        return try await read(including: sequence, sql, parameters) { row in
            var traded = TradedHour()
            traded.hour = Hour(Int32(clamping: try row.int64(0)))
            traded.last = Price(try row.int64(1))
            traded.volume = try row.int64(2)
            guard let turnover = Int128(try row.text(3)) else { throw HistoryError.unavailable("a turnover that is no number") }
            traded.turnover = turnover
            return traded
        }
    }

    package func order(_ id: OrderID, including sequence: Int64) async throws(HistoryError) -> OrderView? {
        try await rows(
            OrderRow.self, including: sequence, "SELECT \(OrderRow.selection()) FROM orders WHERE id = $1",
            [.int64(id.rawValue)]
        ).first?.order
    }

    package func closedOrders(
        participant: ParticipantID, contract: ContractKey?, status: OrderStatus?, before: OrderID?, limit: Int,
        including sequence: Int64
    ) async throws(HistoryError) -> [OrderView] {
        let (sql, parameters) = HistoryQueries.closedOrders(
            participant: participant, contract: contract, status: status, before: before, limit: limit)
        return try await rows(OrderRow.self, including: sequence, sql, parameters).map(\.order)
    }

    package func actions(
        _ filter: ActionFilter, before: Int64?, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [AdministrativeAction] {
        let (sql, parameters) = HistoryQueries.actions(filter, before: before, limit: limit)
        return try await rows(AuditLogRow.self, including: sequence, sql, parameters).map(\.action)
    }

    package func deliveries(
        _ wanted: ArchivedDeliveryQuery, including sequence: Int64
    ) async throws(HistoryError) -> [ArchivedDelivery] {
        let (sql, parameters) = HistoryQueries.deliveries(wanted)
        return try await read(including: sequence, sql, parameters) { row in try ArchivedDeliveryRow(row).archived() }
    }

    package func allocations(
        _ ids: [AllocationID], including sequence: Int64
    ) async throws(HistoryError) -> [ArchivedAllocation] {
        let (sql, parameters) = HistoryQueries.allocations(ids)
        return try await read(including: sequence, sql, parameters) { row in try ArchivedAllocationRow(row).archived() }
    }

    package func allocationNumbers(
        of participant: ParticipantID, after: AllocationID, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [AllocationID] {
        let (sql, parameters) = HistoryQueries.allocationNumbers(of: participant, after: after, limit: limit)
        return try await read(including: sequence, sql, parameters) { row in AllocationID(try row.int64(0)) }
    }

    package func inputs(
        products: [ProductID], hours: Range<Hour>, including sequence: Int64
    ) async throws(HistoryError) -> [ArchivedInputs] {
        let (sql, parameters) = HistoryQueries.inputs(products: products, hours: hours)
        return try await read(including: sequence, sql, parameters) { row in try ArchivedInputsRow(row).archived() }
    }

    private func rows<R: ProjectionRow>(
        _ type: R.Type, including sequence: Int64, _ sql: String, _ parameters: [SQLValue]
    ) async throws(HistoryError) -> [R] {
        try await read(including: sequence, sql, parameters) { row in try R(row) }
    }

    private func read<Value: Sendable>(
        including sequence: Int64, _ sql: String, _ parameters: [SQLValue], _ value: @escaping @Sendable (Row) throws -> Value
    ) async throws(HistoryError) -> [Value] {
        switch await projector.arrival(at: sequence, within: Self.patience) {
        case .reached: break
        case .behind: throw .behind
        case .stopped(let reason): throw .unavailable(reason)
        }
        let pool = pool
        do {
            return try await threads.run {
                try pool.withConnection { connection in
                    try connection.query(sql, parameters).map { row in try value(row) }
                }
            }
        } catch {
            throw .unavailable("\(error)")
        }
    }
}
