import Cryptography
import Foundation
import Quantities

/// What the exchange signs: the ledger's tree and the journal as they were after one frame, in the form of C2SP
/// tlog-checkpoint.
///
///     suanpan-ledger-1f0c…        the log's name
///     1234                        leaves
///     base64 of the root
///     checkpoint 17               its number: 1, 2, 3 …
///     sequence 5678               the last command that it covers
///     frame base64                hash of the frame that ends with it
///     time 2026-11-23T00:00:00Z   when it was signed
package struct Checkpoint: Equatable, Sendable {
    package var origin: String
    package var treeSize: Int64
    /// 32 bytes.
    package var rootHash: [UInt8]
    package var number: Int64
    package var journalSequence: Int64
    /// 32 bytes.
    package var frameHash: [UInt8]
    package var time: Timestamp

    package init(
        origin: String, treeSize: Int64, rootHash: [UInt8], number: Int64, journalSequence: Int64, frameHash: [UInt8],
        time: Timestamp
    ) {
        self.origin = origin
        self.treeSize = treeSize
        self.rootHash = rootHash
        self.number = number
        self.journalSequence = journalSequence
        self.frameHash = frameHash
        self.time = time
    }

    /// The signed text.
    package var text: String {
        """
        \(origin)
        \(treeSize)
        \(Data(rootHash).base64EncodedString())
        checkpoint \(number)
        sequence \(journalSequence)
        frame \(Data(frameHash).base64EncodedString())
        time \(time)

        """
    }

    /// Reads the signed text; nil where it has not exactly this form.
    package init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 8, lines[7].isEmpty, let size = Int64(lines[1]), size >= 0,
            let root = Self.hash(lines[2]), let number = Self.value("checkpoint ", lines[3]).flatMap({ Int64($0) }), number > 0,
            let sequence = Self.value("sequence ", lines[4]).flatMap({ Int64($0) }), sequence > 0,
            let frame = Self.value("frame ", lines[5]).flatMap(Self.hash),
            let time = Self.value("time ", lines[6]).flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        self.init(
            origin: lines[0], treeSize: size, rootHash: root, number: number, journalSequence: sequence, frameHash: frame,
            time: time)
        guard self.text == text else { return nil }
    }

    private static func value(_ name: String, _ line: String) -> String? {
        line.hasPrefix(name) ? String(line.dropFirst(name.count)) : nil
    }

    private static func hash(_ text: String) -> [UInt8]? {
        Data(base64Encoded: text).flatMap { $0.count == SHA256Digest.length ? Array($0) : nil }
    }
}

/// A checkpoint with its signature, read from a note. Who signed has still to be checked.
package struct SignedCheckpoint: Equatable, Sendable {
    package let checkpoint: Checkpoint
    package let note: SignedNote

    /// nil where the text is no note of a checkpoint.
    package init?(note text: String) {
        guard let note = SignedNote(text), let checkpoint = Checkpoint(note.text) else { return nil }
        self.note = note
        self.checkpoint = checkpoint
    }

    package init(signing checkpoint: Checkpoint, key: SigningKey) {
        self.checkpoint = checkpoint
        note = SignedNote(signing: checkpoint.text, name: checkpoint.origin, key: key)
    }
}
