import Exchange
import Matching
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Roles, owners, suspension")
struct RoleTests {
    /// Every command with a body of no consequence, and the roles that may give it.
    private static func commands(_ pit: Pit) -> [(Command, [Role])] {
        let buy = pit.market.order(.buy, pit.contract(), cents(200), 1)
        let sell = pit.market.order(.sell, pit.contract(), cents(200), 1, resource: pit.resource)
        var batch = OrderBatch()
        batch.orders = [buy]
        return [
            (.createParticipant(ParticipantSpec()), [.operator]),
            (.suspendParticipant(ParticipantReference()), [.operator]),
            (.reinstateParticipant(ParticipantReference()), [.operator]),
            (.createAPIKey(CreateAPIKey()), [.operator]), (.revokeAPIKey(RevokeAPIKey()), Role.allCases),
            (.rotateAPIKey(RotateAPIKey()), Role.allCases), (.requireSignatures(RequireSignatures()), [.operator]),
            (.deposit(MoneyMovement()), [.operator]), (.withdraw(MoneyMovement()), [.operator]),
            (.addZone(Zone()), [.operator]), (.addComputeClass(ComputeClass()), [.operator]), (.addGrade(Grade()), [.operator]),
            (.addProduct(ProductTerms()), [.operator]), (.registerResource(ResourceSpec()), [.provider]),
            (.certifyResource(CertifyResource()), [.operator]), (.declareOutage(DeclareOutage()), [.provider, .operator]),
            (.correctSite(CorrectSite()), [.provider, .operator]),
            (.retireResource(RetireResource()), [.provider, .operator]), (.halt(TradingScope(.product)), [.operator]),
            (.resume(TradingScope(.product)), [.operator]), (.placeOrder(buy), [.consumer]), (.placeOrder(sell), [.provider]),
            (.placeOrders(batch), [.consumer, .provider]), (.amendOrder(AmendOrder()), [.consumer, .provider]),
            (.cancelOrder(CancelOrder()), [.consumer, .provider]), (.cancelOrders(CancelOrders()), [.consumer, .provider]),
            (.postOffer(OfferSpec()), [.provider]), (.amendOffer(AmendOffer()), [.provider]), (.cancelOffer(CancelOffer()), [.provider]),
            (.placeBid(BidSpec()), [.consumer]), (.cancelBid(CancelBid()), [.consumer]),
            (.recordHandover(RecordHandover(allocation: .none, kind: .request, hash: Bytes(), version: 1)), [.consumer]),
            (.recordHandover(RecordHandover(allocation: .none, kind: .access, hash: Bytes(), version: 1)), [.provider]),
            (.reportMeter(ReportMeter()), [.meter]), (.reportMeters(ReportMeters()), [.meter]), (.settle(Settle()), [.operator]),
            (.registerEnergyCertificate(EnergyCertificateSpec()), [.operator]),
            (.retireEnergyCertificate(RetireEnergyCertificate()), [.provider, .operator]),
            (.addAttestationKey(AttestationKeySpec()), [.operator]), (.revokeAttestationKey(RevokeAttestationKey()), [.operator]),
            (.attestDelivery(AttestDelivery()), [.provider]), (.recordWipe(RecordWipe()), [.provider, .operator]),
        ]
    }

    @Test("every command without the right role is forbidden, whatever else is wrong, and changes nothing")
    func wrongRoles() {
        let pit = Pit()
        let onlyProvider = pit.market.participant("Only provider", .provider)
        let auditor = pit.market.participant("Auditor", .auditor)
        let suspended = pit.market.participant("Suspended", .provider, .consumer, .meter)
        pit.market.apply(.suspendParticipant(ParticipantReference(suspended)), as: pit.market.operatorID)
        let issuers: [(ParticipantID, Role?)] = [
            (pit.market.operatorID, .operator), (onlyProvider, .provider), (pit.alice, .consumer), (pit.meter, .meter),
            (auditor, .auditor), (suspended, nil), (.none, nil), (ParticipantID(Int64.max), nil), (ParticipantID(Int64.min), nil),
        ]
        let before = pit.market.stateWithoutHeader
        for (command, roles) in Self.commands(pit) {
            for (issuer, role) in issuers where role.map({ !roles.contains($0) }) ?? true {
                #expect(pit.market.code(command, as: issuer) == .forbidden, "\(command.tag) as \(role?.rawValue ?? "nobody")")
            }
        }
        #expect(pit.market.stateWithoutHeader == before)
        for (command, roles) in Self.commands(pit) {
            for (issuer, role) in issuers where role.map({ roles.contains($0) }) ?? false {
                #expect(pit.market.code(command, as: issuer) != .forbidden, "\(command.tag) as \(role?.rawValue ?? "")")
            }
        }
    }

    @Test("operators and auditors never trade", arguments: [Role.operator, .auditor], [Role.provider, .consumer])
    func neverTrade(watching: Role, trading: Role) {
        let market = Market()
        var spec = ParticipantSpec()
        spec.name = "Both"
        spec.roles = [watching, trading]
        #expect(market.code(.createParticipant(spec), as: market.operatorID) == .invalidRequest)
    }

    @Test("owners chain: the owner of an owner is the owner of both, and none of them trade with each other")
    func owners() throws {
        let pit = Pit()
        let child = pit.market.participant("Child", .consumer, owner: pit.provider)
        let grandchild = pit.market.participant("Grandchild", .consumer, owner: child)
        pit.market.deposit(1_000, to: grandchild)
        pit.sell(cents(200), 1)
        let receipt = pit.buy(cents(200), 1, as: grandchild)
        #expect(receipt.order.reason == .selfTrade && receipt.trades.isEmpty)
        #expect(pit.market.exchange.participant(grandchild)?.ownerID == pit.provider)
        // But each has its own orders and money.
        #expect(pit.market.balance(child).total == .zero)
        let id = pit.buy(cents(150), 1, as: grandchild).order.id
        #expect(pit.market.code(.cancelOrder(CancelOrder(OrderReference(id: id))), as: pit.provider) == .notFound)
    }

    @Test("suspending cancels open orders and offers; hours sold stay owed, hours held stay deliverable; reinstating lets act again")
    func suspension() throws {
        let pit = Pit()
        let market = pit.market
        pit.trade(cents(200), 10, to: pit.alice)
        let bid = pit.buy(cents(150), 5, as: pit.alice).order.id
        let resale = pit.resell(cents(300), 5, as: pit.alice).order.id
        let offer = try market.offer(market.offer(of: pit.resource, 4, at: cents(250), from: 3, hours: 2), as: pit.provider).get()
        for participant in [pit.alice, pit.provider] {
            #expect(market.code(.suspendParticipant(ParticipantReference(participant)), as: market.operatorID) == nil)
            #expect(market.balance(participant).reserved == .zero)
        }
        #expect(pit.order(bid).reason == .suspended && pit.order(resale).reason == .suspended)
        for hour in offer.hours { #expect(pit.order(hour.orderID).reason == .suspended) }
        #expect(market.code(market.order(.buy, pit.contract(), cents(150), 1), as: pit.alice) == .forbidden)
        #expect(market.code(.suspendParticipant(ParticipantReference(market.operatorID)), as: market.operatorID) == .conflict)
        for number in [0, -1, Int64.max, Int64.min] {
            let reference = ParticipantReference(ParticipantID(number))
            #expect(market.code(.suspendParticipant(reference), as: market.operatorID) == .notFound)
            #expect(market.code(.reinstateParticipant(reference), as: market.operatorID) == .notFound)
        }
        pit.advance(minutes: 180)
        pit.report(delivered: 36_000)
        pit.advance(minutes: 211)
        #expect(market.exchange.delivery(DeliveryID(1))?.outcome?.rawValue == "delivered")
        #expect(market.balance(pit.provider).available == Micros(100_019_980_000))
        #expect(market.code(.reinstateParticipant(ParticipantReference(pit.alice)), as: market.operatorID) == nil)
        #expect(market.code(market.order(.buy, pit.contract(9), cents(150), 1), as: pit.alice) == nil)
    }

    @Test("a key's scopes are no wider than the roles, and its end lies ahead")
    func keys() {
        let pit = Pit()
        func code(_ participant: ParticipantID, _ change: (inout CreateAPIKey.Body) -> Void) -> RefusalCode? {
            var body = CreateAPIKey.Body()
            body.label = "key"
            change(&body)
            return pit.market.code(.createAPIKey(CreateAPIKey(participant: participant, hash: Bytes([1]), body: body)), as: pit.market.operatorID)
        }
        #expect(code(pit.alice) { _ in } == nil)
        #expect(code(pit.alice) { $0.scopes = [.provider] } == .invalidRequest)
        #expect(code(pit.alice) { $0.scopes = [] } == .invalidRequest)
        #expect(code(pit.alice) { $0.label = "" } == .invalidRequest)
        #expect(code(pit.alice) { $0.expiresAt = pit.market.now } == .invalidRequest)
        #expect(code(pit.alice) { $0.expiresAt = Timestamp(Int64.max) } == .invalidRequest)
        #expect(code(ParticipantID(Int64.max)) { _ in } == .notFound)
        for number in [0, -1, Int64.max, Int64.min] {
            #expect(pit.market.code(.revokeAPIKey(RevokeAPIKey(APIKeyID(number))), as: pit.market.operatorID) == .notFound)
        }
        #expect(pit.market.code(.revokeAPIKey(RevokeAPIKey(APIKeyID(2))), as: pit.market.operatorID) == nil)
        #expect(pit.market.exchange.apiKeyRecords()[1].view.revoked)
    }
}
