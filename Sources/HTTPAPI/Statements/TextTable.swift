import Cryptography
import Quantities

/// Writes a record as a row of texts, of its own list of fields: for CSV and pages.
struct RowCoder: FieldCoder {
    private(set) var names: [String] = []
    private(set) var values: [String] = []
    private let products: ProductIndex

    private init(products: ProductIndex) { self.products = products }

    /// Names and values of a record's fields, in their order. Nested records and lists are not for tables.
    static func row<Row: Record>(_ row: Row, products: ProductIndex) -> (names: [String], values: [String]) {
        var coder = RowCoder(products: products)
        var copy = row
        copy.fields(&coder)
        return (coder.names, coder.values)
    }

    mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value) {
        names.append(name.description)
        let count = values.count
        value.code(&self)
        precondition(values.count == count + 1, "a field of a table has one value")
    }

    mutating func boolean(_ value: inout Bool) { values.append(value ? "true" : "false") }
    mutating func integer<I: FixedWidthInteger>(_ value: inout I) { values.append(String(value)) }
    mutating func decimal(_ millionths: inout Int64, style: DecimalStyle) {
        values.append(DecimalText.format(millionths, style: style))
    }
    mutating func timestamp(_ microseconds: inout Int64) { values.append(Timestamp(microseconds).description) }
    mutating func hour(_ hours: inout Int32) { values.append(Hour(hours).description) }
    mutating func text(_ value: inout String) { values.append(value) }
    mutating func bytes(_ value: inout [UInt8]) { values.append(Hexadecimal.text(value)) }
    mutating func optional<Value: FieldValue>(_ value: inout Value?) {
        if var wrapped = value { wrapped.code(&self) } else { values.append("") }
    }
    mutating func array<Value: FieldValue>(_ elements: inout [Value]) { values.append(String(elements.count)) }
    mutating func record<Value: Record>(_ value: inout Value) { values.append("") }
    mutating func choice<Value: Choice>(_ value: inout Value) { values.append(value.rawValue) }
    mutating func identifier(_ rawValue: inout Int64, prefix: StaticString) {
        values.append(rawValue == 0 ? "" : IdentifierText.format(rawValue, prefix: prefix))
    }
    mutating func product(_ id: inout ProductID) { values.append(products.code(of: id) ?? "") }
    mutating func contract(_ key: inout ContractKey) {
        values.append(products.code(of: key.product).map { $0 + "." + key.hour.compact } ?? "")
    }
}

/// Comma-separated values (RFC 4180).
enum CommaSeparated {
    static let contentType = "text/csv; charset=utf-8; header=present"

    /// The names of the fields, then one line for each row.
    static func text<Row: Record>(_ rows: [Row], products: ProductIndex) -> [UInt8] {
        var text = line(RowCoder.row(Row(), products: products).names)
        for row in rows { text += line(RowCoder.row(row, products: products).values) }
        return text
    }

    private static func line(_ values: [String]) -> [UInt8] {
        Array((values.map(quoted).joined(separator: ",") + "\r\n").utf8)
    }

    private static func quoted(_ value: String) -> String {
        guard value.utf8.contains(where: { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }) else { return value }
        var text = "\""
        for character in value.unicodeScalars {
            if character == "\"" { text += "\"" }
            text.unicodeScalars.append(character)
        }
        return text + "\""
    }
}

/// The forms of a report: `?format=`, else what `Accept` asks for, else JSON.
enum ReportForm: String, Choice {
    case json
    case csv
    case html

    static func of(_ call: Call) throws(Problem) -> ReportForm {
        if let named = try call.query.choice("format", ReportForm.self) { return named }
        for part in (call.accept ?? "").split(separator: ",") {
            switch part.split(separator: ";").first?.trimmingSpaces.lowercased() {
            case "application/json", "*/*": return .json
            case "text/csv": return .csv
            case "text/html": return .html
            default: continue
            }
        }
        return .json
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        let head = drop { $0 == " " }
        return head.prefix { $0 != " " }
    }
}
