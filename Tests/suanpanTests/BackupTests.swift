import Client
import EmbeddedPostgres
import Foundation
import Quantities
import Testing

/// Backup and restore as docs/OPERATIONS.md says: what comes back is audited, and served on.
@Suite(.serialized) struct BackupTests {
    private static let key = "backup-operator"

    /// The programs of the PostgreSQL that is used.
    private func program(_ name: String) throws -> String {
        try Installation.choose(dataVersion: nil).programs + "/" + name
    }

    private func run(_ arguments: String...) throws -> String {
        let outcome = try ServerProcess.tool(arguments)
        #expect(outcome.status == 0, "\(arguments.joined(separator: " ")): \(outcome.output)")
        return outcome.output
    }

    /// Some trade for the record: participants, keys, money.
    private func act(_ url: String, name: String, key: String = Self.key) async throws {
        let client = try SuanpanClient(url: url, key: key)
        let body = "{\"name\":\"\(name)\",\"roles\":[\"consumer\"]}"
        let made = try JSONValue(parsing: try await client.send("POST", "/v1/participants", body: Array(body.utf8)).body)
        let id = try #require(made[path: "id"]?.string)
        let deposit = "{\"participant_id\":\"\(id)\",\"currency\":\"USD\",\"amount\":\"12.5\",\"reference\":\"\(name)\"}"
        #expect(try await client.send("POST", "/v1/deposits", body: Array(deposit.utf8)).status == 201)
    }

    @Test("a base backup taken beside a running server, restored with its keys, is sound and serves on")
    func restoresBaseBackups() async throws {
        let folder = NSTemporaryDirectory() + "suanpan-backup-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (first, second) = (folder + "/first", folder + "/second")
        var server: ServerProcess? = try await ServerProcess.serve(dataDirectory: first, operatorKey: Self.key, log: folder + "/log")
        do {
            let url = try #require(server?.url)
            for number in 0..<5 { try await act(url, name: "P\(number)") }
            let lines = ServerProcess.text(of: first + "/pg/postmaster.pid").split(separator: "\n", omittingEmptySubsequences: false)
            let socket = String(try #require(lines.dropFirst(4).first))
            _ = try run(
                program("pg_basebackup"), "--host=\(socket)", "--port=5432", "--username=postgres", "--pgdata=\(folder)/base",
                "--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256")
            #expect(try run(program("pg_verifybackup"), folder + "/base").contains("successfully verified"))
            // What comes after the backup is not in it.
            try await act(url, name: "Later")
            _ = try run("mkdir", second)
            _ = try run("cp", "-a", first + "/keys", second + "/keys")
            _ = try run("cp", "-a", folder + "/base", second + "/pg")
            if geteuid() == 0 { _ = try run("chown", "-R", "postgres:postgres", second + "/pg") }
            server?.send(SIGKILL)
            _ = try await server?.ending()
            try ServerProcess.remove(dataDirectory: first, server: nil)
            server = nil
            let audit = try await ServerProcess.run(["audit", "--data-dir", second], log: folder + "/audit")
            #expect(audit.ending == .exited(0) && audit.output.contains("sound"), "\(audit.output)")
            let again = try await ServerProcess.serve(dataDirectory: second, operatorKey: Self.key, log: folder + "/log2")
            server = again
            let client = try SuanpanClient(url: again.url, key: Self.key)
            let people = try JSONValue(parsing: try await client.send("GET", "/v1/participants").body)
            guard case .array(let list)? = people[path: "data"] else { throw ServerProcess.Failure(description: "no list") }
            #expect(list.count == 6)
            let log = try JSONValue(parsing: try await client.send("GET", "/v1/audit_log").body)
            #expect(log[path: "data.0.action"]?.string == "deposit")
            try await act(again.url, name: "After the restore")
        } catch {
            try? ServerProcess.remove(dataDirectory: server?.url == nil ? first : second, server: server)
            throw error
        }
        try ServerProcess.remove(dataDirectory: second, server: server)
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test("a dump, restored into another database, is sound")
    func restoresDumps() async throws {
        let server = try await LocalServer.start()
        for number in 0..<5 { try await act(server.url, name: "P\(number)", key: LocalServer.operatorKey) }
        try await server.stop()
        let dump = NSTemporaryDirectory() + "suanpan-dump-\(UUID().uuidString)"
        _ = try run(program("pg_dump"), "--format=custom", "--file=\(dump)", "--dbname=\(server.database)")
        let restored = try TemporaryPostgres.shared.get().makeDatabase()
        _ = try run(program("pg_restore"), "--exit-on-error", "--dbname=\(restored)", dump)
        let audit = try await ServerProcess.run(
            ["audit", "--database-url", restored, "--data-dir", server.folder], log: dump + "-log")
        #expect(audit.ending == .exited(0) && audit.output.contains("sound"), "\(audit.output)")
        // A row that is lost on the way would be found.
        _ = try run(program("psql"), "--quiet", "--dbname=\(restored)", "--command=DELETE FROM audit_log WHERE id = 3")
        let harmed = try await ServerProcess.run(
            ["audit", "--database-url", restored, "--data-dir", server.folder], log: dump + "-log")
        #expect(harmed.ending == .exited(1) && harmed.output.contains("audit_log: row 3 is missing"), "\(harmed.output)")
        for path in [dump, dump + "-log", server.folder] { try FileManager.default.removeItem(atPath: path) }
    }
}
