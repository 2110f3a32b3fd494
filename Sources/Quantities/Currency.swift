/// The code of a currency or another asset that the ledger keeps: three to eight capital letters, `USD`, `CNY`.
@usableFromInline package struct Currency: FieldValue, Hashable, Comparable {
    @usableFromInline package var code: String

    @inlinable package init() { code = "" }
    @inlinable package init(unchecked code: String) { self.code = code }

    /// The currency of a code, or nil where it is not three to eight capital letters.
    package init?(_ code: String) {
        guard (3...8).contains(code.utf8.count), code.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
        else { return nil }
        self.code = code
    }

    @inlinable package static func < (left: Currency, right: Currency) -> Bool { left.code < right.code }
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.text(&code) }
}

extension Currency: CustomStringConvertible {
    @usableFromInline package var description: String { code }
}
