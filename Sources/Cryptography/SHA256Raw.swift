import Crypto

/// SHA-256 of memory into memory, for the ledger's tree: no arrays on the way.
///
/// Unsafe: the caller owns both places for the time of the call; nothing is kept.
package enum SHA256Raw {
    /// Writes the 32 bytes of the digest of `message` to `digest`, which may lie inside of `message`.
    package static func hash(_ message: UnsafeRawBufferPointer, into digest: UnsafeMutableRawPointer) {
        var state = SHA256()
        state.update(bufferPointer: message)
        state.finalize().withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { digest.copyMemory(from: start, byteCount: SHA256Digest.length) }
        }
    }
}
