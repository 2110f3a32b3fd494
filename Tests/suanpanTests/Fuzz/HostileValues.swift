import TestSupport

/// Values that no client should send, as JSON text.
enum HostileValues {
    /// Numbers beyond every type, numbers that are none, texts that are no text, the wrong kinds.
    static let tokens: [[UInt8]] =
        [
            "NaN", "-NaN", "Infinity", "1e400", "-1e400", "1e-400", "-0", "-0.0", "0", "-1", "1.0", "1e2", "01", "+1", ".5", "1.",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
            "18446744073709551616", "4294967295", "4294967296", "2147483648", "-2147483649", "340282366920938463463374607431768211456",
            "\"-0\"", "\"NaN\"", "\"1e400\"", "\"9223372036854.775807\"", "\"9223372036854.775808\"", "\"-9223372036854.775808\"",
            "\"0.0000001\"", "\"99999999999999999999999999\"", "\"0x10\"", "\"1_000\"", "\" 1\"", "\"\"", "\"\\u0000\"", "\"\\ud800\"",
            "\"\\udfff\"", "\"\\ud800\\ud800\"", "\"\\u12\"", "\"\\x41\"", "\"\u{202E}\u{FEFF}\"", "\"e\u{301}\"", "\"9999-12-31T23:59:59Z\"",
            "\"2026-02-30T00:00:00Z\"", "\"2026-11-23T24:00:00Z\"", "\"1969-12-31T23:59:59Z\"", "\"2026-11-23T12:00:00+01:00\"",
            "\"2199-12-31T23:00:00Z\"", "null", "true", "[]", "{}", "[[]]", "{\"a\":{}}", "[null]", "\"ord_\"", "\"ord_zzzzzzzzzzzzzz\"",
            "\"res_7ZZZZZZZZZZZZ\"", "tru", "nul", "'a'", "{", "]", "",
        ].map { Array($0.utf8) } + [
            [0x22, 0x00, 0x22], [0x22, 0xFF, 0xFE, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x0A, 0x22],
            [0x22] + [UInt8](repeating: 0x61, count: 300) + [0x22], [0x22] + [UInt8](repeating: 0x39, count: 400) + [0x22],
            [UInt8](repeating: 0x39, count: 400),
        ]

    /// One of them.
    static func draw(_ generator: inout SeededGenerator) -> [UInt8] { tokens[Int(generator.next() % UInt64(tokens.count))] }

    /// Pieces of paths and queries, percent-encoded or not.
    static let texts = [
        "", "%", "%0", "%00", "%zz", "%ff", "%C0%80", "%ED%A0%80", "%2F", "%2e%2e", "..", "0", "-0", "-1", "1e400", "NaN",
        "9223372036854775807", "9223372036854775808", "18446744073709551616", "ord_000001", "ord_", "ord_zzzzzzzzzzzzzzz", "res_000001",
        "H100-SXM.US-IOWA", "H100-SXM.US-IOWA.2026112312", "H100-SXM.US-IOWA.9999999999", "H100-SXM.US-IOWA.2026023012", "client:", "client:%00", "+", "a+b",
        "2026-11-23T12:00:00Z", "9999-12-31T23:59:59Z", "&", "&&&", "=", "a=b=c", "true", "USD", "open", "%E2%80%AE", "\u{7f}",
        String(repeating: "x", count: 300), String(repeating: "9", count: 400),
    ]

    /// One of them.
    static func drawText(_ generator: inout SeededGenerator) -> String { texts[Int(generator.next() % UInt64(texts.count))] }
}
