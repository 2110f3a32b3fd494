import Foundation

/// Starts, finds and stops the server of one data directory through `pg_ctl`.
struct ServerControl {
    let installation: Installation
    let account: ServerAccount
    let dataDirectory: String

    /// How a server is stopped.
    enum StopMode: String {
        /// Rolls open transactions back and writes a checkpoint.
        case fast
        /// As a crash; only for data that are thrown away.
        case immediate
    }

    /// Seconds that a start or a stop may take; recovery after a crash is part of a start.
    private static let patienceSeconds = 120

    /// Starts the server and waits until it answers.
    func start() throws(EmbeddedPostgresError) {
        let outcome = try account.run([
            installation.program("pg_ctl"), "start", "--pgdata=\(dataDirectory)", "--wait", "--silent",
            "--timeout=\(Self.patienceSeconds)", "--log=\(dataDirectory)/startup.log",
        ])
        guard outcome.status == 0 else {
            throw .programFailed(
                program: "pg_ctl start", output: ([outcome.output] + logTails()).joined(separator: "\n"))
        }
    }

    /// Stops the server and waits until it is gone.
    func stop(_ mode: StopMode) throws(EmbeddedPostgresError) {
        guard try isAlive() else { return }
        let outcome = try account.run([
            installation.program("pg_ctl"), "stop", "--pgdata=\(dataDirectory)", "--wait", "--silent",
            "--timeout=\(Self.patienceSeconds)", "--mode=\(mode.rawValue)",
        ])
        // It may have stopped by itself in between.
        if outcome.status != 0, try isAlive() {
            throw .programFailed(program: "pg_ctl stop", output: outcome.output)
        }
    }

    /// The server that runs on the data already, once it answers; `nil` when none runs.
    ///
    /// A server that is starting or stopping is waited for.
    func running() throws(EmbeddedPostgresError) -> PostmasterFile? {
        for _ in 0..<(Self.patienceSeconds * 10) {
            guard try isAlive() else { return nil }
            if let file = PostmasterFile(dataDirectory: dataDirectory), answers(file) {
                return file
            }
            usleep(100_000)
        }
        throw .programFailed(
            program: "postgres", output: "a server runs on \(dataDirectory) but does not answer")
    }

    /// Whether a server holds the data directory, as `pg_ctl status` finds out: 0 yes, 3 no.
    private func isAlive() throws(EmbeddedPostgresError) -> Bool {
        let outcome = try account.run([installation.program("pg_ctl"), "status", "--pgdata=\(dataDirectory)"])
        switch outcome.status {
        case 0: return true
        case 3: return false
        default: throw .programFailed(program: "pg_ctl status", output: outcome.output)
        }
    }

    /// Whether somebody accepts connections on the socket. Its process number alone would not do: after a crash of
    /// the machine it may belong to another program.
    private func answers(_ file: PostmasterFile) -> Bool {
        let socket = "\(file.socketDirectory)/.s.PGSQL.\(file.port)"
        let state = (try? String(contentsOfFile: "\(dataDirectory)/postmaster.pid", encoding: .utf8)) ?? ""
        return Self.accepts(socket) && state.split(separator: "\n").last?.hasPrefix("ready") == true
    }

    private static func accepts(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count <= Placement.longestSocketPath else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// The last lines of what the server wrote, to explain a failed start.
    private func logTails() -> [String] {
        let folder = "\(dataDirectory)/log"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let paths = ["\(dataDirectory)/startup.log"] + names.sorted().map { "\(folder)/\($0)" }
        return paths.compactMap { path in
            guard let text = try? String(contentsOfFile: path, encoding: .utf8), !text.isEmpty else { return nil }
            return text.split(separator: "\n").suffix(5).joined(separator: "\n")
        }
    }
}
