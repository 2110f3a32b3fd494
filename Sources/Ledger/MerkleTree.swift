/// The Merkle tree of RFC 9162 over the ledger's transfers: append-only, with proofs for every size it ever had.
///
/// It keeps the hash of every complete subtree, level by level, about two hashes a leaf, so a root or a proof of any size
/// reads O(log n) of them and nothing is hashed twice.
///
///     var tree = MerkleTree<SHA256Hash>()
///     tree.append(transfer.leaf)
///     let root = tree.root()
package struct MerkleTree<H: MerkleHash>: Sendable {
    /// At height h: the hashes of the complete subtrees of 2ʰ leaves, from the left.
    private var levels: [[MerkleDigest]] = [[]]

    package init() {}

    /// The number of leaves.
    package var size: Int { levels[0].count }

    /// Adds an entry: for a transfer, its `leaf`.
    ///
    /// - Complexity: O(1) amortised, at most log₂ n hashes.
    package mutating func append(_ entry: [UInt8]) { append(leafHash: H.leaf(entry)) }

    /// Adds an entry by its leaf hash, as when a tree is read back from storage.
    package mutating func append(leafHash: MerkleDigest) {
        levels[0].append(leafHash)
        var height = 0
        while levels[height].count % 2 == 0 {
            let count = levels[height].count
            let parent = H.node(levels[height][count - 2], levels[height][count - 1])
            height += 1
            if height == levels.count { levels.append([]) }
            levels[height].append(parent)
        }
    }

    /// The hash of the leaf at `index`.
    ///
    /// - Precondition: `0 <= index < size`.
    package func leafHash(_ index: Int) -> MerkleDigest { levels[0][index] }

    /// The root of the whole tree; of no leaves it is the hash of nothing.
    package func root() -> MerkleDigest { root(from: 0, to: size) }

    /// The root that the tree had with its first `size` leaves, or nil beyond its size. O(log n).
    package func root(size: Int) -> MerkleDigest? {
        guard size >= 0, size <= self.size else { return nil }
        return root(from: 0, to: size)
    }

    /// The audit path of a leaf in the tree of the first `size` leaves, from the leaf upwards (RFC 9162 section 2.1.3.1), or
    /// nil where there is no such leaf or size.
    package func inclusionProof(leaf: Int, size: Int) -> [MerkleDigest]? {
        guard leaf >= 0, leaf < size, size <= self.size else { return nil }
        var path: [MerkleDigest] = []
        var (start, end) = (0, size)
        while end - start > 1 {
            let middle = start + Self.largestPowerOfTwo(below: end - start)
            if leaf < middle {
                path.append(root(from: middle, to: end))
                end = middle
            } else {
                path.append(root(from: start, to: middle))
                start = middle
            }
        }
        return path.reversed()
    }

    /// That the first `first` leaves of the tree of `second` leaves are the tree of `first` (RFC 9162 section 2.1.4.1); empty
    /// where the sizes are equal, or nil unless 0 < first ≤ second ≤ size.
    package func consistencyProof(first: Int, second: Int) -> [MerkleDigest]? {
        guard first > 0, first <= second, second <= size else { return nil }
        var path: [MerkleDigest] = []
        var (start, end) = (0, second)
        var isOwnRoot = true
        while first != end {
            let middle = start + Self.largestPowerOfTwo(below: end - start)
            if first <= middle {
                path.append(root(from: middle, to: end))
                end = middle
            } else {
                path.append(root(from: start, to: middle))
                start = middle
                isOwnRoot = false
            }
        }
        if !isOwnRoot { path.append(root(from: start, to: end)) }
        return path.reversed()
    }

    /// The hash of the leaves `start..<end`, where `start` is a multiple of the smallest power of two that holds them.
    private func root(from start: Int, to end: Int) -> MerkleDigest {
        let count = end - start
        if count == 0 { return H.digest([]) }
        if count & (count - 1) == 0 {
            let height = count.trailingZeroBitCount
            return levels[height][start >> height]
        }
        let middle = start + Self.largestPowerOfTwo(below: count)
        return H.node(root(from: start, to: middle), root(from: middle, to: end))
    }

    /// The largest power of two that is less than `count`, which is at least 2.
    private static func largestPowerOfTwo(below count: Int) -> Int { 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount) }
}
