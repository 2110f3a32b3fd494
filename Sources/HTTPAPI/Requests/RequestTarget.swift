/// A request's target, taken apart: the segments of its path and the raw query.
///
/// The library's own parser drops faults silently; here a malformed escape is one.
struct RequestTarget {
    /// The path's segments with their escapes resolved; nil where an escape is malformed or yields no UTF-8.
    var segments: [String]?
    /// What follows the first question mark, as it was sent.
    var query: Substring

    /// - Parameter target: in origin form, `/v1/orders?status=open`.
    init(_ target: String) {
        let path: Substring
        if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = target[..<mark]
            query = target[target.utf8.index(after: mark)...]
        } else {
            path = target[...]
            query = ""
        }
        segments = Self.segments(of: path)
    }

    private static func segments(of path: Substring) -> [String]? {
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        if path.utf8.count == 1 { return [] }
        var segments: [String] = []
        for segment in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let decoded = PercentEncoding.decoded(segment, plusIsSpace: false) else { return nil }
            segments.append(decoded)
        }
        return segments
    }
}

/// Percent-encoding (RFC 3986, 2.1).
enum PercentEncoding {
    /// The text with its escapes resolved, or nil where one is malformed or the result is no UTF-8.
    static func decoded(_ text: Substring, plusIsSpace: Bool) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") || $0 >= 0x80 }) else {
            return String(text)
        }
        let raw = Array(text.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        var position = 0
        while position < raw.count {
            switch raw[position] {
            case UInt8(ascii: "%"):
                guard position + 3 <= raw.count, let value = JSONText.hexadecimal(raw[position + 1..<position + 3]) else { return nil }
                bytes.append(UInt8(value))
                position += 3
            case UInt8(ascii: "+") where plusIsSpace:
                bytes.append(UInt8(ascii: " "))
                position += 1
            default:
                bytes.append(raw[position])
                position += 1
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
