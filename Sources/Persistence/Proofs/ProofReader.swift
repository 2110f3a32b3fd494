import Exchange
import Ledger
import Postgres

/// Makes roots and proofs from the stored tiles: O(log n) tiles of one query, and no look at the transfers.
struct ProofReader {
    private let connection: Connection
    /// Tiles and edges that were read, by level and index.
    private var tiles: [MerkleNode: [UInt8]] = [:]
    /// Leaves that the tables hold.
    private(set) var size: Int64 = 0
    private let hasher = TreeHasher()

    private static let bits: Int64 = 8

    init(_ connection: Connection) { self.connection = connection }

    /// Reads where the tree ends.
    mutating func open() throws {
        let (_, tree) = try TreeStore.load(connection)
        size = tree.size
        tiles.removeAll()
        for level in 0..<TileTree.levels {
            let full = size >> (Self.bits * Int64(level + 1))
            tiles[MerkleNode(height: level, index: full)] = tree.edge(level)
        }
    }

    /// The root of the first `size` leaves.
    mutating func root(_ size: Int64) throws -> [UInt8] {
        if size == 0 { return TileTree().root(hasher) }
        return try hashes([0..<size])[0]
    }

    /// The path of an inclusion proof with the root; nil where there is no such leaf or size.
    mutating func inclusion(leaf: Int64, size: Int64) throws -> (path: [[UInt8]], root: [UInt8], leafHash: [UInt8])? {
        guard size <= self.size, let ranges = MerklePath.inclusion(leaf: leaf, size: size) else { return nil }
        let found = try hashes(ranges + [0..<size, leaf..<leaf + 1])
        return (Array(found.dropLast(2)), found[found.count - 2], found[found.count - 1])
    }

    /// The path of a consistency proof with both roots; nil where there are no such sizes.
    mutating func consistency(first: Int64, second: Int64) throws -> (path: [[UInt8]], first: [UInt8], second: [UInt8])? {
        guard second <= size, let ranges = MerklePath.consistency(first: first, second: second) else { return nil }
        let found = try hashes(ranges + [0..<first, 0..<second])
        return (Array(found.dropLast(2)), found[found.count - 2], found[found.count - 1])
    }

    /// The hash of each range.
    private mutating func hashes(_ ranges: [Range<Int64>]) throws -> [[UInt8]] {
        let nodes = ranges.map { MerklePath.nodes(of: $0) }
        try load(Set(nodes.joined().map(tile)))
        return try nodes.map { parts in
            var right: [UInt8]?
            for node in parts.reversed() {
                let left = try hash(node)
                if let known = right {
                    var pair = left + known
                    right = hasher.fold(&pair)
                } else {
                    right = left
                }
            }
            guard let right else { throw ProofFault("the hash of no leaves was asked for as a part of a proof") }
            return right
        }
    }

    /// The tile that holds a node's hash or the hashes below it.
    private func tile(of node: MerkleNode) -> MerkleNode {
        let (level, inside) = (node.height / 8, Int64(node.height % 8))
        return MerkleNode(height: level, index: (node.index << inside) >> Self.bits)
    }

    /// The hash of a complete subtree, folded from its tile.
    private func hash(_ node: MerkleNode) throws -> [UInt8] {
        let place = tile(of: node)
        let inside = node.height % 8
        let first = Int(node.index << Int64(inside)) & (Tile.width - 1)
        let (start, end) = (first * TreeHasher.digestLength, (first + (1 << inside)) * TreeHasher.digestLength)
        guard let tile = tiles[place], end <= tile.count else {
            throw ProofFault("ledger_tiles: level \(place.height), tile \(place.index) is missing; run rebuild-projections")
        }
        var part = Array(tile[start..<end])
        return hasher.fold(&part)
    }

    private mutating func load(_ wanted: Set<MerkleNode>) throws {
        let missing = wanted.filter { tiles[$0] == nil }
        guard !missing.isEmpty else { return }
        // Numbers only, so the text is safe.
        let places = missing.map { "(\($0.height),\($0.index))" }.joined(separator: ",")
        for row in try connection.query("SELECT level, tile, hashes FROM ledger_tiles WHERE (level, tile) IN (\(places))") {
            tiles[MerkleNode(height: Int(try row.int64(0)), index: try row.int64(1))] = try row.bytes(2)
        }
    }
}
