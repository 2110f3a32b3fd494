import Exchange
import Ledger
import Matching
import Quantities

/// The rows of a frame's events, read straight from their bytes for the kinds that every trade brings. The general decoder reads the rest,
/// and says what is wrong with bytes that are no events; tests hold the two against each other.
extension ProjectedRows {
    /// Adds the rows of a frame's events.
    package mutating func add(_ events: [UInt8]) throws(BinaryDecoder.Failure) {
        var failure: BinaryDecoder.Failure?
        unsafe events.withUnsafeBytes { bytes in
            do throws(BinaryDecoder.Failure) {
                try unsafe add(bytes, of: events)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer, of events: [UInt8]) throws(BinaryDecoder.Failure) {
        var reader = unsafe RawReader(bytes)
        while reader.offset < bytes.count {
            let start = reader.offset
            let sequence = reader.take(Int64.self)
            let time = Timestamp(reader.take(Int64.self))
            let tag = reader.take(UInt8.self)
            switch tag {
            case EventTag.transfer.ordinal:
                let transfer = Transfer(&reader)
                if reader.isSound { transfers.append(TransferRow(transfer, sequence: sequence, time: time)) }
            case EventTag.trade.ordinal:
                let trade = TradeView(&reader)
                if reader.isSound { trades.append(TradeRow(trade, sequence: sequence)) }
            case EventTag.orderClosed.ordinal:
                let order = OrderView(&reader)
                if reader.isSound { orders.append(OrderRow(order, sequence: sequence)) }
            case EventTag.orderAccepted.ordinal:
                _ = (reader.take(Int64.self), reader.take(Int64.self), reader.takeChoice(OrderStatus.self, of: OrderStatus.count))
            default:
                reader = unsafe RawReader(bytes, offset: try addGenerally(events, at: start))
            }
            guard !reader.isSound else { continue }
            // The general decoder knows what is wrong with it; it agrees that something is.
            _ = try addGenerally(events, at: start)
            throw BinaryDecoder.Failure(offset: start, reason: "an event that cannot be read")
        }
    }

    /// Adds the row of the event at `offset`, if it makes one; answers where the next event begins.
    private mutating func addGenerally(_ events: [UInt8], at offset: Int) throws(BinaryDecoder.Failure) -> Int {
        var decoder = BinaryDecoder(events, offset: offset)
        add(try decoder.read(RecordedEvent.self))
        return decoder.offset
    }
}

extension Transfer {
    /// Reads the record as the general decoder does.
    fileprivate init(_ reader: inout RawReader) {
        self.init()
        id = TransferID(reader.take(Int64.self))
        entrySet = EntrySetID(reader.take(Int64.self))
        debit = AccountID(reader.take(Int64.self))
        credit = AccountID(reader.take(Int64.self))
        asset = Currency(unchecked: reader.takeText())
        amount = Micros(reader.take(Int64.self))
        kind = reader.takeChoice(TransferKind.self, of: TransferKind.count)
        cause = Cause(reader.takeChoice(CauseKind.self, of: CauseKind.count), reader.take(Int64.self))
    }
}

extension TradeView {
    /// Reads the record as the general decoder does.
    fileprivate init(_ reader: inout RawReader) {
        self.init()
        id = TradeID(reader.take(Int64.self))
        contract = reader.takeContract()
        price = Price(reader.take(Int64.self))
        quantity = reader.take(UInt32.self)
        takerSide = reader.takeRaw(Side.self, .buy)
        buyOrderID = OrderID(reader.take(Int64.self))
        sellOrderID = OrderID(reader.take(Int64.self))
        bidID = reader.takeBoolean() ? BidID(reader.take(Int64.self)) : nil
        buyerID = ParticipantID(reader.take(Int64.self))
        sellerID = ParticipantID(reader.take(Int64.self))
        buyerFee = Micros(reader.take(Int64.self))
        sellerFee = Micros(reader.take(Int64.self))
        resourceID = reader.takeBoolean() ? ResourceID(reader.take(Int64.self)) : nil
        resale = reader.takeBoolean()
        time = Timestamp(reader.take(Int64.self))
        buyerFeeVersion = reader.take(UInt32.self)
        sellerFeeVersion = reader.take(UInt32.self)
    }
}

extension OrderView {
    /// Reads the record as the general decoder does.
    fileprivate init(_ reader: inout RawReader) {
        self.init()
        id = OrderID(reader.take(Int64.self))
        clientOrderID = reader.takeBoolean() ? reader.takeText() : nil
        participantID = ParticipantID(reader.take(Int64.self))
        contract = reader.takeContract()
        side = reader.takeRaw(Side.self, .buy)
        type = reader.takeChoice(OrderType.self, of: OrderType.count)
        timeInForce = reader.takeChoice(TimeInForce.self, of: TimeInForce.count)
        price = reader.takeBoolean() ? Price(reader.take(Int64.self)) : nil
        stopPrice = reader.takeBoolean() ? Price(reader.take(Int64.self)) : nil
        quantity = reader.take(UInt32.self)
        filledQuantity = reader.take(UInt32.self)
        remainingQuantity = reader.take(UInt32.self)
        displayQuantity = reader.takeBoolean() ? reader.take(UInt32.self) : nil
        minQuantity = reader.takeBoolean() ? reader.take(UInt32.self) : nil
        postOnly = reader.takeBoolean()
        selfTradePrevention = reader.takeRaw(SelfTradePrevention.self, .cancelNewest)
        status = reader.takeChoice(OrderStatus.self, of: OrderStatus.count)
        reason = reader.takeBoolean() ? reader.takeChoice(OrderEndReason.self, of: OrderEndReason.count) : nil
        averagePrice = reader.takeBoolean() ? Price(reader.take(Int64.self)) : nil
        expiresAt = reader.takeBoolean() ? Timestamp(reader.take(Int64.self)) : nil
        resourceID = reader.takeBoolean() ? ResourceID(reader.take(Int64.self)) : nil
        allocationID = reader.takeBoolean() ? AllocationID(reader.take(Int64.self)) : nil
        offerID = reader.takeBoolean() ? OfferID(reader.take(Int64.self)) : nil
        bidID = reader.takeBoolean() ? BidID(reader.take(Int64.self)) : nil
        createdAt = Timestamp(reader.take(Int64.self))
        closedAt = reader.takeBoolean() ? Timestamp(reader.take(Int64.self)) : nil
    }
}

extension Choice {
    /// How many names there are.
    fileprivate static var count: UInt8 { UInt8(allCases.count) }
}

extension RawReader {
    /// A contract: its product, its hour.
    fileprivate mutating func takeContract() -> ContractKey {
        ContractKey(product: ProductID(take(UInt32.self)), hour: Hour(take(Int32.self)))
    }

    /// One of a closed set that is a byte itself.
    fileprivate mutating func takeRaw<Value: RawRepresentable<UInt8>>(_ type: Value.Type, _ neutral: Value) -> Value {
        guard let value = Value(rawValue: take(UInt8.self)) else {
            fail()
            return neutral
        }
        return value
    }
}
