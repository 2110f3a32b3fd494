import Testing

@Suite struct PublicViewTests {
    @Test("everybody sees the market, and no names in it")
    func showsTheMarket() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let nobody = host.acting(with: nil)
            let empty = try await nobody.get("/v1/market")
            #expect(empty.data.first?["product"] as? String == "H100-SXM.US-IOWA" && empty.text.contains("\"cheapest_run\":null"))
            try await scene.provider.must(
                "POST", "/v1/offers",
                "{\"resource_id\":\"\(scene.resource)\",\"start\":\"2026-11-23T12:00:00Z\",\"end\":\"2026-11-23T16:00:00Z\",\"quantity\":8,\"price\":\"2.00\"}"
            )
            let market = try await nobody.get("/v1/market?quantity=4&duration_hours=2&from=2026-11-23T10:00:00Z&to=2026-11-24T00:00:00Z")
            #expect(market.status == 200 && market.text.contains(#""start":"2026-11-23T12:00:00Z","average_price":"2.0000""#), "\(market.text)")
            #expect(market.data.first?["largest_block"] as? Int == 8 && market.data.first?["best_ask"] as? String == "2.0000")
            #expect(!market.text.contains("par_"))
            let year = try await nobody.get("/v1/market?duration_hours=4&from=2026-11-23T10:00:00Z&to=2027-11-23T10:00:00Z")
            #expect(year.status == 200 && year.data.first?["largest_block"] as? Int == 8, "\(year.text)")
            #expect(year.text.contains(#""start":"2026-11-23T12:00:00Z""#), "\(year.text)")
            for query in ["quantity=0", "duration_hours=8785", "from=2026-11-23T10:00:00Z&to=2027-11-24T11:00:00Z", "duration_hours=9&from=2026-11-23T10:00:00Z&to=2026-11-23T12:00:00Z"] {
                #expect(try await nobody.get("/v1/market?" + query).code == "invalid_request", "\(query)")
            }

            let contract = try await nobody.get("/v1/contracts/\(APIScene.contract)")
            #expect(contract.string("status") == "open" && contract.string("best_ask") == "2.0000", "\(contract.text)")
            #expect(contract.string("gate_closes_at") == "2026-11-23T11:45:00Z")
            let list = try await nobody.get("/v1/contracts?product=H100-SXM.US-IOWA&from=2026-11-23T11:00:00Z&to=2026-11-23T14:00:00Z")
            #expect(list.data.compactMap { $0["symbol"] as? String }.map { $0.suffix(2) } == ["11", "12", "13"], "\(list.text)")
            #expect(try await nobody.get("/v1/contracts?product=NONE").code == "not_found")

            try await host.must("POST", "/v1/contracts/\(APIScene.contract)/halt")
            #expect(try await nobody.get("/v1/contracts/\(APIScene.contract)").string("status") == "halted")
            #expect(try await scene.buy(1, at: "2.00").code == "market_halted")
            try await host.must("POST", "/v1/contracts/\(APIScene.contract)/resume")
            #expect(try await scene.buy(1, at: "2.00").status == 201)
        }
    }

    @Test("the largest block adds up the orders of a resource")
    func addsUpBlocks() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            _ = try await scene.sell(3, at: "2.00")
            _ = try await scene.sell(2, at: "2.10")
            let market = try await host.acting(with: nil).get("/v1/market")
            #expect(market.data.first?["largest_block"] as? Int == 5, "\(market.text)")
            #expect(market.data.first?["best_ask"] as? String == "2.0000")
            #expect(market.data.first?["best_bid"] is String == false)
        }
    }

    @Test("the catalogue is public, whole and by parts")
    func showsTheCatalogue() async throws {
        try await APIBench().run { (host) async throws in
            try await host.catalogue()
            let nobody = host.acting(with: nil)
            let catalogue = try await nobody.get("/v1/catalogue")
            for name in ["zones", "compute_classes", "grades", "products"] {
                let part = try await nobody.get("/v1/" + name)
                #expect(part.status == 200 && part.data.count == 1, "\(part.text)")
                #expect((catalogue.object[name] as? [any Sendable])?.count == 1)
            }
            let computeClass = try await nobody.get("/v1/compute_classes/H100-SXM")
            #expect(computeClass.int("memory_gb") == 80 && computeClass.text.contains(#""bf16":"989.4""#) && computeClass.text.contains(#""fp8":null"#))
            #expect(try await nobody.get("/v1/zones/US-IOWA").text.contains(#""g_per_kwh":"400.5""#))
            #expect(try await nobody.get("/v1/products/H100-SXM.US-IOWA").string("reference_price") == "2.0000")
            for path in ["/v1/zones/X", "/v1/compute_classes/X", "/v1/grades/X", "/v1/products/X"] {
                #expect(try await nobody.get(path).code == "not_found")
            }
        }
    }

    @Test("an identifier is resolved for everybody, and says when its resource is gone")
    func resolves() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let cri = try #require(try await scene.provider.get("/v1/resources/\(scene.resource)").string("cri"))
            let nobody = host.acting(with: nil)
            let found = try await nobody.get("/v1/resolve/\(cri)")
            #expect(found.status == 200 && found.id == scene.resource && found.string("class") == "H100-SXM")
            #expect(try await nobody.get("/v1/resolve/" + cri.filter { $0 != "-" }).status == 200)
            #expect(try await nobody.get("/v1/resolve/CN-EXA001-ZHW-I-H100SX-000001-4Z").status == 404)
            // Every single character put wrong and every pair of neighbours exchanged is found by the check characters.
            let plain = Array(cri.filter { $0 != "-" })
            var wrong: [[Character]] = []
            for place in plain.indices {
                for other in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" where other != plain[place] {
                    wrong.append(plain)
                    wrong[wrong.count - 1][place] = other
                }
                if place + 1 < plain.count, plain[place] != plain[place + 1] {
                    wrong.append(plain)
                    wrong[wrong.count - 1].swapAt(place, place + 1)
                }
            }
            #expect(wrong.count > 900)
            for text in wrong {
                let answer = try await nobody.get("/v1/resolve/" + String(text))
                #expect(answer.status == 404 && answer.text.contains("form or check characters are wrong"), "\(String(text)): \(answer.text)")
            }
            try await scene.provider.must("DELETE", "/v1/resources/\(scene.resource)")
            let gone = try await nobody.get("/v1/resolve/\(cri)")
            #expect(gone.status == 410 && gone.code == "gone")
            #expect(try await scene.provider.get("/v1/resources/\(scene.resource)").string("status") == "retired")
            #expect(try await scene.buyer.get("/v1/resources/\(scene.resource)").code == "not_found")
        }
    }

    @Test("capacity shows certified, out, on offer and sold units hour by hour")
    func showsCapacity() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            _ = try await scene.sell(5, at: "2.00")
            _ = try await scene.buy(2, at: "2.00")
            let outage = try await scene.provider.must(
                "POST", "/v1/resources/\(scene.resource)/outages",
                #"{"start":"2026-11-23T12:00:00Z","end":"2026-11-23T13:00:00Z","units":1,"reason":"maintenance"}"#
            )
            #expect(outage.status == 201)
            let path = "/v1/resources/\(scene.resource)/capacity?from=2026-11-23T12:00:00Z&to=2026-11-23T14:00:00Z"
            let hours = try await scene.provider.get(path).data
            #expect(hours.count == 2)
            #expect(["certified", "outage", "sold", "on_offer", "free"].map { hours[0][$0] as? Int } == [8, 1, 2, 3, 2])
            #expect(["certified", "outage", "sold", "on_offer", "free"].map { hours[1][$0] as? Int } == [8, 0, 0, 0, 8])
            #expect(try await scene.buyer.get(path).code == "not_found")
        }
    }
}
