import Quantities

/// What one product traded in one UTC hour of one day.
package struct DayVolume: Record, Equatable {
    /// Whole days since 1970.
    package var day: Int32 = 0
    /// The sum of price × quantity, in micros.
    package var notional = Micros.zero
    /// Device-hours.
    package var quantity: Int64 = 0

    package init() {}
    package init(day: Int32, notional: Micros, quantity: Int64) {
        self.day = day
        self.notional = notional
        self.quantity = quantity
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("day", &day)
        coder.field("notional", &notional)
        coder.field("quantity", &quantity)
    }
}

/// The price that a contract's band lies around.
package enum BandReference {
    /// How far a reference moves in a day at most, in basis points.
    package static let dailyMove: BasisPoints = 2_000

    /// Where the reference for `day` wants to be: the volume-weighted price of the latest earlier day that traded in the same
    /// UTC hour, else the product's listed reference.
    ///
    /// - Parameter volumes: the product's volumes in that UTC hour, in any order; days without trades may be absent or empty.
    package static func target(day: Int32, volumes: some Sequence<DayVolume>, listed: Price) -> Price {
        var latest: DayVolume?
        for volume in volumes where volume.day < day && volume.quantity > 0 {
            if let known = latest, known.day >= volume.day { continue }
            latest = volume
        }
        guard let latest,
            let average = Notional.average(notional: Int128(latest.notional.rawValue), quantity: latest.quantity),
            average > Price(0), average <= .limit
        else { return listed }
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
