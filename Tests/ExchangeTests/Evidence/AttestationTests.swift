import Exchange
import Matching
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

/// A resource that can attest, and a bid whose terms ask for it.
struct AttestedScene {
    let market = Market()
    let product: ProductID
    let provider: ParticipantID
    let alice: ParticipantID
    let meter: ParticipantID
    let resource: ResourceID
    let midnight: Hour
    let key: AttestationKey

    init(grade: (inout Requirements) -> Void = { _ in }) {
        midnight = Hour(containing: market.now)
        product = market.product()
        meter = market.participant("Meter", .meter)
        provider = market.participant("Provider", .provider, .consumer)
        alice = market.participant("Alice", .consumer)
        for participant in [provider, alice] { market.deposit(100_000, to: participant) }
        resource = market.resource(of: provider, units: 10, site: "Site") {
            $0.security = SecurityFacts()
            $0.security?.attestation = .confidential
            $0.security?.dataClass = .core
        }
        var spec = AttestationKeySpec()
        spec.keyID = "verifier-1"
        spec.publicKey = String(repeating: "A", count: 43)
        spec.level = .measuredBoot
        spec.issuer = "verifier"
        guard case .attestationKey(let key) = market.apply(.addAttestationKey(spec), as: market.operatorID).reply else {
            preconditionFailure("no key")
        }
        self.key = key
    }

    func ask(_ quantity: Quantity, hour: Int32 = 2) {
        let contract = ContractKey(product: product, hour: midnight + hour)
        let result = market.place(market.order(.sell, contract, cents(200), quantity, resource: resource), as: provider)
        precondition(result.refusal == nil, "\(String(describing: result.refusal))")
    }

    /// Sells a unit to a bid with these terms.
    func sell(hour: Int32 = 2, hours: Int32 = 1, _ change: (inout Requirements) -> Void = { $0.attestation = .measuredBoot }) {
        for offset in 0..<hours { ask(1, hour: hour + offset) }
        var bid = market.bid(quantity: 1, hours: hours, from: hour - Int32(Hour(containing: market.now) - midnight))
        change(&bid.requirements)
        let result = market.bid(bid, as: alice)
        precondition((try? result.get().status) == .filled, "\(result)")
    }

    /// Another resource of the provider, with the same facts.
    func another() -> ResourceID {
        market.resource(of: provider, units: 10, site: "Other") {
            $0.security = SecurityFacts()
            $0.security?.attestation = .confidential
            $0.security?.dataClass = .core
        }
    }

    func advance(minutes: Int32) { market.advance(to: midnight.start.advanced(minutes: minutes)) }

    func report(hour: Int32 = 2, sequence: Int64 = 1) {
        market.report(resource, midnight + hour, delivered: 3_600, sequence: sequence, as: meter)
    }

    func delivery(_ number: Int64 = 1) -> DeliveryView { market.exchange.delivery(DeliveryID(number)) ?? DeliveryView() }

    /// A good token for a delivery, at the present moment.
    func token(_ number: Int64 = 1) -> AttestDelivery {
        var token = AttestDelivery()
        token.delivery = DeliveryID(number)
        token.key = key.id
        token.isSigned = true
        token.claims.issuer = "verifier"
        token.claims.audience = ["somebody", "suanpan"]
        token.claims.nonce = delivery(number).nonce
        token.claims.issuedAt = market.now
        token.claims.expiresAt = market.now.advanced(minutes: 10)
        return token
    }
}

@Suite("Attestation")
struct AttestationTests {
    @Test("an attested hour settles as metered")
    func attested() {
        let scene = AttestedScene()
        scene.sell()
        scene.advance(minutes: 110)
        #expect(scene.delivery().attestation?.required == .measuredBoot && scene.delivery().attestation?.attestedAt == nil)
        #expect(scene.market.refusal(.attestDelivery(scene.token()), as: scene.provider) == nil)
        #expect(scene.delivery().attestation?.attestedAt == scene.market.now && scene.delivery().attestation?.keyID == scene.key.id)
        scene.advance(minutes: 181)
        scene.report()
        scene.advance(minutes: 600)
        #expect(scene.delivery().outcome == .delivered && scene.delivery().status == .settled)
        #expect(scene.market.exchange.firstBrokenInvariant() == nil && scene.market.replay().state == scene.market.state)
    }

    @Test("without a token the hour counts as undelivered, reported or not: the holder is refunded and has the bond", arguments: [true, false])
    func unattested(isReported: Bool) throws {
        let scene = AttestedScene()
        let before = scene.market.balance(scene.alice).available
        let provider = scene.market.balance(scene.provider).available
        scene.sell()
        scene.advance(minutes: 181)
        if isReported { scene.report() }
        scene.advance(minutes: 3_000)
        #expect(scene.delivery().outcome == .unattested && scene.delivery().status == .settled)
        // The bond of 30 % of 2.00.
        #expect(scene.market.balance(scene.alice).available == before + Micros(600_000))
        #expect(scene.market.balance(scene.provider).available == provider - Micros(600_000))
        #expect(scene.delivery().compensation == Micros(600_000))
        // What does not count as delivered is in no index and leads to no fee tier, whatever the meter said.
        let scope = try #require(scene.market.exchange.indexScope(code: "H100-SXM.CN-GAN"))
        let source = scene.market.exchange.indexSource(scope, scene.midnight + 2..<scene.midnight + 3, knownAt: scene.market.now)
        #expect(source.isComplete && source.sales.isEmpty)
        #expect(scene.market.exchange.feeTiers(of: scene.alice, after: 0, limit: 1).map(\.deliveredHours) == [0])
        #expect(scene.market.exchange.firstBrokenInvariant() == nil && scene.market.replay().state == scene.market.state)
    }

    @Test("a token that is stale, early, replayed, wrongly signed or for something else is refused and leaves the hour as it was", arguments: 0..<16)
    func refusals(number: Int) {
        let scene = AttestedScene()
        scene.sell()
        scene.sell(hour: 3) { $0.attestation = .confidential }
        scene.advance(minutes: 60)
        #expect(scene.market.code(.attestDelivery(scene.token()), as: scene.provider) == .notFound)
        scene.advance(minutes: 170)
        var token = scene.token()
        var issuer = scene.provider
        var expected = RefusalCode.invalidRequest
        switch number {
        case 0: token.isSigned = false
        case 1: token.key = .none
        case 2: token.key = AttestationKeyID(99)
        case 3: token.claims.issuer = "somebody"
        case 4: token.claims.audience = ["somebody"]
        case 5: token.claims.nonce = nil
        // A token of another delivery, used again.
        case 6: token.claims.nonce = scene.delivery(2).nonce
        case 7: token.claims.expiresAt = scene.market.now
        case 8: token.claims.expiresAt = nil
        case 9: token.claims.issuedAt = nil
        // Issued before the nonce was.
        case 10: token.claims.issuedAt = scene.midnight.start.advanced(minutes: 100)
        case 11: token.claims.issuedAt = scene.market.now.advanced(minutes: 2)
        case 12: token.claims.notBefore = scene.market.now.advanced(minutes: 2)
        // The terms ask for more than the key proves.
        case 13: token = scene.token(2)
        case 14: (issuer, expected) = (scene.alice, .forbidden)
        default:
            scene.market.apply(.revokeAttestationKey(RevokeAttestationKey(scene.key.id)), as: scene.market.operatorID)
        }
        let before = scene.market.stateWithoutHeader
        #expect(scene.market.code(.attestDelivery(token), as: issuer) == expected)
        #expect(scene.market.stateWithoutHeader == before)
        guard number < 15 else { return }
        #expect(scene.market.code(.attestDelivery(scene.token()), as: scene.provider) == nil)
        #expect(scene.market.code(.attestDelivery(scene.token()), as: scene.provider) == .conflict)
    }

    @Test("a token counts until the hour's end")
    func deadline() {
        let scene = AttestedScene()
        scene.sell()
        scene.advance(minutes: 180)
        #expect(scene.market.code(.attestDelivery(scene.token()), as: scene.provider) == .conflict)
    }

    @Test("an hour that was attested stays where that was proved")
    func attestedStays() {
        let scene = AttestedScene()
        let other = scene.another()
        scene.sell()
        scene.advance(minutes: 110)
        #expect(scene.market.proposeMove(DeliveryID(1), to: other) == nil)
        #expect(scene.market.refusal(.attestDelivery(scene.token()), as: scene.provider) == nil)
        let before = scene.market.stateWithoutHeader
        #expect(scene.market.consent(DeliveryID(1))?.code == .conflict)
        #expect(scene.market.proposeMove(DeliveryID(1), to: other)?.code == .conflict)
        #expect(scene.market.stateWithoutHeader == before && scene.delivery().resourceID == scene.resource)
    }

    @Test("after a move a token from before it, which spoke of the other resource, counts no longer; a new one does")
    func attestsAfterMove() throws {
        let scene = AttestedScene()
        let other = scene.another()
        scene.sell()
        scene.advance(minutes: 107)
        let early = scene.token()
        scene.advance(minutes: 110)
        #expect(scene.market.move(DeliveryID(1), to: other) == nil)
        #expect(scene.delivery().attestation?.notBefore == scene.market.now)
        var decoder = BinaryDecoder(scene.market.state)
        let restored = try Exchange(decoding: &decoder)
        #expect(restored.delivery(DeliveryID(1))?.attestation?.notBefore == scene.market.now)
        #expect(scene.market.code(.attestDelivery(early), as: scene.provider) == .invalidRequest)
        #expect(scene.market.code(.attestDelivery(scene.token()), as: scene.provider) == nil)
        scene.advance(minutes: 181)
        scene.market.report(other, scene.midnight + 2, delivered: 3_600, sequence: 1, as: scene.meter)
        scene.advance(minutes: 600)
        #expect(scene.delivery().outcome == .delivered && scene.delivery().resourceID == other)
        #expect(scene.market.exchange.firstBrokenInvariant() == nil && scene.market.replay().state == scene.market.state)
    }

    @Test("nonces are made of the time command's random bytes, and no two are equal")
    func nonces() {
        let scene = AttestedScene()
        scene.sell()
        scene.sell()
        var output = ExchangeOutput()
        let gate = scene.midnight.start.advanced(minutes: 105)
        let entropy = Bytes((0..<32).map { UInt8($0 + 100) })
        var events: [DeliveryView] = []
        let fresh = Exchange()
        for envelope in scene.market.journal { _ = fresh.apply(envelope, output: &output) }
        output.removeAll()
        _ = fresh.apply(Envelope(time: gate, issuer: .none, command: .passTime(PassTime(entropy: entropy))), output: &output)
        events = fresh.deliveries(of: nil, contract: nil, after: .none, limit: 9)
        let start = (100..<132).map { String($0, radix: 16) }.joined()
        #expect(events.map(\.nonce) == [start + "0000000000000001", start + "0000000000000002"])
        var encoder = BinaryEncoder()
        fresh.encodeState(into: &encoder)
        let whole = encoder.bytes
        var decoder = BinaryDecoder(whole)
        let restored = try? Exchange(decoding: &decoder)
        #expect(restored?.deliveries(of: nil, contract: nil, after: .none, limit: 9).map(\.nonce) == events.map(\.nonce))
        // What the shell draws is no part of the market's own state.
        func market(_ entropy: Bytes) -> [UInt8] {
            let exchange = Exchange()
            for envelope in scene.market.journal { _ = exchange.apply(envelope, output: &output) }
            _ = exchange.apply(Envelope(time: gate, issuer: .none, command: .passTime(PassTime(entropy: entropy))), output: &output)
            var encoder = BinaryEncoder()
            exchange.encodeState(into: &encoder, .market)
            return encoder.bytes
        }
        #expect(market(entropy) == market(Bytes(Array(repeating: 7, count: 32))))
    }

    @Test("a key is registered once, and its fields are checked", arguments: 0..<6)
    func keys(number: Int) {
        let scene = AttestedScene()
        var spec = AttestationKeySpec()
        spec.keyID = "second"
        spec.publicKey = String(repeating: "A", count: 43)
        var expected = RefusalCode.invalidRequest
        switch number {
        case 0: (spec.keyID, expected) = ("verifier-1", .conflict)
        case 1: spec.publicKey = String(repeating: "A", count: 44)
        case 2: spec.algorithm = .es256
        case 3: spec.level = .none
        case 4: spec.publicKey = String(repeating: "=", count: 43)
        default: spec.keyID = ""
        }
        #expect(scene.market.code(.addAttestationKey(spec), as: scene.market.operatorID) == expected)
    }
}

@Suite("Wipes of resources that served protected data")
struct WipeTests {
    private func wipe(
        _ scene: AttestedScene, at minutes: Int32, of resource: ResourceID? = nil, as issuer: ParticipantID? = nil
    ) -> RefusalCode? {
        var body = WipeSpec()
        body.wipedAt = scene.midnight.start.advanced(minutes: minutes)
        body.method = "purge"
        body.evidenceHash = String(repeating: "0f", count: 32)
        return scene.market.code(.recordWipe(RecordWipe(resource: resource ?? scene.resource, body: body)), as: issuer ?? scene.provider)
    }

    private func sale(_ scene: AttestedScene, hour: Int32, of resource: ResourceID? = nil) -> RefusalCode? {
        let contract = ContractKey(product: scene.product, hour: scene.midnight + hour)
        return scene.market.code(scene.market.order(.sell, contract, cents(200), 1, resource: resource ?? scene.resource), as: scene.provider)
    }

    @Test("after a protected hour nothing of the resource is sold until its wipe is on record")
    func wipes() throws {
        let scene = AttestedScene()
        scene.sell { $0.dataClass = .important }
        scene.ask(2, hour: 9)
        #expect(wipe(scene, at: 0) == .conflict)
        // Sold ahead of the gate: nothing was served yet.
        #expect(sale(scene, hour: 5) == nil)
        scene.advance(minutes: 106)
        #expect(scene.market.exchange.capacity(scene.resource, from: scene.midnight + 5, to: scene.midnight + 10).allSatisfy { $0.onOffer == 0 })
        let cancelled = scene.market.exchange.orders(of: scene.provider, status: .cancelled, contract: nil, after: .none, limit: 9)
        #expect(cancelled.count == 2 && cancelled.allSatisfy { $0.reason == .capacityReduced })
        #expect(sale(scene, hour: 5) == .insufficientCapacity)
        scene.advance(minutes: 200)
        #expect(sale(scene, hour: 5) == .insufficientCapacity)
        #expect(wipe(scene, at: 179) == .conflict)
        #expect(wipe(scene, at: 201) == .invalidRequest)
        #expect(wipe(scene, at: 190, as: scene.alice) == .forbidden)
        #expect(wipe(scene, at: 190) == nil)
        #expect(wipe(scene, at: 190) == .conflict)
        #expect(sale(scene, hour: 5) == nil)
        #expect(scene.market.exchange.wipes(of: scene.resource, after: .none, limit: 9).count == 1)
        #expect(scene.market.exchange.firstBrokenInvariant() == nil)
        var decoder = BinaryDecoder(scene.market.state)
        let restored = try Exchange(decoding: &decoder)
        var encoder = BinaryEncoder()
        restored.encodeState(into: &encoder)
        #expect(encoder.bytes == scene.market.state && scene.market.replay().state == scene.market.state)
    }

    @Test("a protected hour that moves leaves both resources to be wiped: the one that serves it, and the one that access may have been given to")
    func moved() throws {
        let scene = AttestedScene()
        let other = scene.another()
        scene.sell { $0.dataClass = .important }
        scene.advance(minutes: 106)
        #expect(sale(scene, hour: 9, of: other) == nil)
        #expect(scene.market.move(DeliveryID(1), to: other) == nil)
        let cancelled = scene.market.exchange.orders(of: scene.provider, status: .cancelled, contract: nil, after: .none, limit: 9)
        #expect(cancelled.count == 1 && cancelled.allSatisfy { $0.reason == .capacityReduced && $0.resourceID == other })
        for resource in [scene.resource, other] {
            #expect(sale(scene, hour: 9, of: resource) == .insufficientCapacity)
            #expect(wipe(scene, at: 106, of: resource) == .conflict)
        }
        // The need is part of the state.
        #expect(try scene.market.isReadBack())
        scene.advance(minutes: 200)
        for resource in [scene.resource, other] {
            #expect(sale(scene, hour: 9, of: resource) == .insufficientCapacity)
            #expect(wipe(scene, at: 179, of: resource) == .conflict)
            #expect(wipe(scene, at: 180, of: resource) == nil)
            #expect(sale(scene, hour: 9, of: resource) == nil)
        }
        #expect(scene.market.exchange.firstBrokenInvariant() == nil && scene.market.replay().state == scene.market.state)
    }

    @Test("nothing moves to a resource that waits for its own wipe; general data that moves leaves nothing to wipe")
    func movedOnto() {
        let scene = AttestedScene()
        let other = scene.another()
        scene.sell { $0.dataClass = .important }
        scene.sell(hour: 3) { $0.dataClass = .general }
        scene.advance(minutes: 166)
        #expect(scene.market.move(DeliveryID(2), to: other) == nil)
        #expect(sale(scene, hour: 9, of: other) == nil)
        #expect(scene.market.move(DeliveryID(2), to: scene.resource)?.code == .insufficientCapacity)
    }

    @Test("general data leaves nothing to wipe")
    func general() {
        let scene = AttestedScene()
        scene.sell { $0.dataClass = .general }
        scene.advance(minutes: 106)
        #expect(sale(scene, hour: 5) == nil)
        #expect(wipe(scene, at: 100) == .conflict)
    }
}
