import Ledger
import Pricing
import Quantities
import Registry

extension Event: FieldValue {
    package init() { self = .halt(TradingScope()) }

    /// The kind, as the journal numbers it.
    package var tag: EventTag {
        switch self {
        case .participant: .participant
        case .apiKey: .apiKey
        case .zone: .zone
        case .computeClass: .computeClass
        case .grade: .grade
        case .product: .product
        case .resource: .resource
        case .account: .account
        case .transfer: .transfer
        case .orderAccepted: .orderAccepted
        case .orderClosed: .orderClosed
        case .trade: .trade
        case .offer: .offer
        case .bid: .bid
        case .allocation: .allocation
        case .delivery: .delivery
        case .meterReport: .meterReport
        case .settlement: .settlement
        case .halt: .halt
        case .resume: .resume
        case .administered: .administered
        case .energyCertificate: .energyCertificate
        case .attestationKey: .attestationKey
        case .wipe: .wipe
        case .feeVersion: .feeVersion
        case .dispute: .dispute
        case .correction: .correction
        case .signingKey: .signingKey
        case .move: .move
        case .networkPath: .networkPath
        case .deliveryArchived: .deliveryArchived
        case .allocationArchived: .allocationArchived
        case .inputsArchived: .inputsArchived
        }
    }

    /// The tag, then the payload's fields; a reader takes the payload's type from the tag.
    package mutating func code<C: FieldCoder>(_ coder: inout C) {
        var tag = self.tag
        coder.field("kind", &tag)
        if tag != self.tag { self = Self(tag) }
        switch self {
        case .participant(var payload):
            coder.field("participant", &payload)
            self = .participant(payload)
        case .apiKey(var payload):
            coder.field("api_key", &payload)
            self = .apiKey(payload)
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
        case .account(var payload):
            coder.field("account", &payload)
            self = .account(payload)
        case .transfer(var payload):
            coder.field("transfer", &payload)
            self = .transfer(payload)
        case .orderAccepted(var payload):
            coder.field("order_accepted", &payload)
            self = .orderAccepted(payload)
        case .orderClosed(var payload):
            coder.field("order_closed", &payload)
            self = .orderClosed(payload)
        case .trade(var payload):
            coder.field("trade", &payload)
            self = .trade(payload)
        case .offer(var payload):
            coder.field("offer", &payload)
            self = .offer(payload)
        case .bid(var payload):
            coder.field("bid", &payload)
            self = .bid(payload)
        case .allocation(var payload):
            coder.field("allocation", &payload)
            self = .allocation(payload)
        case .delivery(var payload):
            coder.field("delivery", &payload)
            self = .delivery(payload)
        case .meterReport(var payload):
            coder.field("meter_report", &payload)
            self = .meterReport(payload)
        case .settlement(var payload):
            coder.field("settlement", &payload)
            self = .settlement(payload)
        case .halt(var payload):
            coder.field("halt", &payload)
            self = .halt(payload)
        case .resume(var payload):
            coder.field("resume", &payload)
            self = .resume(payload)
        case .administered(var payload):
            coder.field("administered", &payload)
            self = .administered(payload)
        case .energyCertificate(var payload):
            coder.field("energy_certificate", &payload)
            self = .energyCertificate(payload)
        case .attestationKey(var payload):
            coder.field("attestation_key", &payload)
            self = .attestationKey(payload)
        case .wipe(var payload):
            coder.field("wipe", &payload)
            self = .wipe(payload)
        case .feeVersion(var payload):
            coder.field("fee_version", &payload)
            self = .feeVersion(payload)
        case .dispute(var payload):
            coder.field("dispute", &payload)
            self = .dispute(payload)
        case .correction(var payload):
            coder.field("correction", &payload)
            self = .correction(payload)
        case .signingKey(var payload):
            coder.field("signing_key", &payload)
            self = .signingKey(payload)
        case .move(var payload):
            coder.field("move", &payload)
            self = .move(payload)
        case .networkPath(var payload):
            coder.field("network_path", &payload)
            self = .networkPath(payload)
        case .deliveryArchived(var payload):
            coder.field("archived_delivery", &payload)
            self = .deliveryArchived(payload)
        case .allocationArchived(var payload):
            coder.field("archived_allocation", &payload)
            self = .allocationArchived(payload)
        case .inputsArchived(var payload):
            coder.field("archived_inputs", &payload)
            self = .inputsArchived(payload)
        }
    }

    /// A neutral value of a kind: where a reader starts from.
    private init(_ tag: EventTag) {
        switch tag {
        case .participant: self = .participant(Participant())
        case .apiKey: self = .apiKey(APIKeyRecord())
        case .zone: self = .zone(Zone())
        case .computeClass: self = .computeClass(ComputeClass())
        case .grade: self = .grade(Grade())
        case .product: self = .product(Product())
        case .resource: self = .resource(Resource())
        case .account: self = .account(AccountOpened())
        case .transfer: self = .transfer(Transfer())
        case .orderAccepted: self = .orderAccepted(OrderAccepted())
        case .orderClosed: self = .orderClosed(OrderView())
        case .trade: self = .trade(TradeView())
        case .offer: self = .offer(OfferView())
        case .bid: self = .bid(BidView())
        case .allocation: self = .allocation(AllocationView())
        case .delivery: self = .delivery(DeliveryChange())
        case .meterReport: self = .meterReport(MeterReceipt())
        case .settlement: self = .settlement(SettlementRunView())
        case .halt: self = .halt(TradingScope())
        case .resume: self = .resume(TradingScope())
        case .administered: self = .administered(AdministrativeAction())
        case .energyCertificate: self = .energyCertificate(EnergyCertificate())
        case .attestationKey: self = .attestationKey(AttestationKey())
        case .wipe: self = .wipe(Wipe())
        case .feeVersion: self = .feeVersion(FeeVersion())
        case .dispute: self = .dispute(DisputeView())
        case .correction: self = .correction(CorrectionView())
        case .signingKey: self = .signingKey(SigningKeyView())
        case .move: self = .move(MoveView())
        case .networkPath: self = .networkPath(NetworkPath())
        case .deliveryArchived: self = .deliveryArchived(ArchivedDelivery())
        case .allocationArchived: self = .allocationArchived(ArchivedAllocation())
        case .inputsArchived: self = .inputsArchived(ArchivedInputs())
        }
    }
}
