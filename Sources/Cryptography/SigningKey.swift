import Crypto
import Foundation

/// An Ed25519 key that signs (RFC 8032).
package struct SigningKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// A fresh key.
    package init() { key = Curve25519.Signing.PrivateKey() }

    /// The key of a seed of 32 bytes, or nil for another length.
    package init?(seed: [UInt8]) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else { return nil }
        self.key = key
    }

    /// The 32 secret bytes that make this key again.
    package var seed: [UInt8] { Array(key.rawRepresentation) }

    /// The key that checks this one's signatures.
    package var verifyingKey: VerifyingKey { VerifyingKey(key.publicKey) }

    /// The signature of `message`: 64 bytes. Two signatures of one message may differ; each verifies.
    package func signature(of message: [UInt8]) -> [UInt8] {
        // The library's signing throws only where the system has no randomness left, and then nothing can go on.
        guard let signature = try? key.signature(for: message) else { preconditionFailure("Ed25519 could not sign") }
        return Array(signature)
    }
}

/// An Ed25519 key that verifies.
package struct VerifyingKey: Sendable {
    private let key: Curve25519.Signing.PublicKey

    /// The key of 32 bytes, or nil for another length.
    package init?(bytes: [UInt8]) {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return nil }
        self.key = key
    }

    init(_ key: Curve25519.Signing.PublicKey) { self.key = key }

    /// The key's 32 bytes.
    package var bytes: [UInt8] { Array(key.rawRepresentation) }

    /// Whether `signature` is this key's signature of `message`; false for any other length, too.
    package func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        key.isValidSignature(signature, for: message)
    }
}
