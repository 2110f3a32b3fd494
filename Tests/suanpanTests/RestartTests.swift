import Client
import EmbeddedPostgres
import Foundation
import Quantities
import Testing

import suanpan

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

    @Test("candles, trades, statistics, past curves and indices are the same after a restart, and a candle is what its trades say")
    func prices() async throws {
        let first = try await LocalServer.start()
        _ = try await SuanpanClient.withConnections(2, to: first.url, retry: .standard) { client in
            try await FixtureDay(directory: FixtureDayTests.fixtures, operator: client.acting(with: LocalServer.operatorKey)).play()
        }
        let day = "from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z"
        var before: [String: String] = [:]
        try await SuanpanClient.withConnections(1, to: first.url) { client in
            let host = client.acting(with: LocalServer.operatorKey)
            let trades = try Self.elements(try await host.call("GET", "/v1/trades?limit=1000"))
            let symbols = Set(trades.compactMap { $0[path: "contract"]?.string })
            let codes = Set(symbols.map { String($0[..<($0.lastIndex(of: ".") ?? $0.endIndex)]) })
            #expect(trades.count > 5 && codes.count > 1)
            var paths = ["/v1/indices", "/v1/market"]
            for code in codes {
                let product = "/v1/products/\(code)"
                paths += ["1m", "1h", "1d"].map { "\(product)/candles?interval=\($0)&\(day)" }
                paths += ["\(product)/trades?limit=1000", "\(product)/statistics", "\(product)/bands", "\(product)/fees"]
                paths += ["01:00", "02:15", "23:59"].map { "\(product)/curve?as_of=2026-11-23T\($0):00Z" }
                paths += ["\(product)/curve?from=2026-11-23T00:00:00Z&to=2026-11-25T00:00:00Z"]
                for index in [code, String(code.prefix { $0 != "." })] {
                    paths += ["/v1/indices/\(index)/history?\(day)", "/v1/indices/\(index)/history?period=day&\(day)"]
                }
            }
            for symbol in symbols { paths += ["/v1/contracts/\(symbol)/candles?interval=1h&\(day)", "/v1/contracts/\(symbol)/statistics"] }
            for path in paths { before[path] = try await Self.text(host, path) }
            for code in codes {
                let own = trades.reversed().filter { $0[path: "contract"]?.string?.hasPrefix(code + ".") == true }
                let candles = try Self.elements(try await host.call("GET", "/v1/products/\(code)/candles?interval=1d&\(day)"))
                try Self.check(try #require(candles.first), own)
                #expect(candles.count == 1)
            }
        }
        try await first.stop()
        let second = try await LocalServer.start(database: first.database, folder: first.folder)
        let after = try await SuanpanClient.withConnections(1, to: second.url) { client in
            let host = client.acting(with: LocalServer.operatorKey)
            var after: [String: String] = [:]
            for path in before.keys { after[path] = try await Self.text(host, path) }
            return after
        }
        try await second.discard()
        for (path, text) in before.sorted(by: { $0.key < $1.key }) { #expect(after[path] == text, "\(path)") }
        // There is something to compare: days with prices, curves of then, an index that is at least withheld for a reason.
        #expect(before.values.contains { $0.contains("\"average_price\"") } && before.values.contains { $0.contains("\"withheld\"") })
    }

    /// That a candle is what its trades say, the oldest first.
    private static func check(_ candle: JSONValue, _ trades: [JSONValue]) throws {
        func price(_ value: JSONValue, _ name: String) throws -> Int64 { try DecimalText.parse(try #require(value[path: name]?.string)) }
        func quantity(_ value: JSONValue, _ name: String) throws -> Int64 {
            guard case .integer(let quantity)? = value[path: name] else { throw CancellationError() }
            return quantity
        }
        let prices = try trades.map { try price($0, "price") }
        let quantities = try trades.map { try quantity($0, "quantity") }
        #expect(try price(candle, "open") == prices.first && price(candle, "close") == prices.last)
        #expect(try price(candle, "high") == prices.max() && price(candle, "low") == prices.min())
        let volume = quantities.reduce(0, +)
        #expect(try quantity(candle, "volume") == volume && quantity(candle, "trades") == Int64(trades.count))
        #expect(try price(candle, "average_price") == zip(prices, quantities).reduce(0) { $0 + $1.0 * $1.1 } / volume)
    }

    private static func elements(_ list: JSONValue) throws -> [JSONValue] {
        guard case .array(let elements)? = list[path: "data"] else { throw CancellationError() }
        return elements
    }

    private static func text(_ client: SuanpanClient, _ path: String) async throws -> String {
        let answer = try await client.send("GET", path)
        #expect(answer.status == 200, "\(path): \(answer.text)")
        return answer.text
    }

    /// A problem names its own request.
    private static func withoutRequest(_ body: [UInt8]) -> String {
        let text = String(decoding: body, as: UTF8.self)
        return text.range(of: #","request_id":"#).map { String(text[..<$0.lowerBound]) } ?? text
    }
}
