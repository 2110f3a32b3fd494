import Cryptography
import Exchange
import Foundation
import Ledger
import Postgres
import Quantities
import Sequencer

/// Proves the ledger of a database: the journal's chain, every row of `transfers` against it, the stored tiles, every
/// checkpoint and its signature. The replay is `ProjectionAudit`'s.
///
/// Runs beside a server: everything is read as it was at one moment, over connections that cannot write.
package enum DatabaseProofAudit {
    /// Audits; a fault is in the report.
    ///
    /// - Parameters:
    ///   - remembered: Checkpoints that somebody kept outside of this database.
    ///   - progress: Called after each frame with the sequence reached and the one to come to.
    /// - Throws: `PostgresError` where the database cannot be read.
    package static func run(
        _ target: ConnectionString, remembered: [SignedCheckpoint] = [],
        progress: (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) throws -> ProofReport {
        let clock = ContinuousClock()
        let began = clock.now
        let journal = try Connection(to: target, applicationName: "suanpan audit", access: .readOnly)
        let tables = try Connection(to: target, applicationName: "suanpan audit", access: .readOnly)
        let transfers = try Connection(to: target, applicationName: "suanpan audit", access: .readOnly)
        for connection in [tables, transfers] {
            try connection.begin()
            try connection.executeScript("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        }
        var report = ProofReport()
        do {
            try prove(journal, tables, transfers, remembered, progress, &report)
        } catch let fault as AuditFault {
            report.fault = fault.description
        } catch let fault as ProofFault {
            report.fault = fault.description
        } catch JournalError.damaged(let reason) {
            report.fault = reason
        }
        report.duration = clock.now - began
        return report
    }

    private static func prove(
        _ journal: Connection, _ tables: Connection, _ transfers: Connection, _ remembered: [SignedCheckpoint],
        _ progress: (Int64, Int64) -> Void, _ report: inout ProofReport
    ) throws {
        // The tables first: what they include is in the journal then.
        let keys = try LedgerKeyTable.rows(tables)
        let head = try JournalReading.head(tables)
        guard !keys.isEmpty else {
            guard remembered.isEmpty, try LedgerKeyTable.lastCheckpoint(tables) == 0 else {
                throw AuditFault("ledger_keys: there is no key, and checkpoints were signed")
            }
            return
        }
        var audit = try ProofAudit(keys: keys, remembered: remembered)
        report.keys = keys.count
        report.origin = audit.chain.origin
        let projected = try ProjectionPosition.stored(transfers).sequence
        let (position, storedTree) = try TreeStore.load(tables)
        var rows = try LeafCursor(transfers)
        var checkpoints = try CheckpointCursor(tables)
        let storedTile = try tables.prepare("SELECT hashes FROM ledger_tiles WHERE level = $1 AND tile = $2", [.int64, .int64])
        defer {
            report.sequence = audit.link.sequence
            report.transfers = audit.tree.size
            report.checkpoints = audit.checkpoints
            report.rememberedConfirmed = audit.rememberedConfirmed
            report.rootHash = Hexadecimal.text(audit.tree.root(audit.hasher))
        }
        var tileCount: Int64 = 0
        var rowCount: Int64 = 0
        try JournalReading.read(journal, after: .start) { stored in
            let hasher = audit.hasher
            let sequence = stored.frame.lastSequence
            try audit.take(stored) { number, events, payload in
                guard sequence <= projected else { return }
                guard try rows.advance() else { throw AuditFault("transfers: row \(number) is missing") }
                guard hasher.leafEquals(rows.leaf) else { throw try difference(number, rows, events, payload, tables) }
                rowCount += 1
            } tile: { tile in
                let end = (tile.index + 1) << Int64(8 * (tile.level + 1))
                guard end <= storedTree.size else { return }
                let found = try tables.query(storedTile, [.int64(Int64(tile.level)), .int64(tile.index)])
                guard let row = found.first else {
                    throw AuditFault("ledger_tiles: level \(tile.level), tile \(tile.index) is missing")
                }
                guard try row.bytes(0) == tile.hashes else {
                    throw AuditFault("ledger_tiles: level \(tile.level), tile \(tile.index) has not the hashes of its transfers")
                }
                tileCount += 1
            }
            if position.sequence == sequence {
                guard position.frameHash == stored.link.frameHash, storedTree.size == audit.tree.size,
                    storedTree.encodedEdges == audit.tree.encodedEdges
                else { throw AuditFault("ledger_tree: it is not the tree of the journal up to sequence \(sequence)") }
            }
            while let next = try checkpoints.peek(), next.checkpoint.journalSequence <= sequence {
                try audit.confirm(next)
                report.latestNote = next.note.note
                checkpoints.drop()
            }
            report.frames += 1
            report.rows = rowCount
            report.tiles = tileCount
            if report.frames % 64 == 0 { progress(sequence, head.sequence) }
        }
        progress(head.sequence, head.sequence)
        try audit.confirmEnd(unseen: try checkpoints.peek())
        if try rows.advance() { throw AuditFault("transfers: row \(rows.number) is in no event of the journal") }
        guard try tables.query("SELECT count(*) FROM ledger_tiles").onlyRow().int64(0) == tileCount else {
            throw AuditFault("ledger_tiles: more tiles than the tree has")
        }
        guard position.sequence <= audit.link.sequence else {
            throw AuditFault("ledger_tree: it followed the journal to sequence \(position.sequence), beyond its end")
        }
    }

    /// Says in which column a row differs.
    private static func difference(
        _ number: Int64, _ rows: LeafCursor, _ events: [UInt8], _ payload: Range<Int>, _ tables: Connection
    ) throws -> AuditFault {
        if rows.number < number { return AuditFault("transfers: row \(rows.number) is in no event of the journal") }
        if rows.number > number { return AuditFault("transfers: row \(number) is missing") }
        var decoder = BinaryDecoder(events, offset: payload.lowerBound)
        let expected = TransferRow(try decoder.read(Transfer.self), sequence: 0, time: Timestamp())
        let row = try tables.query(
            "SELECT \(TransferRow.selection()) FROM transfers WHERE id = $1", [.int64(number)]
        ).onlyRow()
        do throws(PostgresError) {
            let found = try TransferRow(row)
            let same = TransferRow(found.posted.transfer, sequence: 0, time: Timestamp())
            return AuditFault("transfers: row \(number): \(same.difference(from: expected) ?? "its leaf is another one")")
        } catch {
            return AuditFault("transfers: row \(number) cannot be read: \(error.message)")
        }
    }
}

/// The published checkpoints in order, one page at a time. What the row repeats of the note must be what the note says.
struct CheckpointCursor {
    private let connection: Connection
    private var page: ArraySlice<SignedCheckpoint> = []
    private var lastNumber: Int64 = 0

    init(_ connection: Connection) throws { self.connection = connection }

    /// The next one, which stays until `drop()`.
    mutating func peek() throws -> SignedCheckpoint? {
        if page.isEmpty {
            let rows = try connection.query(
                "SELECT number, tree_size, journal_sequence, note FROM ledger_checkpoints WHERE number > $1 "
                    + "ORDER BY number LIMIT 1000", [.int64(lastNumber)])
            page = try rows.map { row in
                let number = try row.int64(0)
                guard let signed = SignedCheckpoint(note: try row.text(3)), signed.checkpoint.number == number,
                    signed.checkpoint.treeSize == (try row.int64(1)),
                    signed.checkpoint.journalSequence == (try row.int64(2))
                else { throw AuditFault("ledger_checkpoints: row \(number): its columns are not what its note says") }
                return signed
            }[...]
            lastNumber = page.last?.checkpoint.number ?? lastNumber
        }
        return page.first
    }

    mutating func drop() { page.removeFirst() }
}
