import Testing

@Suite struct EnergyCertificateTests {
    private func body(_ scene: APIScene, number: String = "1", energy: String = "1000") -> String {
        "{\"registry\":\"I-REC\",\"number\":\"\(number)\",\"participant_id\":\"\(scene.providerID)\",\"zone\":\"US-IOWA\",\"energy_kwh\":\"\(energy)\",\"start\":\"2026-11-01T00:00:00Z\",\"end\":\"2026-12-01T00:00:00Z\",\"source\":\"wind\"}"
    }

    @Test("a certificate is registered, seen by its holder, retired once, and shows on the delivery")
    func retiresOnce() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let made = try await host.must("POST", "/v1/energy_certificates", body(scene))
            #expect(made.status == 201 && made.string("status") == "registered" && made.string("energy_kwh") == "1000", "\(made.text)")
            let path = "/v1/energy_certificates/\(made.id)"
            #expect(try await scene.provider.get(path).id == made.id)
            #expect(try await scene.buyer.get(path).code == "not_found")
            let retirement = "{\"resource_id\":\"\(scene.resource)\",\"matching\":\"annual\"}"
            #expect(try await scene.buyer.send("POST", path + "/retire", retirement).code == "forbidden")
            let retired = try await scene.provider.must("POST", path + "/retire", retirement)
            #expect(retired.string("status") == "retired" && retired.string("matching") == "annual", "\(retired.text)")
            let again = try await scene.provider.send("POST", path + "/retire", retirement)
            #expect(again.status == 409 && again.code == "conflict", "\(again.text)")
            #expect(try await scene.provider.get("/v1/energy_certificates?status=retired").data.count == 1)
            #expect(try await scene.provider.get("/v1/energy_certificates?status=registered").data.isEmpty)
            #expect(try await host.get("/v1/energy_certificates").data.count == 1)
            #expect(try await scene.buyer.get("/v1/energy_certificates").data.isEmpty)

            #expect(try await scene.sell(1, at: "2.00").status == 201)
            #expect(try await scene.buy(1, at: "2.00").status == 201)
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T13:00:00Z"}"#)
            try await scene.meter.must(
                "POST", "/v1/meter_reports",
                "{\"resource_id\":\"\(scene.resource)\",\"hour\":\"\(APIScene.hour)\",\"sequence\":1,\"delivered_device_seconds\":3600,\"it_energy_kwh\":\"0.7\"}")
            let delivery = try #require(try await scene.buyer.get("/v1/deliveries").data.first)
            // 0.7 kWh × 1.2 × 400.5 g/kWh.
            #expect(delivery["carbon_location_g"] as? String == "336.42" && delivery["carbon_market_g"] as? String == "0")
            #expect(delivery["it_energy_kwh"] as? String == "0.7")
            #expect((delivery["carbon"] as? [String: any Sendable])?["matched_annual_kwh"] as? String == "0.84")
        }
    }

    @Test("what is wrong is refused, with the field")
    func refuses() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            try await host.must("POST", "/v1/energy_certificates", body(scene))
            #expect(try await host.send("POST", "/v1/energy_certificates", body(scene)).code == "conflict")
            let none = try await host.send("POST", "/v1/energy_certificates", body(scene, number: "2", energy: "0"))
            #expect(none.code == "invalid_request" && none.field == "energy_kwh")
            #expect(try await scene.provider.send("POST", "/v1/energy_certificates", body(scene, number: "2")).code == "forbidden")
            #expect(try await host.send("POST", "/v1/energy_certificates/eac_000009/retire", #"{"resource_id":"res_000001","matching":"annual"}"#).code == "not_found")
            let word = try await host.send("POST", "/v1/energy_certificates/eac_000001/retire", #"{"resource_id":"res_000001","matching":"weekly"}"#)
            #expect(word.code == "invalid_request" && word.field == "matching")
            #expect(try await host.get("/v1/energy_certificates?status=open").field == "status")
        }
    }
}
