import Cryptography
import Exchange
import Quantities
import Registry

/// Attestation of deliveries, the keys that count, and wipes.
enum AttestationRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/attestation_keys", .roles(.operator), body: AttestationKeySpec.self, addKey),
        Route(.get, "/v1/attestation_keys", .participants, query: Page.parameters, keys),
        Route(.delete, "/v1/attestation_keys/{id}", .roles(.operator), revokeKey),
        Route(.post, "/v1/deliveries/{id}/attestation", .roles(.provider), body: AttestationBody.self, attest),
        Route(.post, "/v1/resources/{id}/wipes", .roles([.provider, .operator]), body: WipeSpec.self, recordWipe),
        Route(.get, "/v1/resources/{id}/wipes", .participants, query: Page.parameters, wipes),
    ]

    /// `POST /v1/deliveries/{id}/attestation`.
    struct AttestationBody: Record {
        var token = ""
        init() {}
        mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("token", &token) }
    }

    @Sendable static func addKey(_ call: Call) async throws(Problem) -> Answer {
        let spec = try call.read(AttestationKeySpec.self)
        try call.check { () throws(Refusal) in try spec.check() }
        guard TokenKey(spec) != nil else { throw .invalid("public_key", "public_key is no public key of \(spec.algorithm.rawValue)") }
        return try await call.perform(.addAttestationKey(spec), status: 201)
    }

    @Sendable static func keys(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(AttestationKeyID.self)
        let found = try await call.query { $0.attestationKeys(after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func revokeKey(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.revokeAttestationKey(RevokeAttestationKey(call.id(AttestationKeyID.self))))
    }

    /// Reads the token and verifies its signature; everything else of it the exchange judges. The token goes no further.
    @Sendable static func attest(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(AttestationBody.self, longTextFields: ["token"])
        let token = try AttestationToken(body.token)
        let keyID = token.keyID
        let key = try await call.query { $0.attestationKey(named: keyID) }
        var command = AttestDelivery()
        command.delivery = call.id(DeliveryID.self)
        command.claims = token.claims
        command.tokenHash = Bytes(SHA256Digest.of(body.token))
        if let key {
            command.key = key.id
            command.isSigned =
                token.algorithm == key.spec.algorithm.rawValue
                && TokenKey(key.spec)?.isValid(token.signature, of: token.signedBytes) ?? false
        }
        return try await call.perform(
            .attestDelivery(command), about: command.delivery, of: .provider, missing: "there is no such delivery of yours")
    }

    @Sendable static func recordWipe(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(WipeSpec.self)
        try call.check { () throws(Refusal) in try body.check() }
        return try await call.perform(.recordWipe(RecordWipe(resource: call.id(ResourceID.self), body: body)), status: 201)
    }

    @Sendable static func wipes(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let id = call.id(ResourceID.self)
        guard let resource = try await call.query({ $0.resource(id) }),
            call.caller.seesEverything || resource.providerID == call.caller.participant
        else { throw .notFound("resource") }
        let after = try page.after(WipeID.self)
        let found = try await call.query { $0.wipes(of: id, after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }
}

/// A registered key, ready to verify.
private struct TokenKey {
    private let key: TokenVerifyingKey

    init?(_ spec: AttestationKeySpec) {
        guard let bytes = Base64URL.decoded(spec.publicKey) else { return nil }
        let found: TokenVerifyingKey? =
            switch spec.algorithm {
            case .edDSA: TokenVerifyingKey(ed25519: bytes)
            case .es256: TokenVerifyingKey(p256: bytes)
            }
        guard let found else { return nil }
        key = found
    }

    func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool { key.isValid(signature, of: message) }
}
