/// One complete subtree of a Merkle tree: 2^height leaves, the `index`-th such from the left.
package struct MerkleNode: Hashable, Sendable {
    package var height: Int
    package var index: Int64

    package init(height: Int, index: Int64) {
        self.height = height
        self.index = index
    }
}

/// Which parts of a tree a root or a proof of RFC 9162 is made of, for whoever keeps the tree elsewhere than in memory.
///
/// A proof is a list of ranges of leaves; the hash of each is folded from its complete subtrees.
package enum MerklePath {
    /// The complete subtrees of the leaves `range`, from the left; they get smaller. O(log n).
    ///
    /// - Precondition: the range begins at a multiple of the smallest power of two that holds it.
    package static func nodes(of range: Range<Int64>) -> [MerkleNode] {
        var nodes: [MerkleNode] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let height = Int64.bitWidth - 1 - (range.upperBound - start).leadingZeroBitCount
            nodes.append(MerkleNode(height: height, index: start >> Int64(height)))
            start += 1 << Int64(height)
        }
        return nodes
    }

    /// The ranges whose hashes are the audit path of a leaf, from the leaf upwards (RFC 9162 section 2.1.3.1); nil where there
    /// is no such leaf.
    package static func inclusion(leaf: Int64, size: Int64) -> [Range<Int64>]? {
        guard leaf >= 0, leaf < size else { return nil }
        var path: [Range<Int64>] = []
        var (start, end) = (Int64(0), size)
        while end - start > 1 {
            let middle = start + largestPowerOfTwo(below: end - start)
            if leaf < middle {
                path.append(middle..<end)
                end = middle
            } else {
                path.append(start..<middle)
                start = middle
            }
        }
        return path.reversed()
    }

    /// The ranges whose hashes prove that the tree of `first` leaves begins the one of `second` (RFC 9162 section 2.1.4.1);
    /// nil unless 0 < first ≤ second.
    package static func consistency(first: Int64, second: Int64) -> [Range<Int64>]? {
        guard first > 0, first <= second else { return nil }
        var path: [Range<Int64>] = []
        var (start, end) = (Int64(0), second)
        var isOwnRoot = true
        while first != end {
            let middle = start + largestPowerOfTwo(below: end - start)
            if first <= middle {
                path.append(middle..<end)
                end = middle
            } else {
                path.append(start..<middle)
                start = middle
                isOwnRoot = false
            }
        }
        if !isOwnRoot { path.append(start..<end) }
        return path.reversed()
    }

    private static func largestPowerOfTwo(below count: Int64) -> Int64 {
        1 << Int64(Int64.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}
