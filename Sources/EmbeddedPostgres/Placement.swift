import Foundation

/// Where the data and the socket of one private PostgreSQL are.
///
/// Data belong in `<data directory>/pg` and the socket in `<data directory>/pg.run`. Two things can forbid that: the
/// server's user cannot pass a folder above (`/root` is 0700), then the data go to a folder below `/var/tmp` with a
/// fixed name, and `pg` becomes a link to it, so that they are found again whatever happens to the modes; and a
/// socket's path may have 107 bytes only, then the socket goes below `/tmp`.
struct Placement {
    /// Holds `pg`, `pg.new` while it is made, and the lock of a start in progress.
    let home: String
    let socketDirectory: String
    /// What was moved and why, for the person at the terminal.
    let notes: [String]

    /// The server's data directory.
    var data: String { "\(home)/pg" }

    /// The name of the socket in its folder; the port is only a name here.
    static let socketName = ".s.PGSQL.5432"
    /// The longest path of a unix socket: `sun_path` has 108 bytes and ends with a zero.
    static let longestSocketPath = 107

    /// Finds the places for `dataDirectory`, and creates the folders around the data.
    static func resolve(
        dataDirectory: String, account: ServerAccount
    ) throws(EmbeddedPostgresError) -> Placement {
        try Folder.create((dataDirectory as NSString).standardizingPath.absolute)
        let wanted = try Folder.resolve(dataDirectory)
        var notes: [String] = []
        let home = try home(for: wanted, account: account, notes: &notes)

        var socketDirectory = "\(home)/pg.run"
        let length = "\(socketDirectory)/\(socketName)".utf8.count
        // A comma would separate two hosts in a connection string.
        if length > longestSocketPath || socketDirectory.contains(",") {
            socketDirectory = "/tmp/\(Folder.shortName(for: wanted))"
            notes.append("the database's socket is in \(socketDirectory), because the path of \(home) is too long")
        }
        try account.makePrivateFolder(socketDirectory)
        return Placement(home: home, socketDirectory: socketDirectory, notes: notes)
    }

    private static func home(
        for wanted: String, account: ServerAccount, notes: inout [String]
    ) throws(EmbeddedPostgresError) -> String {
        let data = "\(wanted)/pg"
        switch Folder.kind(of: data) {
        case .link:
            let home = (try Folder.resolve(data) as NSString).deletingLastPathComponent
            notes.append("the database is in \(home)/pg, where the link \(data) points")
            return home
        case .other:
            throw .folderUnusable(path: data, reason: "it is not a folder")
        case .folder:
            guard try account.canEnter(wanted) else {
                throw .folderUnusable(
                    path: data, reason: "a folder above it is closed to the user postgres; open it with chmod o+x")
            }
            try Folder.requireOwn(data, owner: account.userID)
            return wanted
        case .nothing:
            if try account.canEnter(wanted) { return wanted }
            let home = "/var/tmp/\(Folder.shortName(for: wanted))"
            try Folder.create(home)
            try Folder.requireOwn(home, owner: geteuid())
            // The link comes before the data: a crash in between must not hide data that were made.
            try makeEmptyTarget("\(home)/pg", account: account)
            guard symlink("\(home)/pg", data) == 0 else {
                throw .folderUnusable(path: data, reason: lastSystemError())
            }
            notes.append(
                "the database is in \(home)/pg, because a folder above \(wanted) is closed to the user postgres")
            return home
        }
    }

    /// A link to nothing could not be resolved at the next start; initialisation replaces the empty folder.
    private static func makeEmptyTarget(
        _ path: String, account: ServerAccount
    ) throws(EmbeddedPostgresError) {
        try account.makePrivateFolder(path)
    }
}

extension String {
    /// The path made absolute by the current folder.
    fileprivate var absolute: String {
        hasPrefix("/") ? self : "\(FileManager.default.currentDirectoryPath)/\(self)"
    }
}
