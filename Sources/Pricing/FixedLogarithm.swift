import Quantities

/// Logarithms in integers, so that every machine and every recomputation gives the same digits.
package enum FixedLogarithm {
    /// The binary logarithm of `value` in units of 2⁻³², truncated bit by bit.
    ///
    /// The whole part is the place of the highest bit. The mantissa is then squared 32 times in 62 fraction bits, the surplus
    /// cut off; whenever it reaches 2 that bit is 1 and the mantissa is halved, its last bit cut off.
    ///
    ///     log2(1) = 0, log2(2) = 2³², log2(3) = 6,807,362,095
    ///
    /// - Precondition: 1 ≤ `value` < 2⁶².
    package static func log2(_ value: Int64) -> Int64 {
        precondition(value >= 1 && value < 1 << 62, "a logarithm of what has none")
        let whole = 63 - value.leadingZeroBitCount
        var mantissa = UInt64(value) << UInt64(62 - whole)
        var fraction: Int64 = 0
        for _ in 0..<32 {
            let square = (UInt128(mantissa) * UInt128(mantissa)) >> 62
            fraction <<= 1
            if square >= 1 << 63 {
                fraction |= 1
                mantissa = UInt64(square >> 1)
            } else {
                mantissa = UInt64(square)
            }
        }
        return Int64(whole) << 32 | fraction
    }
}
