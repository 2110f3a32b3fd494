import Client

/// Turns rows of a fixture file into bodies of API calls.
///
/// A column is a field of the API; `tflops.bf16` is a field inside another, an empty cell an absent field. Columns for a
/// reader or for the loader (those beginning with `_`, and `source`, `confidence` and `note`) stay in the file. Figures
/// that the API counts become JSON numbers, all others strings.
package enum FixtureRows {
    /// Columns that are not sent, besides those beginning with an underscore.
    package static let annotations: Set<String> = ["source", "confidence", "note"]
    /// Columns whose cells are lists, divided by `|`.
    package static let lists: Set<String> = ["roles", "external_ids"]
    /// Fields that are JSON numbers: counts, bps, years.
    package static let integers: Set<String> = [
        "memory_gb", "memory_bandwidth_gb_s", "tdp_w", "scale_up_link_gb_s", "grid.year", "lot_size", "maker_fee_bps",
        "taker_fee_bps", "bond_bps", "price_band_bps", "gate_closure_minutes", "meter_deadline_minutes",
        "dispute_minutes", "meter_grace_hours", "handover_lead_minutes", "horizon_hours",
    ]

    /// One body for each row.
    ///
    /// - Throws: `CommaSeparatedTable.Fault` for a number that is none and for a field that is a value and a group at once.
    package static func bodies(of table: CommaSeparatedTable) throws(CommaSeparatedTable.Fault) -> [JSONValue] {
        var bodies: [JSONValue] = []
        for row in table.rows {
            var members: [String: JSONValue] = [:]
            for (column, cell) in zip(table.header, row.fields) {
                let isSent = !annotations.contains(column) && !column.hasPrefix("_")
                guard isSent, !cell.isEmpty else { continue }
                let path = column.split(separator: ".").map { String($0) }
                guard insert(try value(cell, of: column, in: row, table), at: path[...], into: &members) else {
                    throw table.fault(in: row, "column \"\(column)\" is a value and a group of fields at once")
                }
            }
            bodies.append(.object(members))
        }
        return bodies
    }

    private static func value(
        _ cell: String, of column: String, in row: CommaSeparatedTable.Row, _ table: CommaSeparatedTable
    ) throws(CommaSeparatedTable.Fault) -> JSONValue {
        if lists.contains(column) { return .array(cell.split(separator: "|").map { .string(String($0)) }) }
        guard integers.contains(column) else { return .string(cell) }
        if let number = Int64(cell) { return .integer(number) }
        throw table.fault(in: row, "\(column) is \"\(cell)\" where a whole number is wanted")
    }

    private static func insert(
        _ value: JSONValue, at path: ArraySlice<String>, into members: inout [String: JSONValue]
    ) -> Bool {
        guard let name = path.first else { return false }
        if path.count == 1 {
            guard members[name] == nil else { return false }
            members[name] = value
            return true
        }
        var inner: [String: JSONValue] = [:]
        switch members[name] {
        case .object(let existing): inner = existing
        case nil: break
        default: return false
        }
        guard insert(value, at: path.dropFirst(), into: &inner) else { return false }
        members[name] = .object(inner)
        return true
    }
}
