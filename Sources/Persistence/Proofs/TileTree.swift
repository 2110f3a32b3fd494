/// A full tile: 256 hashes of complete subtrees of 256^level leaves each, the `index`-th such tile from the left.
struct Tile {
    let level: Int
    let index: Int64
    /// 8,192 bytes.
    let hashes: [UInt8]

    /// Hashes of a full tile, as in C2SP tlog-tiles.
    static let width = 256
    static let byteCount = width * TreeHasher.digestLength
}

/// The Merkle tree of RFC 9162 as its right edge: what is to the left of it lies in full tiles, which are handed out as they
/// fill. A leaf costs two hashes; memory is a few tiles, however large the tree is.
struct TileTree {
    /// Leaves so far.
    private(set) var size: Int64 = 0
    /// Tiles that filled since the owner took them.
    private(set) var filled: [Tile] = []
    /// By level: the hashes that no full tile holds yet, fewer than 256 on each.
    private var edges: [[UInt8]] = []

    /// More than 2⁶³ leaves have no number.
    static let levels = 8

    init() { edges = Array(repeating: [], count: Self.levels) }

    /// The tree that `encodedEdges` was taken of; nil where the bytes are not as many as its size asks for.
    init?(size: Int64, encodedEdges: [UInt8]) {
        self.init()
        guard size >= 0 else { return nil }
        self.size = size
        var offset = 0
        for level in 0..<Self.levels {
            let count = Int(size >> Int64(8 * level)) & (Tile.width - 1)
            let end = offset + count * TreeHasher.digestLength
            guard end <= encodedEdges.count else { return nil }
            edges[level] = Array(encodedEdges[offset..<end])
            offset = end
        }
        guard offset == encodedEdges.count else { return nil }
    }

    /// The hashes of all levels' edges, the lowest level first.
    var encodedEdges: [UInt8] { edges.flatMap { $0 } }

    /// The hashes of one level that no full tile holds.
    func edge(_ level: Int) -> [UInt8] { edges[level] }

    /// Adds the leaf that the hasher holds.
    mutating func appendLeaf(of hasher: TreeHasher) {
        hasher.appendLeafHash(to: &edges[0])
        size += 1
        if edges[0].count == Tile.byteCount { fill(hasher) }
    }

    /// Hands out the full tiles of the edge and carries their roots upwards.
    private mutating func fill(_ hasher: TreeHasher) {
        var level = 0
        while edges[level].count == Tile.byteCount {
            let index = size >> Int64(8 * (level + 1))
            filled.append(Tile(level: level, index: index - 1, hashes: edges[level]))
            let root = hasher.fold(&edges[level])
            edges[level + 1].append(contentsOf: root)
            edges[level].removeAll(keepingCapacity: true)
            level += 1
        }
    }

    /// Forgets the filled tiles, which the owner has taken.
    mutating func removeFilled() { filled.removeAll(keepingCapacity: true) }

    /// The root of the whole tree: 32 bytes; of no leaves the hash of nothing.
    ///
    /// - Complexity: one hash for every hash of the edges.
    func root(_ hasher: TreeHasher) -> [UInt8] {
        var right: [UInt8] = []
        for level in 0..<Self.levels {
            var hashes = edges[level] + right
            if !hashes.isEmpty { right = hasher.fold(&hashes) }
        }
        return right.isEmpty ? hasher.fold(&right) : right
    }
}
