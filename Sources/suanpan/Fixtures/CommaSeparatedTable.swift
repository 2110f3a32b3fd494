/// A table in comma-separated text with a header line (RFC 4180), read strictly.
///
/// Lines end with LF or CRLF; a field may be quoted, a quote inside is doubled. A row of another width than the header,
/// a quote in an unquoted field and text that is not UTF-8 are refused with the line's number.
package struct CommaSeparatedTable: Sendable, Equatable {
    /// One line below the header.
    package struct Row: Sendable, Equatable {
        /// Counted from 1, the header included.
        package var line: Int
        /// As many as the header has.
        package var fields: [String]
    }

    /// What is wrong with a table: where, and why.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package var file: String
        package var line: Int
        package var reason: String
        package var description: String { "\(file), line \(line): \(reason)" }
    }

    package let file: String
    package let header: [String]
    package let rows: [Row]

    /// Reads a whole text; blank lines are skipped.
    ///
    /// - Parameter file: names the text in faults.
    /// - Complexity: O(bytes).
    package init(parsing bytes: [UInt8], file: String) throws(Fault) {
        var reader = Reader(bytes: bytes, file: file)
        guard let first = try reader.nextRow() else { throw Fault(file: file, line: 1, reason: "no header line") }
        if let repeated = Dictionary(grouping: first.fields, by: { $0 }).values.first(where: { $0.count > 1 }) {
            throw Fault(file: file, line: first.line, reason: "column \"\(repeated[0])\" appears twice")
        }
        var rows: [Row] = []
        while let row = try reader.nextRow() {
            guard row.fields.count == first.fields.count else {
                let reason = "\(row.fields.count) fields where the header has \(first.fields.count)"
                throw Fault(file: file, line: row.line, reason: reason)
            }
            rows.append(row)
        }
        self.file = file
        header = first.fields
        self.rows = rows
    }

    /// The position of a column that must be there.
    package func position(of column: String) throws(Fault) -> Int {
        guard let position = header.firstIndex(of: column) else {
            throw Fault(file: file, line: 1, reason: "no column \"\(column)\"")
        }
        return position
    }

    /// A fault in one of the rows.
    package func fault(in row: Row, _ reason: String) -> Fault { Fault(file: file, line: row.line, reason: reason) }

    /// A whole number in `range`, written in digits only.
    package func integer(_ row: Row, _ position: Int, in range: ClosedRange<Int>) throws(Fault) -> Int {
        let text = row.fields[position]
        let isDigits = !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isDigits, let value = Int(text), range.contains(value) else {
            let wanted = "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw fault(in: row, "\(header[position]) is \"\(text)\" where \(wanted) is wanted")
        }
        return value
    }
}

/// Walks the bytes of a table, one row at a time.
private struct Reader {
    let bytes: [UInt8]
    let file: String
    var offset = 0
    var line = 1

    init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
        // A byte order mark is no part of the first column's name.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    }

    /// The next line that is not blank, or nil at the end.
    mutating func nextRow() throws(CommaSeparatedTable.Fault) -> CommaSeparatedTable.Row? {
        while offset < bytes.count {
            let row = CommaSeparatedTable.Row(line: line, fields: try fieldsOfLine())
            if row.fields != [""] { return row }
        }
        return nil
    }

    private mutating func fieldsOfLine() throws(CommaSeparatedTable.Fault) -> [String] {
        var fields: [String] = []
        while true {
            fields.append(try field())
            guard offset < bytes.count else { return fields }
            if bytes[offset] == UInt8(ascii: ",") {
                offset += 1
                continue
            }
            try endOfLine()
            return fields
        }
    }

    private mutating func endOfLine() throws(CommaSeparatedTable.Fault) {
        if bytes[offset] == UInt8(ascii: "\r") { offset += 1 }
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\n") else {
            throw fault("a carriage return without a line feed")
        }
        offset += 1
        line += 1
    }

    private mutating func field() throws(CommaSeparatedTable.Fault) -> String {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
            let start = offset
            while offset < bytes.count, !isDelimiter(bytes[offset]) {
                guard bytes[offset] != UInt8(ascii: "\"") else { throw fault("a quote inside an unquoted field") }
                offset += 1
            }
            return try text(bytes[start..<offset])
        }
        return try quotedField()
    }

    private mutating func quotedField() throws(CommaSeparatedTable.Fault) -> String {
        var content: [UInt8] = []
        offset += 1
        while true {
            guard offset < bytes.count else { throw fault("a quoted field without an end") }
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "\"") {
                guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { break }
                offset += 1
            } else if byte == UInt8(ascii: "\n") {
                line += 1
            }
            content.append(byte)
        }
        guard offset == bytes.count || isDelimiter(bytes[offset]) else { throw fault("text after a quoted field") }
        return try text(content[...])
    }

    private func isDelimiter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(CommaSeparatedTable.Fault) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw fault("text that is not UTF-8") }
        return text
    }

    private func fault(_ reason: String) -> CommaSeparatedTable.Fault {
        CommaSeparatedTable.Fault(file: file, line: line, reason: reason)
    }
}
