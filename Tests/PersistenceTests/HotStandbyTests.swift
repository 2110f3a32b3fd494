import EmbeddedPostgres
import Foundation
import Persistence
import Postgres
import Sequencer
import Testing

/// A journal on a list of hosts: libpq finds the one that takes writes.
@Suite("A journal on several PostgreSQL", .serialized)
struct HotStandbyTests {
    /// A hot standby of a primary, which no commit is acknowledged without.
    private final class Pair {
        let primary: HarmedPostgres
        let standbyFolder: String
        let standby: EmbeddedPostgres

        init() throws {
            primary = try HarmedPostgres()
            standbyFolder = primary.folder + "-standby"
            guard mkdir(standbyFolder, 0o755) == 0 else { throw HarmedPostgres.Fault(what: "no folder") }
            try Self.run("pg_basebackup", of: primary, into: standbyFolder)
            standby = try EmbeddedPostgres.start(dataDirectory: standbyFolder)
            let connection = try primary.connect()
            _ = try connection.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
            _ = try connection.query("SELECT pg_reload_conf()")
            let end = ContinuousClock.now + .seconds(20)
            while try connection.query("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'").onlyRow().int64(0) == 0 {
                guard .now < end else { throw HarmedPostgres.Fault(what: "the standby does not follow") }
                usleep(5_000)
            }
        }

        /// Copies the primary as the user that PostgreSQL runs as.
        private static func run(_ program: String, of primary: HarmedPostgres, into folder: String) throws {
            let version = try String(contentsOfFile: primary.folder + "/pg/PG_VERSION", encoding: .utf8).filter(\.isNumber)
            let process = Process()
            var arguments = [
                "/usr/lib/postgresql/\(version)/bin/\(program)", "-h", primary.server.socketDirectory, "-U", "postgres", "-D",
                folder + "/pg", "-R", "-X", "stream", "-c", "fast",
            ]
            if geteuid() == 0, let entry = getpwnam("postgres") {
                chown(folder, entry.pointee.pw_uid, entry.pointee.pw_gid)
                arguments = [
                    "setpriv", "--reuid=\(entry.pointee.pw_uid)", "--regid=\(entry.pointee.pw_gid)", "--init-groups", "--reset-env", "--",
                ] + arguments
            }
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = arguments
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw HarmedPostgres.Fault(what: "\(program) failed") }
        }

        /// Both, the one that takes no writes first.
        var target: ConnectionString {
            get throws {
                try ConnectionString(
                    "host=\(standby.socketDirectory),\(primary.server.socketDirectory) port=5432,5432 user=postgres "
                        + "dbname=\(EmbeddedPostgres.databaseName) target_session_attrs=read-write")
            }
        }

        func delete() {
            try? standby.stop()
            primary.delete()
            try? FileManager.default.removeItem(atPath: standbyFolder)
        }
    }

    @Test("the journal writes where writes are taken, and goes on at the standby that was promoted, with every frame")
    func failover() throws {
        let pair = try Pair()
        defer { pair.delete() }
        let target = try pair.target
        let log = RetryLog()
        let journal = try PostgresJournal(target, PostgresJournal.Settings(holder: "first"), logger: log.logger)
        var written: [Frame] = []
        for number in 1...20 as ClosedRange<Int64> {
            written.append(plainFrame(number, number))
            try journal.append(written[written.count - 1])
        }
        let process = try #require(pair.primary.server.serverProcess)
        kill(process, SIGKILL)
        while kill(process, 0) == 0 { usleep(1_000) }
        let standby = try Connection(to: ConnectionString(pair.standby.connectionString))
        #expect(try standby.query("SELECT pg_promote()").onlyRow().bool(0))
        for number in 21...40 as ClosedRange<Int64> {
            written.append(plainFrame(number, number))
            try journal.append(written[written.count - 1])
        }
        #expect(journal.reconnections >= 1)
        var found: [Frame] = []
        try journal.replay(after: 0) { found.append($0) }
        #expect(found == written)
        journal.close()
        #expect(try standby.query("SELECT count(*) FROM journal_frames").onlyRow().int64(0) == 40)
    }

    @Test("where no host takes writes a journal is not opened, and says why")
    func nobodyWrites() throws {
        let postgres = try HarmedPostgres()
        defer { postgres.delete() }
        let connection = try postgres.connect()
        _ = try connection.query("ALTER SYSTEM SET default_transaction_read_only = on")
        _ = try connection.query("SELECT pg_reload_conf()")
        let target = try ConnectionString(postgres.server.connectionString + " target_session_attrs=read-write")
        let end = ContinuousClock.now + .seconds(10)
        while (try? Connection(to: target)) != nil, .now < end {}
        let error = #expect(throws: PostgresError.self) {
            try PostgresJournal(target, PostgresJournal.Settings(holder: "first"), logger: Scene.logger)
        }
        #expect(error?.kind == .cannotConnect)
    }
}
