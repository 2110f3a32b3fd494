import Quantities

/// The price that a contract's band lies around.
package enum BandReference {
    /// How far a reference moves in a day at most, in basis points.
    package static let dailyMove: BasisPoints = 2_000

    /// A day on which less was traded moves no reference: one unit must not be able to walk it.
    package static let leastQuantity: Int64 = 8

    /// Where references want to be after a day: its volume-weighted price, or where they wanted to be before, if less than
    /// `leastQuantity` was traded.
    ///
    /// - Parameter notional: the sum of price × quantity over the day's trades in one UTC hour's contracts, in micros.
    package static func target(after previous: Price, notional: Int128, quantity: Int64) -> Price {
        guard quantity >= leastQuantity, let average = Notional.average(notional: notional, quantity: quantity), average > Price(0),
            average <= .limit
        else { return previous }
        return average
    }

    /// The reference a day later: the target, but at most 20 % away from `previous` (bounds rounded inwards to the
    /// millionth). The first reference of a contract is the target itself.
    package static func next(after previous: Price, toward target: Price) -> Price {
        let reach = PriceBand(reference: previous, width: dailyMove)
        return min(max(target, reach.floor), reach.ceiling)
    }

    /// The reference `days` days later with the same target on each: what a contract that nobody asked for meanwhile has.
    ///
    /// - Complexity: O(days until the target is reached), at most a few hundred.
    package static func next(after previous: Price, toward target: Price, days: Int32) -> Price {
        var reference = previous
        var left = days
        while left > 0, reference != target {
            let moved = next(after: reference, toward: target)
            if moved == reference { break }
            reference = moved
            left -= 1
        }
        return reference
    }
}
