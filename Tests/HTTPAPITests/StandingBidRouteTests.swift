import HTTPAPI
import Testing

/// Standing bids and demand over HTTP.
@Suite struct StandingBidRouteTests {
    private func body(_ more: String = "", quantity: Int = 4, limit: String = "2.20") -> String {
        """
        {"requirements":{"classes":["H100-SXM"]},"earliest_start":"2026-11-23T12:00:00Z","latest_end":"2026-11-23T16:00:00Z","duration_hours":2,
        "quantity":\(quantity),"limit_price":"\(limit)","fill":"whole","standing":true\(more)}
        """
    }

    @Test("a standing bid is seen, wanted in public without a name, filled by an offer, and gone from the demand")
    func life() async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            let bid = try await scene.buyer.must("POST", "/v1/bids", body())
            #expect(bid.status == 201 && bid.string("status") == "standing" && bid.string("reserved") == "17.776000", "\(bid.text)")
            let id = try #require(bid.string("id"))
            let hidden = try await scene.buyer.must("POST", "/v1/bids", body(#","hidden":true,"client_bid_id":"h""#))
            #expect(hidden.string("status") == "standing")
            #expect(try await scene.buyer.get("/v1/bids").data.count == 2)
            #expect(try await scene.provider.get("/v1/bids/\(id)").code == "not_found")

            let product = String(APIScene.contract.dropLast(11))
            let demand = try await client.acting(with: nil).get("/v1/products/\(product)/demand")
            #expect(demand.status == 200 && demand.data.count == 1, "\(demand.text)")
            let line = try #require(demand.data.first)
            #expect(line["quantity"] as? Int == 4 && line["duration_hours"] as? Int == 2 && line["limit_price"] as? String == "2.2000")
            #expect(line["placement"] as? String == "same_resource" && line["earliest_start"] as? String == "2026-11-23T12:00:00Z")
            #expect(!demand.text.contains(scene.buyerID) && !demand.text.contains(id))

            let offer = try await scene.provider.must(
                "POST", "/v1/offers",
                "{\"resource_id\":\"\(scene.resource)\",\"start\":\"2026-11-23T12:00:00Z\",\"end\":\"2026-11-23T14:00:00Z\",\"quantity\":4,\"price\":\"2.00\"}")
            #expect(offer.status == 201)
            let filled = try await scene.buyer.get("/v1/bids/\(id)")
            #expect(filled.string("status") == "filled" && filled.string("cost") == "16.000000", "\(filled.text)")
            #expect(try await client.acting(with: nil).get("/v1/products/\(product)/demand").data.isEmpty)

            let path = "/v1/bids/\(try #require(hidden.string("id")))"
            let cancelled = try await scene.buyer.send("DELETE", path)
            #expect(cancelled.status == 200 && cancelled.string("status") == "cancelled" && cancelled.string("reason") == "requested")
            #expect(try await scene.buyer.send("DELETE", path).code == "conflict")
            #expect(try await scene.buyer.get("/v1/balances").data.first?["reserved"] as? String == "0.000000")
        }
    }

    @Test("bad input is refused with the field's name; demand of nothing is not found")
    func refusals() async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            for (body, field) in [
                (body(#","expires_at":"2026-11-22T00:00:00Z""#), "expires_at"), (body(#","expires_at":"soon""#), "expires_at"),
                (body(#","hidden":1"#), "hidden"), (body(quantity: 0), "quantity"), (body(limit: "0"), "limit_price"),
                (body().replacing(#""duration_hours":2"#, with: #""duration_hours":5"#), "duration_hours"),
                (body().replacing(#"["H100-SXM"]"#, with: "[]"), "requirements.classes"),
                (body().replacing(#""classes""#, with: #""klasses""#), "requirements.klasses"),
            ] {
                let answer = try await scene.buyer.send("POST", "/v1/bids", body)
                #expect(answer.code == "invalid_request" && answer.string("field") == field, "\(body) \(answer.text)")
            }
            #expect(try await client.acting(with: nil).get("/v1/products/NO-SUCH/demand").code == "not_found")
            #expect(try await client.acting(with: nil).get("/v1/products/NO-SUCH/demand?depth=1").code == "invalid_request")
        }
    }
}
