import Matching
import Pricing
import Quantities
import Registry
import Settlement

/// Reads of orders, offers, bids, allocations, deliveries and settlements.
extension Exchange {
    /// An order as it stands, or as it ended.
    func view(_ entry: OrderEntry) -> OrderView {
        let details = orders.details(entry.details)
        var view = OrderView()
        view.id = entry.id
        view.clientOrderID = details.clientOrderID
        view.participantID = entry.participant
        view.contract = contracts[entry.contract].key
        view.side = entry.side
        view.type = entry.type
        view.timeInForce = entry.timeInForce
        view.price = entry.type == .limit || entry.type == .stopLimit ? entry.price : nil
        view.stopPrice = details.stopPrice
        view.quantity = entry.quantity
        view.filledQuantity = entry.filled
        view.remainingQuantity = entry.status.isLive ? entry.remaining : 0
        view.displayQuantity = details.display
        view.minQuantity = details.minimum
        view.postOnly = entry.postOnly
        view.selfTradePrevention = entry.prevention
        view.status = entry.status
        view.reason = entry.reason
        view.averagePrice = Notional.average(notional: Int128(entry.filledNotional.rawValue), quantity: Int64(entry.filled))
        view.expiresAt = details.expiresAt
        view.resourceID = entry.resource.isNone ? nil : entry.resource
        view.allocationID = entry.allocation.isNone ? nil : entry.allocation
        view.offerID = entry.offer.isNone ? nil : entry.offer
        view.bidID = entry.bid.isNone ? nil : entry.bid
        view.createdAt = entry.createdAt
        view.closedAt = entry.status.isLive ? nil : entry.closedAt
        return view
    }

    private func liveView(_ slot: OrderSlot) -> OrderView {
        var entry = orders[slot]
        entry.status = entry.liveStatus
        return view(entry)
    }

    /// Whether an order rests in a book or waits as a stop.
    package func isLive(_ id: OrderID) -> Bool { orders.slot(of: id) != nil }

    /// A live order, or one that closed in the last 24 hours; of one participant where it is named.
    package func order(_ reference: OrderReference, of participant: ParticipantID?) -> OrderView? {
        var id = reference.id
        if let name = reference.clientOrderID {
            guard let participant, let named = orders.named(name, of: participant) else { return nil }
            id = named
        }
        let view = orders.slot(of: id).map { liveView($0) } ?? orders.closedOrder(id).map { self.view($0) }
        guard let view, participant == nil || view.participantID == participant else { return nil }
        return view
    }

    /// What closed before is no longer here: a day ago, or less where very much closed since. Of what closed at that very moment some may be.
    package var closedOrdersKeptSince: Timestamp { orders.keptSince ?? time.advanced(hours: -24) }

    /// A participant's orders, live ones and those closed in the last 24 hours.
    package func orders(
        of participant: ParticipantID, status: OrderStatus?, contract: ContractKey?, after: OrderID, limit: Int
    ) -> [OrderView] {
        var views: [OrderView] = []
        for id in orders.ids(of: participant, after: after) {
            guard views.count < limit else { break }
            guard let view = order(OrderReference(id: id), of: participant) else { continue }
            if let status, view.status != status { continue }
            if let contract, view.contract != contract { continue }
            views.append(view)
        }
        return views
    }

    package func offer(_ id: OfferID) -> OfferView? {
        let index = Int(id.rawValue) &- 1
        return offers.indices.contains(index) ? shown(offers[index].view) : nil
    }

    package func offers(of participant: ParticipantID?, after: OfferID, limit: Int) -> [OfferView] {
        page(offers, after: after.rawValue, limit: limit) { participant == nil || $0.view.providerID == participant }
            .map { shown($0.view) }
    }

    package func bid(_ id: BidID) -> BidView? {
        let index = Int(id.rawValue) &- 1
        return bids.indices.contains(index) ? shown(bids[index]) : nil
    }

    /// A bid with what its orders set aside now.
    private func shown(_ view: BidView) -> BidView {
        guard openHours[view.id] != nil else { return view }
        var view = view
        view.reserved = reservedByHours(of: view)
        return view
    }

    package func bids(of participant: ParticipantID?, after: BidID, limit: Int) -> [BidView] {
        page(bids, after: after.rawValue, limit: limit) { participant == nil || $0.participantID == participant }
            .map { shown($0) }
    }

    func page<Elements: RandomAccessCollection>(
        _ elements: Elements, after: Int64, limit: Int, where isWanted: (Elements.Element) -> Bool
    ) -> [Elements.Element] {
        var found: [Elements.Element] = []
        for element in elements.dropFirst(Int(clamping: max(after, 0))) {
            guard found.count < limit else { break }
            if isWanted(element) { found.append(element) }
        }
        return found
    }

    // MARK: Allocations and deliveries

    func hourView(_ lot: Lot, _ key: ContractKey, _ delivery: DeliveryID?) -> AllocationHourView {
        var view = AllocationHourView()
        view.contract = key
        view.resourceID = lot.resource
        view.providerID = lot.provider
        view.quantity = lot.quantity
        view.deliveryID = delivery
        return view
    }

    func status(of hours: [AllocationHourView], settled: Bool) -> AllocationStatus {
        guard let first = hours.first, let last = hours.last else { return .transferred }
        if settled { return .settled }
        if time < first.contract.hour.start { return .scheduled }
        return time < last.contract.hour.end ? .delivering : .metering
    }

    /// Allocations in memory that a participant holds, or provides hours of.
    package func allocations(of participant: ParticipantID, after: AllocationID, limit: Int) -> [AllocationView] {
        var (found, next) = allocationNumbers(of: participant, after: after, limit: limit, looking: .max)
        while let start = next, found.count < limit {
            let (more, rest) = allocationNumbers(of: participant, after: start, limit: limit - found.count, looking: .max)
            found += more
            next = rest
        }
        return found.compactMap { allocation($0) }
    }

    /// The same by number, looking at about `count` allocations, and lots and deliveries: those of a contract once for all allocations of the
    /// answer that have hours in it, and in one piece.
    ///
    /// - Returns: what was found, and the last that was looked at; nil at the end, or where the limit is reached.
    package func allocationNumbers(
        of participant: ParticipantID, after: AllocationID, limit: Int, looking count: Int
    ) -> (found: [AllocationID], next: AllocationID?) {
        let mayProvide = participants.participant(participant)?.has(.provider) ?? false
        var window: [(id: AllocationID, isHeld: Bool)] = []
        var lookedIn: Set<Int32> = []
        var (held, left, looks) = (0, count, 0)
        var last = after
        var next: AllocationID?
        while held < limit, let id = allocations.next(after: last, looks: &looks) {
            let isFirst = last == after
            let isHeld = isHolder(participant, of: id)
            let others = isHeld || !mayProvide ? [] : allocations.contracts(of: id).filter { !lookedIn.contains($0) }
            // Another one of contracts that are looked into anyway costs nothing but a place.
            guard isFirst || (looks <= count && (left > 0 || others.isEmpty)) else {
                next = last
                break
            }
            for contract in others {
                lookedIn.insert(contract)
                left -= lookedAt(in: contract)
            }
            last = id
            if isHeld || mayProvide { window.append((id, isHeld)) }
            if isHeld { held += 1 }
        }
        guard last > after else { return ([], nil) }
        var provided: Set<AllocationID> = []
        for contract in lookedIn { addProvided(by: participant, in: contract, after, last, to: &provided) }
        let found = window.filter { $0.isHeld || provided.contains($0.id) }.map(\.id)
        return found.count < limit ? (found, next) : (Array(found.prefix(limit)), nil)
    }

    /// The allocations after one and through another of which a participant's resources back hours in a contract.
    private func addProvided(
        by participant: ParticipantID, in contract: Int32, _ after: AllocationID, _ last: AllocationID, to provided: inout Set<AllocationID>
    ) {
        func add(_ lot: Lot) {
            if lot.provider == participant, lot.allocation > after, lot.allocation <= last { provided.insert(lot.allocation) }
        }
        for lot in contracts.holdings[Int(contract)].waiting { add(lot) }
        for id in contracts.holdings[Int(contract)].deliveries {
            if let position = position(of: id) { add(deliveries[position].delivery.lot) }
        }
    }

    func view(_ state: DeliveryState) -> DeliveryView {
        let delivery = state.delivery
        var view = DeliveryView()
        view.id = delivery.id
        view.contract = delivery.contract
        view.allocationID = delivery.lot.allocation
        view.resourceID = delivery.lot.resource
        view.providerID = delivery.lot.provider
        view.holderID = delivery.lot.holder
        view.quantity = delivery.lot.quantity
        view.status = delivery.status
        if delivery.status == .scheduled {
            if now >= delivery.contract.hour.end {
                view.status = .metering
            } else if now >= delivery.contract.hour.start {
                view.status = .delivering
            }
        }
        view.outcome = delivery.status == .disputed ? .disputed : delivery.outcome
        view.deliveredDeviceSeconds = delivery.deliveredDeviceSeconds
        view.fault = delivery.status == .disputed ? nil : delivery.fault
        view.meteredDeviceSeconds = delivery.meteredDeviceSeconds
        view.disputeID = delivery.dispute.isNone ? nil : delivery.dispute
        view.corrections = delivery.corrections
        view.handover = delivery.handover
        view.settledAt = delivery.settledAt
        if let carbon = carbon(of: state) {
            view.itEnergyKilowattHours = carbon.itEnergyKilowattHours
            view.carbonLocationGrams = carbon.locationGrams
            view.carbonMarketGrams = carbon.marketGrams
            view.carbon = carbon
        }
        view.attestation = attestation(of: state)
        view.nonce = view.attestation?.nonce
        if delivery.isSettled {
            view.paid = state.paid
            view.refunded = state.refunded
            view.compensation = state.compensation
            view.fees = state.fees
        } else {
            let schedule = schedule(of: delivery.contract)
            view.dueAt = delivery.reportedAt.map { schedule.due(reportedAt: $0) } ?? schedule.graceEnd
            if let reportedAt = delivery.reportedAt, let disputedAt = delivery.disputedAt, delivery.status == .disputed {
                view.dueAt = schedule.decisionDeadline(disputedAt: disputedAt, reportedAt: reportedAt)
            }
            if let reportedAt = delivery.reportedAt, delivery.status == .reported {
                view.disputableUntil = schedule.disputeEnd(reportedAt: reportedAt)
            }
        }
        return view
    }

    /// A delivery in memory.
    package func delivery(_ id: DeliveryID) -> DeliveryView? { position(of: id).map { view(deliveries[$0]) } }

    /// Deliveries in memory: all, or those that a participant holds or provides; of one contract where it is named.
    package func deliveries(
        of participant: ParticipantID?, contract: ContractKey?, after: DeliveryID, limit: Int
    ) -> [DeliveryView] {
        deliveries(of: participant, contract: contract, after: after, limit: limit, looking: .max).found
    }

    /// The same, looking at about so many deliveries, and places of deliveries that have left.
    ///
    /// - Returns: what was found, and the last that was looked at; nil at the end, or where the limit is reached.
    package func deliveries(
        of participant: ParticipantID?, contract: ContractKey?, after: DeliveryID, limit: Int, looking count: Int
    ) -> (found: [DeliveryView], next: DeliveryID?) {
        var found: [DeliveryView] = []
        var left = count
        var last = after
        // Of a contract its own list is gone through: it ascends.
        var own: ArraySlice<DeliveryID>?
        if let contract {
            let listed = contracts.index(of: contract).map { contracts.holdings[Int($0)].deliveries } ?? []
            var (low, high) = (0, listed.count)
            while low < high {
                let middle = (low + high) / 2
                if listed[middle] <= after { low = middle + 1 } else { high = middle }
            }
            own = listed[low...]
        }
        while found.count < limit {
            let position: Int?
            var looks = 1
            if own == nil {
                looks = 0
                position = deliveries.next(from: Int(clamping: max(last.rawValue, 0)), looks: &looks)
            } else {
                guard let id = own?.popFirst() else { return (found, nil) }
                position = self.position(of: id)
                last = id
            }
            guard own != nil || position != nil else { return (found, nil) }
            left -= looks
            if let position {
                last = DeliveryID(Int64(position) + 1)
                let lot = deliveries[position].delivery.lot
                if participant.map({ lot.holder == $0 || lot.provider == $0 }) ?? true { found.append(view(deliveries[position])) }
            }
            if left <= 0, found.count < limit { return (found, last) }
        }
        return (found, nil)
    }

    package func settlementRuns(after: SettlementRunID, limit: Int) -> [SettlementRunView] {
        page(runs, after: after.rawValue, limit: limit) { _ in true }.map(\.view)
    }

    /// The deliveries that a run lists, hour by hour as they settled, from a position on, nil for those that have left memory; nil where there is
    /// no such run.
    ///
    /// - Complexity: O(hours of the run + limit).
    package func settlementLines(_ run: SettlementRunID, from position: Int, limit: Int) -> [DeliveryView?]? {
        let index = Int(clamping: run.rawValue) &- 1
        guard runs.indices.contains(index) else { return nil }
        let first = max(0, Int64(clamping: position))
        var lines: [DeliveryView?] = []
        for section in runs[index].sections {
            guard lines.count < limit else { break }
            var line = first - section.start + Int64(lines.count)
            while line < section.count, lines.count < limit {
                let isHere = line < Int64(section.deliveries.count)
                lines.append(isHere ? delivery(section.deliveries[Int(line)]) : nil)
                line += 1
            }
        }
        return lines
    }
}
