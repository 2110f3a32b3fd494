import Crypto
import Foundation

/// A key of AES-256 in Galois/counter mode (NIST SP 800-38D): keeps what it seals secret and unaltered.
package struct SealingKey: Sendable {
    /// The length of a key in bytes.
    package static let length = 32

    private let key: SymmetricKey

    /// Why sealed bytes cannot be opened.
    package enum Fault: Error, Equatable {
        /// Another key, another context, or bytes that were altered.
        case notAuthentic
    }

    /// A fresh key.
    package init() { key = SymmetricKey(size: .bits256) }

    /// The key of 32 bytes, or nil for another length.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        key = SymmetricKey(data: bytes)
    }

    /// The key's 32 bytes.
    package var bytes: [UInt8] { key.withUnsafeBytes { unsafe Array($0) } }

    /// Nonce (12 bytes, drawn), ciphertext and tag (16 bytes). `context` is not kept inside but must be the same to open:
    /// it ties the bytes to their place.
    package func seal(_ plain: [UInt8], context: [UInt8]) -> [UInt8] {
        guard let box = try? AES.GCM.seal(plain, using: key, authenticating: context), let combined = box.combined
        else { preconditionFailure("AES-GCM could not seal with a key of 256 bits and its own nonce") }
        return Array(combined)
    }

    /// What `seal` was given.
    ///
    /// - Throws: `Fault.notAuthentic`.
    package func open(_ sealed: [UInt8], context: [UInt8]) throws(Fault) -> [UInt8] {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let plain = try? AES.GCM.open(box, using: key, authenticating: context)
        else { throw .notAuthentic }
        return Array(plain)
    }
}
