import ArgumentParser
import EmbeddedPostgres
import Foundation
import Persistence
import Postgres

/// `suanpan bench life`: the whole life of hours in time lapse.
struct BenchLifeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "life",
        abstract: "Memory of a market that trades, delivers, settles and archives at a steady rate, in time lapse.",
        discussion: "A private PostgreSQL with fsync; 24 hours of the market pass in a second, so that the first hours leave memory after half a minute."
    )

    @Option(help: "How long.")
    var seconds = 120
    @Option(help: "Trading commands a second; every second one completes a trade.")
    var rate = 4_000
    @Option(help: "Hours of the market in a second.")
    var hoursPerSecond = 24
    @Flag(help: "Leave out the audit at the end.")
    var noAudit = false
    @Flag(help: "Print one line of JSON at the end.")
    var json = false
    @Option(help: "Where the measurement's private PostgreSQL lives, removed at the end; else a temporary folder.")
    var dataDir: String?

    func validate() throws {
        guard (10...86_400).contains(seconds) else { throw ValidationError("--seconds is 10 to 86400") }
        guard (1...100_000).contains(rate) else { throw ValidationError("--rate is 1 to 100000") }
        guard (1...100).contains(hoursPerSecond) else { throw ValidationError("--hours-per-second is 1 to 100") }
        guard seconds * hoursPerSecond <= 80_000 else { throw ValidationError("the hours of 9 years are the most that can pass") }
        if let dataDir, FileManager.default.fileExists(atPath: dataDir) { throw ValidationError("--data-dir exists already") }
    }

    func run() async throws {
        let folder = dataDir ?? "/tmp/suanpan-life-\(ProcessInfo.processInfo.processIdentifier)"
        let postgres = try EmbeddedPostgres.start(dataDirectory: folder)
        defer {
            // Nothing of the measurement is of use to anybody; what cannot be removed lies in a temporary folder.
            try? postgres.stop()
            try? FileManager.default.removeItem(atPath: folder)
        }
        let bench = LifeBench(
            target: try ConnectionString(postgres.connectionString), dataDirectory: folder, seconds: seconds, rate: rate,
            hoursPerSecond: hoursPerSecond, audits: !noAudit)
        try await bench.run(.terminal, json: json)
    }
}
