import Cryptography
import Exchange
import Postgres
import Sequencer

/// A snapshot that is not what was written. The journal can stand in for it.
package struct SnapshotFault: Error, Equatable, CustomStringConvertible {
    /// The last command that the snapshot's state includes.
    package let sequence: Int64
    /// Names the row and says what is wrong with it.
    package let description: String

    /// A fault of the row in `snapshots`.
    init(_ sequence: Int64, _ reason: String) {
        self.sequence = sequence
        description = "snapshots, row with sequence \(sequence): \(reason)"
    }

    /// A fault of a row in `snapshot_chunks`.
    init(_ sequence: Int64, chunk number: Int64, _ reason: String) {
        self.sequence = sequence
        description = "snapshot_chunks, row with sequence \(sequence) and number \(number): \(reason)"
    }
}

/// One row of `snapshots`: which state, where in the journal, and what its chunks must be.
///
/// `header_hash` is SHA-256 over the bytes below; integers are big-endian, as in a frame's hash.
///
/// | bytes | field |
/// |---|---|
/// | 1 | the number 1, the version of this form |
/// | 8 | `sequence` |
/// | 32 | `frame_hash` |
/// | 32 | `event_hash` |
/// | 4 | `rules_version` |
/// | 4 | `state_form` |
/// | 32 | `state_hash` |
/// | 8 | `byte_count` |
/// | 8 | `chunk_count` |
/// | 8 | `taken_at_micros` |
package struct SnapshotHeader: Equatable, Sendable {
    /// Where the chain of frames stands: the last command in the state, and the hashes that the next frame continues.
    package let link: ChainLink
    package let rulesVersion: Int32
    package let stateForm: Int32
    /// SHA-256 of the state's bytes, as `StateHash.bytes`: 32 bytes.
    package let stateHash: [UInt8]
    package let byteCount: Int64
    package let chunkCount: Int64
    /// Wall time, microseconds since 1970.
    package let takenAtMicros: Int64

    package init(
        link: ChainLink, rulesVersion: Int32 = Exchange.rulesVersion, stateForm: Int32 = Exchange.stateForm, stateHash: [UInt8],
        byteCount: Int64, chunkCount: Int64, takenAtMicros: Int64
    ) {
        self.link = link
        self.rulesVersion = rulesVersion
        self.stateForm = stateForm
        self.stateHash = stateHash
        self.byteCount = byteCount
        self.chunkCount = chunkCount
        self.takenAtMicros = takenAtMicros
    }

    /// The last command that the state includes.
    package var sequence: Int64 { link.sequence }

    private static let version: UInt8 = 1

    /// The row's own hash: 32 bytes.
    package var hash: [UInt8] {
        var bytes: [UInt8] = [Self.version]
        Self.append(link.sequence, to: &bytes)
        bytes += link.frameHash
        bytes += link.eventHash
        Self.append(rulesVersion, to: &bytes)
        Self.append(stateForm, to: &bytes)
        bytes += stateHash
        Self.append(byteCount, to: &bytes)
        Self.append(chunkCount, to: &bytes)
        Self.append(takenAtMicros, to: &bytes)
        return SHA256Digest.of(bytes)
    }

    private static func append<I: FixedWidthInteger>(_ value: I, to bytes: inout [UInt8]) {
        for shift in stride(from: I.bitWidth - 8, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: value >> I(shift))) }
    }
}

/// A row of `snapshots` with what its own hash says about it.
package struct StoredSnapshot: Sendable {
    package let header: SnapshotHeader
    /// Whether the row is as it was written.
    package let isSound: Bool

    /// Why this program cannot use the snapshot, though nothing may be wrong with it.
    package var foreignness: String? {
        if header.rulesVersion != Exchange.rulesVersion {
            return "computed with rules version \(header.rulesVersion); this program knows only \(Exchange.rulesVersion)"
        }
        if header.stateForm != Exchange.stateForm {
            return "the state has form \(header.stateForm); this program reads only \(Exchange.stateForm)"
        }
        return nil
    }

    /// The fault of a row that is not as it was written.
    package var fault: SnapshotFault? {
        isSound ? nil : SnapshotFault(header.sequence, "header_hash is not the hash of the row")
    }

    /// All rows, the newest first.
    package static func all(_ connection: Connection) throws -> [StoredSnapshot] {
        try connection.query(
            """
            SELECT sequence, frame_hash, event_hash, rules_version, state_form, state_hash, byte_count, chunk_count,
                taken_at_micros, header_hash
            FROM snapshots ORDER BY sequence DESC
            """
        ).map { row in
            let header = SnapshotHeader(
                link: ChainLink(sequence: try row.int64(0), frameHash: try row.bytes(1), eventHash: try row.bytes(2)),
                rulesVersion: Int32(clamping: try row.int64(3)), stateForm: Int32(clamping: try row.int64(4)),
                stateHash: try row.bytes(5), byteCount: try row.int64(6), chunkCount: try row.int64(7),
                takenAtMicros: try row.int64(8))
            return StoredSnapshot(header: header, isSound: try row.bytes(9) == header.hash)
        }
    }

    /// Holds the snapshots against the journal's end: a sound one that is newer shows that frames are missing.
    ///
    /// - Throws: `JournalError.damaged`.
    package static func confirmEnd(_ snapshots: [StoredSnapshot], _ head: Int64) throws(JournalError) {
        guard let newest = snapshots.first(where: \.isSound)?.header.sequence, newest > head else { return }
        throw .damaged(
            "journal_frames ends with sequence \(head), but a snapshot was taken at \(newest): rows were removed from its end")
    }
}
