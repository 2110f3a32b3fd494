import Pricing
import Quantities
import Registry

/// What the exchange answers to a command: one of its records, or a refusal that changed nothing.
package enum Reply: Sendable {
    case refused(Refusal)
    case done
    case participant(Participant)
    case apiKey(APIKeyView)
    case money(MoneyReceipt)
    case zone(Zone)
    case computeClass(ComputeClass)
    case grade(Grade)
    case product(Product)
    case resource(Resource)
    case outage(OutageView)
    case order(OrderReceipt)
    case orders([OrderBatchResult])
    case cancelledOrder(OrderView)
    case cancelled(CancelledCount)
    case offer(OfferView)
    case bid(BidView)
    case allocation(AllocationView)
    case meterReport(MeterReceipt)
    case meterReports([MeterBatchResult])
    case settlement(SettlementRunView)
    case cancelTimer(CancelTimerView)
    case energyCertificate(EnergyCertificate)
    case attestationKey(AttestationKey)
    case wipe(Wipe)
    case delivery(DeliveryView)
    case feeVersion(FeeVersion)
    case bands(BandsView)
    case indexRevision(IndexRevisionView)
    case dispute(DisputeView)
    case correction(CorrectionView)
    case signingKey(SigningKeyView)
    case signingPolicy(SigningPolicyView)
    case move(MoveView)
    case networkPath(NetworkPath)
    case blockedBuyers(BlockedBuyersView)
}

/// The number of a reply's kind in the journal.
package enum ReplyTag: String, Choice {
    case refused, done, participant, apiKey, money, zone, computeClass, grade, product, resource, outage, order, orders
    case cancelledOrder, cancelled, offer, bid, allocation, meterReport, meterReports, settlement, cancelTimer
    case energyCertificate
    case attestationKey, wipe, delivery
    case feeVersion, bands, indexRevision
    case dispute, correction, signingKey, signingPolicy, move
    case networkPath, blockedBuyers
}

/// A reply with what the shell needs around it.
package struct Outcome: Sendable {
    package var reply: Reply
    /// The journal's sequence number of the command.
    package var sequence: Int64
    package var time: Timestamp
    /// Whether this is the stored answer of an earlier request with the same `Idempotency-Key`.
    package var replayed: Bool

    package init(reply: Reply, sequence: Int64, time: Timestamp, replayed: Bool) {
        self.reply = reply
        self.sequence = sequence
        self.time = time
        self.replayed = replayed
    }
}
