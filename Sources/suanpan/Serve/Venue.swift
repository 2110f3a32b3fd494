import Cryptography
import EmbeddedPostgres
import Exchange
import Foundation
import HTTPAPI
import Logging
import Persistence
import Postgres
import Quantities
import Sequencer
import Synchronization

/// Everything that serves one exchange, wired: database, record, exchange, sequencer, HTTP.
package final class Venue: Sendable {
    package let sequencer: Sequencer
    package let directory: Directory
    package let store: PersistentStore
    /// The private PostgreSQL, where there is one.
    let postgres: EmbeddedPostgres?
    /// The operator's key, where this start made it.
    let operatorKey: String?
    /// Whether the key was drawn here, and not named by the environment: then it is shown, once.
    var operatorKeyIsNew: Bool { operatorKey != nil && operatorKey != Self.namedOperatorKey }
    /// Whether this start began the history.
    let isNew: Bool
    let logger: Logger
    /// Forgets access details that are no longer needed, from time to time.
    private let eraser: Task<Void, Never>

    /// Why a venue cannot open.
    struct Refusal: Error, CustomStringConvertible {
        var description: String
    }

    private init(
        sequencer: Sequencer, directory: Directory, store: PersistentStore, postgres: EmbeddedPostgres?, operatorKey: String?,
        isNew: Bool, logger: Logger
    ) {
        self.sequencer = sequencer
        self.directory = directory
        self.store = store
        self.postgres = postgres
        self.operatorKey = operatorKey
        self.isNew = isNew
        self.logger = logger
        let pass = HandoverEraser(sequencer, store.vault)
        eraser = Task {
            while !Task.isCancelled {
                do {
                    let erased = try await pass.pass()
                    if erased > 0 { logger.notice("hand-over details of \(erased) allocations were erased") }
                } catch {
                    logger.warning("hand-over details could not be looked through: \(error)")
                }
                try? await Task.sleep(for: .seconds(600))
            }
        }
    }

    /// Opens the record, recovers the exchange from it and starts the sequencer; a new record gets its genesis.
    package static func open(_ options: ServerOptions, logger: Logger) async throws -> Venue {
        let database = try Database.open(options.database, logger: logger)
        do {
            return try await open(options, database, logger: logger)
        } catch {
            database.closeUnlessShared()
            throw error
        }
    }

    private static func open(_ options: ServerOptions, _ database: Database, logger: Logger) async throws -> Venue {
        let clock = options.clock == .simulated ? ExchangeClock.simulated : .real
        SteadyClock.machine.onJump { microseconds in
            logger.critical(
                """
                the machine's clock jumped by \(microseconds / Timestamp.microsecondsPerSecond) s; the exchange's does not follow: \
                set it right, or start the server anew to take it as it stands
                """)
        }
        var settings = PersistentStore.Settings(
            target: database.connectionString, dataDirectory: options.database.dataDir)
        settings.snapshots.every = options.snapshotEvery
        settings.ledgerKey = try LedgerKeyEnvironment.seed("SUANPAN_LEDGER_KEY")
        if options.standby {
            settings.standby = StandbySettings()
            print("standby: follows the record and takes over when its server is gone")
            fflush(nil)
        }
        let (store, exchange) = try PersistentStore.open(settings, logger: logger)
        for warning in store.warnings { logger.warning("\(warning)") }
        let isNew = exchange.sequence == 0
        if !isNew, exchange.clockMode != options.clock {
            store.close()
            throw Refusal(
                description: "this record was begun with --clock \(exchange.clockMode.rawValue) and cannot run with "
                    + "--clock \(options.clock.rawValue)")
        }
        let policy = TradingPolicy(requireVerification: options.requireVerification)
        let isPolicyNew = exchange.tradingPolicy != policy
        let directory = Directory()
        directory.load(from: exchange)
        let sequencer = Sequencer(
            exchange: exchange, journal: store.journal, clock: clock, listeners: [directory],
            entropy: { RandomBytes.drawn(32) }
        )
        sequencer.start()
        let operatorKey = try await begin(sequencer, options, isNew: isNew, logger: logger)
        // What this start was told goes on record, so that a replay asks the same of everybody.
        if isPolicyNew { _ = try await sequencer.submit(.setTradingPolicy(policy), issuer: .none) }
        return Venue(
            sequencer: sequencer, directory: directory, store: store, postgres: database.postgres, operatorKey: operatorKey,
            isNew: isNew, logger: logger
        )
    }

    private static var namedOperatorKey: String? {
        ProcessInfo.processInfo.environment["SUANPAN_OPERATOR_KEY"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Writes the genesis of a new history; answers the operator's key if it was drawn here.
    private static func begin(
        _ sequencer: Sequencer, _ options: ServerOptions, isNew: Bool, logger: Logger
    ) async throws -> String? {
        let named = namedOperatorKey
        guard isNew else {
            if named != nil { logger.warning("SUANPAN_OPERATOR_KEY is ignored: the operator's key was set when the record began") }
            return nil
        }
        let key = named ?? APIKeyText.drawn()
        let genesis = Genesis(
            rulesVersion: Exchange.rulesVersion, clockMode: options.clock, operatorKeyHash: Bytes(SHA256Digest.of(key)))
        _ = try await sequencer.begin(genesis, at: options.genesisTime(at: ExchangeClock.real.now))
        return key
    }

    /// Commits what was applied, ends the threads, notes the state's hash for the next start with a snapshot where many
    /// commands came after the newest, and stops the private PostgreSQL.
    package func close() async {
        eraser.cancel()
        sequencer.stop()
        do {
            try sequencer.withFinalState { _ = try store.conclude($0) }
        } catch {
            logger.warning("the last state could not be noted: \(error)")
        }
        store.close()
        do {
            try postgres?.stop()
        } catch {
            logger.warning("the private PostgreSQL could not be stopped: \(error)")
        }
    }
}

/// The database that a command works on: one of the user's, or the private one.
struct Database {
    var connectionString: ConnectionString
    var postgres: EmbeddedPostgres?

    /// Connects to nothing yet; starts or adopts the private PostgreSQL where no URL is given.
    static func open(_ options: DatabaseOptions, logger: Logger) throws -> Database {
        if let url = options.url { return Database(connectionString: try ConnectionString(url), postgres: nil) }
        let postgres = try EmbeddedPostgres.start(dataDirectory: options.dataDir)
        for note in postgres.notes { logger.info("\(note)") }
        return Database(connectionString: try ConnectionString(postgres.connectionString), postgres: postgres)
    }

    /// Stops the private PostgreSQL, unless a server that was running before uses it.
    func closeUnlessShared() {
        guard let postgres, !postgres.adopted else { return }
        // Nothing more can be done about it here; the next start adopts what still runs.
        try? postgres.stop()
    }
}

extension Logger {
    /// Notices, warnings and errors, to standard error.
    static var terminal: Logger {
        var logger = Logger(label: "suanpan", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .notice
        return logger
    }
}
