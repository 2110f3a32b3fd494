import EmbeddedPostgres
import Foundation
import Logging
import Persistence
import Postgres
import Sequencer
import Synchronization

/// A PostgreSQL with full durability for one test that harms it.
final class HarmedPostgres: @unchecked Sendable {
    let folder: String
    private let isDisk: Bool
    // Written by the test's own thread only, which is the argument for `@unchecked Sendable`.
    private(set) var server: EmbeddedPostgres

    struct Fault: Error { var what: String }

    /// Whether a small disk can be mounted here.
    static let canMount: Bool = {
        let folder = "/tmp/suanpan-test-\(getpid())-mount-\(UInt32.random(in: .min ... .max))"
        guard mkdir(folder, 0o755) == 0 else { return false }
        defer { rmdir(folder) }
        guard mount("suanpan-test", folder, "tmpfs", 0, "size=1m") == 0 else { return false }
        umount2(folder, Int32(MNT_DETACH))
        return true
    }()

    /// - Parameter megabytes: the size of a disk of its own; nil for an ordinary folder.
    init(megabytes: Int? = nil) throws {
        folder = "/tmp/suanpan-test-\(getpid())-harm-\(UInt32.random(in: .min ... .max))"
        guard mkdir(folder, 0o755) == 0 else { throw Fault(what: "no folder \(folder)") }
        if let megabytes {
            guard mount("suanpan-test", folder, "tmpfs", 0, "size=\(megabytes)m,mode=0755") == 0 else {
                throw Fault(what: "no disk can be mounted")
            }
        }
        isDisk = megabytes != nil
        server = try EmbeddedPostgres.start(dataDirectory: folder)
    }

    /// Starts it again where it ended by itself.
    func startAgain() throws { server = try EmbeddedPostgres.start(dataDirectory: folder) }

    var target: ConnectionString { get throws { try ConnectionString(server.connectionString) } }
    func connect() throws -> Connection { try Connection(to: target) }

    /// All frames, each checked against the chain, as an auditor reads them.
    func frames() throws -> [Frame] {
        let journal = try PostgresJournal(target, PostgresJournal.Settings(holder: "reader"), logger: Scene.logger)
        defer { journal.close() }
        var frames: [Frame] = []
        try journal.replay(after: 0) { frames.append($0) }
        return frames
    }

    /// Takes all that is free on the disk.
    func fill() {
        let file = open(folder + "/ballast", O_WRONLY | O_CREAT, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        var (end, step): (off_t, off_t) = (0, 64 << 20)
        while step >= 4_096 {
            if posix_fallocate(file, end, step) == 0 { end += step } else { step /= 2 }
        }
    }

    /// Gives it back.
    func free() { unlink(folder + "/ballast") }

    func delete() {
        free()
        try? server.stop()
        if isDisk { umount2(folder, Int32(MNT_DETACH)) }
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// A log that can be asked whether and why a journal tries again.
final class RetryLog: Sendable {
    private let causes = Mutex<[String]>([])

    /// Why the journal tried again, so far.
    var all: [String] { causes.withLock { $0 } }

    /// A logger that writes into it.
    var logger: Logger {
        var logger = Logger(label: "suanpan.tests.retries") { _ in Handler(log: self) }
        logger.logLevel = .notice
        return logger
    }

    /// Blocks until the journal has begun to try again, at most 20 s.
    func waitForRetry() throws {
        let end = ContinuousClock.now + .seconds(20)
        while all.isEmpty {
            guard .now < end else { throw HarmedPostgres.Fault(what: "the journal did not try again") }
            usleep(1_000)
        }
    }

    private struct Handler: LogHandler {
        let log: RetryLog
        var logLevel = Logger.Level.notice
        var metadata = Logger.Metadata()
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        init(log: RetryLog) { self.log = log }
        func log(event: LogEvent) {
            guard let cause = event.metadata?["cause"] else { return }
            log.causes.withLock { $0.append("\(cause)") }
        }
    }
}

/// `strace`, which makes the system calls of a running process fail or wait.
final class CallFaults {
    private let process = Process()

    /// Whether strace is here and may attach to a process.
    static let areAvailable: Bool = {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else { return false }
        let victim = Process()
        victim.executableURL = URL(fileURLWithPath: "/bin/sleep")
        victim.arguments = ["30"]
        guard (try? victim.run()) != nil else { return false }
        defer { kill(victim.processIdentifier, SIGKILL) }
        guard let faults = try? CallFaults("delay_enter=1", of: "fsync", in: victim.processIdentifier) else { return false }
        faults.end()
        return true
    }()

    /// Attaches and returns once the process is traced.
    init(_ injection: String, of calls: String, in victim: Int32) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/strace")
        process.arguments = ["-qq", "-o", "/dev/null", "-p", "\(victim)", "-e", "trace=\(calls)", "-e", "inject=\(calls):\(injection)"]
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let end = ContinuousClock.now + .seconds(10)
        while !Self.isTraced(victim) {
            guard process.isRunning, .now < end else { throw HarmedPostgres.Fault(what: "strace cannot attach to \(victim)") }
            usleep(1_000)
        }
    }

    /// Detaches.
    func end() {
        process.terminate()
        process.waitUntilExit()
    }

    private static func isTraced(_ process: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        return status.split(separator: "\n").contains { $0.hasPrefix("TracerPid:") && !$0.hasSuffix("\t0") }
    }
}
