import Client
import Foundation
import Testing
import suanpan

@Suite("Fixtures")
struct FixtureTests {
    private func table(_ text: String) throws -> CommaSeparatedTable {
        try CommaSeparatedTable(parsing: Array(text.utf8), file: "t.csv")
    }

    @Test("a point nests a field, an empty cell is absent, an underscore stays in the file")
    func readsRows() throws {
        let table = try table("code,tflops.bf16,tflops.fp8,tdp_w,grid.source,_note\nX,65.13,,70,s,n\nY,,,,,\n")
        let bodies = try FixtureRows.bodies(of: table)
        #expect(
            bodies == [
                .object([
                    "code": .string("X"), "tflops": .object(["bf16": .string("65.13")]), "tdp_w": .integer(70),
                    "grid": .object(["source": .string("s")]),
                ]),
                .object(["code": .string("Y")]),
            ])
    }

    @Test("refuses a count that is none, and a field that is a value and a group", arguments: [
        "lot_size\n1.5\n", "a,a.b\n1,2\n", "a.b,a\n1,2\n", "a..b,a.b\n1,2\n",
    ])
    func refusesRows(text: String) throws {
        let table = try table(text)
        #expect(throws: CommaSeparatedTable.Fault.self) { try FixtureRows.bodies(of: table) }
    }

    @Test("a participant has an alias, an owner above it, a key and deposits")
    func readsParticipants() throws {
        let members = try FixtureFiles.members(
            of: table(
                """
                name,roles,_alias,_owner,_api_key,_deposit.USD
                Gui'an  Compute 2,provider|consumer,,,main,1000.50
                Sub,consumer,sub,guian-compute-2,,

                """))
        #expect(members.map(\.alias) == ["guian-compute-2", "sub"])
        #expect(members.map(\.roles) == [["provider", "consumer"], ["consumer"]])
        #expect(members.map(\.owner) == [nil, "guian-compute-2"])
        #expect(members.map(\.keyLabel) == ["main", nil])
        #expect(members.map { $0.deposits.map(\.currency) } == [["USD"], []])
        #expect(members[0].deposits.map(\.amount) == ["1000.50"])
        #expect(members[0].body[path: "_alias"] == nil)
    }

    @Test("refuses a participant without roles, twice, owned by nobody, or with a deposit that is none", arguments: [
        "name,roles\nA,\n", "name,roles\nA,meter\nA,meter\n", "name,roles,_owner\nA,meter,b\n",
        "name,roles,_deposit.USD\nA,meter,x\n", "name,roles,_deposit.USD\nA,meter,0\n",
    ])
    func refusesParticipants(text: String) throws {
        let table = try table(text)
        #expect(throws: CommaSeparatedTable.Fault.self) { try FixtureFiles.members(of: table) }
    }

    @Test("the project's own fixtures and scripted day can be read, and every actor of the day is there")
    func projectFixtures() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let files = try FixtureFiles(directory: root.appendingPathComponent("Fixtures").path)
        #expect(!files.zones.isEmpty && !files.classes.isEmpty && !files.products.isEmpty)
        let script = try DayScript(parsing: #require(files.day))
        #expect(script.steps.count >= 60)
        let actors = Set(files.members.map(\.alias)).union(["operator", "public"])
        #expect(script.steps.allSatisfy { actors.contains($0.actor) })
    }
}
