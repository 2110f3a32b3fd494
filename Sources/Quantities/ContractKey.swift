/// A product by its number: 0, 1, 2 … in the order of creation. `none` names nothing.
@usableFromInline package struct ProductID: FieldValue, BitwiseCopyable, Hashable, Comparable {
    @usableFromInline package var index: UInt32

    @inlinable package init() { index = .max }
    @inlinable package init(_ index: UInt32) { self.index = index }

    /// What a code that names no product becomes.
    @usableFromInline package static let none = ProductID(.max)
    @inlinable package static func < (left: ProductID, right: ProductID) -> Bool { left.index < right.index }
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.product(&self) }
}

/// A contract: one product in one UTC hour. Its symbol is the product's code, a point and the hour: `H100-SXM.CN-GAN.2026112314`.
@usableFromInline package struct ContractKey: FieldValue, BitwiseCopyable, Hashable {
    @usableFromInline package var product: ProductID
    @usableFromInline package var hour: Hour

    @inlinable package init() { self.init(product: .none, hour: Hour()) }
    @inlinable package init(product: ProductID, hour: Hour) {
        self.product = product
        self.hour = hour
    }
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.contract(&self) }
}

/// The text of a contract's symbol, taken apart.
@usableFromInline package enum ContractSymbol {
    /// The product's code and the hour, or nil where the text has not the form of a symbol.
    package static func parse(_ text: String) -> (code: String, hour: Hour)? {
        guard let point = text.lastIndex(of: "."), let hour = Hour(compact: text[text.index(after: point)...]) else { return nil }
        let code = text[..<point]
        return code.isEmpty ? nil : (String(code), hour)
    }

    /// Code, point, hour.
    package static func format(code: String, hour: Hour) -> String { code + "." + hour.compact }
}
