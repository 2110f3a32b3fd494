import ArgumentParser
import Client
import Foundation
import Quantities

/// `suanpan import-trace`: trades a GPU cluster's trace on a running server.
struct ImportTraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-trace",
        abstract: "Trade a GPU cluster's trace on a running server with a simulated clock.",
        discussion: """
            Nodes, grouped by model, become certified resources and offers; tasks that want devices become whole bids, in \
            the order of their creation. Every sold hour is metered and settled. The trace begins at the server's next \
            full hour. Prices and shortfalls follow fixed rules over names and hours, so a trace always trades the same.
            """
    )

    @Option(help: "The trace's list of nodes (CSV: sn, cpu_milli, memory_mib, gpu, model).")
    var nodes: String
    @Option(help: "The trace's list of tasks (CSV: name, num_gpu, gpu_spec, qos, creation_time, deletion_time …).")
    var pods: String
    @Option(help: "The server.")
    var url = "http://127.0.0.1:8080"
    @Option(help: "The operator's API key; SUANPAN_OPERATOR_KEY where it is not given.")
    var operatorKey: String?
    @Option(help: "The longest a bid runs, in hours; longer tasks are capped.")
    var maxHours = 168
    @Option(help: "How many hours later than at once a best-effort task may start.")
    var flexibilityHours = 4
    @Option(help: "Only the first so many tasks.")
    var tasks: Int?
    @Option(help: "The zone that is made for the trace.")
    var zone = "CN-TRC"
    @Option(help: "What each provider and buyer is given, in whole USD.")
    var deposit: Int64 = 10_000_000
    @Option(help: "A word that marks this import's names and references; drawn where it is not given.")
    var tag: String?

    func validate() throws {
        guard (1...1_000).contains(maxHours) else { throw ValidationError("--max-hours is 1 to 1000") }
        guard (0...168).contains(flexibilityHours) else { throw ValidationError("--flexibility-hours is 0 to 168") }
        guard (1...1_000_000_000).contains(deposit) else { throw ValidationError("--deposit is 1 to 1000000000") }
        if let tasks, tasks < 1 { throw ValidationError("--tasks is at least 1") }
        if let tag {
            guard tag.utf8.count <= 32, Label.isValid(tag) else { throw ValidationError("--tag is one short plain word") }
        }
    }

    func run() async throws {
        let text = try await importTrace()
        print(text)
    }

    /// Imports and returns the summary.
    ///
    /// - Throws: faults of the files, `TraceRefusal`, `ValidationError`, what the client throws, and `ExitCode.failure` after
    ///   printing the summary if the ledger does not balance.
    private func importTrace() async throws -> String {
        guard let key = operatorKey ?? ProcessInfo.processInfo.environment["SUANPAN_OPERATOR_KEY"], !key.isEmpty else {
            throw ValidationError("the operator's key is missing: --operator-key or SUANPAN_OPERATOR_KEY")
        }
        let trace = try Trace(nodes: Self.table(nodes), tasks: Self.table(pods))
        var settings = TracePlan.Settings()
        settings.maximumHours = maxHours
        settings.flexibilityHours = flexibilityHours
        settings.taskLimit = tasks
        let plan = TracePlan(trace: trace, settings: settings)
        let site = TraceImporter.Site(
            zone: zone, deposit: .units(deposit), tag: tag ?? String(IdempotencyKey.drawn().prefix(8))
        )
        let venue = try SuanpanClient(url: url, key: key)
        let clock = ContinuousClock()
        let began = clock.now
        var importer = try await TraceImporter.prepare(plan: plan, site: site, operator: venue)
        try await importer.run()
        let summary = TraceSummary(
            trace: trace, plan: plan, site: site, tally: importer.tally, elapsed: clock.now - began
        )
        guard importer.tally.isClean else {
            print(summary.text)
            throw ExitCode.failure
        }
        return summary.text
    }

    private static func table(_ path: String) throws -> CommaSeparatedTable {
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw ValidationError("\(path) cannot be read")
        }
        return try CommaSeparatedTable(parsing: bytes, file: path)
    }
}
