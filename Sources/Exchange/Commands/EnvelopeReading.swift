import Matching
import Quantities

/// What stands before the command in an envelope, and the command's kind.
package struct EnvelopeHead: Sendable {
    package var time: Timestamp
    package var issuer: ParticipantID
    package var key: IdempotencyKey?
    /// Nil where the bytes end before it or name no command.
    package var tag: CommandTag?

    /// Reads the head; what is left to read is the command's record.
    @inline(__always)
    package init(_ reader: inout RawReader) {
        time = Timestamp(reader.take(Int64.self))
        issuer = ParticipantID(reader.take(Int64.self))
        if reader.takeBoolean() {
            let (high, low, fingerprint) = (reader.take(UInt64.self), reader.take(UInt64.self), reader.take(UInt64.self))
            key = IdempotencyKey(high: high, low: low, fingerprint: fingerprint)
        }
        let ordinal = reader.take(UInt8.self)
        tag = reader.isSound && ordinal <= CommandTag.recordWipe.ordinal ? unsafe unsafeBitCast(ordinal, to: CommandTag.self) : nil
    }
}

/// A limit order without options, the order that comes most often: what it says, read straight from the bytes of its `OrderSpec`.
struct PlainOrder: BitwiseCopyable {
    var contract = ContractKey()
    var side = Side.buy
    var timeInForce = TimeInForce.gtc
    var price = Price()
    var quantity: Quantity = 0
    /// Of a sale of capacity.
    var resource = ResourceID.none

    /// Reads the record of an order; one that is not plain leaves the reader unsound.
    ///
    /// The bytes after the quantity are compared as whole words: what a plain order lacks is a zero each.
    @inline(__always)
    init(_ reader: inout RawReader) {
        contract = ContractKey(product: ProductID(reader.take(UInt32.self)), hour: Hour(reader.take(Int32.self)))
        // side, type (limit is 0), price present
        let start = reader.take(UInt16.self)
        let priced = reader.take(UInt8.self)
        price = Price(reader.take(Int64.self))
        let stop = reader.take(UInt8.self)
        quantity = reader.take(UInt32.self)
        // time in force present, its ordinal (gtd is 1 and has more to say)
        let force = reader.take(UInt16.self)
        let options = reader.take(UInt32.self)
        // self-trade prevention, resource present
        let last = reader.take(UInt16.self)
        if last == 0x0100 { resource = ResourceID(reader.take(Int64.self)) }
        let end = reader.take(UInt16.self)
        side = start & 1 == 0 ? .buy : .sell
        let isPlain =
            start <= 1 && priced == 1 && stop == 0 && options == 0 && (last == 0 || last == 0x0100 && start == 1) && end == 0
        switch force {
        case 0x0001: timeInForce = .gtc
        case 0x0201: timeInForce = .ioc
        case 0x0301: timeInForce = .fok
        default: reader.fail()
        }
        if !isPlain { reader.fail() }
    }
}

extension OrderSpec {
    /// Reads the record as the general decoder does, field by field, for the command that comes most often.
    @inline(__always)
    init(_ reader: inout RawReader) {
        contract = ContractKey(product: ProductID(reader.take(UInt32.self)), hour: Hour(reader.take(Int32.self)))
        side = reader.takeSide()
        type = reader.takeChoice(OrderType.self, of: OrderType.stopLimit.ordinal + 1)
        price = reader.takeBoolean() ? Price(reader.take(Int64.self)) : nil
        stopPrice = reader.takeBoolean() ? Price(reader.take(Int64.self)) : nil
        quantity = reader.take(UInt32.self)
        timeInForce = reader.takeBoolean() ? reader.takeChoice(TimeInForce.self, of: TimeInForce.fok.ordinal + 1) : nil
        expiresAt = reader.takeBoolean() ? Timestamp(reader.take(Int64.self)) : nil
        postOnly = reader.takeBoolean() ? reader.takeBoolean() : nil
        displayQuantity = reader.takeBoolean() ? reader.take(UInt32.self) : nil
        minQuantity = reader.takeBoolean() ? reader.take(UInt32.self) : nil
        selfTradePrevention = reader.takeBoolean() ? reader.takePrevention() : nil
        resourceID = reader.takeBoolean() ? ResourceID(reader.take(Int64.self)) : nil
        allocationID = reader.takeBoolean() ? AllocationID(reader.take(Int64.self)) : nil
        clientOrderID = reader.takeBoolean() ? reader.takeText() : nil
    }
}

extension OrderReference {
    /// Reads the record as the general decoder does.
    @inline(__always)
    init(_ reader: inout RawReader) {
        id = OrderID(reader.take(Int64.self))
        clientOrderID = reader.takeBoolean() ? reader.takeText() : nil
    }
}

extension RawReader {
    /// A side, by its ordinal.
    @inline(__always)
    mutating func takeSide() -> Side {
        guard let side = Side(rawValue: take(UInt8.self)) else {
            fail()
            return .buy
        }
        return side
    }

    /// A rule of self-trade prevention, by its ordinal.
    @inline(__always)
    mutating func takePrevention() -> SelfTradePrevention {
        guard let prevention = SelfTradePrevention(rawValue: take(UInt8.self)) else {
            fail()
            return .cancelNewest
        }
        return prevention
    }
}
