import CLibpq

/// The rows of a query as the server's binary COPY stream (PostgreSQL manual, COPY, "Binary Format"): the fastest way to read
/// a whole table, in memory that does not grow with it.
///
///     let reader = try connection.copyOut("SELECT id, name FROM zones ORDER BY id")
///     while try reader.next() {
///         let id = try reader.int64()
///         …
///     }
///
/// The only unsafe code is the row that libpq lends: it is freed before the next is taken and in `deinit`, and every read is
/// held against its length. The connection serves nothing else until the last row was read; ended early, it is closed with its
/// owner.
package final class CopyReader {
    private let connection: Connection
    private var row: UnsafeMutablePointer<CChar>?
    private var length = 0
    private var offset = 0
    private var isFirst = true

    /// The signature, the flags and an empty extension, before the first row.
    private static let headerLength = 19

    init(_ connection: Connection) { self.connection = connection }

    deinit { PQfreemem(row) }

    /// Goes to the next row; false after the last.
    package func next() throws(PostgresError) -> Bool {
        PQfreemem(row)
        row = nil
        var pointer: UnsafeMutablePointer<CChar>?
        let count = PQgetCopyData(connection.handle, &pointer, 0)
        guard count > 0, let pointer else {
            try finish(count)
            return false
        }
        row = pointer
        length = Int(count)
        offset = 0
        if isFirst {
            isFirst = false
            offset = Self.headerLength
            // The header comes alone or with the first row.
            if length == Self.headerLength { return try next() }
        }
        let columns = try take(2)
        if columns[0] == 0xFF, columns[1] == 0xFF { return try next() }
        return true
    }

    /// The next column, a `bigint`.
    package func int64() throws(PostgresError) -> Int64 {
        let bytes = try column()
        guard bytes.count == 8 else { throw PostgresError(.unexpectedResult, "a column of \(bytes.count) bytes for a bigint") }
        return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
    }

    /// Appends the next column's bytes as the server sends them and tells how many: integers are big-endian, text is UTF-8.
    package func append(to bytes: inout [UInt8]) throws(PostgresError) -> Int {
        let column = try column()
        bytes.append(contentsOf: column)
        return column.count
    }

    private func column() throws(PostgresError) -> UnsafeRawBufferPointer {
        let count = Int(Int32(bigEndian: try take(4).loadUnaligned(as: Int32.self)))
        guard count >= 0 else { throw PostgresError(.unexpectedResult, "a column is NULL") }
        return try take(count)
    }

    private func take(_ count: Int) throws(PostgresError) -> UnsafeRawBufferPointer {
        guard let row, count <= length - offset else { throw PostgresError(.unexpectedResult, "a row of COPY is cut short") }
        defer { offset += count }
        return UnsafeRawBufferPointer(start: UnsafeRawPointer(row) + offset, count: count)
    }

    /// Collects the server's word on the whole.
    private func finish(_ count: Int32) throws(PostgresError) {
        var refusal: PostgresError?
        while let result = PQgetResult(connection.handle) {
            do throws(PostgresError) {
                _ = try connection.finish(result, loss: .nothingRemains)
            } catch {
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
        if count == -2 { throw PostgresError(.connectionLost, "the connection was lost during COPY") }
    }
}

extension Connection {
    /// Starts reading a query without parameters by binary COPY.
    package func copyOut(_ query: String) throws(PostgresError) -> CopyReader {
        try requireOpen()
        let started = PQexec(handle, "COPY (\(query)) TO STDOUT (FORMAT binary)")
        defer { PQclear(started) }
        guard PQresultStatus(started) == PGRES_COPY_OUT else { throw failure(started, loss: .nothingRemains) }
        return CopyReader(self)
    }
}
