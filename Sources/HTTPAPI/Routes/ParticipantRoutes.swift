import Cryptography
import Exchange
import Quantities
import Registry

/// Participants.
enum ParticipantRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/participants", .roles(.operator), body: ParticipantSpec.self, create),
        Route(.get, "/v1/participants", .roles(.overseers), query: Page.parameters, list),
        Route(.get, "/v1/participants/{id}", .participants, get),
        Route(.post, "/v1/participants/{id}/suspend", .roles(.operator), suspend),
        Route(.post, "/v1/participants/{id}/reinstate", .roles(.operator), reinstate),
        Route(.put, "/v1/participants/{id}/legal", .roles(.operator), body: LegalEntity.self, setLegal),
        Route(.post, "/v1/participants/{id}/verify", .roles(.operator), body: Verification.self, verify),
        Route(.put, "/v1/participants/{id}/blocked_buyers", .roles([.provider, .operator]), body: BlockBuyers.Body.self, block),
        Route(.get, "/v1/participants/{id}/blocked_buyers", .participants, blocked),
    ]

    @Sendable static func create(_ call: Call) async throws(Problem) -> Answer {
        let spec = try call.read(ParticipantSpec.self)
        try call.check { () throws(Refusal) in try spec.check() }
        return try await call.perform(.createParticipant(spec), status: 201)
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(ParticipantID.self)
        let found = try await call.query { $0.participants(after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let id = call.id(ParticipantID.self)
        guard call.caller.seesEverything || id == call.caller.participant,
            let participant = try await call.query({ $0.participant(id) })
        else { throw .notFound("participant") }
        return call.json(participant)
    }

    @Sendable static func suspend(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.suspendParticipant(ParticipantReference(call.id(ParticipantID.self))))
    }

    @Sendable static func setLegal(_ call: Call) async throws(Problem) -> Answer {
        let legal = try call.read(LegalEntity.self)
        try call.check { () throws(Refusal) in try legal.check(nil) }
        return try await call.perform(.setLegalEntity(SetLegalEntity(participant: call.id(ParticipantID.self), legal: legal)))
    }

    @Sendable static func verify(_ call: Call) async throws(Problem) -> Answer {
        let verification = try call.read(Verification.self)
        return try await call.perform(
            .verifyParticipant(VerifyParticipant(participant: call.id(ParticipantID.self), verification: verification)))
    }

    @Sendable static func block(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(BlockBuyers.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        return try await call.perform(.blockBuyers(BlockBuyers(provider: call.id(ParticipantID.self), body: body)))
    }

    @Sendable static func blocked(_ call: Call) async throws(Problem) -> Answer {
        let id = call.id(ParticipantID.self)
        guard call.caller.seesEverything || id == call.caller.participant,
            let found = try await call.query({ exchange in exchange.participant(id).map { _ in exchange.blockedBuyers(of: id) } })
        else { throw .notFound("participant") }
        return call.json(found)
    }

    @Sendable static func reinstate(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.reinstateParticipant(ParticipantReference(call.id(ParticipantID.self))))
    }
}

/// The text of API keys.
package enum APIKeyText {
    /// `spk_` and 64 hexadecimal digits: 256 random bits.
    package static func drawn() -> String { "spk_" + Hexadecimal.text(RandomBytes.drawn(32)) }
}
