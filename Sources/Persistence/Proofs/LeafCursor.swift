import Ledger
import Postgres

/// The rows of `transfers` as leaves, in order, in memory that does not grow with them.
///
/// The server's binary form of a column is the leaf's form of a field, so a row becomes a leaf by copying bytes: no texts, no
/// values in between. The connection must be in a transaction.
struct LeafCursor {
    private let connection: Connection
    private var page: ResultSet?
    private var next = 0
    /// The present row's leaf.
    private(set) var leaf: [UInt8] = []
    /// The present row's number and the command that posted it.
    private(set) var number: Int64 = 0
    private(set) var sequence: Int64 = 0

    private static let pageSize = 5_000

    init(_ connection: Connection) throws {
        self.connection = connection
        leaf.reserveCapacity(128)
        try connection.executeScript(
            "DECLARE leaves NO SCROLL CURSOR FOR SELECT id, entry_set, debit, credit, asset, amount, kind, cause_kind, cause_id, "
                + "sequence FROM transfers ORDER BY id")
    }

    /// Goes to the next row; false after the last.
    mutating func advance() throws -> Bool {
        if page == nil || next == page?.count {
            page = try connection.query("FETCH \(Self.pageSize) FROM leaves")
            next = 0
        }
        guard let page, next < page.count else { return false }
        let row = page[next]
        next += 1
        number = try row.int64(0)
        sequence = try row.int64(9)
        leaf.removeAll(keepingCapacity: true)
        leaf.append(Transfer.leafVersion)
        for column in 0..<4 { _ = try row.appendRaw(column, to: &leaf) }
        try appendText(row, 4)
        _ = try row.appendRaw(5, to: &leaf)
        try appendText(row, 6)
        try appendText(row, 7)
        _ = try row.appendRaw(8, to: &leaf)
        return true
    }

    private mutating func appendText(_ row: Row, _ column: Int) throws {
        let place = leaf.count
        leaf.append(0)
        // A longer text is no name; its leaf differs in any case.
        leaf[place] = UInt8(truncatingIfNeeded: try row.appendRaw(column, to: &leaf))
    }
}
