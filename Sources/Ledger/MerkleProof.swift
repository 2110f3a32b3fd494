/// Checks proofs of a Merkle tree without the tree, by the algorithms of RFC 9162.
package enum MerkleProof<H: MerkleHash> {
    /// Whether `path` proves that a leaf stands at `index` in the tree of `size` leaves with this root (section 2.1.3.2).
    package static func verifyInclusion(
        leafHash: MerkleDigest, index: Int, size: Int, path: [MerkleDigest], root: MerkleDigest
    ) -> Bool {
        guard index >= 0, index < size else { return false }
        var node = index
        var last = size - 1
        var hash = leafHash
        for sibling in path {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                hash = H.node(sibling, hash)
                skipLevelsWithoutSibling(&node, &last)
            } else {
                hash = H.node(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// Whether `path` proves that the tree of `first` leaves begins the tree of `second` (section 2.1.4.2).
    ///
    /// Equal sizes need equal roots and an empty path; a first size of 0 proves nothing and is refused.
    package static func verifyConsistency(
        first: Int, second: Int, firstRoot: MerkleDigest, secondRoot: MerkleDigest, path: [MerkleDigest]
    ) -> Bool {
        guard first > 0, first <= second else { return false }
        if first == second { return path.isEmpty && firstRoot == secondRoot }
        guard let head = path.first else { return false }
        // The path of a first tree that is one complete subtree leaves that subtree's hash out: it is the first root.
        let isComplete = first & (first - 1) == 0
        let start = isComplete ? firstRoot : head
        var node = first - 1
        var last = second - 1
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        var firstHash = start
        var secondHash = start
        for sibling in isComplete ? path[...] : path.dropFirst() {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                firstHash = H.node(sibling, firstHash)
                secondHash = H.node(sibling, secondHash)
                skipLevelsWithoutSibling(&node, &last)
            } else {
                secondHash = H.node(secondHash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && firstHash == firstRoot && secondHash == secondRoot
    }

    /// On the right edge a node stands alone on some levels; they carry no hash of the path.
    private static func skipLevelsWithoutSibling(_ node: inout Int, _ last: inout Int) {
        while node & 1 == 0, node != 0 {
            node >>= 1
            last >>= 1
        }
    }
}
