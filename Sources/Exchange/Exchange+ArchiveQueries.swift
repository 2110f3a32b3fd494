import Matching
import Quantities
import Registry
import Settlement

/// Reads of what has left memory: the shell brings it from the record, the exchange says what it means today.
extension Exchange {
    /// How many deliveries have left memory, and how many are in it.
    package var archivedDeliveries: Int { deliveries.count - deliveries.kept }
    package var keptDeliveries: Int { deliveries.kept }
    /// How many allocations are in memory.
    package var keptAllocations: Int { allocations.kept }
    /// All allocations that there are and were.
    package var allocationCount: Int { allocations.count }

    /// Whether a number names a delivery that has left memory.
    package func isArchived(_ id: DeliveryID) -> Bool {
        id.rawValue >= 1 && id.rawValue <= Int64(deliveries.count) && position(of: id) == nil
    }

    /// Whether a number names an allocation that has left memory.
    package func isArchived(_ id: AllocationID) -> Bool { allocations.isArchived(id) }

    /// How many deliveries have left memory of the hours of an allocation, whosever they were: while this stays as it is, so does what of the
    /// allocation itself is in the record.
    package func archivedDeliveries(around id: AllocationID) -> Int64 {
        allocations.contracts(of: id).reduce(0) { $0 + contracts.holdings[Int($1)].archivedDeliveries }
    }

    /// What is shown of a delivery of the record; nil where it cannot be one.
    package func view(_ archived: ArchivedDelivery) -> DeliveryView? { isPossible(archived) ? view(archived.state) : nil }

    /// A delivery of the record as one of those who took part in it sees it; nil where it cannot be one, or they took none.
    package func settled(_ archived: ArchivedDelivery, for participant: ParticipantID) -> SettledDelivery? {
        guard isPossible(archived), let settledAt = archived.state.delivery.settledAt else { return nil }
        return settled(archived.state, at: settledAt, for: participant)
    }

    /// Whether a delivery of the record can be one: what is shown of it relies on that.
    private func isPossible(_ archived: ArchivedDelivery) -> Bool {
        let delivery = archived.state.delivery
        return delivery.isSettled && isPossible(archived.state) && possibleEscrow(of: delivery.lot) != nil
    }

    /// An allocation as far as it is in memory. What is in the record of it is read after this, so that nothing is missing that leaves meanwhile.
    package func found(_ id: AllocationID) -> AllocationFinding {
        guard allocations[id] != nil else { return isArchived(id) ? .archived : .none }
        guard archivedDeliveries(around: id) > 0 else { return allocation(id).map { .whole($0) } ?? .none }
        let record = record(id, .everything)
        var kept: [ArchivedDelivery] = []
        for contract in record.contracts where contracts[contract].settled {
            for delivery in contracts.holdings[Int(contract)].deliveries {
                guard let position = position(of: delivery), deliveries[position].delivery.lot.allocation == id else { continue }
                kept.append(ArchivedDelivery(run: .none, position: 0, state: deliveries[position]))
            }
        }
        return .parted(ArchivedAllocation(record), kept)
    }

    /// The same of the first of some allocations: of one at least, and of more until about `count` lots and deliveries were looked at.
    package func found(_ ids: ArraySlice<AllocationID>, looking count: Int) -> [AllocationFinding] {
        var found: [AllocationFinding] = []
        var left = count
        for id in ids where left > 0 {
            left -= 1
            for contract in allocations.contracts(of: id) {
                left -= lookedAt(in: contract)
            }
            found.append(self.found(id))
        }
        return found
    }

    /// An allocation in memory; `archived` are its deliveries in the record, which may be in memory, too.
    package func allocation(_ id: AllocationID, archived: [ArchivedDelivery] = []) -> AllocationView? {
        allocations[id] == nil ? nil : view(of: record(id, .everything), archived)
    }

    /// An allocation of the record with its deliveries there; nil where it cannot be one.
    package func view(_ allocation: ArchivedAllocation, _ archived: [ArchivedDelivery]) -> AllocationView? {
        let record = allocation.record
        guard isKnown(record.holder), record.contracts.allSatisfy({ isKnown(contract: $0) }), archived.allSatisfy({ isPossible($0) }) else {
            return nil
        }
        return view(of: record, archived)
    }

    /// The same of the first of some allocations with their deliveries in the record: of one at least, and of more until about `count` hours, lots
    /// and deliveries were looked at. Nil for those that cannot be.
    package func views(
        _ parts: ArraySlice<(record: ArchivedAllocation, deliveries: [ArchivedDelivery])>, looking count: Int
    ) -> [AllocationView?] {
        var views: [AllocationView?] = []
        var left = count
        for part in parts where left > 0 {
            left -= 1 + part.deliveries.count + part.record.record.contracts.count
            for contract in part.record.record.contracts where isKnown(contract: contract) { left -= lookedAt(in: contract) }
            views.append(view(part.record, part.deliveries))
        }
        return views
    }

    /// How many lots and deliveries are looked at to find those of an allocation in one of its contracts.
    func lookedAt(in contract: Int32) -> Int {
        let holdings = contracts.holdings[Int(contract)]
        return holdings.deliveries.count + (holdings.closing.isEmpty ? holdings.lots.count : holdings.closing.count)
    }

    /// An allocation as it is shown, its hours in their order. Of a delivery that is in memory and in `archived` the one in memory counts.
    func view(of record: AllocationRecord, _ archived: [ArchivedDelivery]) -> AllocationView {
        var view = AllocationView()
        view.id = record.id
        view.holderID = record.holder
        view.bidID = record.bid
        view.orderID = record.order
        view.createdAt = record.createdAt
        view.requestVersion = record.handover.requestVersion
        view.accessVersion = record.handover.accessVersion
        var settled = true
        let archived = archived.filter { $0.allocation == record.id }
        let archivedOf = Dictionary(grouping: archived, by: \.state.contract)
        for contract in record.contracts.sorted(by: { contracts[$0].key.hour < contracts[$1].key.hour }) {
            let key = contracts[contract].key
            for lot in contracts.holdings[Int(contract)].waiting where lot.allocation == record.id {
                view.hours.append(hourView(lot, key, nil))
                settled = false
            }
            var parts: [Delivery] = []
            for delivery in contracts.holdings[Int(contract)].deliveries {
                guard let position = position(of: delivery), deliveries[position].delivery.lot.allocation == record.id else { continue }
                parts.append(deliveries[position].delivery)
            }
            if let left = archivedOf[contract] {
                let known = Set(parts.map(\.id))
                parts += left.lazy.map(\.state.delivery).filter { !known.contains($0.id) }
                parts.sort { $0.id < $1.id }
            }
            for part in parts {
                view.hours.append(hourView(part.lot, key, part.id))
                settled = settled && part.isSettled
            }
        }
        view.status = status(of: view.hours, settled: settled)
        view.usableShare = record.usableShare
        view.ended = record.ends
        view.accessDueAt = accessDueTime(of: view.hours)
        view.accessSetAt = record.handover.accessSetAt
        if let due = view.accessDueAt { view.accessLate = (record.handover.accessFirstSetAt ?? time) > due }
        view.erasedAt = erasureTime(of: record.id, in: record.contracts, archived)
        if let erased = view.erasedAt, erased <= time {
            view.requestVersion = nil
            view.accessVersion = nil
        }
        return view
    }
}
