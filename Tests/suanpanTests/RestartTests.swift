import Client
import EmbeddedPostgres
import Foundation
import Testing

/// What a server that was stopped and started again still knows of the requests before, and what its database never knew.
@Suite("Requests across a restart", .serialized)
struct RestartTests {
    @Test("a repeat after a restart gets the first answer, refusals too, and does nothing; the database knows no key's text")
    func repeats() async throws {
        let first = try await LocalServer.start()
        let zone = Array(#"{"code":"US-IOWA","name":"Iowa","country":"US"}"#.utf8)
        let label = Array(#"{"label":"k"}"#.utf8)
        let keys = "/v1/participants/par_000001/api_keys"
        var answers: [[UInt8]] = []
        var secrets: [String] = []
        try await SuanpanClient.withConnections(1, to: first.url) { client in
            let host = client.acting(with: LocalServer.operatorKey)
            for name in ["made", "refused"] {
                answers.append(try await host.send("POST", "/v1/zones", body: zone, idempotencyKey: name).body)
            }
            let key = try JSONValue(parsing: try await host.send("POST", keys, body: label, idempotencyKey: "key").body)
            secrets = try ["key", "signing_secret"].map { try #require(key[path: $0]?.string) }
        }
        try await first.stop()
        let second = try await LocalServer.start(database: first.database, folder: first.folder)
        try await SuanpanClient.withConnections(1, to: second.url) { client in
            let host = client.acting(with: LocalServer.operatorKey)
            for (name, answer) in zip(["made", "refused"], answers) {
                let again = try await host.send("POST", "/v1/zones", body: zone, idempotencyKey: name)
                #expect(again.header("idempotency-replayed") == "true")
                #expect(Self.withoutRequest(again.body) == Self.withoutRequest(answer))
            }
            let key = try await host.send("POST", keys, body: label, idempotencyKey: "key")
            #expect(try JSONValue(parsing: key.body)[path: "key"] == .null)
            let other = try await host.send("POST", "/v1/zones", body: label, idempotencyKey: "made")
            #expect(other.status == 422)
            #expect(try await host.zones().count == 1)
            // The key itself works.
            #expect(try await client.acting(with: secrets[0]).send("GET", "/v1/balances").status == 200)
        }
        try await second.stop()
        let program = try Installation.choose(dataVersion: nil).programs + "/pg_dump"
        let dump = try ServerProcess.tool([program, "--dbname=\(first.database)"])
        #expect(dump.status == 0 && dump.output.contains("journal_frames"), "\(dump.output.prefix(500))")
        for secret in secrets + [LocalServer.operatorKey] {
            let hexadecimal = secret.utf8.map { String(format: "%02x", $0) }.joined()
            #expect(!dump.output.contains(secret) && !dump.output.contains(hexadecimal))
        }
        try FileManager.default.removeItem(atPath: first.folder)
    }

    /// A problem names its own request.
    private static func withoutRequest(_ body: [UInt8]) -> String {
        let text = String(decoding: body, as: UTF8.self)
        return text.range(of: #","request_id":"#).map { String(text[..<$0.lowerBound]) } ?? text
    }
}
