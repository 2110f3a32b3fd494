import EmbeddedPostgres
import Foundation
import Postgres
import Testing

@Suite("EmbeddedPostgres")
struct EmbeddedPostgresTests {
    /// A folder below the temporary one that is gone after `body`.
    private func withFolder(_ body: (String) throws -> Void) throws {
        // The name lets a later process clean up after one that was killed.
        let folder = "/tmp/suanpan-test-\(getpid())-embedded-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func setting(_ name: String, _ connection: Connection) throws -> String {
        try connection.query("SELECT current_setting($1)", [.text(name)]).onlyRow().text(0)
    }

    @Test("a server is made, adopted by the next start, stopped, and started again with its data")
    func wholeLife() throws {
        try withFolder { folder in
            let first = try EmbeddedPostgres.start(dataDirectory: "\(folder)/deep/er")
            defer { try? first.stop() }
            #expect(!first.adopted)
            #expect(first.notes.isEmpty)
            let process = try #require(first.serverProcess)
            // A session of its own: a Ctrl-C at our terminal cannot reach it.
            #expect(getsid(process) == process)

            do {
                let connection = try Connection(to: ConnectionString(first.connectionString))
                try connection.executeScript("CREATE TABLE kept (id bigint); INSERT INTO kept VALUES (42)")
                for name in ["fsync", "synchronous_commit", "full_page_writes", "data_checksums"] {
                    #expect(try setting(name, connection) == "on", "\(name)")
                }
                #expect(try setting("listen_addresses", connection) == "")
                #expect(try setting("max_wal_size", connection) == "2GB")
                // Nobody who commits waits for a segment to be filled with zeros. A disk with less than eight times as much free is spared.
                let free = try FileManager.default.attributesOfFileSystem(forPath: folder)[.systemFreeSize] as? Int ?? 0
                let segments = try FileManager.default.contentsOfDirectory(atPath: "\(first.dataDirectory)/pg_wal").filter { $0.count == 24 }
                if free > 20 << 30 { #expect(segments.count >= 128) }
                #expect(try setting("server_encoding", connection) == "UTF8")
                #expect(try setting("TimeZone", connection) == "UTC")
            }

            let second = try EmbeddedPostgres.start(dataDirectory: "\(folder)/deep/er")
            #expect(second.adopted)
            #expect(second.serverProcess == process)
            #expect(second.connectionString == first.connectionString)

            try second.stop()
            #expect(second.serverProcess == nil)
            try second.stop()

            let third = try EmbeddedPostgres.start(dataDirectory: "\(folder)/deep/er")
            #expect(!third.adopted)
            let connection = try Connection(to: ConnectionString(third.connectionString))
            #expect(try connection.query("SELECT id FROM kept").onlyRow().int64(0) == 42)
            try third.stop()
        }
    }

    @Test("a server that was killed recovers at the next start, and remains of a half-made one are replaced")
    func killed() throws {
        try withFolder { folder in
            mkdir("\(folder)/pg.new", 0o700)
            _ = FileManager.default.createFile(atPath: "\(folder)/pg.new/half", contents: Data())
            let first = try EmbeddedPostgres.start(dataDirectory: folder)
            let process = try #require(first.serverProcess)
            do {
                let connection = try Connection(to: ConnectionString(first.connectionString))
                try connection.executeScript("CREATE TABLE kept (id bigint); INSERT INTO kept VALUES (42)")
                kill(process, SIGKILL)
                while connection.isOpen { _ = kindOfFailure { try connection.query("SELECT 1") } }
            }
            let second = try EmbeddedPostgres.start(dataDirectory: folder)
            defer { try? second.stop() }
            let connection = try Connection(to: ConnectionString(second.connectionString))
            #expect(try connection.query("SELECT id FROM kept").onlyRow().int64(0) == 42)
        }
    }

    @Test("the socket moves below /tmp when its path would be too long, with a note")
    func longPath() throws {
        try withFolder { folder in
            let long = folder + "/" + String(repeating: "long-name/", count: 12) + "it's"
            let server = try EmbeddedPostgres.start(dataDirectory: long)
            defer {
                try? server.stop()
                try? FileManager.default.removeItem(atPath: server.socketDirectory)
            }
            #expect(server.socketDirectory.hasPrefix("/tmp/suanpan-"))
            #expect(server.notes.count == 1)
            #expect(server.dataDirectory.hasPrefix(long))
            let connection = try Connection(to: ConnectionString(server.connectionString))
            #expect(try connection.query("SELECT 1").onlyRow().int64(0) == 1)
        }
    }

    @Test(
        "data below a folder that the server's user cannot enter move below /var/tmp and are found again",
        .enabled(if: geteuid() == 0, "only root runs the server as another user"))
    func closedAncestor() throws {
        try withFolder { folder in
            chmod(folder, 0o700)
            let first = try EmbeddedPostgres.start(dataDirectory: "\(folder)/data")
            defer {
                try? first.stop()
                try? FileManager.default.removeItem(
                    atPath: (first.dataDirectory as NSString).deletingLastPathComponent)
            }
            #expect(first.dataDirectory.hasPrefix("/var/tmp/suanpan-"))
            #expect(first.notes.count == 1)
            try Connection(to: ConnectionString(first.connectionString)).executeScript("CREATE TABLE kept (id bigint)")
            try first.stop()

            // The way is open now, and the data stay where they are.
            chmod(folder, 0o711)
            let second = try EmbeddedPostgres.start(dataDirectory: "\(folder)/data")
            #expect(second.dataDirectory == first.dataDirectory)
            let connection = try Connection(to: ConnectionString(second.connectionString))
            #expect(try connection.query("SELECT count(*) FROM kept").onlyRow().int64(0) == 0)
            try second.stop()
        }
    }

    @Test("without PostgreSQL the error says what to install")
    func notInstalled() {
        let error = #expect(throws: EmbeddedPostgresError.self) {
            try Installation.choose(dataVersion: nil, among: ["/nonexistent"])
        }
        #expect(error == .notInstalled)
        #expect(error?.description.contains("apt-get install postgresql libpq-dev") == true)
    }

    @Test("data of a version that is not installed are refused, not converted")
    func otherVersion() throws {
        let newest = try Installation.choose(dataVersion: nil)
        #expect(try Installation.choose(dataVersion: newest.majorVersion) == newest)
        let error = #expect(throws: EmbeddedPostgresError.self) { try Installation.choose(dataVersion: 9) }
        guard case .versionMissing(needed: 9, let found) = error else {
            Issue.record("expected versionMissing, got \(String(describing: error))")
            return
        }
        #expect(found.contains(newest.majorVersion))
    }

    @Test("a folder in the data's place that is not ours is refused")
    func foreignData() throws {
        try withFolder { folder in
            _ = FileManager.default.createFile(atPath: "\(folder)/pg", contents: Data())
            let error = #expect(throws: EmbeddedPostgresError.self) {
                try EmbeddedPostgres.start(dataDirectory: folder)
            }
            #expect(error == .folderUnusable(path: "\(folder)/pg", reason: "it is not a folder"))
        }
    }
}
