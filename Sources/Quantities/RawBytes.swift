/// Writes plain values one behind the other into memory that the caller has room for: the binary form of `BinaryEncoder`, written
/// field by field where a record is hot enough to have its own writer.
///
/// Argument of safety. Only `BinaryEncoder.append(atMost:_:)` makes one, over memory of an array that has at least the asked capacity;
/// debug builds check every store against it. The values are plain integers, stored little-endian.
@usableFromInline package struct RawWriter {
    @usableFromInline var pointer: UnsafeMutableRawPointer
    #if DEBUG
        @usableFromInline let end: UnsafeMutableRawPointer
    #endif

    @inlinable @inline(__always)
    init(_ start: UnsafeMutableRawPointer, capacity: Int) {
        pointer = unsafe start
        #if DEBUG
            end = unsafe start + capacity
        #endif
    }

    /// An integer of its own width.
    @inlinable @inline(__always)
    package mutating func put<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) {
        #if DEBUG
            precondition(unsafe pointer + MemoryLayout<I>.size <= end, "a record longer than was said")
        #endif
        unsafe pointer.storeBytes(of: value.littleEndian, as: I.self)
        unsafe pointer += MemoryLayout<I>.size
    }

    /// An identifier that may be absent: presence, then the number.
    @inlinable @inline(__always)
    package mutating func putOptional<I: FixedWidthInteger & BitwiseCopyable>(_ value: I, isPresent: Bool) {
        put(isPresent ? 1 as UInt8 : 0)
        if isPresent { put(value) }
    }

    /// Text of at most 1,020 bytes: its length, then UTF-8.
    package mutating func put(_ text: String) {
        put(UInt32(text.utf8.count))
        for byte in text.utf8 { put(byte) }
    }
}

extension BinaryEncoder {
    /// Appends what `body` writes, at most `capacity` bytes.
    @inlinable @inline(__always)
    package mutating func append(atMost capacity: Int, _ body: (inout RawWriter) -> Void) {
        bytes.append(addingCapacity: capacity) { span in
            unsafe span.withUnsafeMutableBufferPointer { buffer, count in
                guard let base = buffer.baseAddress else { return }
                let start = unsafe UnsafeMutableRawPointer(base + count)
                var writer = unsafe RawWriter(start, capacity: capacity)
                body(&writer)
                unsafe count += writer.pointer - start
            }
        }
    }
}

/// Reads plain values one behind the other out of bytes that may be damaged: `BinaryDecoder` for the few records that are hot enough
/// to have their own reader.
///
/// Argument of safety. Every read is held against the length; after the first fault `isSound` is false and every value is zero. The
/// memory must live as long as the reader, which never leaves the call that it was made in.
@usableFromInline package struct RawReader {
    @usableFromInline let base: UnsafeRawPointer?
    @usableFromInline let count: Int
    /// How many bytes were read.
    @usableFromInline package private(set) var offset: Int
    /// Whether everything that was read was there and in form.
    @usableFromInline package private(set) var isSound: Bool

    @inlinable @inline(__always)
    package init(_ bytes: UnsafeRawBufferPointer, offset: Int = 0) {
        base = unsafe bytes.baseAddress
        count = unsafe bytes.count
        self.offset = offset
        isSound = unsafe bytes.baseAddress != nil
    }

    /// An integer of its own width.
    @inlinable @inline(__always)
    package mutating func take<I: FixedWidthInteger & BitwiseCopyable>(_: I.Type) -> I {
        let width = MemoryLayout<I>.size
        guard isSound, width <= count &- offset, let base = unsafe base else {
            isSound = false
            return 0
        }
        let value = unsafe (base + offset).loadUnaligned(as: I.self)
        offset &+= width
        return I(littleEndian: value)
    }

    /// A truth value: 0 or 1.
    @inlinable @inline(__always)
    package mutating func takeBoolean() -> Bool {
        let byte = take(UInt8.self)
        if byte > 1 { isSound = false }
        return byte == 1
    }

    /// One of a closed set of names, by its ordinal.
    @inlinable @inline(__always)
    package mutating func takeChoice<Value: Choice>(_: Value.Type, of cases: UInt8) -> Value {
        let ordinal = take(UInt8.self)
        guard ordinal < cases, MemoryLayout<Value>.size == 1 else {
            isSound = false
            return Value()
        }
        // An enum without payloads is laid out as its case's number.
        return unsafe unsafeBitCast(ordinal, to: Value.self)
    }

    /// Text: its length, then UTF-8.
    package mutating func takeText() -> String {
        let length = Int(take(UInt32.self))
        guard isSound, length <= count - offset, let base = unsafe base,
            let text = String(validating: unsafe UnsafeRawBufferPointer(start: base + offset, count: length), as: UTF8.self)
        else {
            isSound = false
            return ""
        }
        offset += length
        return text
    }

    /// Marks what is read as out of form.
    @inlinable package mutating func fail() { isSound = false }
}
