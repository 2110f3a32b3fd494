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

    @Test("gives a task that names several models the cheapest that has room, as trying all of them does", arguments: [3, 4] as [UInt64])
    func takesAlternatives(seed: UInt64) async throws {
        let plan = TracePlan(trace: try TraceSample.alternatives(seed: seed, taskCount: 80))
        #expect(plan.models.map(\.name) == ["T4", "V100M16", "V100M32"])
        var twin = TraceTwin(plan)
        let expected = plan.bids.map { twin.take($0) }
        let tag = String(IdempotencyKey.drawn().prefix(6))
        let site = TraceImporter.Site(zone: "CN-\(tag.uppercased())", deposit: .units(1_000_000), tag: tag)
        let server = try await LocalServer.start()
        var importer = try await TraceImporter.prepare(plan: plan, site: site, operator: try server.client)
        try await importer.run()
        let tally = importer.tally
        for (position, model) in plan.models.enumerated() {
            let sales = expected.compactMap { $0 }.filter { $0.model == position }
            #expect(tally.sales[position].bids == sales.count, "seed \(seed), \(model.name)")
            #expect(tally.sales[position].cost == sales.reduce(.zero) { $0 + $1.cost }, "seed \(seed), \(model.name)")
            #expect(tally.sales[position].deviceHours == sales.reduce(0) { $0 + $1.deviceHours }, "seed \(seed), \(model.name)")
        }
        #expect(tally.unfilled == expected.filter { $0 == nil }.count && tally.unfilled > 0, "seed \(seed)")
        // Tasks that take one V100 or the other were served by both.
        let either = zip(plan.bids, expected).filter { $0.0.models == [1, 2] }.compactMap { $0.1?.model }
        #expect(Set(either) == [1, 2], "seed \(seed): \(either)")
        #expect(tally.isClean, "seed \(seed)")
        try await server.discard()
    }
}

/// What an import should buy, found by trying every model and every start.
struct TraceTwin {
    struct Sale {
        var model: Int
        var start: Int
        var cost: Micros
        var fees: Micros
        var deviceHours: Int
    }

    private let plan: TracePlan
    /// Devices sold, by model and hour.
    private var sold: [[Int: Int]]

    init(_ plan: TracePlan) {
        self.plan = plan
        sold = Array(repeating: [:], count: plan.models.count)
    }

    /// Takes the cheapest plan of a bid that keeps its limit, the earlier start first; nil where there is none.
    mutating func take(_ bid: TracePlan.Bid) -> Sale? {
        var best: Sale?
        for start in bid.earliestStart...(bid.latestEnd - bid.durationHours) {
            for model in bid.models {
                guard let sale = sale(bid, model, start), sale.cost.rawValue <= bid.limitPrice.rawValue * Int64(sale.deviceHours) else { continue }
                if best.map({ sale.cost + sale.fees < $0.cost + $0.fees }) ?? true { best = sale }
            }
        }
        guard let best else { return nil }
        for hour in best.start..<best.start + bid.durationHours { sold[best.model][hour, default: 0] += bid.quantity }
        return best
    }

    private func sale(_ bid: TracePlan.Bid, _ model: Int, _ start: Int) -> Sale? {
        var sale = Sale(model: model, start: start, cost: .zero, fees: .zero, deviceHours: bid.quantity * bid.durationHours)
        let facts = plan.models[model]
        for hour in start..<start + bid.durationHours {
            guard sold[model][hour, default: 0] + bid.quantity <= facts.units else { return nil }
            let price = TraceRules.offerPrice(model: facts.name, reference: facts.facts.referencePrice, hour: hour)
            let notional = price.rawValue * Int64(bid.quantity)
            sale.cost += Micros(notional)
            // 10 bps, rounded down for each fill.
            sale.fees += Micros(notional / 1_000)
        }
        return sale
    }
}
