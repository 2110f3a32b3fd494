import Quantities

/// What whoever had so much delivered pays.
package struct FeeTier: Record, Equatable {
    /// Device-hours that must have been delivered, bought and sold together, in the last 30 UTC days.
    package var leastDeliveredHours: Int64 = 0
    package var makerFee: BasisPoints = 0
    package var takerFee: BasisPoints = 0

    package init() {}
    package init(leastDeliveredHours: Int64, makerFee: BasisPoints, takerFee: BasisPoints) {
        self.leastDeliveredHours = leastDeliveredHours
        self.makerFee = makerFee
        self.takerFee = takerFee
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("min_delivered_hours", &leastDeliveredHours)
        coder.field("maker_fee_bps", &makerFee)
        coder.field("taker_fee_bps", &takerFee)
    }
}

/// One version of a product's fees, from a moment on until the next one's.
package struct FeeVersion: Record, Equatable {
    package var product = ProductID.none
    /// 1 is what the product was listed with.
    package var version: UInt32 = 0
    package var effectiveFrom = Timestamp()
    /// Rising; the first begins at 0.
    package var tiers: [FeeTier] = []

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("version", &version)
        coder.field("effective_from", &effectiveFrom)
        coder.field("tiers", &tiers)
    }

    package static let tierLimit = 32
    /// More device-hours than can ever be delivered.
    package static let hoursLimit: Int64 = 1_000_000_000_000

    /// The highest tier that so many device-hours reach.
    ///
    /// - Precondition: checked tiers.
    package func tier(delivered hours: Int64) -> FeeTier {
        tiers.last { $0.leastDeliveredHours <= hours } ?? FeeTier()
    }

    /// The highest rate that anybody may pay as a taker or maker, not below 0.
    package var highestRate: BasisPoints { tiers.reduce(0) { max($0, $1.makerFee, $1.takerFee) } }

    /// That tiers rise from 0 with rates in range, and that no maker of one tier and taker of another cost the exchange money.
    package static func check(_ tiers: [FeeTier]) throws(Refusal) {
        guard (1...tierLimit).contains(tiers.count) else { throw .invalid("tiers", "tiers must have 1 to \(tierLimit) elements") }
        guard tiers[0].leastDeliveredHours == 0 else {
            throw .invalid("tiers[0].min_delivered_hours", "the first tier must begin at 0")
        }
        var (maker, taker) = (FeeSchedule.rateLimit, FeeSchedule.rateLimit)
        for (position, tier) in tiers.enumerated() {
            guard FeeSchedule.isInRange(tier.makerFee) else {
                throw .invalid("tiers[\(position)].maker_fee_bps", "maker_fee_bps must lie in -5000...5000")
            }
            guard FeeSchedule.isInRange(tier.takerFee) else {
                throw .invalid("tiers[\(position)].taker_fee_bps", "taker_fee_bps must lie in -5000...5000")
            }
            guard position == 0 || tier.leastDeliveredHours > tiers[position - 1].leastDeliveredHours,
                tier.leastDeliveredHours <= hoursLimit
            else {
                throw .invalid(
                    "tiers[\(position)].min_delivered_hours", "must rise from tier to tier, to \(hoursLimit) at most")
            }
            maker = min(maker, tier.makerFee)
            taker = min(taker, tier.takerFee)
        }
        // Of two makers or two takers no trade is made, so these are the worst two that can meet.
        guard maker + taker >= 0 else {
            throw .invalid("tiers", "the lowest maker fee and the lowest taker fee must add up to 0 or more")
        }
    }
}

/// How much was delivered to and by a participant on each of the last days.
package struct DeliveredDays: Record, Equatable {
    package struct Day: Record, Equatable {
        /// Whole days since 1970.
        package var day: Int32 = 0
        package var deviceSeconds: Int64 = 0
        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("day", &day)
            coder.field("device_seconds", &deviceSeconds)
        }
    }

    package var participant: Int64 = 0
    /// Rising.
    package var days: [Day] = []
    /// Device-hours of the 30 days before today, as of its beginning: what the tiers go by, all day.
    package var counted: Int64 = 0

    package static let window: Int32 = 30

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant", &participant)
        coder.field("days", &days)
        coder.field("counted", &counted)
    }

    /// Adds what was delivered in an hour of `day`; a correction takes off what turned out not to be.
    ///
    /// - Parameter today: days that its window has left behind stay as they are.
    package mutating func add(_ deviceSeconds: Int64, on day: Int32, today: Int32) {
        guard day >= today - Self.window else { return }
        let position = days.firstIndex { $0.day >= day } ?? days.count
        if position == days.count || days[position].day != day {
            var entry = Day()
            entry.day = day
            days.insert(entry, at: position)
        }
        days[position].deviceSeconds = max(0, Int64(clamping: Int128(days[position].deviceSeconds) + Int128(deviceSeconds)))
    }

    /// A day begins: days that no window reaches any more are forgotten, and the window before it is counted.
    package mutating func begin(day: Int32) {
        days.removeAll { $0.day < day - Self.window }
        let seconds = days.reduce(Int128(0)) { $1.day < day ? $0 + Int128($1.deviceSeconds) : $0 }
        counted = Int64(clamping: seconds / 3_600)
    }
}
