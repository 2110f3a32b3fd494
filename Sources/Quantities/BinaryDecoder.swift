/// Reads what `BinaryEncoder` wrote, from bytes that may be damaged.
///
/// Nothing read can trap: a length is held against the bytes that are left, a choice against its cases. After the
/// first fault every value is neutral and `failure` says what was wrong and where.
package struct BinaryDecoder: FieldCoder {
    /// Why the bytes cannot be what they claim to be.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package var offset: Int
        package var reason: String
        package var description: String { "\(reason) at byte \(offset)" }
    }

    package let bytes: [UInt8]
    package private(set) var offset: Int
    package private(set) var failure: Failure?

    package init(_ bytes: [UInt8], offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    /// Reads one value that must fill `bytes` entirely.
    package static func decode<Value: FieldValue>(_ type: Value.Type, from bytes: [UInt8]) throws(Failure) -> Value {
        var decoder = BinaryDecoder(bytes)
        let value = try decoder.read(type)
        guard decoder.isAtEnd else { throw Failure(offset: decoder.offset, reason: "bytes left over") }
        return value
    }

    /// Reads the next value.
    package mutating func read<Value: FieldValue>(_ type: Value.Type) throws(Failure) -> Value {
        var value = Value()
        value.code(&self)
        if let failure { throw failure }
        return value
    }

    /// Whether everything was read.
    package var isAtEnd: Bool { offset == bytes.count }

    /// Marks the bytes as damaged; later values are neutral.
    package mutating func fail(_ reason: String) {
        if failure == nil { failure = Failure(offset: offset, reason: reason) }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard failure == nil else { return nil }
        guard count <= bytes.count - offset else {
            fail("\(count) bytes wanted, \(bytes.count - offset) left")
            return nil
        }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    private mutating func takeByte() -> UInt8? {
        guard failure == nil, offset < bytes.count else {
            fail("a byte wanted, none left")
            return nil
        }
        defer { offset += 1 }
        return bytes[offset]
    }

    private mutating func takeCount() -> Int? {
        var count: UInt32 = 0
        integer(&count)
        guard failure == nil else { return nil }
        guard Int(count) <= bytes.count - offset else {
            fail("a length of \(count) beyond the end")
            return nil
        }
        return Int(count)
    }

    package mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value) { value.code(&self) }

    package mutating func boolean(_ value: inout Bool) {
        switch takeByte() {
        case 0: value = false
        case 1: value = true
        case nil: break
        default: fail("neither 0 nor 1 for a truth value")
        }
    }

    package mutating func integer<I: FixedWidthInteger>(_ value: inout I) {
        let width = I.bitWidth / 8
        guard failure == nil else { return }
        guard width <= bytes.count - offset else { return fail("\(width) bytes wanted, \(bytes.count - offset) left") }
        var result: I = 0
        for index in 0..<width { result |= I(truncatingIfNeeded: bytes[offset + index]) &<< I(8 * index) }
        offset += width
        value = result
    }

    package mutating func decimal(_ millionths: inout Int64, style: DecimalStyle) { integer(&millionths) }
    package mutating func timestamp(_ microseconds: inout Int64) { integer(&microseconds) }
    package mutating func hour(_ hours: inout Int32) { integer(&hours) }

    package mutating func text(_ value: inout String) {
        guard let count = takeCount(), let slice = take(count) else { return }
        guard let text = String(validating: slice, as: UTF8.self) else { return fail("text that is not UTF-8") }
        value = text
    }

    package mutating func bytes(_ value: inout [UInt8]) {
        guard let count = takeCount(), let slice = take(count) else { return }
        value = Array(slice)
    }

    package mutating func optional<Value: FieldValue>(_ value: inout Value?) {
        var present = false
        boolean(&present)
        guard present, failure == nil else { return value = nil }
        var wrapped = Value()
        wrapped.code(&self)
        value = wrapped
    }

    package mutating func array<Value: FieldValue>(_ values: inout [Value]) {
        guard let count = takeCount() else { return }
        var result: [Value] = []
        result.reserveCapacity(min(count, 4096))
        for _ in 0..<count {
            var value = Value()
            value.code(&self)
            guard failure == nil else { return }
            result.append(value)
        }
        values = result
    }

    package mutating func record<Value: Record>(_ value: inout Value) { value.fields(&self) }

    package mutating func choice<Value: Choice>(_ value: inout Value) {
        guard let ordinal = takeByte() else { return }
        guard let decoded = Value(ordinal: ordinal) else { return fail("no case \(ordinal) of a choice") }
        value = decoded
    }

    package mutating func identifier(_ rawValue: inout Int64, prefix: StaticString) { integer(&rawValue) }
    package mutating func product(_ id: inout ProductID) { integer(&id.index) }
    package mutating func contract(_ key: inout ContractKey) {
        integer(&key.product.index)
        integer(&key.hour.hoursSince1970)
    }
}
