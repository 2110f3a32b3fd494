import Cryptography
import Exchange
import Quantities
import Registry

/// Participants and their keys.
enum ParticipantRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/participants", .roles(.operator), body: ParticipantSpec.self, create),
        Route(.get, "/v1/participants", .roles(.overseers), query: Page.parameters, list),
        Route(.get, "/v1/participants/{id}", .participants, get),
        Route(.post, "/v1/participants/{id}/suspend", .roles(.operator), suspend),
        Route(.post, "/v1/participants/{id}/reinstate", .roles(.operator), reinstate),
        Route(.post, "/v1/participants/{id}/api_keys", .roles(.operator), body: CreateAPIKey.Body.self, createKey),
        Route(.get, "/v1/participants/{id}/api_keys", .roles(.overseers), query: Page.parameters, listKeys),
        Route(.delete, "/v1/api_keys/{id}", .roles(.operator), revokeKey),
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

    /// Draws a key. Its text is in this answer and nowhere else, so a repeat shows null.
    @Sendable static func createKey(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(CreateAPIKey.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        let key = APIKeyText.drawn()
        let command = CreateAPIKey(
            participant: call.id(ParticipantID.self), hash: Bytes(SHA256Digest.of(key)), body: body
        )
        let outcome = try await call.submit(.createAPIKey(command))
        guard case .apiKey(let view) = outcome.reply else { preconditionFailure("a key's creation answered something else") }
        var answer = Answer.object(status: 201, products: call.products) { writer in
            writer.members(of: view)
            writer.member("key", outcome.replayed ? nil : key)
        }
        answer.isReplayed = outcome.replayed
        answer.isSecret = true
        return answer
    }

    @Sendable static func listKeys(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(APIKeyID.self)
        let id = call.id(ParticipantID.self)
        let found = try await call.query { exchange in
            exchange.participant(id).map { _ in
                exchange.apiKeyRecords().lazy.map(\.view).filter { $0.participantID == id && $0.id > after }
                    .prefix(page.limit + 1).map { $0 }
            }
        }
        guard let found else { throw .notFound("participant") }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func revokeKey(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.revokeAPIKey(RevokeAPIKey(call.id(APIKeyID.self))))
    }
}

/// The text of API keys.
package enum APIKeyText {
    /// `spk_` and 64 hexadecimal digits: 256 random bits.
    package static func drawn() -> String { "spk_" + Hexadecimal.text(RandomBytes.drawn(32)) }
}
