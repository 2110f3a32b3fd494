import Ledger
import Testing

@Suite("MerklePath")
struct MerklePathTests {
    /// The hash of a range, folded from its complete subtrees as a reader of tiles does.
    private static func hash(_ range: Range<Int64>, _ leaves: [MerkleDigest]) -> MerkleDigest? {
        var right: MerkleDigest?
        for node in MerklePath.nodes(of: range).reversed() {
            var tree = MerkleTree<PlainSHA256>()
            let first = Int(node.index) << node.height
            for leaf in leaves[first..<first + 1 << node.height] { tree.append(leafHash: leaf) }
            right = right.map { PlainSHA256.node(tree.root(), $0) } ?? tree.root()
        }
        return right
    }

    @Test("the ranges of every proof up to 33 leaves hash to the proof of the tree in memory")
    func ranges() {
        var tree = MerkleTree<PlainSHA256>()
        var leaves: [MerkleDigest] = []
        for number in 0..<33 {
            tree.append([UInt8(number)])
            leaves.append(tree.leafHash(number))
        }
        for size in 1...33 {
            #expect(Self.hash(0..<Int64(size), leaves) == tree.root(size: size))
            for leaf in 0..<size {
                let ranges = MerklePath.inclusion(leaf: Int64(leaf), size: Int64(size))
                #expect(ranges?.compactMap { Self.hash($0, leaves) } == tree.inclusionProof(leaf: leaf, size: size))
            }
            for first in 1...size {
                let ranges = MerklePath.consistency(first: Int64(first), second: Int64(size))
                #expect(ranges?.compactMap { Self.hash($0, leaves) } == tree.consistencyProof(first: first, second: size))
            }
        }
    }

    @Test("there is no proof of a leaf or a size that is not there")
    func nothing() {
        #expect(MerklePath.inclusion(leaf: 5, size: 5) == nil)
        #expect(MerklePath.inclusion(leaf: -1, size: 5) == nil)
        #expect(MerklePath.consistency(first: 0, second: 5) == nil)
        #expect(MerklePath.consistency(first: 6, second: 5) == nil)
    }
}
