import Cryptography
import Exchange
import Logging
import Postgres
import Sequencer

/// Everything of a server that is in PostgreSQL, opened in the right order and closed in the reverse one.
///
///     let (store, exchange) = try PersistentStore.open(settings, logger: logger)
///     let sequencer = Sequencer(exchange: exchange, journal: store.journal, clock: clock, entropy: …)
///     …
///     sequencer.stop()
///     store.close()
///
/// Opening claims the writer's lease, migrates, replays the journal and starts the projector and the ledger's prover.
/// Every call blocks.
package final class PersistentStore: Sendable {
    /// How a store is opened.
    package struct Settings: Sendable {
        package var target: ConnectionString
        /// The folder that holds `keys/vault.key` and `keys/ledger.key`.
        package var dataDirectory: String
        /// The vault's key from the environment, 32 bytes, instead of the file.
        package var vaultKey: [UInt8]?
        /// The seed of the ledger's signing key from the environment, 32 bytes, instead of `keys/ledger.key`.
        package var ledgerKey: [UInt8]?
        package var journal = PostgresJournal.Settings()
        /// Queries of the past at a time.
        package var readers = 4
        package var snapshots = SnapshotSettings()
        /// Set where the store waits beside another server until that one is gone.
        package var standby: StandbySettings?

        package init(target: ConnectionString, dataDirectory: String) {
            self.target = target
            self.dataDirectory = dataDirectory
        }
    }

    package let journal: PostgresJournal
    package let projector: Projector
    package let history: PostgresHistory
    /// Keeps the ledger's tree and signs checkpoints.
    package let prover: LedgerProver
    package let archive: PostgresLedgerArchive
    package let vault: PostgresVault
    package let snapshotter: Snapshotter
    /// What the secrets of signed requests are derived from; itself derived from the vault's key.
    package let requestSigningKey: [UInt8]
    package let recovery: RecoveryReport
    /// Settings of PostgreSQL under which a power failure could take back what was acknowledged; to be shown.
    package let warnings: [String]
    private let target: ConnectionString
    private let snapshots: SnapshotSettings

    /// Opens the store and gives the exchange of its journal.
    ///
    /// A new database has a fresh exchange (`sequence` 0), whose first command is the genesis.
    ///
    /// - Throws: `LeaseHeld`, `MigrationError`, `JournalError`, `ReplayFault`, `KeyFileError`, `VaultKeyMismatch`, `ProofFault`,
    ///   `PostgresError`; all but `JournalError` describe themselves for the terminal.
    package static func open(
        _ settings: Settings, logger: Logger
    ) throws -> sending (store: PersistentStore, exchange: Exchange) {
        let projectorOfJournal = ProjectorReference()
        let snapshotter = Snapshotter(settings.target, settings.snapshots, logger: logger)
        let proverOfJournal = ProverReference()
        let ledgerKeys = LedgerKeyStore(dataDirectory: settings.dataDirectory, seed: settings.ledgerKey)
        let confirmKeys = { (reader: Connection) in
            try PostgresVault.confirm(vaultKey(settings), reader)
            try LedgerProver.confirmKey(ledgerKeys, reader)
        }
        let standby = settings.standby.map { Standby(settings.target, $0, logger: logger, confirmKeys: confirmKeys) }
        let journal = try claim(settings, after: standby, logger: logger) {
            projectorOfJournal.noteCommit(of: $0)
            proverOfJournal.noteCommit(of: $0)
            snapshotter.noteCommit(through: $0.lastSequence)
        }
        do {
            let reader = try Connection(to: settings.target, applicationName: "suanpan start")
            try confirmKeys(reader)
            let key = try vaultKey(settings)
            try JournalReading.confirmEnd(reader)
            let noted = try NotedState.newest(reader).map { [$0] } ?? []
            let warnings = try durabilityWarnings(reader)
            let recovered = try recover(journal, reader, standby, confirming: noted)
            let projector = Projector(settings.target, committed: recovered.report.sequence, logger: logger)
            projectorOfJournal.set(projector)
            projector.start()
            snapshotter.start(newest: recovered.report.snapshot, committed: recovered.report.sequence)
            let prover = LedgerProver(
                settings.target, keys: ledgerKeys, committed: recovered.report.sequence, logger: logger)
            proverOfJournal.set(prover)
            prover.start()
            let store = PersistentStore(
                settings, journal, projector, prover, snapshotter, key, recovered.report,
                warnings: warnings + recovered.report.warnings.map { "a snapshot was passed over: \($0)" })
            return (store, recovered.exchange)
        } catch {
            journal.close()
            throw error
        }
    }

    /// The journal, with the lease; a standby waits for it first, and again where another standby was quicker.
    private static func claim(
        _ settings: Settings, after standby: Standby?, logger: Logger, committed: @escaping @Sendable (CommittedFrame) -> Void
    ) throws -> PostgresJournal {
        guard let standby else {
            return try PostgresJournal(settings.target, settings.journal, logger: logger, committed: committed)
        }
        while true {
            var claiming = settings.journal
            claiming.contention = try standby.wait()
            do {
                return try PostgresJournal(settings.target, claiming, logger: logger, committed: committed)
            } catch let held as LeaseHeld {
                logger.notice("the standby goes on waiting", metadata: ["holder": "\(held.holder)", "epoch": "\(held.epoch)"])
            }
        }
    }

    /// The newest snapshot that is what was written, or what a standby has followed, and the journal after it.
    private static func recover(
        _ journal: PostgresJournal, _ reader: Connection, _ standby: Standby?, confirming noted: [NotedState]
    ) throws -> sending (exchange: Exchange, report: RecoveryReport) {
        if let warm = standby?.takeExchange() {
            // The standby has given it away and looks at it no more.
            nonisolated(unsafe) let start = warm.exchange
            var recovered = try Recovery.run(journal, from: start, confirming: noted)
            recovered.report.snapshot = warm.snapshot
            recovered.report.warnings = warm.warnings
            recovered.report.damagedSnapshots = warm.damaged
            return recovered
        }
        let clock = ContinuousClock()
        let began = clock.now
        let search = try SnapshotReading.newest(reader)
        let restoring = clock.now - began
        let snapshot = search.restored?.header.sequence ?? 0
        let (warnings, damaged) = (search.warnings, search.damaged)
        // Whoever reads it does so alone: the search and its connection are not used any more.
        nonisolated(unsafe) let start = search.restored?.exchange ?? Exchange()
        var recovered = try Recovery.run(journal, from: start, confirming: noted)
        recovered.report.snapshot = snapshot
        recovered.report.restoring = restoring
        recovered.report.warnings = warnings
        recovered.report.damagedSnapshots = damaged
        return recovered
    }

    private init(
        _ settings: Settings, _ journal: PostgresJournal, _ projector: Projector, _ prover: LedgerProver,
        _ snapshotter: Snapshotter, _ key: SealingKey, _ recovery: RecoveryReport, warnings: [String]
    ) {
        self.journal = journal
        self.projector = projector
        self.snapshotter = snapshotter
        snapshots = settings.snapshots
        self.recovery = recovery
        self.warnings = warnings
        target = settings.target
        self.prover = prover
        archive = PostgresLedgerArchive(
            settings.target, projector: projector, prover: prover, readers: settings.readers)
        history = PostgresHistory(settings.target, projector: projector, readers: settings.readers)
        vault = PostgresVault(settings.target, key: key)
        requestSigningKey = MessageAuthentication.code(of: Array("suanpan request signing".utf8), key: key.bytes)
    }

    /// Notes the hash of the state after `sequence`, which every later replay must meet. Called at a server's end.
    package func note(stateHash: [UInt8], at sequence: Int64) throws {
        guard sequence > 0 else { return }
        let connection = try Connection(to: target, applicationName: "suanpan end")
        try NotedState(sequence: sequence, hash: stateHash).store(connection, at: PostgresJournal.wallMicroseconds())
    }

    /// Notes the hash of the last state, and writes a snapshot of it where many commands came after the newest, so that the next
    /// start is short. Called at a server's end, when nothing changes the exchange any more and all of it is committed.
    ///
    /// - Returns: The snapshot, where one was written.
    /// - Throws: `PostgresError`, `JournalError.damaged`.
    @discardableResult
    package func conclude(_ exchange: Exchange) throws -> SnapshotHeader? {
        guard exchange.sequence > 0 else { return nil }
        snapshotter.stop()
        let newest = max(recovery.snapshot, snapshotter.metrics.sequence)
        guard snapshots.every > 0, exchange.sequence - newest >= snapshots.atEndAfter else {
            try note(stateHash: StateHash.bytes(of: exchange), at: exchange.sequence)
            return nil
        }
        let connection = try Connection(to: target, applicationName: "suanpan end")
        try connection.executeScript("SET synchronous_commit = on; SET statement_timeout = 0; SET lock_timeout = 0")
        let link = try JournalReading.head(connection)
        guard link.sequence == exchange.sequence else {
            throw JournalError.damaged(
                "journal_frames ends with sequence \(link.sequence), the exchange with \(exchange.sequence)")
        }
        let header = try SnapshotWriting.write(
            exchange, at: link, replacing: recovery.damagedSnapshots, connection, snapshots)
        try note(stateHash: header?.stateHash ?? StateHash.bytes(of: exchange), at: exchange.sequence)
        return header
    }

    /// Lets a commit that waits for a lost PostgreSQL fail at once, so that stopping the sequencer does not wait for it.
    package func giveUpRetrying() { journal.giveUpRetrying() }

    /// Lets the projector come to the journal's end, at most 5 s, and gives the lease up. The sequencer must have stopped.
    package func close() {
        snapshotter.stop()
        projector.stop(catchingUpFor: .seconds(5))
        prover.stop(catchingUpFor: .seconds(5))
        history.close()
        archive.close()
        vault.close()
        journal.close()
    }

    private static func vaultKey(_ settings: Settings) throws -> SealingKey {
        let path = "\(settings.dataDirectory)/keys/vault.key"
        let bytes = try settings.vaultKey ?? KeyFile.loadOrCreate(path)
        guard let key = SealingKey(bytes: bytes) else { throw KeyFileError.malformed(path: "the vault's key") }
        return key
    }

    private static func durabilityWarnings(_ connection: Connection) throws -> [String] {
        try ["fsync", "full_page_writes"].compactMap { setting in
            guard try connection.query("SELECT current_setting($1)", [.text(setting)]).onlyRow().text(0) != "on" else {
                return nil
            }
            return "PostgreSQL runs with \(setting) off: a power failure may take back what was acknowledged"
        }
    }
}
