import ArgumentParser
import EmbeddedPostgres
import Foundation
import Persistence
import Postgres

/// `suanpan bench load`: durable commands through sequencer, journal and projector, without HTTP.
package struct BenchLoadCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Durable order commands per second and their latency, through sequencer, journal and projector.",
        discussion: """
            A private PostgreSQL with fsync; a thousand contracts; half new orders, two fifths cancels, a tenth trading. No hour ends, and what was \
            bought stays in memory. In time lapse (--hours-per-second) orders are for the hours of the week ahead, each hour is delivered, metered and \
            settled, and leaves memory 30 days later: with 36 hours a second after half a minute.
            """
    )

    @Option(help: "Commands offered a second, whatever was answered.")
    var rate: Int?
    @Option(help: "Commands unanswered at a time, where no rate is named.")
    var window = 16_000
    @Option(help: "Seconds.")
    var seconds = 60
    @Option(help: "Hours of the market in a second; 0 for the machine's own time.")
    var hoursPerSecond = 0
    @Flag(help: "Leave the projections out.")
    var noProjector = false
    @Flag(help: "Leave the ledger's tree and its checkpoints out.")
    var noProver = false
    @Flag(help: "Do not audit the record at the end.")
    var skipAudit = false
    @Flag(help: "Print one line of JSON at the end.")
    var json = false
    @Option(help: "Where the measurement's private PostgreSQL lives, removed at the end; else a temporary folder.")
    var dataDir: String?

    package init() {}

    package func validate() throws {
        if let rate { guard (1...2_000_000).contains(rate) else { throw ValidationError("--rate is 1 to 2000000") } }
        guard (1...19_000).contains(window) else { throw ValidationError("--window is 1 to 19000") }
        guard (1...3_600).contains(seconds) else { throw ValidationError("--seconds is 1 to 3600") }
        guard (0...100).contains(hoursPerSecond) else { throw ValidationError("--hours-per-second is 0 to 100") }
        guard seconds * hoursPerSecond <= 80_000 else { throw ValidationError("the hours of 9 years are the most that can pass") }
        if let dataDir, FileManager.default.fileExists(atPath: dataDir) { throw ValidationError("--data-dir exists already") }
    }

    package func run() async throws {
        let folder = dataDir ?? "/tmp/suanpan-load-\(ProcessInfo.processInfo.processIdentifier)"
        let postgres = try EmbeddedPostgres.start(dataDirectory: folder)
        defer {
            // Nothing of the measurement is of use to anybody; what cannot be removed lies in a temporary folder.
            try? postgres.stop()
            try? FileManager.default.removeItem(atPath: folder)
        }
        let bench = LoadBench(
            target: try ConnectionString(postgres.connectionString), dataDirectory: folder,
            pace: rate.map { .rate($0) } ?? .window(window), seconds: seconds, projects: !noProjector, proves: !noProver,
            audits: !skipAudit, hoursPerSecond: hoursPerSecond)
        try await bench.run(.terminal, json: json)
    }
}
