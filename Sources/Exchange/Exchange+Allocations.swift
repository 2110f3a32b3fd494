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
        join(order.record.allocation, to: order.record.contract)
    }

    /// Notes that an allocation has units in a contract.
    func join(_ id: AllocationID, to contract: Int32) {
        if allocations.join(id, to: contract) { contracts.holdings[Int(contract)].allocations.append(id) }
    }

    /// Keeps the hash of what was sealed in the vault: the holder's request, or the provider's access details, which are
    /// for all of its hours and only the holder sees.
    func recordHandover(_ request: RecordHandover, _ issuer: ParticipantID) throws(Refusal) -> AllocationView {
        guard request.kind != .contact else { throw .invalid("kind", "a contact belongs to no allocation") }
        _ = try actor(issuer, request.kind == .request ? .consumer : .provider)
        let id = request.allocation
        let state = try kept(id, orArchived: "all hours of the allocation are over")
        var handover = allocations.handover(of: id)
        switch request.kind {
        case .request:
            guard state.holder == issuer else { throw Refusal(.notFound, "there is no such allocation") }
            try checkHandoverOpen(id)
            handover.requestVersion = request.version
            handover.requestHash = request.hash
            handover.requestFirstSetAt = handover.requestFirstSetAt ?? now
        case .access:
            guard isProvider(issuer, of: id) else { throw Refusal(.notFound, "there is no such allocation") }
            try checkHandoverOpen(id)
            handover.accessVersion = request.version
            handover.accessHash = request.hash
            handover.accessSetAt = now
            handover.accessFirstSetAt = handover.accessFirstSetAt ?? now
            handover.accessOrigin = nil
        case .contact: break
        }
        allocations.setHandover(handover, of: id)
        guard let view = allocation(id) else { preconditionFailure("an allocation that was just found is gone") }
        emit(.allocation(view))
        return view
    }

    /// An allocation that a command is about.
    ///
    /// - Throws: `notFound` where there is none, and `conflict` with the words for what is over where it has left memory.
    func kept(_ id: AllocationID, orArchived reason: String, field: String? = nil) throws(Refusal) -> AllocationState {
        if let state = allocations[id] { return state }
        throw isArchived(id) ? Refusal(.conflict, reason, field: field) : Refusal(.notFound, "there is no such allocation")
    }

    private func checkHandoverOpen(_ id: AllocationID) throws(Refusal) {
        guard let last = allocations.contracts(of: id).map({ contracts[$0].key.hour }).max(), now < last.end else {
            throw Refusal(.conflict, "all hours of the allocation are over")
        }
        guard allocation(id)?.status != .transferred else {
            throw Refusal(.conflict, "all hours of the allocation were sold on")
        }
    }

    /// How long after the last delivery what was sealed for an allocation is kept.
    static let handoverKeptHours: Int32 = 720

    /// When what was sealed for an allocation is forgotten; nil while something of it is not settled.
    ///
    /// What has left memory is forgotten already, so that without `archived` an earlier time may be answered, and none that is ahead.
    func erasureTime(of id: AllocationID, in contracts: [Int32], _ archived: [ArchivedDelivery] = []) -> Timestamp? {
        var last = archived.map(\.settledAt).max()
        for contract in contracts {
            let holdings = self.contracts.holdings[Int(contract)]
            if holdings.waiting.contains(where: { $0.allocation == id }) { return nil }
            var end = self.contracts[contract].key.hour.end
            for delivery in holdings.deliveries {
                guard let position = position(of: delivery), deliveries[position].delivery.lot.allocation == id else { continue }
                let delivery = deliveries[position].delivery
                guard let settledAt = delivery.settledAt else { return nil }
                end = max(end, settledAt)
            }
            last = max(last ?? end, end)
        }
        return last?.advanced(hours: Self.handoverKeptHours)
    }

    /// Whether nothing that was sealed for an allocation may be kept any more, on its own account and on that of those to whom its access
    /// details passed.
    package func isErasable(_ id: AllocationID) -> Bool {
        guard id.rawValue >= 1, id.rawValue <= Int64(allocations.count) else { return false }
        func isOver(_ id: AllocationID) -> Bool {
            isArchived(id) || erasureTime(of: id, in: allocations.contracts(of: id)).map { $0 <= time } ?? false
        }
        return isOver(id) && allocations.heirs(of: id).allSatisfy(isOver)
    }

    /// The allocation under which the access details of an allocation in memory were sealed.
    package func accessOrigin(of id: AllocationID) -> AllocationID { allocations.handover(of: id).accessOrigin ?? id }

    /// When access details are due: the product's lead time before the allocation's first hour.
    func accessDueTime(of hours: [AllocationHourView]) -> Timestamp? {
        guard let first = hours.min(by: { $0.contract.hour < $1.contract.hour }) else { return nil }
        return first.contract.hour.start.advanced(minutes: -catalogue[first.contract.product].handoverLeadMinutes)
    }

    /// Whether a lot's hour was handed over in time; nil where its holder had not said what the provider needs before the hour began.
    ///
    /// Access details are due the product's lead time before the hour, and when the hour begins where it was bought, or said what is needed,
    /// after that.
    func handoverTiming(of lot: Lot, in key: ContractKey) -> HandoverTiming? {
        guard !allocations.hasNoHandovers else { return nil }
        let handover = allocations.handover(of: lot.allocation)
        let start = key.hour.start
        guard let asked = handover.requestFirstSetAt, asked < start, now >= key.hour.end else { return nil }
        let lead = start.advanced(minutes: -catalogue[key.product].handoverLeadMinutes)
        let due = max(asked, lot.acquiredAt) <= lead ? lead : start
        guard let set = handover.accessFirstSetAt, set < key.hour.end else { return .missing }
        return set <= due ? .onTime : .late
    }

    // MARK: Contacts

    /// Keeps the hash of a participant's contact, which lies sealed in the vault.
    func recordContact(_ request: RecordContact, _ issuer: ParticipantID) throws(Refusal) {
        _ = try actor(issuer, .provider, .consumer)
        guard request.version > 0, request.hash.value.count <= 64 else { throw .invalid("version", "must name a sealed row") }
        let index = Int(issuer.rawValue) - 1
        while contacts.count <= index { contacts.append(ContactState()) }
        contacts[index] = ContactState(version: request.version, hash: request.hash)
    }

    /// The sealed row that holds a participant's contact.
    package func contactVersion(of participant: ParticipantID) -> Int64? {
        let index = Int(clamping: participant.rawValue) &- 1
        guard contacts.indices.contains(index), contacts[index].version > 0 else { return nil }
        return contacts[index].version
    }

    /// Whether a participant holds the allocation.
    package func isHolder(_ participant: ParticipantID, of id: AllocationID) -> Bool {
        allocationState(id)?.holder == participant
    }

    /// Whether a participant's resources back hours of the allocation that are in memory.
    package func isProvider(_ participant: ParticipantID, of id: AllocationID) -> Bool {
        for contract in allocations.contracts(of: id) {
            if contracts.holdings[Int(contract)].waiting.contains(where: { $0.allocation == id && $0.provider == participant }) { return true }
            for delivery in contracts.holdings[Int(contract)].deliveries {
                guard let position = position(of: delivery) else { continue }
                if deliveries[position].delivery.lot.allocation == id, deliveries[position].delivery.lot.provider == participant { return true }
            }
        }
        return false
    }
}
