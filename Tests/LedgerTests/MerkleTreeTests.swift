import Ledger
import Quantities
import TestSupport
import Testing

typealias Tree = MerkleTree<PlainSHA256>
typealias Proof = MerkleProof<PlainSHA256>

/// The definitions of RFC 9162 section 2.1, word for word, with no memory of earlier hashes.
enum NaiveMerkle {
    static func split(_ count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }

    static func root(_ entries: ArraySlice<[UInt8]>) -> MerkleDigest {
        guard let first = entries.first else { return PlainSHA256.digest([]) }
        if entries.count == 1 { return PlainSHA256.digest([0] + first) }
        let middle = entries.startIndex + split(entries.count)
        return PlainSHA256.digest([1] + root(entries[..<middle]).bytes + root(entries[middle...]).bytes)
    }

    static func path(_ leaf: Int, _ entries: ArraySlice<[UInt8]>) -> [MerkleDigest] {
        if entries.count == 1 { return [] }
        let power = split(entries.count)
        let middle = entries.startIndex + power
        return leaf < power
            ? path(leaf, entries[..<middle]) + [root(entries[middle...])]
            : path(leaf - power, entries[middle...]) + [root(entries[..<middle])]
    }

    static func subproof(_ first: Int, _ entries: ArraySlice<[UInt8]>, _ complete: Bool) -> [MerkleDigest] {
        if first == entries.count { return complete ? [] : [root(entries)] }
        let power = split(entries.count)
        let middle = entries.startIndex + power
        return first <= power
            ? subproof(first, entries[..<middle], complete) + [root(entries[middle...])]
            : subproof(first - power, entries[middle...], false) + [root(entries[..<middle])]
    }
}

@Suite("Merkle tree")
struct MerkleTreeTests {
    /// The eight entries and nine roots that Certificate Transparency implementations test with.
    static let entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    static func entries(_ count: Int) -> [[UInt8]] { (0..<count).map { [UInt8($0 & 255), UInt8($0 >> 8), 7] } }

    @Test("the plain SHA-256 of these tests gives the published digests")
    func digests() {
        #expect(PlainSHA256.digest(Array("abc".utf8)).bytes
            == hexadecimal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
        #expect(PlainSHA256.digest(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)).bytes
            == hexadecimal("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"))
    }

    @Test("the roots of the published entries are the published roots, also when asked for later")
    func publishedRoots() {
        var tree = Tree()
        #expect(tree.root().bytes == hexadecimal(Self.roots[0]))
        for (index, entry) in Self.entries.enumerated() {
            tree.append(hexadecimal(entry))
            #expect(tree.root().bytes == hexadecimal(Self.roots[index + 1]))
        }
        for size in 0...8 { #expect(tree.root(size: size)?.bytes == hexadecimal(Self.roots[size])) }
        #expect(tree.root(size: 9) == nil)
        #expect(tree.root(size: -1) == nil)
    }

    @Test("the published inclusion proof of leaf 5 in a tree of 8 comes out")
    func publishedInclusionProof() {
        var tree = Tree()
        for entry in Self.entries { tree.append(hexadecimal(entry)) }
        #expect(tree.inclusionProof(leaf: 5, size: 8)?.map(\.bytes) == [
            hexadecimal("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
            hexadecimal("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
            hexadecimal("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ])
    }

    @Test("roots and proofs of every size up to 40 equal the definitions, and verify")
    func allSmallTrees() {
        let entries = Self.entries(40)
        var tree = Tree()
        for entry in entries { tree.append(entry) }
        for size in 1...40 {
            let root = tree.root(size: size)!
            #expect(root == NaiveMerkle.root(entries[..<size]))
            for leaf in 0..<size {
                let path = tree.inclusionProof(leaf: leaf, size: size)!
                #expect(path == NaiveMerkle.path(leaf, entries[..<size]))
                #expect(Proof.verifyInclusion(leafHash: tree.leafHash(leaf), index: leaf, size: size, path: path, root: root))
            }
            for first in 1...size {
                let path = tree.consistencyProof(first: first, second: size)!
                #expect(path == NaiveMerkle.subproof(first, entries[..<size], true))
                #expect(Proof.verifyConsistency(
                    first: first, second: size, firstRoot: tree.root(size: first)!, secondRoot: root, path: path))
            }
        }
    }

    @Test("a proof that was changed, shortened, lengthened or moved verifies nothing", arguments: [1, 2, 3])
    func tamperedProofs(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tree = Tree()
        for entry in Self.entries(100) { tree.append(entry) }
        for _ in 0..<150 {
            let size = Int.random(in: 2...100, using: &random)
            let leaf = Int.random(in: 0..<size, using: &random)
            let root = tree.root(size: size)!
            let hash = tree.leafHash(leaf)
            let path = tree.inclusionProof(leaf: leaf, size: size)!
            func verifies(_ path: [MerkleDigest], index: Int, size: Int, hash: MerkleDigest) -> Bool {
                Proof.verifyInclusion(leafHash: hash, index: index, size: size, path: path, root: root)
            }
            #expect(!verifies(Array(path.dropLast()), index: leaf, size: size, hash: hash), "seed \(seed)")
            #expect(!verifies(path + [hash], index: leaf, size: size, hash: hash), "seed \(seed)")
            #expect(!verifies(path, index: (leaf + 1) % size, size: size, hash: hash), "seed \(seed)")
            #expect(!verifies(path, index: leaf, size: size, hash: root), "seed \(seed)")
            #expect(!verifies(path, index: -1, size: size, hash: hash) && !verifies(path, index: size, size: size, hash: hash))

            let first = Int.random(in: 1..<size, using: &random)
            let firstRoot = tree.root(size: first)!
            let proof = tree.consistencyProof(first: first, second: size)!
            func agrees(_ proof: [MerkleDigest], _ first: Int, _ firstRoot: MerkleDigest) -> Bool {
                Proof.verifyConsistency(first: first, second: size, firstRoot: firstRoot, secondRoot: root, path: proof)
            }
            #expect(!agrees(Array(proof.dropLast()), first, firstRoot), "seed \(seed)")
            #expect(!agrees(proof + [hash], first, firstRoot), "seed \(seed)")
            #expect(!agrees(proof, first, hash) || hash == firstRoot, "seed \(seed)")
            let victim = Int.random(in: 0..<proof.count, using: &random)
            var changed = proof
            changed[victim] = PlainSHA256.digest(proof[victim].bytes)
            #expect(!agrees(changed, first, firstRoot), "seed \(seed)")
        }
    }

    @Test("equal sizes are consistent by equal roots alone, and nothing is consistent with an empty tree")
    func consistencyEdges() {
        var tree = Tree()
        for entry in Self.entries(5) { tree.append(entry) }
        let root = tree.root()
        #expect(tree.consistencyProof(first: 5, second: 5) == [])
        #expect(Proof.verifyConsistency(first: 5, second: 5, firstRoot: root, secondRoot: root, path: []))
        #expect(!Proof.verifyConsistency(first: 5, second: 5, firstRoot: root, secondRoot: root, path: [root]))
        #expect(!Proof.verifyConsistency(first: 5, second: 5, firstRoot: MerkleDigest(), secondRoot: root, path: []))
        #expect(tree.consistencyProof(first: 0, second: 5) == nil)
        #expect(!Proof.verifyConsistency(first: 0, second: 5, firstRoot: PlainSHA256.digest([]), secondRoot: root, path: []))
        #expect(tree.consistencyProof(first: 4, second: 6) == nil)
        #expect(tree.inclusionProof(leaf: 5, size: 5) == nil)
    }

    @Test("a tree read back from leaf hashes is the same tree")
    func rebuiltFromHashes() {
        var tree = Tree()
        var copy = Tree()
        for entry in Self.entries(33) {
            tree.append(entry)
            copy.append(leafHash: PlainSHA256.leaf(entry))
        }
        #expect(copy.root() == tree.root() && copy.size == 33)
    }

    @Test("a digest keeps its 32 bytes in order and takes no other number")
    func digestBytes() {
        let bytes = Array(UInt8(1)...32)
        #expect(MerkleDigest(bytes)?.bytes == bytes)
        #expect(MerkleDigest(bytes.dropLast()) == nil)
        #expect(MerkleDigest(bytes + [0]) == nil)
        #expect(BinaryEncoder.encode(MerkleDigest(bytes)!) == [32, 0, 0, 0] + bytes)
    }
}
