import Foundation
import Testing

@Suite struct IndexRouteTests {
    private static let stranger = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Stranger/index.py").path

    /// What a page of Python computes of the published inputs, and whether it is what the exchange says.
    private static func recompute(_ answer: APIAnswer) throws -> (agrees: Bool, words: String) {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("index-\(UUID().uuidString).json")
        try Data(answer.bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", stranger]
        process.standardInput = try FileHandle(forReadingFrom: file)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let words = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus == 0, words)
    }

    /// Providers who sold and delivered 12:00 and 13:00: one far too dear, one much more than the others.
    private func withSales(_ body: @Sendable (APIScene, APIClient) async throws -> Void) async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let meter = try await host.participant("Second meter", "meter")
            for number in 0..<6 {
                let provider = try await host.participant("Provider \(number)", "provider")
                try await host.deposit(provider.id, "10000", reference: "q\(number)")
                let resource = try await provider.client.must("POST", "/v1/resources", #"{"class":"H100-SXM","zone":"US-IOWA","units":64}"#).id
                try await host.must(
                    "POST", "/v1/resources/\(resource)/certify",
                    "{\"units\":64,\"valid_from\":\"2026-11-23T00:00:00Z\",\"valid_until\":\"2026-12-23T00:00:00Z\",\"meter_id\":\"\(meter.id)\"}")
                for (hour, cents) in [(12, 200), (12, 203), (13, 211)] {
                    let price = number == 5 ? "2.9\(cents % 10)" : "\(Double(cents + 3 * number) / 100)"
                    let quantity = number == 0 ? 21 : number + 1
                    let contract = "H100-SXM.US-IOWA.20261123\(hour)"
                    try await provider.client.must(
                        "POST", "/v1/orders",
                        "{\"contract\":\"\(contract)\",\"side\":\"sell\",\"type\":\"limit\",\"price\":\"\(price)\",\"quantity\":\(quantity),\"time_in_force\":\"gtc\",\"resource_id\":\"\(resource)\"}")
                    try await scene.buyer.must(
                        "POST", "/v1/orders",
                        "{\"contract\":\"\(contract)\",\"side\":\"buy\",\"type\":\"limit\",\"price\":\"\(price)\",\"quantity\":\(quantity),\"time_in_force\":\"gtc\"}")
                }
            }
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T14:01:00Z"}"#)
            for resource in try await host.get("/v1/resources").data.compactMap({ $0["id"] as? String }) where resource != scene.resource {
                var previous = "null"
                for (sequence, hour) in [12, 13].enumerated() {
                    let path = "/v1/resources/\(resource)/capacity?from=2026-11-23T\(hour):00:00Z&to=2026-11-23T\(hour + 1):00:00Z"
                    let sold = try await host.get(path).data.first?["sold"] as? Int ?? 0
                    let report = try await meter.client.must(
                        "POST", "/v1/meter_reports",
                        "{\"resource_id\":\"\(resource)\",\"hour\":\"2026-11-23T\(hour):00:00Z\",\"sequence\":\(sequence + 1),\"previous_hash\":\(previous),\"delivered_device_seconds\":\(sold * 3_500),\"it_energy_kwh\":\"1\"}")
                    previous = "\"\(report.string("hash") ?? "")\""
                }
            }
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T15:00:00Z"}"#)
            try await body(scene, host.acting(with: nil))
        }
    }

    @Test("values of hours and days are what a page of Python makes of the published inputs, to the last digit")
    func recomputed() async throws {
        try await withSales { (scene, nobody) async throws in
            try await scene.host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-24T00:00:00Z"}"#)
            var published = 0
            for code in ["H100-SXM.US-IOWA", "H100-SXM"] {
                for query in ["at=2026-11-23T12:00:00Z", "at=2026-11-23T13:00:00Z", "at=2026-11-23T12:00:00Z&period=day", "at=2026-11-23T11:00:00Z"] {
                    let answer = try await nobody.get("/v1/indices/\(code)?\(query)")
                    #expect(answer.status == 200, "\(answer.text)")
                    let python = try Self.recompute(answer)
                    #expect(python.agrees, "\(code) \(query): \(python.words) \(answer.text)")
                    if answer.string("status") == "published" { published += 1 }
                }
            }
            #expect(published == 4)
            let hour = try await nobody.get("/v1/indices/H100-SXM?at=2026-11-23T12:30:00Z")
            let inputs = try #require(hour.object["inputs"] as? [[String: any Sendable]])
            #expect(inputs.count == 12 && hour.int("sellers") == 5 && hour.int("trades") == 10 && !hour.text.contains("par_"), "\(hour.text)")
            #expect(inputs.filter { $0["seller"] as? String == "S6" }.count == 2 && hour.text.contains(#""outlier":true"#))
            #expect(try await nobody.get("/v1/indices/H100-SXM?at=2026-11-23T11:00:00Z").string("reason") == "no_trades")
            #expect(try await nobody.get("/v1/indices/H100-SXM?at=2026-11-23T13:00:00Z").string("reason") == "too_few_trades")
        }
    }

    @Test("a list, a run of values as JSON, table and picture, and a revision that leaves the past as it was")
    func views() async throws {
        try await withSales { (scene, nobody) async throws in
            let list = try await nobody.get("/v1/indices")
            #expect(list.data.compactMap { $0["code"] as? String } == ["H100-SXM.US-IOWA", "H100-SXM"] && list.text.contains(#""kind":"class","currency":"USD""#), "\(list.text)")
            let latest = try await nobody.get("/v1/indices/H100-SXM")
            #expect(latest.string("start") == "2026-11-23T13:00:00Z", "\(latest.text)")
            let run = "from=2026-11-23T11:00:00Z&to=2026-11-23T15:00:00Z"
            let history = try await nobody.get("/v1/indices/H100-SXM/history?\(run)")
            #expect(history.data.map { $0["status"] as? String } == ["withheld", "published", "withheld", "withheld"], "\(history.text)")
            var pages: [String] = []
            var cursor = ""
            repeat {
                let page = try await nobody.get("/v1/indices/H100-SXM/history?\(run)&limit=3\(cursor)")
                pages += page.data.compactMap { $0["start"] as? String }
                cursor = page.string("next_cursor").map { "&cursor=" + $0 } ?? ""
            } while !cursor.isEmpty && pages.count < 10
            #expect(pages == history.data.compactMap { $0["start"] as? String } && history.string("next_cursor") == nil)
            let table = try await nobody.get("/v1/indices/H100-SXM/history.csv?\(run)")
            #expect(table.text.split(separator: "\r\n").count == 5 && table.text.contains("2026-11-23T12:00:00Z,2026-11-23T13:00:00Z,published,,2."), "\(table.text)")
            let picture = try await nobody.get("/v1/indices/H100-SXM/chart.svg?\(run)")
            #expect(picture.text.contains("<path class=\"steps c0\"") && picture.text.contains("H100-SXM index by hour"))

            let before = try await nobody.get("/v1/indices/H100-SXM?at=2026-11-23T12:00:00Z")
            let trade = try #require((before.object["inputs"] as? [[String: any Sendable]])?.first?["trade_id"] as? String)
            try await scene.host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T16:00:00Z"}"#)
            let path = "/v1/indices/H100-SXM.US-IOWA/revisions"
            let revision = try await scene.host.must("POST", path, "{\"hour\":\"2026-11-23T12:00:00Z\",\"excluded_trades\":[\"\(trade)\"],\"reason\":\"a test trade\"}")
            #expect(revision.status == 201 && revision.int("revision") == 2)
            let after = try await nobody.get("/v1/indices/H100-SXM?at=2026-11-23T12:00:00Z")
            #expect(after.string("value") != before.string("value") && after.text.contains("a test trade") && after.string("known_at") == "2026-11-23T16:00:00Z")
            let then = try await nobody.get("/v1/indices/H100-SXM?at=2026-11-23T12:00:00Z&as_known_at=2026-11-23T15:00:00Z")
            #expect(then.string("value") == before.string("value") && !then.text.contains("a test trade"))
            let early = try await nobody.get("/v1/indices/H100-SXM?at=2026-11-23T12:00:00Z&as_known_at=2026-11-23T13:00:00Z")
            #expect(early.string("reason") == "not_settled" && early.text.contains(#""inputs":[]"#))
            for (body, code) in [
                ("{\"hour\":\"2026-11-23T12:00:00Z\"}", "invalid_request"), ("{\"hour\":\"2026-11-23T11:00:00Z\",\"reason\":\"x\"}", "conflict"),
                ("{\"hour\":\"2026-11-23T12:00:00Z\",\"reason\":\"x\",\"excluded_trades\":[\"trd_00ZZZZ\"]}", "not_found"),
            ] {
                #expect(try await scene.host.send("POST", path, body).code == code, "\(body)")
            }
            #expect(try await scene.buyer.send("POST", path, "{\"hour\":\"2026-11-23T12:00:00Z\",\"reason\":\"x\"}").code == "forbidden")
        }
    }

    @Test("bad input names its field")
    func refusals() async throws {
        try await APIBench().run { (host) async throws in
            try await host.catalogue()
            for (query, field) in [
                ("?period=week", "period"), ("/history?cursor=x", "cursor"), ("/history?period=day&cursor=MQ", "cursor"), ("?at=x", "at"), ("?as_known_at=2026-11-24T00:00:00Z", "as_known_at"), ("?from=2026-11-23T00:00:00Z", "from"),
                ("/history?from=2026-11-23T00:00:00Z&to=2026-11-23T00:00:00Z", "to"), ("/history?from=2026-01-01T00:00:00Z&to=2026-11-23T00:00:00Z", "to"),
            ] {
                let answer = try await host.get("/v1/indices/H100-SXM\(query)")
                #expect(answer.code == "invalid_request" && answer.field == field, "\(query): \(answer.text)")
            }
            for path in ["", "/history", "/history.csv", "/chart.svg"] {
                #expect(try await host.get("/v1/indices/NONE\(path)").code == "not_found", "\(path)")
            }
        }
    }
}
