import ArgumentParser
import Client
import Foundation

/// `suanpan play-day`: the scripted day of a folder of fixtures, on a running server with a simulated clock.
struct PlayDayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "play-day",
        abstract: "Load fixtures into a new server with a simulated clock, play their scripted day, and print how it ended.",
        discussion: "The server must have been started with --clock simulated --start-time 2026-11-23T00:00:00Z.")

    @Option(help: "The folder of fixtures.")
    var fixtures = "Fixtures"
    @Option(help: "The server.")
    var url = "http://127.0.0.1:8080"
    @Option(help: "The operator's API key; SUANPAN_OPERATOR_KEY where it is not given.")
    var operatorKey: String?

    func run() async throws {
        guard let key = operatorKey ?? ProcessInfo.processInfo.environment["SUANPAN_OPERATOR_KEY"], !key.isEmpty else {
            throw ValidationError("the operator's key is missing: --operator-key or SUANPAN_OPERATOR_KEY")
        }
        let end = try await SuanpanClient.withConnections(2, to: url, retry: .standard) { client in
            try await FixtureDay(directory: fixtures, operator: client.acting(with: key)).play()
        }
        print(end, terminator: "")
    }
}

/// The scripted day and how it ends: the same text on every machine.
package struct FixtureDay {
    let directory: String
    let venue: SuanpanClient

    package init(directory: String, operator venue: SuanpanClient) {
        self.directory = directory
        self.venue = venue
    }

    /// Why the day cannot be played.
    enum Fault: Error, CustomStringConvertible {
        case notNew

        var description: String { "the server has these fixtures already; the day needs a new one" }
    }

    /// Loads the fixtures, plays the day, and answers its end: every participant's balances and positions, then the trial
    /// balance, a line each.
    package func play() async throws -> String {
        let loader = try FixtureLoader(directory: directory, operator: venue)
        guard let people = try await loader.load() else { throw Fault.notNew }
        try await loader.runDay(with: people)
        var lines: [String] = []
        for person in people {
            guard let key = person.key else { continue }
            let client = venue.acting(with: key)
            for (kind, path) in [("balance", "/v1/balances"), ("position", "/v1/positions?limit=1000")]
            where person.roles.contains("provider") || person.roles.contains("consumer") {
                for row in try await client.call("GET", path)[path: "data"]?.elements ?? [] {
                    lines.append("\(person.alias) \(kind) \(row.text)")
                }
            }
        }
        for row in try await venue.call("GET", "/v1/ledger/trial_balance")[path: "data"]?.elements ?? [] {
            lines.append("trial_balance \(row.text)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension JSONValue {
    /// The elements of an array.
    fileprivate var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The value as JSON text, names in alphabetical order.
    fileprivate var text: String { (try? serialized()).map { String(decoding: $0, as: UTF8.self) } ?? "?" }
}
