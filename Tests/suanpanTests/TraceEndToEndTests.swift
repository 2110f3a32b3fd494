import Client
import Foundation
import Quantities
import Testing

import suanpan

@Suite("A trace on a server", .serialized)
struct TraceEndToEndTests {
    @Test("is traded, metered and settled, and leaves a balanced ledger and nothing in escrow", arguments: [1, 2] as [UInt64])
    func tradesSample(seed: UInt64) async throws {
        let trace = try TraceSample(seed: seed, taskCount: 120, hours: 72).trace()
        var settings = TracePlan.Settings()
        settings.maximumHours = 24
        let plan = TracePlan(trace: trace, settings: settings)
        let tag = String(IdempotencyKey.drawn().prefix(6))
        let site = TraceImporter.Site(zone: "CN-\(tag.uppercased())", deposit: .units(1_000_000), tag: tag)
        let server = try await LocalServer.start()
        let venue = try server.client
        var importer = try await TraceImporter.prepare(plan: plan, site: site, operator: venue)
        try await importer.run()
        let tally = importer.tally
        #expect(tally.filled + tally.unfilled == plan.bids.count, "seed \(seed)")
        #expect(tally.filled > 0, "seed \(seed)")
        #expect(tally.isClean, "seed \(seed)")
        #expect(tally.spent >= tally.earned, "seed \(seed)")
        #expect(tally.sales.reduce(Micros.zero) { $0 + $1.cost } == tally.cost, "seed \(seed)")
        try await server.discard()
    }
}
