import ArgumentParser
import EmbeddedPostgres
import Foundation
import Logging
import Persistence
import Postgres

/// `suanpan bench recovery`: what a start and a snapshot cost.
struct BenchRecoveryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery",
        abstract: "Start-up from a snapshot and the journal after it; size and time of a snapshot, and what trading notices of it.")

    @Option(help: "Open orders in the snapshot.")
    var orders = 1_000_000
    @Option(help: "Commands after the snapshot.")
    var commands = 1_000_000
    @Option(help: "Seconds of trading without a snapshot, to compare with.")
    var seconds = 5
    @Option(help: "MiB a second that a snapshot beside trading writes at most.")
    var writeRate = SnapshotSettings().bytesPerSecond >> 20
    @Option(help: "Where the measurement's private PostgreSQL lives, removed at the end; else a temporary folder.")
    var dataDir: String?

    func validate() throws {
        guard (1...10_000_000).contains(orders) else { throw ValidationError("--orders is 1 to 10000000") }
        guard (0...100_000_000).contains(commands) else { throw ValidationError("--commands is 0 to 100000000") }
        guard (1...600).contains(seconds) else { throw ValidationError("--seconds is 1 to 600") }
        guard (1...10_000).contains(writeRate) else { throw ValidationError("--write-rate is 1 to 10000") }
        if let dataDir, FileManager.default.fileExists(atPath: dataDir) { throw ValidationError("--data-dir exists already") }
    }

    func run() async throws {
        let folder = dataDir ?? "/tmp/suanpan-bench-\(ProcessInfo.processInfo.processIdentifier)"
        let postgres = try EmbeddedPostgres.start(dataDirectory: folder)
        defer {
            // Nothing of the measurement is of use to anybody; what cannot be removed lies in a temporary folder.
            try? postgres.stop()
            try? FileManager.default.removeItem(atPath: folder)
        }
        let target = try ConnectionString(postgres.connectionString)
        var bench = RecoveryBench(
            target, dataDirectory: folder, orders: orders, commands: commands, seconds: seconds, writeRate: writeRate)
        try await bench.run(.terminal)
    }
}
