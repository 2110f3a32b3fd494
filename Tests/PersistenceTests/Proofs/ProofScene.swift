import Exchange
import Foundation
import Ledger
import Persistence
import Postgres
import Quantities
import Sequencer

extension Scene {
    var ledgerKeys: LedgerKeyStore { LedgerKeyStore(dataDirectory: folder) }

    /// Appends frames to the journal.
    func append(_ frames: some Sequence<Frame>) throws {
        let journal = try journal()
        for frame in frames { try journal.append(frame) }
        journal.close()
    }

    /// Lets a prover sign everything that the journal has, as at a server's end.
    func sign() throws {
        let end = try number("SELECT coalesce(max(last_sequence), 0) FROM journal_frames")
        let prover = LedgerProver(database, keys: ledgerKeys, committed: end, logger: Self.logger)
        prover.start()
        prover.stop(catchingUpFor: .seconds(20))
    }

    /// A history of some pieces, signed after each: journal, projections, tree and checkpoints agree.
    func publish(_ pieces: [ArraySlice<Frame>] = SampleHistory.pieces) throws {
        for piece in pieces {
            try append(piece)
            try sign()
        }
        try Projector.rebuild(database)
    }

    /// Changes what is published, with the triggers out of the way, as somebody with the database's password can.
    func tamper(_ sql: String) throws {
        let tables = ["journal_frames", "ledger_checkpoints", "ledger_keys"]
        let off = tables.map { "ALTER TABLE \($0) DISABLE TRIGGER append_only;" }.joined()
        let on = tables.map { "ALTER TABLE \($0) ENABLE TRIGGER append_only;" }.joined()
        try execute("\(off) \(sql); \(on)")
    }

    /// Cuts journal, checkpoints and everything derived back to the first frames, and leaves no trace of the rest.
    func cutBack(to sequence: Int64) throws {
        try tamper(
            "DELETE FROM journal_frames WHERE last_sequence > \(sequence); DELETE FROM state_hashes WHERE sequence > \(sequence); "
                + "DELETE FROM ledger_checkpoints WHERE journal_sequence > \(sequence)")
        try Projector.rebuild(database)
        try LedgerProver.rebuild(database)
    }

    var notes: [SignedCheckpoint] {
        get throws {
            try connect().query("SELECT note FROM ledger_checkpoints ORDER BY number").compactMap {
                SignedCheckpoint(note: try $0.text(0))
            }
        }
    }

    /// The tree's tables as text.
    func treeTables() throws -> [String] {
        let connection = try connect()
        return try ["ledger_tree", "ledger_tiles"].flatMap { table in
            try connection.query("SELECT CAST(t AS text) FROM \(table) t ORDER BY 1").map { try $0.text(0) }
        }
    }
}

extension SampleHistory {
    /// The history in three pieces.
    static let pieces: [ArraySlice<Frame>] = {
        let third = frames.count / 3
        return [frames[..<third], frames[third..<2 * third], frames[(2 * third)...]]
    }()

    /// All transfers in order.
    static let transfers: [Transfer] = events.compactMap { if case .transfer(let transfer) = $0.event { transfer } else { nil } }

    /// The tree of all transfers, in memory.
    static let tree: MerkleTree<TreeSHA256> = {
        var tree = MerkleTree<TreeSHA256>()
        for transfer in transfers { tree.append(transfer.leaf) }
        return tree
    }()

    /// Another history that begins with the first `count` frames: what came later in the true one never happened.
    static func otherFrames(after count: Int) -> [Frame] {
        let exchange = Exchange()
        var begun: [Frame] = []
        var rest = envelopes[...]
        for frame in frames.prefix(count) {
            let commands = Int(frame.lastSequence - frame.firstSequence) + 1
            begun.append(Self.frame(of: Array(rest.prefix(commands)), exchange))
            rest = rest.dropFirst(commands)
        }
        // Every second of the commands that follow.
        let kept = rest.enumerated().filter { $0.offset % 2 == 0 && $0.element.time >= exchange.time }.map(\.element)
        for start in stride(from: 0, to: kept.count, by: 40) {
            begun.append(Self.frame(of: Array(kept[start..<min(start + 40, kept.count)]), exchange))
        }
        return Array(begun.dropFirst(count))
    }
}
