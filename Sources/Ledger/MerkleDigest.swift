import Quantities

/// A 32-byte hash, held in four words so that a tree of millions of them is one flat block of memory.
package struct MerkleDigest: FieldValue, Hashable {
    private var words: (UInt64, UInt64, UInt64, UInt64)

    package static let byteCount = 32

    /// 32 zero bytes.
    package init() { words = (0, 0, 0, 0) }

    /// Takes exactly 32 bytes; nil for any other number.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init()
        var position = 0
        for byte in bytes {
            let shift = UInt64(56 - 8 * (position % 8))
            switch position / 8 {
            case 0: words.0 |= UInt64(byte) << shift
            case 1: words.1 |= UInt64(byte) << shift
            case 2: words.2 |= UInt64(byte) << shift
            default: words.3 |= UInt64(byte) << shift
            }
            position += 1
        }
    }

    /// The 32 bytes in order.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.byteCount)
        append(to: &result)
        return result
    }

    /// Appends the 32 bytes in order.
    package func append(to bytes: inout [UInt8]) {
        Self.append(words.0, to: &bytes)
        Self.append(words.1, to: &bytes)
        Self.append(words.2, to: &bytes)
        Self.append(words.3, to: &bytes)
    }

    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        var shift: UInt64 = 64
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }

    package static func == (left: MerkleDigest, right: MerkleDigest) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }

    /// 32 bytes; a reader that finds another number keeps what it has.
    package mutating func code<C: FieldCoder>(_ coder: inout C) {
        var raw = bytes
        coder.bytes(&raw)
        if let digest = MerkleDigest(raw) { self = digest }
    }
}

/// The hash function of a Merkle tree. The core has no cryptography of its own; the shell brings SHA-256.
package protocol MerkleHash: Sendable {
    /// The hash of a message.
    static func digest(_ message: [UInt8]) -> MerkleDigest
    /// HASH(0x00 || entry), RFC 9162 section 2.1.1.
    static func leaf(_ entry: [UInt8]) -> MerkleDigest
    /// HASH(0x01 || left || right), RFC 9162 section 2.1.1.
    static func node(_ left: MerkleDigest, _ right: MerkleDigest) -> MerkleDigest
}

extension MerkleHash {
    package static func leaf(_ entry: [UInt8]) -> MerkleDigest {
        var message: [UInt8] = []
        message.reserveCapacity(entry.count + 1)
        message.append(0)
        message.append(contentsOf: entry)
        return digest(message)
    }

    package static func node(_ left: MerkleDigest, _ right: MerkleDigest) -> MerkleDigest {
        var message: [UInt8] = []
        message.reserveCapacity(1 + 2 * MerkleDigest.byteCount)
        message.append(1)
        left.append(to: &message)
        right.append(to: &message)
        return digest(message)
    }
}
