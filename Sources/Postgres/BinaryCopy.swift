import CLibpq

/// Rows on their way into a table by binary COPY (PostgreSQL manual, COPY, "Binary Format").
///
/// Values are written in column order, `columns.count` of them after every `beginRow()`:
///
///     try connection.copy(into: "meta", columns: ["key", "value"]) { copy in
///         try copy.beginRow()
///         try copy.append(text: "mode")
///         try copy.append(text: "real")
///     }
///
/// The only unsafe code is the buffer: it is allocated here, freed in `deinit`, never handed out, and every write
/// first reserves its bytes in `room(for:)`.
package struct BinaryCopy: ~Copyable {
    private let handle: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer
    private var used = 0
    private let columnCount: Int16
    private var columnsMissing: Int16 = 0

    /// Rows begun so far.
    package private(set) var rowCount = 0

    /// Bytes gathered before libpq gets them.
    private static let capacity = 256 * 1024

    /// Begins the stream with the format's signature, flags and empty extension.
    init(_ handle: OpaquePointer, columnCount: Int) {
        precondition(columnCount > 0 && columnCount <= 1600, "a table has 1 to 1,600 columns")
        self.handle = handle
        self.columnCount = Int16(columnCount)
        buffer = .allocate(byteCount: Self.capacity, alignment: 8)
        let header: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [0, 0, 0, 0, 0, 0, 0, 0]
        header.withUnsafeBytes { write($0) }
    }

    deinit {
        buffer.deallocate()
    }

    /// Begins the next row.
    ///
    /// - Precondition: the row before it is complete.
    package mutating func beginRow() throws(PostgresError) {
        precondition(columnsMissing == 0, "the row before this one lacks columns")
        try room(for: 2)
        store(columnCount)
        columnsMissing = columnCount
        rowCount += 1
    }

    /// A `bigint`.
    package mutating func append(_ value: Int64) throws(PostgresError) {
        takeColumn()
        try room(for: 12)
        store(Int32(8))
        store(value)
    }

    /// An `integer`.
    package mutating func append(int32 value: Int32) throws(PostgresError) {
        takeColumn()
        try room(for: 8)
        store(Int32(4))
        store(value)
    }

    /// A `smallint`.
    package mutating func append(int16 value: Int16) throws(PostgresError) {
        takeColumn()
        try room(for: 6)
        store(Int32(2))
        store(value)
    }

    /// A `boolean`.
    package mutating func append(_ value: Bool) throws(PostgresError) {
        takeColumn()
        try room(for: 5)
        store(Int32(1))
        store(UInt8(value ? 1 : 0))
    }

    /// A `text`.
    package mutating func append(text value: String) throws(PostgresError) {
        var value = value
        let failure: PostgresError? = value.withUTF8 { utf8 in
            do throws(PostgresError) {
                try appendBytes(UnsafeRawBufferPointer(utf8))
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// A `bytea`.
    package mutating func append(bytes value: [UInt8]) throws(PostgresError) {
        let failure: PostgresError? = value.withUnsafeBytes { bytes in
            do throws(PostgresError) {
                try appendBytes(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// A NULL of any type.
    package mutating func appendNull() throws(PostgresError) {
        takeColumn()
        try room(for: 4)
        store(Int32(-1))
    }

    /// Writes the format's end mark and hands the rest to libpq.
    mutating func complete() throws(PostgresError) {
        precondition(columnsMissing == 0, "the last row lacks columns")
        try room(for: 2)
        store(Int16(-1))
        try flush()
    }

    private mutating func takeColumn() {
        precondition(columnsMissing > 0, "more values than columns")
        columnsMissing -= 1
    }

    private mutating func appendBytes(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) {
        precondition(bytes.count < 1 << 30, "a value must be under 1 GiB")
        takeColumn()
        try room(for: 4)
        store(Int32(bytes.count))
        if bytes.count <= Self.capacity - used {
            write(bytes)
        } else {
            try flush()
            try put(bytes)
        }
    }

    /// Makes sure that `count` bytes fit, by flushing when they do not.
    private mutating func room(for count: Int) throws(PostgresError) {
        if Self.capacity - used < count {
            try flush()
        }
    }

    private mutating func store<T: FixedWidthInteger>(_ value: T) {
        buffer.storeBytes(of: value.bigEndian, toByteOffset: used, as: T.self)
        used += MemoryLayout<T>.size
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: buffer[used...]).copyMemory(from: bytes)
        used += bytes.count
    }

    private mutating func flush() throws(PostgresError) {
        let filled = UnsafeRawBufferPointer(rebasing: buffer[..<used])
        used = 0
        try put(filled)
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        let sent = PQputCopyData(handle, start.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
        guard sent == 1 else {
            // `copy(into:)` turns this into what it means for the transaction.
            throw PostgresError(.connectionLost, "the connection was lost during COPY")
        }
    }
}
