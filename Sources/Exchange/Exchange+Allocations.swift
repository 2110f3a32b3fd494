import Matching
import Quantities
import Registry
import Settlement

extension Exchange {
    func allocationState(_ id: AllocationID) -> AllocationState? { allocations[id] }

    /// Draws a new allocation for a holder.
    func openAllocation(holder: ParticipantID, for origin: AllocationState.Origin) -> AllocationID {
        allocations.append(AllocationState(holder: holder, origin: origin, createdAt: now))
    }

    /// Gives a purchase the allocation that its fills go to: drawn at the first fill.
    func ensureAllocation(_ order: OrderPlace) {
        if order.record.allocation.isNone {
            if order.record.bid.isNone {
                order.record.allocation = openAllocation(holder: order.record.participant, for: .order(order.record.id))
            } else {
                order.record.allocation = allocation(forHourOf: order.record.bid, order.record.participant)
            }
        }
        allocations.join(order.record.allocation, to: order.record.contract)
    }

    /// Keeps the hash of what was sealed in the vault: the holder's request, or the provider's access details, which are
    /// for all of its hours and only the holder sees.
    func recordHandover(_ request: RecordHandover, _ issuer: ParticipantID) throws(Refusal) -> AllocationView {
        _ = try actor(issuer, request.kind == .request ? .consumer : .provider)
        let id = request.allocation
        guard let state = allocationState(id) else { throw Refusal(.notFound, "there is no such allocation") }
        var handover = allocations.handover(of: id)
        switch request.kind {
        case .request:
            guard state.holder == issuer else { throw Refusal(.notFound, "there is no such allocation") }
            try checkHandoverOpen(id)
            handover.requestVersion = request.version
            handover.requestHash = request.hash
        case .access:
            guard isProvider(issuer, of: id) else { throw Refusal(.notFound, "there is no such allocation") }
            try checkHandoverOpen(id)
            handover.accessVersion = request.version
            handover.accessHash = request.hash
        }
        allocations.setHandover(handover, of: id)
        guard let view = allocation(id) else { preconditionFailure("an allocation that was just found is gone") }
        emit(.allocation(view))
        return view
    }

    private func checkHandoverOpen(_ id: AllocationID) throws(Refusal) {
        guard let last = allocations.contracts(of: id).map({ contracts[$0].key.hour }).max(), now < last.end else {
            throw Refusal(.conflict, "all hours of the allocation are over")
        }
        guard allocation(id)?.status != .transferred else {
            throw Refusal(.conflict, "all hours of the allocation were sold on")
        }
    }

    /// Whether a participant holds the allocation.
    package func isHolder(_ participant: ParticipantID, of id: AllocationID) -> Bool {
        allocationState(id)?.holder == participant
    }

    /// Whether a participant's resources back hours of the allocation.
    package func isProvider(_ participant: ParticipantID, of id: AllocationID) -> Bool {
        for contract in allocations.contracts(of: id) {
            if contracts.holdings[Int(contract)].lots.contains(where: { $0.allocation == id && $0.provider == participant }) { return true }
            for delivery in contracts.holdings[Int(contract)].deliveries {
                let lot = deliveries[Int(delivery.rawValue) - 1].delivery.lot
                if lot.allocation == id, lot.provider == participant { return true }
            }
        }
        return false
    }
}
