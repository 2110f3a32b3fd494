import Cryptography
import Foundation
import Quantities

/// One of the keys that sign checkpoints, with the statement that made it one.
package struct LedgerKey: Equatable, Sendable {
    /// 1, 2, 3 …
    package let number: Int
    package let key: NoteKey
    /// The first checkpoint that this key signs; the next key's ends its time.
    package let firstCheckpoint: Int64
    /// The signed note by which the key before names this one; the first key names itself.
    package let statement: String

    package init(number: Int, key: NoteKey, firstCheckpoint: Int64, statement: String) {
        self.number = number
        self.key = key
        self.firstCheckpoint = firstCheckpoint
        self.statement = statement
    }

    private static let heading = "suanpan ledger key"

    /// The key's statement, signed by the key before it (or, for the first, by itself).
    package static func signed(
        number: Int, key: NoteKey, firstCheckpoint: Int64, at time: Timestamp, by signer: SigningKey
    ) -> LedgerKey {
        let text = "\(heading)\n\(key.name)\nkey \(number)\n\(key)\nfrom checkpoint \(firstCheckpoint)\ntime \(time)\n"
        let note = SignedNote(signing: text, name: key.name, key: signer)
        return LedgerKey(number: number, key: key, firstCheckpoint: firstCheckpoint, statement: note.note)
    }

    /// Reads a statement; nil where it has not this form.
    package init?(statement: String) {
        guard let note = SignedNote(statement) else { return nil }
        let lines = note.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 7, lines[0] == Self.heading, lines[2].hasPrefix("key "), let number = Int(lines[2].dropFirst(4)),
            let key = NoteKey(lines[3]), key.name == lines[1], note.name == key.name,
            lines[4].hasPrefix("from checkpoint "), let first = Int64(lines[4].dropFirst(16)),
            lines[5].hasPrefix("time "), Timestamp(rfc3339: lines[5].dropFirst(5)) != nil
        else { return nil }
        self.init(number: number, key: key, firstCheckpoint: first, statement: statement)
    }

    /// When the statement was signed.
    package var time: Timestamp {
        let line = statement.split(separator: "\n").first { $0.hasPrefix("time ") }
        return line.flatMap { Timestamp(rfc3339: $0.dropFirst(5)) } ?? Timestamp()
    }
}

/// All keys of a log, each named by the one before.
package struct LedgerKeyChain: Equatable, Sendable {
    package let keys: [LedgerKey]

    /// Why keys are no chain.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Checks every statement.
    package init(_ keys: [LedgerKey]) throws(Fault) {
        guard let first = keys.first else { throw Fault(description: "there is no key") }
        guard first.key.name == Self.origin(of: first.key.key) else {
            throw Fault(description: "key 1 is not the one that the log's name is made of")
        }
        var signer = first.key
        var from: Int64 = 1
        for (position, key) in keys.enumerated() {
            guard key.number == position + 1, key.key.name == first.key.name, let stated = LedgerKey(statement: key.statement),
                stated == key
            else { throw Fault(description: "key \(position + 1) is not what its statement says") }
            guard let note = SignedNote(key.statement), note.isSigned(by: signer) else {
                throw Fault(description: "key \(key.number) is not named by the key before it: its statement's signature is wrong")
            }
            guard position == 0 ? key.firstCheckpoint == 1 : key.firstCheckpoint >= from else {
                throw Fault(description: "key \(key.number) begins before the key before it")
            }
            from = key.firstCheckpoint
            signer = key.key
        }
        self.keys = keys
    }

    /// The log's name: made of its first key, so that two logs never share one.
    package static func origin(of firstKey: [UInt8]) -> String {
        "suanpan-ledger-" + Hexadecimal.text(SHA256Digest.of(firstKey).prefix(8))
    }

    package var origin: String { keys[0].key.name }

    /// The key that signs a checkpoint of this number.
    package func key(forCheckpoint number: Int64) -> LedgerKey { keys.last { $0.firstCheckpoint <= number } ?? keys[0] }

    /// Why a checkpoint is not to be believed, or nil.
    package func fault(in signed: SignedCheckpoint) -> String? {
        let checkpoint = signed.checkpoint
        guard checkpoint.origin == origin else { return "it is of the log \(checkpoint.origin), the keys are of \(origin)" }
        let key = key(forCheckpoint: checkpoint.number)
        guard signed.note.isSigned(by: key.key) else { return "its signature is not of key \(key.number), \(key.key.identifier)" }
        return nil
    }
}
