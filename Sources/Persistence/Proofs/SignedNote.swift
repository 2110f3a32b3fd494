import Cryptography
import Foundation

/// Text with an Ed25519 signature, in the form of C2SP signed-note:
///
///     text, whose lines end with a line feed
///
///     — name base64(first four bytes of the key's hash, signature)
package struct SignedNote: Equatable, Sendable {
    /// The signed text, its last line feed included.
    package let text: String
    /// Whose key signed.
    package let name: String
    /// The first four bytes of the key's hash.
    package let keyHash: [UInt8]
    /// 64 bytes.
    package let signature: [UInt8]

    /// Signs `text`.
    ///
    /// - Precondition: it ends with a line feed.
    package init(signing text: String, name: String, key: SigningKey) {
        precondition(text.hasSuffix("\n"), "a note's text ends with a line feed")
        self.text = text
        self.name = name
        keyHash = NoteKey(name: name, key: key.verifyingKey.bytes).hash
        signature = key.signature(of: Array(text.utf8))
    }

    /// Reads a note; nil where it has not this form, with one signature.
    package init?(_ note: String) {
        guard let division = note.range(of: "\n\n", options: .backwards) else { return nil }
        text = String(note[..<division.lowerBound]) + "\n"
        let line = note[division.upperBound...]
        guard line.hasPrefix("— "), line.hasSuffix("\n") else { return nil }
        let parts = line.dropFirst(2).dropLast().split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let bytes = Data(base64Encoded: String(parts[1])), bytes.count == 68,
            // One form only: the last digit has bits that say nothing.
            bytes.base64EncodedString() == parts[1]
        else {
            return nil
        }
        name = String(parts[0])
        keyHash = Array(bytes.prefix(4))
        signature = Array(bytes.dropFirst(4))
    }

    /// The note as it is published.
    package var note: String { "\(text)\n— \(name) \(Data(keyHash + signature).base64EncodedString())\n" }

    /// Whether `key` signed it.
    package func isSigned(by key: NoteKey) -> Bool {
        guard key.name == name, key.hash == keyHash, let verifying = VerifyingKey(bytes: key.key) else { return false }
        return verifying.isValid(signature, of: Array(text.utf8))
    }
}

/// A public Ed25519 key with its name, in the form of C2SP signed-note: `name+hash+base64(0x01, key)`.
package struct NoteKey: Equatable, Sendable, CustomStringConvertible {
    package let name: String
    /// 32 bytes.
    package let key: [UInt8]

    package init(name: String, key: [UInt8]) {
        self.name = name
        self.key = key
    }

    /// Reads the text form; nil where it is none or names another hash.
    package init?(_ text: String) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Data(base64Encoded: String(parts[2])), bytes.count == 33, bytes.first == 1,
            bytes.base64EncodedString() == parts[2]
        else {
            return nil
        }
        self.init(name: String(parts[0]), key: Array(bytes.dropFirst()))
        guard identifier == parts[1] else { return nil }
    }

    /// The first four bytes of SHA-256 of the name, a line feed, the byte 1 (Ed25519) and the key.
    package var hash: [UInt8] { Array(SHA256Digest.of(Array(name.utf8) + [10, 1] + key).prefix(4)) }

    /// `hash` as eight hexadecimal digits: the `key_id` of the API.
    package var identifier: String { Hexadecimal.text(hash) }

    package var description: String { "\(name)+\(identifier)+\(Data([1] + key).base64EncodedString())" }
}

extension SignedNote {
    /// `keyHash` as eight hexadecimal digits: the `key_id` of the API.
    package var keyIdentifier: String { Hexadecimal.text(keyHash) }
}
