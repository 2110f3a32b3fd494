import Cryptography
import Exchange
import Glibc
import Postgres
import Quantities

/// How snapshots are made.
package struct SnapshotSettings: Sendable {
    /// One is made when the journal has grown by so many commands since the newest; 0 is never.
    package var every: Int64 = 1_000_000
    /// One is made at a server's end when so many commands came after the newest.
    package var atEndAfter: Int64 = 10_000
    /// How many are kept.
    package var kept = 2
    /// Bytes of a row of `snapshot_chunks`, at most 8,000: a row is a page.
    package var chunkBytes = 8_000
    /// What a snapshot beside trading writes at most: a commit waits for what stands before it in PostgreSQL's log.
    package var bytesPerSecond = 16 << 20

    package init() {}
}

/// Writes of snapshots, each in one transaction: a crash leaves all of it or nothing.
package enum SnapshotWriting {
    /// Only one program writes or prunes snapshots at a time: the number of the advisory lock, "SNAPSHOT" in ASCII.
    private static let lock: Int64 = 0x53_4E_41_50_53_48_4F_54

    /// Why a snapshot was not finished: it was no longer wanted.
    package struct Cancelled: Error {}

    /// Writes the state of an exchange and prunes: of the sound ones the newest `settings.kept` stay.
    ///
    /// - Parameters:
    ///   - link: Where the journal stands at the exchange's last command.
    ///   - damaged: Snapshots that were found not to be what was written; they go.
    ///   - bytesPerSecond: The most that is written in a second; nil is without bounds.
    /// - Returns: The row, or nil where there is one of this state already.
    /// - Throws: `PostgresError`, `Cancelled`.
    package static func write(
        _ exchange: Exchange, at link: ChainLink, replacing damaged: Set<Int64> = [], _ connection: Connection,
        _ settings: SnapshotSettings, bytesPerSecond: Int? = nil, isCancelled: () -> Bool = { false }
    ) throws -> SnapshotHeader? {
        precondition(exchange.sequence > 0 && exchange.sequence == link.sequence, "a snapshot of another state than the journal's")
        return try connection.transaction {
            try connection.query("SELECT pg_advisory_xact_lock($1)", [.int64(lock)])
            let known = try connection.query("SELECT 1 FROM snapshots WHERE sequence = $1", [.int64(link.sequence)])
            if known.first != nil {
                guard damaged.contains(link.sequence) else { return nil }
                try delete(link.sequence, connection)
            }
            var chunks = ChunkWriter(link.sequence, settings.chunkBytes, bytesPerSecond)
            try connection.copy(
                into: "snapshot_chunks", columns: ["sequence", "number", "chunk_hash", "bytes"]
            ) { copy in
                var encoder = BinaryEncoder()
                exchange.encodeState(into: &encoder) { chunks.take(&$0, into: &copy, isCancelled) }
                try chunks.finish(&encoder, into: &copy, isCancelled)
            }
            let header = SnapshotHeader(
                link: link, stateHash: chunks.stateHash, byteCount: chunks.byteCount, chunkCount: chunks.count,
                takenAtMicros: PostgresJournal.wallMicroseconds())
            try insert(header, connection)
            try prune(keeping: settings.kept, damaged.subtracting([link.sequence]), connection)
            return header
        }
    }

    private static func insert(_ header: SnapshotHeader, _ connection: Connection) throws(PostgresError) {
        try connection.query(
            """
            INSERT INTO snapshots (sequence, frame_hash, event_hash, rules_version, state_form, state_hash, byte_count,
                chunk_count, taken_at_micros, header_hash)
            VALUES ($1, $2, $3, $4::bigint::integer, $5::bigint::integer, $6, $7, $8, $9, $10)
            """,
            [
                .int64(header.sequence), .bytes(header.link.frameHash), .bytes(header.link.eventHash),
                .int64(Int64(header.rulesVersion)), .int64(Int64(header.stateForm)), .bytes(header.stateHash),
                .int64(header.byteCount), .int64(header.chunkCount), .int64(header.takenAtMicros), .bytes(header.hash),
            ])
    }

    private static func prune(keeping kept: Int, _ damaged: Set<Int64>, _ connection: Connection) throws {
        let rows = try connection.query("SELECT sequence FROM snapshots ORDER BY sequence DESC")
        let staying = try rows.map { try $0.int64(0) }.filter { !damaged.contains($0) }.prefix(kept)
        // Chunks without a row are left where a row was damaged in its number.
        let all = try connection.query("SELECT sequence FROM snapshots UNION SELECT sequence FROM snapshot_chunks")
        for sequence in try all.map({ try $0.int64(0) }) where !staying.contains(sequence) {
            try delete(sequence, connection)
        }
    }

    private static func delete(_ sequence: Int64, _ connection: Connection) throws(PostgresError) {
        try connection.query("DELETE FROM snapshot_chunks WHERE sequence = $1", [.int64(sequence)])
        try connection.query("DELETE FROM snapshots WHERE sequence = $1", [.int64(sequence)])
    }
}

/// Cuts a state's bytes into rows while they are being written. The first failure is kept, and what comes after it thrown away.
private struct ChunkWriter {
    private let sequence: Int64
    private let chunkBytes: Int
    private let bytesPerSecond: Int?
    private let began = ContinuousClock.now
    private var gathered: [UInt8] = []
    private var hash = SHA256Digest()
    private var failure: (any Error)?
    private(set) var count: Int64 = 0
    private(set) var byteCount: Int64 = 0

    /// How many chunks are written between two looks at the clock.
    private static let burst: Int64 = 32

    /// SHA-256 of all bytes so far.
    var stateHash: [UInt8] { hash.finalized() }

    init(_ sequence: Int64, _ chunkBytes: Int, _ bytesPerSecond: Int?) {
        self.sequence = sequence
        self.chunkBytes = min(max(chunkBytes, 1), 8_000)
        self.bytesPerSecond = bytesPerSecond
    }

    /// Takes what an encoder holds and empties it.
    mutating func take(_ encoder: inout BinaryEncoder, into copy: inout BinaryCopy, _ isCancelled: () -> Bool) {
        defer { encoder.removeAll() }
        guard failure == nil else { return }
        hash.update(encoder.bytes)
        gathered += encoder.bytes
        var start = 0
        do {
            while gathered.count - start >= chunkBytes {
                if isCancelled() { throw SnapshotWriting.Cancelled() }
                try write(Array(gathered[start..<start + chunkBytes]), into: &copy)
                start += chunkBytes
            }
            gathered.removeFirst(start)
        } catch {
            failure = error
        }
    }

    /// Takes the rest, and throws what failed on the way.
    mutating func finish(_ encoder: inout BinaryEncoder, into copy: inout BinaryCopy, _ isCancelled: () -> Bool) throws {
        take(&encoder, into: &copy, isCancelled)
        if let failure { throw failure }
        if !gathered.isEmpty { try write(gathered, into: &copy) }
        gathered = []
    }

    private mutating func write(_ chunk: [UInt8], into copy: inout BinaryCopy) throws(PostgresError) {
        try copy.beginRow()
        try copy.append(sequence)
        try copy.append(count)
        try copy.append(bytes: SHA256Digest.of(chunk))
        try copy.append(bytes: chunk)
        count += 1
        byteCount += Int64(chunk.count)
        if count % Self.burst == 0 { waitForTurn() }
    }

    /// Waits until the next bytes may be written.
    private func waitForTurn() {
        guard let bytesPerSecond else { return }
        let due = began + .microseconds(byteCount * 1_000_000 / Int64(max(bytesPerSecond, 1)))
        let ahead = (due - ContinuousClock.now).wholeMicroseconds
        if ahead > 0 { usleep(UInt32(clamping: ahead)) }
    }
}
