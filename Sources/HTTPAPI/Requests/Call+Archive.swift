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
        try await standing(ids).map(\.view)
    }

    /// An allocation as it stands, and where its access details were sealed: both of one moment.
    struct StandingAllocation: Sendable {
        var view: AllocationView
        var origin: AllocationID
    }

    /// What one question to the exchange found of an allocation.
    private struct Found: Sendable {
        var id: AllocationID
        var finding: AllocationFinding
        var origin: AllocationID
    }

    func standing(_ ids: [AllocationID]) async throws(Problem) -> [StandingAllocation] {
        var found: [Found] = []
        // The lots of an allocation's hours are looked through: as many allocations a question as have few.
        while found.count < ids.count {
            let rest = ids[found.count...]
            found += try await query { exchange in
                zip(rest, exchange.found(rest, looking: Self.lookedAtOnce)).map { id, finding in
                    Found(id: id, finding: finding, origin: exchange.accessOrigin(of: id))
                }
            }
        }
        var gone: [AllocationID] = []
        var inParts: [AllocationID] = []
        for found in found {
            switch found.finding {
            case .none, .whole: break
            case .archived:
                gone.append(found.id)
                inParts.append(found.id)
            case .parted: inParts.append(found.id)
            }
        }
        let views = inParts.isEmpty ? [:] : try await put(together: found, try await records(gone), try await archivedDeliveries(of: inParts))
        return found.compactMap { found -> StandingAllocation? in
            switch found.finding {
            case .none: nil
            case .whole(let view): StandingAllocation(view: view, origin: found.origin)
            case .archived, .parted: views[found.id].map { StandingAllocation(view: $0, origin: found.origin) }
            }
        }
    }

    /// Allocations of the record by number.
    private func records(_ ids: [AllocationID]) async throws(Problem) -> [AllocationID: ArchivedAllocation] {
        var records: [AllocationID: ArchivedAllocation] = [:]
        for start in stride(from: 0, to: ids.count, by: Self.allocationsAtOnce) {
            let some = Array(ids[start..<min(start + Self.allocationsAtOnce, ids.count)])
            let read = try await past { (history, known) async throws(HistoryError) in try await history.allocations(some, including: known) }
            for allocation in read { records[allocation.id] = allocation }
        }
        return records
    }

    /// The deliveries of allocations that are in the record, page by page.
    private func archivedDeliveries(of ids: [AllocationID]) async throws(Problem) -> [AllocationID: [ArchivedDelivery]] {
        var deliveries: [AllocationID: [ArchivedDelivery]] = [:]
        var rest = ids[...]
        var after = DeliveryID.none
        while !rest.isEmpty {
            let some = Array(rest.prefix(Self.allocationsAtOnce))
            let page = try await archived(.allocations(some, after: after, limit: Self.bodiesAtOnce))
            for delivery in page { deliveries[delivery.allocation, default: []].append(delivery) }
            guard page.count >= Self.bodiesAtOnce, let last = page.last else {
                rest = rest.dropFirst(some.count)
                after = .none
                continue
            }
            // The page ends within the last one's deliveries, or behind them.
            guard let place = rest.firstIndex(of: last.allocation), place > rest.startIndex || last.id > after else { throw Self.unsound }
            rest = rest[place...]
            after = last.id
        }
        return deliveries
    }

    /// Allocations of which parts have left memory, in questions that go through a bounded number of hours, lots and deliveries, or one allocation.
    private func put(
        together found: [Found], _ records: [AllocationID: ArchivedAllocation], _ deliveries: [AllocationID: [ArchivedDelivery]]
    ) async throws(Problem) -> [AllocationID: AllocationView] {
        var parts: [(record: ArchivedAllocation, deliveries: [ArchivedDelivery])] = []
        for found in found {
            switch found.finding {
            case .none, .whole: break
            case .archived:
                guard let record = records[found.id] else { throw Self.unsound }
                parts.append((record, deliveries[found.id] ?? []))
            case .parted(let record, let kept):
                let archived = deliveries[found.id] ?? []
                let known = Set(archived.map(\.id))
                parts.append((record, archived + kept.filter { !known.contains($0.id) }))
            }
        }
        var views: [AllocationID: AllocationView] = [:]
        var rest = parts[...]
        while !rest.isEmpty {
            let some = rest
            let made = try await query { exchange in exchange.views(some, looking: Self.lookedAtOnce) }
            for view in try Self.sound(made) { views[view.id] = view }
            rest = rest.dropFirst(made.count)
        }
        return views
    }

    // MARK: Strangers

    /// Who may know of a delivery that a command is about.
    enum DeliveryParties: Sendable {
        case holderAndProvider
        case provider
    }

    /// Submits a command about a delivery and answers its reply.
    ///
    /// Of a delivery that has left memory the exchange knows the number alone, so it refuses whoever asks with what is true of all that is so
    /// old. Who took no part in it is told what a stranger is told of any delivery.
    func perform(
        _ command: Command, about id: DeliveryID, of parties: DeliveryParties, missing: String, status: Int = 200
    ) async throws(Problem) -> Answer {
        do throws(Problem) {
            return try await perform(command, status: status)
        } catch {
            guard error.code == .conflict, try await query({ $0.isArchived(id) }) else { throw error }
            guard let delivery = try await archived(.numbers([id])).first else { throw Self.unsound }
            let isParty = delivery.provider == caller.participant || parties == .holderAndProvider && delivery.holder == caller.participant
            throw isParty ? error : hidden(error, missing)
        }
    }

    /// Of some allocations those that have left memory and that others than the caller held.
    func foreign(_ ids: [AllocationID]) async throws(Problem) -> Set<AllocationID> {
        let named = Set(ids).sorted()
        let gone = try await query { exchange in named.filter { exchange.isArchived($0) } }
        guard !gone.isEmpty else { return [] }
        let records = try await records(gone)
        var foreign: Set<AllocationID> = []
        for id in gone {
            guard let record = records[id] else { throw Self.unsound }
            if record.holder != caller.participant { foreign.insert(id) }
        }
        return foreign
    }

    /// What stands in the place of a refusal that says that something exists.
    func hidden(_ problem: Problem, _ missing: String) -> Problem {
        var hidden = Problem(.notFound, missing)
        hidden.isReplayed = problem.isReplayed
        return hidden
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

    /// Hours, lots and deliveries that one question to the exchange goes through, and what one question to the record brings.
    private static let lookedAtOnce = 10_000
    private static let allocationsAtOnce = 100
    private static let bodiesAtOnce = 1_000

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
