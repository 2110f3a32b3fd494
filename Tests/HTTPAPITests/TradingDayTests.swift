import Testing

@Suite struct TradingDayTests {
    @Test("an hour goes from the book through delivery to the ledger")
    func tradesAnHour() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            let scene = try await APIScene(host)
            let sell = try await scene.sell(8, at: "2.10", name: "mine")
            #expect(sell.status == 201, "\(sell.text)")
            let book = try await scene.host.acting(with: nil).get("/v1/contracts/\(APIScene.contract)/book?depth=5")
            #expect(book.text.contains(#""asks":[{"price":"2.1000","quantity":8,"orders":1}]"#), "\(book.text)")

            let buy = try await scene.buy(3, at: "2.20")
            #expect(buy.status == 201)
            #expect(buy.text.contains(#""status":"filled""#) && buy.text.contains(#""average_price":"2.1000""#), "\(buy.text)")
            #expect(buy.text.contains(#""fee":"0.063000","liquidity":"taker""#), "\(buy.text)")
            let balance = try await scene.buyer.get("/v1/balances").data.first
            #expect(balance?["available"] as? String == "9993.637000" && balance?["in_escrow"] as? String == "6.363000")
            #expect(try await scene.provider.get("/v1/orders/client:mine").string("status") == "partially_filled")
            #expect(try await scene.provider.get("/v1/trades").data.first?["side"] as? String == "sell")
            #expect(try await scene.buyer.get("/v1/trades").text.contains(scene.providerID) == false)
            #expect(try await scene.host.get("/v1/trades").data.first?["buyer_id"] as? String == scene.buyerID)
            #expect(try await scene.buyer.get("/v1/positions").data.first?["quantity"] as? Int == 3)

            // The hour passes; the meter reports two thirds of it.
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T13:01:00Z"}"#)
            let report = try await scene.meter.must(
                "POST", "/v1/meter_reports",
                "{\"resource_id\":\"\(scene.resource)\",\"hour\":\"\(APIScene.hour)\",\"sequence\":1,\"previous_hash\":null,\"delivered_device_seconds\":7200,\"it_energy_kwh\":\"1.4\"}"
            )
            #expect(report.status == 201 && report.string("hash")?.count == 64)
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T14:00:00Z"}"#)
            let run = try await host.must("POST", "/v1/settlements", #"{"through":"2026-11-23T14:00:00Z"}"#)
            #expect(run.status == 201 && run.int("deliveries") == 1 && run.string("paid") == "4.200000", "\(run.text)")
            #expect(try await scene.buyer.get("/v1/settlements/\(run.id)/lines").data.count == 1)
            #expect(try await scene.meter.get("/v1/settlements/\(run.id)/lines").data.isEmpty)
            let delivery = try await scene.buyer.get("/v1/deliveries").data.first
            #expect(delivery?["status"] as? String == "settled" && delivery?["outcome"] as? String == "partial")

            let trial = try await host.get("/v1/ledger/trial_balance")
            #expect(trial.data.first?["asset"] as? String == "USD" && trial.text.contains("\"balanced\":true"))
            #expect(try await scene.buyer.get("/v1/ledger/trial_balance").code == "forbidden")
            let account = try #require(try await scene.buyer.get("/v1/ledger/accounts").data.first?["id"] as? String)
            #expect(try await scene.buyer.get("/v1/ledger/transfers?account=\(account)").data.count >= 3)
            #expect(try await scene.provider.get("/v1/ledger/transfers?account=\(account)").code == "not_found")
        }
    }

    @Test("an offer is bought by a bid, handed over and seen by nobody else")
    func handsOver() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let offer = try await scene.provider.must(
                "POST", "/v1/offers",
                "{\"resource_id\":\"\(scene.resource)\",\"start\":\"2026-11-23T12:00:00Z\",\"end\":\"2026-11-23T16:00:00Z\",\"quantity\":8,\"price\":\"2.00\"}"
            )
            #expect(offer.status == 201 && (offer.object["hours"] as? [any Sendable])?.count == 4, "\(offer.text)")
            let body = #"{"requirements":{"classes":["H100-SXM"]},"earliest_start":"2026-11-23T12:00:00Z","latest_end":"2026-11-23T16:00:00Z","duration_hours":2,"quantity":4,"limit_price":"2.50","fill":"whole","standing":false}"#
            let quote = try await scene.buyer.must("POST", "/v1/quotes", body)
            #expect(quote.status == 200 && quote.text.contains("\"feasible\":true") && quote.string("cost") == "16.000000", "\(quote.text)")
            let bid = try await scene.buyer.must("POST", "/v1/bids", body)
            #expect(bid.status == 201 && bid.string("status") == "filled" && bid.string("cost") == "16.000000", "\(bid.text)")
            let allocation = try #require(bid.string("allocation_id"))

            let path = "/v1/allocations/\(allocation)"
            #expect(try await scene.buyer.send("PUT", path + "/access", #"{"endpoint":"e","instructions":"i","expires_at":"2026-11-24T00:00:00Z"}"#).code == "forbidden")
            let keys = #"{"ssh_public_keys":["ssh-ed25519 AAAA\nline"],"image":"ubuntu"}"#
            #expect(try await scene.buyer.send("PUT", path + "/request", keys).status == 200)
            let seen = try await scene.provider.get(path)
            #expect(seen.text.contains("ssh-ed25519 AAAA\\nline") && !seen.text.contains("\"access\":"), "\(seen.text)")
            let access = #"{"endpoint":"ssh://10.0.0.1","instructions":"Log in.\nBe kind.","expires_at":"2026-11-24T00:00:00Z"}"#
            #expect(try await scene.provider.send("PUT", path + "/access", access).status == 200)
            #expect(try await scene.buyer.get(path).text.contains("ssh://10.0.0.1"))
            #expect(try await scene.buyer.get(path + "/access").string("instructions") == "Log in.\nBe kind.")
            #expect(try await scene.provider.get(path + "/access").code == "forbidden")
            #expect(try await scene.host.get(path).text.contains("ssh://") == false)
            #expect(try await scene.meter.get(path).code == "not_found")
            #expect(try await scene.provider.send("PUT", path + "/request", keys).code == "forbidden")

            let cancelled = try await scene.provider.must("DELETE", "/v1/offers/\(offer.id)")
            #expect(cancelled.string("status") != "open")
        }
    }

    @Test("access passes with a resale: who bought the hours opens what was sealed, who sold them is turned away")
    func passesAccess() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let second = try await host.participant("Second", "consumer")
            try await host.deposit(second.id, "1000", reference: "s")
            func order(_ side: String, _ more: String = "") -> String {
                "{\"contract\":\"\(APIScene.contract)\",\"side\":\"\(side)\",\"type\":\"limit\",\"price\":\"2.20\",\"quantity\":2,\"time_in_force\":\"gtc\"\(more)}"
            }
            _ = try await scene.sell(2, at: "2.10")
            _ = try await scene.buy(2, at: "2.10")
            let old = try #require(try await scene.buyer.get("/v1/allocations").data.first?["id"] as? String)
            let access = #"{"endpoint":"ssh://10.0.0.7","instructions":"knock","expires_at":"2026-11-24T00:00:00Z"}"#
            try await scene.provider.must("PUT", "/v1/allocations/\(old)/access", access)
            #expect(try await scene.buyer.get("/v1/allocations/\(old)/access").string("endpoint") == "ssh://10.0.0.7")
            #expect(try await second.client.get("/v1/allocations/\(old)/access").code == "not_found")
            try await scene.buyer.must("POST", "/v1/orders", order("sell", ",\"allocation_id\":\"\(old)\""))
            try await second.client.must("POST", "/v1/orders", order("buy"))
            let new = try #require(try await second.client.get("/v1/allocations").data.first?["id"] as? String)
            let opened = try await second.client.get("/v1/allocations/\(new)/access")
            #expect(opened.status == 200 && opened.string("endpoint") == "ssh://10.0.0.7" && opened.string("instructions") == "knock", "\(opened.text)")
            let closed = try await scene.buyer.get("/v1/allocations/\(old)/access")
            #expect(closed.status == 403 && closed.code == "forbidden", "\(closed.text)")
            #expect(try await scene.buyer.get("/v1/allocations/\(old)").text.contains("10.0.0.7") == false)
            #expect(try await scene.buyer.get("/v1/allocations/\(new)/access").code == "not_found")
            #expect(try await scene.provider.get("/v1/allocations/\(new)/access").code == "forbidden")
            // The provider's next ones are for the new holder alone.
            try await scene.provider.must("PUT", "/v1/allocations/\(new)/access", access.replacing("knock", with: "ring"))
            #expect(try await second.client.get("/v1/allocations/\(new)/access").string("instructions") == "ring")
            #expect(try await scene.provider.send("PUT", "/v1/allocations/\(old)/access", access).status != 200)
        }
    }

    @Test("a batch answers each order in its place")
    func answersBatches() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            func order(_ quantity: Int, _ price: String) -> String {
                "{\"contract\":\"\(APIScene.contract)\",\"side\":\"buy\",\"type\":\"limit\",\"price\":\"\(price)\",\"quantity\":\(quantity),\"time_in_force\":\"gtc\"}"
            }
            let batch = "{\"orders\":[\(order(1, "2.00")),\(order(0, "2.00")),\(order(1, "2.005")),\(order(2, "2.01"))]}"
            let answer = try await scene.buyer.must("POST", "/v1/orders/batch", batch)
            let results = try #require(answer.object["results"] as? [[String: any Sendable]])
            #expect(answer.status == 200 && results.count == 4)
            #expect(results.map { $0["error"] == nil } == [true, false, false, true], "\(answer.text)")
            #expect((results[1]["error"] as? [String: any Sendable])?["code"] as? String == "invalid_request")
            #expect((results[2]["error"] as? [String: any Sendable])?["code"] as? String == "price_off_tick")
            #expect((results[2]["error"] as? [String: any Sendable])?["status"] as? Int == 422)
            #expect(try await scene.buyer.send("POST", "/v1/orders/batch", "{\"orders\":[]}").code == "invalid_request")
            let wrong = try await scene.buyer.send("POST", "/v1/orders/batch", "{\"orders\":[\(order(1, "2.00")),{\"contract\":1}]}")
            #expect(wrong.field == "orders[1].contract")
            let all = try await scene.buyer.must("DELETE", "/v1/orders?contract=\(APIScene.contract)")
            #expect(all.int("cancelled") == 2)
        }
    }

    @Test("an order is amended, cancelled and named by its client's name")
    func amends() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let id = try #require((try await scene.buy(5, at: "1.90").object["order"] as? [String: any Sendable])?["id"] as? String)
            let amended = try await scene.buyer.must("PATCH", "/v1/orders/\(id)", #"{"quantity":4}"#)
            #expect((amended.object["order"] as? [String: any Sendable])?["quantity"] as? Int == 4)
            #expect(try await scene.provider.send("PATCH", "/v1/orders/\(id)", #"{"quantity":3}"#).code == "not_found")
            #expect(try await scene.provider.get("/v1/orders/\(id)").code == "not_found")
            let cancelled = try await scene.buyer.must("DELETE", "/v1/orders/\(id)")
            #expect(cancelled.string("status") == "cancelled" && cancelled.int("remaining_quantity") == 0)
            #expect(try await scene.buyer.send("DELETE", "/v1/orders/\(id)").code == "order_not_open")
            #expect(try await scene.buyer.get("/v1/orders?status=open").data.isEmpty)
            #expect(try await scene.buyer.get("/v1/orders?status=cancelled").data.count == 1)
            // A day later the exchange has forgotten it, and the record has not.
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-25T00:00:00Z"}"#)
            #expect(try await scene.buyer.get("/v1/orders/\(id)").string("status") == "cancelled")
            #expect(try await scene.buyer.get("/v1/orders").data.count == 1)
            #expect(try await scene.buyer.send("DELETE", "/v1/orders/\(id)").code == "order_not_open")
            #expect(try await scene.provider.send("DELETE", "/v1/orders/\(id)").code == "not_found")
            #expect(try await scene.provider.get("/v1/orders/\(id)").code == "not_found")
        }
    }
}
