import Exchange
import Postgres
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

    private func rows<R: ProjectionRow>(
        _ type: R.Type, including sequence: Int64, _ sql: String, _ parameters: [SQLValue]
    ) async throws(HistoryError) -> [R] {
        switch await projector.arrival(at: sequence, within: Self.patience) {
        case .reached: break
        case .behind: throw .behind
        case .stopped(let reason): throw .unavailable(reason)
        }
        let pool = pool
        do {
            return try await threads.run {
                try pool.withConnection { connection in
                    try connection.query(sql, parameters).map { row in try R(row) }
                }
            }
        } catch {
            throw .unavailable("\(error)")
        }
    }
}
