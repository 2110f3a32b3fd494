/// Reads what `BinaryEncoder` wrote, from bytes that may be damaged.
///
/// Nothing read can trap: a length is held against the bytes that are left, a choice against its cases. After the
/// first fault every value is neutral and `failure` says what was wrong and where.
///
/// What is too large for one piece of memory is read as a stream: the decoder asks for the next piece when it needs it.
@usableFromInline package struct BinaryDecoder: FieldCoder {
    /// Why the bytes cannot be what they claim to be.
    @usableFromInline package struct Failure: Error, Equatable, CustomStringConvertible {
        package var offset: Int
        package var reason: String
        @usableFromInline package var description: String { "\(reason) at byte \(offset)" }
        package init(offset: Int, reason: String) {
            self.offset = offset
            self.reason = reason
        }
    }

    /// All that is read; of a stream the piece that is there now.
    @usableFromInline package internal(set) var bytes: [UInt8]
    @usableFromInline package internal(set) var failure: Failure?
    /// Where in `bytes` the next value begins.
    @usableFromInline var position: Int
    /// Bytes of a stream that were read and let go.
    private var passed = 0
    /// Bytes of a stream that have not come yet.
    private var coming = 0
    private var next: (() -> [UInt8]?)?

    package init(_ bytes: [UInt8], offset: Int = 0) {
        self.bytes = bytes
        position = offset
    }

    /// Reads a stream of `count` bytes, of which `next` gives one piece after the other, and nil where one is missing.
    package init(streaming count: Int, _ next: @escaping () -> [UInt8]?) {
        bytes = []
        position = 0
        coming = count
        self.next = next
    }

    /// Reads one value that must fill `bytes` entirely.
    package static func decode<Value: FieldValue>(_ type: Value.Type, from bytes: [UInt8]) throws(Failure) -> Value {
        var decoder = BinaryDecoder(bytes)
        let value = try decoder.read(type)
        guard decoder.isAtEnd else { throw Failure(offset: decoder.offset, reason: "bytes left over") }
        return value
    }

    /// Reads the next value.
    @inlinable package mutating func read<Value: FieldValue>(_ type: Value.Type) throws(Failure) -> Value {
        var value = Value()
        value.code(&self)
        if let failure { throw failure }
        return value
    }

    /// Where the next value begins, counted from the beginning.
    package var offset: Int { passed + position }

    /// How many bytes are still to be read.
    package var bytesLeft: Int { bytes.count - position + coming }

    /// Whether everything was read.
    package var isAtEnd: Bool { bytesLeft == 0 }

    /// Marks the bytes as damaged; later values are neutral.
    @usableFromInline package mutating func fail(_ reason: String) {
        if failure == nil { failure = Failure(offset: offset, reason: reason) }
    }

    /// Marks the bytes as damaged where they are read well but say what cannot be, and returns the failure to throw.
    package mutating func damaged(_ reason: String) -> Failure {
        fail(reason)
        return failure ?? Failure(offset: offset, reason: reason)
    }

    /// Whether `count` bytes lie at `position`, after more of a stream was asked for where they do not; else fails.
    @usableFromInline @inline(never) mutating func fetch(_ count: Int) -> Bool {
        if count <= bytes.count - position { return true }
        if count <= bytesLeft, let next {
            passed += position
            bytes.removeFirst(position)
            position = 0
            while bytes.count < count {
                guard let piece = next(), !piece.isEmpty, piece.count <= coming else {
                    fail("a piece is missing")
                    return false
                }
                coming -= piece.count
                if bytes.isEmpty { bytes = piece } else { bytes += piece }
            }
            return true
        }
        fail("\(count) bytes wanted, \(bytesLeft) left")
        return false
    }

    @inlinable mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard failure == nil else { return nil }
        guard count <= bytes.count &- position || fetch(count) else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    @inlinable mutating func takeByte() -> UInt8? {
        guard failure == nil else { return nil }
        guard position < bytes.count || fetch(1) else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    @usableFromInline mutating func takeCount() -> Int? {
        var count: UInt32 = 0
        integer(&count)
        guard failure == nil else { return nil }
        guard Int(count) <= bytesLeft else {
            fail("a length of \(count) beyond the end")
            return nil
        }
        return Int(count)
    }

    @inlinable package mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value) { value.code(&self) }

    @inlinable package mutating func boolean(_ value: inout Bool) {
        switch takeByte() {
        case 0: value = false
        case 1: value = true
        case nil: break
        default: fail("neither 0 nor 1 for a truth value")
        }
    }

    @inlinable package mutating func integer<I: FixedWidthInteger>(_ value: inout I) {
        let width = MemoryLayout<I>.size
        guard failure == nil else { return }
        guard width <= bytes.count &- position || fetch(width) else { return }
        let start = position
        var result: I = 0
        // In bounds: `width` bytes lie at `start`, as was just found.
        unsafe withUnsafeMutableBytes(of: &result) { target in
            unsafe bytes.withUnsafeBytes { source in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + width]))
            }
        }
        position = start + width
        value = I(littleEndian: result)
    }

    @inlinable package mutating func decimal(_ millionths: inout Int64, style: DecimalStyle) { integer(&millionths) }
    @inlinable package mutating func timestamp(_ microseconds: inout Int64) { integer(&microseconds) }
    @inlinable package mutating func hour(_ hours: inout Int32) { integer(&hours) }

    @usableFromInline package mutating func text(_ value: inout String) {
        guard let count = takeCount(), let slice = take(count) else { return }
        guard let text = String(validating: slice, as: UTF8.self) else { return fail("text that is not UTF-8") }
        value = text
    }

    @usableFromInline package mutating func bytes(_ value: inout [UInt8]) {
        guard let count = takeCount(), let slice = take(count) else { return }
        value = Array(slice)
    }

    @inlinable package mutating func optional<Value: FieldValue>(_ value: inout Value?) {
        var present = false
        boolean(&present)
        guard present, failure == nil else { return value = nil }
        var wrapped = Value()
        wrapped.code(&self)
        value = wrapped
    }

    @inlinable package mutating func array<Value: FieldValue>(_ values: inout [Value]) {
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

    @inlinable package mutating func record<Value: Record>(_ value: inout Value) { value.fields(&self) }

    @inlinable package mutating func choice<Value: Choice>(_ value: inout Value) {
        guard let ordinal = takeByte() else { return }
        guard let decoded = Value(ordinal: ordinal) else { return fail("no case \(ordinal) of a choice") }
        value = decoded
    }

    @inlinable package mutating func identifier(_ rawValue: inout Int64, prefix: StaticString) { integer(&rawValue) }
    @inlinable package mutating func product(_ id: inout ProductID) { integer(&id.index) }
    @inlinable package mutating func contract(_ key: inout ContractKey) {
        integer(&key.product.index)
        integer(&key.hour.hoursSince1970)
    }
}
