import Quantities

/// The prices that a contract takes on one UTC day: from floor to ceiling, both included.
package struct PriceBand: Record, BitwiseCopyable, Equatable {
    /// The lowest price inside.
    package var floor = Price()
    /// The highest price inside.
    package var ceiling = Price()

    package init() {}

    /// The band of ± `width` around `reference`: the floor rounded up and the ceiling rounded down to the millionth, so that
    /// every price inside is within the stated width. The floor is at least one millionth, the ceiling at most `Price.limit`.
    ///
    /// - Precondition: `Price(0) < reference <= Price.limit` and `0 <= width`, in basis points; from 10,000 on, the floor
    ///   is the least price.
    package init(reference: Price, width: BasisPoints) {
        precondition(reference > Price(0) && reference <= .limit && width >= 0, "a band around no price")
        let down = Int64(max(10_000 - Int64(width), 0))
        floor = max(Price(-floorShare(-reference.rawValue, down, 10_000)), Price(1))
        let top = Int128(reference.rawValue) * Int128(10_000 + Int64(width)) / 10_000
        ceiling = Price(Int64(min(top, Int128(Price.limit.rawValue))))
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("floor", &floor)
        coder.field("ceiling", &ceiling)
    }

    /// Whether a price lies inside.
    package func contains(_ price: Price) -> Bool { floor <= price && price <= ceiling }

    /// The lowest multiple of `tick` inside, or nil where there is none.
    ///
    /// - Precondition: `tick > Price(0)`.
    package func lowestPrice(tick: Price) -> Price? {
        precondition(tick > Price(0), "a tick of nothing")
        let ticks = (floor.rawValue + tick.rawValue - 1) / tick.rawValue
        let (price, overflow) = ticks.multipliedReportingOverflow(by: tick.rawValue)
        return overflow || price > ceiling.rawValue ? nil : Price(price)
    }

    /// The highest multiple of `tick` inside, or nil where there is none.
    ///
    /// - Precondition: `tick > Price(0)`.
    package func highestPrice(tick: Price) -> Price? {
        precondition(tick > Price(0), "a tick of nothing")
        let price = ceiling.rawValue / tick.rawValue * tick.rawValue
        return price < floor.rawValue ? nil : Price(price)
    }

    /// Whether a price is a multiple of the tick.
    ///
    /// - Precondition: `tick > Price(0)`.
    package static func isOnTick(_ price: Price, tick: Price) -> Bool { price.rawValue % tick.rawValue == 0 }
}
