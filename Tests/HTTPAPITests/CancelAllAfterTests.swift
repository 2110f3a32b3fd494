import HTTPAPI
import Testing

/// `POST /v1/cancel_all_after`.
@Suite struct CancelAllAfterTests {
    @Test("orders of a participant that does not refresh its switch are cancelled when the time has come")
    func fires() async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            let id = try #require((try await scene.buy(1, at: "2.00").object["order"] as? [String: any Sendable])?["id"] as? String)
            let armed = try await scene.buyer.must("POST", "/v1/cancel_all_after", #"{"seconds":30}"#)
            #expect(armed.status == 200 && armed.string("cancel_at") == "2026-11-23T00:00:30Z" && armed.string("now") == "2026-11-23T00:00:00Z")
            try await client.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T00:00:29.999999Z"}"#)
            #expect(try await scene.buyer.get("/v1/orders/\(id)").string("status") == "open")
            try await client.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T00:00:30Z"}"#)
            let order = try await scene.buyer.get("/v1/orders/\(id)")
            #expect(order.string("status") == "cancelled" && order.string("reason") == "cancel_all_after")
            #expect(order.string("closed_at") == "2026-11-23T00:00:30Z")
        }
    }

    @Test("0 disarms, and what is out of bounds or not a trader's is refused")
    func bounds() async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            let off = try await scene.buyer.must("POST", "/v1/cancel_all_after", #"{"seconds":0}"#)
            #expect(off.object["cancel_at"] is String == false && off.text.contains(#""cancel_at":null"#))
            for body in [#"{"seconds":86401}"#, #"{"seconds":-1}"#, #"{"seconds":"x"}"#, "{}", #"{"seconds":1,"x":1}"#] {
                #expect(try await scene.buyer.send("POST", "/v1/cancel_all_after", body).code == "invalid_request", "\(body)")
            }
            #expect(try await scene.meter.send("POST", "/v1/cancel_all_after", #"{"seconds":1}"#).status == 403)
        }
    }
}
