import Foundation

/// A private PostgreSQL in a data directory of ours, reached only by a unix socket that nobody else may open.
///
///     let database = try EmbeddedPostgres.start(dataDirectory: ".suanpan")
///     serve(database.connectionString)
///     try database.stop()
///
/// The server is a process of its own: it survives our Ctrl-C and our death, so that the last commit can finish.
/// Whoever started it calls `stop()` after that commit; the next `start` adopts one that was left running.
/// Every call blocks.
package final class EmbeddedPostgres: Sendable {
    /// Takes libpq to the database, as the superuser of the private server.
    package let connectionString: String
    package let socketDirectory: String
    /// The server's data directory (`pg`), after the links are followed.
    package let dataDirectory: String
    /// Whether the server was running already.
    package let adopted: Bool
    /// What was placed elsewhere than asked, and why; to be shown to the person at the terminal.
    package let notes: [String]

    let installation: Installation
    let account: ServerAccount
    let port: Int

    /// The name of the database in the server.
    package static let databaseName = "suanpan"
    /// The name of the only role, a superuser.
    package static let roleName = "postgres"

    /// Starts the server of `dataDirectory`, makes it first where there is none, or adopts it where it runs.
    ///
    /// Ready when this returns. A crash at any moment leaves either no data or whole data.
    ///
    /// - Throws: `EmbeddedPostgresError`, its text meant for the terminal.
    package static func start(dataDirectory: String) throws(EmbeddedPostgresError) -> EmbeddedPostgres {
        try start(dataDirectory: dataDirectory, durability: .full)
    }

    static func start(
        dataDirectory: String, durability: ServerSettings.Durability
    ) throws(EmbeddedPostgresError) -> EmbeddedPostgres {
        let account = try ServerAccount.current()
        let placement = try Placement.resolve(dataDirectory: dataDirectory, account: account)
        let lock = try StartLock(home: placement.home)
        defer { lock.release() }

        let installation = try Installation.choose(dataVersion: dataVersion(of: placement.data))
        if dataVersion(of: placement.data) == nil {
            try initialise(placement, installation, account, durability)
        }
        try write(
            ServerSettings(socketDirectory: placement.socketDirectory, durability: durability),
            below: placement.data, account: account)

        let control = ServerControl(installation: installation, account: account, dataDirectory: placement.data)
        let running = try control.running()
        let socketDirectory = running?.socketDirectory ?? placement.socketDirectory
        if running == nil {
            try control.start()
        }
        return EmbeddedPostgres(
            socketDirectory: socketDirectory, port: running?.port ?? 5432, placement: placement,
            adopted: running != nil, installation: installation, account: account)
    }

    private init(
        socketDirectory: String, port: Int, placement: Placement, adopted: Bool, installation: Installation,
        account: ServerAccount
    ) {
        self.socketDirectory = socketDirectory
        self.dataDirectory = placement.data
        self.adopted = adopted
        self.notes = placement.notes
        self.installation = installation
        self.account = account
        self.connectionString = Self.connectionString(
            socketDirectory: socketDirectory, port: port, database: Self.databaseName)
        self.port = port
    }

    /// Stops the server: open transactions are rolled back, everything committed is kept. One that is not running
    /// is no error.
    ///
    /// - Throws: `programFailed` when it has not stopped after a minute.
    package func stop() throws(EmbeddedPostgresError) {
        try ServerControl(installation: installation, account: account, dataDirectory: dataDirectory).stop(.fast)
    }

    /// Takes libpq to another database of the same server.
    package func connectionString(toDatabase name: String) -> String {
        Self.connectionString(socketDirectory: socketDirectory, port: port, database: name)
    }

    /// The process of the running server, for tests that look at it or harm it; `nil` when it does not run.
    package var serverProcess: Int32? { PostmasterFile(dataDirectory: dataDirectory)?.process }

    private static func connectionString(socketDirectory: String, port: Int, database: String) -> String {
        var quoted = ""
        for character in socketDirectory {
            if character == "'" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return "host='\(quoted)' port=\(port) user=\(roleName) dbname=\(database)"
    }

    /// The major version that made the data in `folder`; `nil` when there are none.
    private static func dataVersion(of folder: String) -> Int? {
        guard let text = try? String(contentsOfFile: "\(folder)/PG_VERSION", encoding: .utf8) else { return nil }
        return Int(text.prefix(while: \.isNumber))
    }

    /// Makes the data beside their place and renames them into it, so that half-made data are never used.
    private static func initialise(
        _ placement: Placement, _ installation: Installation, _ account: ServerAccount,
        _ durability: ServerSettings.Durability
    ) throws(EmbeddedPostgresError) {
        let fresh = "\(placement.home)/pg.new"
        try Folder.remove(fresh)
        try account.makePrivateFolder(fresh)
        var arguments = [
            installation.program("initdb"), "--pgdata=\(fresh)", "--username=\(roleName)", "--data-checksums",
            "--auth=trust", "--locale=C", "--encoding=UTF8",
        ]
        if durability == .none { arguments.append("--no-sync") }
        try account.require(arguments)
        // Our database is made before any server runs, so that it is there whenever the data are.
        var single = [installation.program("postgres"), "--single", "-D", fresh]
        if durability == .none { single += ["-c", "fsync=off"] }
        try account.require(single + ["postgres"], input: "CREATE DATABASE \(databaseName)\n")
        if durability == .full { try fillLog(of: fresh, single, account) }
        try append("include_if_exists = '\(ServerSettings.fileName)'\n", to: "\(fresh)/postgresql.conf")
        if Folder.kind(of: placement.data) != .nothing {
            // Only the empty folder that a link points at, or one that somebody made by hand.
            guard rmdir(placement.data) == 0 else {
                throw .folderUnusable(path: placement.data, reason: "it is not empty and holds no database")
            }
        }
        guard rename(fresh, placement.data) == 0 else {
            throw .folderUnusable(path: placement.data, reason: lastSystemError())
        }
        Folder.synchronize(placement.home)
    }

    /// Writes as much of the log as stays on disk between checkpoints, once: PostgreSQL fills a new segment of 16 MB with zeros while the commit
    /// that needs it waits, 50 ms and more, and one that was in use before it takes as it is. On a disk with little room it is left out.
    private static func fillLog(of fresh: String, _ single: [String], _ account: ServerAccount) throws(EmbeddedPostgresError) {
        let bytes = ServerSettings.keptLogMebibytes << 20
        var disk = statvfs()
        guard statvfs(fresh, &disk) == 0, Double(disk.f_bavail) * Double(disk.f_frsize) > 8 * Double(bytes) else { return }
        let settings = ["-c", "min_wal_size=\(ServerSettings.keptLogMebibytes)MB", "-c", "max_wal_size=\(2 * ServerSettings.keptLogMebibytes)MB"]
        // A transaction's end goes into each segment, since an empty one is not switched; the checkpoint at the end takes them all back into use.
        let switches = String(repeating: "SELECT txid_current()\nSELECT pg_switch_wal()\n", count: bytes / ServerSettings.logSegmentBytes)
        try account.require(single + settings + ["postgres"], input: switches)
    }

    private static func append(_ text: String, to path: String) throws(EmbeddedPostgresError) {
        guard let file = fopen(path, "a") else {
            throw .folderUnusable(path: path, reason: lastSystemError())
        }
        fputs(text, file)
        fsync(fileno(file))
        guard fclose(file) == 0 else {
            throw .folderUnusable(path: path, reason: lastSystemError())
        }
    }

    private static func write(
        _ settings: ServerSettings, below dataDirectory: String, account: ServerAccount
    ) throws(EmbeddedPostgresError) {
        let path = "\(dataDirectory)/\(ServerSettings.fileName)"
        let fresh = "\(path).new"
        unlink(fresh)
        try append(settings.text, to: fresh)
        guard chmod(fresh, 0o600) == 0, geteuid() == account.userID || chown(fresh, account.userID, account.groupID) == 0,
            rename(fresh, path) == 0
        else {
            throw .folderUnusable(path: path, reason: lastSystemError())
        }
    }
}
