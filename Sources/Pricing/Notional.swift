import Quantities

/// Price times quantity, checked: what cannot be held is nil, never a wrap.
package enum Notional {
    /// Price × quantity, or nil above `Micros.limit` or for a negative price.
    package static func of(_ price: Price, _ quantity: Quantity) -> Micros? {
        let product = Int128(price.rawValue) * Int128(quantity)
        guard product >= 0, product <= Int128(Micros.limit.rawValue) else { return nil }
        return Micros(Int64(product))
    }

    /// Price × quantity with the fee on it, or nil above `Micros.limit`: what a buy order must hold in cash. A rebate
    /// counts as nothing.
    package static func cost(_ price: Price, _ quantity: Quantity, rate: BasisPoints) -> Micros? {
        guard let notional = of(price, quantity) else { return nil }
        return notional.adding(max(FeeSchedule.fee(on: notional, at: rate), .zero))
    }

    /// The volume-weighted price, rounded down to the millionth; nil without volume or where it is no price.
    ///
    /// - Parameter notional: the sum of price × quantity over the trades, in micros.
    package static func average(notional: Int128, quantity: Int64) -> Price? {
        guard quantity > 0, notional >= 0 else { return nil }
        let average = notional / Int128(quantity)
        return average <= Int128(Int64.max) ? Price(Int64(average)) : nil
    }
}
