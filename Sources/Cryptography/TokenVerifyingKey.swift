import Crypto
import Foundation

/// A public key that verifies tokens: Ed25519 (RFC 8037) or ECDSA on P-256 with SHA-256 (RFC 7518, 3.4).
package struct TokenVerifyingKey: Sendable {
    private enum Key: Sendable {
        case ed25519(Curve25519.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
    }
    private let key: Key

    /// The key of 32 bytes, or nil for another length.
    package init?(ed25519 bytes: [UInt8]) {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return nil }
        self.key = .ed25519(key)
    }

    /// The key of x and y, 32 bytes each; nil for another length, or for what is no point of the curve.
    package init?(p256 bytes: [UInt8]) {
        guard let key = try? P256.Signing.PublicKey(rawRepresentation: bytes) else { return nil }
        self.key = .p256(key)
    }

    /// Whether `signature`, 64 bytes for either kind, is this key's signature of `message`.
    package func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch key {
        case .ed25519(let key): return key.isValidSignature(signature, for: message)
        case .p256(let key):
            guard let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(parsed, for: message)
        }
    }
}
