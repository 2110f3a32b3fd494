import Foundation
import Testing

/// Whatever a client sends, it is told what was wrong, and nothing changes.
@Suite struct BadInputTests {
    private static let order = #"{"contract":"H100-SXM.US-IOWA.2026112312","side":"buy","type":"limit","price":"2.00","quantity":1,"time_in_force":"gtc"}"#
    private static let bid = #"{"requirements":{},"earliest_start":"2026-11-23T12:00:00Z","latest_end":"2026-11-23T14:00:00Z","duration_hours":1,"quantity":1,"limit_price":"2.00","fill":"whole","standing":false}"#

    /// A body with one member replaced.
    private static func changed(_ body: String, _ old: String, _ new: String) -> String {
        guard let range = body.range(of: old) else { return "no \(old) in \(body)" }
        return body.replacingCharacters(in: range, with: new)
    }

    /// Path, body, code, field.
    private static let buyerCases: [(String, String, String, String?)] =
        [
            ("\"quantity\":1", "\"quantity\":0", "invalid_request", "quantity"),
            ("\"quantity\":1", "\"quantity\":-1", "invalid_request", "quantity"),
            ("\"quantity\":1", "\"quantity\":1000001", "invalid_request", "quantity"),
            ("\"quantity\":1", "\"quantity\":1e2", "invalid_request", "quantity"),
            ("\"quantity\":1", "\"quantity\":1.0", "invalid_request", "quantity"),
            ("\"quantity\":1", "\"quantity\":\"1\"", "invalid_request", "quantity"),
            ("\"quantity\":1", "\"quantity\":99999999999999999999", "invalid_request", "quantity"),
            ("\"quantity\":1", "\"quantity\":null", "invalid_request", "quantity"),
            ("\"price\":\"2.00\"", "\"price\":2.00", "invalid_request", "price"),
            ("\"price\":\"2.00\"", "\"price\":\"0\"", "invalid_request", "price"),
            ("\"price\":\"2.00\"", "\"price\":\"-2\"", "invalid_request", "price"),
            ("\"price\":\"2.00\"", "\"price\":\"1000000.01\"", "invalid_request", "price"),
            ("\"price\":\"2.00\"", "\"price\":\"2.0000001\"", "invalid_request", "price"),
            ("\"price\":\"2.00\"", "\"price\":\"2e0\"", "invalid_request", "price"),
            ("\"price\":\"2.00\",", "", "invalid_request", "price"),
            ("\"price\":\"2.00\"", "\"price\":\"2.005\"", "price_off_tick", nil),
            ("\"price\":\"2.00\"", "\"price\":\"9.00\"", "outside_price_band", nil),
            ("\"side\":\"buy\"", "\"side\":\"BUY\"", "invalid_request", "side"),
            ("\"side\":\"buy\"", "\"side\":\"sell\"", "insufficient_position", nil),
            ("\"type\":\"limit\"", "\"type\":\"iceberg\"", "invalid_request", "type"),
            ("\"time_in_force\":\"gtc\"", "\"time_in_force\":\"gtd\"", "invalid_request", "expires_at"),
            ("\"time_in_force\":\"gtc\"", "\"time_in_force\":\"day\"", "invalid_request", "time_in_force"),
            ("\"side\":\"buy\"", "\"side\":\"buy\",\"side\":\"sell\"", "invalid_json", nil),
            ("\"side\":\"buy\"", "\"side\":\"buy\",\"colour\":\"red\"", "invalid_request", "colour"),
            ("\"side\":\"buy\"", "\"side\":\"buy\",\"client_order_id\":\"\"", "invalid_request", "client_order_id"),
            ("\"side\":\"buy\"", "\"side\":\"buy\",\"client_order_id\":\"a\\u0007\"", "invalid_request", "client_order_id"),
            ("\"side\":\"buy\"", "\"side\":\"buy\",\"client_order_id\":\"\\ud800\"", "invalid_json", nil),
            ("\"side\":\"buy\"", "\"side\":\"buy\",\"expires_at\":\"yesterday\"", "invalid_request", "expires_at"),
            ("\"side\":\"buy\"", "\"side\":\"buy\",\"resource_id\":\"res_000001\"", "invalid_request", "resource_id"),
            ("2026112312", "2026112300", "market_closed", nil), ("2026112312", "2030112300", "unknown_contract", nil),
            ("2026112312", "20261123", "unknown_contract", nil), ("H100-SXM.US-IOWA", "H200.US-IOWA", "unknown_contract", nil),
            ("\"contract\":\"H100-SXM.US-IOWA.2026112312\"", "\"contract\":\"\\u0000\"", "unknown_contract", nil),
            ("\"contract\":\"H100-SXM.US-IOWA.2026112312\"", "\"contract\":5", "invalid_request", "contract"),
        ].map { (changed(order, $0.0, $0.1), $0.2, $0.3) }.map { ("/v1/orders", $0.0, $0.1, $0.2) }
        + [
            ("\"requirements\":{}", "\"requirements\":{\"colour\":1}", "invalid_request", "requirements.colour"),
            ("\"requirements\":{}", "\"requirements\":{\"zones\":[]}", "invalid_request", "requirements.zones"),
            ("\"requirements\":{}", "\"requirements\":{\"zones\":[7]}", "invalid_request", "requirements.zones[0]"),
            ("\"requirements\":{}", "\"requirements\":[]", "invalid_request", "requirements"),
            ("\"earliest_start\":\"2026-11-23T12:00:00Z\"", "\"earliest_start\":\"2026-11-23T15:00:00Z\"", "invalid_request", "latest_end"),
            ("\"earliest_start\":\"2026-11-23T12:00:00Z\"", "\"earliest_start\":\"2026-11-23T12:30:00Z\"", "invalid_request", "earliest_start"),
            ("\"duration_hours\":1", "\"duration_hours\":3", "invalid_request", "duration_hours"),
            ("\"duration_hours\":1", "\"duration_hours\":-2147483649", "invalid_request", "duration_hours"),
            ("\"limit_price\":\"2.00\"", "\"max_total\":\"99999999999999999999\"", "invalid_request", "max_total"),
            ("\"limit_price\":\"2.00\"", "\"limit_price\":\"2.00\",\"max_total\":\"5\"", "invalid_request", "limit_price"),
            ("\"fill\":\"whole\"", "\"fill\":\"half\"", "invalid_request", "fill"),
        ].map { (changed(bid, $0.0, $0.1), $0.2, $0.3) }.map { ("/v1/bids", $0.0, $0.1, $0.2) }

    @Test("a wrong order or bid changes nothing")
    func refusesOrders() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            let scene = try await APIScene(host)
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T01:00:00Z"}"#)
            let before = try await Self.facts(scene)
            for (path, body, code, field) in Self.buyerCases {
                let answer = try await scene.buyer.send("POST", path, body)
                #expect(answer.code == code && answer.field == (field ?? answer.field), "\(body): \(answer.text)")
            }
            #expect(try await Self.facts(scene) == before)
        }
    }

    @Test("a wrong body for an operator, a provider or a meter changes nothing")
    func refusesOthers() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let before = try await Self.facts(scene)
            let cases: [(APIClient, String, String, String, String)] = [
                (host, "POST", "/v1/participants", #"{"name":"x","roles":[]}"#, "invalid_request"),
                (host, "POST", "/v1/participants", #"{"name":"x","roles":["king"]}"#, "invalid_request"),
                (host, "POST", "/v1/participants", #"{"name":"x","roles":["operator","consumer"]}"#, "invalid_request"),
                (host, "POST", "/v1/participants", #"{"name":"x","roles":["consumer"],"owner_id":"par_999999"}"#, "not_found"),
                (host, "POST", "/v1/participants/par_ZZZZZZ/api_keys", #"{"label":"x"}"#, "not_found"),
                (host, "POST", "/v1/participants/x/suspend", "{}", "not_found"),
                (host, "POST", "/v1/deposits", #"{"participant_id":"x","currency":"USD","amount":"1","reference":"r"}"#, "not_found"),
                (host, "POST", "/v1/deposits", "{\"participant_id\":\"\(scene.buyerID)\",\"currency\":\"usd\",\"amount\":\"1\",\"reference\":\"r\"}", "invalid_request"),
                (host, "POST", "/v1/deposits", "{\"participant_id\":\"\(scene.buyerID)\",\"currency\":\"USD\",\"amount\":1,\"reference\":\"r\"}", "invalid_request"),
                (host, "POST", "/v1/deposits", "{\"participant_id\":\"\(scene.buyerID)\",\"currency\":\"USD\",\"amount\":\"1\",\"reference\":\"b\"}", "conflict"),
                (host, "POST", "/v1/withdrawals", "{\"participant_id\":\"\(scene.buyerID)\",\"currency\":\"USD\",\"amount\":\"10000.000001\",\"reference\":\"w\"}", "insufficient_funds"),
                (host, "POST", "/v1/products", #"{"class":"B200","zone":"US-IOWA","currency":"USD","tick_size":"0.01","lot_size":1,"maker_fee_bps":0,"taker_fee_bps":0,"reference_price":"2.00","horizon_hours":720}"#, "not_found"),
                (host, "POST", "/v1/zones", #"{"code":"US-IOWA","name":"Iowa","country":"US"}"#, "conflict"),
                (host, "POST", "/v1/products/NO.SUCH/halt", "{}", "not_found"),
                (host, "POST", "/v1/contracts/NO.SUCH.2026112312/halt", "{}", "unknown_contract"),
                (host, "POST", "/v1/settlements", #"{"through":"soon"}"#, "invalid_request"),
                (scene.provider, "POST", "/v1/resources", #"{"class":"H100-SXM","zone":"US-IOWA","units":8,"site":{"name":"S","pue":"0.9"}}"#, "invalid_request"),
                (scene.provider, "POST", "/v1/resources", #"{"class":"H100-SXM","zone":"US-IOWA","units":8,"site":{"name":"S","pue":1.3}}"#, "invalid_request"),
                (scene.provider, "POST", "/v1/offers", "{\"resource_id\":\"\(scene.resource)\",\"start\":\"2026-11-23T12:00:00Z\",\"end\":\"2026-11-23T14:00:00Z\",\"quantity\":9,\"price\":\"2.00\"}", "insufficient_capacity"),
                (scene.provider, "POST", "/v1/offers", "{\"resource_id\":\"\(scene.resource)\",\"start\":\"2026-11-23T14:00:00Z\",\"end\":\"2026-11-23T12:00:00Z\",\"quantity\":1,\"price\":\"2.00\"}", "invalid_request"),
                (scene.provider, "POST", "/v1/offers", "{\"resource_id\":\"\(scene.resource)\",\"start\":\"2026-11-23T12:00:00Z\",\"end\":\"2026-11-23T14:00:00Z\",\"quantity\":1,\"prices\":[\"2.00\"]}", "invalid_request"),
                (scene.provider, "PATCH", "/v1/offers/off_00000A", "{}", "invalid_request"),
                (scene.provider, "PATCH", "/v1/offers/off_00000A", #"{"quantity":1}"#, "not_found"),
                (scene.provider, "DELETE", "/v1/resources/res_00000A", "{}", "not_found"),
                (scene.provider, "POST", "/v1/resources/res_00000A/outages", #"{"start":"2026-11-23T12:00:00Z","end":"2026-11-23T14:00:00Z","units":1,"reason":"x"}"#, "not_found"),
                (scene.meter, "POST", "/v1/meter_reports", "{\"resource_id\":\"\(scene.resource)\",\"hour\":\"2026-11-23T12:00:00Z\",\"sequence\":0,\"delivered_device_seconds\":0,\"it_energy_kwh\":\"0\"}", "invalid_request"),
                (scene.meter, "POST", "/v1/meter_reports", "{\"resource_id\":\"\(scene.resource)\",\"hour\":\"2026-11-23T12:00:00Z\",\"sequence\":1,\"delivered_device_seconds\":-1,\"it_energy_kwh\":\"0\"}", "invalid_request"),
                (scene.buyer, "PATCH", "/v1/orders/ord_00000A", "{}", "invalid_request"),
                (scene.buyer, "PATCH", "/v1/orders/client:none", #"{"quantity":1}"#, "not_found"),
                (scene.buyer, "DELETE", "/v1/orders/%00", "{}", "not_found"),
                (scene.buyer, "DELETE", "/v1/bids/bid_00000A", "{}", "not_found"),
            ]
            for (client, method, path, body, code) in cases {
                let answer = try await client.send(method, path, body)
                #expect(answer.code == code, "\(method) \(path) \(body): \(answer.text)")
            }
            #expect(try await Self.facts(scene) == before)
        }
    }

    /// Everything that a wrong request could have touched.
    private static func facts(_ scene: APIScene) async throws -> [String] {
        var facts: [String] = []
        for path in ["/v1/participants", "/v1/resources", "/v1/offers", "/v1/bids", "/v1/ledger/accounts", "/v1/catalogue", "/v1/deliveries", "/v1/settlements"] {
            facts.append(try await scene.host.get(path).text)
        }
        for client in [scene.buyer, scene.provider] {
            for path in ["/v1/orders", "/v1/balances", "/v1/positions", "/v1/allocations"] { facts.append(try await client.get(path).text) }
        }
        return facts
    }

    @Test("bodies of a megabyte, of 64 levels and of bytes that are no text are answered")
    func survives() async throws {
        try await APIBench().run { (host) async throws in
            let deep = String(repeating: "{\"a\":", count: 65) + "1" + String(repeating: "}", count: 65)
            #expect(try await host.send("POST", "/v1/zones", deep).code == "invalid_json")
            let wide = "{" + (0..<60_000).map { "\"k\($0)\":1" }.joined(separator: ",") + "}"
            #expect(try await host.send("POST", "/v1/zones", wide).code == "invalid_request")
            let full = "{\"code\":\"" + String(repeating: "x", count: (1 << 20) - 11) + "\"}"
            #expect(full.utf8.count == 1 << 20)
            #expect(try await host.send("POST", "/v1/zones", full).code == "invalid_request")
            #expect(try await host.send("POST", "/v1/zones", full + " ").code == "too_large")
        }
    }
}
