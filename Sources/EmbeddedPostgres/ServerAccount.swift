import Foundation

/// The system user that the server runs as: `postgres` when we are root, because PostgreSQL refuses root, else we.
struct ServerAccount {
    let userID: uid_t
    let groupID: gid_t

    /// What stands before a program's path to run it as this user; nothing when we are that user.
    private let prefix: [String]

    /// The account for this process.
    static func current() throws(EmbeddedPostgresError) -> ServerAccount {
        guard geteuid() == 0 else {
            return ServerAccount(userID: geteuid(), groupID: getegid(), prefix: [])
        }
        guard let entry = getpwnam("postgres") else { throw .noUnprivilegedUser }
        guard let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].first(where: Folder.isProgram) else {
            throw .programFailed(program: "setpriv", output: "not found; run: apt-get install util-linux")
        }
        let user = entry.pointee
        return ServerAccount(
            userID: user.pw_uid,
            groupID: user.pw_gid,
            prefix: [
                setpriv, "--reuid=\(user.pw_uid)", "--regid=\(user.pw_gid)", "--init-groups", "--reset-env", "--",
            ]
        )
    }

    /// Runs a program as this user and gives its exit status and output.
    func run(_ arguments: [String], input: String = "") throws(EmbeddedPostgresError) -> Command.Outcome {
        try Command.run(prefix + arguments, input: input)
    }

    /// Runs a program as this user; a failure names the program and not the wrapper.
    func require(_ arguments: [String], input: String = "") throws(EmbeddedPostgresError) {
        let outcome = try run(arguments, input: input)
        guard outcome.status == 0 else {
            let program = arguments[0].split(separator: "/").last.map(String.init) ?? arguments[0]
            throw .programFailed(program: program, output: outcome.output)
        }
    }

    /// Whether this user can enter `folder`: every ancestor lets it through.
    func canEnter(_ folder: String) throws(EmbeddedPostgresError) -> Bool {
        if prefix.isEmpty { return access(folder, X_OK) == 0 }
        return try run(["/usr/bin/test", "-x", folder]).status == 0
    }

    /// Makes `folder` private to this user (0700), or accepts one that is.
    ///
    /// - Throws: `folderUnusable` when somebody else owns what stands there, which in a folder that all may write
    ///   to would be a trap.
    func makePrivateFolder(_ folder: String) throws(EmbeddedPostgresError) {
        if mkdir(folder, 0o700) == 0 {
            guard geteuid() == userID || lchown(folder, userID, groupID) == 0 else {
                throw .folderUnusable(path: folder, reason: lastSystemError())
            }
        } else if errno != EEXIST {
            throw .folderUnusable(path: folder, reason: lastSystemError())
        }
        try Folder.requireOwn(folder, owner: userID)
        // Against a umask, and against a mode that was opened since.
        guard chmod(folder, 0o700) == 0 else {
            throw .folderUnusable(path: folder, reason: lastSystemError())
        }
    }
}
