import Crypto
import Foundation

/// SHA-256 (FIPS 180-4), at once or piece by piece.
///
///     let digest = SHA256Digest.of(bytes)          // 32 bytes
///
///     var hash = SHA256Digest()
///     hash.update(header)
///     hash.update(body)
///     let digest = hash.finalized()
package struct SHA256Digest: Sendable {
    /// The length of a digest in bytes.
    package static let length = 32

    private var state = SHA256()

    /// The hash of nothing yet.
    package init() {}

    /// The digest of `bytes`: 32 bytes.
    package static func of(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { of($0) } }

    /// The digest of a text's UTF-8: 32 bytes.
    package static func of(_ text: some StringProtocol) -> [UInt8] {
        text.utf8.withContiguousStorageIfAvailable { of(UnsafeRawBufferPointer($0)) } ?? of(Array(text.utf8))
    }

    private static func of(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: length) { room, count in
            if let start = room.baseAddress { SHA256Raw.hash(bytes, into: start) }
            count = length
        }
    }

    /// Takes in more bytes.
    package mutating func update(_ bytes: [UInt8]) { state.update(data: bytes) }

    /// Takes in more bytes.
    package mutating func update(_ bytes: ArraySlice<UInt8>) { state.update(data: bytes) }

    /// Takes in a text's UTF-8.
    package mutating func update(_ text: String) { state.update(data: Array(text.utf8)) }

    /// The digest of all that was taken in; more can follow.
    package func finalized() -> [UInt8] { Array(state.finalize()) }
}

/// HMAC with SHA-256 (RFC 2104).
package enum MessageAuthentication {
    /// The code of `message` under `key`: 32 bytes.
    package static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    }

    /// Whether `code` is the code of `message`; compared in constant time.
    package static func isValid(_ code: [UInt8], of message: [UInt8], key: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: SymmetricKey(data: key))
    }
}
