import Foundation

/// How many files and sockets this process may have open at once.
package enum OpenFileLimit {
    /// What the server has open beside its clients' connections: PostgreSQL's, the log, the event loops', with room to spare.
    static let ownFiles = 128

    /// Raises the limit to what the system allows: a shell's usual 1,024 is less than the connections that are taken by default.
    ///
    /// - Returns: The limit from now on; nil where the system does not tell.
    @discardableResult
    package static func raise() -> Int? {
        var limit = rlimit()
        guard getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(Int32(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many connections may be open under a limit of files: those that are wanted, or fewer.
    static func connections(wanted: Int, limit: Int) -> Int { min(wanted, max(limit - ownFiles, limit / 2, 1)) }
}
