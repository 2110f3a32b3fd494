import Postgres

/// Holds a table whose keys grow with the journal (accounts, transfers, trades) against the rows that the journal makes.
///
/// Reads by a cursor, so memory does not grow with the table. The connection must be in a transaction.
struct OrderedTableAudit<R: ProjectionRow> {
    private let connection: Connection
    private var page: ArraySlice<Row> = []
    private var lastKey: Int64 = 0
    private(set) var compared: Int64 = 0

    private static var cursor: String { "audit_of_\(R.table)" }
    private static var pageSize: Int { 2_000 }

    init(_ connection: Connection) throws {
        self.connection = connection
        try connection.executeScript(
            "DECLARE \(Self.cursor) NO SCROLL CURSOR FOR SELECT \(R.selection()) FROM \(R.table) ORDER BY id")
    }

    /// Compares the table's next row with the one that the journal makes, and answers it.
    ///
    /// - Throws: `AuditFault` when the row is missing, extra or different, or when the journal's keys have a gap.
    mutating func confirm(_ expected: R) throws -> R {
        guard expected.id == lastKey + 1 else {
            throw AuditFault("the journal goes from \(R.table) \(lastKey) to \(expected.id)")
        }
        lastKey = expected.id
        guard let row = try next() else { throw AuditFault("\(R.table): row \(expected.id) is missing") }
        if row.id < expected.id { throw AuditFault("\(R.table): row \(row.id) is in no event of the journal") }
        if row.id > expected.id { throw AuditFault("\(R.table): row \(expected.id) is missing") }
        if let difference = row.difference(from: expected) {
            throw AuditFault("\(R.table): row \(row.id): \(difference)")
        }
        compared += 1
        return row
    }

    /// Makes sure that the table has no more rows.
    mutating func confirmEnd() throws {
        if let row = try next() { throw AuditFault("\(R.table): row \(row.id) is in no event of the journal") }
    }

    private mutating func next() throws -> R? {
        if page.isEmpty { page = Array(try connection.query("FETCH \(Self.pageSize) FROM \(Self.cursor)"))[...] }
        guard let row = page.popFirst() else { return nil }
        do throws(PostgresError) {
            return try R(row)
        } catch {
            throw AuditFault("\(R.table): row \(try row.int64(0)) cannot be read: \(error.message)")
        }
    }
}
