import Postgres

/// A row that is found by several columns, all whole numbers.
protocol KeyedRow: ProjectionRow {
    static var keyColumns: [String] { get }
    var key: [Int64] { get }
}

/// Holds a table whose rows the journal makes in any order of their keys against it: rows are looked up, and counted at the end.
struct KeyedTableAudit<R: KeyedRow> {
    private let connection: Connection
    private var pending: [R] = []
    private(set) var compared: Int64 = 0

    private static var pageSize: Int { 500 }

    init(_ connection: Connection) { self.connection = connection }

    /// Takes a row that the journal makes; it is compared with others in one query.
    mutating func confirm(_ expected: R) throws {
        pending.append(expected)
        if pending.count == Self.pageSize { try compare() }
    }

    /// Compares what is left and makes sure that the table has no other rows.
    mutating func confirmEnd() throws {
        try compare()
        let count = try connection.query("SELECT count(*) FROM \(R.table)").onlyRow().int64(0)
        guard count == compared else { throw AuditFault("\(R.table): \(count) rows, the journal makes \(compared)") }
    }

    private mutating func compare() throws {
        guard !pending.isEmpty else { return }
        let keys = pending.map { "(\(Self.text($0.key)))" }.joined(separator: ",")
        let condition = "(\(R.keyColumns.joined(separator: ", "))) IN (\(keys))"
        var found: [[Int64]: R] = [:]
        for row in try connection.query("SELECT \(R.selection()) FROM \(R.table) WHERE \(condition)") {
            do throws(PostgresError) {
                let read = try R(row)
                found[read.key] = read
            } catch {
                throw AuditFault("\(R.table): a row cannot be read: \(error.message)")
            }
        }
        for expected in pending {
            let name = Self.text(expected.key)
            guard let row = found[expected.key] else { throw AuditFault("\(R.table): row \(name) is missing") }
            if let difference = row.difference(from: expected) { throw AuditFault("\(R.table): row \(name): \(difference)") }
            compared += 1
        }
        pending.removeAll(keepingCapacity: true)
    }

    private static func text(_ key: [Int64]) -> String { key.map(String.init).joined(separator: ", ") }
}
