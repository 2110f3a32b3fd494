import Client
import Foundation
import Quantities

/// A folder of fixtures, read and checked before the first call.
package struct FixtureFiles {
    /// One participant with what the loader does for it.
    package struct Member {
        /// What the scripted day calls it: column `_alias`, else its name in small letters, digits and hyphens.
        package var alias: String
        package var body: JSONValue
        package var roles: [String]
        /// The alias of the participant that owns it: column `_owner`.
        package var owner: String?
        /// Whether it gets an API key: column `_api_key` is its label; without that column everybody gets one.
        package var keyLabel: String?
        /// Columns `_deposit.<currency>`.
        package var deposits: [Deposit]
    }

    /// Money that a participant starts with.
    package struct Deposit: Equatable {
        package var currency: String
        /// A decimal figure.
        package var amount: String
    }

    /// How far one zone is from another.
    package struct Path {
        package var from: String
        package var to: String
        package var facts: JSONValue
    }

    package var zones: [JSONValue]
    package var paths: [Path]
    package var classes: [JSONValue]
    package var products: [JSONValue]
    package var members: [Member]
    /// The scripted day's text, where the folder has one.
    package var day: [UInt8]?

    /// Reads `zones.csv`, `classes.csv`, `products.csv`, `participants.csv` and, where they are there, `network.csv` and
    /// `day.jsonl`.
    ///
    /// - Throws: `CommaSeparatedTable.Fault`, also for a file that is not there.
    package init(directory: String) throws {
        zones = try FixtureRows.bodies(of: Self.table("zones.csv", in: directory))
        paths = try Self.contents("network.csv", in: directory).map { bytes in
            try Self.paths(of: CommaSeparatedTable(parsing: bytes, file: "network.csv"))
        } ?? []
        classes = try FixtureRows.bodies(of: Self.table("classes.csv", in: directory))
        products = try FixtureRows.bodies(of: Self.table("products.csv", in: directory))
        members = try Self.members(of: Self.table("participants.csv", in: directory))
        day = Self.contents("day.jsonl", in: directory)
    }

    /// Takes the loader's own columns off the participants.
    package static func members(of table: CommaSeparatedTable) throws(CommaSeparatedTable.Fault) -> [Member] {
        let depositColumns = table.header.filter { $0.hasPrefix(depositPrefix) }
        let bodies = try FixtureRows.bodies(of: table)
        func cell(_ column: String, _ row: CommaSeparatedTable.Row) -> String? {
            guard let position = table.header.firstIndex(of: column), !row.fields[position].isEmpty else { return nil }
            return row.fields[position]
        }
        var members: [Member] = []
        for (row, body) in zip(table.rows, bodies) {
            guard let name = body[path: "name"]?.string, case .array(let roles)? = body[path: "roles"] else {
                throw table.fault(in: row, "a participant needs name and roles")
            }
            let alias = cell("_alias", row) ?? alias(of: name)
            guard !members.contains(where: { $0.alias == alias }) else {
                throw table.fault(in: row, "participant \"\(alias)\" appears twice")
            }
            let owner = cell("_owner", row)
            if let owner, !members.contains(where: { $0.alias == owner }) {
                throw table.fault(in: row, "owner \"\(owner)\" is no participant above")
            }
            var deposits: [Deposit] = []
            for column in depositColumns {
                guard let amount = cell(column, row) else { continue }
                guard let micros = try? DecimalText.parse(amount), micros > 0 else {
                    throw table.fault(in: row, "\(column) is \"\(amount)\" where an amount is wanted")
                }
                deposits.append(Deposit(currency: String(column.dropFirst(depositPrefix.count)), amount: amount))
            }
            members.append(
                Member(
                    alias: alias, body: body, roles: roles.compactMap(\.string), owner: owner,
                    keyLabel: table.header.contains("_api_key") ? cell("_api_key", row) : "fixtures", deposits: deposits
                )
            )
        }
        return members
    }

    /// Takes the ends off the paths.
    package static func paths(of table: CommaSeparatedTable) throws(CommaSeparatedTable.Fault) -> [Path] {
        var paths: [Path] = []
        for (row, body) in zip(table.rows, try FixtureRows.bodies(of: table)) {
            guard case .object(var facts) = body, let from = facts.removeValue(forKey: "from")?.string,
                let to = facts.removeValue(forKey: "to")?.string
            else { throw table.fault(in: row, "a path needs from and to") }
            paths.append(Path(from: from, to: to, facts: .object(facts)))
        }
        return paths
    }

    private static let depositPrefix = "_deposit."

    /// `Gui'an Compute` is `guian-compute`: small letters and digits, words joined by hyphens, all else dropped.
    package static func alias(of name: String) -> String {
        let words = name.lowercased().split(separator: " ").map { word in
            word.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        }
        return words.filter { !$0.isEmpty }.joined(separator: "-")
    }

    private static func table(_ name: String, in directory: String) throws -> CommaSeparatedTable {
        guard let bytes = contents(name, in: directory) else {
            throw CommaSeparatedTable.Fault(file: "\(directory)/\(name)", line: 1, reason: "the file cannot be read")
        }
        return try CommaSeparatedTable(parsing: bytes, file: name)
    }

    private static func contents(_ name: String, in directory: String) -> [UInt8]? {
        let url = URL(fileURLWithPath: directory, isDirectory: true).appendingPathComponent(name)
        return (try? Data(contentsOf: url)).map { Array($0) }
    }
}
