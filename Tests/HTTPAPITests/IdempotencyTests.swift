import HTTPTypes
import Testing

@Suite struct IdempotencyTests {
    @Test("a repeat gets the first answer and does nothing")
    func repeats() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let first = try await scene.buy(1, at: "2.00", headers: ["Idempotency-Key": "k1"])
            let again = try await scene.buy(1, at: "2.00", headers: ["Idempotency-Key": "k1"])
            #expect(first.status == 201 && first.headers[.replayed] == nil)
            #expect(again.status == 201 && again.headers[.replayed] == "true" && again.text == first.text)
            #expect(try await scene.buyer.get("/v1/orders").data.count == 1)
            let other = try await scene.buy(2, at: "2.00", headers: ["Idempotency-Key": "k1"])
            #expect(other.status == 422 && other.code == "idempotency_mismatch")
        }
    }

    @Test("a refusal of the exchange is repeated, one of the edge is not kept")
    func repeatsRefusals() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let first = try await scene.buy(1, at: "9.00", headers: ["Idempotency-Key": "k"])
            let again = try await scene.buy(1, at: "9.00", headers: ["Idempotency-Key": "k"])
            #expect(first.code == "outside_price_band" && again.code == first.code && again.headers[.replayed] == "true")
            #expect(try await scene.buy(0, at: "2.00", headers: ["Idempotency-Key": "e"]).code == "invalid_request")
            #expect(try await scene.buy(1, at: "2.00", headers: ["Idempotency-Key": "e"]).status == 201)
        }
    }

    @Test("a key is one participant's, for one method and one path")
    func isBound() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let key = ["Idempotency-Key": "same"]
            #expect(try await scene.buy(1, at: "2.00", headers: key).status == 201)
            #expect(try await scene.provider.send("DELETE", "/v1/orders", headers: key).headers[.replayed] == nil)
            #expect(try await scene.buyer.send("DELETE", "/v1/orders", headers: key).headers[.replayed] == nil)
            let mismatch = try await scene.buyer.send("DELETE", "/v1/orders?contract=\(APIScene.contract)", headers: key)
            #expect(mismatch.code == "idempotency_mismatch")
        }
    }

    @Test("a repeated key creation shows no key")
    func hidesKeys() async throws {
        try await APIBench().run { (host) async throws in
            let id = try await host.must("POST", "/v1/participants", #"{"name":"P","roles":["consumer"]}"#).id
            let headers = ["Idempotency-Key": "make"]
            let first = try await host.send("POST", "/v1/participants/\(id)/api_keys", #"{"label":"k"}"#, headers: headers)
            let again = try await host.send("POST", "/v1/participants/\(id)/api_keys", #"{"label":"k"}"#, headers: headers)
            #expect(first.string("key") != nil && again.text.contains("\"key\":null") && again.id == first.id)
            #expect(again.status == 201 && again.headers[.replayed] == "true")
        }
    }

    @Test("a key is 1 to 255 ASCII characters without control characters", arguments: ["", "a\tb", "é", String(repeating: "k", count: 256)])
    func refuses(_ key: String) async throws {
        try await APIBench().run { (host) async throws in
            let answer = try await host.send("POST", "/v1/halt", headers: ["Idempotency-Key": key])
            #expect(answer.code == "invalid_request" && answer.field == "Idempotency-Key")
            #expect(try await host.send("POST", "/v1/halt", headers: ["Idempotency-Key": String(repeating: "k", count: 255)]).status == 200)
            #expect(try await host.send("POST", "/v1/halt", headers: ["Idempotency-Key": "order 17, again"]).status == 200)
        }
    }
}
