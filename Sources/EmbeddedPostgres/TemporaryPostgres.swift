import Foundation

/// A throwaway PostgreSQL for tests: one for the whole process, a new database for every test.
///
///     let database = try TemporaryPostgres.shared.get().makeDatabase()
///
/// It runs without fsync in a folder below the temporary one, is stopped and deleted when the process ends, and
/// removes what processes that were killed left behind.
package final class TemporaryPostgres: Sendable {
    /// The server of this process, started at first use and stopped at exit.
    package static let shared: Result<TemporaryPostgres, EmbeddedPostgresError> = {
        let started = Result { () throws(EmbeddedPostgresError) in try TemporaryPostgres() }
        atexit { try? TemporaryPostgres.shared.get().delete() }
        return started
    }()

    package let server: EmbeddedPostgres
    private let folder: String

    private static let root = "/tmp"
    private static let prefix = "suanpan-test-"

    /// Starts a server of its own, for a test that harms it; call `delete()` at the end.
    package init() throws(EmbeddedPostgresError) {
        Self.removeAbandoned()
        folder = "\(Self.root)/\(Self.prefix)\(getpid())-\(UInt32.random(in: .min ... .max))"
        server = try EmbeddedPostgres.start(dataDirectory: folder, durability: .none)
    }

    /// Makes an empty database and gives its connection string.
    package func makeDatabase() throws(EmbeddedPostgresError) -> String {
        let name = "test_\(UInt64.random(in: .min ... .max))"
        try server.createDatabase(named: name)
        return server.connectionString(toDatabase: name)
    }

    /// Stops the server and removes its data.
    package func delete() throws(EmbeddedPostgresError) {
        try server.stopAsCrash()
        try Folder.remove(folder)
        if server.socketDirectory.hasPrefix("/tmp/suanpan-") { try Folder.remove(server.socketDirectory) }
    }

    /// Removes the servers of processes that are gone.
    private static func removeAbandoned() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        for name in names where name.hasPrefix(prefix) {
            let owner = name.dropFirst(prefix.count).prefix(while: \.isNumber)
            guard let process = pid_t(owner), kill(process, 0) != 0, errno == ESRCH else { continue }
            let folder = "\(root)/\(name)"
            var information = stat()
            guard lstat(folder, &information) == 0, information.st_uid == geteuid() else { continue }
            if let server = PostmasterFile(dataDirectory: "\(folder)/pg") {
                end(server.process)
            }
            // A server that still writes can make this fail; the next process tries again.
            try? Folder.remove(folder)
        }
    }

    /// Ends an abandoned server at once and waits until it is gone, at most 5 s.
    private static func end(_ process: pid_t) {
        kill(process, SIGQUIT)
        for _ in 0..<500 where kill(process, 0) == 0 {
            usleep(10_000)
        }
    }
}

extension EmbeddedPostgres {
    /// Makes an empty database with the server's own tool.
    func createDatabase(named name: String) throws(EmbeddedPostgresError) {
        try account.require([
            installation.program("createdb"), "--host=\(socketDirectory)", "--port=\(port)",
            "--username=\(Self.roleName)", "--template=template0", name,
        ])
    }

    /// Stops without a checkpoint: for data that are thrown away.
    func stopAsCrash() throws(EmbeddedPostgresError) {
        try ServerControl(installation: installation, account: account, dataDirectory: dataDirectory).stop(.immediate)
    }
}
