/// An amount of money: a whole number of millionths (10⁻⁶) of a currency's unit, signed, in 64 bits.
///
/// Sums over many amounts are taken in 128 bits. `+` and `-` trap on overflow: amounts from outside are bounded first
/// (`Micros.limit`), so an overflow inside is a defect.
@usableFromInline package struct Micros: FieldValue, BitwiseCopyable, Hashable, Comparable {
    @usableFromInline package var rawValue: Int64

    @inlinable package init() { rawValue = 0 }
    @inlinable package init(_ rawValue: Int64) { self.rawValue = rawValue }

    @usableFromInline package static let zero = Micros(0)
    /// The largest amount that an account or an order may reach: 9 × 10¹² units.
    @usableFromInline package static let limit = Micros(9_000_000_000_000_000_000)

    /// Whole units of a currency. Traps beyond 9.2 × 10¹².
    package static func units(_ units: Int64) -> Micros { Micros(units * 1_000_000) }

    // Comparable's defaults are called unspecialised across modules; these are not.
    @inlinable package static func < (left: Micros, right: Micros) -> Bool { left.rawValue < right.rawValue }
    @inlinable package static func <= (left: Micros, right: Micros) -> Bool { left.rawValue <= right.rawValue }
    @inlinable package static func > (left: Micros, right: Micros) -> Bool { left.rawValue > right.rawValue }
    @inlinable package static func >= (left: Micros, right: Micros) -> Bool { left.rawValue >= right.rawValue }
    @inlinable package static func + (left: Micros, right: Micros) -> Micros { Micros(left.rawValue + right.rawValue) }
    @inlinable package static func - (left: Micros, right: Micros) -> Micros { Micros(left.rawValue - right.rawValue) }
    @inlinable package static prefix func - (value: Micros) -> Micros { Micros(-value.rawValue) }
    @inlinable package static func += (left: inout Micros, right: Micros) { left = left + right }
    @inlinable package static func -= (left: inout Micros, right: Micros) { left = left - right }

    /// The sum, or nil where it exceeds 64 bits or `limit`.
    package func adding(_ other: Micros) -> Micros? {
        let (sum, overflow) = rawValue.addingReportingOverflow(other.rawValue)
        guard !overflow, sum <= Micros.limit.rawValue, sum >= -Micros.limit.rawValue else { return nil }
        return Micros(sum)
    }

    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.decimal(&rawValue, style: .money) }
}

extension Micros: CustomStringConvertible {
    /// Six decimals: `12.500000`.
    @usableFromInline package var description: String { DecimalText.format(rawValue, style: .money) }
}

/// ⌊value × numerator ÷ denominator⌋, exact in 128 bits; rounds toward minus infinity.
///
/// - Precondition: `denominator > 0` and the result fits 64 bits, which it does whenever 0 ≤ numerator ≤ denominator.
@inlinable
package func floorShare(_ value: Int64, _ numerator: Int64, _ denominator: Int64) -> Int64 {
    precondition(denominator > 0)
    let product = Int128(value) * Int128(numerator)
    let divisor = Int128(denominator)
    let (quotient, remainder) = product.quotientAndRemainder(dividingBy: divisor)
    return Int64(remainder < 0 ? quotient - 1 : quotient)
}

/// value × numerator ÷ denominator, exact in 128 bits; rounds toward zero.
///
/// - Precondition: as for `floorShare`.
@inlinable
package func truncatedShare(_ value: Int64, _ numerator: Int64, _ denominator: Int64) -> Int64 {
    precondition(denominator > 0)
    return Int64(Int128(value) * Int128(numerator) / Int128(denominator))
}
