import Cryptography
import Exchange
import Quantities

/// Keys with which meters sign, and whether they must.
enum SigningKeyRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/participants/{id}/signing_keys", .roles(.operator), body: AddSigningKey.Body.self, add),
        Route(.get, "/v1/participants/{id}/signing_keys", .participants, query: Page.parameters, list),
        Route(.delete, "/v1/signing_keys/{id}", .roles(.operator), revoke),
        Route(.put, "/v1/participants/{id}/signing_policy", .roles(.operator), body: SetSigningPolicy.Body.self, setPolicy),
        Route(.get, "/v1/participants/{id}/signing_policy", .participants, policy),
    ]

    @Sendable static func add(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(AddSigningKey.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        guard let bytes = body.bytes, VerifyingKey(bytes: bytes) != nil else {
            throw .invalid("public_key", "public_key is no Ed25519 key")
        }
        return try await call.perform(.addSigningKey(AddSigningKey(call.id(ParticipantID.self), body)), status: 201)
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(SigningKeyID.self)
        let participant = try visible(call)
        let found = try await call.query { $0.signingKeys(of: participant, after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func revoke(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.revokeSigningKey(RevokeSigningKey(call.id(SigningKeyID.self))))
    }

    @Sendable static func setPolicy(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(SetSigningPolicy.Body.self)
        return try await call.perform(.setSigningPolicy(SetSigningPolicy(call.id(ParticipantID.self), body)))
    }

    @Sendable static func policy(_ call: Call) async throws(Problem) -> Answer {
        let participant = try visible(call)
        guard let view = try await call.query({ exchange in
            exchange.participant(participant).map { _ in exchange.signingPolicy(of: participant) }
        }) else { throw .notFound("participant") }
        return call.json(view)
    }

    private static func visible(_ call: Call) throws(Problem) -> ParticipantID {
        let participant = call.id(ParticipantID.self)
        guard call.caller.seesEverything || participant == call.caller.participant else { throw .notFound("participant") }
        return participant
    }
}
