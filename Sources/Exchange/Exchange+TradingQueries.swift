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

    package func allocation(_ id: AllocationID) -> AllocationView? {
        guard let state = allocationState(id) else { return nil }
        var view = AllocationView()
        view.id = id
        view.holderID = state.holder
        view.bidID = state.bid
        view.orderID = state.order
        view.createdAt = state.createdAt
        let handover = allocations.handover(of: id)
        view.requestVersion = handover.requestVersion
        view.accessVersion = handover.accessVersion
        var settled = true
        for contract in allocations.contracts(of: id).sorted(by: { contracts[$0].key.hour < contracts[$1].key.hour }) {
            for lot in contracts.holdings[Int(contract)].waiting where lot.allocation == id {
                view.hours.append(hourView(lot, contracts[contract].key, nil))
                settled = false
            }
            for delivery in contracts.holdings[Int(contract)].deliveries {
                let state = deliveries[Int(delivery.rawValue) - 1].delivery
                guard state.lot.allocation == id else { continue }
                view.hours.append(hourView(state.lot, state.contract, delivery))
                settled = settled && state.isSettled
            }
        }
        view.status = status(of: view.hours, settled: settled)
        view.usableShare = allocations.usableShare(of: id)
        view.ended = allocations.ends(of: id)
        view.accessDueAt = accessDueTime(of: view.hours)
        view.accessSetAt = handover.accessSetAt
        if let due = view.accessDueAt { view.accessLate = (handover.accessFirstSetAt ?? time) > due }
        view.erasedAt = erasureTime(of: id)
        if let erased = view.erasedAt, erased <= time {
            view.requestVersion = nil
            view.accessVersion = nil
        }
        return view
    }

    private func hourView(_ lot: Lot, _ key: ContractKey, _ delivery: DeliveryID?) -> AllocationHourView {
        var view = AllocationHourView()
        view.contract = key
        view.resourceID = lot.resource
        view.providerID = lot.provider
        view.quantity = lot.quantity
        view.deliveryID = delivery
        return view
    }

    private func status(of hours: [AllocationHourView], settled: Bool) -> AllocationStatus {
        guard let first = hours.first, let last = hours.last else { return .transferred }
        if settled { return .settled }
        if time < first.contract.hour.start { return .scheduled }
        return time < last.contract.hour.end ? .delivering : .metering
    }

    /// Allocations that a participant holds, or provides hours of.
    package func allocations(of participant: ParticipantID, after: AllocationID, limit: Int) -> [AllocationView] {
        var views: [AllocationView] = []
        var number = max(after.rawValue, 0)
        while number < Int64(allocations.count), views.count < limit {
            number += 1
            let id = AllocationID(number)
            guard isHolder(participant, of: id) || isProvider(participant, of: id) else { continue }
            if let view = allocation(id) { views.append(view) }
        }
        return views
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

    package func delivery(_ id: DeliveryID) -> DeliveryView? {
        let index = Int(id.rawValue) &- 1
        return deliveries.indices.contains(index) ? view(deliveries[index]) : nil
    }

    /// Deliveries: all, or those that a participant holds or provides; of one contract where it is named.
    package func deliveries(
        of participant: ParticipantID?, contract: ContractKey?, after: DeliveryID, limit: Int
    ) -> [DeliveryView] {
        page(deliveries, after: after.rawValue, limit: limit) { state in
            if let contract, state.delivery.contract != contract { return false }
            guard let participant else { return true }
            return state.delivery.lot.holder == participant || state.delivery.lot.provider == participant
        }.map { view($0) }
    }

    package func settlementRuns(after: SettlementRunID, limit: Int) -> [SettlementRunView] {
        page(runs, after: after.rawValue, limit: limit) { _ in true }.map(\.view)
    }

    /// The deliveries that a run lists, hour by hour as they settled, from a position on; nil where there is no such run.
    package func settlementLines(_ run: SettlementRunID, from position: Int, limit: Int) -> [DeliveryView]? {
        let index = Int(clamping: run.rawValue) &- 1
        guard runs.indices.contains(index) else { return nil }
        return runs[index].deliveries.dropFirst(max(0, position)).prefix(limit).compactMap { delivery($0) }
    }
}
