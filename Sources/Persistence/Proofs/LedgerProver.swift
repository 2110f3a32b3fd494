import Cryptography
import Dispatch
import Foundation
import Logging
import Postgres
import Quantities

/// Follows the journal, keeps the Merkle tree of the ledger's transfers and signs checkpoints of it.
///
///     frames, as committed
///     or of the journal ──► transfers' leaves ──► COPY full tiles, the edge, the position ──┐ one
///                                                 once a second a signed checkpoint ────────┘ transaction
///
/// The position moves in the transaction that writes the tiles, so every transfer is in the tree exactly once, whatever dies
/// when; and only committed frames are ever signed. A thread and a connection of its own, as the projector has; it gathers for
/// a tenth of a second, so that a busy journal costs it ten transactions a second.
///
/// Everything is guarded by `condition`, except what `Work` holds, which the thread alone has.
package final class LedgerProver: @unchecked Sendable {
    private let target: ConnectionString
    private let keys: LedgerKeyStore
    private let logger: Logger
    private let condition = NSCondition()
    /// Its "projected" is the last sequence number that a checkpoint covers.
    private var progress: ProjectorProgress
    private var counts = ProverMetrics()
    private var handed = HandedFrames()
    /// Whether the thread waits for something to do: a commit that comes while it works or gathers need not wake it.
    private var isIdle = false
    private var started = false
    private var stopping = false
    private var ended = false

    private static let pollSeconds = 0.25
    private static let gatherSeconds = 0.1
    /// A little less than the second that is promised.
    private static let checkpointNanoseconds: UInt64 = 800_000_000

    /// What the thread has at hand while its connection lives.
    private struct Work {
        var connection: Connection
        var position: TreePosition
        var tree: TileTree
        var key: (LedgerKey, SigningKey)
        var lastCheckpoint: Int64
        var signedSequence: Int64
    }

    /// - Parameter committed: The last sequence number in the journal.
    package init(_ target: ConnectionString, keys: LedgerKeyStore, committed: Int64, logger: Logger) {
        self.target = target
        self.keys = keys
        self.logger = logger
        progress = ProjectorProgress(committed: committed)
    }

    /// Makes sure that the secret half of the newest key is at hand; a new database gets its first key.
    ///
    /// - Throws: `ProofFault`, `KeyFileError`, `PostgresError`.
    package static func confirmKey(_ keys: LedgerKeyStore, _ connection: Connection) throws {
        // The tree's row is locked only to make a first key, or to wait for a change of keys: who only looks must not wait for a server
        // that was stopped while it wrote.
        if let newest = try LedgerKeyTable.rows(connection).last, (try? keys.key(for: newest.key.key)) != nil { return }
        _ = try connection.transaction {
            try connection.query("SELECT 1 FROM ledger_tree FOR UPDATE")
            return try LedgerKeyTable.current(connection, keys)
        }
    }

    /// Starts the thread.
    package func start() {
        condition.withLock { started = true }
        let thread = Thread { [self] in run() }
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Tells of a commit, and hands its events over. Does not block.
    package func noteCommit(of frame: CommittedFrame) {
        condition.lock()
        progress.commit(through: frame.lastSequence, at: DispatchTime.now().uptimeNanoseconds)
        if started, !stopping, !ended, progress.fault == nil { handed.append(frame) }
        if isIdle { condition.signal() }
        condition.unlock()
    }

    /// Counts and lag, for `/metrics`.
    package var metrics: ProverMetrics {
        condition.withLock {
            var metrics = counts
            metrics.signedSequence = progress.projected
            metrics.lagSequences = progress.lagSequences
            metrics.isStopped = progress.fault != nil
            return metrics
        }
    }

    /// Waits until a checkpoint covers `sequence`, at most for `patience`; blocks nothing.
    package func arrival(at sequence: Int64, within patience: Duration) async -> Projector.Arrival {
        await withCheckedContinuation { continuation in
            let resume: @Sendable (Projector.Arrival) -> Void = { continuation.resume(returning: $0) }
            condition.lock()
            let known: Projector.Arrival? =
                progress.projected >= sequence ? .reached
                : progress.fault.map { .stopped($0) } ?? (ended ? .stopped("the prover has ended") : nil)
            let number = known == nil ? progress.wait(for: sequence, resume) : 0
            condition.unlock()
            if let known { return resume(known) }
            let nanoseconds = patience.components.seconds * 1_000_000_000 + patience.components.attoseconds / 1_000_000_000
            DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds))) { [self] in
                condition.withLock { progress.give(up: number) }?(.behind)
            }
        }
    }

    /// Ends the thread; first lets it sign what it was told of, at most for `patience`. Blocking.
    package func stop(catchingUpFor patience: Duration) {
        let deadline = Date(timeIntervalSinceNow: Double(patience.components.seconds))
        condition.lock()
        isInHurry = true
        condition.broadcast()
        while started, !ended, progress.isBehind, progress.fault == nil, condition.wait(until: deadline) {}
        stopping = true
        condition.broadcast()
        while started, !ended { condition.wait() }
        ended = true
        condition.unlock()
    }

    /// Set at the end: nothing is gathered, the next step signs.
    private var isInHurry = false

    /// Builds the tree's tables again from the journal, all of it. A prover that runs meanwhile goes along.
    ///
    /// - Returns: Leaves.
    /// - Throws: `ProofFault`, `PostgresError`.
    @discardableResult
    package static func rebuild(_ target: ConnectionString) throws -> Int64 {
        let connection = try connect(target)
        try TreeStore.clear(connection)
        let hasher = TreeHasher()
        while true {
            var (position, tree) = try TreeStore.load(connection)
            guard let end = try TreeStore.follow(&tree, after: position, hasher, connection) else { return tree.size }
            _ = try TreeStore.write(tree, from: position, to: end, connection, sign: nil)
            position = end
        }
    }

    /// A connection whose commits do not wait for the disk: what a crash takes back is followed again.
    private static func connect(_ target: ConnectionString) throws(PostgresError) -> Connection {
        let connection = try Connection(to: target, applicationName: "suanpan prover")
        try connection.executeScript("SET synchronous_commit = off; SET default_transaction_isolation = 'read committed'")
        return connection
    }

    // MARK: The thread

    private func run() {
        // Only a thread that runs can name itself to the system.
        Thread.current.name = "suanpan.prover"
        let hasher = TreeHasher()
        var work: Work?
        var pause = 0.05
        var signedAt: UInt64 = 0
        while !condition.withLock({ stopping }) {
            do {
                var live = try work ?? begin()
                work = nil
                if try step(&live, hasher, &signedAt) { work = live }
                pause = 0.05
            } catch {
                note(error)
                wait(seconds: pause)
                pause = min(pause * 2, 2)
            }
        }
        let left = condition.withLock {
            ended = true
            condition.broadcast()
            return progress.giveUpAll()
        }
        for resume in left { resume(.stopped("the prover has ended")) }
    }

    private func begin() throws -> Work {
        let connection = try Self.connect(target)
        try Self.confirmKey(keys, connection)
        let (position, tree) = try TreeStore.load(connection)
        let key = try LedgerKeyTable.current(connection, keys)
        let newest = try connection.query(
            "SELECT number, journal_sequence FROM ledger_checkpoints ORDER BY number DESC LIMIT 1")
        let last = try newest.first.map { (try $0.int64(0), try $0.int64(1)) } ?? (0, 0)
        arrive(signed: last.1, isNew: false, tree: tree)
        return Work(
            connection: connection, position: position, tree: tree, key: key, lastCheckpoint: last.0, signedSequence: last.1)
    }

    /// Takes the next frames in, signs when it is time, or waits.
    ///
    /// - Returns: Whether the work at hand is still what the tables hold; else it is read again.
    private func step(_ work: inout Work, _ hasher: TreeHasher, _ signedAt: inout UInt64) throws -> Bool {
        let began = DispatchTime.now().uptimeNanoseconds
        var tree = work.tree
        let fresh = condition.withLock {
            let fresh = handed.take(after: work.position.sequence, limit: TreeStore.byteLimit)
            counts.handedFrames += Int64(fresh.count)
            return fresh
        }
        let end =
            fresh.isEmpty
            ? try TreeStore.follow(&tree, after: work.position, hasher, work.connection)
            : try TreeStore.follow(&tree, after: work.position, hasher, fresh)
        let position = end ?? work.position
        let hurry = condition.withLock { isInHurry }
        let isDue = position.sequence > work.signedSequence && (hurry || began >= signedAt + Self.checkpointNanoseconds)
        guard end != nil || isDue else {
            // Somebody may have put the tree back to its beginning.
            guard try TreeStore.load(work.connection).0 == work.position else { return false }
            if position.sequence <= work.signedSequence { settle(position.sequence) }
            wait(seconds: position.sequence > work.signedSequence ? Self.gatherSeconds : Self.pollSeconds)
            return true
        }
        var key = work.key
        let (number, connection) = (work.lastCheckpoint + 1, work.connection)
        let written = try TreeStore.write(tree, from: work.position, to: position, connection, sign: isDue ? {
            key = try self.newestKey(key, connection)
            let checkpoint = Checkpoint(
                origin: key.0.key.name, treeSize: tree.size, rootHash: tree.root(hasher), number: number,
                journalSequence: position.sequence, frameHash: position.frameHash,
                time: Timestamp(PostgresJournal.wallMicroseconds()))
            return SignedCheckpoint(signing: checkpoint, key: key.1)
        } : nil)
        guard written.isWritten else { return false }
        tree.removeFilled()
        (work.tree, work.position, work.key) = (tree, position, key)
        if written.checkpoint != nil {
            (work.lastCheckpoint, work.signedSequence, signedAt) = (number, position.sequence, began)
        }
        let isNew = written.checkpoint != nil
        arrive(signed: isNew ? position.sequence : nil, isNew: isNew, tree: tree)
        if !hurry { gather(since: began) }
        return true
    }

    /// The key at hand, or the newer one that a rotation named.
    private func newestKey(_ key: (LedgerKey, SigningKey), _ connection: Connection) throws -> (LedgerKey, SigningKey) {
        let newest = try connection.query("SELECT coalesce(max(number), 0) FROM ledger_keys").onlyRow().int64(0)
        return newest == Int64(key.0.number) ? key : try LedgerKeyTable.current(connection, keys)
    }

    /// - Parameter isNew: Whether the checkpoint that covers `sequence` was signed just now.
    private func arrive(signed sequence: Int64?, isNew: Bool, tree: TileTree) {
        let arrived = condition.withLock {
            progress.fault = nil
            counts.treeSize = tree.size
            counts.steps += 1
            if isNew { counts.checkpoints += 1 }
            defer { condition.broadcast() }
            return sequence.map { progress.project(through: $0) } ?? []
        }
        for resume in arrived { resume(.reached) }
    }

    /// Nothing of the journal is unsigned.
    private func settle(_ sequence: Int64) {
        let arrived = condition.withLock { progress.projected < sequence ? progress.project(through: sequence) : [] }
        for resume in arrived { resume(.reached) }
    }

    private func note(_ error: any Error) {
        let isLoss = Projector.isLoss(error)
        condition.lock()
        counts.failures += 1
        let isNew = isLoss || progress.fault != "\(error)"
        var left: [@Sendable (Projector.Arrival) -> Void] = []
        if !isLoss {
            progress.fault = "\(error)"
            left = progress.giveUpAll()
        }
        condition.broadcast()
        condition.unlock()
        for resume in left { resume(.stopped("\(error)")) }
        guard isNew else { return }
        if isLoss {
            logger.warning("the ledger's prover lost PostgreSQL and looks for it", metadata: ["cause": "\(error)"])
        } else {
            logger.error("the ledger's tree stands still, nothing is signed", metadata: ["cause": "\(error)"])
        }
    }

    /// Waits for a commit that is not covered yet.
    private func wait(seconds: TimeInterval) {
        condition.lock()
        defer { condition.unlock() }
        guard !stopping, !isInHurry else { return stopping ? () : briefly() }
        isIdle = true
        defer { isIdle = false }
        _ = condition.wait(until: Date(timeIntervalSinceNow: seconds))
    }

    /// In a hurry and yet nothing to do: a frame that is not visible yet.
    private func briefly() { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.01)) }

    /// Lets commits gather until a step has taken its tenth of a second.
    private func gather(since began: UInt64) {
        condition.lock()
        defer { condition.unlock() }
        let end = began + UInt64(Self.gatherSeconds * 1e9)
        while !stopping, !isInHurry {
            let now = DispatchTime.now().uptimeNanoseconds
            guard now < end else { return }
            _ = condition.wait(until: Date(timeIntervalSinceNow: Double(end - now) / 1e9))
        }
    }
}

/// Counts since the start, and how far behind the checkpoints are.
package struct ProverMetrics: Sendable {
    package var treeSize: Int64 = 0
    /// Transactions.
    package var steps: Int64 = 0
    /// Frames that were taken as they were committed, without reading them again.
    package var handedFrames: Int64 = 0
    package var checkpoints: Int64 = 0
    package var failures: Int64 = 0
    /// The last command that a checkpoint covers.
    package var signedSequence: Int64 = 0
    package var lagSequences: Int64 = 0
    /// Whether nothing can be signed because the journal, the tables or the key are not what they were.
    package var isStopped = false

    package init() {}
}
