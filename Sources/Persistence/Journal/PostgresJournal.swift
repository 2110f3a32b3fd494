import Foundation
import Logging
import Migrations
import Postgres
import Quantities
import Sequencer
import Synchronization

/// The journal in PostgreSQL: one row a frame, one connection of its own, one writer.
///
///     append(frame) ──► one statement: the lease FOR SHARE, its epoch, INSERT ──► committed with fsync
///          │ connection lost, outcome unknown
///          └──► a new session ──► the old one has ended? ──► is the frame there? ──► insert it where it is not
///
/// A new session goes on only when it has the writer's advisory lock, which the old session gives up when nothing of it can
/// commit any more. So the look-up is certain: a frame that is not there then will not come, and nothing is ever doubled.
///
/// Every method is guarded by `lock`; that is the argument for `@unchecked Sendable`.
package final class PostgresJournal: Journal, @unchecked Sendable {
    /// How a journal is opened.
    package struct Settings: Sendable {
        /// What this server calls itself to another one that finds the lease taken.
        package var holder: String
        package var contention = LeaseContention.refuse
        /// How long `append` looks for a lost PostgreSQL before it gives up.
        package var patience: Duration = .seconds(30)

        package init(holder: String) { self.holder = holder }

        /// Named after the host and our process.
        package init() {
            self.init(holder: "\(ProcessInfo.processInfo.hostName), process \(ProcessInfo.processInfo.processIdentifier)")
        }
    }

    /// The number of this server's reign; grows with every server that takes the lease.
    package let epoch: Int64
    /// Names of the migrations that opening applied.
    package let appliedMigrations: [String]

    let target: ConnectionString
    let settings: Settings
    let logger: Logger
    private let committed: @Sendable (CommittedFrame) -> Void
    private let lock = NSLock()
    let retrying = NSCondition()
    /// Guarded by `retrying`.
    var givenUp = false

    // Guarded by `lock`.
    var session: Session?
    /// The process that served the last session.
    var process: Int32
    var head: ChainLink
    var failure: JournalError?
    private let reconnectCount = Atomic<Int>(0)

    /// A connection that has the lease, with its statement.
    struct Session {
        let connection: Connection
        let insert: PreparedStatement
    }

    /// Bytes of a frame that a socket takes without waiting; they have 200 KB and more.
    private static let sentAtOnce = 64 << 10

    private static let insert = """
        WITH lease AS MATERIALIZED (SELECT epoch FROM writer_lease WHERE epoch = $1 FOR SHARE)
        INSERT INTO journal_frames (epoch, first_sequence, last_sequence, recorded_at_micros, rules_version, event_hash,
            previous_hash, frame_hash, commands, results, events)
        SELECT epoch, $2, $3, $4, $5::integer, $6, $7, $8, $9, $10, $11 FROM lease
        """

    /// Connects, claims the lease, brings the schema up to date and begins an epoch.
    ///
    /// - Parameter committed: called on the writer's thread with every frame that was
    ///   committed; must not block.
    /// - Throws: `LeaseHeld`, `MigrationError`, `PostgresError`, `JournalError.damaged` for a journal of another format.
    package init(
        _ target: ConnectionString, _ settings: Settings = Settings(), logger: Logger,
        committed: @escaping @Sendable (CommittedFrame) -> Void = { _ in }
    ) throws {
        self.target = target
        self.settings = settings
        self.logger = logger
        self.committed = committed
        let connection = try Self.connect(target)
        try WriterLease.claim(connection, settings.contention)
        appliedMigrations = try Migrator.migrate(connection).map(\.name)
        try Self.confirmFormat(connection)
        epoch = try WriterLease.take(connection, holder: settings.holder, at: Self.wallMicroseconds())
        // Whoever had the lease before may still answer reads from memory for a moment.
        if epoch > 1 { Thread.sleep(forTimeInterval: Double(ConfirmedReads.pause.nanoseconds) / 1e9) }
        head = try JournalReading.head(connection)
        process = connection.backendProcess
        session = try Self.session(connection)
    }

    /// The last committed sequence number; 0 before the first frame.
    package var lastSequence: Int64 { lock.withLock { head.sequence } }

    /// How often a lost connection was replaced.
    package var reconnections: Int { reconnectCount.load(ordering: .relaxed) }

    package func append(_ frame: Frame) throws(JournalError) { try append(frame) {} }

    package func append(_ frame: Frame, meanwhile: () -> Void) throws(JournalError) {
        let hashes = try locked { () throws(JournalError) in
            precondition(frame.firstSequence == head.sequence + 1, "a frame out of order")
            let previous = head.frameHash
            let next = head.extended(by: frame, epoch: epoch)
            var isCalled = false
            func call() {
                if !isCalled { meanwhile() }
                isCalled = true
            }
            // A lost connection is looked for with patience, and what a socket does not take at once is taken when the server reads: nothing else
            // shall wait for these.
            if session?.connection.isOpen != true || frame.byteCount > Self.sentAtOnce { call() }
            try withSession { (session, isRetry) throws(PostgresError) in
                // Only a session that followed a loss can find the frame: before, nobody had sent it.
                if isRetry, try contains(frame, next, session.connection) { return }
                let connection = session.connection
                let sent = Result { () throws(PostgresError) in try connection.send(session.insert, parameters(frame, next)) }
                call()
                let inserted = try connection.result(of: sent.get())
                if inserted.affectedRows == 0 { throw PostgresError(.serverRejected(Self.leaseIsGone), "the epoch ended") }
            }
            head = next
            return (previous, next.frameHash)
        }
        // A copy of its own size: the frame's bytes lie in a batch's memory, which once was as large as its largest frame. Whoever kept them would
        // keep that, and the batch would have to take as much anew.
        let events = unsafe frame.events.withUnsafeBytes { unsafe Array($0) }
        committed(
            CommittedFrame(
                firstSequence: frame.firstSequence, lastSequence: frame.lastSequence, previousHash: hashes.0,
                frameHash: hashes.1, events: events))
    }

    package func confirmLease() throws(JournalError) {
        try locked { () throws(JournalError) in
            try withSession { (session, _) throws(PostgresError) in try confirmEpoch(session) }
        }
    }

    package func beat() throws(JournalError) -> Bool {
        try locked { () throws(JournalError) in
            do throws(PostgresError) {
                try confirmEpoch(try openSession())
                return true
            } catch {
                guard canBeMended(error) else { throw journalError(error) }
                if error.kind == .unexpectedResult { session = nil }
                return false
            }
        }
    }

    package func replay(after sequence: Int64, _ body: (Frame) throws -> Void) throws {
        lock.lock()
        defer { lock.unlock() }
        do {
            guard let connection = session?.connection else { throw PostgresError(.connectionLost, "no connection") }
            let start = try JournalReading.link(endingAt: sequence, connection)
            let end = try JournalReading.read(connection, after: start) { try body($0.frame) }
            guard end == head else { throw JournalError.damaged("journal_frames changed while it was read") }
        } catch let error as PostgresError {
            throw JournalError.unavailable(error.description)
        }
    }

    /// Ends the session, and with it the lease. Later calls throw.
    package func close() {
        giveUpRetrying()
        lock.lock()
        session = nil
        if failure == nil { failure = .unavailable("the journal is closed") }
        lock.unlock()
    }

    /// Lets a call that looks for a lost PostgreSQL throw at once.
    package func giveUpRetrying() {
        retrying.lock()
        givenUp = true
        retrying.broadcast()
        retrying.unlock()
    }

    // MARK: Within the lock

    /// Stand for our own findings on the way out of `withSession`, in a class that the server never uses: no row of the
    /// lease had our epoch; another frame stands in the place of ours.
    static let leaseIsGone = SQLState("SUANL")
    static let foreignFrame = SQLState("SUANF")

    private func locked<R>(_ body: () throws(JournalError) -> R) throws(JournalError) -> R {
        lock.lock()
        defer { lock.unlock() }
        if let failure { throw failure }
        do throws(JournalError) {
            return try body()
        } catch {
            // What was applied and not committed cannot be undone: nothing may be written after it.
            failure = error
            session = nil
            throw error
        }
    }

    private func confirmEpoch(_ session: Session) throws(PostgresError) {
        let row = try session.connection.query("SELECT epoch FROM writer_lease").onlyRow()
        if try row.int64(0) != epoch { throw PostgresError(.serverRejected(Self.leaseIsGone), "the epoch ended") }
    }

    /// Whether the frame is there already; another one in its place is damage.
    private func contains(_ frame: Frame, _ next: ChainLink, _ connection: Connection) throws(PostgresError) -> Bool {
        let rows = try connection.query(
            "SELECT frame_hash FROM journal_frames WHERE first_sequence = $1", [.int64(frame.firstSequence)])
        guard let row = rows.first else { return false }
        guard try row.bytes(0) == next.frameHash else {
            throw PostgresError(
                .serverRejected(Self.foreignFrame),
                "journal_frames, row with first_sequence \(frame.firstSequence): another frame stands where ours belongs")
        }
        return true
    }

    private func parameters(_ frame: Frame, _ next: ChainLink) -> [SQLValue] {
        [
            .int64(epoch), .int64(frame.firstSequence), .int64(frame.lastSequence), .int64(frame.time.microseconds),
            .int64(Int64(frame.rulesVersion)), .bytes(next.eventHash), .bytes(head.frameHash), .bytes(next.frameHash),
            .bytes(frame.commands), .bytes(frame.results), .bytes(frame.events),
        ]
    }

    func countReconnection() { reconnectCount.add(1, ordering: .relaxed) }

    // MARK: Sessions

    /// A connection on which a commit is durable, whatever the server's or the role's defaults are.
    static func connect(_ target: ConnectionString) throws(PostgresError) -> Connection {
        let connection = try Connection(to: target, applicationName: "suanpan journal")
        try connection.executeScript(
            """
            SET synchronous_commit = on; SET default_transaction_isolation = 'read committed';
            SET default_transaction_read_only = off; SET statement_timeout = 0; SET lock_timeout = 0;
            SET idle_session_timeout = 0
            """)
        return connection
    }

    static func session(_ connection: Connection) throws(PostgresError) -> Session {
        let kinds: [SQLValue.Kind] =
            [.int64, .int64, .int64, .int64, .int64] + [SQLValue.Kind](repeating: .bytes, count: 6)
        return Session(connection: connection, insert: try connection.prepare(insert, kinds))
    }

    private static func confirmFormat(_ connection: Connection) throws {
        try connection.query(
            "INSERT INTO meta (key, value) VALUES ('journal_format', $1) ON CONFLICT (key) DO NOTHING",
            [.text(JournalReading.format)])
        let found = try connection.query("SELECT value FROM meta WHERE key = 'journal_format'").onlyRow().text(0)
        guard found == JournalReading.format else {
            throw JournalError.damaged("the journal has format \(found); this program knows \(JournalReading.format)")
        }
    }

    static func wallMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * Timestamp.microsecondsPerSecond + Int64(time.tv_nsec) / 1_000
    }
}
