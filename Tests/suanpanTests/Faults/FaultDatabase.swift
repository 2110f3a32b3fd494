import EmbeddedPostgres
import Foundation
import Postgres

/// A PostgreSQL with full durability for tests that harm it, on a small disk of its own where that can be made.
final class FaultDatabase: @unchecked Sendable {
    /// The disk, or a folder where the user cannot mount one.
    let folder: String
    /// Whether `folder` is a disk of its own, which can be filled.
    let canBeFilled: Bool
    // One task uses it; that is the argument for `@unchecked Sendable`.
    private var server: EmbeddedPostgres

    private static let diskMegabytes = 640

    struct Fault: Error { var what: String }

    /// Makes the disk and starts a server on it.
    init(folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        let options = "size=\(Self.diskMegabytes)m,mode=0755"
        canBeFilled = options.withCString { mount("suanpan-faults", folder, "tmpfs", 0, $0) } == 0
        server = try EmbeddedPostgres.start(dataDirectory: folder)
    }

    /// Where the server listens.
    var socket: String { "\(server.socketDirectory)/.s.PGSQL.5432" }

    /// The database, past any relay.
    var connectionString: String { server.connectionString }

    /// The database through a relay on this machine.
    func connectionString(through relay: FaultRelay) -> String {
        "host=127.0.0.1 port=\(relay.port) user=\(EmbeddedPostgres.roleName) dbname=\(EmbeddedPostgres.databaseName)"
    }

    /// Runs a query past the relay; nil where the server does not answer.
    @discardableResult
    func query(_ sql: String) -> Int64? {
        guard let target = try? ConnectionString(connectionString), let connection = try? Connection(to: target) else { return nil }
        return try? connection.query(sql).first?.int64(0)
    }

    /// What each session does, one a line, for whoever looks for the reason of a failure.
    var sessions: String {
        guard let target = try? ConnectionString(connectionString), let connection = try? Connection(to: target) else { return "none" }
        let rows = try? connection.query(
            """
            SELECT concat_ws(' ', pid, application_name, state, wait_event_type, wait_event, now() - state_change, pg_blocking_pids(pid)::text,
              left(query, 120)) FROM pg_stat_activity WHERE backend_type = 'client backend'
            """)
        return rows?.compactMap { try? $0.text(0) }.joined(separator: "\n") ?? "none"
    }

    /// Ends the journal's session; whether there was one.
    func terminateJournal() -> Bool {
        query(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'suanpan journal'") ?? 0 > 0
    }

    /// The process that serves the journal.
    var journalProcess: Int32? {
        query("SELECT pid FROM pg_stat_activity WHERE application_name = 'suanpan journal' LIMIT 1").flatMap { Int32(exactly: $0) }
    }

    /// The server's first process.
    var postmaster: Int32? { server.serverProcess }

    /// Sends a signal to the first process and, after it has ended, starts the server again.
    func end(with signal: Int32) throws {
        guard let process = postmaster else { throw Fault(what: "PostgreSQL does not run") }
        kill(process, signal)
        try waitForEnd(of: process)
        try startAgain()
    }

    private func waitForEnd(of process: Int32) throws {
        let end = ContinuousClock.now + .seconds(20)
        while kill(process, 0) == 0 {
            guard .now < end else { throw Fault(what: "PostgreSQL does not end") }
            usleep(2_000)
        }
    }

    /// Starts the server, or waits for one that comes back by itself. Processes that outlive a killed one are waited for.
    func startAgain() throws {
        let end = ContinuousClock.now + .seconds(25)
        while true {
            do {
                server = try EmbeddedPostgres.start(dataDirectory: folder)
                if query("SELECT 1::bigint") == 1 { return }
            } catch {
                guard .now < end else { throw error }
            }
            guard .now < end else { throw Fault(what: "PostgreSQL does not come back") }
            usleep(20_000)
        }
    }

    // MARK: The disk

    private var ballast: String { folder + "/ballast" }

    /// Takes all that is free on the disk.
    func fill() {
        let file = open(ballast, O_WRONLY | O_CREAT, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        var end: off_t = 0
        var step: off_t = 64 << 20
        while step >= 4_096 {
            if posix_fallocate(file, end, step) == 0 { end += step } else { step /= 2 }
        }
    }

    /// Gives it back.
    func free() { unlink(ballast) }

    /// Ends the server and removes everything.
    func remove() throws {
        free()
        try? server.stop()
        if canBeFilled { umount2(folder, Int32(MNT_DETACH)) }
        try FileManager.default.removeItem(atPath: folder)
    }
}
