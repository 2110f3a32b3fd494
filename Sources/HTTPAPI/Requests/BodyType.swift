/// What a body claims to be.
enum BodyType {
    /// Whether a `Content-Type` is JSON in UTF-8: `application/json`, with no charset or that one.
    static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        // What nearly every client sends; the rest may cost more.
        if contentType == "application/json" { return true }
        var parts = Array(contentType.utf8).split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)[...]
        guard let type = parts.popFirst(), word(type) == "application/json" else { return false }
        for part in parts {
            let pieces = part.split(separator: UInt8(ascii: "="), maxSplits: 1)
            guard pieces.count == 2, word(pieces[0]) == "charset" else { continue }
            guard ["utf-8", "utf8", "\"utf-8\""].contains(word(pieces[1])) else { return false }
        }
        return true
    }

    /// The text without white space around it, in small letters.
    private static func word(_ bytes: ArraySlice<UInt8>) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        var word = bytes.drop(while: isSpace)
        while let last = word.last, isSpace(last) { word.removeLast() }
        return String(decoding: word, as: UTF8.self).lowercased()
    }
}
