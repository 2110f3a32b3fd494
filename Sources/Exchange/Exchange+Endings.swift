import Ledger
import Matching
import Quantities
import Registry
import Settlement

/// Hours of an allocation that are given up before they begin: declined by their provider, or ended by the holder.
extension Exchange {
    /// A provider says that it will not deliver from an hour on. Every hour of its own that has not begun settles at once: declared at
    /// least 24 h ahead it costs half the bond, later it counts as undelivered.
    func decline(_ request: DeclineAllocation, _ issuer: ParticipantID) throws(Refusal) -> AllocationView {
        _ = try actor(issuer, .provider)
        try request.body.check()
        let id = request.allocation
        _ = try kept(id, orArchived: "no hour of yours from then on lies ahead and is undelivered", field: "from")
        guard isProvider(issuer, of: id) else { throw Refusal(.notFound, "there is no such allocation") }
        let from = request.body.from
        let hours = allocations.contracts(of: id).filter { contract in
            let hour = contracts[contract].key.hour
            // While very many lots of a contract become deliveries, it waits for them.
            let isReady = contracts.holdings[Int(contract)].closing.isEmpty
            return hour >= from && hour.start > now && isReady && owes(contract, id, by: issuer)
        }
        guard !hours.isEmpty else {
            throw Refusal(.conflict, "no hour of yours from then on lies ahead and is undelivered", field: "from")
        }
        var count = 0
        for contract in inOrderOfHours(hours) {
            let isAhead = schedule(of: contracts[contract].key).lastDecline >= now
            count += giveUp(contract, id, by: issuer, as: isAhead ? .declined : .notDelivered)
        }
        var end = AllocationEndView()
        end.kind = .declined
        end.from = from
        end.reason = request.body.reason
        return note(end, count, id, issuer)
    }

    /// The holder ends an allocation of which two hours in a row were less than usable: hours before their gate settle at once
    /// as undelivered, all others go on.
    func terminate(_ request: TerminateAllocation, _ issuer: ParticipantID) throws(Refusal) -> AllocationView {
        _ = try actor(issuer, .consumer)
        try request.body.check()
        let id = request.allocation
        let state = try kept(id, orArchived: "no hour of it lies before its gate")
        guard state.holder == issuer else { throw Refusal(.notFound, "there is no such allocation") }
        guard let share = allocations.usableShare(of: id) else { throw Refusal(.conflict, "its bid stated no usable_share") }
        guard hasFailedTwice(id) else {
            throw Refusal(.conflict, "no two hours in a row were reported with less than \(share) of their devices")
        }
        let hours = inOrderOfHours(allocations.contracts(of: id).filter { !contracts[$0].gateClosed && owes($0, id, by: nil) })
        guard let first = hours.first else { throw Refusal(.conflict, "no hour of it lies before its gate") }
        var count = 0
        for contract in hours { count += giveUp(contract, id, by: nil, as: .notDelivered) }
        var end = AllocationEndView()
        end.kind = .terminated
        end.from = contracts[first].key.hour
        end.reason = request.body.reason
        return note(end, count, id, issuer)
    }

    private func note(_ end: AllocationEndView, _ count: Int, _ id: AllocationID, _ issuer: ParticipantID) -> AllocationView {
        var end = end
        end.participantID = issuer
        end.createdAt = now
        end.deliveries = Int64(count)
        allocations.note(end, of: id)
        guard let view = allocation(id) else { preconditionFailure("an allocation that was just found is gone") }
        emit(.allocation(view))
        return view
    }

    private func inOrderOfHours(_ found: [Int32]) -> [Int32] {
        found.sorted { contracts[$0].key.hour == contracts[$1].key.hour ? $0 < $1 : contracts[$0].key.hour < contracts[$1].key.hour }
    }

    /// Whether something of an allocation is still to be delivered in a contract; by one provider where it is named.
    private func owes(_ contract: Int32, _ id: AllocationID, by provider: ParticipantID?) -> Bool {
        let holdings = contracts.holdings[Int(contract)]
        if holdings.waiting.contains(where: { $0.allocation == id && (provider == nil || $0.provider == provider) }) { return true }
        guard holdings.unsettledDeliveries > 0 else { return false }
        return holdings.deliveries.contains { delivery in
            let delivery = deliveries[Int(delivery.rawValue) - 1].delivery
            return !delivery.isSettled && delivery.lot.allocation == id && (provider == nil || delivery.lot.provider == provider)
        }
    }

    /// Whether two hours, one right after the other, were metered whole and had less than the usable share.
    private func hasFailedTwice(_ id: AllocationID) -> Bool {
        var last: Hour?
        for contract in inOrderOfHours(allocations.contracts(of: id)) where isShort(of: id, in: contract) {
            let start = contracts[contract].key.hour
            if let last, last + 1 == start { return true }
            last = start
        }
        return false
    }

    /// Settles an allocation's part of a contract at once, whether its gate has closed or not; answers of how many deliveries.
    ///
    /// The units stay sold: who cannot deliver an hour cannot sell it again.
    private func giveUp(_ contract: Int32, _ id: AllocationID, by provider: ParticipantID?, as outcome: DeliveryOutcome) -> Int {
        func isConcerned(_ lot: Lot) -> Bool { lot.allocation == id && (provider == nil || lot.provider == provider) }
        var ended: [DeliveryID] = []
        for delivery in contracts.holdings[Int(contract)].deliveries {
            let state = deliveries[Int(delivery.rawValue) - 1].delivery
            guard !state.isSettled, isConcerned(state.lot) else { continue }
            unassign(delivery)
            contracts.holdings[Int(contract)].shared[id]?.removeAll { $0 == delivery }
            ended.append(delivery)
        }
        let lots = contracts.holdings[Int(contract)].lots.filter(isConcerned)
        if !lots.isEmpty {
            contracts.holdings[Int(contract)].lots.removeAll(where: isConcerned)
            for lot in lots {
                let delivery = addDelivery(lot, in: contract)
                contracts.holdings[Int(contract)].shared[id]?.removeAll { $0 == delivery }
                contracts[contract].openInterest -= Int64(lot.quantity)
                ended.append(delivery)
            }
            if let holder = lots.first?.holder { fitResales(of: holder, in: contract) }
        }
        for delivery in ended {
            let index = Int(delivery.rawValue) - 1
            deliveries[index].delivery.determine(outcome)
            if outcome == .notDelivered { deliveries[index].delivery.deliveredDeviceSeconds = 0 }
            settle(index, cause: outcome == .declined ? .decline(delivery) : .settlement(delivery))
        }
        if contracts.holdings[Int(contract)].shared[id]?.isEmpty == true { contracts.holdings[Int(contract)].shared[id] = nil }
        return ended.count
    }

    /// Cancels a holder's open resales in a contract, newest first, until what it still holds covers them.
    private func fitResales(of holder: ParticipantID, in contract: Int32) {
        guard let book = contracts[contract].book else { return }
        var sells: [OrderID] = []
        books.forEachOrder(book, .sell) { slot in
            if orders[slot].participant == holder, orders[slot].resource.isNone { sells.append(orders[slot].id) }
            return true
        }
        books.forEachStop(book) { slot in
            let order = orders[slot]
            if order.participant == holder, order.side == .sell, order.resource.isNone { sells.append(order.id) }
        }
        sells.sort()
        while let newest = sells.popLast() {
            guard let slot = orders.slot(of: newest) else { continue }
            let holdings = contracts.holdings[Int(contract)]
            let allocation = orders[slot].allocation
            let isShort = holdings.held(holder) < holdings.encumbered(holder)
            let isNamedShort = !allocation.isNone
                && holdings.held(holder, allocation: allocation) < holdings.encumbered(holder, allocation: allocation)
            if isShort || isNamedShort { withdraw(slot, .cancelled, .capacityReduced) }
        }
    }
}
