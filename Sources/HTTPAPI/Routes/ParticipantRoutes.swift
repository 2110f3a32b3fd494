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

    @Sendable static func reinstate(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.reinstateParticipant(ParticipantReference(call.id(ParticipantID.self))))
    }
}

/// The text of API keys.
package enum APIKeyText {
    /// `spk_` and 64 hexadecimal digits: 256 random bits.
    package static func drawn() -> String { "spk_" + Hexadecimal.text(RandomBytes.drawn(32)) }
}
