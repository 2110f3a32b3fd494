import Testing

@Suite struct FeeRouteTests {
    private static let product = "/v1/products/H100-SXM.US-IOWA"

    @Test("schedules are posted, public, and named by each fill")
    func fees() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let nobody = host.acting(with: nil)
            let first = try await nobody.get("\(Self.product)/fees")
            #expect(first.int("current_version") == 1 && first.text.contains(#""min_delivered_hours":0,"maker_fee_bps":0,"taker_fee_bps":100"#), "\(first.text)")
            let posted = try await host.must(
                "POST", "\(Self.product)/fees", #"{"tiers":[{"min_delivered_hours":0,"maker_fee_bps":-10,"taker_fee_bps":20}]}"#)
            #expect(posted.status == 201 && posted.int("version") == 2 && posted.string("effective_from") == "2026-11-23T00:00:00Z")
            _ = try await scene.sell(1, at: "2.00")
            let bought = try await scene.buy(1, at: "2.00")
            #expect(bought.text.contains(#""fee":"0.004000","liquidity":"taker","fee_version":2"#), "\(bought.text)")
            let own = try await scene.provider.get("/v1/trades")
            #expect(own.data.first?["fee"] as? String == "-0.002000" && own.data.first?["fee_version"] as? Int == 2, "\(own.text)")
            let tiers = try await scene.buyer.get("/v1/fees")
            #expect(tiers.data.first?["taker_fee_bps"] as? Int == 20 && tiers.data.first?["delivered_hours"] as? Int == 0, "\(tiers.text)")
            #expect(try await host.get("/v1/audit_log?action=post_fees").data.count == 1)
        }
    }

    @Test("bad schedules name their field")
    func refusals() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            for (body, field) in [
                (#"{"tiers":[]}"#, "tiers"), (#"{}"#, "tiers"), (#"{"tiers":[{"min_delivered_hours":0,"maker_fee_bps":-10,"taker_fee_bps":9}]}"#, "tiers"),
                (#"{"tiers":[{"min_delivered_hours":0,"maker_fee_bps":9000,"taker_fee_bps":9}]}"#, "tiers[0].maker_fee_bps"),
                (#"{"tiers":[{"min_delivered_hours":5,"maker_fee_bps":0,"taker_fee_bps":9}]}"#, "tiers[0].min_delivered_hours"),
                (#"{"effective_from":"2020-01-01T00:00:00Z","tiers":[{"min_delivered_hours":0,"maker_fee_bps":0,"taker_fee_bps":9}]}"#, "effective_from"),
            ] {
                let answer = try await host.send("POST", "\(Self.product)/fees", body)
                #expect(answer.code == "invalid_request" && answer.field == field, "\(body): \(answer.text)")
            }
            let body = #"{"tiers":[{"min_delivered_hours":0,"maker_fee_bps":0,"taker_fee_bps":9}]}"#
            #expect(try await scene.buyer.send("POST", "\(Self.product)/fees", body).code == "forbidden")
            #expect(try await host.send("POST", "/v1/products/NONE.X/fees", body).code == "not_found")
            #expect(try await host.get("/v1/products/NONE.X/fees").code == "not_found")
            #expect(try await host.acting(with: nil).get("/v1/fees").code == "unauthenticated")
        }
    }

    @Test("bands are public, an operator overrides them on record, and an interruption shows")
    func bands() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let nobody = host.acting(with: nil)
            #expect(try await nobody.get("\(Self.product)/bands").text.contains(#"{"hour_of_day":12,"reference_price":"2.0000","floor_price":"1.0000","ceiling_price":"3.0000","target_price":"2.0000"}"#))
            try await host.must("POST", "\(Self.product)/bands", #"{"reference_price":"4.00","hour_of_day":12,"reason":"supply shock"}"#)
            let contract = try await nobody.get("/v1/contracts/\(APIScene.contract)")
            #expect(contract.string("reference_price") == "4.0000" && contract.string("ceiling_price") == "6.0000", "\(contract.text)")
            #expect(try await host.get("/v1/audit_log?action=override_band").text.contains("supply shock"))
            _ = try await scene.sell(1, at: "6.00")
            #expect(try await scene.buy(1, at: "6.00").status == 201)
            #expect(try await scene.buy(1, at: "6.00").code == "market_halted")
            let halted = try await nobody.get("/v1/contracts/\(APIScene.contract)")
            #expect(halted.string("status") == "halted" && halted.string("interrupted_until") == "2026-11-23T00:05:00Z", "\(halted.text)")
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T00:05:00Z"}"#)
            #expect(try await nobody.get("/v1/contracts/\(APIScene.contract)").string("status") == "open")
            for (body, code) in [
                (#"{"reference_price":"4.00"}"#, "invalid_request"), (#"{"reference_price":"4.001","reason":"x"}"#, "price_off_tick"),
                (#"{"reference_price":"4.00","hour_of_day":24,"reason":"x"}"#, "invalid_request"),
            ] {
                #expect(try await host.send("POST", "\(Self.product)/bands", body).code == code, "\(body)")
            }
            #expect(try await scene.buyer.send("POST", "\(Self.product)/bands", #"{"reference_price":"4.00","reason":"x"}"#).code == "forbidden")
        }
    }
}
