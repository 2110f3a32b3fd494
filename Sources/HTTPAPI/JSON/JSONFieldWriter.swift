import Quantities

/// Writes records as JSON straight into bytes, without a tree in between: the answers' hot path.
///
/// Absent optionals are null. What a record shows otherwise than field by field is in `JSONFieldWriter+Renderings.swift`.
///
///     var writer = JSONFieldWriter(products: index)
///     writer.append(receipt)
///     let body = writer.bytes
package struct JSONFieldWriter: FieldCoder {
    package private(set) var bytes: [UInt8] = []
    private let products: ProductIndex
    /// Whether the next name or element must be divided from the one before.
    private var needsComma = false

    /// - Parameter capacity: how many bytes the text will have, about.
    package init(products: ProductIndex, capacity: Int = 1_024) {
        self.products = products
        bytes.reserveCapacity(capacity)
    }

    /// The JSON text of one value.
    package static func text<Value: FieldValue>(_ value: Value, products: ProductIndex) -> [UInt8] {
        var writer = JSONFieldWriter(products: products)
        writer.append(value)
        return writer.bytes
    }

    // MARK: Structure

    /// Writes a value where one is due: as the text itself, after `name`, or as an element.
    package mutating func append<Value: FieldValue>(_ value: Value) {
        var copy = value
        copy.code(&self)
    }

    /// Writes an object whose members `body` writes.
    package mutating func object(_ body: (inout JSONFieldWriter) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Writes an array whose elements `body` writes, one for each value.
    package mutating func array<Element>(of elements: some Sequence<Element>, _ body: (inout JSONFieldWriter, Element) -> Void) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            body(&self, element)
        }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Writes a member's name; its value must follow.
    package mutating func name(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        appendASCII(name)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
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
    package mutating func raw(_ json: [UInt8]) { bytes.append(contentsOf: json) }

    /// Writes null.
    package mutating func null() { appendASCII("null") }

    /// Writes a string.
    package mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(text)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendASCII(_ text: StaticString) {
        // The static text is immortal.
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func appendEscaped(_ text: String) {
        var needsEscapes = false
        for byte in text.utf8 where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            needsEscapes = true
            break
        }
        if needsEscapes { JSONText.appendEscaped(text.utf8, to: &bytes) } else { bytes.append(contentsOf: text.utf8) }
    }
}

// MARK: FieldCoder

extension JSONFieldWriter {
    package mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value) {
        self.name(name)
        value.code(&self)
    }

    package mutating func record<Value: Record>(_ value: inout Value) {
        if rendered(value) { return }
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        value.fields(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func array<Value: FieldValue>(_ values: inout [Value]) {
        bytes.append(UInt8(ascii: "["))
        for index in values.indices {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            values[index].code(&self)
        }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    package mutating func optional<Value: FieldValue>(_ value: inout Value?) {
        if var wrapped = value { wrapped.code(&self) } else { null() }
    }

    package mutating func boolean(_ value: inout Bool) { appendASCII(value ? "true" : "false") }

    package mutating func integer<I: FixedWidthInteger>(_ value: inout I) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDigits(UInt64(value.magnitude))
    }

    package mutating func text(_ value: inout String) { string(value) }

    package mutating func bytes(_ value: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in value {
            bytes.append(JSONText.hexadecimalDigits[Int(byte >> 4)])
            bytes.append(JSONText.hexadecimalDigits[Int(byte & 15)])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func choice<Value: Choice>(_ value: inout Value) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: value.rawValue.utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func product(_ id: inout ProductID) {
        if let code = products.code(of: id) { string(code) } else { null() }
    }

    package mutating func contract(_ key: inout ContractKey) {
        guard let code = products.code(of: key.product) else { return null() }
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(code)
        bytes.append(UInt8(ascii: "."))
        let parts = CivilTime(key.hour.start)
        appendDigits(UInt64(parts.year), width: 4)
        appendDigits(UInt64(parts.month), width: 2)
        appendDigits(UInt64(parts.day), width: 2)
        appendDigits(UInt64(parts.hour), width: 2)
        bytes.append(UInt8(ascii: "\""))
    }
}

// MARK: Figures, without strings in between

extension JSONFieldWriter {
    package mutating func decimal(_ millionths: inout Int64, style: DecimalStyle) {
        let whole = millionths.magnitude / 1_000_000
        var fraction = millionths.magnitude % 1_000_000
        // A whole figure is a JSON number; one that is not whole, which no check lets in, would stay a string.
        let isQuoted = style != .whole || fraction != 0
        if isQuoted { bytes.append(UInt8(ascii: "\"")) }
        if millionths < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDigits(whole)
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
        if width > 0 {
            bytes.append(UInt8(ascii: "."))
            appendDigits(fraction, width: width)
        }
        if isQuoted { bytes.append(UInt8(ascii: "\"")) }
    }

    package mutating func timestamp(_ microseconds: inout Int64) {
        let parts = CivilTime(Timestamp(microseconds))
        bytes.append(UInt8(ascii: "\""))
        appendDigits(UInt64(max(parts.year, 0)), width: 4)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(UInt64(parts.month), width: 2)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(UInt64(parts.day), width: 2)
        bytes.append(UInt8(ascii: "T"))
        appendDigits(UInt64(parts.hour), width: 2)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(UInt64(parts.minute), width: 2)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(UInt64(parts.second), width: 2)
        if parts.microsecond != 0 {
            bytes.append(UInt8(ascii: "."))
            appendDigits(UInt64(parts.microsecond), width: 6)
        }
        bytes.append(UInt8(ascii: "Z"))
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func hour(_ hours: inout Int32) {
        var microseconds = Hour(hours).start.microseconds
        timestamp(&microseconds)
    }

    package mutating func identifier(_ rawValue: inout Int64, prefix: StaticString) {
        guard rawValue != 0 else { return null() }
        bytes.append(UInt8(ascii: "\""))
        appendASCII(prefix)
        bytes.append(UInt8(ascii: "_"))
        let value = UInt64(bitPattern: rawValue)
        let digits = max(6, (64 - value.leadingZeroBitCount + 4) / 5)
        for position in (0..<digits).reversed() {
            bytes.append(Self.base32[Int(value >> UInt64(5 * position) & 31)])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static let base32 = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    private mutating func appendDigits(_ value: UInt64, width: Int = 1) {
        var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
        var first = 20
        var rest = value
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for index in min(first, 20 - width)..<20 { bytes.append(digits[index]) }
    }
}
