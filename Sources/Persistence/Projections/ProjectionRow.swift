import Postgres
import Quantities

/// Where the columns of a row go: into a COPY stream, or into a list to compare.
protocol ColumnSink: ~Copyable {
    mutating func bigint(_ value: Int64) throws(PostgresError)
    mutating func integer(_ value: Int32) throws(PostgresError)
    mutating func text(_ value: String) throws(PostgresError)
    mutating func boolean(_ value: Bool) throws(PostgresError)
    mutating func bytes(_ value: [UInt8]) throws(PostgresError)
    mutating func null() throws(PostgresError)
}

extension ColumnSink where Self: ~Copyable {
    mutating func bigint(_ value: Int64?) throws(PostgresError) {
        if let value { try bigint(value) } else { try null() }
    }
    mutating func text(_ value: String?) throws(PostgresError) {
        if let value { try text(value) } else { try null() }
    }
}

extension BinaryCopy: ColumnSink {
    mutating func bigint(_ value: Int64) throws(PostgresError) { try append(value) }
    mutating func integer(_ value: Int32) throws(PostgresError) { try append(int32: value) }
    mutating func text(_ value: String) throws(PostgresError) { try append(text: value) }
    mutating func boolean(_ value: Bool) throws(PostgresError) { try append(value) }
    mutating func bytes(_ value: [UInt8]) throws(PostgresError) { try append(bytes: value) }
    mutating func null() throws(PostgresError) { try appendNull() }
}

/// A row's columns as values.
struct ColumnList: ColumnSink {
    private(set) var values: [SQLValue] = []

    mutating func bigint(_ value: Int64) { values.append(.int64(value)) }
    mutating func integer(_ value: Int32) { values.append(.int64(Int64(value))) }
    mutating func text(_ value: String) { values.append(.text(value)) }
    mutating func boolean(_ value: Bool) { values.append(.bool(value)) }
    mutating func bytes(_ value: [UInt8]) { values.append(.bytes(value)) }
    mutating func null() { values.append(.null) }
}

/// A row of a projection: how an event is written into its table and read back.
protocol ProjectionRow: Sendable {
    static var table: String { get }
    /// In the order in which `write` visits them and `init(_:)` reads them. The first is the key, `id`.
    static var columns: [String] { get }
    /// The key: a counter of its kind.
    var id: Int64 { get }
    /// Visits every column once, in order.
    func write<Sink: ColumnSink & ~Copyable>(to sink: inout Sink) throws(PostgresError)
    /// Reads a row of `columns`.
    init(_ row: Row) throws(PostgresError)
}

extension ProjectionRow {
    /// The columns as they stand in a SELECT; of `alias` where there is one.
    static func selection(of alias: String? = nil) -> String {
        let prefix = alias.map { "\($0)." } ?? ""
        return columns.map { prefix + $0 }.joined(separator: ", ")
    }

    /// The first column in which this row differs from what the journal says, as a sentence; nil when none does.
    func difference(from expected: Self) -> String? {
        let (mine, theirs) = (values, expected.values)
        for (column, pair) in zip(Self.columns, zip(mine, theirs)) where pair.0 != pair.1 {
            if case .bytes = pair.0 { return "\(column) is not what the journal says" }
            return "\(column) is \(Self.show(pair.0)), the journal says \(Self.show(pair.1))"
        }
        return nil
    }

    /// Its columns as values.
    var values: [SQLValue] {
        var list = ColumnList()
        // A list takes every value; only a COPY stream can fail.
        try? write(to: &list)
        return list.values
    }

    private static func show(_ value: SQLValue) -> String {
        switch value {
        case .int64(let number): "\(number)"
        case .text(let text): "'\(text)'"
        case .bool(let flag): "\(flag)"
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .null: "NULL"
        }
    }
}

extension Row {
    /// A column that holds one of a closed set of names.
    func choice<Value: Choice>(_ column: Int, _ type: Value.Type = Value.self) throws(PostgresError) -> Value {
        let name = try text(column)
        guard let value = Value(rawValue: name) else {
            throw PostgresError(.unexpectedResult, "column \(column) holds '\(name)', which is none of its names")
        }
        return value
    }

    /// A whole number that must fit `I`.
    func number<I: FixedWidthInteger>(_ column: Int, _ type: I.Type = I.self) throws(PostgresError) -> I {
        try fitting(int64(column), column)
    }

    /// A whole number that must fit `I`; NULL is `nil`.
    func numberIfPresent<I: FixedWidthInteger>(_ column: Int, _ type: I.Type = I.self) throws(PostgresError) -> I? {
        guard let value = try int64IfPresent(column) else { return nil }
        return try fitting(value, column)
    }

    private func fitting<I: FixedWidthInteger>(_ value: Int64, _ column: Int) throws(PostgresError) -> I {
        guard let fitting = I(exactly: value) else {
            throw PostgresError(.unexpectedResult, "column \(column) holds \(value), which is out of range")
        }
        return fitting
    }

    /// A product and an hour in two columns from `column` on.
    func contract(_ column: Int) throws(PostgresError) -> ContractKey {
        ContractKey(product: ProductID(try number(column)), hour: Hour(try number(column + 1)))
    }
}

extension ContractKey {
    /// The product's number as a column holds it. Products are few; their numbers fit.
    var productColumn: Int32 { Int32(truncatingIfNeeded: product.index) }
}
