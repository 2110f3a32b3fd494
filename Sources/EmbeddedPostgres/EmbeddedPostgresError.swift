/// Why a private PostgreSQL could not be started or stopped. The text is for the person at the terminal.
package enum EmbeddedPostgresError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No folder with the server's programs was found.
    case notInstalled
    /// The data were made by a major version whose programs are not here.
    case versionMissing(needed: Int, found: [Int])
    /// Started as root, and the system has no user `postgres` to run the server as.
    case noUnprivilegedUser
    /// A folder that the server needs cannot be used, with the reason.
    case folderUnusable(path: String, reason: String)
    /// One of PostgreSQL's programs failed, with what it said last.
    case programFailed(program: String, output: String)

    package var description: String {
        switch self {
        case .notInstalled:
            "PostgreSQL is not installed; run: apt-get install postgresql libpq-dev (or give a database URL)"
        case .versionMissing(let needed, let found):
            "the data were made by PostgreSQL \(needed), and only \(found) is installed; "
                + "run: apt-get install postgresql-\(needed)"
        case .noUnprivilegedUser:
            "PostgreSQL refuses to run as root, and there is no user postgres; "
                + "run: apt-get install postgresql (or start as another user)"
        case .folderUnusable(let path, let reason):
            "\(path) cannot hold the database: \(reason)"
        case .programFailed(let program, let output):
            "\(program) failed: \(output)"
        }
    }
}
