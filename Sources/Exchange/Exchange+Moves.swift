import Quantities
import Registry
import Settlement

/// A delivery's way to another resource of its provider, with the holder's consent.
extension Exchange {
    /// The provider proposes another of its resources that can serve the product and has the units free. A new proposal takes the place
    /// of one that was not answered.
    func proposeMove(_ request: ProposeMove, _ issuer: ParticipantID) throws(Refusal) -> MoveView {
        _ = try actor(issuer, .provider)
        try request.body.check()
        let index = try ownDelivery(request.delivery, issuer)
        let delivery = deliveries[index].delivery
        guard delivery.lot.provider == issuer else { throw Refusal(.notFound, "there is no such delivery") }
        try checkMovable(index)
        try checkOwner(of: request.body.resourceID, issuer)
        try checkTarget(request.body.resourceID, delivery)
        if let former = cases.proposals[delivery.id] { close(former, .lapsed) }
        var view = MoveView()
        view.id = MoveID(Int64(cases.moves.count) + 1)
        view.deliveryID = delivery.id
        view.contract = delivery.contract
        view.providerID = issuer
        view.holderID = delivery.lot.holder
        view.fromResourceID = delivery.lot.resource
        view.toResourceID = request.body.resourceID
        view.reason = request.body.reason
        view.createdAt = now
        cases.moves.append(view)
        cases.proposals[delivery.id] = view.id
        emit(.move(view))
        return view
    }

    /// The holder consents, or does not. What was possible when it was proposed is looked at again.
    func answerMove(_ request: AnswerMove, _ issuer: ParticipantID) throws(Refusal) -> MoveView {
        _ = try actor(issuer, .consumer)
        let position = Int(clamping: request.move.rawValue) &- 1
        guard cases.moves.indices.contains(position), cases.moves[position].holderID == issuer else {
            throw Refusal(.notFound, "there is no such move")
        }
        let move = cases.moves[position]
        guard move.status == .proposed else { throw Refusal(.conflict, "the move is \(move.status.rawValue)") }
        guard request.accepted else {
            close(move.id, .refused)
            return cases.moves[position]
        }
        let index = try self.position(of: move.deliveryID, orArchived: "the delivery is settled")
        let delivery = deliveries[index].delivery
        try checkMovable(index)
        try checkTarget(move.toResourceID, delivery)

        let hour = delivery.contract.hour
        unassign(delivery.id)
        capacity.change(move.fromResourceID, hour) { $0.sold -= delivery.lot.quantity }
        deliveries[index].delivery.lot.resource = move.toResourceID
        capacity.change(move.toResourceID, hour) { $0.sold += delivery.lot.quantity }
        assign(delivery.id)
        close(move.id, .accepted)
        cases.moved[delivery.id] = now
        emitDelivery(deliveries[index].delivery)
        // The resource that was left keeps the need of a wipe that the gate gave it: access may have been handed over by now.
        if asksForWipe(delivery) { requireWipe(of: move.toResourceID, after: hour) }
        return cases.moves[position]
    }

    private func close(_ id: MoveID, _ status: MoveStatus) {
        let position = Int(id.rawValue) - 1
        cases.moves[position].status = status
        cases.moves[position].answeredAt = now
        cases.proposals[cases.moves[position].deliveryID] = nil
        emit(.move(cases.moves[position]))
    }

    /// That the hour has not begun, and no token has shown yet where it will be delivered.
    private func checkMovable(_ index: Int) throws(Refusal) {
        let delivery = deliveries[index].delivery
        guard delivery.status == .scheduled, now < delivery.contract.hour.start else {
            throw Refusal(.conflict, delivery.isSettled ? "the delivery is settled" : "the hour has begun")
        }
        guard deliveries[index].evidence.attestedAt == nil else {
            throw Refusal(.conflict, "the delivery is attested: it stays where that was proved")
        }
    }

    /// That a resource of the provider can deliver it: another one, of the product's and the buyer's terms, with the units free.
    private func checkTarget(_ id: ResourceID, _ delivery: Delivery) throws(Refusal) {
        guard id != delivery.lot.resource else { throw Refusal(.conflict, "it is delivered from there already", field: "resource_id") }
        try checkProduct(of: id, serves: delivery.contract.product, in: delivery.contract.hour)
        try checkRequirements(of: id, delivery)
        let free = freeUnits(of: id, at: delivery.contract.hour)
        guard free >= delivery.lot.quantity else {
            throw Refusal(.insufficientCapacity, "\(free) units of \(id) are free in this hour", field: "resource_id")
        }
    }

    /// That a resource meets what the bid asked for that bought the hour, where the resources' own facts were held against it: then the
    /// one that it is taken from met it, too. Other bids were held against the product's grade, which the target meets.
    private func checkRequirements(of id: ResourceID, _ delivery: Delivery) throws(Refusal) {
        guard let number = allocations[delivery.lot.allocation]?.bid, let resource = resource(id) else { return }
        let position = Int(clamping: number.rawValue) &- 1
        guard bids.indices.contains(position) else { return }
        let bid = bids[position]
        guard bid.fill == .whole, bid.placement == .sameResource else { return }
        let (product, hour) = (delivery.contract.product, delivery.contract.hour)
        var requirements = bid.requirements
        // The provider stays the same: what it delivered since makes no resource of its worse than another.
        requirements.minReliability = nil
        let candidate = Eligibility.Candidate(product, in: catalogue, resource: resource, hour: hour)
        if let exclusion = Eligibility.exclusions(requirements, candidate).first {
            throw Refusal(
                .insufficientCapacity, "the resource does not meet what the bid asked for: \(exclusion.detail)", field: "resource_id")
        }
        var spec = BidSpec()
        spec.requirements = requirements
        spec.earliestStart = bid.earliestStart
        spec.latestEnd = bid.latestEnd
        guard hour >= earliestStart(of: spec, in: product, resource) else {
            throw Refusal(.insufficientCapacity, "the bid's data does not come to the resource before this hour", field: "resource_id")
        }
    }

    // MARK: Reads

    package func move(_ id: MoveID) -> MoveView? {
        let position = Int(clamping: id.rawValue) &- 1
        return cases.moves.indices.contains(position) ? shown(cases.moves[position]) : nil
    }

    /// Moves: all, or those of what a participant holds or provides; of one delivery where it is named.
    package func moves(of participant: ParticipantID?, delivery: DeliveryID?, after: MoveID, limit: Int) -> [MoveView] {
        page(cases.moves, after: after.rawValue, limit: limit) { move in
            if let delivery, move.deliveryID != delivery { return false }
            guard let participant else { return true }
            return move.holderID == participant || move.providerID == participant
        }.map { shown($0) }
    }

    /// A proposal that nobody answered before the hour is over, without anything having happened.
    private func shown(_ move: MoveView) -> MoveView {
        var move = move
        if move.status == .proposed, time >= move.contract.hour.start { move.status = .lapsed }
        return move
    }
}
