import Exchange
import Foundation
import Postgres
import Quantities
import Sequencer

/// A record as one file that needs no database: keys, frames, transfers and checkpoints, for auditors and strangers.
///
/// A run of parts: one ASCII letter, eight bytes of length, so many bytes. Integers are big-endian.
///
///     S  the text "suanpan bundle 1\n"
///     K  a key's statement; all keys in order
///     F  a frame: 8 first_sequence, 8 last_sequence, 8 recorded_at_micros, 8 epoch, 4 rules_version, 32 event_hash,
///        32 previous_hash, 32 frame_hash, then 8 + n commands, 8 + n results, 8 + n events
///     T  rows of `transfers` that the frame before posted: 2 + n bytes of leaf each
///     C  a checkpoint that covers the frame before, a note
///     E  8 frames, 8 transfers, 8 checkpoints: how many there were
package enum Bundle {
    static let heading = "suanpan bundle 1\n"

    /// The parts.
    enum Part: UInt8 {
        case start = 0x53
        case key = 0x4B
        case frame = 0x46
        case transfers = 0x54
        case checkpoint = 0x43
        case end = 0x45
    }

    /// Where the file lies when a folder is named.
    package static func file(at path: String) -> String {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard path.hasSuffix("/") || (exists && isFolder.boolValue) else { return path }
        return (path as NSString).appendingPathComponent("ledger.bundle")
    }

    /// Why a bundle cannot be written or read.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    static func append<I: FixedWidthInteger>(_ value: I, to bytes: inout [UInt8]) {
        var shift = I.bitWidth - 8
        while shift >= 0 {
            bytes.append(UInt8(truncatingIfNeeded: value >> I(shift)))
            shift -= 8
        }
    }
}

/// What an export wrote.
package struct BundleReport: Sendable {
    package var frames: Int64 = 0
    package var transfers: Int64 = 0
    package var checkpoints: Int64 = 0
    package var bytes: Int64 = 0
}

/// Writes the record of a database to a bundle, in memory that does not grow with it.
package struct BundleWriter {
    private let file: FileHandle
    private var buffer: [UInt8] = []
    private var report = BundleReport()

    private static let flushLimit = 1 << 20

    /// Exports what the projections and checkpoints include. The file appears under its name when it is whole.
    ///
    /// - Throws: `Bundle.Fault`, `JournalError`, `PostgresError`.
    package static func export(_ target: ConnectionString, to path: String) throws -> BundleReport {
        let path = Bundle.file(at: path)
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        let fresh = path + ".new"
        guard FileManager.default.createFile(atPath: fresh, contents: nil), let file = FileHandle(forWritingAtPath: fresh) else {
            throw Bundle.Fault(description: "\(fresh) cannot be written")
        }
        var writer = BundleWriter(file: file)
        do {
            try writer.write(target)
            try file.close()
            guard rename(fresh, path) == 0 else { throw Bundle.Fault(description: "\(path) cannot be written") }
        } catch {
            try? FileManager.default.removeItem(atPath: fresh)
            throw error
        }
        return writer.report
    }

    private init(file: FileHandle) { self.file = file }

    private mutating func write(_ target: ConnectionString) throws {
        let tables = try Connection(to: target, applicationName: "suanpan export", access: .readOnly)
        let journal = try Connection(to: target, applicationName: "suanpan export", access: .readOnly)
        try tables.begin()
        try tables.executeScript("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        let transfers = try Connection(to: target, applicationName: "suanpan export", access: .readOnly)
        try transfers.begin()
        try transfers.executeScript("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        let projected = try ProjectionPosition.stored(transfers).sequence
        try part(.start, Array(Bundle.heading.utf8))
        for key in try LedgerKeyTable.rows(tables) { try part(.key, Array(key.statement.utf8)) }
        var rows = try LeafCursor(transfers)
        var hasRow = try rows.advance()
        var checkpoints = try CheckpointCursor(tables)
        var previous = ChainLink.start
        try JournalReading.read(journal, after: .start) { stored in
            // Later frames came after the tables were looked at.
            guard stored.frame.lastSequence <= projected else { return }
            try frame(stored, after: previous)
            previous = stored.link
            var leaves: [UInt8] = []
            while hasRow, rows.sequence <= stored.frame.lastSequence {
                Bundle.append(UInt16(truncatingIfNeeded: rows.leaf.count), to: &leaves)
                leaves += rows.leaf
                report.transfers += 1
                hasRow = try rows.advance()
            }
            if !leaves.isEmpty { try part(.transfers, leaves) }
            while let next = try checkpoints.peek(), next.checkpoint.journalSequence <= stored.frame.lastSequence {
                try part(.checkpoint, Array(next.note.note.utf8))
                report.checkpoints += 1
                checkpoints.drop()
            }
        }
        var counts: [UInt8] = []
        for count in [report.frames, report.transfers, report.checkpoints] { Bundle.append(count, to: &counts) }
        try part(.end, counts)
        try flush()
    }

    private mutating func frame(_ stored: StoredFrame, after previous: ChainLink) throws {
        let frame = stored.frame
        var bytes: [UInt8] = []
        bytes.reserveCapacity(160 + frame.commands.count + frame.results.count + frame.events.count)
        Bundle.append(frame.firstSequence, to: &bytes)
        Bundle.append(frame.lastSequence, to: &bytes)
        Bundle.append(frame.time.microseconds, to: &bytes)
        Bundle.append(stored.epoch, to: &bytes)
        Bundle.append(frame.rulesVersion, to: &bytes)
        bytes += stored.link.eventHash
        bytes += previous.frameHash
        bytes += stored.link.frameHash
        for part in [frame.commands, frame.results, frame.events] {
            Bundle.append(Int64(part.count), to: &bytes)
            bytes += part
        }
        report.frames += 1
        try part(.frame, bytes)
    }

    private mutating func part(_ part: Bundle.Part, _ bytes: [UInt8]) throws {
        buffer.append(part.rawValue)
        Bundle.append(Int64(bytes.count), to: &buffer)
        buffer += bytes
        report.bytes += Int64(9 + bytes.count)
        if buffer.count >= Self.flushLimit { try flush() }
    }

    private mutating func flush() throws {
        try file.write(contentsOf: Data(buffer))
        buffer.removeAll(keepingCapacity: true)
    }
}
