import Exchange
import Quantities

/// Moves of deliveries to other resources: proposed by the provider, answered by the holder.
enum MoveRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/deliveries/{id}/moves", .roles(.provider), body: ProposeMove.Body.self, propose),
        Route(.get, "/v1/moves", .participants, query: Page.parameters + ["delivery_id", "participant_id"], list),
        Route(.get, "/v1/moves/{id}", .participants, get),
        Route(.post, "/v1/moves/{id}/accept", .roles(.consumer), accept),
        Route(.post, "/v1/moves/{id}/refuse", .roles(.consumer), refuse),
    ]

    @Sendable static func propose(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(ProposeMove.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        let id = call.id(DeliveryID.self)
        return try await call.perform(
            .proposeMove(ProposeMove(id, body)), about: id, of: .provider, missing: "there is no such delivery", status: 201)
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(MoveID.self)
        let participant = try call.listed()
        let delivery = call.query.identifier("delivery_id", DeliveryID.self)
        let found = try await call.query { $0.moves(of: participant, delivery: delivery, after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let id = call.id(MoveID.self)
        let caller = call.caller
        guard let move = try await call.query({ $0.move(id) }),
            caller.seesEverything || move.holderID == caller.participant || move.providerID == caller.participant
        else { throw .notFound("move") }
        return call.json(move)
    }

    @Sendable static func accept(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.answerMove(AnswerMove(call.id(MoveID.self), accepted: true)))
    }

    @Sendable static func refuse(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.answerMove(AnswerMove(call.id(MoveID.self), accepted: false)))
    }
}
