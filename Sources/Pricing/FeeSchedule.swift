import Quantities

/// What a product charges, in basis points of the notional: negative is a rebate.
package struct FeeSchedule: Record, Equatable {
    package var makerFee: BasisPoints = 0
    package var takerFee: BasisPoints = 0

    /// The widest rate either way, in basis points.
    package static let rateLimit: BasisPoints = 5_000

    /// Why two rates are no schedule.
    package enum Fault: Error, Equatable {
        case makerRateOutOfRange
        case takerRateOutOfRange
        /// Together they are below zero: a trade would cost the exchange money.
        case tradeEarnsBelowZero
    }

    package init() {}

    /// A schedule within the rules: both rates in −5,000…5,000 and their sum not below zero.
    package init(makerFee: BasisPoints, takerFee: BasisPoints) throws(Fault) {
        guard Self.isInRange(makerFee) else { throw .makerRateOutOfRange }
        guard Self.isInRange(takerFee) else { throw .takerRateOutOfRange }
        guard makerFee + takerFee >= 0 else { throw .tradeEarnsBelowZero }
        self.makerFee = makerFee
        self.takerFee = takerFee
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("maker_fee_bps", &makerFee)
        coder.field("taker_fee_bps", &takerFee)
    }

    package static func isInRange(_ rate: BasisPoints) -> Bool { rate >= -rateLimit && rate <= rateLimit }

    /// The rate that an order is checked at before it reaches the book: the higher of the two.
    package var acceptanceRate: BasisPoints { max(makerFee, takerFee) }

    /// The rate that a resting buy order keeps reserved: the maker rate, a rebate counting as nothing.
    package var restingRate: BasisPoints { max(makerFee, 0) }
}

extension FeeSchedule {
    /// The fee on a notional: rounded down to the micro, a rebate toward zero.
    ///
    /// - Precondition: `notional >= .zero` and the rate within ±5,000 bps, so that the fee is at most half the notional.
    package static func fee(on notional: Micros, at rate: BasisPoints) -> Micros {
        precondition(notional >= .zero && isInRange(rate), "a fee on a negative notional or at a rate out of range")
        // In parts, so that 64 bits are enough: the whole ten-thousands times the rate is exact, and the rest rounds toward zero.
        let (whole, rest) = notional.rawValue.quotientAndRemainder(dividingBy: 10_000)
        return Micros(whole &* Int64(rate) &+ rest &* Int64(rate) / 10_000)
    }

    /// Both sides' fees of one trade at their pinned rates, together never below zero.
    ///
    /// Rates pinned at different times may add up to less than zero; the rebate is then cut to what the other side pays,
    /// because a trade never costs the exchange money.
    package static func tradeFees(
        on notional: Micros, buyerRate: BasisPoints, sellerRate: BasisPoints
    ) -> (buyer: Micros, seller: Micros) {
        var buyer = fee(on: notional, at: buyerRate)
        var seller = fee(on: notional, at: sellerRate)
        if buyer < .zero { buyer = max(buyer, -max(seller, .zero)) }
        if seller < .zero { seller = max(seller, -max(buyer, .zero)) }
        return (buyer, seller)
    }

    /// The bond on a notional, rounded down to the micro.
    ///
    /// - Precondition: `notional >= .zero` and `0 <= rate <= 10_000`.
    package static func bond(on notional: Micros, at rate: BasisPoints) -> Micros {
        precondition(notional >= .zero && rate >= 0 && rate <= 10_000, "a bond beyond the notional")
        let (whole, rest) = notional.rawValue.quotientAndRemainder(dividingBy: 10_000)
        return Micros(whole &* Int64(rate) &+ rest &* Int64(rate) / 10_000)
    }
}
