import Foundation

/// One installed PostgreSQL: the folder of its programs and its major version.
package struct Installation: Equatable {
    package let programs: String
    package let majorVersion: Int

    /// The oldest version that the schema works with (lz4 compression of stored values).
    package static let oldestVersion = 14

    /// The path of one of its programs.
    func program(_ name: String) -> String { "\(programs)/\(name)" }

    /// The installation to use: for existing data the version that made them, else the newest.
    ///
    /// - Throws: `notInstalled`, `versionMissing`.
    package static func choose(
        dataVersion: Int?, among candidates: [String] = candidateFolders()
    ) throws(EmbeddedPostgresError) -> Installation {
        var found: [Installation] = []
        for folder in candidates {
            if let installation = inspect(folder), installation.majorVersion >= oldestVersion {
                found.append(installation)
            }
        }
        // The first of equals stays: Debian's own folder before one that is in the path.
        guard let newest = found.reversed().max(by: { $0.majorVersion <= $1.majorVersion }) else {
            throw .notInstalled
        }
        guard let dataVersion else { return newest }
        guard let match = found.first(where: { $0.majorVersion == dataVersion }) else {
            throw .versionMissing(needed: dataVersion, found: Set(found.map(\.majorVersion)).sorted())
        }
        return match
    }

    /// Where programs may be, likeliest first: Debian's versioned folders, Red Hat's, what `pg_config` says, the
    /// search path.
    package static func candidateFolders() -> [String] {
        var folders: [String] = []
        for root in ["/usr/lib/postgresql", "/usr"] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
            for name in names.sorted() where root != "/usr" || name.hasPrefix("pgsql-") {
                folders.append("\(root)/\(name)/bin")
            }
        }
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        if let tool = path.map({ "\($0)/pg_config" }).first(where: Folder.isProgram),
            let outcome = try? Command.run([tool, "--bindir"]), outcome.status == 0
        {
            folders.append(outcome.output)
        }
        return folders + path
    }

    /// The installation in `folder`, if all programs are there and say what they are.
    private static func inspect(_ folder: String) -> Installation? {
        for name in ["postgres", "initdb", "pg_ctl"] where !Folder.isProgram("\(folder)/\(name)") {
            return nil
        }
        // "postgres (PostgreSQL) 15.18 (Debian …)"
        guard let outcome = try? Command.run(["\(folder)/postgres", "--version"]), outcome.status == 0,
            let number = outcome.output.split(separator: " ").dropFirst(2).first,
            let major = Int(number.prefix(while: \.isNumber))
        else { return nil }
        return Installation(programs: folder, majorVersion: major)
    }
}
