/// Passes over what `BinaryEncoder` wrote without making values of it: as `BinaryDecoder`, but text and bytes are not copied
/// and numbers are not read. What decides the form of what follows (choices, lengths, presence) is read.
///
/// Nothing in the bytes can trap; after the first fault nothing moves any more and `failure` says what was wrong.
package struct BinarySkipper: FieldCoder {
    package let bytes: [UInt8]
    package private(set) var offset: Int
    package private(set) var failure: BinaryDecoder.Failure?

    package init(_ bytes: [UInt8], offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    /// Whether everything was passed.
    package var isAtEnd: Bool { offset == bytes.count }

    /// Marks the bytes as damaged.
    package mutating func fail(_ reason: String) {
        if failure == nil { failure = BinaryDecoder.Failure(offset: offset, reason: reason) }
    }

    /// Passes over `count` bytes.
    package mutating func skip(_ count: Int) {
        guard failure == nil else { return }
        guard count <= bytes.count - offset else { return fail("\(count) bytes wanted, \(bytes.count - offset) left") }
        offset += count
    }

    /// The next byte, 0 where there is none.
    package mutating func byte() -> UInt8 {
        let start = offset
        skip(1)
        return failure == nil ? bytes[start] : 0
    }

    /// The next 64 bits, 0 where there are not so many.
    package mutating func word() -> Int64 {
        let start = offset
        skip(8)
        guard failure == nil else { return 0 }
        var value: Int64 = 0
        for index in 0..<8 { value |= Int64(bytes[start + index]) &<< Int64(8 * index) }
        return value
    }

    /// The next length, held against the bytes that are left.
    package mutating func length() -> Int {
        let start = offset
        skip(4)
        guard failure == nil else { return 0 }
        var value = 0
        for index in 0..<4 { value |= Int(bytes[start + index]) &<< (8 * index) }
        guard value <= bytes.count - offset else {
            fail("a length of \(value) beyond the end")
            return 0
        }
        return value
    }

    package mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value) { value.code(&self) }
    package mutating func boolean(_ value: inout Bool) {
        let found = byte()
        if found > 1 { fail("neither 0 nor 1 for a truth value") }
        value = found == 1
    }
    package mutating func integer<I: FixedWidthInteger>(_ value: inout I) { skip(I.bitWidth / 8) }
    package mutating func decimal(_ millionths: inout Int64, style: DecimalStyle) { skip(8) }
    package mutating func timestamp(_ microseconds: inout Int64) { skip(8) }
    package mutating func hour(_ hours: inout Int32) { skip(4) }
    package mutating func text(_ value: inout String) { skip(length()) }
    package mutating func bytes(_ value: inout [UInt8]) { skip(length()) }
    package mutating func optional<Value: FieldValue>(_ value: inout Value?) {
        var present = false
        boolean(&present)
        guard present, failure == nil else { return value = nil }
        var wrapped = Value()
        wrapped.code(&self)
        value = wrapped
    }
    package mutating func array<Value: FieldValue>(_ values: inout [Value]) {
        let count = length()
        for _ in 0..<count {
            var value = Value()
            value.code(&self)
            guard failure == nil else { return }
        }
    }
    package mutating func record<Value: Record>(_ value: inout Value) { value.fields(&self) }
    package mutating func choice<Value: Choice>(_ value: inout Value) {
        let ordinal = byte()
        guard failure == nil, ordinal != 0 else {
            value = Value()
            return
        }
        guard let decoded = Value(ordinal: ordinal) else { return fail("no case \(ordinal) of a choice") }
        value = decoded
    }
    package mutating func identifier(_ rawValue: inout Int64, prefix: StaticString) { skip(8) }
    package mutating func product(_ id: inout ProductID) { integer(&id.index) }
    package mutating func contract(_ key: inout ContractKey) {
        integer(&key.product.index)
        integer(&key.hour.hoursSince1970)
    }
}
