import Quantities

/// Writes records as JSON straight into bytes, without a tree in between: the answers' hot path.
///
/// Absent optionals are null. What a record shows otherwise than field by field is in `JSONFieldWriter+Renderings.swift`. A copy of a writer
/// shares its memory: one is handed on as `inout`.
///
///     var writer = JSONFieldWriter(products: index)
///     writer.append(receipt)
///     let body = writer.bytes
package struct JSONFieldWriter: FieldCoder {
    /// The text so far is the first `count` bytes; what follows is room. So a value of many parts is written with one look at the room that is
    /// left and not one for each byte.
    private var memory: TextMemory
    private var count = 0
    private let products: ProductIndex
    /// Whether the next name or element must be divided from the one before.
    private var needsComma = false

    /// - Parameter capacity: how many bytes the text will have, about.
    package init(products: ProductIndex, capacity: Int = 1_024) {
        self.products = products
        memory = TextMemory(capacity: max(capacity, 64))
    }

    /// The text so far.
    package var bytes: [UInt8] {
        withExtendedLifetime(memory) { Array(UnsafeBufferPointer(start: memory.start, count: count)) }
    }

    /// The JSON text of one value.
    package static func text<Value: FieldValue>(_ value: Value, products: ProductIndex) -> [UInt8] {
        var writer = JSONFieldWriter(products: products)
        writer.append(value)
        return writer.bytes
    }

    // MARK: Bytes

    /// Lets `body` write at most `limit` bytes behind the text; it answers how many those were.
    @inline(__always)
    private mutating func write(upTo limit: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Int) {
        if memory.capacity - count < limit { grow(for: limit) }
        let written = body(UnsafeMutableBufferPointer(start: memory.start + count, count: limit))
        precondition(written <= limit, "more was written than announced")
        count += written
    }

    @inline(never)
    private mutating func grow(for more: Int) {
        let larger = TextMemory(capacity: max(2 * memory.capacity, count + more))
        larger.start.update(from: memory.start, count: count)
        memory = larger
    }

    @inline(__always)
    private mutating func put(_ byte: UInt8) { write(upTo: 1) { Self.put(byte, to: $0, at: 0) } }

    private mutating func put(_ text: UnsafeBufferPointer<UInt8>) {
        write(upTo: text.count) { room in
            _ = room.update(from: text)
            return text.count
        }
    }

    // MARK: Structure

    /// Writes a value where one is due: as the text itself, after `name`, or as an element.
    package mutating func append<Value: FieldValue>(_ value: Value) {
        var copy = value
        copy.code(&self)
    }

    /// Writes an object whose members `body` writes.
    package mutating func object(_ body: (inout JSONFieldWriter) -> Void) {
        put(UInt8(ascii: "{"))
        needsComma = false
        body(&self)
        put(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Writes an array whose elements `body` writes, one for each value.
    package mutating func array<Element>(of elements: some Sequence<Element>, _ body: (inout JSONFieldWriter, Element) -> Void) {
        put(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { put(UInt8(ascii: ",")) }
            isFirst = false
            body(&self, element)
        }
        put(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Writes a member's name; its value must follow. Inlined, so that the name's length is known where it is written.
    @inline(__always)
    package mutating func name(_ name: StaticString) {
        let isFirst = !needsComma
        // The static text is immortal.
        name.withUTF8Buffer { name in
            write(upTo: name.count + 4) { room in
                var end = 0
                if !isFirst {
                    room[0] = UInt8(ascii: ",")
                    end = 1
                }
                room[end] = UInt8(ascii: "\"")
                end = Self.put(name, to: room, at: end + 1)
                room[end] = UInt8(ascii: "\"")
                room[end + 1] = UInt8(ascii: ":")
                return end + 2
            }
        }
        needsComma = true
    }

    /// Writes a member of the object that is open.
    package mutating func member<Value: FieldValue>(_ name: StaticString, _ value: Value) {
        self.name(name)
        append(value)
    }

    /// Writes the members of a record into the object that is open.
    package mutating func members<Value: Record>(of value: Value) {
        var copy = value
        copy.fields(&self)
    }

    /// Writes a value that already is JSON text.
    package mutating func raw(_ json: [UInt8]) { json.withUnsafeBufferPointer { put($0) } }

    /// Writes null.
    @inline(__always)
    package mutating func null() { appendASCII("null") }

    /// Writes a string.
    package mutating func string(_ text: String) {
        put(UInt8(ascii: "\""))
        appendEscaped(text)
        put(UInt8(ascii: "\""))
    }

    @inline(__always)
    private mutating func appendASCII(_ text: StaticString) {
        // The static text is immortal.
        text.withUTF8Buffer { put($0) }
    }

    private mutating func appendEscaped(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            for byte in utf8 where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                var escaped: [UInt8] = []
                JSONText.appendEscaped(utf8, to: &escaped)
                return raw(escaped)
            }
            put(utf8)
        }
    }
}

// MARK: FieldCoder

extension JSONFieldWriter {
    @inline(__always)
    package mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value) {
        self.name(name)
        value.code(&self)
    }

    package mutating func record<Value: Record>(_ value: inout Value) {
        if rendered(&value) { return }
        put(UInt8(ascii: "{"))
        needsComma = false
        value.fields(&self)
        put(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func array<Value: FieldValue>(_ values: inout [Value]) {
        put(UInt8(ascii: "["))
        // One copy of each: in place, the elements of an array that somebody else has too would all be copied first.
        for index in values.indices {
            if index > 0 { put(UInt8(ascii: ",")) }
            var element = values[index]
            element.code(&self)
        }
        put(UInt8(ascii: "]"))
        needsComma = true
    }

    @inline(__always)
    package mutating func optional<Value: FieldValue>(_ value: inout Value?) {
        // In place: an order in an optional is not copied.
        if value?.code(&self) == nil { null() }
    }

    package mutating func boolean(_ value: inout Bool) { appendASCII(value ? "true" : "false") }

    package mutating func integer<I: FixedWidthInteger>(_ value: inout I) {
        if value < 0 { put(UInt8(ascii: "-")) }
        appendDigits(UInt64(value.magnitude))
    }

    package mutating func text(_ value: inout String) { string(value) }

    package mutating func bytes(_ value: inout [UInt8]) {
        put(UInt8(ascii: "\""))
        for byte in value {
            put(JSONText.hexadecimalDigits[Int(byte >> 4)])
            put(JSONText.hexadecimalDigits[Int(byte & 15)])
        }
        put(UInt8(ascii: "\""))
    }

    package mutating func choice<Value: Choice>(_ value: inout Value) {
        var name = value.rawValue
        name.withUTF8 { name in
            write(upTo: name.count + 2) { room in
                var end = Self.put(UInt8(ascii: "\""), to: room, at: 0)
                end = Self.put(name, to: room, at: end)
                return Self.put(UInt8(ascii: "\""), to: room, at: end)
            }
        }
    }

    package mutating func product(_ id: inout ProductID) {
        if let code = products.code(of: id) { string(code) } else { null() }
    }

    package mutating func contract(_ key: inout ContractKey) {
        guard let code = products.code(of: key.product) else { return null() }
        put(UInt8(ascii: "\""))
        appendEscaped(code)
        let parts = CivilTime(key.hour.start)
        write(upTo: 32) { room in
            var end = Self.put(UInt8(ascii: "."), to: room, at: 0)
            end = Self.put(UInt64(parts.year), to: room, at: end, atLeast: 4)
            end = Self.put(UInt64(parts.month), to: room, at: end, width: 2)
            end = Self.put(UInt64(parts.day), to: room, at: end, width: 2)
            end = Self.put(UInt64(parts.hour), to: room, at: end, width: 2)
            return Self.put(UInt8(ascii: "\""), to: room, at: end)
        }
    }
}

// MARK: Figures, without strings in between

extension JSONFieldWriter {
    package mutating func decimal(_ millionths: inout Int64, style: DecimalStyle) {
        let whole = millionths.magnitude / 1_000_000
        var fraction = millionths.magnitude % 1_000_000
        // A whole figure is a JSON number; one that is not whole, which no check lets in, would stay a string.
        let isQuoted = style != .whole || fraction != 0
        let minimum =
            switch style {
            case .money: 6
            case .price: 4
            case .measure, .whole: 0
            }
        var width = 6
        while width > minimum, fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        let isNegative = millionths < 0
        write(upTo: 32) { room in
            var end = 0
            if isQuoted { end = Self.put(UInt8(ascii: "\""), to: room, at: end) }
            if isNegative { end = Self.put(UInt8(ascii: "-"), to: room, at: end) }
            end = Self.put(whole, to: room, at: end)
            if width > 0 {
                end = Self.put(UInt8(ascii: "."), to: room, at: end)
                end = Self.put(fraction, to: room, at: end, width: width)
            }
            return isQuoted ? Self.put(UInt8(ascii: "\""), to: room, at: end) : end
        }
    }

    package mutating func timestamp(_ microseconds: inout Int64) {
        let parts = CivilTime(Timestamp(microseconds))
        write(upTo: 32) { room in
            var end = Self.put(UInt8(ascii: "\""), to: room, at: 0)
            end = Self.put(UInt64(max(parts.year, 0)), to: room, at: end, atLeast: 4)
            end = Self.put(UInt8(ascii: "-"), to: room, at: end)
            end = Self.put(UInt64(parts.month), to: room, at: end, width: 2)
            end = Self.put(UInt8(ascii: "-"), to: room, at: end)
            end = Self.put(UInt64(parts.day), to: room, at: end, width: 2)
            end = Self.put(UInt8(ascii: "T"), to: room, at: end)
            end = Self.put(UInt64(parts.hour), to: room, at: end, width: 2)
            end = Self.put(UInt8(ascii: ":"), to: room, at: end)
            end = Self.put(UInt64(parts.minute), to: room, at: end, width: 2)
            end = Self.put(UInt8(ascii: ":"), to: room, at: end)
            end = Self.put(UInt64(parts.second), to: room, at: end, width: 2)
            if parts.microsecond != 0 {
                end = Self.put(UInt8(ascii: "."), to: room, at: end)
                end = Self.put(UInt64(parts.microsecond), to: room, at: end, width: 6)
            }
            end = Self.put(UInt8(ascii: "Z"), to: room, at: end)
            return Self.put(UInt8(ascii: "\""), to: room, at: end)
        }
    }

    package mutating func hour(_ hours: inout Int32) {
        var microseconds = Hour(hours).start.microseconds
        timestamp(&microseconds)
    }

    package mutating func identifier(_ rawValue: inout Int64, prefix: StaticString) {
        guard rawValue != 0 else { return null() }
        let value = UInt64(bitPattern: rawValue)
        let digits = max(6, (64 - value.leadingZeroBitCount + 4) / 5)
        // The static text is immortal.
        prefix.withUTF8Buffer { prefix in
            write(upTo: prefix.count + digits + 3) { room in
                var end = Self.put(UInt8(ascii: "\""), to: room, at: 0)
                end = Self.put(prefix, to: room, at: end)
                end = Self.put(UInt8(ascii: "_"), to: room, at: end)
                for position in (0..<digits).reversed() {
                    end = Self.put(Self.base32(Int(value >> UInt64(5 * position) & 31)), to: room, at: end)
                }
                return Self.put(UInt8(ascii: "\""), to: room, at: end)
            }
        }
    }

    /// A digit of Crockford's base 32.
    @inline(__always)
    private static func base32(_ digit: Int) -> UInt8 {
        let digits: StaticString = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        return digits.utf8Start[digit]
    }

    private mutating func appendDigits(_ value: UInt64) {
        write(upTo: 20) { Self.put(value, to: $0, at: 0) }
    }

    /// Writes a number's digits, at least so many; answers where they end.
    @inline(__always)
    private static func put(_ value: UInt64, to room: UnsafeMutableBufferPointer<UInt8>, at start: Int, atLeast least: Int = 1) -> Int {
        var width = 1
        var bound: UInt64 = 10
        while width < 20, value >= bound {
            width += 1
            // The largest of 64 bits has twenty digits: there the bound ends before it overflows.
            bound = width < 20 ? bound &* 10 : bound
        }
        return put(value, to: room, at: start, width: max(width, least))
    }

    /// Writes the last `width` digits of a number; answers where they end.
    @inline(__always)
    private static func put(_ value: UInt64, to room: UnsafeMutableBufferPointer<UInt8>, at start: Int, width: Int) -> Int {
        var rest = value
        var place = start + width
        while place > start {
            place -= 1
            room[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return start + width
    }

    /// Writes bytes; answers where they end.
    @inline(__always)
    private static func put(_ bytes: UnsafeBufferPointer<UInt8>, to room: UnsafeMutableBufferPointer<UInt8>, at start: Int) -> Int {
        if let source = bytes.baseAddress, let target = room.baseAddress { (target + start).update(from: source, count: bytes.count) }
        return start + bytes.count
    }

    /// Writes one character; answers where it ends.
    @inline(__always)
    private static func put(_ character: UInt8, to room: UnsafeMutableBufferPointer<UInt8>, at start: Int) -> Int {
        room[start] = character
        return start + 1
    }
}

/// Memory that a text is written into, as it came from the system.
///
/// Argument of safety. Only `JSONFieldWriter` reaches it, which holds it for as long as it writes or reads, looks at the room before it writes, and
/// reads what it wrote.
private final class TextMemory {
    let start: UnsafeMutablePointer<UInt8>
    let capacity: Int

    init(capacity: Int) {
        start = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { start.deallocate() }
}
