import Cryptography
import Exchange
import Postgres
import Quantities
import Sequencer

/// Reads of snapshots. Nothing that is read is believed: each row by its hash, the whole by the hash of the state, and its
/// place by the journal's row.
package enum SnapshotReading {
    /// The exchange that a snapshot gave.
    package struct Restored {
        package let exchange: Exchange
        package let header: SnapshotHeader
    }

    /// What a search for the newest usable snapshot came to.
    package struct Search {
        /// Nil where the start is from the journal's beginning.
        package var restored: Restored?
        /// What was passed over, and why, naming the rows.
        package var warnings: [String] = []
        /// Snapshots that are not what was written.
        package var damaged: Set<Int64> = []
    }

    /// Restores the newest snapshot that is what was written, passing over those that are not.
    ///
    /// - Parameter last: Snapshots of later states are not looked at.
    /// - Throws: `JournalError.damaged` where a sound snapshot shows that the journal is not what it was; `PostgresError`.
    package static func newest(_ connection: Connection, through last: Int64 = .max) throws -> Search {
        let stored = try StoredSnapshot.all(connection)
        try StoredSnapshot.confirmEnd(stored, try JournalReading.head(connection).sequence)
        var search = Search()
        for snapshot in stored where snapshot.header.sequence <= last {
            do {
                if let fault = snapshot.fault { throw fault }
                if let foreignness = snapshot.foreignness {
                    search.warnings.append(SnapshotFault(snapshot.header.sequence, foreignness).description)
                    continue
                }
                try confirmPlace(of: snapshot.header, connection)
                search.restored = Restored(exchange: try restore(snapshot.header, connection), header: snapshot.header)
                return search
            } catch let fault as SnapshotFault {
                search.warnings.append(fault.description)
                search.damaged.insert(fault.sequence)
            }
        }
        return search
    }

    /// That the journal's row at the snapshot's sequence is the one that it was taken at.
    static func confirmPlace(of header: SnapshotHeader, _ connection: Connection) throws {
        let link = try JournalReading.link(endingAt: header.sequence, connection)
        guard link == header.link else {
            throw JournalError.damaged(
                "journal_frames, row with last_sequence \(header.sequence): its hashes are not the ones that the snapshot "
                    + "at it continues")
        }
        guard let noted = try NotedState.stored(at: header.sequence, connection), noted.stateForm == header.stateForm,
            noted.hash != header.stateHash
        else { return }
        throw JournalError.damaged(
            "state_hashes, row with sequence \(header.sequence): not the hash of the snapshot's state")
    }

    /// The exchange of a snapshot whose row is sound.
    ///
    /// - Throws: `SnapshotFault` naming the row, `PostgresError`.
    package static func restore(_ header: SnapshotHeader, _ connection: Connection) throws -> Exchange {
        try confirmCount(of: header, connection)
        let chunks = ChunkReader(header, connection)
        var decoder = BinaryDecoder(streaming: Int(clamping: header.byteCount)) { chunks.next() }
        let exchange: Exchange
        do throws(BinaryDecoder.Failure) {
            exchange = try Exchange(decoding: &decoder)
        } catch {
            // What is wrong with a row says more than that its state cannot be read.
            try chunks.confirmNoFailure()
            throw SnapshotFault(header.sequence, "its state cannot be read: \(error)")
        }
        try chunks.confirmEnd()
        guard exchange.sequence == header.sequence else {
            throw SnapshotFault(header.sequence, "its state is the one after sequence \(exchange.sequence)")
        }
        return exchange
    }

    /// Holds a snapshot's bytes against its hashes without making anything of them.
    ///
    /// - Throws: `SnapshotFault`, `PostgresError`.
    package static func confirm(_ snapshot: StoredSnapshot, _ connection: Connection) throws {
        if let fault = snapshot.fault { throw fault }
        try confirmCount(of: snapshot.header, connection)
        let chunks = ChunkReader(snapshot.header, connection)
        while chunks.next() != nil {}
        try chunks.confirmEnd()
    }

    private static func confirmCount(of header: SnapshotHeader, _ connection: Connection) throws {
        let rows = try connection.query(
            "SELECT number FROM snapshot_chunks WHERE sequence = $1 AND number >= $2 ORDER BY number LIMIT 1",
            [.int64(header.sequence), .int64(header.chunkCount)])
        guard let extra = rows.first else { return }
        throw SnapshotFault(header.sequence, chunk: try extra.int64(0), "the snapshot has only \(header.chunkCount) chunks")
    }
}

/// Fetches a snapshot's chunks in order, many at a time, and hashes them; what fails first is kept.
private final class ChunkReader {
    private let header: SnapshotHeader
    private let connection: Connection
    private var number: Int64 = 0
    private var bytes: Int64 = 0
    private var hash = SHA256Digest()
    private var failure: (any Error)?

    /// Rows of one query.
    private static let batch: Int64 = 256

    init(_ header: SnapshotHeader, _ connection: Connection) {
        self.header = header
        self.connection = connection
    }

    /// The next chunks' bytes; nil after the last, and where something is wrong.
    func next() -> [UInt8]? {
        guard failure == nil, number < header.chunkCount else { return nil }
        do {
            let chunks = try fetch()
            bytes += Int64(chunks.count)
            hash.update(chunks)
            return chunks
        } catch {
            failure = error
            return nil
        }
    }

    private func fetch() throws -> [UInt8] {
        let rows = try connection.query(
            "SELECT number, chunk_hash, bytes FROM snapshot_chunks WHERE sequence = $1 AND number >= $2 AND number < $3 "
                + "ORDER BY number LIMIT $4",
            [.int64(header.sequence), .int64(number), .int64(header.chunkCount), .int64(Self.batch)])
        let expected = min(Self.batch, header.chunkCount - number)
        let end = number + expected
        var chunks: [UInt8] = []
        chunks.reserveCapacity(Int(expected) * 8_000)
        for row in rows {
            guard try row.int64(0) == number else { break }
            let chunk = try row.bytes(2)
            guard try row.bytes(1) == SHA256Digest.of(chunk) else {
                throw SnapshotFault(header.sequence, chunk: number, "chunk_hash is not the hash of its bytes")
            }
            chunks += chunk
            number += 1
        }
        guard number == end else { throw SnapshotFault(header.sequence, chunk: number, "the row is missing") }
        return chunks
    }

    /// Throws what went wrong in `next`, if anything did.
    func confirmNoFailure() throws { if let failure { throw failure } }

    /// That all chunks were read and that together they are the state that the header says.
    func confirmEnd() throws {
        try confirmNoFailure()
        guard number == header.chunkCount, bytes == header.byteCount else {
            throw SnapshotFault(header.sequence, "\(bytes) bytes in \(number) chunks were read, the row says "
                + "\(header.byteCount) in \(header.chunkCount)")
        }
        guard hash.finalized() == header.stateHash else {
            throw SnapshotFault(header.sequence, "state_hash is not the hash of its chunks")
        }
    }
}
