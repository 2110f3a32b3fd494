import Cryptography
import Exchange
import Foundation
import Ledger

/// Hashes leaves and nodes of the ledger's tree in place: one block of memory, no array a leaf.
///
/// The only unsafe code of the tree: `message` is allocated here, freed in `deinit` and never handed out but for the time of a
/// call; every write is within its bounds, because a leaf has at most `leafLimit` bytes (held in `setLeaf`) and a node 65.
final class TreeHasher {
    /// The byte that leads what is hashed, then the leaf or the two hashes of a node.
    private let message: UnsafeMutableRawBufferPointer
    private var length = 0

    static let digestLength = SHA256Digest.length
    private static let leafLimit = 1_000
    private static let transferNames = TransferKind.allCases.map { Array($0.rawValue.utf8) }
    private static let causeNames = CauseKind.allCases.map { Array($0.rawValue.utf8) }

    init() { message = .allocate(byteCount: Self.leafLimit + 1, alignment: 16) }
    deinit { message.deallocate() }

    /// The present leaf's bytes, for the time of `body`.
    func withLeaf<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(rebasing: message[1..<1 + length]))
    }

    /// Whether the present leaf is these bytes.
    func leafEquals(_ bytes: [UInt8]) -> Bool {
        bytes.count == length && bytes.withUnsafeBytes { other in
            guard let own = message.baseAddress, let start = other.baseAddress else { return false }
            return memcmp(own + 1, start, length) == 0
        }
    }

    /// Makes the leaf of a transfer from its form in a frame's events (docs/LEDGER.md has both forms).
    ///
    /// - Precondition: `payload` is what `EventWalker` found for a transfer in `events`.
    func setLeaf(journal events: [UInt8], _ payload: Range<Int>) {
        length = 0
        append(Transfer.leafVersion)
        var offset = payload.lowerBound
        for _ in 0..<4 {
            appendReversed(events, offset)
            offset += 8
        }
        let count = Int(events[offset]) + Int(events[offset + 1]) << 8 + Int(events[offset + 2]) << 16
        precondition(count <= 255, "an asset code too long for a leaf")
        offset += 4
        append(UInt8(count))
        for index in offset..<offset + count { append(events[index]) }
        offset += count
        appendReversed(events, offset)
        appendName(Self.transferNames[Int(events[offset + 8])])
        appendName(Self.causeNames[Int(events[offset + 9])])
        appendReversed(events, offset + 10)
    }

    /// Takes a leaf as it is, at most 1,000 bytes of it: more is no leaf.
    func setLeaf(_ bytes: UnsafeRawBufferPointer) {
        length = min(bytes.count, Self.leafLimit)
        UnsafeMutableRawBufferPointer(rebasing: message[1..<1 + length]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[..<length]))
    }

    /// Writes the hash of the present leaf (RFC 9162: SHA-256 of a zero byte and the leaf) to the end of `hashes`.
    func appendLeafHash(to hashes: inout [UInt8]) {
        message[0] = 0
        hash(length + 1)
        appendDigest(to: &hashes)
    }

    /// The hash of a node (RFC 9162: SHA-256 of a one and both hashes): of the 64 bytes at `offset` to the 32 at `target`.
    func hashPair(in hashes: inout [UInt8], at offset: Int, to target: Int) {
        let size = Self.digestLength
        hashes.withUnsafeMutableBytes { bytes in
            message[0] = 1
            UnsafeMutableRawBufferPointer(rebasing: message[1...2 * size]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 2 * size]))
            hash(2 * size + 1)
            UnsafeMutableRawBufferPointer(rebasing: bytes[target..<target + size]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: message[..<size]))
        }
    }

    /// The root of the tree over some hashes, each taken as a complete subtree of one size except perhaps the last; destroys
    /// `hashes`. Of none it is the hash of nothing.
    func fold(_ hashes: inout [UInt8]) -> [UInt8] {
        let size = Self.digestLength
        var count = hashes.count / size
        guard count > 0 else { return SHA256Digest.of([]) }
        while count > 1 {
            for pair in 0..<count / 2 { hashPair(in: &hashes, at: 2 * pair * size, to: pair * size) }
            if count % 2 == 1 {
                for byte in 0..<size { hashes[count / 2 * size + byte] = hashes[(count - 1) * size + byte] }
            }
            count = (count + 1) / 2
        }
        return Array(hashes[..<size])
    }

    // MARK: The message

    /// Hashes the first `count` bytes; the digest is then in the first 32.
    private func hash(_ count: Int) {
        guard let start = message.baseAddress else { preconditionFailure("a message without memory") }
        SHA256Raw.hash(UnsafeRawBufferPointer(rebasing: message[..<count]), into: start)
    }

    private func appendDigest(to hashes: inout [UInt8]) {
        hashes.append(contentsOf: UnsafeRawBufferPointer(rebasing: message[..<Self.digestLength]))
        // The leaf's first bytes were overwritten.
        length = 0
    }

    private func append(_ byte: UInt8) {
        message[1 + length] = byte
        length += 1
    }

    /// Eight little-endian bytes as big-endian ones.
    private func appendReversed(_ bytes: [UInt8], _ offset: Int) {
        for index in 0..<8 { message[1 + length + index] = bytes[offset + 7 - index] }
        length += 8
    }

    private func appendName(_ name: [UInt8]) {
        append(UInt8(name.count))
        for byte in name { append(byte) }
    }
}
