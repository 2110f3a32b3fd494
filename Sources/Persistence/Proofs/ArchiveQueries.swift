import Exchange
import Ledger
import Postgres
import Quantities
import Sequencer

/// The statements of the ledger's archive. Numbers of transfers ascend with commands and with time, so a moment becomes a
/// number by a search in the primary key, and every list reads an index in the order of its answer.
enum ArchiveQueries {
    typealias Query = (sql: String, parameters: [SQLValue])

    private struct Parameters {
        private(set) var values: [SQLValue] = []
        mutating func number(_ value: SQLValue) -> String {
            values.append(value)
            return "$\(values.count)"
        }
    }

    /// Of an account, or of a participant's accounts, the two directions are read apart, each from its index.
    static func transfers(
        _ filter: TransferFilter, after: TransferID, limit: Int, _ connection: Connection
    ) throws -> Query {
        var parameters = Parameters()
        var lower = after.rawValue
        if let from = filter.from { lower = max(lower, try lastTransfer("time_micros < $2", from.microseconds, connection)) }
        var conditions = ["id > \(parameters.number(.int64(lower)))"]
        if let to = filter.to {
            let last = try lastTransfer("time_micros < $2", to.microseconds, connection)
            conditions.append("id <= \(parameters.number(.int64(last)))")
        }
        if let kind = filter.kind { conditions.append("kind = \(parameters.number(.text(kind.rawValue)))") }
        if let kind = filter.causeKind { conditions.append("cause_kind = \(parameters.number(.text(kind.rawValue)))") }
        if let cause = filter.causeID { conditions.append("cause_id = \(parameters.number(.int64(cause)))") }
        if let set = filter.entrySet { conditions.append("entry_set = \(parameters.number(.int64(set.rawValue)))") }
        let wanted = conditions.joined(separator: " AND ")
        let count = parameters.number(.int64(Int64(max(0, limit))))
        let columns = TransferRow.selection()
        guard filter.account != nil || filter.participant != nil else {
            return ("SELECT \(columns) FROM transfers WHERE \(wanted) ORDER BY id LIMIT \(count)", parameters.values)
        }
        var owners: [String] = []
        if let account = filter.account { owners.append("a.id = \(parameters.number(.int64(account.rawValue)))") }
        if let participant = filter.participant {
            owners.append("a.kind = 'cash' AND a.participant = \(parameters.number(.int64(participant.rawValue)))")
        }
        func direction(_ column: String) -> String {
            "(SELECT \(columns) FROM transfers WHERE \(column) = a.id AND \(wanted) ORDER BY id LIMIT \(count))"
        }
        let sql = """
            SELECT DISTINCT \(TransferRow.selection(of: "t")) FROM accounts a
            CROSS JOIN LATERAL (\(direction("debit")) UNION ALL \(direction("credit"))) t
            WHERE \(owners.joined(separator: " AND ")) ORDER BY t.id LIMIT \(count)
            """
        return (sql, parameters.values)
    }

    /// Sums up to the moment's last transfer, over the accounts that had been opened by then.
    static func balances(
        at moment: LedgerMoment, account: AccountID?, participant: ParticipantID?, after: AccountID, limit: Int,
        _ connection: Connection
    ) throws -> Query {
        var parameters = Parameters()
        let (column, value) =
            switch moment {
            case .sequence(let sequence): ("sequence", sequence)
            case .time(let time): ("time_micros", time.microseconds)
            }
        let last = parameters.number(.int64(try lastTransfer("\(column) <= $2", value, connection)))
        var conditions = [
            "a.id > \(parameters.number(.int64(after.rawValue)))", "a.\(column) <= \(parameters.number(.int64(value)))",
        ]
        if let account { conditions.append("a.id = \(parameters.number(.int64(account.rawValue)))") }
        if let participant {
            conditions.append("a.kind = 'cash' AND a.participant = \(parameters.number(.int64(participant.rawValue)))")
        }
        func sum(_ side: String) -> String {
            "(SELECT coalesce(sum(amount), 0)::text FROM transfers WHERE \(side) = a.id AND id <= \(last))"
        }
        let sql = """
            SELECT \(AccountRow.selection(of: "a")), \(sum("debit")), \(sum("credit")) FROM accounts a
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY a.id
            LIMIT \(parameters.number(.int64(Int64(max(0, limit)))))
            """
        return (sql, parameters.values)
    }

    /// A row of `balances`.
    static func balance(_ row: Row) throws(PostgresError) -> PastBalance {
        var balance = PastBalance()
        balance.account = try AccountRow(row).account
        let first = AccountRow.columns.count
        guard let debits = Int128(try row.text(first)), let credits = Int128(try row.text(first + 1)) else {
            throw PostgresError(.unexpectedResult, "a sum of amounts is no whole number")
        }
        balance.debits = debits
        balance.credits = credits
        return balance
    }

    /// The number of the last transfer for which a condition holds that holds for a beginning of them; 0 for none. O(log² n).
    private static func lastTransfer(_ condition: String, _ value: Int64, _ connection: Connection) throws -> Int64 {
        var low: Int64 = 0
        var high = try connection.query("SELECT coalesce(max(id), 0) FROM transfers").onlyRow().int64(0)
        let statement = "SELECT \(condition) FROM transfers WHERE id = $1"
        while low < high {
            let middle = low + (high - low + 1) / 2
            let holds = try connection.query(statement, [.int64(middle), .int64(value)]).first?.bool(0) ?? true
            if holds { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
