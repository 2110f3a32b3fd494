import CLibpq

/// One row of a result. Columns are numbered from 0 and read by type.
///
/// A reader accepts only the server types that it can hold exactly. NULL, a column that is not there and a foreign
/// type are thrown as `unexpectedResult`; the `…IfPresent` forms read NULL as `nil`.
package struct Row {
    let result: ResultSet
    let index: Int32

    /// `smallint`, `integer` or `bigint`.
    package func int64(_ column: Int) throws(PostgresError) -> Int64 {
        try present(int64IfPresent(column), column)
    }

    /// `smallint`, `integer` or `bigint`; NULL is `nil`.
    package func int64IfPresent(_ column: Int) throws(PostgresError) -> Int64? {
        guard let cell = try cell(column, accepting: [20, 23, 21]) else { return nil }
        switch cell.count {
        case 8: return Int64(bigEndian: cell.loadUnaligned(as: Int64.self))
        case 4: return Int64(Int32(bigEndian: cell.loadUnaligned(as: Int32.self)))
        case 2: return Int64(Int16(bigEndian: cell.loadUnaligned(as: Int16.self)))
        default: throw PostgresError(.unexpectedResult, "column \(column) has \(cell.count) bytes for an integer")
        }
    }

    /// `boolean`.
    package func bool(_ column: Int) throws(PostgresError) -> Bool {
        try present(boolIfPresent(column), column)
    }

    /// `boolean`; NULL is `nil`.
    package func boolIfPresent(_ column: Int) throws(PostgresError) -> Bool? {
        guard let cell = try cell(column, accepting: [16]) else { return nil }
        guard cell.count == 1 else {
            throw PostgresError(.unexpectedResult, "column \(column) has \(cell.count) bytes for a boolean")
        }
        return cell[0] != 0
    }

    /// `text`, `varchar`, `name` or an untyped literal.
    package func text(_ column: Int) throws(PostgresError) -> String {
        try present(textIfPresent(column), column)
    }

    /// `text`, `varchar`, `name` or an untyped literal; NULL is `nil`.
    package func textIfPresent(_ column: Int) throws(PostgresError) -> String? {
        guard let cell = try cell(column, accepting: [25, 1043, 19, 705]) else { return nil }
        return String(decoding: cell, as: UTF8.self)
    }

    /// `bytea`, copied.
    package func bytes(_ column: Int) throws(PostgresError) -> [UInt8] {
        try present(bytesIfPresent(column), column)
    }

    /// `bytea`, copied; NULL is `nil`.
    package func bytesIfPresent(_ column: Int) throws(PostgresError) -> [UInt8]? {
        try cell(column, accepting: [17]).map { [UInt8]($0) }
    }

    /// Lends the bytes of a `bytea` without copying them; the span ends with `body`.
    package func withBytes<R>(_ column: Int, _ body: (RawSpan) throws -> R) throws -> R {
        let cell = try present(cell(column, accepting: [17]), column)
        return try withExtendedLifetime(result) {
            try body(cell.bytes)
        }
    }

    /// Whether the column is NULL.
    package func isNull(_ column: Int) throws(PostgresError) -> Bool {
        try require(column)
        return PQgetisnull(result.result, index, Int32(column)) == 1
    }

    private func present<T>(_ value: T?, _ column: Int) throws(PostgresError) -> T {
        guard let value else { throw PostgresError(.unexpectedResult, "column \(column) is NULL") }
        return value
    }

    private func require(_ column: Int) throws(PostgresError) {
        guard column >= 0, column < result.columnCount else {
            throw PostgresError(.unexpectedResult, "no column \(column) among \(result.columnCount)")
        }
    }

    /// The raw bytes of a column, valid as long as the result set; `nil` for NULL.
    private func cell(
        _ column: Int, accepting oids: [UInt32]
    ) throws(PostgresError) -> UnsafeRawBufferPointer? {
        try require(column)
        let number = Int32(column)
        let oid = PQftype(result.result, number)
        guard oids.contains(oid), PQfformat(result.result, number) == 1 else {
            throw PostgresError(.unexpectedResult, "column \(column) has the type with number \(oid)")
        }
        if PQgetisnull(result.result, index, number) == 1 { return nil }
        let length = Int(PQgetlength(result.result, index, number))
        return UnsafeRawBufferPointer(start: PQgetvalue(result.result, index, number), count: length)
    }
}
