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
