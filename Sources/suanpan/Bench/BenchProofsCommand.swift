import ArgumentParser
import EmbeddedPostgres
import Foundation
import Persistence
import Postgres

/// `suanpan bench proofs`: the ledger's tree, its proofs and the audit, on a private PostgreSQL that is thrown away.
struct BenchProofsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proofs",
        abstract: "Transfers hashed and stored per second, proofs per second from the tiles, transfers audited per second.")

    @Option(help: "Leaves of the tree that proofs are made from.")
    var leaves: Int64 = 10_000_000
    @Option(help: "Transfers that are journaled, projected and audited.")
    var transfers: Int64 = 500_000
    @Option(help: "Proofs of each kind.")
    var proofs = 2_000

    func validate() throws {
        guard (1_000...1_000_000_000).contains(leaves), (1_000...100_000_000).contains(transfers), leaves >= transfers,
            (1...1_000_000).contains(proofs)
        else { throw ValidationError("--leaves is 1000 to 1000000000 and at least --transfers, --proofs 1 to 1000000") }
    }

    func run() async throws {
        let folder = NSTemporaryDirectory() + "suanpan-bench-proofs-\(ProcessInfo.processInfo.processIdentifier)"
        let postgres = try EmbeddedPostgres.start(dataDirectory: folder)
        defer {
            // Nothing in it is kept.
            try? postgres.stop()
            try? FileManager.default.removeItem(atPath: folder)
        }
        var bench = try ProofBench(ConnectionString(postgres.connectionString), folder: folder)
        let audit = try bench.audit(transfers: transfers)
        print("tree: \(Self.rate(audit.transfers, audit.hashing)) transfers/s hashed from a frame's events, one core")
        print("tree: \(Self.rate(audit.transfers, audit.following)) transfers/s followed from the journal into tiles")
        print("audit: \(Self.rate(audit.transfers, audit.database)) transfers/s of a database, every row of \(audit.transfers)")
        print("audit: \(Self.rate(audit.transfers, audit.bundle)) transfers/s of a bundle, one core")
        let figures = try bench.prove(leaves: leaves, proofs: proofs)
        print("tree: \(Self.rate(figures.leaves, figures.growing)) transfers/s through the tile writer, tree of \(leaves) leaves")
        for (name, times) in [("inclusion", figures.inclusion), ("consistency", figures.consistency)] {
            let sorted = times.sorted()
            let total = times.reduce(0, +)
            print(
                "proofs: \(name) p50 \(Self.milliseconds(sorted[sorted.count / 2]))  p99 "
                    + "\(Self.milliseconds(sorted[sorted.count * 99 / 100]))  max \(Self.milliseconds(sorted[sorted.count - 1]))  "
                    + "\(Int(Double(times.count) / total)) proofs/s, one connection, each from the stored tiles")
        }
    }

    private static func rate(_ count: Int64, _ duration: Duration) -> Int { Int(Double(count) / max(duration.seconds, 1e-6)) }
    private static func milliseconds(_ seconds: Double) -> String { String(format: "%.2f ms", seconds * 1_000) }
}
