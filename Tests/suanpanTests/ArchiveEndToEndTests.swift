import Client
import Exchange
import Foundation
import Persistence
import Postgres
import Quantities
import Sequencer
import Testing

import suanpan

/// The fixtures' day on a whole server with PostgreSQL: its hours leave memory, and nobody is told anything else.
@Suite("Hours that left memory, over HTTP")
struct ArchiveEndToEndTests {
    /// What differs after 30 days because of the time itself: what was sealed is forgotten.
    private static let forgotten: Set<String> = ["access", "request", "access_version", "request_version", "contacts", "request_id"]

    private static func comparable(_ value: Any) -> Any {
        if let object = value as? [String: Any] { return object.filter { !forgotten.contains($0.key) }.mapValues { comparable($0) } }
        if let array = value as? [Any] { return array.map { comparable($0) } }
        return value
    }

    private static func read(_ client: SuanpanClient, _ path: String) async throws -> (ids: [String], text: String) {
        let answer = try await client.send("GET", path)
        let json = try? JSONSerialization.jsonObject(with: Data(answer.body))
        let data = (json as? [String: Any])?["data"] as? [[String: Any]] ?? []
        guard let json else { return ([], "\(answer.status) \(answer.text)") }
        let sorted = try JSONSerialization.data(withJSONObject: comparable(json), options: [.sortedKeys, .fragmentsAllowed])
        return (data.compactMap { $0["id"] as? String }, "\(answer.status) " + String(decoding: sorted, as: UTF8.self))
    }

    /// A new key of a participant.
    private static func key(_ host: SuanpanClient, of participant: String) async throws -> String {
        let answer = try await host.send("POST", "/v1/participants/\(participant)/api_keys", body: Array(#"{"label":"reader"}"#.utf8))
        return try #require((try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])?["key"] as? String)
    }

    /// Keys of a holder of the day's hours, of their provider, and of somebody who took no part.
    private static func readers(_ host: SuanpanClient) async throws -> [(name: String, key: String)] {
        let answer = try await host.send("GET", "/v1/deliveries?limit=1")
        let list = (try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])?["data"] as? [[String: Any]]
        let delivery = try #require(list?.first)
        let created = try await host.send("POST", "/v1/participants", body: Array(#"{"name":"Stranger","roles":["provider","consumer"]}"#.utf8))
        let stranger = (try JSONSerialization.jsonObject(with: Data(created.body)) as? [String: Any])?["id"]
        var readers: [(name: String, key: String)] = []
        for (name, id) in [("holder", delivery["holder_id"]), ("provider", delivery["provider_id"]), ("stranger", stranger)] {
            readers.append((name, try await key(host, of: try #require(id as? String))))
        }
        return readers
    }

    /// What each of them is said, by name and path.
    private static func answers(
        _ client: SuanpanClient, to readers: [(name: String, key: String)], _ paths: some Sequence<String>
    ) async throws -> [String: String] {
        var found: [String: String] = [:]
        for reader in readers {
            let client = client.acting(with: reader.key)
            for path in paths { found["\(reader.name) \(path)"] = try await read(client, path).text }
        }
        return found
    }

    /// What is said of the day's hours, path by path.
    private static func answers(_ client: SuanpanClient) async throws -> [String: String] {
        let window = "from=2026-11-23T00:00:00Z&to=2026-11-25T00:00:00Z"
        var paths = [
            "/v1/deliveries?limit=1000", "/v1/deliveries?limit=3", "/v1/settlements", "/v1/disputes", "/v1/corrections",
            "/v1/reports/capacity?\(window)",
        ]
        for id in try await read(client, "/v1/deliveries?limit=1000").ids { paths.append("/v1/deliveries/\(id)") }
        for run in try await read(client, "/v1/settlements").ids { paths += ["/v1/settlements/\(run)", "/v1/settlements/\(run)/lines?limit=1000"] }
        for participant in try await read(client, "/v1/participants?limit=1000").ids {
            paths += ["/v1/deliveries?participant_id=\(participant)", "/v1/statements?participant_id=\(participant)&\(window)&by=hour"]
            let list = "/v1/allocations?participant_id=\(participant)&limit=1000"
            paths.append(list)
            for id in try await read(client, list).ids { paths.append("/v1/allocations/\(id)") }
        }
        let indices = try await client.send("GET", "/v1/indices")
        let codes = (try JSONSerialization.jsonObject(with: Data(indices.body)) as? [String: Any])?["data"] as? [[String: Any]] ?? []
        for code in codes.compactMap({ $0["code"] as? String }) {
            let known = "as_known_at=2026-11-30T00:00:00Z"
            paths += ["/v1/indices/\(code)/history?\(window)&\(known)", "/v1/indices/\(code)?period=day&at=2026-11-23T02:00:00Z&\(known)"]
        }
        var found: [String: String] = [:]
        for path in paths { found[path] = try await read(client, path).text }
        return found
    }

    @Test("every answer stays, a restart finds the same, the audit is content and the read models can be made again")
    func whole() async throws {
        let server = try await LocalServer.start()
        let (before, after, ofParties) = try await SuanpanClient.withConnections(2, to: server.url, retry: .standard) { client in
            let host = client.acting(with: LocalServer.operatorKey)
            _ = try await FixtureDay(directory: FixtureDayTests.fixtures, operator: host).play()
            _ = try await host.send("POST", "/v1/clock/advance", body: Array(#"{"to":"2026-12-14T00:00:00Z"}"#.utf8))
            _ = try await host.send("POST", "/v1/settlements", body: Array(#"{"through":"2026-12-14T00:00:00Z"}"#.utf8))
            let readers = try await Self.readers(host)
            let before = try await Self.answers(host)
            let paths = Array(before.keys) + ["/v1/allocations", "/v1/allocations?limit=2"]
            let partiesBefore = try await Self.answers(client, to: readers, paths)
            _ = try await host.send("POST", "/v1/clock/advance", body: Array(#"{"to":"2027-01-20T00:00:00Z"}"#.utf8))
            return (before, try await Self.answers(host), (partiesBefore, try await Self.answers(client, to: readers, paths)))
        }
        let counts = try await server.venue.sequencer.read { ($0.deliveryCount, $0.keptDeliveries, $0.keptAllocations) }
        #expect(counts.0 > 10 && counts.1 == 0 && counts.2 == 0, "\(counts)")
        #expect(before.count > 60 && Set(before.keys) == Set(after.keys))
        for (path, text) in before { #expect(after[path] == text, "\(path)") }
        // To its parties as to strangers: who may not see an hour may not see it afterwards.
        for (question, text) in ofParties.0 { #expect(ofParties.1[question] == text, "\(question)") }
        let delivered = ofParties.1.filter { $0.key.contains("/v1/deliveries/") }
        #expect(delivered.contains { $0.key.hasPrefix("holder") && $0.value.hasPrefix("200") })
        #expect(delivered.contains { $0.key.hasPrefix("provider") && $0.value.hasPrefix("200") })
        #expect(delivered.allSatisfy { !$0.key.hasPrefix("stranger") || $0.value.hasPrefix("404") })
        let hash = try await server.venue.sequencer.read { StateHash.of($0) }
        try await server.stop()

        let again = try await LocalServer.start(database: server.database, folder: server.folder)
        let recovered = try await again.venue.sequencer.read { (StateHash.of($0), $0.firstBrokenInvariant()) }
        #expect(recovered.0 == hash && recovered.1 == nil)
        let restarted = try await SuanpanClient.withConnections(2, to: again.url, retry: .standard) { client in
            try await Self.answers(client.acting(with: LocalServer.operatorKey))
        }
        #expect(restarted == after)
        try await again.discard()

        let target = try ConnectionString(server.database)
        #expect(try ProjectionAudit.run(target).fault == nil)
        try Projector.rebuild(target)
        #expect(try ProjectionAudit.run(target).fault == nil)
    }
}
