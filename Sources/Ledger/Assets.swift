import Quantities

/// An asset by its number: 0, 1, 2 … in the order of first use.
package struct AssetIndex: FieldValue, BitwiseCopyable, Hashable, Comparable {
    package var index: UInt16

    package init() { index = 0 }
    package init(_ index: UInt16) { self.index = index }
    package static func < (left: AssetIndex, right: AssetIndex) -> Bool { left.index < right.index }
    package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.integer(&index) }
}

/// The assets that the ledger has ever kept, in the order of first use.
package struct Assets: Equatable, Sendable {
    /// The codes; `AssetIndex` is the position.
    package private(set) var currencies: [Currency] = []

    package init() {}

    package var count: Int { currencies.count }

    /// The number of a currency, or nil before its first use. O(assets), of which there are a handful.
    package func index(of currency: Currency) -> AssetIndex? {
        for position in currencies.indices where currencies[position] == currency { return AssetIndex(UInt16(position)) }
        return nil
    }

    /// The code behind a number.
    package subscript(_ asset: AssetIndex) -> Currency { currencies[Int(asset.index)] }

    /// Gives a currency the next number.
    ///
    /// - Precondition: it has none yet, and there are fewer than 65,535 assets.
    mutating func append(_ currency: Currency) -> AssetIndex {
        precondition(index(of: currency) == nil, "an asset was opened twice")
        precondition(currencies.count < Int(UInt16.max), "more assets than the ledger can number")
        currencies.append(currency)
        return AssetIndex(UInt16(currencies.count - 1))
    }
}
