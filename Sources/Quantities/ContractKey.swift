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
        var text = text
        return text.withUTF8 { utf8 in parse(utf8).map { (String(decoding: $0.code, as: UTF8.self), $0.hour) } }
    }

    /// The same of bytes in UTF-8.
    package static func parse(_ utf8: UnsafeBufferPointer<UInt8>) -> (code: Slice<UnsafeBufferPointer<UInt8>>, hour: Hour)? {
        // The hour has ten digits.
        let point = utf8.count - 11
        guard point > 0, utf8[point] == UInt8(ascii: "."), let hour = Hour(compact: utf8[(point + 1)...]) else { return nil }
        return (utf8[..<point], hour)
    }

    /// Code, point, hour.
    package static func format(code: String, hour: Hour) -> String { code + "." + hour.compact }
}
