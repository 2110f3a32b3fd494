import ArgumentParser
import Exchange
import Foundation
import Quantities

/// Where the record is kept: options that every command with a database takes.
package struct DatabaseOptions: ParsableArguments {
    @Option(help: "A PostgreSQL of yours; DATABASE_URL where it is not given, else a private one in the data directory.")
    var databaseURL: String?
    @Option(help: "Keys, and the private PostgreSQL.")
    var dataDir = ".suanpan"

    package init() {}

    /// The URL of the option or of the environment.
    var url: String? {
        let environment = ProcessInfo.processInfo.environment["DATABASE_URL"]
        return databaseURL ?? environment.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension ClockMode: ExpressibleByArgument {}

/// Options of `suanpan serve`.
package struct ServerOptions: ParsableArguments {
    @OptionGroup var database: DatabaseOptions
    @OptionGroup var edge: EdgeOptions
    @Option(help: "The address to listen at.")
    var host = "127.0.0.1"
    @Option(help: "The port to listen at; 0 takes a free one.")
    var port = 8080
    @Option(help: "How time passes: real, or simulated (it stands still until the operator advances it).")
    var clock = ClockMode.real
    @Option(help: "Where a simulated clock begins, RFC 3339 in UTC; the machine's present hour where it is not given.")
    var startTime: String?
    @Option(help: "A folder of fixtures to load into a new exchange.")
    var fixtures: String?
    @Option(help: "A snapshot of the state is made each time so many commands came after the last one; 0 never makes one.")
    var snapshotEvery: Int64 = 1_000_000
    @Flag(help: "Wait beside the server that writes, following it, and take over when it is gone or silent for 3 s.")
    var standby = false
    @Flag(help: "Only participants whose legal data is verified may trade.")
    var requireVerification = false

    package init() {}

    package func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port is 0 to 65535") }
        guard !standby || database.url != nil else {
            throw ValidationError(
                "--standby needs --database-url: a private PostgreSQL ends with the server that started it")
        }
        guard snapshotEvery >= 0 else { throw ValidationError("--snapshot-every is 0 or more") }
        if let startTime {
            guard clock == .simulated else { throw ValidationError("--start-time needs --clock simulated") }
            guard Timestamp(rfc3339: startTime) != nil else {
                throw ValidationError("--start-time is a time like 2026-11-23T00:00:00Z")
            }
        }
    }

    /// When a new history begins.
    func genesisTime(at present: Timestamp) -> Timestamp {
        guard clock == .simulated else { return present }
        return startTime.flatMap { Timestamp(rfc3339: $0) } ?? Hour(containing: present).start
    }
}
