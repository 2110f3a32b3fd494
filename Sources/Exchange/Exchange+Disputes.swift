import Ledger
import Quantities
import Registry
import Settlement

/// Disputes about what a meter reported: raised, decided, lapsed.
extension Exchange {
    /// Either side of a reported delivery says that the report is wrong, in time. Only that delivery waits.
    func dispute(_ request: DisputeDelivery, _ issuer: ParticipantID) throws(Refusal) -> DisputeView {
        _ = try actor(issuer, .consumer, .provider)
        try request.body.check()
        let index = try ownDelivery(request.delivery, issuer)
        let delivery = deliveries[index].delivery
        guard delivery.status == .reported, let reportedAt = delivery.reportedAt else {
            throw Refusal(.conflict, Self.whyNotDisputable(delivery.status))
        }
        let end = schedule(of: delivery.contract).disputeEnd(reportedAt: reportedAt)
        guard now < end else { throw Refusal(.conflict, "the dispute time ended at \(end)") }
        let most = delivery.lot.deviceSeconds
        if let claimed = request.body.claimedDeviceSeconds, claimed > most {
            throw .invalid("claimed_device_seconds", "the delivery has \(most) device-seconds")
        }

        var view = DisputeView()
        view.id = DisputeID(Int64(cases.disputes.count) + 1)
        view.deliveryID = delivery.id
        view.contract = delivery.contract
        view.providerID = delivery.lot.provider
        view.holderID = delivery.lot.holder
        view.raisedBy = issuer
        view.reason = request.body.reason
        view.claimedDeviceSeconds = request.body.claimedDeviceSeconds
        view.meteredDeviceSeconds = delivery.deliveredDeviceSeconds ?? 0
        view.createdAt = now
        view.decideBy = schedule(of: delivery.contract).decisionDeadline(disputedAt: now, reportedAt: reportedAt)
        cases.disputes.append(view)
        deliveries[index].delivery.status = .disputed
        deliveries[index].delivery.disputedAt = now
        deliveries[index].delivery.dispute = view.id
        let contract = deliveries[index].contract
        due.add(DueQueue.Deadline(time: view.decideBy, contract: contract, resource: delivery.lot.resource))
        emit(.dispute(view))
        emitDelivery(deliveries[index].delivery)
        return view
    }

    private static func whyNotDisputable(_ status: DeliveryStatus) -> String {
        switch status {
        case .settled: "the delivery is settled"
        case .disputed: "the delivery is disputed already"
        case .decided: "the delivery's dispute was decided"
        default: "nothing was reported yet"
        }
    }

    /// The position of a delivery that a participant holds or provides.
    func ownDelivery(_ id: DeliveryID, _ issuer: ParticipantID) throws(Refusal) -> Int {
        let index = try position(of: id, orArchived: Self.whyNotDisputable(.settled))
        let lot = deliveries[index].delivery.lot
        guard lot.holder == issuer || lot.provider == issuer else { throw Refusal(.notFound, "there is no such delivery") }
        return index
    }

    /// An operator decides what counts and who is at fault. What is due then settles with the decision.
    func decide(_ request: DecideDispute, _ issuer: ParticipantID) throws(Refusal) -> DisputeView {
        _ = try actor(issuer, .operator)
        try request.body.check()
        let position = Int(clamping: request.dispute.rawValue) &- 1
        guard cases.disputes.indices.contains(position) else { throw Refusal(.notFound, "there is no such dispute") }
        guard cases.disputes[position].status == .open else {
            throw Refusal(.conflict, "the dispute is \(cases.disputes[position].status.rawValue)")
        }
        let index = try self.position(of: cases.disputes[position].deliveryID, orArchived: Self.whyNotDisputable(.settled))
        let most = deliveries[index].delivery.lot.deviceSeconds
        guard request.body.deliveredDeviceSeconds <= most else {
            throw .invalid("delivered_device_seconds", "the delivery has \(most) device-seconds")
        }

        cases.disputes[position].status = .decided
        cases.disputes[position].decidedAt = now
        cases.disputes[position].decidedBy = issuer
        cases.disputes[position].deliveredDeviceSeconds = request.body.deliveredDeviceSeconds
        cases.disputes[position].fault = request.body.fault
        cases.disputes[position].decisionReason = request.body.reason
        if deliveries[index].delivery.deliveredDeviceSeconds != request.body.deliveredDeviceSeconds {
            deliveries[index].delivery.meteredDeviceSeconds = deliveries[index].delivery.deliveredDeviceSeconds
        }
        deliveries[index].delivery.determine(request.body.deliveredDeviceSeconds, fault: request.body.fault)
        deliveries[index].delivery.status = .decided
        emit(.dispute(cases.disputes[position]))
        // What is not due yet settles when it is: the report's own deadline is still waited for.
        let schedule = schedule(of: deliveries[index].delivery.contract)
        if let reportedAt = deliveries[index].delivery.reportedAt, schedule.due(reportedAt: reportedAt) <= now {
            settle(index, cause: .settlement(deliveries[index].delivery.id))
        } else {
            emitDelivery(deliveries[index].delivery)
        }
        return cases.disputes[position]
    }

    /// Nobody decided in time: the delivery settles as metered.
    func lapse(_ id: DisputeID) {
        let position = Int(id.rawValue) - 1
        guard cases.disputes.indices.contains(position), cases.disputes[position].status == .open else { return }
        cases.disputes[position].status = .lapsed
        emit(.dispute(cases.disputes[position]))
    }

    // MARK: Reads

    package func dispute(_ id: DisputeID) -> DisputeView? {
        let position = Int(clamping: id.rawValue) &- 1
        return cases.disputes.indices.contains(position) ? cases.disputes[position] : nil
    }

    /// Disputes: all, or those about what a participant holds or provides; in one status where it is named.
    package func disputes(
        of participant: ParticipantID?, status: DisputeStatus?, after: DisputeID, limit: Int
    ) -> [DisputeView] {
        page(cases.disputes, after: after.rawValue, limit: limit) { dispute in
            if let status, dispute.status != status { return false }
            guard let participant else { return true }
            return dispute.holderID == participant || dispute.providerID == participant
        }
    }
}
