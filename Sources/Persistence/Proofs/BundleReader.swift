import Cryptography
import Exchange
import Foundation
import Quantities
import Sequencer

/// Reads the parts of a bundle one by one. Nothing that is read is believed, and no length can ask for more than the file has.
final class BundleReader {
    private let file: UnsafeMutablePointer<FILE>
    private var left: Int64
    let size: Int64

    init(_ path: String) throws {
        let path = Bundle.file(at: path)
        guard let file = fopen(path, "rb") else { throw Bundle.Fault(description: "\(path) cannot be read") }
        self.file = file
        fseek(file, 0, SEEK_END)
        size = Int64(ftell(file))
        left = size
        rewind(file)
    }

    deinit { fclose(file) }

    /// Bytes that were read.
    var offset: Int64 { size - left }

    /// The next part; nil at the end.
    func next() throws -> (part: Bundle.Part, bytes: [UInt8])? {
        if left == 0 { return nil }
        let head = try read(9)
        guard let part = Bundle.Part(rawValue: head[0]) else {
            throw AuditFault("bundle: no part begins with the byte \(head[0]) at \(offset - 9)")
        }
        let length = head[1...].reduce(Int64(0)) { $0 &<< 8 | Int64($1) }
        return (part, try read(length))
    }

    private func read(_ count: Int64) throws -> [UInt8] {
        guard count >= 0, count <= left else { throw AuditFault("bundle: a part of \(count) bytes beyond the file's end") }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        guard fread(&bytes, 1, Int(count), file) == Int(count) else { throw AuditFault("bundle: it cannot be read to its end") }
        left -= count
        return bytes
    }

    /// The frame of a part that must continue `link`.
    static func frame(_ bytes: [UInt8], after link: ChainLink) throws -> StoredFrame {
        var reader = BigEndianReader(bytes)
        let first: Int64 = reader.integer()
        func damaged(_ reason: String) -> AuditFault { AuditFault("frame with first_sequence \(first): \(reason)") }
        let (last, time, epoch): (Int64, Int64, Int64) = (reader.integer(), reader.integer(), reader.integer())
        let rules: Int32 = reader.integer()
        let (eventHash, previousHash, frameHash) = (reader.bytes(32), reader.bytes(32), reader.bytes(32))
        let parts = (0..<3).map { _ in
            let count: Int64 = reader.integer()
            return reader.bytes(count)
        }
        guard reader.isAtEnd else { throw damaged("it has not the form of a frame") }
        guard first == link.sequence + 1, last >= first else { throw damaged("it does not follow sequence \(link.sequence)") }
        guard rules == Exchange.rulesVersion else {
            throw damaged("computed with rules version \(rules); this program knows only \(Exchange.rulesVersion)")
        }
        let frame = Frame(
            firstSequence: first, lastSequence: last, rulesVersion: Exchange.rulesVersion, time: Timestamp(time),
            commands: parts[0], results: parts[1], events: parts[2])
        guard previousHash == link.frameHash else { throw damaged("previous_hash is not the hash of the frame before") }
        let next = link.extended(by: frame, epoch: epoch)
        guard eventHash == next.eventHash else { throw damaged("event_hash is not the hash of its events") }
        guard frameHash == next.frameHash else { throw damaged("frame_hash is not the hash of the frame") }
        return StoredFrame(frame: frame, epoch: epoch, link: next)
    }
}

/// Reads big-endian integers and bytes; beyond the end everything is zero or empty and `isAtEnd` never holds.
struct BigEndianReader {
    private let source: [UInt8]
    private var offset = 0
    private var failed = false

    init(_ source: [UInt8]) { self.source = source }

    var isAtEnd: Bool { !failed && offset == source.count }

    mutating func integer<I: FixedWidthInteger>() -> I {
        bytes(Int64(I.bitWidth / 8)).reduce(I(0)) { $0 &<< 8 | I(truncatingIfNeeded: $1) }
    }

    mutating func bytes(_ count: Int64) -> [UInt8] {
        guard !failed, count >= 0, count <= Int64(source.count - offset) else {
            failed = true
            return []
        }
        defer { offset += Int(count) }
        return Array(source[offset..<offset + Int(count)])
    }
}
