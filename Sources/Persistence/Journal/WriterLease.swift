import Foundation
import Postgres

/// Another live server writes this journal.
package struct LeaseHeld: Error, Equatable, CustomStringConvertible {
    /// What the other server called itself.
    package let holder: String
    /// PostgreSQL's process that serves it.
    package let backendProcess: Int64
    package let epoch: Int64

    package var description: String {
        "another server writes this journal: \(holder), epoch \(epoch), process \(backendProcess) of PostgreSQL; "
            + "stop it, or take over"
    }
}

/// What to do when another live server holds the lease.
package enum LeaseContention: Sendable {
    /// Throw `LeaseHeld`.
    case refuse
    /// End the other server's connection and go on in its place. It finds out at its next commit or read.
    case takeOver
    /// As `takeOver`, of this holder alone: whoever came in its place meanwhile lives.
    case succeed(LeaseHolder)
}

/// Who has the lease, and what PostgreSQL says of its session: all of it changes when the session does anything.
package struct LeaseHolder: Equatable, Sendable {
    /// What the server called itself.
    package let name: String
    package let backendProcess: Int64
    package let epoch: Int64
    /// When its session last changed its state, and when its last statement began: texts, only compared.
    package let activity: String
    /// Whether the session waits for its server: it is idle, or in the middle of a message.
    package let waitsForClient: Bool

    package init(name: String, backendProcess: Int64, epoch: Int64, activity: String, waitsForClient: Bool) {
        self.name = name
        self.backendProcess = backendProcess
        self.epoch = epoch
        self.activity = activity
        self.waitsForClient = waitsForClient
    }
}

/// The right to write the journal, held by one server at a time.
///
/// Two things make it: an advisory lock of the journal's session says who lives, and `writer_lease.epoch` says whose
/// frames count. The lock goes with the session, at the moment when nothing of it can commit any more: who has it knows
/// that no commit of the one before is on its way. The epoch only grows, and every frame's statement checks it, so a server
/// that was stopped and comes back commits nothing and notices.
enum WriterLease {
    /// The number of the advisory lock: "SUANLEAS" in ASCII.
    private static let lock: Int64 = 0x53_55_41_4E_4C_45_41_53

    /// How long the session of a server that was just killed may take to end.
    private static let graceSeconds = 1.0
    /// How long a session that was told to end may take.
    private static let takeoverSeconds = 10.0

    /// Makes the connection's session the one that may write.
    ///
    /// The schema may be missing: a database is claimed before it is migrated.
    static func claim(_ connection: Connection, _ contention: LeaseContention) throws {
        try takeLock(connection, contention)
        try endFormer(connection)
    }

    /// Sessions of a server beside the journal's that write: each of them may stand in the middle of a transaction.
    private static let writingSessions = ["suanpan start", "suanpan projector", "suanpan prover", "suanpan snapshot", "suanpan vault", "suanpan end"]

    /// Ends what is left of the servers before. A stopped one, or one whose network is gone, would hold rows of the read models and of
    /// the ledger's tree for as long as PostgreSQL believes it alive; one that goes on finds that its lease is lost.
    private static func endFormer(_ connection: Connection) throws {
        try connection.query(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
              AND application_name = ANY (string_to_array($1, ','))
            """, [.text(writingSessions.joined(separator: ","))])
    }

    private static func takeLock(_ connection: Connection, _ contention: LeaseContention) throws {
        switch contention {
        case .refuse:
            if try waitForLock(connection, seconds: graceSeconds) { return }
            guard let other = try holdingProcess(connection) else {
                throw PostgresError(.unexpectedResult, "the writer's lock is taken, and nobody is seen to hold it")
            }
            throw try held(by: other, connection)
        case .takeOver:
            // The epoch first: the other server must not come back with its old one.
            if try hasLeaseRow(connection) { try connection.query("UPDATE writer_lease SET epoch = epoch + 1") }
            let deadline = Date(timeIntervalSinceNow: takeoverSeconds)
            while try !tryLock(connection) {
                if let other = try holdingProcess(connection) {
                    try connection.query("SELECT pg_terminate_backend($1::integer)", [.int64(other)])
                    if Date() > deadline { throw try held(by: other, connection) }
                }
                Thread.sleep(forTimeInterval: 0.005)
            }
        case .succeed(let holder):
            // No new epoch yet: if its session is renewed before the lock is ours, it goes on, and nothing was done to it.
            let deadline = Date(timeIntervalSinceNow: takeoverSeconds)
            while try !tryLock(connection) {
                if let other = try holdingProcess(connection) {
                    guard other == holder.backendProcess, Date() <= deadline else { throw try held(by: other, connection) }
                    try connection.query("SELECT pg_terminate_backend($1::integer)", [.int64(other)])
                }
                Thread.sleep(forTimeInterval: 0.005)
            }
        }
    }

    /// Who has the lease; nil where nobody has.
    static func holder(_ connection: Connection) throws -> LeaseHolder? {
        guard let process = try holdingProcess(connection) else { return nil }
        guard try hasLeaseRow(connection) else {
            return LeaseHolder(
                name: "a server that is just starting", backendProcess: process, epoch: 0, activity: "", waitsForClient: false)
        }
        // Columns of another role's session are null to whoever may not see them.
        let rows = try connection.query(
            """
            SELECT l.holder, l.epoch, coalesce(a.state_change::text || ' ' || a.query_start::text, ''),
              coalesce(a.state LIKE 'idle%' OR a.wait_event_type = 'Client', false)
            FROM writer_lease l LEFT JOIN pg_stat_activity a ON a.pid = $1::integer
            """, [.int64(process)])
        let row = try rows.onlyRow()
        let activity = try row.text(2)
        return LeaseHolder(
            name: try row.text(0), backendProcess: process, epoch: try row.int64(1), activity: activity,
            waitsForClient: try row.bool(3) && !activity.isEmpty)
    }

    /// Begins the next epoch. The session must have claimed the lease.
    static func take(_ connection: Connection, holder: String, at microseconds: Int64) throws -> Int64 {
        try connection.query(
            "UPDATE writer_lease SET epoch = epoch + 1, holder = $1, backend_pid = pg_backend_pid(), taken_at_micros = $2 "
                + "RETURNING epoch",
            [.text(holder), .int64(microseconds)]
        ).onlyRow().int64(0)
    }

    /// What came of an attempt to go on with a new session in the same epoch.
    enum Renewal {
        case renewed
        /// The old session still lives, or another server is looking; worth another try.
        case notYet
        /// Another epoch began: this server must stop.
        case lost(epoch: Int64, holder: String)
    }

    /// Claims the lease for a new session of the server that holds `epoch`; `old` is the process of its lost session,
    /// which is told to end.
    static func renew(_ connection: Connection, epoch: Int64, old: Int32) throws(PostgresError) -> Renewal {
        let row = try connection.query("SELECT epoch, holder FROM writer_lease").onlyRow()
        guard try row.int64(0) == epoch else { return .lost(epoch: try row.int64(0), holder: try row.text(1)) }
        guard try tryLock(connection) else {
            if let other = try holdingProcess(connection), other == Int64(old) {
                try connection.query("SELECT pg_terminate_backend($1::integer)", [.int64(other)])
            }
            return .notYet
        }
        let updated = try connection.query(
            "UPDATE writer_lease SET backend_pid = pg_backend_pid() WHERE epoch = $1", [.int64(epoch)])
        if updated.affectedRows == 1 { return .renewed }
        let now = try connection.query("SELECT epoch, holder FROM writer_lease").onlyRow()
        return .lost(epoch: try now.int64(0), holder: try now.text(1))
    }

    private static func tryLock(_ connection: Connection) throws(PostgresError) -> Bool {
        try connection.query("SELECT pg_try_advisory_lock($1)", [.int64(lock)]).onlyRow().bool(0)
    }

    private static func waitForLock(_ connection: Connection, seconds: TimeInterval) throws -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while try !tryLock(connection) {
            if Date() > deadline { return false }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return true
    }

    /// The process whose session holds the lock.
    private static func holdingProcess(_ connection: Connection) throws(PostgresError) -> Int64? {
        try connection.query(
            """
            SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.granted AND l.objsubid = 1
              AND l.classid::bigint = $1 >> 32 AND l.objid::bigint = $1 & 4294967295
            """, [.int64(lock)]
        ).first?.int64(0)
    }

    private static func hasLeaseRow(_ connection: Connection) throws -> Bool {
        try connection.query("SELECT to_regclass('writer_lease') IS NOT NULL").onlyRow().bool(0)
    }

    private static func held(by process: Int64, _ connection: Connection) throws -> LeaseHeld {
        guard try hasLeaseRow(connection) else {
            return LeaseHeld(holder: "a server that is just starting", backendProcess: process, epoch: 0)
        }
        let row = try connection.query("SELECT holder, epoch FROM writer_lease").onlyRow()
        return LeaseHeld(holder: try row.text(0), backendProcess: process, epoch: try row.int64(1))
    }
}
