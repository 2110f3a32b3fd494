import Quantities
import Registry

extension Command: FieldValue {
    package init() { self = .passTime(PassTime()) }

    /// The kind, as the journal numbers it.
    package var tag: CommandTag {
        switch self {
        case .genesis: .genesis
        case .passTime: .passTime
        case .createParticipant: .createParticipant
        case .suspendParticipant: .suspendParticipant
        case .reinstateParticipant: .reinstateParticipant
        case .createAPIKey: .createAPIKey
        case .revokeAPIKey: .revokeAPIKey
        case .deposit: .deposit
        case .withdraw: .withdraw
        case .addZone: .addZone
        case .addComputeClass: .addComputeClass
        case .addGrade: .addGrade
        case .addProduct: .addProduct
        case .registerResource: .registerResource
        case .certifyResource: .certifyResource
        case .declareOutage: .declareOutage
        case .retireResource: .retireResource
        case .halt: .halt
        case .resume: .resume
        case .placeOrder: .placeOrder
        case .placeOrders: .placeOrders
        case .amendOrder: .amendOrder
        case .cancelOrder: .cancelOrder
        case .cancelOrders: .cancelOrders
        case .postOffer: .postOffer
        case .amendOffer: .amendOffer
        case .cancelOffer: .cancelOffer
        case .placeBid: .placeBid
        case .cancelBid: .cancelBid
        case .recordHandover: .recordHandover
        case .reportMeter: .reportMeter
        case .reportMeters: .reportMeters
        case .settle: .settle
        case .rotateAPIKey: .rotateAPIKey
        case .administrative: .administrative
        case .cancelAllAfter: .cancelAllAfter
        case .registerEnergyCertificate: .registerEnergyCertificate
        case .retireEnergyCertificate: .retireEnergyCertificate
        case .addAttestationKey: .addAttestationKey
        case .revokeAttestationKey: .revokeAttestationKey
        case .attestDelivery: .attestDelivery
        case .recordWipe: .recordWipe
        case .postFees: .postFees
        case .overrideBand: .overrideBand
        case .reviseIndex: .reviseIndex
        case .disputeDelivery: .disputeDelivery
        case .decideDispute: .decideDispute
        case .declineAllocation: .declineAllocation
        case .terminateAllocation: .terminateAllocation
        case .correctDelivery: .correctDelivery
        case .addSigningKey: .addSigningKey
        case .revokeSigningKey: .revokeSigningKey
        case .setSigningPolicy: .setSigningPolicy
        case .proposeMove: .proposeMove
        case .answerMove: .answerMove
        case .recordContact: .recordContact
        case .correctZone: .correctZone
        case .correctComputeClass: .correctComputeClass
        case .setNetworkPath: .setNetworkPath
        case .setLegalEntity: .setLegalEntity
        case .verifyParticipant: .verifyParticipant
        case .blockBuyers: .blockBuyers
        case .setTradingPolicy: .setTradingPolicy
        case .requireSignatures: .requireSignatures
        case .correctSite: .correctSite
        }
    }

    /// The tag, then the payload's fields; a reader takes the payload's type from the tag.
    package mutating func code<C: FieldCoder>(_ coder: inout C) { code(&coder, isNested: false) }

    /// Inside of an administrative command another one would nest without end; it is read as a neutral command, which is refused.
    mutating func code<C: FieldCoder>(_ coder: inout C, isNested: Bool) {
        var tag = self.tag
        coder.field("kind", &tag)
        if isNested, tag == .administrative { tag = .passTime }
        if tag != self.tag { self = Command(tag) }
        switch self {
        case .genesis(var payload):
            coder.field("genesis", &payload)
            self = .genesis(payload)
        case .passTime(var payload):
            coder.field("pass_time", &payload)
            self = .passTime(payload)
        case .createParticipant(var payload):
            coder.field("create_participant", &payload)
            self = .createParticipant(payload)
        case .suspendParticipant(var payload):
            coder.field("suspend_participant", &payload)
            self = .suspendParticipant(payload)
        case .reinstateParticipant(var payload):
            coder.field("reinstate_participant", &payload)
            self = .reinstateParticipant(payload)
        case .createAPIKey(var payload):
            coder.field("create_api_key", &payload)
            self = .createAPIKey(payload)
        case .revokeAPIKey(var payload):
            coder.field("revoke_api_key", &payload)
            self = .revokeAPIKey(payload)
        case .deposit(var payload):
            coder.field("deposit", &payload)
            self = .deposit(payload)
        case .withdraw(var payload):
            coder.field("withdraw", &payload)
            self = .withdraw(payload)
        case .addZone(var payload):
            coder.field("add_zone", &payload)
            self = .addZone(payload)
        case .addComputeClass(var payload):
            coder.field("add_compute_class", &payload)
            self = .addComputeClass(payload)
        case .addGrade(var payload):
            coder.field("add_grade", &payload)
            self = .addGrade(payload)
        case .addProduct(var payload):
            coder.field("add_product", &payload)
            self = .addProduct(payload)
        case .registerResource(var payload):
            coder.field("register_resource", &payload)
            self = .registerResource(payload)
        case .certifyResource(var payload):
            coder.field("certify_resource", &payload)
            self = .certifyResource(payload)
        case .declareOutage(var payload):
            coder.field("declare_outage", &payload)
            self = .declareOutage(payload)
        case .retireResource(var payload):
            coder.field("retire_resource", &payload)
            self = .retireResource(payload)
        case .halt(var payload):
            coder.field("halt", &payload)
            self = .halt(payload)
        case .resume(var payload):
            coder.field("resume", &payload)
            self = .resume(payload)
        case .placeOrder(var payload):
            coder.field("place_order", &payload)
            self = .placeOrder(payload)
        case .placeOrders(var payload):
            coder.field("place_orders", &payload)
            self = .placeOrders(payload)
        case .amendOrder(var payload):
            coder.field("amend_order", &payload)
            self = .amendOrder(payload)
        case .cancelOrder(var payload):
            coder.field("cancel_order", &payload)
            self = .cancelOrder(payload)
        case .cancelOrders(var payload):
            coder.field("cancel_orders", &payload)
            self = .cancelOrders(payload)
        case .postOffer(var payload):
            coder.field("post_offer", &payload)
            self = .postOffer(payload)
        case .amendOffer(var payload):
            coder.field("amend_offer", &payload)
            self = .amendOffer(payload)
        case .cancelOffer(var payload):
            coder.field("cancel_offer", &payload)
            self = .cancelOffer(payload)
        case .placeBid(var payload):
            coder.field("place_bid", &payload)
            self = .placeBid(payload)
        case .cancelBid(var payload):
            coder.field("cancel_bid", &payload)
            self = .cancelBid(payload)
        case .recordHandover(var payload):
            coder.field("record_handover", &payload)
            self = .recordHandover(payload)
        case .reportMeter(var payload):
            coder.field("report_meter", &payload)
            self = .reportMeter(payload)
        case .reportMeters(var payload):
            coder.field("report_meters", &payload)
            self = .reportMeters(payload)
        case .settle(var payload):
            coder.field("settle", &payload)
            self = .settle(payload)
        case .rotateAPIKey(var payload):
            coder.field("rotate_api_key", &payload)
            self = .rotateAPIKey(payload)
        case .administrative(var payload):
            coder.field("administrative", &payload)
            self = .administrative(payload)
        case .cancelAllAfter(var payload):
            coder.field("cancel_all_after", &payload)
            self = .cancelAllAfter(payload)
        case .registerEnergyCertificate(var payload):
            coder.field("register_energy_certificate", &payload)
            self = .registerEnergyCertificate(payload)
        case .retireEnergyCertificate(var payload):
            coder.field("retire_energy_certificate", &payload)
            self = .retireEnergyCertificate(payload)
        case .addAttestationKey(var payload):
            coder.field("add_attestation_key", &payload)
            self = .addAttestationKey(payload)
        case .revokeAttestationKey(var payload):
            coder.field("revoke_attestation_key", &payload)
            self = .revokeAttestationKey(payload)
        case .attestDelivery(var payload):
            coder.field("attest_delivery", &payload)
            self = .attestDelivery(payload)
        case .recordWipe(var payload):
            coder.field("record_wipe", &payload)
            self = .recordWipe(payload)
        case .postFees(var payload):
            coder.field("post_fees", &payload)
            self = .postFees(payload)
        case .overrideBand(var payload):
            coder.field("override_band", &payload)
            self = .overrideBand(payload)
        case .reviseIndex(var payload):
            coder.field("revise_index", &payload)
            self = .reviseIndex(payload)
        case .disputeDelivery(var payload):
            coder.field("dispute_delivery", &payload)
            self = .disputeDelivery(payload)
        case .decideDispute(var payload):
            coder.field("decide_dispute", &payload)
            self = .decideDispute(payload)
        case .declineAllocation(var payload):
            coder.field("decline_allocation", &payload)
            self = .declineAllocation(payload)
        case .terminateAllocation(var payload):
            coder.field("terminate_allocation", &payload)
            self = .terminateAllocation(payload)
        case .correctDelivery(var payload):
            coder.field("correct_delivery", &payload)
            self = .correctDelivery(payload)
        case .addSigningKey(var payload):
            coder.field("add_signing_key", &payload)
            self = .addSigningKey(payload)
        case .revokeSigningKey(var payload):
            coder.field("revoke_signing_key", &payload)
            self = .revokeSigningKey(payload)
        case .setSigningPolicy(var payload):
            coder.field("set_signing_policy", &payload)
            self = .setSigningPolicy(payload)
        case .proposeMove(var payload):
            coder.field("propose_move", &payload)
            self = .proposeMove(payload)
        case .answerMove(var payload):
            coder.field("answer_move", &payload)
            self = .answerMove(payload)
        case .recordContact(var payload):
            coder.field("record_contact", &payload)
            self = .recordContact(payload)
        case .correctZone(var payload):
            coder.field("correct_zone", &payload)
            self = .correctZone(payload)
        case .correctComputeClass(var payload):
            coder.field("correct_compute_class", &payload)
            self = .correctComputeClass(payload)
        case .setNetworkPath(var payload):
            coder.field("set_network_path", &payload)
            self = .setNetworkPath(payload)
        case .setLegalEntity(var payload):
            coder.field("set_legal_entity", &payload)
            self = .setLegalEntity(payload)
        case .verifyParticipant(var payload):
            coder.field("verify_participant", &payload)
            self = .verifyParticipant(payload)
        case .blockBuyers(var payload):
            coder.field("block_buyers", &payload)
            self = .blockBuyers(payload)
        case .setTradingPolicy(var payload):
            coder.field("set_trading_policy", &payload)
            self = .setTradingPolicy(payload)
        case .requireSignatures(var payload):
            coder.field("require_signatures", &payload)
            self = .requireSignatures(payload)
        case .correctSite(var payload):
            coder.field("correct_site", &payload)
            self = .correctSite(payload)
        }
    }

    /// A neutral command of a kind: where a reader starts from.
    private init(_ tag: CommandTag) {
        switch tag {
        case .genesis: self = .genesis(Genesis())
        case .passTime: self = .passTime(PassTime())
        case .createParticipant: self = .createParticipant(ParticipantSpec())
        case .suspendParticipant: self = .suspendParticipant(ParticipantReference())
        case .reinstateParticipant: self = .reinstateParticipant(ParticipantReference())
        case .createAPIKey: self = .createAPIKey(CreateAPIKey())
        case .revokeAPIKey: self = .revokeAPIKey(RevokeAPIKey())
        case .deposit: self = .deposit(MoneyMovement())
        case .withdraw: self = .withdraw(MoneyMovement())
        case .addZone: self = .addZone(Zone())
        case .addComputeClass: self = .addComputeClass(ComputeClass())
        case .addGrade: self = .addGrade(Grade())
        case .addProduct: self = .addProduct(ProductTerms())
        case .registerResource: self = .registerResource(ResourceSpec())
        case .certifyResource: self = .certifyResource(CertifyResource())
        case .declareOutage: self = .declareOutage(DeclareOutage())
        case .retireResource: self = .retireResource(RetireResource())
        case .halt: self = .halt(TradingScope())
        case .resume: self = .resume(TradingScope())
        case .placeOrder: self = .placeOrder(OrderSpec())
        case .placeOrders: self = .placeOrders(OrderBatch())
        case .amendOrder: self = .amendOrder(AmendOrder())
        case .cancelOrder: self = .cancelOrder(CancelOrder())
        case .cancelOrders: self = .cancelOrders(CancelOrders())
        case .postOffer: self = .postOffer(OfferSpec())
        case .amendOffer: self = .amendOffer(AmendOffer())
        case .cancelOffer: self = .cancelOffer(CancelOffer())
        case .placeBid: self = .placeBid(BidSpec())
        case .cancelBid: self = .cancelBid(CancelBid())
        case .recordHandover: self = .recordHandover(RecordHandover())
        case .reportMeter: self = .reportMeter(ReportMeter())
        case .reportMeters: self = .reportMeters(ReportMeters())
        case .settle: self = .settle(Settle())
        case .rotateAPIKey: self = .rotateAPIKey(RotateAPIKey())
        case .administrative: self = .administrative(AdministrativeCommand())
        case .cancelAllAfter: self = .cancelAllAfter(CancelAllAfter())
        case .registerEnergyCertificate: self = .registerEnergyCertificate(EnergyCertificateSpec())
        case .retireEnergyCertificate: self = .retireEnergyCertificate(RetireEnergyCertificate())
        case .addAttestationKey: self = .addAttestationKey(AttestationKeySpec())
        case .revokeAttestationKey: self = .revokeAttestationKey(RevokeAttestationKey())
        case .attestDelivery: self = .attestDelivery(AttestDelivery())
        case .recordWipe: self = .recordWipe(RecordWipe())
        case .postFees: self = .postFees(PostFees())
        case .overrideBand: self = .overrideBand(OverrideBand())
        case .reviseIndex: self = .reviseIndex(ReviseIndex())
        case .disputeDelivery: self = .disputeDelivery(DisputeDelivery())
        case .decideDispute: self = .decideDispute(DecideDispute())
        case .declineAllocation: self = .declineAllocation(DeclineAllocation())
        case .terminateAllocation: self = .terminateAllocation(TerminateAllocation())
        case .correctDelivery: self = .correctDelivery(CorrectDelivery())
        case .addSigningKey: self = .addSigningKey(AddSigningKey())
        case .revokeSigningKey: self = .revokeSigningKey(RevokeSigningKey())
        case .setSigningPolicy: self = .setSigningPolicy(SetSigningPolicy())
        case .proposeMove: self = .proposeMove(ProposeMove())
        case .answerMove: self = .answerMove(AnswerMove())
        case .recordContact: self = .recordContact(RecordContact())
        case .correctZone: self = .correctZone(Zone())
        case .correctComputeClass: self = .correctComputeClass(ComputeClass())
        case .setNetworkPath: self = .setNetworkPath(NetworkPath())
        case .setLegalEntity: self = .setLegalEntity(SetLegalEntity())
        case .verifyParticipant: self = .verifyParticipant(VerifyParticipant())
        case .blockBuyers: self = .blockBuyers(BlockBuyers())
        case .setTradingPolicy: self = .setTradingPolicy(TradingPolicy())
        case .requireSignatures: self = .requireSignatures(RequireSignatures())
        case .correctSite: self = .correctSite(CorrectSite())
        }
    }
}
