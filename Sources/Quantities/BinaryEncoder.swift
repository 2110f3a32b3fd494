/// Writes records in the journal's binary form: little-endian integers of their own width, a byte for a truth value or
/// an optional's presence, a 32-bit length before text, bytes and arrays, the ordinal of a choice in one byte.
///
/// Appends to `bytes`, which keeps its capacity over `removeAll`, so a reused encoder does not allocate.
@usableFromInline package struct BinaryEncoder: FieldCoder {
    @usableFromInline package var bytes: [UInt8] = []

    @inlinable package init() {}

    /// The binary form of one value.
    @inlinable package static func encode<Value: FieldValue>(_ value: Value) -> [UInt8] {
        var encoder = BinaryEncoder()
        encoder.append(value)
        return encoder.bytes
    }

    /// Appends one value.
    @inlinable package mutating func append<Value: FieldValue>(_ value: Value) {
        var copy = value
        copy.code(&self)
    }

    /// Forgets what was written and keeps the memory.
    @inlinable package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends bytes as they are, without a length.
    @inlinable package mutating func appendRaw(_ raw: some Sequence<UInt8>) { bytes.append(contentsOf: raw) }

    /// Replaces the eight bytes at `offset`, which were written before.
    ///
    /// - Precondition: they were.
    package mutating func overwrite(_ value: Int64, at offset: Int) {
        precondition(offset >= 0 && offset + 8 <= bytes.count, "nothing was written there")
        unsafe withUnsafeBytes(of: value.littleEndian) { raw in
            for index in 0..<8 { bytes[offset + index] = unsafe raw[index] }
        }
    }

    @inlinable package mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value) { value.code(&self) }

    @inlinable package mutating func boolean(_ value: inout Bool) { bytes.append(value ? 1 : 0) }

    @inlinable package mutating func integer<I: FixedWidthInteger>(_ value: inout I) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    @inlinable package mutating func decimal(_ millionths: inout Int64, style: DecimalStyle) { integer(&millionths) }
    @inlinable package mutating func timestamp(_ microseconds: inout Int64) { integer(&microseconds) }
    @inlinable package mutating func hour(_ hours: inout Int32) { integer(&hours) }

    @inlinable package mutating func text(_ value: inout String) {
        var count = UInt32(value.utf8.count)
        integer(&count)
        bytes.append(contentsOf: value.utf8)
    }

    @inlinable package mutating func bytes(_ value: inout [UInt8]) {
        var count = UInt32(value.count)
        integer(&count)
        bytes.append(contentsOf: value)
    }

    @inlinable package mutating func optional<Value: FieldValue>(_ value: inout Value?) {
        if var wrapped = value {
            bytes.append(1)
            wrapped.code(&self)
        } else {
            bytes.append(0)
        }
    }

    @inlinable package mutating func array<Value: FieldValue>(_ values: inout [Value]) {
        var count = UInt32(values.count)
        integer(&count)
        for var value in values { value.code(&self) }
    }

    @inlinable package mutating func record<Value: Record>(_ value: inout Value) { value.fields(&self) }
    @inlinable package mutating func choice<Value: Choice>(_ value: inout Value) { bytes.append(value.ordinal) }
    @inlinable package mutating func identifier(_ rawValue: inout Int64, prefix: StaticString) { integer(&rawValue) }
    @inlinable package mutating func product(_ id: inout ProductID) { integer(&id.index) }
    @inlinable package mutating func contract(_ key: inout ContractKey) {
        integer(&key.product.index)
        integer(&key.hour.hoursSince1970)
    }
}
