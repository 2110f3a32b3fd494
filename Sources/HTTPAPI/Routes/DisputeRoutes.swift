import Exchange
import Quantities

/// Disputes about deliveries, and corrections of settled ones.
enum DisputeRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/deliveries/{id}/disputes", .roles([.provider, .consumer]), body: DisputeDelivery.Body.self, raise),
        Route(.get, "/v1/disputes", .participants, query: Page.parameters + ["status", "participant_id"], list),
        Route(.get, "/v1/disputes/{id}", .participants, get),
        Route(.post, "/v1/disputes/{id}/decide", .roles(.operator), body: DecideDispute.Body.self, decide),
        Route(.post, "/v1/deliveries/{id}/corrections", .roles(.operator), body: CorrectDelivery.Body.self, correct),
        Route(.get, "/v1/corrections", .participants, query: Page.parameters + ["delivery_id", "participant_id"], corrections),
    ]

    @Sendable static func raise(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(DisputeDelivery.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        let id = call.id(DeliveryID.self)
        return try await call.perform(
            .disputeDelivery(DisputeDelivery(id, body)), about: id, of: .holderAndProvider, missing: "there is no such delivery", status: 201)
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(DisputeID.self)
        let participant = try call.listed()
        let status = try call.query.choice("status", DisputeStatus.self)
        let found = try await call.query { $0.disputes(of: participant, status: status, after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let id = call.id(DisputeID.self)
        let caller = call.caller
        guard let dispute = try await call.query({ $0.dispute(id) }),
            caller.seesEverything || dispute.holderID == caller.participant || dispute.providerID == caller.participant
        else { throw .notFound("dispute") }
        return call.json(dispute)
    }

    @Sendable static func decide(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(DecideDispute.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        return try await call.perform(.decideDispute(DecideDispute(call.id(DisputeID.self), body)))
    }

    @Sendable static func correct(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(CorrectDelivery.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        return try await call.perform(.correctDelivery(CorrectDelivery(call.id(DeliveryID.self), body)), status: 201)
    }

    /// Corrections; whoever is no overseer sees its own money in them and nobody else's.
    @Sendable static func corrections(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(CorrectionID.self)
        let participant = try call.listed()
        let delivery = call.query.identifier("delivery_id", DeliveryID.self)
        var found = try await call.query {
            $0.corrections(of: participant, delivery: delivery, after: after, limit: page.limit + 1)
        }
        if !call.caller.seesEverything {
            for index in found.indices { found[index].entries.removeAll { $0.participantID != call.caller.participant } }
        }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }
}
