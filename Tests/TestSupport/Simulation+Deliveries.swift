import Exchange
import Quantities
import Registry
import Settlement

/// What goes wrong with deliveries: disputes and decisions, hours given up, corrections, moves.
extension Simulation {
    mutating func deliverBadly() {
        let count = market.exchange.deliveryCount
        guard count > 0, let delivery = market.exchange.delivery(DeliveryID(Int64(max(1, count - below(300))))) else { return }
        switch below(7) {
        case 0, 1: dispute(delivery)
        case 2: decide()
        case 3: decline(delivery)
        case 4: note(market.apply(.terminateAllocation(TerminateAllocation(delivery.allocationID)), as: delivery.holderID))
        case 5: correct(delivery)
        default: move(delivery)
        }
    }

    /// A reported delivery of late, by a side or by anybody.
    private mutating func dispute(_ found: DeliveryView) {
        let count = market.exchange.deliveryCount
        let recent = market.exchange.deliveries(of: nil, contract: nil, after: DeliveryID(Int64(max(0, count - 400))), limit: 400)
        let delivery = recent.first { $0.status == .reported } ?? found
        var body = DisputeDelivery.Body()
        body.reason = "it was not so"
        if below(2) == 0 { body.claimedDeviceSeconds = Int64(below(40_000)) }
        let issuer = [delivery.holderID, delivery.providerID, ParticipantID(2)][below(3)]
        note(market.apply(.disputeDelivery(DisputeDelivery(delivery.id, body)), as: issuer))
    }

    private mutating func decide() {
        guard let dispute = market.exchange.disputes(of: nil, status: .open, after: .none, limit: 1).first else { return }
        var body = DecideDispute.Body()
        body.deliveredDeviceSeconds = Int64(below(20_000))
        body.fault = pick(FaultParty.allCases)
        body.reason = "so it was"
        note(market.apply(.decideDispute(DecideDispute(dispute.id, body)), as: market.operatorID))
    }

    private mutating func decline(_ delivery: DeliveryView) {
        var body = DeclineAllocation.Body()
        body.from = Hour(containing: market.now) + Int32(below(3))
        body.reason = "broken"
        let id = AllocationID(delivery.allocationID.rawValue + Int64(below(40)))
        let provider = market.exchange.allocation(id)?.hours.first?.providerID ?? delivery.providerID
        note(market.apply(.declineAllocation(DeclineAllocation(id, body)), as: provider))
    }

    private mutating func correct(_ delivery: DeliveryView) {
        var body = CorrectDelivery.Body()
        body.deliveredDeviceSeconds = Int64(below(Int(delivery.quantity) * 3_600 + 1))
        body.reference = "correction \(market.journal.count)"
        body.reason = "the meter was wrong"
        if below(3) == 0 { body.fault = pick(FaultParty.allCases) }
        note(market.apply(.correctDelivery(CorrectDelivery(delivery.id, body)), as: market.operatorID))
    }

    private mutating func move(_ found: DeliveryView) {
        let count = market.exchange.deliveryCount
        let recent = market.exchange.deliveries(of: nil, contract: nil, after: DeliveryID(Int64(max(0, count - 100))), limit: 100)
        let delivery = recent.first { $0.status == .scheduled } ?? found
        var body = ProposeMove.Body()
        body.resourceID = market.exchange.resources(provider: delivery.providerID, after: .none, limit: 9).last?.id ?? pick(resources)
        let reply = market.apply(.proposeMove(ProposeMove(delivery.id, body)), as: delivery.providerID)
        note(reply)
        guard case .move(let move) = reply.reply else { return }
        note(market.apply(.answerMove(AnswerMove(move.id, accepted: below(3) > 0)), as: delivery.holderID))
    }
}
