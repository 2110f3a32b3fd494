import Exchange
import Quantities
import Sequencer

/// The operator's settlement runs and what they settled.
enum SettlementRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/settlements", .roles(.operator), body: Settle.self, settle),
        Route(.get, "/v1/settlements", .participants, query: Page.parameters, list),
        Route(.get, "/v1/settlements/{id}", .participants, get),
        Route(.get, "/v1/settlements/{id}/lines", .participants, query: Page.parameters, lines),
    ]

    @Sendable static func settle(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.settle(try call.read(Settle.self)), status: 201)
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(SettlementRunID.self)
        let found = try await call.query { $0.settlementRuns(after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let id = call.id(SettlementRunID.self)
        let found = try await call.query { id.isNone ? [] : $0.settlementRuns(after: SettlementRunID(id.rawValue - 1), limit: 1) }
        guard let run = found.first, run.id == id else { throw .notFound("settlement") }
        return call.json(run)
    }

    /// The deliveries of a run: all for overseers, for others those that they hold or provide.
    @Sendable static func lines(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let id = call.id(SettlementRunID.self)
        let caller = call.caller
        var found: [(position: Int, line: DeliveryView)] = []
        var position = Int(clamping: try page.number())
        while found.count <= page.limit {
            let start = position
            guard let lines = try await call.query({ $0.settlementLines(id, from: start, limit: Page.largestLimit) }) else {
                throw .notFound("settlement")
            }
            var archived: [Int: DeliveryView] = [:]
            if let first = lines.firstIndex(where: { $0 == nil }), let last = lines.lastIndex(where: { $0 == nil }) {
                let wanted = Int64(start + first)..<Int64(start + last + 1)
                let read = try await call.archived(.lines(id, wanted))
                for (line, view) in zip(read, try await call.views(read)) { archived[Int(line.position) - start] = view }
            }
            for (offset, known) in lines.enumerated() where found.count <= page.limit {
                guard let line = known ?? archived[offset] else { throw Call.unsound }
                guard caller.seesEverything || line.holderID == caller.participant || line.providerID == caller.participant else { continue }
                found.append((start + offset, line))
            }
            guard lines.count == Page.largestLimit else { break }
            position += lines.count
        }
        let next = found.count > page.limit ? String(found[page.limit].position) : nil
        return .list(found.prefix(page.limit).map(\.line), next: next, products: call.products)
    }
}
