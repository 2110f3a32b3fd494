import Postgres
import Testing

@Suite("Statements and rows")
struct StatementTests {
    @Test("every kind of value comes back as it was sent")
    func roundTrip() throws {
        let connection = try TestDatabase().connect()
        let blob: [UInt8] = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let row = try connection.query(
            "SELECT $1, $2, $3, $4, $5, $6, $7::bigint, $8::bytea",
            [
                .int64(.min), .int64(.max), .bytes(blob), .bytes([]), .text("價格 ½ 'quoted'"), .bool(true), .null, .null,
            ]
        ).onlyRow()
        #expect(try row.int64(0) == .min)
        #expect(try row.int64(1) == .max)
        #expect(try row.bytes(2) == blob)
        #expect(try row.bytes(3) == [])
        #expect(try row.text(4) == "價格 ½ 'quoted'")
        #expect(try row.bool(5))
        #expect(try row.int64IfPresent(6) == nil)
        #expect(try row.bytesIfPresent(7) == nil)
        #expect(try row.isNull(6))
        #expect(try row.withBytes(2) { $0.byteCount } == blob.count)
    }

    @Test("smaller integers are read without loss")
    func integers() throws {
        let row = try TestDatabase().connect()
            .query("SELECT (-32768)::smallint, (-2147483648)::integer, ''::text, false").onlyRow()
        #expect(try row.int64(0) == -32_768)
        #expect(try row.int64(1) == -2_147_483_648)
        #expect(try row.text(2) == "")
        #expect(try !row.bool(3))
    }

    @Test("a wrong type, NULL and a missing column are unexpected results, never a trap")
    func wrongShape() throws {
        let result = try TestDatabase().connect().query("SELECT 'a'::text, NULL::bigint, 1.5::float8")
        let row = try result.onlyRow()
        #expect(kindOfFailure { try row.int64(0) } == .unexpectedResult)
        #expect(kindOfFailure { try row.int64(1) } == .unexpectedResult)
        #expect(kindOfFailure { try row.int64(2) } == .unexpectedResult)
        #expect(kindOfFailure { try row.text(3) } == .unexpectedResult)
        #expect(kindOfFailure { try row.bytes(-1) } == .unexpectedResult)
    }

    @Test("onlyRow refuses none and several")
    func onlyRow() throws {
        let connection = try TestDatabase().connect()
        #expect(kindOfFailure { try connection.query("SELECT 1 WHERE false").onlyRow() } == .unexpectedResult)
        #expect(
            kindOfFailure { try connection.query("SELECT * FROM generate_series(1, 2)").onlyRow() } == .unexpectedResult)
    }

    @Test("a prepared statement runs again and again with other values")
    func prepared() throws {
        let connection = try TestDatabase.withPairs().connect()
        let insert = try connection.prepare("INSERT INTO pairs VALUES ($1, $2)", [.int64, .text])
        for number in 0..<100 {
            let values: [SQLValue] = [.int64(Int64(number)), number.isMultiple(of: 2) ? .text("even") : .null]
            #expect(try connection.query(insert, values).affectedRows == 1)
        }
        let row = try connection.query("SELECT count(*), count(name), sum(id)::bigint FROM pairs").onlyRow()
        #expect(try row.int64(0) == 100)
        #expect(try row.int64(1) == 50)
        #expect(try row.int64(2) == 4950)
    }

    @Test("a refused statement tells code and constraint, and the connection goes on")
    func refused() throws {
        let connection = try TestDatabase.withPairs().connect()
        try connection.query("INSERT INTO pairs VALUES (1, 'a')")
        let error = #expect(throws: PostgresError.self) {
            try connection.query("INSERT INTO pairs VALUES ($1, $2)", [.int64(1), .text("confidential")])
        }
        #expect(error?.kind == .serverRejected(.uniqueViolation))
        #expect(error?.constraint == "pairs_pkey")
        #expect(error?.description.contains("confidential") == false)
        #expect(try connection.query("SELECT count(*) FROM pairs").onlyRow().int64(0) == 1)
    }

    @Test("text with a zero byte is refused by the server and does no harm")
    func zeroByte() throws {
        let connection = try TestDatabase().connect()
        #expect(kindOfFailure { try connection.query("SELECT $1", [.text("a\0b")]) } == .serverRejected(SQLState("22021")))
        #expect(connection.isOpen)
    }

    @Test("a script is one transaction")
    func script() throws {
        let connection = try TestDatabase.withPairs().connect()
        #expect(kindOfFailure {
            try connection.executeScript("INSERT INTO pairs VALUES (1, 'a'); INSERT INTO pairs VALUES (1, 'b')")
        } == .serverRejected(.uniqueViolation))
        #expect(try connection.query("SELECT count(*) FROM pairs").onlyRow().int64(0) == 0)
    }

    @Test("a stream hands out every row in order")
    func stream() throws {
        let connection = try TestDatabase().connect()
        var numbers: [Int64] = []
        try connection.stream("SELECT n FROM generate_series($1::bigint, 20000) n", [.int64(1)]) { row in
            numbers.append(try row.int64(0))
        }
        #expect(numbers == Array(1...20_000))
    }

    @Test("a stream that its reader gives up leaves the connection usable")
    func streamGivenUp() throws {
        struct Enough: Error {}
        let connection = try TestDatabase().connect()
        var count = 0
        #expect(throws: Enough.self) {
            try connection.stream("SELECT generate_series(1, 1000000000)") { _ in
                count += 1
                if count == 10 { throw Enough() }
            }
        }
        #expect(count == 10)
        #expect(try connection.query("SELECT 7").onlyRow().int64(0) == 7)
    }

    @Test("an error in the middle of a stream is thrown after the rows before it")
    func streamFails() throws {
        let connection = try TestDatabase().connect()
        var count = 0
        let kind = kindOfFailure {
            try connection.stream("SELECT 1 / (n - 3) FROM generate_series(1, 9) n") { _ in count += 1 }
        }
        #expect(kind == .serverRejected(SQLState("22012")))
        #expect(count == 2)
        #expect(connection.probe())
    }
}
