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

    private typealias Line = (position: Int, line: DeliveryView)

    /// The deliveries of a run: all for overseers, for others those that they hold or provide.
    @Sendable static func lines(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let id = call.id(SettlementRunID.self)
        let start = Int(clamping: try page.number())
        let count = page.limit + 1
        let found = call.caller.seesEverything ? try await all(call, id, start, count) : try await own(call, id, start, count)
        let next = found.count > page.limit ? String(found[page.limit].position) : nil
        return .list(found.prefix(page.limit).map(\.line), next: next, products: call.products)
    }

    /// The lines from a position on, in memory or in the record. One that is in neither is missing from the record.
    private static func all(_ call: Call, _ id: SettlementRunID, _ start: Int, _ count: Int) async throws(Problem) -> [Line] {
        guard let lines = try await call.query({ $0.settlementLines(id, from: start, limit: count) }) else { throw .notFound("settlement") }
        var archived: [Int: DeliveryView] = [:]
        if let first = lines.firstIndex(where: { $0 == nil }), let last = lines.lastIndex(where: { $0 == nil }) {
            for found in try await record(call, id, start + first..<start + last + 1, of: nil, limit: lines.count) {
                archived[found.position] = found.line
            }
        }
        var found: [Line] = []
        for (offset, known) in lines.enumerated() {
            guard let line = known ?? archived[start + offset] else { throw Call.unsound }
            found.append((start + offset, line))
        }
        return found
    }

    /// The caller's lines from a position on: first those in memory, then those of the record before the last of them. What left between is in
    /// both and counts once.
    private static func own(_ call: Call, _ id: SettlementRunID, _ start: Int, _ count: Int) async throws(Problem) -> [Line] {
        let participant = call.caller.participant
        var found: [Line] = []
        var position = start
        var isPartInRecord = false
        var end: Int?
        while end == nil {
            let from = position
            let (known, keepsLines) = try await call.query { exchange in
                (exchange.settlementLines(id, from: from, limit: Page.largestLimit), exchange.keepsLines(of: id))
            }
            guard let lines = known else { throw .notFound("settlement") }
            for (offset, line) in lines.enumerated() {
                guard let line else {
                    isPartInRecord = true
                    continue
                }
                guard line.holderID == participant || line.providerID == participant else { continue }
                found.append((from + offset, line))
            }
            position += lines.count
            // Of a run whose lines have all left nothing more is here.
            if lines.count < Page.largestLimit || !keepsLines { end = .max }
            if found.count >= count { end = position }
        }
        if isPartInRecord, let end, start < end {
            let inMemory = Set(found.map(\.position))
            let archived = try await record(call, id, start..<end, of: participant, limit: count)
            found += archived.filter { !inMemory.contains($0.position) }
            found.sort { $0.position < $1.position }
        }
        return Array(found.prefix(count))
    }

    /// Lines of a run that are in the record.
    private static func record(
        _ call: Call, _ id: SettlementRunID, _ places: Range<Int>, of participant: ParticipantID?, limit: Int
    ) async throws(Problem) -> [Line] {
        let wanted = Int64(places.lowerBound)..<Int64(places.upperBound)
        let read = try await call.archived(.lines(id, wanted, of: participant, limit: limit))
        let isSound = read.allSatisfy { line in
            line.run == id && wanted.contains(line.position) && participant.map { line.holder == $0 || line.provider == $0 } ?? true
        }
        guard isSound else { throw Call.unsound }
        return zip(read, try await call.views(read)).map { (Int($0.position), $1) }
    }
}
