import Ledger
import Quantities
import Registry

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
        case .orderAccepted: pass(OrderAccepted())
        case .orderClosed: pass(OrderView())
        case .trade: pass(TradeView())
        case .offer: pass(OfferView())
        case .bid: pass(BidView())
        case .allocation: pass(AllocationView())
        case .delivery: pass(DeliveryView())
        case .meterReport: pass(MeterReceipt())
        case .settlement: pass(SettlementRunView())
        case .halt, .resume: pass(TradingScope())
        case .administered: pass(AdministrativeAction())
        }
    }

    private mutating func pass<Payload: FieldValue>(_ neutral: Payload) {
        var payload = neutral
        payload.code(&skipper)
    }

    /// The fields of `Transfer` by their widths; the most frequent kind.
    private mutating func skipTransfer() {
        skipper.skip(4 * 8)
        skipper.skip(skipper.length())
        skipper.skip(8)
        if skipper.byte() >= Self.transferKinds { skipper.fail("no such kind of transfer") }
        if skipper.byte() >= Self.causeKinds { skipper.fail("no such kind of cause") }
        skipper.skip(8)
    }
}
