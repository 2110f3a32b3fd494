import HTTPAPI
import Testing

/// Bids and quotes that nobody can serve, over HTTP: what is wrong is said, and nothing changes.
///
/// The scene's clock stands at 2026-11-23T00:00, its only product lists 720 hours, its only resource has 8 units.
@Suite("Refusals of bids")
struct BidRefusalRouteTests {
    /// A good bid with some members in place of others.
    private static func body(_ changes: [String: String] = [:]) -> String {
        var members = [
            "requirements": #"{"classes":["H100-SXM"]}"#, "earliest_start": #""2026-11-23T12:00:00Z""#, "latest_end": #""2026-11-23T16:00:00Z""#,
            "duration_hours": "2", "quantity": "4", "limit_price": #""2.20""#, "fill": #""whole""#,
        ]
        for (name, value) in changes { members[name] = value.isEmpty ? nil : value }
        return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    static let faults: [([String: String], String, String)] = [
        // Windows.
        (["duration_hours": "5"], "invalid_request", "duration_hours"), (["duration_hours": "0"], "invalid_request", "duration_hours"),
        (["latest_end": #""2026-11-23T12:00:00Z""#], "invalid_request", "latest_end"),
        (["latest_end": #""2026-12-23T02:00:00Z""#], "unknown_contract", "latest_end"),
        (["earliest_start": #""2026-12-24T00:00:00Z""#, "latest_end": #""2026-12-24T04:00:00Z""#], "unknown_contract", "latest_end"),
        (
            ["earliest_start": #""2026-12-24T00:00:00Z""#, "latest_end": #""2026-12-24T02:00:00Z""#, "fill": #""hourly""#],
            "unknown_contract", "latest_end"
        ),
        (["earliest_start": #""2026-11-22T23:00:00Z""#], "market_closed", "earliest_start"),
        (["earliest_start": #""2026-11-22T20:00:00Z""#, "latest_end": #""2026-11-22T23:00:00Z""#], "market_closed", "latest_end"),
        (["earliest_start": #""2026-11-22T23:00:00Z""#, "latest_end": #""2026-11-23T01:00:00Z""#, "fill": #""hourly""#], "market_closed", "earliest_start"),
        // Requirements.
        (["requirements": #"{"classes":[]}"#], "invalid_request", "requirements.classes"),
        (["requirements": #"{"zones":[]}"#], "invalid_request", "requirements.zones"),
        (["requirements": #"{"klasses":["H100-SXM"]}"#], "invalid_request", "requirements.klasses"),
        (["requirements": #"{"classes":["H100-SXM","NO-SUCH"]}"#], "not_found", "requirements.classes"),
        (["requirements": #"{"zones":["NO-SUCH"]}"#], "not_found", "requirements.zones"),
        (["requirements": #"{"products":["NO-SUCH"]}"#], "not_found", "requirements.products"),
        (["requirements": #"{"profile":"dreams"}"#], "invalid_request", "requirements.profile"),
        // Amounts.
        (["limit_price": #""0""#], "invalid_request", "limit_price"), (["limit_price": #""0.0000""#], "invalid_request", "limit_price"),
        (["limit_price": #""-1""#], "invalid_request", "limit_price"), (["limit_price": ""], "invalid_request", "limit_price"),
        (["limit_price": "", "max_total": #""0""#], "invalid_request", "max_total"),
        (["quantity": "0"], "invalid_request", "quantity"), (["quantity": "1000001"], "invalid_request", "quantity"),
    ]

    @Test("a fault has its code and names its field, of a bid, a standing one and a quote alike, and nothing changes", arguments: faults)
    func refuses(_ changes: [String: String], _ code: String, _ field: String) async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            let ways: [(String, [String: String])] = [("/v1/bids", [:]), ("/v1/bids", ["standing": "true"]), ("/v1/quotes", [:])]
            for (path, more) in ways {
                let answer = try await scene.buyer.send("POST", path, Self.body(changes.merging(more) { $1 }))
                #expect(answer.code == code && answer.field == field, "\(path) \(answer.text)")
                #expect(answer.status == (code == "not_found" || code == "unknown_contract" ? 404 : 422), "\(answer.text)")
            }
            #expect(try await scene.buyer.get("/v1/bids").data.isEmpty)
            #expect(try await scene.buyer.get("/v1/balances").data.first?["reserved"] as? String == "0.000000")
        }
    }

    @Test("the last hour that is listed and the present hour may be in a window")
    func edges() async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            for changes in [
                ["latest_end": #""2026-12-23T01:00:00Z""#], ["earliest_start": #""2026-11-23T00:00:00Z""#],
            ] {
                #expect(try await scene.buyer.send("POST", "/v1/quotes", Self.body(changes)).status == 200)
                let bid = try await scene.buyer.send("POST", "/v1/bids", Self.body(changes))
                #expect(bid.status == 201 && bid.string("status") == "unfilled" && bid.string("reason") == "not_enough_units", "\(bid.text)")
            }
        }
    }

    @Test("a quantity over every certified unit is said: why nothing was bought, why a bid waits, and in a quote")
    func overCertified() async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            _ = try await scene.sell(8, at: "2.00")
            let one = ["quantity": "9", "duration_hours": "1"]
            let bid = try await scene.buyer.must("POST", "/v1/bids", Self.body(one))
            #expect(bid.string("status") == "unfilled" && bid.string("reason") == "exceeds_certified_units", "\(bid.text)")
            let quote = try await scene.buyer.must("POST", "/v1/quotes", Self.body(one))
            #expect(quote.object["feasible"] as? Int == 0, "\(quote.text)")
            #expect(quote.text.contains(#""reason":"exceeds_certified_units","detail":"at most 8 units were ever certified together""#), "\(quote.text)")
            // One that stands waits for more to be certified, and says so; served, it says nothing any more.
            let waiting = try await scene.buyer.must("POST", "/v1/bids", Self.body(one.merging(["standing": "true"]) { $1 }))
            #expect(waiting.string("status") == "standing" && waiting.string("reason") == "exceeds_certified_units", "\(waiting.text)")
            let within = try await scene.buyer.must("POST", "/v1/bids", Self.body(["quantity": "8", "standing": "true", "limit_price": #""1.20""#]))
            #expect(within.string("status") == "standing" && within.object["reason"] as? String == nil, "\(within.text)")
            let large = try await scene.provider.must(
                "POST", "/v1/resources", #"{"class":"H100-SXM","zone":"US-IOWA","units":16,"site":{"name":"Large"}}"#)
            try await scene.host.must(
                "POST", "/v1/resources/\(large.id)/certify", #"{"units":16,"valid_from":"2026-11-23T00:00:00Z","valid_until":"2026-12-23T00:00:00Z"}"#)
            try await scene.provider.must(
                "POST", "/v1/offers",
                "{\"resource_id\":\"\(large.id)\",\"start\":\"2026-11-23T13:00:00Z\",\"end\":\"2026-11-23T14:00:00Z\",\"quantity\":9,\"price\":\"2.10\"}")
            let served = try await scene.buyer.get("/v1/bids/\(waiting.id)")
            #expect(served.string("status") == "filled" && served.object["reason"] as? String == nil, "\(served.text)")
        }
    }

    @Test("the thousand and first standing bid is refused until one of the others is gone")
    func limit() async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            let body = Self.body(["quantity": "1", "limit_price": #""1.10""#, "standing": "true"])
            var last = ""
            for number in 1...1_000 {
                let bid = try await scene.buyer.send("POST", "/v1/bids", body)
                try #require(bid.status == 201, "\(number): \(bid.text)")
                last = bid.id
            }
            let refused = try await scene.buyer.send("POST", "/v1/bids", body)
            #expect(refused.code == "limit_exceeded" && refused.text.contains("1000 bids"), "\(refused.text)")
            #expect(try await scene.buyer.get("/v1/balances").data.first?["reserved"] as? String == "2222.000000")
            try await scene.buyer.must("DELETE", "/v1/bids/\(last)")
            #expect(try await scene.buyer.send("POST", "/v1/bids", body).status == 201)
            // Another participant has a limit of its own.
            #expect(try await scene.provider.send("POST", "/v1/bids", body).status == 201)
        }
    }
}
