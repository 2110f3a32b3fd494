import Postgres

/// Holds the table of closed orders against the journal. Orders close in any order of their keys, so rows are looked up, and
/// a bit for every key tells at the end which rows no event made.
struct OrderTableAudit {
    private let connection: Connection
    private var pending: [OrderRow] = []
    private var closed: [UInt64] = []
    private(set) var compared: Int64 = 0

    private static let pageSize = 1_000

    init(_ connection: Connection) { self.connection = connection }

    /// Takes a row that the journal makes; it is compared with others in one query.
    mutating func confirm(_ expected: OrderRow) throws {
        guard expected.id > 0, try mark(expected.id) else {
            throw AuditFault("the journal closes order \(expected.id) twice")
        }
        pending.append(expected)
        if pending.count == Self.pageSize { try compare() }
    }

    /// Compares what is left and makes sure that the table has no other rows.
    mutating func confirmEnd() throws {
        try compare()
        let count = try connection.query("SELECT count(*) FROM orders").onlyRow().int64(0)
        guard count != compared else { return }
        try connection.stream("SELECT id FROM orders ORDER BY id") { row in
            let id = try row.int64(0)
            if !isMarked(id) { throw AuditFault("orders: row \(id) is in no event of the journal") }
        }
        throw AuditFault("orders: \(count) rows, the journal makes \(compared)")
    }

    private mutating func compare() throws {
        guard !pending.isEmpty else { return }
        let keys = pending.map { String($0.id) }.joined(separator: ",")
        var found: [Int64: OrderRow] = [:]
        for row in try connection.query("SELECT \(OrderRow.selection()) FROM orders WHERE id IN (\(keys))") {
            do throws(PostgresError) {
                let order = try OrderRow(row)
                found[order.id] = order
            } catch {
                throw AuditFault("orders: row \(try row.int64(0)) cannot be read: \(error.message)")
            }
        }
        for expected in pending {
            guard let row = found[expected.id] else { throw AuditFault("orders: row \(expected.id) is missing") }
            if let difference = row.difference(from: expected) {
                throw AuditFault("orders: row \(row.id): \(difference)")
            }
            compared += 1
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// Sets the key's bit; false where it was set.
    private mutating func mark(_ id: Int64) throws -> Bool {
        let word = Int(id / 64)
        // Keys are a counter, so the journal's own size bounds the words.
        while closed.count <= word { closed.append(0) }
        let bit = UInt64(1) << UInt64(id % 64)
        if closed[word] & bit != 0 { return false }
        closed[word] |= bit
        return true
    }

    private func isMarked(_ id: Int64) -> Bool {
        guard id > 0, Int(id / 64) < closed.count else { return false }
        return closed[Int(id / 64)] & UInt64(1) << UInt64(id % 64) != 0
    }
}
