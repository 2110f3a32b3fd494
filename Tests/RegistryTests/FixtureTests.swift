import Foundation
import Quantities
import Registry
import Testing

@Suite("Fixtures")
struct FixtureTests {
    @Test("every row is a body that the registry takes, and every column a field of it or a remark")
    func load() throws {
        var catalogue = Catalogue()
        for row in try rows("classes") { try catalogue.add(body(ComputeClass.self, of: row)) }
        for row in try rows("zones") { try catalogue.add(body(Zone.self, of: row)) }
        for row in try rows("network") { try catalogue.set(body(NetworkPath.self, of: row)) }
        for row in try rows("products") { try catalogue.add(body(ProductTerms.self, of: row)) }
        var participants = ParticipantRegistry()
        for row in try rows("participants") {
            try participants.add(body(ParticipantSpec.self, of: row), catalogue: catalogue)
        }
        #expect(catalogue.classes.count == 25)
        #expect(catalogue.zones.count == 21)
        #expect(catalogue.products.count == 12)
        // Whatever zone one asks from, the way to each product is known.
        for zone in catalogue.zones {
            for product in catalogue.products {
                #expect(catalogue.network.roundTrip(from: zone.code, to: product.zone) != nil, "\(zone.code) \(product.zone)")
                #expect(catalogue.network.transferHours(Measure(1_000_000), from: zone.code, to: product.zone) != nil)
            }
        }
        func count(_ role: Role) -> Int { participants.participants.filter { $0.has(role) }.count }
        #expect(count(.provider) == 4)
        #expect(count(.consumer) == 4)
        #expect(count(.meter) == 1)
        #expect(count(.auditor) == 1)

        let h100 = try #require(catalogue.computeClass(code: "H100-SXM"))
        #expect(h100.criCode == "H100SX")
        #expect(h100.tflops?.tf32 == Measure(494_500_000))
        #expect(h100.memoryGigabytes == WholeMeasure(80))
        #expect(catalogue.computeClass(code: "TPU-V5E")?.tdpWatts == nil)
        #expect(catalogue.zone(code: "CN-ZJK")?.grid?.gramsPerKilowattHour == Measure(636_100_000))
        #expect(catalogue.zone(code: "FR-PAR")?.grid?.basis == "CO2e")
    }

    @Test("every class and every product says where its figures come from and how sure they are")
    func sources() throws {
        for file in ["classes", "network", "products"] {
            for row in try rows(file) {
                #expect(row["_source"]?.isEmpty == false)
                #expect(["A", "A-", "B", "B-", "C"].contains(row["_confidence"]))
            }
        }
        for row in try rows("zones") { #expect(row["_source"]?.isEmpty == false) }
    }

    private func rows(_ name: String) throws -> [[String: String]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures")
        let text = try String(contentsOf: folder.appending(path: name + ".csv"), encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        let header = try #require(lines.first)
        return try lines.dropFirst().map { cells in
            try #require(cells.count == header.count)
            return Dictionary(uniqueKeysWithValues: zip(header, cells))
        }
    }

    private func body<Body: Record>(_ type: Body.Type, of row: [String: String]) throws -> Body {
        var reader = CellReader(cells: row)
        var body = Body()
        body.fields(&reader)
        try #require(reader.fault == nil)
        for column in row.keys where !column.hasPrefix("_") { #expect(reader.visited.contains(column), "\(column)") }
        return body
    }
}

/// Reads a record from named cells: a point goes into a nested field, a bar separates entries, an empty cell is absent.
private struct CellReader: FieldCoder {
    let cells: [String: String]
    var visited: Set<String> = []
    var fault: String?
    private var path = ""
    /// The entry of a list that is being read.
    private var entry: String?

    init(cells: [String: String]) { self.cells = cells }

    private mutating func take() -> String {
        if let entry { return entry }
        visited.insert(path)
        return cells[path] ?? ""
    }

    private mutating func expect<Value>(_ value: Value?, _ text: String) -> Value? {
        if value == nil { fault = fault ?? "\(path): \(text)" }
        return value
    }

    mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value) {
        let parent = path
        path = parent.isEmpty ? "\(name)" : "\(parent).\(name)"
        value.code(&self)
        path = parent
    }

    mutating func boolean(_ value: inout Bool) { fault = fault ?? "\(path): no fixture has truth values" }
    mutating func integer<I: FixedWidthInteger>(_ value: inout I) {
        let text = take()
        if let number = expect(I(text), text) { value = number }
    }
    mutating func decimal(_ millionths: inout Int64, style: DecimalStyle) {
        let text = take()
        if let number = expect(try? DecimalText.parse(text), text) { millionths = number }
    }
    mutating func timestamp(_ microseconds: inout Int64) { fault = fault ?? "\(path): no fixture has times" }
    mutating func hour(_ hours: inout Int32) { fault = fault ?? "\(path): no fixture has hours" }
    mutating func text(_ value: inout String) { value = take() }
    mutating func bytes(_ value: inout [UInt8]) { fault = fault ?? "\(path): no fixture has bytes" }
    mutating func optional<Value: FieldValue>(_ value: inout Value?) {
        visited.insert(path)
        let isPresent = cells.contains { ($0.key == path || $0.key.hasPrefix(path + ".")) && !$0.value.isEmpty }
        var wrapped = Value()
        // Absent records are visited too, so that their columns are known.
        let before = fault
        wrapped.code(&self)
        if isPresent { value = wrapped } else { fault = before }
    }
    mutating func array<Value: FieldValue>(_ values: inout [Value]) {
        for part in take().split(separator: "|") {
            entry = String(part)
            var value = Value()
            value.code(&self)
            values.append(value)
        }
        entry = nil
    }
    mutating func record<Value: Record>(_ value: inout Value) { value.fields(&self) }
    mutating func choice<Value: Choice>(_ value: inout Value) {
        let text = take()
        if let named = expect(Value(rawValue: text), text) { value = named }
    }
    mutating func identifier(_ rawValue: inout Int64, prefix: StaticString) {
        let text = take()
        if let number = expect(IdentifierText.parse(text, prefix: prefix), text) { rawValue = number }
    }
    mutating func product(_ id: inout ProductID) { fault = fault ?? "\(path): no fixture names products" }
    mutating func contract(_ key: inout ContractKey) { fault = fault ?? "\(path): no fixture names contracts" }
}
