import Exchange
import Postgres
import Quantities

/// Where the ledger's tree has followed the journal to.
struct TreePosition: Equatable {
    var sequence: Int64
    /// The hash of the frame that ends with it.
    var frameHash: [UInt8]
}

/// Why the tree cannot follow the journal, or cannot be signed.
package struct ProofFault: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// The tables of the ledger's tree: reads where it stands, writes what it grew by.
enum TreeStore {
    /// The tree as it was stored, with its position.
    static func load(_ connection: Connection) throws -> (TreePosition, TileTree) {
        let row = try connection.query("SELECT sequence, frame_hash, tree_size, edges FROM ledger_tree").onlyRow()
        guard let tree = TileTree(size: try row.int64(2), encodedEdges: try row.bytes(3)) else {
            throw ProofFault("ledger_tree: edges are not those of a tree of \(try row.int64(2)) leaves; run rebuild-projections")
        }
        return (TreePosition(sequence: try row.int64(0), frameHash: try row.bytes(1)), tree)
    }

    /// What one step of the tree writes: its new edge with the position, the filled tiles, perhaps a checkpoint.
    struct Step {
        var start: TreePosition
        var end: TreePosition
        var checkpoint: SignedCheckpoint?
    }

    /// Writes a step in one transaction, the tiles by COPY. A checkpoint waits for the disk: it was published then.
    ///
    /// - Parameter sign: Called with the lock on the tree held, so that a change of keys comes before or after, never between.
    /// - Returns: The checkpoint; nil for `isWritten` when somebody else moved the tree meanwhile: nothing was changed.
    static func write(
        _ tree: TileTree, from start: TreePosition, to end: TreePosition, _ connection: Connection,
        sign: (() throws -> SignedCheckpoint)?
    ) throws -> (isWritten: Bool, checkpoint: SignedCheckpoint?) {
        try connection.begin()
        do {
            let moved = try connection.query(
                "UPDATE ledger_tree SET sequence = $1, frame_hash = $2, tree_size = $3, edges = $4 "
                    + "WHERE sequence = $5 AND frame_hash = $6",
                [
                    .int64(end.sequence), .bytes(end.frameHash), .int64(tree.size), .bytes(tree.encodedEdges),
                    .int64(start.sequence), .bytes(start.frameHash),
                ])
            guard moved.affectedRows == 1 else {
                try connection.rollback()
                return (false, nil)
            }
            if !tree.filled.isEmpty {
                try connection.copy(into: "ledger_tiles", columns: ["level", "tile", "hashes"]) { copy in
                    for tile in tree.filled {
                        try copy.beginRow()
                        try copy.append(int32: Int32(tile.level))
                        try copy.append(tile.index)
                        try copy.append(bytes: tile.hashes)
                    }
                }
            }
            var signed: SignedCheckpoint?
            if let sign {
                try connection.executeScript("SET LOCAL synchronous_commit = on")
                let new = try sign()
                try store(new, connection)
                signed = new
            }
            try connection.commit()
            return (true, signed)
        } catch {
            if connection.isInTransaction { try? connection.rollback() }
            throw error
        }
    }

    private static func store(_ signed: SignedCheckpoint, _ connection: Connection) throws {
        try connection.query(
            "INSERT INTO ledger_checkpoints (number, tree_size, journal_sequence, note) VALUES ($1, $2, $3, $4)",
            [
                .int64(signed.checkpoint.number), .int64(signed.checkpoint.treeSize),
                .int64(signed.checkpoint.journalSequence), .text(signed.note.note),
            ])
    }

    /// Empties the tree's tables, so that it is built again. Checkpoints and keys were published and stay.
    static func clear(_ connection: Connection) throws {
        try connection.transaction {
            try connection.query("SELECT 1 FROM ledger_tree FOR UPDATE")
            try connection.executeScript("TRUNCATE ledger_tiles")
            try connection.query(
                "UPDATE ledger_tree SET sequence = 0, frame_hash = $1, tree_size = 0, edges = ''",
                [.bytes(ChainLink.start.frameHash)])
        }
    }

    // MARK: The journal

    /// Bytes of events in one step; one frame is always taken.
    static let byteLimit = 8 << 20

    /// Grows `tree` by the transfers of the frames that follow `start`.
    ///
    /// - Returns: Where it stands then; nil when nothing follows.
    /// - Throws: `ProofFault` when the frames do not continue `start` or a transfer's number is not the next one.
    static func follow(
        _ tree: inout TileTree, after start: TreePosition, _ hasher: TreeHasher, _ connection: Connection
    ) throws -> TreePosition? {
        let frames = try JournalReading.next(connection, after: start.sequence, byteLimit: byteLimit)
        guard !frames.isEmpty else { return nil }
        return try follow(&tree, after: start, hasher, frames)
    }

    /// Grows `tree` by the transfers of these frames.
    ///
    /// - Returns: Where it stands then.
    /// - Throws: As of the journal's frames.
    static func follow(
        _ tree: inout TileTree, after start: TreePosition, _ hasher: TreeHasher, _ frames: [CommittedFrame]
    ) throws(ProofFault) -> TreePosition {
        var end = start
        for frame in frames {
            func fault(_ reason: String) -> ProofFault {
                ProofFault("journal_frames, row with first_sequence \(frame.firstSequence): \(reason)")
            }
            guard frame.firstSequence == end.sequence + 1, frame.previousHash == end.frameHash else {
                throw fault("it does not continue sequence \(end.sequence), to which the ledger's tree followed")
            }
            do throws(BinaryDecoder.Failure) {
                try grow(&tree, by: frame.events, hasher)
            } catch {
                throw fault("its events cannot be read: \(error)")
            }
            end = TreePosition(sequence: frame.lastSequence, frameHash: frame.frameHash)
        }
        return end
    }

    /// Appends the leaves of a frame's transfers.
    static func grow(_ tree: inout TileTree, by events: [UInt8], _ hasher: TreeHasher) throws(BinaryDecoder.Failure) {
        var walker = EventWalker(events)
        while let entry = try walker.next() {
            guard entry.tag == .transfer else { continue }
            hasher.setLeaf(journal: events, entry.payload)
            tree.appendLeaf(of: hasher)
        }
    }
}
