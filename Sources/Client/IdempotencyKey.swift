/// Keys that make a repeated request happen once.
package enum IdempotencyKey {
    /// 128 random bits in hexadecimal.
    package static func drawn() -> String {
        var generator = SystemRandomNumberGenerator()
        return hexadecimal(generator.next()) + hexadecimal(generator.next())
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
