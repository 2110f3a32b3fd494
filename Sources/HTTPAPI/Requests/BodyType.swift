/// What a body claims to be.
enum BodyType {
    /// Whether a `Content-Type` is JSON in UTF-8: `application/json`, with no charset or that one.
    static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        var parts = contentType.split(separator: ";", omittingEmptySubsequences: false).map { trimmed($0).lowercased() }[...]
        guard parts.popFirst() == "application/json" else { return false }
        for part in parts {
            let pieces = part.split(separator: "=", maxSplits: 1).map { trimmed($0) }
            guard pieces.count == 2, pieces[0] == "charset" else { continue }
            guard ["utf-8", "utf8", "\"utf-8\""].contains(pieces[1]) else { return false }
        }
        return true
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
