import Pricing
import Quantities
import Registry

extension Reply: FieldValue {
    package init() { self = .done }

    /// The kind, as the journal numbers it.
    package var tag: ReplyTag {
        switch self {
        case .refused: .refused
        case .done: .done
        case .participant: .participant
        case .apiKey: .apiKey
        case .money: .money
        case .zone: .zone
        case .computeClass: .computeClass
        case .grade: .grade
        case .product: .product
        case .resource: .resource
        case .outage: .outage
        case .order: .order
        case .orders: .orders
        case .cancelledOrder: .cancelledOrder
        case .cancelled: .cancelled
        case .offer: .offer
        case .bid: .bid
        case .allocation: .allocation
        case .meterReport: .meterReport
        case .meterReports: .meterReports
        case .settlement: .settlement
        case .cancelTimer: .cancelTimer
        case .energyCertificate: .energyCertificate
        case .attestationKey: .attestationKey
        case .wipe: .wipe
        case .delivery: .delivery
        case .feeVersion: .feeVersion
        case .bands: .bands
        case .indexRevision: .indexRevision
        case .dispute: .dispute
        case .correction: .correction
        case .signingKey: .signingKey
        case .signingPolicy: .signingPolicy
        case .move: .move
        case .networkPath: .networkPath
        case .blockedBuyers: .blockedBuyers
        }
    }

    /// The tag, then the payload's fields; a reader takes the payload's type from the tag.
    package mutating func code<C: FieldCoder>(_ coder: inout C) {
        var tag = self.tag
        coder.field("kind", &tag)
        if tag != self.tag { self = Self(tag) }
        switch self {
        case .refused(var payload):
            coder.field("refused", &payload)
            self = .refused(payload)
        case .done: break
        case .participant(var payload):
            coder.field("participant", &payload)
            self = .participant(payload)
        case .apiKey(var payload):
            coder.field("api_key", &payload)
            self = .apiKey(payload)
        case .money(var payload):
            coder.field("money", &payload)
            self = .money(payload)
        case .zone(var payload):
            coder.field("zone", &payload)
            self = .zone(payload)
        case .computeClass(var payload):
            coder.field("compute_class", &payload)
            self = .computeClass(payload)
        case .grade(var payload):
            coder.field("grade", &payload)
            self = .grade(payload)
        case .product(var payload):
            coder.field("product", &payload)
            self = .product(payload)
        case .resource(var payload):
            coder.field("resource", &payload)
            self = .resource(payload)
        case .outage(var payload):
            coder.field("outage", &payload)
            self = .outage(payload)
        case .order(var payload):
            coder.field("order", &payload)
            self = .order(payload)
        case .orders(var payload):
            coder.field("orders", &payload)
            self = .orders(payload)
        case .cancelledOrder(var payload):
            coder.field("cancelled_order", &payload)
            self = .cancelledOrder(payload)
        case .cancelled(var payload):
            coder.field("cancelled", &payload)
            self = .cancelled(payload)
        case .offer(var payload):
            coder.field("offer", &payload)
            self = .offer(payload)
        case .bid(var payload):
            coder.field("bid", &payload)
            self = .bid(payload)
        case .allocation(var payload):
            coder.field("allocation", &payload)
            self = .allocation(payload)
        case .meterReport(var payload):
            coder.field("meter_report", &payload)
            self = .meterReport(payload)
        case .meterReports(var payload):
            coder.field("meter_reports", &payload)
            self = .meterReports(payload)
        case .settlement(var payload):
            coder.field("settlement", &payload)
            self = .settlement(payload)
        case .cancelTimer(var payload):
            coder.field("cancel_timer", &payload)
            self = .cancelTimer(payload)
        case .energyCertificate(var payload):
            coder.field("energy_certificate", &payload)
            self = .energyCertificate(payload)
        case .attestationKey(var payload):
            coder.field("attestation_key", &payload)
            self = .attestationKey(payload)
        case .wipe(var payload):
            coder.field("wipe", &payload)
            self = .wipe(payload)
        case .delivery(var payload):
            coder.field("delivery", &payload)
            self = .delivery(payload)
        case .feeVersion(var payload):
            coder.field("fee_version", &payload)
            self = .feeVersion(payload)
        case .bands(var payload):
            coder.field("bands", &payload)
            self = .bands(payload)
        case .indexRevision(var payload):
            coder.field("index_revision", &payload)
            self = .indexRevision(payload)
        case .dispute(var payload):
            coder.field("dispute", &payload)
            self = .dispute(payload)
        case .correction(var payload):
            coder.field("correction", &payload)
            self = .correction(payload)
        case .signingKey(var payload):
            coder.field("signing_key", &payload)
            self = .signingKey(payload)
        case .signingPolicy(var payload):
            coder.field("signing_policy", &payload)
            self = .signingPolicy(payload)
        case .move(var payload):
            coder.field("move", &payload)
            self = .move(payload)
        case .networkPath(var payload):
            coder.field("network_path", &payload)
            self = .networkPath(payload)
        case .blockedBuyers(var payload):
            coder.field("blocked_buyers", &payload)
            self = .blockedBuyers(payload)
        }
    }

    /// A neutral value of a kind: where a reader starts from.
    private init(_ tag: ReplyTag) {
        switch tag {
        case .refused: self = .refused(Refusal())
        case .done: self = .done
        case .participant: self = .participant(Participant())
        case .apiKey: self = .apiKey(APIKeyView())
        case .money: self = .money(MoneyReceipt())
        case .zone: self = .zone(Zone())
        case .computeClass: self = .computeClass(ComputeClass())
        case .grade: self = .grade(Grade())
        case .product: self = .product(Product())
        case .resource: self = .resource(Resource())
        case .outage: self = .outage(OutageView())
        case .order: self = .order(OrderReceipt())
        case .orders: self = .orders([OrderBatchResult]())
        case .cancelledOrder: self = .cancelledOrder(OrderView())
        case .cancelled: self = .cancelled(CancelledCount())
        case .offer: self = .offer(OfferView())
        case .bid: self = .bid(BidView())
        case .allocation: self = .allocation(AllocationView())
        case .meterReport: self = .meterReport(MeterReceipt())
        case .meterReports: self = .meterReports([MeterBatchResult]())
        case .settlement: self = .settlement(SettlementRunView())
        case .cancelTimer: self = .cancelTimer(CancelTimerView())
        case .energyCertificate: self = .energyCertificate(EnergyCertificate())
        case .attestationKey: self = .attestationKey(AttestationKey())
        case .wipe: self = .wipe(Wipe())
        case .delivery: self = .delivery(DeliveryView())
        case .feeVersion: self = .feeVersion(FeeVersion())
        case .bands: self = .bands(BandsView())
        case .indexRevision: self = .indexRevision(IndexRevisionView())
        case .dispute: self = .dispute(DisputeView())
        case .correction: self = .correction(CorrectionView())
        case .signingKey: self = .signingKey(SigningKeyView())
        case .signingPolicy: self = .signingPolicy(SigningPolicyView())
        case .move: self = .move(MoveView())
        case .networkPath: self = .networkPath(NetworkPath())
        case .blockedBuyers: self = .blockedBuyers(BlockedBuyersView())
        }
    }
}
