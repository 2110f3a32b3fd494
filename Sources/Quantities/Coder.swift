/// Visits the fields of a record in their declared order.
///
/// Every record lists its fields once, in `Record.fields(_:)`. The journal's binary form, the hash of the state, the
/// JSON of the API and the strict reading of request bodies are coders that walk this one list, so they cannot drift
/// apart. A coder that writes leaves the values alone; a coder that reads replaces them.
@usableFromInline package protocol FieldCoder {
    /// A named field of the record that is being visited.
    mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value)

    /// A truth value.
    mutating func boolean(_ value: inout Bool)
    /// A whole number; a reader refuses what does not fit `I`.
    mutating func integer<I: FixedWidthInteger>(_ value: inout I)
    /// A decimal figure held in millionths.
    mutating func decimal(_ millionths: inout Int64, style: DecimalStyle)
    /// Microseconds since 1970.
    mutating func timestamp(_ microseconds: inout Int64)
    /// Hours since 1970.
    mutating func hour(_ hours: inout Int32)
    /// UTF-8 text.
    mutating func text(_ value: inout String)
    /// Raw bytes; lower-case hexadecimal where the form is text.
    mutating func bytes(_ value: inout [UInt8])
    /// A value that may be absent.
    mutating func optional<Value: FieldValue>(_ value: inout Value?)
    /// Values in order.
    mutating func array<Value: FieldValue>(_ values: inout [Value])
    /// A nested record.
    mutating func record<Value: Record>(_ value: inout Value)
    /// One of a closed set of names.
    mutating func choice<Value: Choice>(_ value: inout Value)
    /// A 64-bit counter with the prefix of its kind.
    mutating func identifier(_ rawValue: inout Int64, prefix: StaticString)
    /// A product, named by its code where the form is text.
    mutating func product(_ id: inout ProductID)
    /// A contract, named by its symbol where the form is text.
    mutating func contract(_ key: inout ContractKey)
}

/// How a decimal figure is written where the form is text.
@usableFromInline package enum DecimalStyle: Sendable {
    /// Six decimals, always: money.
    case money
    /// Four decimals, more where needed: prices.
    case price
    /// As many decimals as needed: measured figures. A reader also accepts a whole JSON number.
    case measure
    /// A whole number where the form is text; a reader also accepts a decimal string of a whole number.
    case whole
}

/// A value that a coder can visit.
@usableFromInline package protocol FieldValue: Sendable {
    /// A neutral value: where a reader starts from, with no meaning of its own.
    init()
    /// Hands the value to the coder's method of the right kind.
    mutating func code<C: FieldCoder>(_ coder: inout C)
}

/// A value made of named fields.
@usableFromInline package protocol Record: FieldValue {
    /// Visits every field once, in the order of the journal. New fields go to the end.
    mutating func fields<C: FieldCoder>(_ coder: inout C)
}

extension Record {
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.record(&self) }
}

/// One of a closed set of names; the raw value is the name on the wire, the order of the cases is the journal's.
/// New cases go to the end.
@usableFromInline package protocol Choice: FieldValue, RawRepresentable<String>, CaseIterable {}

extension Choice {
    @inlinable package init() {
        guard let first = Self.allCases.first else { preconditionFailure("a choice without cases") }
        self = first
    }
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.choice(&self) }

    /// The position among the cases, in declaration order: what the journal stores.
    ///
    /// An enum without payloads is laid out as its case's number, so this is one load and no search.
    @inlinable package var ordinal: UInt8 {
        if MemoryLayout<Self>.size == 0 { return 0 }
        precondition(MemoryLayout<Self>.size == 1, "a choice has at most 256 cases and no payloads")
        return unsafe unsafeBitCast(self, to: UInt8.self)
    }

    /// The case at `ordinal`, or nil beyond the last.
    @inlinable package init?(ordinal: UInt8) {
        let cases = Self.allCases
        guard Int(ordinal) < cases.count else { return nil }
        self = cases[cases.index(cases.startIndex, offsetBy: Int(ordinal))]
    }
}

extension Bool: FieldValue {
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.boolean(&self) }
}
extension Int64: FieldValue {
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.integer(&self) }
}
extension Int32: FieldValue {
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.integer(&self) }
}
extension UInt32: FieldValue {
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.integer(&self) }
}
extension UInt16: FieldValue {
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.integer(&self) }
}
extension UInt64: FieldValue {
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.integer(&self) }
}
extension String: FieldValue {
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.text(&self) }
}
extension Optional: FieldValue where Wrapped: FieldValue {
    @inlinable package init() { self = nil }
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.optional(&self) }
}
extension Array: FieldValue where Element: FieldValue {
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.array(&self) }
}

/// Raw bytes as a field: hashes, signatures, entropy.
@usableFromInline package struct Bytes: FieldValue, Hashable {
    @usableFromInline package var value: [UInt8]
    @inlinable package init() { value = [] }
    @inlinable package init(_ value: [UInt8]) { self.value = value }
    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.bytes(&value) }
}
