import Matching
import Quantities
import Registry
import Settlement

/// What was bought together, as the exchange keeps it: the hours are found through the contracts' lots.
struct AllocationState: Sendable {
    var id = AllocationID.none
    var holder = ParticipantID.none
    var bid: BidID?
    var order: OrderID?
    var createdAt = Timestamp()
    /// The contracts that it has or had units in, by hour.
    var contracts: [Int32] = []
    var requestVersion: Int64?
    var requestHash = Bytes()
    var accessVersion: Int64?
    var accessHash = Bytes()
}

extension Exchange {
    func allocationState(_ id: AllocationID) -> AllocationState? {
        let index = Int(id.rawValue) &- 1
        return allocations.indices.contains(index) ? allocations[index] : nil
    }

    /// Draws a new allocation for a holder.
    func openAllocation(holder: ParticipantID, bid: BidID?, order: OrderID?) -> AllocationID {
        var state = AllocationState()
        state.id = AllocationID(Int64(allocations.count) + 1)
        state.holder = holder
        state.bid = bid
        state.order = order
        state.createdAt = now
        allocations.append(state)
        return state.id
    }

    /// Gives a purchase the allocation that its fills go to: drawn at the first fill.
    func ensureAllocation(_ entry: inout OrderEntry) {
        if entry.allocation.isNone {
            entry.allocation = openAllocation(
                holder: entry.participant, bid: entry.bid.isNone ? nil : entry.bid,
                order: entry.bid.isNone ? entry.id : nil
            )
        }
        join(entry.contract, to: entry.allocation)
    }

    /// Notes that an allocation has units in a contract.
    func join(_ contract: Int32, to id: AllocationID) {
        let index = Int(id.rawValue) - 1
        if !allocations[index].contracts.contains(contract) { allocations[index].contracts.append(contract) }
    }

    /// Keeps the hash of what was sealed in the vault: the holder's request, or the provider's access details, which are
    /// for all of its hours and only the holder sees.
    func recordHandover(_ request: RecordHandover, _ issuer: ParticipantID) throws(Refusal) -> AllocationView {
        _ = try actor(issuer, request.kind == .request ? .consumer : .provider)
        guard let state = allocationState(request.allocation) else { throw Refusal(.notFound, "there is no such allocation") }
        let index = Int(state.id.rawValue) - 1
        switch request.kind {
        case .request:
            guard state.holder == issuer else { throw Refusal(.notFound, "there is no such allocation") }
            try checkHandoverOpen(state)
            allocations[index].requestVersion = request.version
            allocations[index].requestHash = request.hash
        case .access:
            guard isProvider(issuer, of: state.id) else { throw Refusal(.notFound, "there is no such allocation") }
            try checkHandoverOpen(state)
            allocations[index].accessVersion = request.version
            allocations[index].accessHash = request.hash
        }
        guard let view = allocation(state.id) else { preconditionFailure("an allocation that was just found is gone") }
        emit(.allocation(view))
        return view
    }

    private func checkHandoverOpen(_ state: AllocationState) throws(Refusal) {
        guard let last = state.contracts.map({ contracts[$0].key.hour }).max(), now < last.end else {
            throw Refusal(.conflict, "all hours of the allocation are over")
        }
        guard allocation(state.id)?.status != .transferred else {
            throw Refusal(.conflict, "all hours of the allocation were sold on")
        }
    }

    /// Whether a participant holds the allocation.
    package func isHolder(_ participant: ParticipantID, of id: AllocationID) -> Bool {
        allocationState(id)?.holder == participant
    }

    /// Whether a participant's resources back hours of the allocation.
    package func isProvider(_ participant: ParticipantID, of id: AllocationID) -> Bool {
        guard let state = allocationState(id) else { return false }
        for contract in state.contracts {
            if contracts[contract].lots.contains(where: { $0.allocation == id && $0.provider == participant }) { return true }
            for delivery in contracts[contract].deliveries {
                let lot = deliveries[Int(delivery.rawValue) - 1].delivery.lot
                if lot.allocation == id, lot.provider == participant { return true }
            }
        }
        return false
    }
}
