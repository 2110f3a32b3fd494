import Ledger
import Quantities
import Registry
import Settlement

extension Exchange {
    /// Settles the deliveries of a contract that are due now, at most `budget` of them.
    func settleDue(_ contract: Int32, budget: inout Int) {
        guard contracts.holdings[Int(contract)].unsettledDeliveries > 0 else { return }
        let schedule = schedule(of: contracts[contract].key)
        for id in contracts.holdings[Int(contract)].deliveries {
            guard budget > 0 else { return }
            let index = Int(id.rawValue) - 1
            let delivery = deliveries[index].delivery
            guard !delivery.isSettled else { continue }
            if let reported = delivery.reportedAt {
                guard schedule.due(reportedAt: reported) <= now else { continue }
                settle(index)
                budget -= 1
            } else if schedule.graceEnd <= now {
                deliveries[index].delivery.outcome = .unverified
                settle(index)
                budget -= 1
            } else if schedule.reportDeadline <= now, delivery.status != .unverified {
                deliveries[index].delivery.status = .unverified
                emit(.delivery(view(deliveries[index])))
            }
        }
    }

    /// Pays everything that a delivery's outcome asks for, out of the contract's escrow.
    private func settle(_ index: Int) {
        if lacksAttestation(index) { deliveries[index].delivery.outcome = .unattested }
        guard let outcome = deliveries[index].delivery.outcome else { preconditionFailure("settled without an outcome") }
        let delivery = deliveries[index].delivery
        let contract = deliveries[index].contract
        let lot = delivery.lot
        let payments = lot.payments(delivered: delivery.deliveredDeviceSeconds ?? 0, outcome: outcome)
        pay(payments, from: contract, cause: .settlement(delivery.id))
        for payment in payments {
            switch payment.kind {
            case .proceeds, .resaleProceeds: deliveries[index].paid += payment.amount
            case .refund, .feeRefund: deliveries[index].refunded += payment.amount
            case .compensation: deliveries[index].compensation += payment.amount
            case .feeRevenue: deliveries[index].fees += payment.amount
            default: break
            }
        }
        let asset = asset(of: contracts[contract].key.product)
        addEscrowInterest(lot.holder, asset, -paid(for: lot))
        addEscrowInterest(lot.provider, asset, -lot.bond)
        deliveries[index].delivery.status = .settled
        deliveries[index].delivery.settledAt = now
        noteDelivered(delivery)
        unreported.deliveries.append(delivery.id)
        contracts.holdings[Int(contract)].unsettledDeliveries -= 1
        if contracts.holdings[Int(contract)].unsettledDeliveries == 0 {
            precondition(ledger.balance(of: contracts[contract].escrow) == 0, "a settled contract with money in escrow")
            contracts[contract].settled = true
            publishIndexInputs(contract)
        }
        emit(.delivery(view(deliveries[index])))
    }

    /// An operator's run. What is due has been settled by itself before any command, so the run lists what was settled
    /// since the run before, for hours that ended by `through`; a repeat lists nothing and moves nothing.
    func settle(through: Timestamp, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        try Bounds.time(through, "through")
        var view = SettlementRunView()
        var listed: [DeliveryID] = []
        var kept: [DeliveryID] = []
        for id in unreported.deliveries {
            let state = deliveries[Int(id.rawValue) - 1]
            // What 64 bits cannot add up stays for the next run.
            if state.delivery.contract.hour.end <= through, add(state, to: &view) {
                listed.append(id)
            } else {
                kept.append(id)
            }
        }
        unreported.deliveries = kept
        view.id = SettlementRunID(Int64(runs.count) + 1)
        view.through = through
        view.deliveries = Int64(listed.count)
        view.createdAt = now
        var hours: Set<Int32> = []
        for id in listed {
            hours.insert(deliveries[Int(id.rawValue) - 1].contract)
        }
        view.hours = Int64(hours.count)
        if let first = view.currencies.first {
            view.paid = first.paid
            view.refunded = first.refunded
            view.compensation = first.compensation
            view.fees = first.fees
        }
        runs.append(SettlementRunState(view: view, deliveries: listed))
        emit(.settlement(view))
        return .settlement(view)
    }

    /// Adds a delivery's payments to the run's sums; false where a sum would exceed `Micros.limit`, and nothing is added.
    private func add(_ state: DeliveryState, to view: inout SettlementRunView) -> Bool {
        let currency = currency(of: state.delivery.contract.product)
        var index = view.currencies.firstIndex { $0.currency == currency }
        if index == nil {
            var sum = SettlementSumView()
            sum.currency = currency
            view.currencies.append(sum)
            index = view.currencies.count - 1
        }
        guard let index else { return false }
        let sums = view.currencies[index]
        guard let paid = sums.paid.adding(state.paid), let refunded = sums.refunded.adding(state.refunded),
            let compensation = sums.compensation.adding(state.compensation), let fees = sums.fees.adding(state.fees)
        else { return false }
        view.currencies[index].paid = paid
        view.currencies[index].refunded = refunded
        view.currencies[index].compensation = compensation
        view.currencies[index].fees = fees
        return true
    }
}
