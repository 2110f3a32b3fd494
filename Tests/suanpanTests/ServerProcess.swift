import EmbeddedPostgres
import Foundation

/// The real program `suanpan` as a child process, with its private PostgreSQL in a throwaway folder.
struct ServerProcess: Sendable {
    /// How a process ended.
    enum Ending: Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// Why a process is not what the test needs.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Where the server listens.
    let url: String
    let identifier: Int32
    /// The file of what it prints, on both outputs.
    let log: String
    private let process: Process

    /// Starts `suanpan serve` on a free port with a simulated clock and waits until it printed its address.
    ///
    /// - Parameters:
    ///   - openFiles: How many files it may have open at most; as the tests themselves where nil.
    ///   - options: More of the command line.
    static func serve(
        dataDirectory: String, database: String? = nil, operatorKey: String, log: String, openFiles: Int? = nil, options: [String] = []
    ) async throws -> ServerProcess {
        try await start(
            dataDirectory: dataDirectory, database: database, operatorKey: operatorKey, log: log, openFiles: openFiles, options: options
        ).serving()
    }

    /// A server that was started and has not printed its address yet: a standby, before it took over.
    struct Starting: Sendable {
        fileprivate let process: Process
        let log: String

        /// Waits for its address.
        func serving() async throws -> ServerProcess {
            do {
                let url = try await poll("the server's address", seconds: 60) {
                    if let url = address(in: text(of: log)) { return url }
                    guard process.isRunning else { throw Failure(description: "serve ended: \(text(of: log))") }
                    return nil
                }
                return ServerProcess(url: url, identifier: process.processIdentifier, log: log, process: process)
            } catch {
                kill(process.processIdentifier, SIGKILL)
                throw error
            }
        }

        /// Waits until it has printed something.
        func printed(_ words: String) async throws {
            try await poll(words, seconds: 60) { text(of: log).contains(words) ? () : nil }
        }
    }

    /// Starts `suanpan serve`.
    static func start(
        dataDirectory: String, database: String? = nil, operatorKey: String, isStandby: Bool = false, log: String,
        openFiles: Int? = nil, options: [String] = []
    ) throws -> Starting {
        var arguments = [
            "serve", "--data-dir", dataDirectory, "--port", "0", "--clock", "simulated", "--start-time", "2026-11-23T00:00:00Z",
        ] + options
        if let database { arguments += ["--database-url", database] }
        if isStandby { arguments.append("--standby") }
        let environment = ["SUANPAN_OPERATOR_KEY": operatorKey]
        return Starting(process: try spawn(arguments, environment: environment, log: log, openFiles: openFiles), log: log)
    }

    /// Runs another command of the program to its end.
    static func run(_ arguments: [String], log: String) async throws -> (ending: Ending, output: String) {
        let process = try spawn(arguments, environment: [:], log: log)
        do {
            return (try await ending(of: process), text(of: log))
        } catch {
            kill(process.processIdentifier, SIGKILL)
            throw error
        }
    }

    /// Runs a program of the system to its end; answers its status and what it printed on both outputs.
    static func tool(_ arguments: [String], input: String = "") throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let (output, source) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = output
        process.standardInput = source
        try process.run()
        try source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try source.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }

    /// Sends a signal to this process and to nothing that it started.
    func send(_ signal: Int32) { kill(identifier, signal) }

    /// Whether it has not ended yet.
    var isRunning: Bool { process.isRunning }

    /// What it printed so far, on both outputs.
    var output: String { Self.text(of: log) }

    /// Waits for the process's end, at most a minute.
    func ending() async throws -> Ending { try await Self.ending(of: process) }

    /// Ends what runs on a data directory, whatever state it is in, and removes it.
    static func remove(dataDirectory: String, server: ServerProcess?) throws {
        if let server, server.process.isRunning { kill(server.identifier, SIGKILL) }
        // Adopted first: the folder may have been left by a server that was killed.
        if postgresProcess(dataDirectory: dataDirectory) != nil {
            try EmbeddedPostgres.start(dataDirectory: dataDirectory).stop()
        }
        try FileManager.default.removeItem(atPath: dataDirectory)
    }

    /// The PostgreSQL that says it runs on a data directory, nil where none does.
    static func postgresProcess(dataDirectory: String) -> Int32? {
        text(of: dataDirectory + "/pg/postmaster.pid").split(separator: "\n").first.flatMap { Int32($0) }
    }

    /// The processes that a process started and that run.
    static func children(of parent: Int32) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { process in
            let fields = text(of: "/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && fields[1] == String(parent)
        }
    }

    /// Whether a process runs; one that ended and that nobody has asked about does not.
    static func runs(_ identifier: Int32) -> Bool {
        guard kill(identifier, 0) == 0 || errno == EPERM else { return false }
        let state = text(of: "/proc/\(identifier)/stat").split(separator: ")").last?.split(separator: " ").first
        return state != "Z"
    }

    // MARK: Processes

    /// The program beside the one that runs the tests.
    private static func program() throws -> URL {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folders = [own, CommandLine.arguments[0]].map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        let programs = folders.map { $0.appendingPathComponent("suanpan") }
        guard let program = programs.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
            throw Failure(description: "no program suanpan at \(programs.map(\.path)): build everything first")
        }
        return program
    }

    private static func spawn(
        _ arguments: [String], environment: [String: String], log: String, openFiles: Int? = nil
    ) throws -> Process {
        guard FileManager.default.createFile(atPath: log, contents: nil), let output = FileHandle(forWritingAtPath: log) else {
            throw Failure(description: "\(log) cannot be written")
        }
        let process = Process()
        process.executableURL = try program()
        process.arguments = arguments
        if let openFiles {
            // The shell becomes the program, which keeps its process's number.
            process.arguments = ["-c", "ulimit -n \(openFiles) && exec \"$0\" \"$@\"", try program().path] + arguments
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
        }
        // A database of the person who runs the tests is not for this one.
        process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "DATABASE_URL" }
            .merging(environment) { _, own in own }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        return process
    }

    private static func ending(of process: Process) async throws -> Ending {
        try await poll("the process's end", seconds: 60) {
            guard !process.isRunning else { return nil }
            return process.terminationReason == .exit
                ? .exited(process.terminationStatus) : .signalled(process.terminationStatus)
        }
    }

    private static func poll<Value>(_ what: String, seconds: Int, _ body: () throws -> Value?) async throws -> Value {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if let value = try body() { return value }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Failure(description: "\(what) did not come within \(seconds) s")
    }

    private static func address(in text: String) -> String? {
        // The line is whole only when something follows the address.
        guard let start = text.range(of: "Suanpan serves at ") else { return nil }
        let rest = text[start.upperBound...]
        return rest.firstIndex(of: " ").map { String(rest[..<$0]) }
    }

    static func text(of path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
