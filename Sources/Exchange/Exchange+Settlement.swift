import Ledger
import Quantities
import Registry
import Settlement

/// What was sold and metered of one hour of an allocation whose bid stated a usable share, in device-seconds, and how many of its deliveries
/// nobody reported.
struct UsableHour {
    var delivered: Int64 = 0
    var sold: Int64 = 0
    var unreported = 0

    mutating func add(_ part: UsableHour) {
        delivered += part.delivered
        sold += part.sold
        unreported += part.unreported
    }

    mutating func subtract(_ part: UsableHour) {
        delivered -= part.delivered
        sold -= part.sold
        unreported -= part.unreported
    }
}

/// What one run through a contract's deliveries knows of its hours with a usable share, so that it goes through the parts of each but once.
private struct UsableHours {
    /// As they stand now, by allocation.
    var known: [AllocationID: UsableHour] = [:]
    /// Those of which nothing that is due waits any more.
    var done: Set<AllocationID> = []
}

extension Exchange {
    /// Settles what is due now of a contract's deliveries, or of those of one of its resources: at most `budget` of them.
    ///
    /// - Returns: where to go on where the budget ran out; nil where all were looked at.
    func settleDue(_ deadline: DueQueue.Deadline, budget: inout Int) -> DueQueue.Deadline? {
        let contract = deadline.contract
        if !contracts.holdings[Int(contract)].closing.isEmpty {
            makeDeliveries(contract, budget: &budget)
            guard contracts.holdings[Int(contract)].closing.isEmpty else { return deadline }
        }
        guard contracts.holdings[Int(contract)].unsettledDeliveries > 0 else { return nil }
        let key = contracts[contract].key
        let schedule = schedule(of: key)
        var hours = UsableHours()
        var position = Int(deadline.position)
        if deadline.resource.isNone {
            while position < contracts.holdings[Int(contract)].deliveries.count {
                guard budget > 0 else { return deadline.going(onFrom: position) }
                let id = contracts.holdings[Int(contract)].deliveries[position]
                let left = budget
                guard settleIfDue(id, schedule, &hours, budget: &budget) else { return deadline.going(onFrom: position) }
                position += 1
                if budget == left, position % Self.looksPerSettlement == 0 { budget -= 1 }
            }
            return nil
        }
        let meter = Int(deadline.resource.rawValue) - 1
        guard meters.indices.contains(meter) else { return nil }
        // Settling changes no meter: the list is the same when another command goes on in it.
        let ids = meters[meter].hours[key.hour].deliveries
        while position < ids.count {
            guard budget > 0 else { return deadline.going(onFrom: position) }
            let left = budget
            if let known = self.position(of: ids[position]), deliveries[known].contract == contract {
                guard settleIfDue(ids[position], schedule, &hours, budget: &budget) else { return deadline.going(onFrom: position) }
            }
            position += 1
            if budget == left, position % Self.looksPerSettlement == 0 { budget -= 1 }
        }
        return nil
    }

    /// Settles a delivery, and what waited for it, where that is due; without a report it may become unverified. False where
    /// the budget ran out before all that waited was looked at.
    private func settleIfDue(
        _ id: DeliveryID, _ schedule: SettlementSchedule, _ hours: inout UsableHours, budget: inout Int
    ) -> Bool {
        let index = Int(id.rawValue) - 1
        settleOneIfDue(index, schedule, &hours, budget: &budget)
        guard deliveries[index].delivery.usableShare != nil, deliveries[index].delivery.isSettled else { return true }
        let allocation = deliveries[index].delivery.lot.allocation
        let parts = contracts.holdings[Int(deliveries[index].contract)].shared[allocation] ?? []
        // What the first of its parts found due is settled, and settling makes nothing else due.
        if hours.done.contains(allocation) { return budget > 0 || !parts.contains { $0 != id } }
        for other in parts where other != id {
            guard budget > 0 else { return false }
            settleOneIfDue(Int(other.rawValue) - 1, schedule, &hours, budget: &budget)
        }
        hours.done.insert(allocation)
        return true
    }

    private func settleOneIfDue(_ index: Int, _ schedule: SettlementSchedule, _ hours: inout UsableHours, budget: inout Int) {
        guard !deliveries[index].delivery.isSettled else { return }
        let before = deliveries[index].delivery.usableShare == nil ? nil : part(index)
        let reportedAt = deliveries[index].delivery.reportedAt
        if let reportedAt, deliveries[index].delivery.status == .disputed {
            let disputedAt = deliveries[index].delivery.disputedAt ?? reportedAt
            guard schedule.decisionDeadline(disputedAt: disputedAt, reportedAt: reportedAt) <= now else { return }
            lapse(deliveries[index].delivery.dispute)
        } else if let reportedAt {
            guard schedule.due(reportedAt: reportedAt) <= now else { return }
        } else if schedule.graceEnd <= now {
            deliveries[index].delivery.determine(isCutShort(index) ? .unverifiedFault : .unverified)
        } else {
            guard schedule.reportDeadline <= now, deliveries[index].delivery.status != .unverified else { return }
            deliveries[index].delivery.status = .unverified
            emitDelivery(deliveries[index].delivery)
            budget -= 1
            return
        }
        guard applyUsableShare(index, schedule, &hours) else { return }
        settle(index, cause: .settlement(deliveries[index].delivery.id))
        if let before {
            let allocation = deliveries[index].delivery.lot.allocation
            hours.known[allocation]?.subtract(before)
            hours.known[allocation]?.add(part(index))
        }
        budget -= 1
    }

    /// Whether the provider took away what it sold: fewer units of the resource were left in the hour than it had to deliver.
    private func isCutShort(_ index: Int) -> Bool {
        let delivery = deliveries[index].delivery
        let resource = delivery.lot.resource
        let meter = Int(resource.rawValue) - 1
        guard meters.indices.contains(meter) else { return false }
        let owed = meters[meter].hours[delivery.contract.hour].units
        return owed > Int64(resources.certifiedUnits(resource, in: delivery.contract.hour))
    }

    /// Where the bid stated a usable share and less of its hour was delivered, nothing of it counts. False while a part of the
    /// hour may still be reported.
    private func applyUsableShare(_ index: Int, _ schedule: SettlementSchedule, _ hours: inout UsableHours) -> Bool {
        guard let share = deliveries[index].delivery.usableShare, deliveries[index].delivery.status != .decided,
            deliveries[index].delivery.deliveredDeviceSeconds != nil
        else { return true }
        let allocation = deliveries[index].delivery.lot.allocation
        guard let hour = hours.known[allocation] ?? usableHour(of: allocation, in: deliveries[index].contract) else { return true }
        hours.known[allocation] = hour
        guard hour.unreported == 0 || schedule.graceEnd <= now else { return false }
        guard !Delivery.counts(hour.delivered, of: hour.sold, usableShare: share) else { return true }
        deliveries[index].delivery.meteredDeviceSeconds = deliveries[index].delivery.deliveredDeviceSeconds
        deliveries[index].delivery.determine(0)
        return true
    }

    /// One hour of an allocation whose bid stated a usable share; nil where there is none.
    func usableHour(of allocation: AllocationID, in contract: Int32) -> UsableHour? {
        guard let ids = contracts.holdings[Int(contract)].shared[allocation] else { return nil }
        var sum = UsableHour()
        for id in ids { sum.add(part(Int(id.rawValue) - 1)) }
        return sum
    }

    /// A delivery's part of such an hour.
    private func part(_ index: Int) -> UsableHour {
        let delivery = deliveries[index].delivery
        var part = UsableHour(sold: delivery.lot.deviceSeconds)
        // A decision counts as it is; elsewhere what the meter said may be more than what was counted in the end.
        let isDecided = !delivery.dispute.isNone && cases.disputes[Int(delivery.dispute.rawValue) - 1].status == .decided
        let metered = isDecided ? nil : delivery.meteredDeviceSeconds
        if let seconds = metered ?? delivery.deliveredDeviceSeconds {
            part.delivered = seconds
        } else if !delivery.isSettled {
            part.unreported = 1
        }
        return part
    }

    /// Pays everything that a delivery's outcome asks for, out of the contract's escrow.
    func settle(_ index: Int, cause: Cause) {
        if deliveries[index].delivery.status != .decided, lacksAttestation(index) { deliveries[index].delivery.determine(.unattested) }
        let contract = deliveries[index].contract
        let key = contracts[contract].key
        let lot = deliveries[index].delivery.lot
        if let handover = handoverTiming(of: lot, in: key) {
            deliveries[index].delivery.handover = handover
            if deliveries[index].delivery.status != .decided { deliveries[index].delivery.blameLateHandover() }
        }
        guard let outcome = deliveries[index].delivery.outcome else { preconditionFailure("settled without an outcome") }
        let counted = deliveries[index].delivery.countedDeviceSeconds
        payments.removeAll(keepingCapacity: true)
        lot.appendPayments(
            delivered: counted, outcome: outcome, fault: deliveries[index].delivery.fault ?? .usual(outcome), to: &payments)
        let asset = asset(of: key.product)
        pay(payments, from: contracts[contract].escrow, in: asset, cause: cause)
        var sums = (paid: Micros.zero, refunded: Micros.zero, compensation: Micros.zero, fees: Micros.zero)
        for payment in payments {
            switch payment.kind {
            case .proceeds, .resaleProceeds: sums.paid += payment.amount
            case .refund, .feeRefund: sums.refunded += payment.amount
            case .compensation: sums.compensation += payment.amount
            case .feeRevenue: sums.fees += payment.amount
            default: break
            }
        }
        deliveries[index].note(paid: sums.paid, refunded: sums.refunded, compensation: sums.compensation, fees: sums.fees, at: now)
        addEscrowInterest(lot.holder, asset, -paid(for: lot))
        addEscrowInterest(lot.provider, asset, -lot.bond)
        noteDelivered(counted, of: key.hour, holder: lot.holder, provider: lot.provider)
        noteReliability(of: deliveries[index].delivery)
        noteSale(of: lot, counted, in: contract)
        unlisted.add(deliveries[index])
        contracts.holdings[Int(contract)].unsettledDeliveries -= 1
        closeIfSettled(contract)
        emitDelivery(deliveries[index].delivery)
    }

    /// A contract whose gate has closed and in which nothing is owed any more is settled.
    func closeIfSettled(_ contract: Int32) {
        guard contracts[contract].gateClosed, contracts.holdings[Int(contract)].unsettledDeliveries == 0,
            contracts.holdings[Int(contract)].waiting.isEmpty
        else { return }
        if !contracts[contract].escrow.isNone {
            precondition(ledger.balance(of: contracts[contract].escrow) == 0, "a settled contract with money in escrow")
        }
        contracts[contract].settled = true
        if !contracts.holdings[Int(contract)].deliveries.isEmpty { publishIndexInputs(contract) }
        scheduleArchival(of: contract)
    }

    /// An operator's run. What is due has been settled by itself before any command, in commands of at most 1,000 deliveries, so the run
    /// lists what was settled since the run before, for hours that ended by `through`; a repeat lists nothing and moves nothing.
    ///
    /// What is settled and listed leaves memory when it cannot be corrected any more.
    ///
    /// - Complexity: O(hours).
    func settle(through: Timestamp, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        try Bounds.time(through, "through")
        var view = SettlementRunView()
        // What 64 bits cannot add up stays for the next run.
        let hours = unlisted.take { contracts[$0.contract].key.hour.end <= through && add($0, to: &view) }
        view.id = SettlementRunID(Int64(runs.count) + 1)
        view.through = through
        view.createdAt = now
        view.hours = Int64(hours.count)
        var sections: [SettlementSection] = []
        sections.reserveCapacity(hours.count)
        for (number, hour) in hours.enumerated() {
            let count = Int64(hour.deliveries.count)
            sections.append(SettlementSection(contract: hour.contract, count: count, start: view.deliveries, deliveries: hour.deliveries))
            view.deliveries += count
            contracts.holdings[Int(hour.contract)].listed.append(SectionPlace(run: Int32(runs.count), section: Int32(number)))
        }
        if let first = view.currencies.first {
            view.paid = first.paid
            view.refunded = first.refunded
            view.compensation = first.compensation
            view.fees = first.fees
        }
        runs.append(SettlementRunState(view: view, sections: sections))
        for hour in hours { scheduleArchival(of: hour.contract) }
        emit(.settlement(view))
        return .settlement(view)
    }

    /// Adds an hour's payments to the run's sums; false where a sum would exceed `Micros.limit`, and nothing is added.
    private func add(_ hour: UnlistedSettlements.Hour, to view: inout SettlementRunView) -> Bool {
        let currency = currency(of: contracts[hour.contract].key.product)
        var index = view.currencies.firstIndex { $0.currency == currency }
        if index == nil {
            var sum = SettlementSumView()
            sum.currency = currency
            view.currencies.append(sum)
            index = view.currencies.count - 1
        }
        guard let index else { return false }
        let sums = view.currencies[index]
        guard let paid = sums.paid.adding(hour.paid), let refunded = sums.refunded.adding(hour.refunded),
            let compensation = sums.compensation.adding(hour.compensation), let fees = sums.fees.adding(hour.fees)
        else { return false }
        view.currencies[index].paid = paid
        view.currencies[index].refunded = refunded
        view.currencies[index].compensation = compensation
        view.currencies[index].fees = fees
        return true
    }

    // MARK: Counts

    /// All deliveries that there are and were.
    package var deliveryCount: Int { deliveries.count }

    /// Settled deliveries that no operator's run has listed yet.
    package var unlistedSettlements: Int { unlisted.count }
}
