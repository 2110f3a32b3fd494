import Testing
import suanpan

@Suite("A comma-separated table")
struct CommaSeparatedTableTests {
    private func table(_ text: String) throws -> CommaSeparatedTable {
        try CommaSeparatedTable(parsing: Array(text.utf8), file: "t.csv")
    }

    @Test("has a header and rows that remember their line")
    func readsRows() throws {
        let table = try table("a,b\n1,2\r\n\n,3")
        #expect(table.header == ["a", "b"])
        #expect(table.rows.map(\.fields) == [["1", "2"], ["", "3"]])
        #expect(table.rows.map(\.line) == [2, 4])
    }

    @Test("keeps commas, doubled quotes and line ends inside quotes")
    func readsQuotedFields() throws {
        let table = try table("a,b\n\"x,\"\"y\"\"\nz\",2\n3,4\n")
        #expect(table.rows.map(\.fields) == [["x,\"y\"\nz", "2"], ["3", "4"]])
        #expect(table.rows.map(\.line) == [2, 4])
    }

    @Test(
        "refuses what is ambiguous, with the line",
        arguments: [
            ("", 1, "no header"), ("a,a\n", 1, "twice"), ("a,b\n1\n", 2, "1 fields"), ("a,b\n1,2,3\n", 2, "3 fields"),
            ("a,b\n1,x\"y\n", 2, "quote"), ("a,b\n1,\"x\n", 3, "without an end"), ("a,b\n1,\"x\"y\n", 2, "after"),
            ("a,b\n1,2\r3,4\n", 2, "carriage"),
        ])
    func refuses(text: String, line: Int, reason: String) throws {
        let fault = try #require(throws: CommaSeparatedTable.Fault.self) { try table(text) }
        #expect(fault.line == line)
        #expect(fault.reason.contains(reason), "\(fault)")
    }

    @Test("refuses bytes that are no UTF-8")
    func refusesDamagedText() {
        #expect(throws: CommaSeparatedTable.Fault.self) {
            try CommaSeparatedTable(parsing: [0x61, 0x0A, 0xFF, 0xFE, 0x0A], file: "t.csv")
        }
    }

    @Test("takes whole numbers in digits only", arguments: ["", "-1", "+1", "1.0", " 1", "1e3", "99999999999999999999", "11"])
    func refusesNumbers(cell: String) throws {
        let table = try table("a,b\n\(cell),x\n")
        #expect(throws: CommaSeparatedTable.Fault.self) { try table.integer(table.rows[0], 0, in: 0...10) }
    }
}
