import Exchange
import Quantities
import Sequencer

/// One committed event, as far as streams tell of it.
struct StreamFact: Sendable {
    /// What happened.
    enum Kind: Sendable {
        case trade(TradeView)
        /// An order entered a book, or stands otherwise in it.
        case accepted(OrderID, ContractKey)
        case closed(OrderView)
        case offer(OfferView)
        /// A bid was placed, was filled or ended; whether it stands or stood, and so is part of the demand.
        case bid(BidID, ParticipantID, stands: Bool)
        /// What says which products may serve which bids changed.
        case terms
        /// Money moved; once a frame.
        case money
        /// Contracts were halted or resumed.
        case trading(TradingScope)
    }

    var sequence: Int64
    var kind: Kind

    /// The contracts whose books may have changed.
    func forEachContract(_ body: (ContractKey) -> Void) {
        switch kind {
        case .trade(let trade): body(trade.contract)
        case .accepted(_, let contract): body(contract)
        case .closed(let order): body(order.contract)
        case .offer(let offer): for hour in offer.hours { body(hour.contract) }
        case .bid, .terms, .money, .trading: break
        }
    }

    /// The orders that may stand otherwise than before, as far as the event tells whose they are only those of `participants`.
    func forEachOrder(of participants: Set<ParticipantID>, _ body: (OrderID) -> Void) {
        switch kind {
        case .trade(let trade):
            if participants.contains(trade.buyerID), !trade.buyOrderID.isNone { body(trade.buyOrderID) }
            if participants.contains(trade.sellerID), !trade.sellOrderID.isNone { body(trade.sellOrderID) }
        case .accepted(let id, _): body(id)
        case .closed(let order): if participants.contains(order.participantID) { body(order.id) }
        case .offer(let offer):
            guard participants.contains(offer.providerID) else { return }
            for hour in offer.hours where !hour.orderID.isNone { body(hour.orderID) }
        case .bid, .terms, .money, .trading: break
        }
    }

    /// The bid of one of `participants` that it names.
    func bid(of participants: Set<ParticipantID>) -> BidID? {
        if case .bid(let id, let participant, _) = kind, participants.contains(participant) { return id }
        return nil
    }

    /// Whether a contract may be halted or traded otherwise than before.
    func concernsTrading(in contract: ContractKey) -> Bool {
        guard case .trading(let scope) = kind else { return false }
        return switch scope.kind {
        case .market: true
        case .product: scope.product == contract.product
        case .contract: scope.contract == contract
        }
    }

    /// Whether the demand of some product may be another than before.
    var concernsDemand: Bool {
        switch kind {
        case .bid(_, _, let stands): stands
        case .terms: true
        case .trade, .accepted, .closed, .offer, .money, .trading: false
        }
    }

    /// The facts of a frame, in order.
    ///
    /// - Throws: where the bytes are no events.
    static func all(of frame: Frame) throws(BinaryDecoder.Failure) -> [StreamFact] {
        var facts: [StreamFact] = []
        var lastTransfer: Int64?
        var walker = EventWalker(frame.events)
        while let entry = try walker.next() {
            let kind: Kind
            switch entry.tag {
            case .trade: kind = .trade(try read(TradeView.self, entry, walker.bytes))
            case .orderAccepted:
                let accepted = try read(OrderAccepted.self, entry, walker.bytes)
                kind = .accepted(accepted.id, accepted.contract)
            case .orderClosed: kind = .closed(try read(OrderView.self, entry, walker.bytes))
            case .offer: kind = .offer(try read(OfferView.self, entry, walker.bytes))
            case .bid:
                let bid = try read(BidView.self, entry, walker.bytes)
                kind = .bid(bid.id, bid.participantID, stands: bid.standing && bid.fill == .whole)
            case .participant, .zone, .computeClass, .grade, .product, .networkPath, .administered: kind = .terms
            case .halt, .resume: kind = .trading(try read(TradingScope.self, entry, walker.bytes))
            case .transfer:
                lastTransfer = entry.sequence
                continue
            default: continue
            }
            facts.append(StreamFact(sequence: entry.sequence, kind: kind))
        }
        if let lastTransfer {
            let place = facts.firstIndex { $0.sequence > lastTransfer } ?? facts.count
            facts.insert(StreamFact(sequence: lastTransfer, kind: .money), at: place)
        }
        return facts
    }

    private static func read<Value: FieldValue>(
        _ type: Value.Type, _ entry: EventWalker.Entry, _ bytes: [UInt8]
    ) throws(BinaryDecoder.Failure) -> Value {
        var decoder = BinaryDecoder(bytes, offset: entry.payload.lowerBound)
        return try decoder.read(type)
    }
}
