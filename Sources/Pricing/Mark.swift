import Quantities

/// What a mark is taken from, the best source first.
package enum MarkSource: String, Choice {
    /// Half way between best bid and best ask.
    case mid
    /// The contract's last trade.
    case last
    /// The volume-weighted price of what the product traded in the hours of the same UTC day.
    case curve
    /// The price that the contract's band lies around.
    case reference
}

/// A price that stands for what an hour is worth now. Nothing is paid by it.
package struct Mark: Equatable, Sendable {
    package var price: Price
    package var source: MarkSource

    package init(_ price: Price, _ source: MarkSource) {
        self.price = price
        self.source = source
    }

    /// The widest spread that a mid is taken from, in basis points of the mid.
    package static let widestSpread: Int64 = 2_000

    /// Half way between bid and ask, rounded down to the millionth; nil where one is missing, or they lie further apart than
    /// `widestSpread`.
    package static func mid(bid: Price?, ask: Price?) -> Price? {
        guard let bid, let ask, bid <= ask else { return nil }
        let middle = (bid.rawValue + ask.rawValue) / 2
        guard Int128(ask.rawValue - bid.rawValue) * 10_000 <= Int128(middle) * Int128(widestSpread) else { return nil }
        return Price(middle)
    }
}
