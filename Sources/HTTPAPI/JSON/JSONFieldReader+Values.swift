import Quantities

extension JSONFieldReader {
    package mutating func boolean(_ value: inout Bool) {
        guard let (node, kind) = present() else { return }
        guard kind == .boolean else { return fail("must be true or false, not \(Self.name(of: kind))") }
        value = document.raw(node).first == UInt8(ascii: "t")
    }

    /// A whole number without point and exponent, in the range of `I`: `1.0` and `1e3` are refused.
    package mutating func integer<I: FixedWidthInteger>(_ value: inout I) {
        guard let (node, kind) = present() else { return }
        guard kind == .number else { return fail("must be a whole number, not \(Self.name(of: kind))") }
        switch document.withBytes(of: node, Self.wholeNumber) {
        case .value(let number):
            guard let fitting = I(exactly: number) else { return fail("must lie in \(I.min)...\(I.max)") }
            value = fitting
        case .tooLarge: fail("must lie in \(I.min)...\(I.max)")
        case .notWhole: fail("must be a whole number without point and exponent")
        }
    }

    private enum WholeNumber {
        case value(Int64)
        case tooLarge
        case notWhole
    }

    private static func wholeNumber(_ raw: UnsafeBufferPointer<UInt8>) -> WholeNumber {
        var magnitude: Int64 = 0
        var isTooLarge = false
        let isNegative = raw.first == UInt8(ascii: "-")
        for byte in raw[(isNegative ? 1 : 0)...] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return .notWhole }
            guard !isTooLarge else { continue }
            let (shifted, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            if overflow || carry { isTooLarge = true } else { magnitude = sum }
        }
        return isTooLarge ? .tooLarge : .value(isNegative ? -magnitude : magnitude)
    }

    /// A decimal string; figures that are measured may also be whole JSON numbers.
    package mutating func decimal(_ millionths: inout Int64, style: DecimalStyle) {
        guard let (node, kind) = present() else { return }
        switch (kind, style) {
        case (.number, .measure), (.number, .whole): wholeMeasure(node, &millionths)
        case (.string, _):
            if let plain = document.withBytes(of: node, Self.plainDecimal), style != .whole {
                millionths = plain
            } else {
                decimalText(document.text(node), &millionths, style: style)
            }
        default: fail("must be a decimal string such as \"2.35\", not \(Self.name(of: kind))")
        }
    }

    /// The millionths of at most twelve digits, a point and at most six more: nearly every figure that is sent, read where it
    /// stands. Nil for anything else, which `DecimalText` judges.
    private static func plainDecimal(_ raw: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard raw.count <= 19, let point = raw.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let decimals = raw.count - point - 1
        guard (1...12).contains(point), (1...6).contains(decimals) else { return nil }
        var value: Int64 = 0
        for position in raw.indices where position != point {
            let digit = raw[position] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
        }
        for _ in decimals..<6 { value *= 10 }
        return value
    }

    private mutating func wholeMeasure(_ node: Int, _ millionths: inout Int64) {
        switch document.withBytes(of: node, Self.wholeNumber) {
        case .value(let number):
            let (scaled, overflow) = number.multipliedReportingOverflow(by: 1_000_000)
            if overflow { fail("is too large") } else { millionths = scaled }
        case .tooLarge: fail("is too large")
        case .notWhole: fail("must be a whole number or a decimal string")
        }
    }

    private mutating func decimalText(_ text: String, _ millionths: inout Int64, style: DecimalStyle) {
        do throws(DecimalText.Fault) {
            let parsed = try DecimalText.parse(text)
            if style == .whole, parsed % 1_000_000 != 0 { return fail("must be a whole number") }
            millionths = parsed
        } catch {
            switch error {
            case .malformed: fail("must be a decimal string such as \"2.35\"")
            case .tooManyDecimals: fail("must have at most 6 decimals")
            case .tooLarge: fail("is too large")
            }
        }
    }

    package mutating func timestamp(_ microseconds: inout Int64) {
        guard let text = string("a time") else { return }
        guard let time = Timestamp(rfc3339: text) else {
            return fail("must be a time in UTC of 1970...2199 such as \"2026-11-23T14:00:00Z\"")
        }
        microseconds = time.microseconds
    }

    package mutating func hour(_ hours: inout Int32) {
        guard let text = string("a time") else { return }
        guard let time = Timestamp(rfc3339: text), time.microseconds % Timestamp.microsecondsPerHour == 0 else {
            return fail("must be a full hour in UTC of 1970...2199 such as \"2026-11-23T14:00:00Z\"")
        }
        hours = Hour(containing: time).hoursSince1970
    }

    package mutating func bytes(_ value: inout [UInt8]) {
        guard let text = string("hexadecimal text") else { return }
        guard text.utf8.count % 2 == 0, text.utf8.count <= Self.longTextLimit else {
            return fail("must be hexadecimal text of at most \(Self.longTextLimit) digits, two a byte")
        }
        var result: [UInt8] = []
        let digits = Array(text.utf8)
        for position in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = JSONText.hexadecimal(digits[position..<position + 2]) else {
                return fail("must be hexadecimal text, two digits a byte")
            }
            result.append(UInt8(byte))
        }
        value = result
    }

    package mutating func choice<Value: Choice>(_ value: inout Value) {
        guard let name = string("a string") else { return }
        guard let chosen = Value(rawValue: name) else {
            return fail("must be one of " + Value.allCases.map(\.rawValue).joined(separator: ", "))
        }
        value = chosen
    }

    package mutating func identifier(_ rawValue: inout Int64, prefix: StaticString) {
        guard let text = string("an identifier") else { return }
        rawValue = IdentifierText.parse(text, prefix: prefix) ?? 0
    }
}
