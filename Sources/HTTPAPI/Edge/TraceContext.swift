import Synchronization

/// The context of a distributed trace (W3C Trace Context, `traceparent`).
struct TraceContext: Sendable, Equatable {
    /// 32 hexadecimal digits.
    var traceID: String
    /// The caller's span, 16 hexadecimal digits.
    var parentID: String
    var flags: String

    /// The context of a header; nil where it is malformed, and then there is none.
    init?(_ header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHex(parts[0], 2), parts[0] != "ff", Self.isHex(parts[1], 32), Self.isHex(parts[2], 16),
            Self.isHex(parts[3], 2), parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        // Later versions may have more to say; the first has not.
        if parts[0] == "00", parts.count != 4 { return nil }
        traceID = String(parts[1])
        parentID = String(parts[2])
        flags = String(parts[3])
    }

    /// The header with a span of this server's own as the parent.
    func header(span: UInt64) -> String {
        let text = String(max(span, 1), radix: 16)
        return "00-\(traceID)-\(String(repeating: "0", count: 16 - text.count))\(text)-\(flags)"
    }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
