import Exchange
import Quantities
import Sequencer

/// Reads of what has left the exchange's memory. The exchange is asked first, then the record, which includes all that the exchange had said
/// by then: what leaves between the two is in both, and nothing is in neither.
extension Call {
    /// Deliveries of the record.
    func archived(_ wanted: ArchivedDeliveryQuery) async throws(Problem) -> [ArchivedDelivery] {
        try await past { (history, known) async throws(HistoryError) in try await history.deliveries(wanted, including: known) }
    }

    /// Deliveries of the record as they are shown now, in the same order.
    func views(_ archived: [ArchivedDelivery]) async throws(Problem) -> [DeliveryView] {
        guard !archived.isEmpty else { return [] }
        let views = try await query { exchange in archived.map { exchange.view($0) } }
        return try Self.sound(views)
    }

    /// Allocations by number as they stand now, whether they are in memory, in the record or in both; numbers that name none are left out.
    func allocations(_ ids: [AllocationID]) async throws(Problem) -> [AllocationView] {
        var found: [AllocationFinding] = []
        // The lots of an allocation's hours are looked through: as many allocations a question as have few.
        while found.count < ids.count {
            let rest = ids[found.count...]
            found += try await query { exchange in exchange.found(rest, looking: Self.lookedAtOnce) }
        }
        var gone: [AllocationID] = []
        var parted: [AllocationID] = []
        var kept: [ArchivedDelivery] = []
        for (id, finding) in zip(ids, found) {
            switch finding {
            case .none, .whole: break
            case .archived: gone.append(id)
            case .parted(_, let deliveries):
                parted.append(id)
                kept += deliveries
            }
        }
        guard !gone.isEmpty || !parted.isEmpty else { return found.compactMap { if case .whole(let view) = $0 { view } else { nil } } }
        let wanted = gone
        var records: [AllocationID: ArchivedAllocation] = [:]
        let old = wanted.isEmpty ? [] : try await past { (history, known) async throws(HistoryError) in
            try await history.allocations(wanted, including: known)
        }
        for allocation in old { records[allocation.id] = allocation }
        var deliveries: [AllocationID: [ArchivedDelivery]] = [:]
        let inRecord = try await archived(.allocations(gone + parted))
        let known = Set(inRecord.map(\.id))
        for delivery in inRecord + kept.filter({ !known.contains($0.id) }) { deliveries[delivery.allocation, default: []].append(delivery) }
        var views: [AllocationID: AllocationView] = [:]
        var parts: [(record: ArchivedAllocation, deliveries: [ArchivedDelivery])] = []
        for (id, finding) in zip(ids, found) {
            switch finding {
            case .none: break
            case .whole(let view): views[id] = view
            case .archived:
                guard let record = records[id] else { throw Self.unsound }
                parts.append((record, deliveries[id] ?? []))
            case .parted(let record, _): parts.append((record, deliveries[id] ?? []))
            }
        }
        for start in stride(from: 0, to: parts.count, by: Self.partsAtOnce) {
            let some = Array(parts[start..<min(start + Self.partsAtOnce, parts.count)])
            let made = try await query { exchange in some.map { exchange.view($0.record, $0.deliveries) } }
            for view in try Self.sound(made) { views[view.id] = view }
        }
        return ids.compactMap { views[$0] }
    }

    /// Puts what the record has of the sales of some values of an index behind what the exchange has.
    func complete(_ sources: [IndexSource]) async throws(Problem) -> [IndexSource] {
        guard sources.contains(where: { $0.noted.contains { $0.archived > 0 } }), let first = sources.first, let last = sources.last else {
            return sources
        }
        let found = try await inputs(of: first.scope.products, first.start..<last.end)
        var sources = sources
        for source in sources.indices {
            for place in sources[source].noted.indices {
                sources[source].noted[place].add(found)
                guard sources[source].noted[place].archived == 0 else { throw Self.unsound }
            }
        }
        return sources
    }

    /// Sales of the record.
    func inputs(of products: [ProductID], _ hours: Range<Hour>) async throws(Problem) -> [ContractKey: [ArchivedInputs]] {
        let found = try await past { (history, known) async throws(HistoryError) in
            try await history.inputs(products: products, hours: hours, including: known)
        }
        return Dictionary(grouping: found, by: \.contract)
    }

    private static let lookedAtOnce = 10_000
    private static let partsAtOnce = 16

    /// What the record says of what once was here, and cannot be.
    static let unsound = Problem(.databaseUnavailable, "the read model is not what the record made of it")

    private static func sound<Value>(_ values: [Value?]) throws(Problem) -> [Value] {
        var found: [Value] = []
        found.reserveCapacity(values.count)
        for value in values {
            guard let value else { throw unsound }
            found.append(value)
        }
        return found
    }
}
