import Quantities

/// What kind of object made the exchange post a transfer.
package enum CauseKind: String, Choice {
    /// A deposit of an operator.
    case deposit
    /// A withdrawal of an operator.
    case withdrawal
    /// A trade, the return of a lot to its provider included.
    case trade
    /// The settlement of a delivery.
    case settlement
    /// A delivery or an allocation that its provider declined ahead of time.
    case decline
    /// The correction of a settled delivery.
    case correction

    /// The prefix of the identifier that `Cause.id` holds.
    package var prefix: StaticString {
        switch self {
        case .deposit: DepositTag.prefix
        case .withdrawal: WithdrawalTag.prefix
        case .trade: TradeTag.prefix
        case .settlement, .decline, .correction: DeliveryTag.prefix
        }
    }
}

/// The object that a transfer goes back to: its kind and its identifier's number.
package struct Cause: Record, Hashable {
    package var kind = CauseKind.deposit
    package var id: Int64 = 0

    package init() {}
    package init(_ kind: CauseKind, _ id: Int64) {
        self.kind = kind
        self.id = id
    }

    package static func deposit(_ id: DepositID) -> Cause { Cause(.deposit, id.rawValue) }
    package static func withdrawal(_ id: WithdrawalID) -> Cause { Cause(.withdrawal, id.rawValue) }
    package static func trade(_ id: TradeID) -> Cause { Cause(.trade, id.rawValue) }
    package static func settlement(_ id: DeliveryID) -> Cause { Cause(.settlement, id.rawValue) }
    package static func decline(_ id: DeliveryID) -> Cause { Cause(.decline, id.rawValue) }
    package static func correction(_ id: DeliveryID) -> Cause { Cause(.correction, id.rawValue) }

    /// The kind comes first, because it decides the prefix of the identifier's text.
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("kind", &kind)
        var reference = CauseReference(rawValue: id, prefix: kind.prefix)
        coder.field("id", &reference)
        id = reference.rawValue
    }
}

/// An identifier whose kind is known only at run time.
struct CauseReference: FieldValue {
    var rawValue: Int64
    var prefix: StaticString

    init() { self.init(rawValue: 0, prefix: DepositTag.prefix) }
    init(rawValue: Int64, prefix: StaticString) {
        self.rawValue = rawValue
        self.prefix = prefix
    }
    mutating func code<C: FieldCoder>(_ coder: inout C) { coder.identifier(&rawValue, prefix: prefix) }
}
