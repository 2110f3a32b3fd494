/// A price per accelerator-hour, in millionths of the currency's unit; 0 < price ≤ 10⁶ units.
@usableFromInline package struct Price: FieldValue, BitwiseCopyable, Hashable, Comparable {
    @usableFromInline package var rawValue: Int64

    @inlinable package init() { rawValue = 0 }
    @inlinable package init(_ rawValue: Int64) { self.rawValue = rawValue }

    /// The largest price that the API takes: 10⁶ units.
    @usableFromInline package static let limit = Price(1_000_000_000_000)

    // Comparable's defaults are called unspecialised across modules; these are not.
    @inlinable package static func < (left: Price, right: Price) -> Bool { left.rawValue < right.rawValue }
    @inlinable package static func <= (left: Price, right: Price) -> Bool { left.rawValue <= right.rawValue }
    @inlinable package static func > (left: Price, right: Price) -> Bool { left.rawValue > right.rawValue }
    @inlinable package static func >= (left: Price, right: Price) -> Bool { left.rawValue >= right.rawValue }

    /// Price × quantity. With both within their limits it is at most 10¹⁸ and cannot overflow.
    @inlinable package func notional(_ quantity: Quantity) -> Micros { Micros(rawValue * Int64(quantity)) }

    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.decimal(&rawValue, style: .price) }
}

extension Price: CustomStringConvertible {
    /// Four decimals or more: `2.3500`.
    @usableFromInline package var description: String { DecimalText.format(rawValue, style: .price) }
}

/// A number of accelerators, 1…10⁶ from outside.
@usableFromInline package typealias Quantity = UInt32

extension Quantity {
    /// The largest quantity that the API takes.
    @usableFromInline package static let limit: Quantity = 1_000_000
}

/// A rate in basis points (1/10,000), −5,000…5,000; negative is a rebate.
package typealias BasisPoints = Int32

/// A measured or rated figure (PUE, kWh, g/kWh, TFLOPS), in millionths of its unit.
@usableFromInline package struct Measure: FieldValue, BitwiseCopyable, Hashable, Comparable {
    @usableFromInline package var rawValue: Int64

    @inlinable package init() { rawValue = 0 }
    @inlinable package init(_ rawValue: Int64) { self.rawValue = rawValue }
    @inlinable package static func < (left: Measure, right: Measure) -> Bool { left.rawValue < right.rawValue }
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.decimal(&rawValue, style: .measure) }
}

extension Measure: CustomStringConvertible {
    @usableFromInline package var description: String { DecimalText.format(rawValue, style: .measure) }
}

/// A rated figure that is a whole number (GB, W, GB/s), in its unit.
@usableFromInline package struct WholeMeasure: FieldValue, BitwiseCopyable, Hashable, Comparable {
    @usableFromInline package var millionths: Int64

    @inlinable package init() { millionths = 0 }
    /// - Precondition: |value| ≤ 9 × 10¹².
    package init(_ value: Int64) { millionths = value * 1_000_000 }
    package var value: Int64 { millionths / 1_000_000 }
    @inlinable package static func < (left: WholeMeasure, right: WholeMeasure) -> Bool { left.millionths < right.millionths }
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.decimal(&millionths, style: .whole) }
}
