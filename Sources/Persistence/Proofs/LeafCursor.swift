import Ledger
import Postgres

/// The rows of `transfers` as leaves, in order, in memory that does not grow with them.
///
/// The server's binary form of a column is the leaf's form of a field, so a row becomes a leaf by copying bytes: no texts, no
/// values in between. On a connection of its own, which serves nothing else.
struct LeafCursor {
    private let rows: CopyReader
    /// The present row's leaf.
    private(set) var leaf: [UInt8] = []
    /// The present row's number and the command that posted it.
    private(set) var number: Int64 = 0
    private(set) var sequence: Int64 = 0

    init(_ connection: Connection) throws {
        leaf.reserveCapacity(128)
        rows = try connection.copyOut(
            "SELECT sequence, id, entry_set, debit, credit, asset, amount, kind, cause_kind, cause_id FROM transfers ORDER BY id")
    }

    /// Goes to the next row; false after the last.
    mutating func advance() throws -> Bool {
        guard try rows.next() else { return false }
        sequence = try rows.int64()
        leaf.removeAll(keepingCapacity: true)
        leaf.append(Transfer.leafVersion)
        for _ in 0..<4 { _ = try rows.append(to: &leaf) }
        try appendText()
        _ = try rows.append(to: &leaf)
        try appendText()
        try appendText()
        _ = try rows.append(to: &leaf)
        number = leaf[1..<9].reduce(Int64(0)) { $0 &<< 8 | Int64($1) }
        return true
    }

    private mutating func appendText() throws {
        let place = leaf.count
        leaf.append(0)
        // A longer text is no name; its leaf differs in any case.
        leaf[place] = UInt8(truncatingIfNeeded: try rows.append(to: &leaf))
    }
}
