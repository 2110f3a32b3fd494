import Ledger
import Pricing
import Quantities
import Registry

/// What happened, in the order in which it happened: the projector, the streams and the shell's indices follow these.
package enum Event: Sendable {
    case participant(Participant)
    case apiKey(APIKeyRecord)
    case zone(Zone)
    case computeClass(ComputeClass)
    case grade(Grade)
    case product(Product)
    case resource(Resource)
    case account(AccountOpened)
    case transfer(Transfer)
    case orderAccepted(OrderAccepted)
    case orderClosed(OrderView)
    case trade(TradeView)
    case offer(OfferView)
    case bid(BidView)
    case allocation(AllocationView)
    case delivery(DeliveryChange)
    case meterReport(MeterReceipt)
    case settlement(SettlementRunView)
    case halt(TradingScope)
    case resume(TradingScope)
    case administered(AdministrativeAction)
    case energyCertificate(EnergyCertificate)
    case attestationKey(AttestationKey)
    case wipe(Wipe)
    /// A version of a product's fees, before its time comes.
    case feeVersion(FeeVersion)
    case dispute(DisputeView)
    case correction(CorrectionView)
    case signingKey(SigningKeyView)
    case move(MoveView)
    case networkPath(NetworkPath)
    /// What leaves the exchange's memory, whole.
    case deliveryArchived(ArchivedDelivery)
    case allocationArchived(ArchivedAllocation)
    case inputsArchived(ArchivedInputs)
}

/// The number of an event's kind in the journal.
package enum EventTag: String, Choice {
    case participant, apiKey, zone, computeClass, grade, product, resource, account, transfer, orderAccepted
    case orderClosed, trade, offer, bid, allocation, delivery, meterReport, settlement, halt, resume
    case administered, energyCertificate, attestationKey, wipe, feeVersion
    case dispute, correction, signingKey, move
    case networkPath
    case deliveryArchived, allocationArchived, inputsArchived
}

/// A ledger account came into being.
package struct AccountOpened: Record {
    package var id = AccountID.none
    package var kind = ""
    package var participantID: ParticipantID?
    package var contract: ContractKey?
    package var asset = Currency()

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("kind", &kind)
        coder.field("participant_id", &participantID)
        coder.field("contract", &contract)
        coder.field("asset", &asset)
    }
}

/// An event with the command that it belongs to: one entry of a frame's events.
package struct RecordedEvent: Record {
    package var sequence: Int64 = 0
    package var time = Timestamp()
    package var event = Event.halt(TradingScope())

    package init() {}
    package init(sequence: Int64, time: Timestamp, event: Event) {
        self.sequence = sequence
        self.time = time
        self.event = event
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("sequence", &sequence)
        coder.field("time", &time)
        coder.field("event", &event)
    }
}
