import Foundation
import Testing

@Suite struct CurveRouteTests {
    private static let product = "/v1/products/H100-SXM.US-IOWA"

    /// Two trades of 12:00: 3 at 2.00 at once, 1 at 2.20 an hour and a half later.
    private func withTrades(_ body: @Sendable (APIScene, APIClient) async throws -> Void) async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            _ = try await scene.sell(3, at: "2.00")
            #expect(try await scene.buy(3, at: "2.00").status == 201)
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T01:30:00Z"}"#)
            _ = try await scene.sell(1, at: "2.20")
            #expect(try await scene.buy(1, at: "2.20").status == 201)
            try await body(scene, host.acting(with: nil))
        }
    }

    @Test("candles of a product and of a contract, by minute, hour and day, in pages")
    func candles() async throws {
        try await withTrades { (_, nobody) async throws in
            let hours = try await nobody.get("\(Self.product)/candles")
            #expect(hours.status == 200 && hours.data.map { $0["start"] as? String } == ["2026-11-23T00:00:00Z", "2026-11-23T01:00:00Z"], "\(hours.text)")
            let day = try await nobody.get("\(Self.product)/candles?interval=1d")
            #expect(day.data.count == 1 && day.text.contains(#""open":"2.0000","high":"2.2000","low":"2.0000","close":"2.2000","average_price":"2.0500","volume":4,"trades":2"#), "\(day.text)")
            let contract = try await nobody.get("/v1/contracts/\(APIScene.contract)/candles?interval=1m&from=2026-11-23T01:29:30Z&to=2026-11-23T01:31:00Z")
            #expect(contract.data.count == 1 && contract.data[0]["start"] as? String == "2026-11-23T01:30:00Z", "\(contract.text)")
            let other = try await nobody.get("/v1/contracts/H100-SXM.US-IOWA.2026112313/candles")
            #expect(other.status == 200 && other.data.isEmpty)
            let first = try await nobody.get("\(Self.product)/candles?limit=1&from=2026-11-23T00:00:00Z&to=2026-11-23T02:00:00Z")
            let cursor = try #require(first.string("next_cursor"))
            let second = try await nobody.get("\(Self.product)/candles?limit=1&from=2026-11-23T00:00:00Z&to=2026-11-23T02:00:00Z&cursor=\(cursor)")
            #expect(second.data.map { $0["start"] as? String } == ["2026-11-23T01:00:00Z"] && second.string("next_cursor") == nil, "\(second.text)")
            let table = try await nobody.get("\(Self.product)/candles.csv?interval=1d")
            #expect(table.text == "start,open,high,low,close,average_price,volume,trades\r\n2026-11-23T00:00:00Z,2.0000,2.2000,2.0000,2.2000,2.0500,4,2\r\n")
        }
    }

    @Test("last trades and 24 hours of a product and a contract")
    func statistics() async throws {
        try await withTrades { (scene, nobody) async throws in
            let trades = try await nobody.get("\(Self.product)/trades")
            #expect(trades.data.map { $0["price"] as? String } == ["2.2000", "2.0000"] && !trades.text.contains("par_"), "\(trades.text)")
            let now = try await nobody.get("\(Self.product)/statistics")
            #expect(now.text.contains(#""open":"2.0000","high":"2.2000","low":"2.0000","last":"2.2000","average_price":"2.0500","volume":4,"trades":2"#), "\(now.text)")
            try await scene.host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-24T00:00:00Z"}"#)
            let later = try await nobody.get("/v1/contracts/\(APIScene.contract)/statistics")
            #expect(later.int("volume") == 1 && later.string("open") == "2.2000", "\(later.text)")
            try await scene.host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-26T00:00:00Z"}"#)
            let none = try await nobody.get("\(Self.product)/statistics")
            #expect(none.int("trades") == 0 && none.text.contains(#""last":null"#))
        }
    }

    @Test("the curve now and as it was, as a table and as a picture for light and dark")
    func curve() async throws {
        try await withTrades { (_, nobody) async throws in
            let curve = try await nobody.get("\(Self.product)/curve?from=2026-11-23T12:00:00Z&to=2026-11-23T14:00:00Z&carbon_price=0.1")
            #expect(curve.status == 200, "\(curve.text)")
            let hours = try #require(curve.object["hours"] as? [[String: any Sendable]])
            #expect(hours.count == 2 && hours[0]["last"] as? String == "2.2000" && hours[0]["average_price"] as? String == "2.0500")
            #expect(hours[0]["open_interest"] as? Int == 4 && hours[1]["mark_source"] as? String == "curve")
            // (2.20 + 2.05) / 2; 989.4 / 989; 700 W × 400.5 g = 0.28035 kg, at 0.1 a kg.
            #expect(curve.text.contains(#""mark_price":"2.1250","index_t":"1.000404""#), "\(curve.text)")
            #expect(curve.text.contains(#""kg_co2_per_device_hour":"0.28035","carbon_adjusted_price":"2.153035""#), "\(curve.text)")
            let past = try await nobody.get("\(Self.product)/curve?as_of=2026-11-23T01:00:00Z")
            #expect(past.text.contains(#""last":"2.0000","average_price":"2.0000""#) && past.text.contains(#""open_interest":null"#), "\(past.text)")
            #expect(past.text.contains(#""days":[{"start":"2026-11-23T00:00:00Z","end":"2026-11-24T00:00:00Z","hours":1,"mark_price":"2.0000","average_price":"2.0000","volume":3}]"#), "\(past.text)")
            let later = try await nobody.get("\(Self.product)/curve?as_of=2026-11-23T01:30:00Z")
            // (3 × 2.00 + 1 × 2.20) / 4
            #expect(later.text.contains(#""hours":1,"mark_price":"2.2000","average_price":"2.0500","volume":4}],"differentials":null"#), "\(later.text)")
            let table = try await nobody.get("\(Self.product)/curve.csv?from=2026-11-23T12:00:00Z&to=2026-11-23T13:00:00Z")
            #expect(table.text.hasSuffix("H100-SXM.US-IOWA.2026112312,2026-11-23T12:00:00Z,open,,,2.2000,2.0500,2.2000,last,4,4\r\n"), "\(table.text)")
            let picture = try await nobody.get("\(Self.product)/curve.svg")
            #expect(picture.status == 200 && picture.text.hasPrefix("<svg xmlns=") && picture.text.contains("prefers-color-scheme:dark"))
            #expect(picture.text.components(separatedBy: "<path").count == picture.text.components(separatedBy: "\"/>").count - 1)
        }
    }

    @Test("bad input names its field")
    func refusals() async throws {
        try await APIBench().run { (host) async throws in
            try await host.catalogue()
            for (query, field) in [
                ("candles?interval=2m", "interval"), ("candles?from=x", "from"), ("candles?from=2026-11-23T00:00:00Z&to=2026-11-23T00:00:00Z", "to"),
                ("candles?interval=1m&from=2026-11-20T00:00:00Z&to=2026-11-23T00:00:00Z", "to"), ("candles?limit=0", "limit"),
                ("candles?cursor=%20", "cursor"), ("curve?from=2026-11-23T00:30:00Z", "from"), ("curve?as_of=2026-11-24T00:00:00Z", "as_of"),
                ("curve?as_of=2026-11-23T00:00:00Z&carbon_price=0.1", "carbon_price"), ("curve?carbon_price=0", "carbon_price"), ("curve?carbon_price=1e3", "carbon_price"), ("curve.svg?depth=1", "depth"),
                ("statistics?limit=1", "limit"),
            ] {
                let answer = try await host.get("\(Self.product)/\(query)")
                #expect(answer.code == "invalid_request" && answer.field == field, "\(query): \(answer.text)")
            }
            for path in ["candles", "candles.csv", "curve", "curve.csv", "curve.svg", "trades", "statistics"] {
                #expect(try await host.get("/v1/products/NONE.US-IOWA/\(path)").code == "not_found", "\(path)")
            }
            for path in ["candles", "statistics"] {
                #expect(try await host.get("/v1/contracts/NONE/\(path)").code == "unknown_contract", "\(path)")
            }
        }
    }

    @Test("a position shows its mark and its profit")
    func positions() async throws {
        try await withTrades { (scene, _) async throws in
            let held = try await scene.buyer.get("/v1/positions")
            #expect(held.text.contains(#""mark_price":"2.2000","mark_source":"last","unrealised_profit":"0.600000""#), "\(held.text)")
        }
    }
}
