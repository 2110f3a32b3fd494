import Testing

@Suite("Registry over HTTP")
struct RegistryRouteTests {
    @Test("legal data is checked, verified and replaced; blocked buyers are the provider's own")
    func parties() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let path = "/v1/participants/\(scene.buyerID)"
            #expect(try await host.send("POST", path + "/verify", #"{"valid_until":"2027-01-01T00:00:00Z"}"#).code == "conflict")
            let wrong = #"{"name":"N","country":"CN","scheme":"USCC","id":"91350100M000100Y44"}"#
            #expect(try await host.send("PUT", path + "/legal", wrong).field == "id")
            #expect(try await host.send("POST", "/v1/participants", "{\"name\":\"N\",\"roles\":[\"consumer\"],\"legal\":\(wrong)}").field == "legal.id")
            let legal = #"{"name":"N","country":"CN","scheme":"USCC","id":"91350100M000100Y43"}"#
            #expect(try await host.must("PUT", path + "/legal", legal).text.contains("91350100M000100Y43"))
            let verified = try await host.must("POST", path + "/verify", #"{"valid_until":"2027-01-01T00:00:00Z","reference":"file 1"}"#)
            #expect(verified.text.contains(#""verification":{"valid_until":"2027-01-01T00:00:00Z","reference":"file 1"}"#), "\(verified.text)")
            #expect(try await host.send("POST", path + "/verify", #"{"valid_until":"2020-01-01T00:00:00Z"}"#).field == "valid_until")
            #expect(try await scene.buyer.send("POST", path + "/verify", #"{"valid_until":"2027-01-01T00:00:00Z"}"#).code == "forbidden")
            #expect(try await host.send("PUT", "/v1/participants/par_0000ZZ/legal", legal).code == "not_found")

            let list = "/v1/participants/\(scene.providerID)/blocked_buyers"
            let body = "{\"buyers\":[\"\(scene.buyerID)\"]}"
            #expect(try await scene.provider.must("PUT", list, body).text.contains(scene.buyerID))
            #expect(try await scene.provider.get(list).text.contains(scene.buyerID))
            #expect(try await scene.buyer.get(list).code == "not_found")
            #expect(try await scene.buyer.send("PUT", list, body).code == "forbidden")
            #expect(try await scene.provider.send("PUT", list, #"{"buyers":["par_0000ZZ"]}"#).field == "buyers")
            _ = try await scene.sell(4, at: "2.00")
            let refused = try await scene.buy(1, at: "2.00")
            #expect(refused.status == 422 && refused.code == "buyer_not_eligible")
            try await scene.provider.must("PUT", list, #"{"buyers":[]}"#)
            #expect(try await scene.buy(1, at: "2.00").status == 201)
        }
    }

    @Test("an outage answers what it breaks; maintenance over sold hours is a conflict")
    func outages() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            _ = try await scene.sell(6, at: "2.00")
            _ = try await scene.buy(6, at: "2.00")
            let path = "/v1/resources/\(scene.resource)/outages"
            let hours = #""start":"2026-11-23T12:00:00Z","end":"2026-11-23T14:00:00Z""#
            let planned = try await scene.provider.send("POST", path, "{\(hours),\"units\":4,\"reason\":\"works\",\"kind\":\"maintenance\"}")
            #expect(planned.status == 409 && planned.code == "conflict", "\(planned.text)")
            let outage = try await scene.provider.must("POST", path, "{\(hours),\"units\":4,\"reason\":\"fire\"}")
            #expect(outage.int("breaks_total") == 1 && outage.text.contains(#""quantity":6,"missing":2"#), "\(outage.text)")
            #expect(outage.text.contains("\"contract\":\"\(APIScene.contract)\""))
            #expect(try await scene.provider.send("POST", path, "{\(hours),\"units\":4,\"reason\":\"x\",\"kind\":\"y\"}").field == "kind")
        }
    }

    @Test("what was certified and what was declared away comes out again, page by page, for the owner and overseers")
    func evidence() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let path = "/v1/resources/\(scene.resource)"
            let certified = #"{"units":6,"valid_from":"2026-11-23T12:00:00Z","valid_until":"2026-11-24T00:00:00Z","acceptance":{"gemm_tflops":"700.5"}}"#
            try await host.must("POST", path + "/certify", certified)
            let issued = try await scene.provider.get(path + "/certifications")
            #expect(issued.data.map { $0["units"] as? Int } == [8, 6] && issued.text.contains(#""gemm_tflops":"700.5""#), "\(issued.text)")
            #expect(issued.data.allSatisfy { $0["resource_id"] as? String == scene.resource })
            #expect(issued.data.map { $0["meter_id"] is String } == [true, false])
            let first = try await host.get(path + "/certifications?limit=1")
            #expect(first.data.count == 1)
            let second = try await host.get(path + "/certifications?limit=1&cursor=\(first.string("next_cursor") ?? "")")
            #expect(second.data.map { $0["units"] as? Int } == [6] && second.string("next_cursor") == nil)

            #expect(try await scene.provider.get(path + "/outages").data.isEmpty)
            _ = try await scene.sell(6, at: "2.00")
            _ = try await scene.buy(6, at: "2.00")
            for (reason, hour) in [("fire", 12), ("flood", 14)] {
                let body = "{\"start\":\"2026-11-23T\(hour):00:00Z\",\"end\":\"2026-11-23T\(hour + 1):00:00Z\",\"units\":4,\"reason\":\"\(reason)\"}"
                try await scene.provider.must("POST", path + "/outages", body)
            }
            for reader in [scene.provider, host] {
                let outages = try await reader.get(path + "/outages")
                #expect(outages.data.map { $0["reason"] as? String } == ["fire", "flood"])
                #expect(outages.data.map { $0["breaks_total"] as? Int } == [1, 0], "\(outages.text)")
                #expect(outages.text.contains(#""quantity":6,"missing":4"#), "\(outages.text)")
            }
            let page = try await host.get(path + "/outages?limit=1")
            #expect(page.data.count == 1)
            #expect(try await host.get(path + "/outages?limit=1&cursor=\(page.string("next_cursor") ?? "")").data.count == 1)
            for list in ["/certifications", "/outages"] {
                // A resource is its owner's: nobody else learns that it is there.
                for other in [scene.buyer, scene.meter] { #expect(try await other.get(path + list).code == "not_found") }
                #expect(try await host.acting(with: nil).get(path + list).status == 401)
                #expect(try await host.get("/v1/resources/res_0000ZZ" + list).code == "not_found")
                #expect(try await host.get(path + list + "?cursor=x").field == "cursor")
            }
        }
    }

    @Test("units of a class with a floor are certified by measurement, and no figure is more than 1.05 x its rating")
    func acceptance() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            // Half of what is rated.
            let floored = #"{"code":"H100-SXM","vendor":"NVIDIA","model":"H100 SXM","tflops":{"bf16":"1000"},"abi":"cuda","acceptance_floor":{"gemm_tflops":"500"}}"#
            #expect(try await host.must("PUT", "/v1/compute_classes/H100-SXM", floored).text.contains(#""acceptance_floor":{"gemm_tflops":"500""#))
            func certify(_ acceptance: String) async throws -> APIAnswer {
                try await host.send(
                    "POST", "/v1/resources/\(scene.resource)/certify",
                    "{\"units\":8,\"valid_from\":\"2026-11-24T00:00:00Z\",\"valid_until\":\"2026-11-25T00:00:00Z\"\(acceptance)}")
            }
            for (acceptance, detail) in [
                ("", "certified by measurement"), (#","acceptance":{"memory_gb_s":"3000"}"#, "certified by measurement"),
                (#","acceptance":{"gemm_tflops":"499.999999"}"#, "below the floor of H100-SXM"),
                (#","acceptance":{"gemm_tflops":"1050.000001"}"#, "1.05 x"),
            ] {
                let refused = try await certify(acceptance)
                #expect(refused.code == "invalid_request" && refused.field == "acceptance.gemm_tflops", "\(refused.text)")
                #expect(refused.text.contains(detail), "\(refused.text)")
            }
            for measured in ["500", "1050"] {
                #expect(try await certify(",\"acceptance\":{\"gemm_tflops\":\"\(measured)\"}").status == 200, "\(measured)")
            }
            #expect(try await host.get("/v1/resources/\(scene.resource)/certifications").data.count == 3)
        }
    }

    @Test("a quote lists each product or resource once, with everything that stands against it")
    func reasons() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            _ = try await scene.sell(4, at: "2.00")
            let quote = try await scene.buyer.send(
                "POST", "/v1/quotes",
                #"{"requirements":{"max_pue":"1.1","isolation":"bare_metal"},"earliest_start":"2026-11-23T12:00:00Z","latest_end":"2026-11-23T13:00:00Z","duration_hours":1,"quantity":4,"limit_price":"2.50","fill":"whole"}"#)
            #expect(quote.text.contains(
                #""reason":"pue_too_high","detail":"a PUE of at most 1.1 wanted, 1.2","reasons":[{"reason":"pue_too_high","detail":"a PUE of at most 1.1 wanted, 1.2"},{"reason":"isolation_too_weak","detail":"isolation bare_metal wanted, unknown"}]"#
            ), "\(quote.text)")
        }
    }

    @Test("refusals name the field of the list's entry and the rule")
    func evidenceRefusals() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            func refused(_ site: String) async throws -> APIAnswer {
                try await scene.provider.send("POST", "/v1/resources", "{\"class\":\"H100-SXM\",\"zone\":\"US-IOWA\",\"units\":8,\"site\":{\"name\":\"S\",\(site)}}")
            }
            let pue = try await refused(#""pue":"0.9""#)
            #expect(pue.field == "site.pue" && pue.text.contains("ISO/IEC 30134-2"), "\(pue.text)")
            let good = #"{"scheme":"GB 50174","expires_at":"2027-01-01T00:00:00Z"}"#
            let certificate = try await refused("\"certificates\":[\(good),{\"scheme\":\"\",\"expires_at\":\"2027-01-01T00:00:00Z\"}]")
            #expect(certificate.field == "site.certificates[1].scheme", "\(certificate.text)")
            for (id, scheme, rule) in [("91350100M000100Y44", "USCC", "GB 32100"), ("5493001KJTIIGC8Y1R13", "LEI", "ISO 17442")] {
                let legal = try await host.send(
                    "PUT", "/v1/participants/\(scene.buyerID)/legal", "{\"name\":\"N\",\"country\":\"CN\",\"scheme\":\"\(scheme)\",\"id\":\"\(id)\"}")
                #expect(legal.field == "id" && legal.text.contains(rule), "\(legal.text)")
            }
        }
    }

    @Test("a site's figures and certificates are renewed under the same identifier, by its field where they cannot be")
    func renewal() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let path = "/v1/resources/\(scene.resource)"
            let cri = try #require(try await scene.provider.get(path).string("cri"))
            let site = #"{"name":"Site","pue":"1.25","certificates":[{"scheme":"GB 50174","expires_at":"2029-01-01T00:00:00Z"}]}"#
            let renewed = try await scene.provider.must("PUT", path + "/site", site)
            #expect(renewed.string("cri") == cri && renewed.string("facility_grade") == "G2" && renewed.text.contains("2029-01-01"), "\(renewed.text)")
            #expect(try await host.must("PUT", path + "/site", #"{"name":"Site","pue":"1.2"}"#).string("facility_grade") == "G1")
            #expect(try await scene.provider.get(path).text.contains(#""certificates":null"#))
            for (body, field) in [
                (#"{"name":"Site","pue":"0.9"}"#, "pue"), (#"{"name":"Other"}"#, "name"), (#"{"name":"Site","code":"ZZZ"}"#, "code"), ("{}", "name"),
                (#"{"name":"Site","maintenance":[{"start":"2026-11-24T00:00:00Z","end":"2026-11-24T04:00:00Z"}]}"#, "maintenance"),
            ] {
                let refused = try await scene.provider.send("PUT", path + "/site", body)
                #expect(refused.code == "invalid_request" && refused.field == field, "\(refused.text)")
            }
            #expect(try await scene.buyer.send("PUT", path + "/site", site).code == "forbidden")
            #expect(try await scene.provider.send("PUT", "/v1/resources/res_0000ZZ/site", site).code == "not_found")
        }
    }

    @Test("hardware that is changed gets another identifier; the old one is gone for ever and says what took its place")
    func replacement() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let cri = try #require(try await scene.provider.get("/v1/resources/\(scene.resource)").string("cri"))
            let new = try await scene.provider.must(
                "POST", "/v1/resources",
                "{\"class\":\"H100-SXM\",\"zone\":\"US-IOWA\",\"units\":8,\"kind\":\"S\",\"replaces\":\"\(scene.resource)\",\"site\":{\"name\":\"Site\",\"power_kw\":\"1200\",\"maintenance\":[{\"start\":\"2026-11-24T00:00:00Z\",\"end\":\"2026-11-24T04:00:00Z\"}]}}")
            let successor = try #require(new.string("cri"))
            #expect(successor != cri && successor.contains("-S-"))
            let gone = try await host.get("/v1/resolve/\(cri)")
            #expect(gone.status == 410 && gone.text.contains(successor), "\(gone.text)")
            #expect(try await host.get("/v1/resolve/\(successor)").status == 200)
            #expect(try await scene.provider.send("POST", "/v1/resources", "{\"class\":\"H100-SXM\",\"zone\":\"US-IOWA\",\"units\":8,\"replaces\":\"\(scene.resource)\"}").code == "conflict")
            #expect(try await scene.provider.send("POST", "/v1/resources", #"{"class":"H100-SXM","zone":"US-IOWA","units":8,"kind":"X"}"#).field == "kind")
        }
    }
}
