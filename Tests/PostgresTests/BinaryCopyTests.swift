import Postgres
import Testing

@Suite("BinaryCopy")
struct BinaryCopyTests {
    @Test("every kind of value arrives, over many flushes and with values larger than the buffer")
    func values() throws {
        let connection = try TestDatabase().connect()
        try connection.executeScript(
            "CREATE TABLE t (a bigint, b text, c bytea, d boolean, e integer, f smallint, g bigint)")
        let large = [UInt8](repeating: 0xA5, count: 600_000)
        let rows = 10_000
        let copied = try connection.copy(into: "t", columns: ["a", "b", "c", "d", "e", "f", "g"]) { copy in
            for number in 0..<rows {
                try copy.beginRow()
                try copy.append(Int64(number) - 5000)
                try copy.append(text: "row \(number)")
                try copy.append(bytes: number == 77 ? large : [UInt8(number & 0xFF)])
                try copy.append(number.isMultiple(of: 3))
                try copy.append(int32: Int32(-number))
                try copy.append(int16: Int16(number & 0x7FFF))
                try copy.appendNull()
            }
            #expect(copy.rowCount == rows)
        }
        #expect(copied == rows)
        var number: Int64 = 0
        for row in try connection.query("SELECT * FROM t ORDER BY a") {
            #expect(try row.int64(0) == number - 5000)
            #expect(try row.text(1) == "row \(number)")
            #expect(try row.bytes(2) == (number == 77 ? large : [UInt8(number & 0xFF)]))
            #expect(try row.bool(3) == number.isMultiple(of: 3))
            #expect(try row.int64(4) == -number)
            #expect(try row.int64(5) == number & 0x7FFF)
            #expect(try row.isNull(6))
            number += 1
        }
        #expect(number == Int64(rows))
    }

    @Test("no rows are no rows")
    func empty() throws {
        let connection = try TestDatabase.withPairs().connect()
        #expect(try connection.copy(into: "pairs", columns: ["id", "name"]) { _ in } == 0)
        #expect(connection.probe())
    }

    @Test("an error of the writer leaves none of the rows and a usable connection")
    func givenUp() throws {
        struct Refusal: Error {}
        let connection = try TestDatabase.withPairs().connect()
        #expect(throws: Refusal.self) {
            try connection.copy(into: "pairs", columns: ["id"]) { copy in
                for number in 0..<50_000 {
                    try copy.beginRow()
                    try copy.append(Int64(number))
                }
                throw Refusal()
            }
        }
        #expect(try connection.query("SELECT count(*) FROM pairs").onlyRow().int64(0) == 0)
    }

    @Test("a violated constraint names itself and leaves none of the rows")
    func refused() throws {
        let connection = try TestDatabase.withPairs().connect()
        let error = #expect(throws: PostgresError.self) {
            try connection.copy(into: "pairs", columns: ["id"]) { copy in
                for number in [1, 2, 1] as [Int64] {
                    try copy.beginRow()
                    try copy.append(number)
                }
            }
        }
        #expect(error?.kind == .serverRejected(.uniqueViolation))
        #expect(error?.constraint == "pairs_pkey")
        #expect(try connection.query("SELECT count(*) FROM pairs").onlyRow().int64(0) == 0)
    }

    @Test("an unknown table or column is a refusal before the first row")
    func unknownTable() throws {
        let connection = try TestDatabase.withPairs().connect()
        #expect(kindOfFailure { try connection.copy(into: "no\"table", columns: ["id"]) { _ in } }
            == .serverRejected(.undefinedTable))
        #expect(kindOfFailure { try connection.copy(into: "pairs", columns: ["nope"]) { _ in } }
            == .serverRejected(SQLState("42703")))
        #expect(connection.probe())
    }

    @Test("in a transaction the rows come and go with it")
    func transaction() throws {
        struct Refusal: Error {}
        let connection = try TestDatabase.withPairs().connect()
        #expect(throws: Refusal.self) {
            try connection.transaction {
                try connection.copy(into: "pairs", columns: ["id"]) { copy in
                    try copy.beginRow()
                    try copy.append(Int64(1))
                }
                throw Refusal()
            }
        }
        #expect(try connection.query("SELECT count(*) FROM pairs").onlyRow().int64(0) == 0)
    }

    @Test("a backend that dies during COPY inside of a transaction leaves nothing, for certain")
    func lost() throws {
        let database = try TestDatabase.withPairs()
        let connection = try database.connect()
        let kind = kindOfFailure {
            try connection.transaction {
                try connection.copy(into: "pairs", columns: ["id"]) { copy in
                    try copy.beginRow()
                    try copy.append(Int64(1))
                    try database.connect().query(
                        "SELECT pg_terminate_backend($1::int, 5000)", [.int64(Int64(connection.backendProcess))])
                }
            }
        }
        #expect(kind == .connectionLost)
        #expect(try database.connect().query("SELECT count(*) FROM pairs").onlyRow().int64(0) == 0)
    }
}
