import TestSupport

/// Random JSON texts, whole and damaged.
enum RandomJSON {
    /// A random value's text, with white space here and there.
    static func value(depth: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        let space: [UInt8] = Int.random(in: 0..<6, using: &generator) == 0 ? [0x20, 0x0A] : []
        let kinds = depth > 0 ? 7 : 5
        var text: [UInt8]
        switch Int.random(in: 0..<kinds, using: &generator) {
        case 0: text = Array("null".utf8)
        case 1: text = Array((Bool.random(using: &generator) ? "true" : "false").utf8)
        case 2: text = number(&generator)
        case 3, 4: text = string(&generator)
        case 5:
            let count = Int.random(in: 0..<4, using: &generator)
            text = [0x5B]
            for index in 0..<count { text += (index > 0 ? [0x2C] : []) + value(depth: depth - 1, &generator) }
            text.append(0x5D)
        default:
            let count = Int.random(in: 0..<4, using: &generator)
            text = [0x7B]
            for index in 0..<count {
                text += (index > 0 ? [0x2C] : []) + string(&generator) + space + [0x3A] + value(depth: depth - 1, &generator)
            }
            text.append(0x7D)
        }
        return space + text + space
    }

    static func number(_ generator: inout SeededGenerator) -> [UInt8] {
        let forms = ["0", "-0", "7", "-12", "3.25", "1e2", "-4.5E-1", "12345678", "0.000001", "9007199254740993"]
        return Array((forms.randomElement(using: &generator) ?? "0").utf8)
    }

    static func string(_ generator: inout SeededGenerator) -> [UInt8] {
        let pieces = ["a", "bc", "é", "😀", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\\"", "\\\\", " ", "0", "\u{7f}", "中"]
        let count = Int.random(in: 0..<4, using: &generator)
        let inside = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
        return [0x22] + Array(inside.utf8) + [0x22]
    }

    /// The text with up to two bytes removed, repeated or replaced; often untouched. No NUL, which makes Foundation guess
    /// another encoding, and no new exponents, which take a number beyond what Foundation holds.
    static func damaged(_ text: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var text = text
        for _ in 0..<Int.random(in: 0...2, using: &generator) where !text.isEmpty {
            let position = Int.random(in: text.indices, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: text.remove(at: position)
            case 1: text.insert(text[position], at: position)
            default: text[position] = [0x22, 0x2C, 0x3A, 0x5B, 0x7D, 0x30, 0x80, 0x0C].randomElement(using: &generator) ?? 0
            }
        }
        return text
    }

    /// Whether the last thing before `offset` but white space is a comma.
    static func isAfterComma(_ text: [UInt8], _ offset: Int) -> Bool {
        text[..<offset].last { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == 0x2C
    }
}
