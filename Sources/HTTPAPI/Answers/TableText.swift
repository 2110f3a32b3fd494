/// A table as comma-separated values (RFC 4180), with a heading. No value may hold a comma, a quotation mark or a line break.
struct TableText {
    private var bytes: [UInt8]

    init(_ heading: [String]) { bytes = Self.line(heading) }

    mutating func add(_ values: [String]) { bytes += Self.line(values) }

    var answer: Answer {
        var answer = Answer(body: bytes)
        answer.contentType = "text/csv; charset=utf-8; header=present"
        return answer
    }

    private static func line(_ values: [String]) -> [UInt8] { Array((values.joined(separator: ",") + "\r\n").utf8) }
}
