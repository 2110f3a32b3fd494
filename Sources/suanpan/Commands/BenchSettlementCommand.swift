import ArgumentParser
import EmbeddedPostgres
import Foundation
import Persistence
import Postgres

/// `suanpan bench settlement`: very many deliveries of one hour, settled while trading goes on.
struct BenchSettlementCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settlement",
        abstract: "How long the gate and the settlement of an hour with very many deliveries take, and what trading notices.",
        discussion: "A private PostgreSQL with fsync; a thousand resources and buyers; the clock is put forward from step to step."
    )

    @Option(help: "Deliveries of the hour.")
    var deliveries = 1_000_000
    @Option(help: "Trading commands a second meanwhile.")
    var rate = 5_000
    @Flag(help: "Print one line of JSON at the end.")
    var json = false
    @Option(help: "Where the measurement's private PostgreSQL lives, removed at the end; else a temporary folder.")
    var dataDir: String?

    func validate() throws {
        guard (1...5_000_000).contains(deliveries) else { throw ValidationError("--deliveries is 1 to 5000000") }
        guard (1...100_000).contains(rate) else { throw ValidationError("--rate is 1 to 100000") }
        if let dataDir, FileManager.default.fileExists(atPath: dataDir) { throw ValidationError("--data-dir exists already") }
    }

    func run() async throws {
        let folder = dataDir ?? "/tmp/suanpan-settlement-\(ProcessInfo.processInfo.processIdentifier)"
        let postgres = try EmbeddedPostgres.start(dataDirectory: folder)
        defer {
            // Nothing of the measurement is of use to anybody; what cannot be removed lies in a temporary folder.
            try? postgres.stop()
            try? FileManager.default.removeItem(atPath: folder)
        }
        let bench = SettlementBench(
            target: try ConnectionString(postgres.connectionString), dataDirectory: folder, deliveries: deliveries, rate: rate)
        try await bench.run(.terminal, json: json)
    }
}
