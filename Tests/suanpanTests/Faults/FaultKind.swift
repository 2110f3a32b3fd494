/// What a fault test does to a server or to what it stands on.
enum FaultKind: String, CaseIterable, Sendable {
    /// SIGKILL to the server.
    case killServer = "server killed"
    /// SIGTERM to the server.
    case endServer = "server ended"
    /// SIGSTOP and, a moment later, SIGCONT to the server.
    case stopServer = "server stopped and continued"
    /// `pg_terminate_backend` on the session that commits.
    case terminateSession = "journal's session ended"
    /// All connections to PostgreSQL cut at once.
    case cut = "connections cut"
    /// A commit's request lost with its connection.
    case loseRequest = "commit lost"
    /// A commit's reply lost with its connection.
    case loseReply = "commit's reply lost"
    /// A commit's reply lost, while PostgreSQL believes the session alive.
    case loseReplyAndFarewell = "commit's reply lost, session stays"
    /// Nothing passes between the server and PostgreSQL for a while.
    case stall = "network silent"
    /// SIGKILL to the process of PostgreSQL that serves the journal: all of PostgreSQL recovers.
    case killBackend = "PostgreSQL's process killed"
    /// SIGKILL to PostgreSQL's first process.
    case killPostgres = "PostgreSQL killed"
    /// PostgreSQL stopped as in a crash and started.
    case restartPostgres = "PostgreSQL restarted"
    /// SIGKILL to the server while a standby waits: it takes over.
    case takeOverKilled = "killed, standby took over"
    /// SIGSTOP to the server while a standby waits, and SIGCONT when that serves: the first must end and acknowledge nothing.
    case takeOverStopped = "stopped, standby took over, continued"
    /// No byte left on PostgreSQL's disk for a while.
    case fillDisk = "disk full"

    /// How many strikes of this kind one round has: cheap ones more.
    var strikes: Int {
        switch self {
        case .stopServer, .cut, .loseRequest, .loseReply, .loseReplyAndFarewell: 3
        case .terminateSession: 5
        case .stall: 2
        case .killServer, .endServer, .takeOverKilled, .takeOverStopped, .killBackend, .killPostgres, .restartPostgres, .fillDisk: 1
        }
    }

    /// Whether a standby waits beside the server.
    var needsStandby: Bool { self == .takeOverKilled || self == .takeOverStopped }
    /// Whether the server serves after the round that served before it.
    var leavesServer: Bool { self != .killServer && self != .endServer && !needsStandby }
}
