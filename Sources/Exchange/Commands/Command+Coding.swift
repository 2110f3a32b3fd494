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
        case .requireSignatures: .requireSignatures
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
        case .requireSignatures(var payload):
            coder.field("require_signatures", &payload)
            self = .requireSignatures(payload)
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
        case .requireSignatures: self = .requireSignatures(RequireSignatures())
        }
    }
}
