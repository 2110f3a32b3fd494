import Quantities
import Registry
import Settlement

/// Attestation: who may attest, the nonce of each delivery, and the judgement of tokens.
extension Exchange {
    /// What a token's `aud` must name.
    package static let attestationAudience = "suanpan"
    /// How far a verifier's clock may differ from the exchange's.
    static let attestationLeeway: Int64 = 60 * 1_000_000

    func addAttestationKey(_ spec: AttestationKeySpec, _ issuer: ParticipantID) throws(Refusal) -> AttestationKey {
        _ = try actor(issuer, .operator)
        try spec.check()
        guard !evidence.keys.contains(where: { $0.spec.keyID == spec.keyID }) else {
            throw Refusal(.conflict, "a key with this kid is registered", field: "kid")
        }
        guard evidence.keys.count < EvidenceState.keyLimit else {
            throw Refusal(.limitExceeded, "\(EvidenceState.keyLimit) attestation keys are registered, which is the limit")
        }
        let id = AttestationKeyID(Int64(evidence.keys.count) + 1)
        let key = AttestationKey(id: id, spec: spec, createdAt: now)
        evidence.keys.append(key)
        emit(.attestationKey(key))
        return key
    }

    func revokeAttestationKey(_ id: AttestationKeyID, _ issuer: ParticipantID) throws(Refusal) -> AttestationKey {
        _ = try actor(issuer, .operator)
        guard attestationKey(id) != nil else { throw Refusal(.notFound, "there is no such attestation key") }
        let index = Int(id.rawValue) - 1
        guard evidence.keys[index].revokedAt == nil else { throw Refusal(.conflict, "the key was revoked") }
        evidence.keys[index].revokedAt = now
        emit(.attestationKey(evidence.keys[index]))
        return evidence.keys[index]
    }

    package func attestationKey(_ id: AttestationKeyID) -> AttestationKey? {
        let index = Int(id.rawValue) &- 1
        return evidence.keys.indices.contains(index) ? evidence.keys[index] : nil
    }

    /// The key of a token's `kid`, revoked ones included.
    package func attestationKey(named keyID: String) -> AttestationKey? { evidence.keys.first { $0.spec.keyID == keyID } }

    package func attestationKeys(after: AttestationKeyID, limit: Int) -> [AttestationKey] {
        Array(evidence.keys.dropFirst(Int(clamping: max(after.rawValue, 0))).prefix(limit))
    }

    // MARK: At the gate

    /// Notes what a bid asks for and only the delivery can show.
    func noteSecurityTerms(of bid: BidID, _ requirements: Requirements) {
        var terms = SecurityTerms()
        terms.bid = bid
        terms.attestation = requirements.attestation ?? .none
        terms.dataClass = requirements.dataClass ?? .general
        if terms.attestation > .none || terms.dataClass > .general { evidence.terms.append(terms) }
    }

    /// What a product's grade guarantees, which the terms of every lot in it ask for.
    func securityTerms(of product: ProductID) -> SecurityTerms {
        var terms = SecurityTerms()
        let guarantees = catalogue.grade(of: product).guarantees
        terms.attestation = guarantees.attestation ?? .none
        terms.dataClass = guarantees.dataClass ?? .general
        return terms
    }

    /// What a lot's terms ask for: those of its product, and of the bid that bought it.
    private func securityTerms(of allocation: AllocationID, _ product: SecurityTerms) -> SecurityTerms {
        guard !evidence.terms.isEmpty, let bid = allocations[allocation]?.bid else { return product }
        var terms = evidence.terms(of: bid)
        terms.attestation = max(terms.attestation, product.attestation)
        terms.dataClass = max(terms.dataClass, product.dataClass)
        return terms
    }

    /// Gives a delivery its nonce, and says what it must prove and whether its resource must be wiped afterwards.
    ///
    /// - Parameter product: what all lots of its product ask for.
    func noteEvidence(of index: Int, _ product: SecurityTerms) {
        if evidence.seeds.last?.sequence != sequence {
            evidence.seeds.append(NonceSeed(sequence: sequence, bytes: Bytes(entropy)))
        }
        let delivery = deliveries[index].delivery
        let terms = securityTerms(of: delivery.lot.allocation, product)
        deliveries[index].evidence.seed = Int32(evidence.seeds.count - 1)
        deliveries[index].evidence.required = terms.attestation
        guard terms.dataClass > .general else { return }
        requireWipe(of: delivery.lot.resource, after: delivery.contract.hour)
    }

    /// Whether a delivery's terms name protected data, so that what serves it is wiped afterwards.
    func asksForWipe(_ delivery: Delivery) -> Bool {
        securityTerms(of: delivery.lot.allocation, securityTerms(of: delivery.contract.product)).dataClass > .general
    }

    /// The delivery's nonce: random bytes of the command that made it, and its number, so that no two are equal.
    private func nonce(of state: DeliveryState) -> String? {
        let seed = Int(state.evidence.seed)
        guard evidence.seeds.indices.contains(seed) else { return nil }
        let bytes = evidence.seeds[seed].bytes.value
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count + 16)
        for byte in bytes { Self.append(byte, to: &text) }
        let number = UInt64(state.delivery.id.rawValue)
        for shift in stride(from: UInt64(56), through: 0, by: -8) { Self.append(UInt8(truncatingIfNeeded: number >> shift), to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ byte: UInt8, to text: inout [UInt8]) {
        text.append(hexadecimalDigit(byte >> 4))
        text.append(hexadecimalDigit(byte & 15))
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// What a delivery must prove and has; nil where it never had a nonce.
    func attestation(of state: DeliveryState) -> AttestationView? {
        guard let nonce = nonce(of: state) else { return nil }
        var view = AttestationView()
        view.required = state.evidence.required
        view.nonce = nonce
        view.audience = Self.attestationAudience
        // What was issued before a move spoke of the resource that it was moved from.
        view.notBefore = max(gateTime(state.delivery.contract), cases.moved[state.delivery.id] ?? Timestamp())
        view.deadline = state.delivery.contract.hour.end
        view.attestedAt = state.evidence.attestedAt
        view.keyID = state.evidence.key.isNone ? nil : state.evidence.key
        return view
    }

    // MARK: Tokens

    /// Takes a token for a delivery: signed by a registered key, of the delivery's own nonce, for this exchange, in time.
    func attest(_ request: AttestDelivery, _ issuer: ParticipantID) throws(Refusal) -> DeliveryView {
        _ = try actor(issuer, .provider)
        if isArchived(request.delivery) { throw Refusal(.conflict, "the hour is over: a token counts until its end") }
        guard let index = position(of: request.delivery), deliveries[index].delivery.lot.provider == issuer else {
            throw Refusal(.notFound, "there is no such delivery of yours")
        }
        let state = deliveries[index]
        guard let wanted = attestation(of: state) else { throw Refusal(.conflict, "the delivery has no nonce") }
        guard state.evidence.attestedAt == nil else { throw Refusal(.conflict, "the delivery is attested") }
        guard now < wanted.deadline, !state.delivery.isSettled else {
            throw Refusal(.conflict, "the hour is over: a token counts until its end")
        }
        let key = try signer(of: request)
        guard key.spec.level >= wanted.required else {
            throw .invalid("token", "the terms ask for \(wanted.required.rawValue), the key proves \(key.spec.level.rawValue)")
        }
        try judge(request.claims, wanted, key)
        deliveries[index].evidence.attestedAt = now
        deliveries[index].evidence.key = key.id
        emitDelivery(deliveries[index].delivery)
        return view(deliveries[index])
    }

    private func signer(of request: AttestDelivery) throws(Refusal) -> AttestationKey {
        guard let key = attestationKey(request.key), key.revokedAt == nil else {
            throw .invalid("token", "the token's kid is no key that is registered and not revoked")
        }
        guard request.isSigned else { throw .invalid("token", "the token's signature is not that of its key") }
        if let issuer = key.spec.issuer, request.claims.issuer != issuer {
            throw .invalid("token", "the token's iss is not the key's issuer")
        }
        return key
    }

    private func judge(_ claims: AttestationClaims, _ wanted: AttestationView, _ key: AttestationKey) throws(Refusal) {
        guard claims.nonce == wanted.nonce else {
            throw .invalid("token", "the token's nonce is not this delivery's: it was made for something else")
        }
        guard claims.audience.contains(wanted.audience) else {
            throw .invalid("token", "the token's aud does not name \(wanted.audience)")
        }
        guard let issuedAt = claims.issuedAt, let expiresAt = claims.expiresAt else {
            throw .invalid("token", "the token must have iat and exp")
        }
        guard expiresAt > now else { throw .invalid("token", "the token expired at \(expiresAt)") }
        guard issuedAt.microseconds >= wanted.notBefore.microseconds - Self.attestationLeeway else {
            throw .invalid("token", "the token is older than its nonce: it was issued at \(issuedAt)")
        }
        let latest = max(issuedAt, claims.notBefore ?? issuedAt)
        guard latest.microseconds <= now.microseconds + Self.attestationLeeway else {
            throw .invalid("token", "the token counts from \(latest) only")
        }
    }

    /// Whether an hour counts as undelivered because what its terms ask for was not proved.
    func lacksAttestation(_ index: Int) -> Bool {
        let evidence = deliveries[index].evidence
        guard evidence.required > .none, evidence.attestedAt == nil else { return false }
        return switch deliveries[index].delivery.outcome {
        case .delivered, .partial, .notDelivered, .unverified, .unverifiedFault: true
        default: false
        }
    }
}
