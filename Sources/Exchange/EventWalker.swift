import Ledger
import Matching
import Pricing
import Quantities
import Registry
import Settlement

/// Walks the events of a frame without making them: for whoever wants a few kinds out of many, fast.
///
///     var walker = EventWalker(frame.events)
///     while let entry = try walker.next() {
///         if entry.tag == .transfer { … walker.bytes[entry.payload] … }
///     }
package struct EventWalker {
    /// One event: its head, and where the bytes of its payload lie.
    package struct Entry {
        package var sequence: Int64
        package var time: Timestamp
        package var tag: EventTag
        package var payload: Range<Int>
    }

    private var skipper: BinarySkipper
    private static let tags = EventTag.allCases
    private static let transferKinds = UInt8(TransferKind.allCases.count)
    private static let causeKinds = UInt8(CauseKind.allCases.count)

    package init(_ events: [UInt8]) { skipper = BinarySkipper(events) }

    package var bytes: [UInt8] { skipper.bytes }

    /// The next event; nil at the end.
    ///
    /// - Throws: where the bytes are no events.
    package mutating func next() throws(BinaryDecoder.Failure) -> Entry? {
        if skipper.isAtEnd { return nil }
        let sequence = skipper.word()
        let time = Timestamp(skipper.word())
        let number = Int(skipper.byte())
        if number >= Self.tags.count { skipper.fail("no case \(number) of a choice") }
        if let failure = skipper.failure { throw failure }
        let start = skipper.offset
        let tag = Self.tags[number]
        skip(tag)
        if let failure = skipper.failure { throw failure }
        return Entry(sequence: sequence, time: time, tag: tag, payload: start..<skipper.offset)
    }

    private mutating func skip(_ tag: EventTag) {
        switch tag {
        case .transfer: skipTransfer()
        case .participant: pass(Participant())
        case .apiKey: pass(APIKeyRecord())
        case .zone: pass(Zone())
        case .computeClass: pass(ComputeClass())
        case .grade: pass(Grade())
        case .product: pass(Product())
        case .resource: pass(Resource())
        case .account: pass(AccountOpened())
        case .orderAccepted: skipAccepted()
        case .orderClosed: skipOrder()
        case .trade: skipTrade()
        case .offer: pass(OfferView())
        case .bid: pass(BidView())
        case .allocation: pass(AllocationView())
        case .delivery: skipDelivery()
        case .meterReport: pass(MeterReceipt())
        case .settlement: pass(SettlementRunView())
        case .halt, .resume: pass(TradingScope())
        case .administered: pass(AdministrativeAction())
        case .energyCertificate: pass(EnergyCertificate())
        case .attestationKey: pass(AttestationKey())
        case .wipe: pass(Wipe())
        case .feeVersion: pass(FeeVersion())
        case .dispute: pass(DisputeView())
        case .correction: pass(CorrectionView())
        case .signingKey: pass(SigningKeyView())
        case .move: pass(MoveView())
        case .networkPath: pass(NetworkPath())
        case .deliveryArchived: pass(ArchivedDelivery())
        case .allocationArchived: pass(ArchivedAllocation())
        case .inputsArchived: pass(ArchivedInputs())
        }
    }

    private mutating func pass<Payload: FieldValue>(_ neutral: Payload) {
        var payload = neutral
        payload.code(&skipper)
    }

    // MARK: What every order brings, by the widths of its fields; a test holds each against the record's own list

    /// `Transfer`.
    private mutating func skipTransfer() {
        skipper.skip(4 * 8)
        skipper.skip(skipper.length())
        skipper.skip(8)
        skipChoice(of: Self.transferKinds)
        skipChoice(of: Self.causeKinds)
        skipper.skip(8)
    }

    /// `OrderAccepted`.
    private mutating func skipAccepted() {
        skipper.skip(2 * 8)
        skipChoice(of: Self.statuses)
    }

    /// `TradeView`.
    private mutating func skipTrade() {
        skipper.skip(3 * 8 + 4)
        skipChoice(of: 2)
        skipper.skip(2 * 8)
        skipOptional(8)
        skipper.skip(4 * 8)
        skipOptional(8)
        skipChoice(of: 2)
        skipper.skip(2 * 8)
    }

    /// `OrderView`.
    private mutating func skipOrder() {
        skipper.skip(8)
        if isPresent() { skipper.skip(skipper.length()) }
        skipper.skip(2 * 8)
        skipChoice(of: 2)
        skipChoice(of: Self.types)
        skipChoice(of: Self.timesInForce)
        skipOptional(8)
        skipOptional(8)
        skipper.skip(3 * 4)
        skipOptional(4)
        skipOptional(4)
        skipChoice(of: 2)
        skipChoice(of: Self.preventions)
        skipChoice(of: Self.statuses)
        if isPresent() { skipChoice(of: Self.reasons) }
        for _ in 0..<6 { skipOptional(8) }
        skipper.skip(8)
        skipOptional(8)
    }

    /// `DeliveryChange`.
    private mutating func skipDelivery() {
        skipper.skip(6 * 8 + 4)
        skipChoice(of: Self.deliveryStatuses)
        if isPresent() { skipChoice(of: Self.outcomes) }
        if isPresent() { skipChoice(of: Self.faults) }
        skipOptional(8)
        if isPresent() { skipChoice(of: Self.handovers) }
    }

    private static let deliveryStatuses = UInt8(DeliveryStatus.allCases.count)
    private static let outcomes = UInt8(DeliveryOutcome.allCases.count)
    private static let faults = UInt8(FaultParty.allCases.count)
    private static let handovers = UInt8(HandoverTiming.allCases.count)
    private static let statuses = UInt8(OrderStatus.allCases.count)
    private static let types = UInt8(OrderType.allCases.count)
    private static let timesInForce = UInt8(TimeInForce.allCases.count)
    private static let preventions = UInt8(SelfTradePrevention.allCases.count)
    private static let reasons = UInt8(OrderEndReason.allCases.count)

    /// One of so many; a truth value is one of two.
    private mutating func skipChoice(of count: UInt8) {
        let ordinal = skipper.byte()
        if ordinal >= count { skipper.fail("no case \(ordinal) of a choice") }
    }

    private mutating func isPresent() -> Bool {
        let mark = skipper.byte()
        if mark > 1 { skipper.fail("neither 0 nor 1 for a truth value") }
        return mark == 1
    }

    private mutating func skipOptional(_ width: Int) {
        if isPresent() { skipper.skip(width) }
    }
}
