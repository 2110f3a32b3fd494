import Cryptography
import Exchange
import Quantities
import Registry

/// API keys. Operators manage everybody's; a participant's key manages those keys of its participant that can do no more than itself.
enum KeyRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/participants/{id}/api_keys", .participants, body: CreateAPIKey.Body.self, create),
        Route(.get, "/v1/participants/{id}/api_keys", .participants, query: Page.parameters, list),
        Route(.post, "/v1/api_keys/{id}/rotate", .participants, body: RotateAPIKey.Body.self, rotate).withOptionalBody(),
        Route(.delete, "/v1/api_keys/{id}", .participants, revoke),
        Route(.put, "/v1/participants/{id}/signing", .participants, body: RequireSignatures.Body.self, requireSignatures),
    ]

    /// Draws a key. Its text and its signing secret are in this answer and nowhere else, so a repeat shows null.
    @Sendable static func create(_ call: Call) async throws(Problem) -> Answer {
        var body = try call.read(CreateAPIKey.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        let participant = call.id(ParticipantID.self)
        if !call.caller.roles.contains(.operator) {
            guard participant == call.caller.participant else { throw .notFound("participant") }
            try narrow(&body, call)
        }
        let text = APIKeyText.drawn()
        let hash = SHA256Digest.of(text)
        let command = CreateAPIKey(participant: participant, hash: Bytes(hash), body: body)
        return try answer(try await call.submit(.createAPIKey(command)), text, hash, call)
    }

    /// What is absent becomes what the caller's key has; what goes beyond it is refused.
    private static func narrow(_ body: inout CreateAPIKey.Body, _ call: Call) throws(Problem) {
        guard let own = call.services.directory.key(id: call.caller.key) else { throw Problem(.unauthenticated, "the API key is unknown") }
        let scopes = body.scopes ?? Role.allCases.filter { own.roles.contains(RoleSet($0)) }
        guard own.roles.isSuperset(of: RoleSet(scopes)) else {
            throw .invalid("scopes", "a key makes none with more scopes than its own: \(own.roles.names.joined(separator: ", "))")
        }
        body.scopes = scopes
        if own.requiresSignature {
            guard body.requireSignature ?? true else { throw .invalid("require_signature", "this key makes only keys that sign") }
            body.requireSignature = true
        }
        if let end = own.expiresAt {
            body.expiresAt = body.expiresAt ?? end
            if let wanted = body.expiresAt, wanted > end { throw .invalid("expires_at", "this key ends at \(end) and makes none that ends later") }
        }
        guard let ranges = own.allowedAddresses else { return }
        guard let wanted = body.allowedAddresses?.compactMap({ AddressRange($0) }),
            wanted.allSatisfy({ range in ranges.contains { $0.contains(range) } })
        else { throw .invalid("allowed_addresses", "this key makes only keys that work from addresses of its own") }
    }

    @Sendable static func rotate(_ call: Call) async throws(Problem) -> Answer {
        let body = call.body == nil ? RotateAPIKey.Body() : try call.read(RotateAPIKey.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        let id = call.id(APIKeyID.self)
        let own = try confirmManageable(id, call)
        if let own, let end = own.expiresAt, let wanted = body.expiresAt, wanted > end {
            throw .invalid("expires_at", "this key ends at \(end) and makes none that ends later")
        }
        let text = APIKeyText.drawn()
        let hash = SHA256Digest.of(text)
        let command = RotateAPIKey(key: id, hash: Bytes(hash), body: body)
        return try answer(try await call.submit(.rotateAPIKey(command)), text, hash, call)
    }

    @Sendable static func revoke(_ call: Call) async throws(Problem) -> Answer {
        let id = call.id(APIKeyID.self)
        try confirmManageable(id, call)
        return try await call.perform(.revokeAPIKey(RevokeAPIKey(id)))
    }

    /// Demands signed requests of all keys of a participant. Who lifts the demand signs that request.
    @Sendable static func requireSignatures(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(RequireSignatures.Body.self)
        let participant = call.id(ParticipantID.self)
        guard call.caller.roles.contains(.operator) || participant == call.caller.participant else { throw .notFound("participant") }
        return try await call.perform(.requireSignatures(RequireSignatures(participant: participant, body: body)))
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(APIKeyID.self)
        let id = call.id(ParticipantID.self)
        guard call.caller.seesEverything || id == call.caller.participant else { throw .notFound("participant") }
        let found = try await call.query { exchange in
            exchange.participant(id).map { _ in
                exchange.apiKeyRecords().lazy.map(\.view).filter { $0.participantID == id && $0.id > after }
                    .prefix(page.limit + 1).map { $0 }
            }
        }
        guard let found else { throw .notFound("participant") }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    /// That the caller may manage a key: an operator any; others one of their own that can do no more than the key that they use.
    ///
    /// - Returns: The caller's key, where it is not an operator's.
    @discardableResult
    private static func confirmManageable(_ id: APIKeyID, _ call: Call) throws(Problem) -> KeyFacts? {
        if call.caller.roles.contains(.operator) { return nil }
        guard let own = call.services.directory.key(id: call.caller.key), let key = call.services.directory.key(id: id),
            key.participant == own.participant
        else { throw .notFound("key") }
        guard id == own.id || own.covers(key) else { throw Problem(.forbidden, "the key can do more than the one that is used here") }
        return own
    }

    private static func answer(_ outcome: Outcome, _ text: String, _ hash: [UInt8], _ call: Call) throws(Problem) -> Answer {
        guard case .apiKey(let view) = outcome.reply else { preconditionFailure("a key's creation answered something else") }
        var answer = Answer.object(status: 201, products: call.products) { writer in
            writer.members(of: view)
            writer.member("key", outcome.replayed ? nil : text)
            writer.member("signing_secret", outcome.replayed ? nil : call.services.edge.secrets.secret(keyHash: hash))
        }
        answer.isReplayed = outcome.replayed
        answer.isSecret = true
        return answer
    }
}
