import Exchange
import Foundation
import Ledger
import Postgres
import Quantities
import Sequencer

/// The ledger's past from the projections, the tiles and the checkpoints.
package final class PostgresLedgerArchive: LedgerArchive {
    private let pool: ConnectionPool
    private let projector: Projector
    private let prover: LedgerProver
    private let threads: ReaderThreads

    /// How long a read waits for the tables.
    private static let patience: Duration = .seconds(2)

    /// - Parameter readers: Queries at a time, each on a connection of its own that cannot write.
    package init(_ target: ConnectionString, projector: Projector, prover: LedgerProver, readers: Int) {
        pool = ConnectionPool(to: target, limit: readers)
        self.projector = projector
        self.prover = prover
        threads = ReaderThreads(name: "suanpan.archive", count: readers)
    }

    /// Closes the connections.
    package func close() { pool.close() }

    // MARK: Transfers and balances

    package func transfers(
        _ filter: TransferFilter, after: TransferID, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [PostedTransfer] {
        try await projected(sequence)
        return try await read { connection in
            let (sql, parameters) = try ArchiveQueries.transfers(filter, after: after, limit: limit, connection)
            return try connection.query(sql, parameters).map { try TransferRow($0).posted }
        }
    }

    package func balances(
        at moment: LedgerMoment, account: AccountID?, participant: ParticipantID?, after: AccountID, limit: Int,
        including sequence: Int64
    ) async throws(HistoryError) -> [PastBalance] {
        try await projected(sequence)
        return try await read { connection in
            let (sql, parameters) = try ArchiveQueries.balances(
                at: moment, account: account, participant: participant, after: after, limit: limit, connection)
            return try connection.query(sql, parameters).map(ArchiveQueries.balance)
        }
    }

    // MARK: Checkpoints and proofs

    package func latestCheckpoint() async throws(HistoryError) -> CheckpointView? {
        try await checkpoints(before: nil, limit: 1).first
    }

    package func checkpoints(before: Int64?, limit: Int) async throws(HistoryError) -> [CheckpointView] {
        try await read { connection in
            try connection.query(
                "SELECT note FROM ledger_checkpoints WHERE number < $1 ORDER BY number DESC LIMIT $2",
                [.int64(before ?? .max), .int64(Int64(limit))]
            ).map { try CheckpointView(note: $0.text(0)) }
        }
    }

    package func inclusion(
        of transfer: TransferID, size: Int64?, participant: ParticipantID?, including sequence: Int64
    ) async throws(HistoryError) -> InclusionProofView? {
        try await projected(sequence)
        let covered: Int64? = try await read { connection in
            let rows = try connection.query(
                "SELECT sequence FROM transfers t WHERE id = $1 AND ($2 = 0 OR EXISTS (SELECT FROM accounts a "
                    + "WHERE a.id IN (t.debit, t.credit) AND a.kind = 'cash' AND a.participant = $2))",
                [.int64(transfer.rawValue), .int64(participant?.rawValue ?? 0)])
            return try rows.first?.int64(0)
        }
        guard let covered else { return nil }
        if size == nil { try await signed(covered) }
        return try await read { connection in
            // The size first: the tree that is read after it is at least as large.
            let wanted = try size ?? Self.latestSize(connection)
            var reader = ProofReader(connection)
            try reader.open()
            guard let proof = try reader.inclusion(leaf: transfer.rawValue - 1, size: wanted) else { return nil }
            let row = try connection.query(
                "SELECT \(TransferRow.selection()) FROM transfers WHERE id = $1", [.int64(transfer.rawValue)]
            ).onlyRow()
            var view = InclusionProofView()
            view.transferID = transfer
            view.leafIndex = transfer.rawValue - 1
            view.leaf = Bytes(try TransferRow(row).posted.transfer.leaf)
            view.leafHash = Bytes(proof.leafHash)
            view.treeSize = wanted
            view.rootHash = Bytes(proof.root)
            view.path = proof.path.map { Bytes($0) }
            return view
        }
    }

    package func consistency(first: Int64, second: Int64?) async throws(HistoryError) -> ConsistencyProofView? {
        try await read { connection in
            let wanted = try second ?? Self.latestSize(connection)
            var reader = ProofReader(connection)
            try reader.open()
            guard let proof = try reader.consistency(first: first, second: wanted) else { return nil }
            var view = ConsistencyProofView()
            view.first = first
            view.second = wanted
            view.firstRoot = Bytes(proof.first)
            view.secondRoot = Bytes(proof.second)
            view.path = proof.path.map { Bytes($0) }
            return view
        }
    }

    package func keys() async throws(HistoryError) -> [LedgerKeyView] {
        try await read { connection in
            let keys = try LedgerKeyTable.rows(connection)
            return keys.enumerated().map { position, key in
                let next = position + 1 < keys.count ? keys[position + 1] : nil
                return LedgerKeyView(key, endsBefore: next?.firstCheckpoint)
            }
        }
    }

    package var figures: LedgerFigures? {
        let metrics = prover.metrics
        var figures = LedgerFigures()
        figures.treeSize = metrics.treeSize
        figures.checkpoints = metrics.checkpoints
        figures.signedSequence = metrics.signedSequence
        figures.unsigned = metrics.lagSequences
        figures.isStopped = metrics.isStopped
        return figures
    }

    private static func latestSize(_ connection: Connection) throws -> Int64 {
        try connection.query(
            "SELECT coalesce((SELECT tree_size FROM ledger_checkpoints ORDER BY number DESC LIMIT 1), 0)"
        ).onlyRow().int64(0)
    }

    // MARK: Waiting and reading

    private func projected(_ sequence: Int64) async throws(HistoryError) {
        try Self.confirm(await projector.arrival(at: sequence, within: Self.patience))
    }

    private func signed(_ sequence: Int64) async throws(HistoryError) {
        try Self.confirm(await prover.arrival(at: sequence, within: Self.patience))
    }

    private static func confirm(_ arrival: Projector.Arrival) throws(HistoryError) {
        switch arrival {
        case .reached: break
        case .behind: throw .behind
        case .stopped(let reason): throw .unavailable(reason)
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws(HistoryError) -> Value {
        let pool = pool
        do {
            return try await threads.run { try pool.withConnection { try body($0) } }
        } catch {
            throw .unavailable("\(error)")
        }
    }
}

extension CheckpointView {
    /// What a stored note says.
    ///
    /// - Throws: `ProofFault` where it is no checkpoint.
    init(note: String) throws {
        guard let signed = SignedCheckpoint(note: note) else { throw ProofFault("ledger_checkpoints: a note is no checkpoint") }
        self.init()
        number = signed.checkpoint.number
        origin = signed.checkpoint.origin
        treeSize = signed.checkpoint.treeSize
        rootHash = Bytes(signed.checkpoint.rootHash)
        journalSequence = signed.checkpoint.journalSequence
        frameHash = Bytes(signed.checkpoint.frameHash)
        time = signed.checkpoint.time
        keyID = signed.note.keyIdentifier
        signature = Data(signed.note.signature).base64EncodedString()
        self.note = note
    }
}

extension LedgerKeyView {
    init(_ key: LedgerKey, endsBefore next: Int64?) {
        self.init()
        number = Int64(key.number)
        keyID = key.key.identifier
        publicKey = Bytes(key.key.key)
        verifierKey = key.key.description
        firstCheckpoint = key.firstCheckpoint
        lastCheckpoint = next.map { $0 - 1 }
        validFrom = key.time
        endorsement = key.statement
    }
}
