/// Decimal figures as text: digits, an optional point and at most six decimals; a sign only for negative figures.
package enum DecimalText {
    /// Why a text is no decimal figure.
    package enum Fault: Error, Equatable {
        case malformed
        case tooManyDecimals
        case tooLarge
    }

    /// The text's value in millionths. No exponent, no leading plus, no bare point: `2.35`, `-0.5`, `12`.
    package static func parse(_ text: some StringProtocol) throws(Fault) -> Int64 {
        var magnitude: Int64 = 0
        var decimals = 0
        var digits = 0
        var sawPoint = false
        var negative = false
        for (position, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "-") where position == 0:
                negative = true
            case UInt8(ascii: ".") where !sawPoint && digits > 0:
                sawPoint = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if sawPoint {
                    decimals += 1
                    guard decimals <= 6 else { throw .tooManyDecimals }
                }
                digits += 1
                guard digits <= 64 else { throw .tooLarge }
                let (shifted, overflow) = magnitude.multipliedReportingOverflow(by: 10)
                let (sum, carry) = shifted.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
                guard !overflow, !carry else { throw .tooLarge }
                magnitude = sum
            default:
                throw .malformed
            }
        }
        guard digits > 0, !sawPoint || decimals > 0 else { throw .malformed }
        for _ in decimals..<6 {
            let (shifted, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            guard !overflow else { throw .tooLarge }
            magnitude = shifted
        }
        return negative ? -magnitude : magnitude
    }

    /// Writes millionths in the given style.
    package static func format(_ millionths: Int64, style: DecimalStyle) -> String {
        let magnitude = millionths.magnitude
        let whole = magnitude / 1_000_000
        var fraction = magnitude % 1_000_000
        var text = millionths < 0 ? "-" : ""
        text += String(whole)
        var width = 6
        let minimum: Int
        switch style {
        case .money: minimum = 6
        case .price: minimum = 4
        case .measure, .whole: minimum = 0
        }
        while width > minimum, fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        guard width > 0 else { return text }
        let digits = String(fraction)
        text += "."
        text += String(repeating: "0", count: width - digits.count)
        text += digits
        return text
    }
}
