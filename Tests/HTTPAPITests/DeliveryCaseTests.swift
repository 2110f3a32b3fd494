import Cryptography
import HTTPAPI
import Testing

/// Disputes, corrections, hours given up, moves and signed reports over HTTP.
@Suite struct DeliveryCaseTests {
    /// Three units sold at 2.10, the hour over; reported where told so.
    private func delivered(_ host: APIClient, reported: Int? = 7_200) async throws -> (scene: APIScene, delivery: String, allocation: String) {
        let scene = try await APIScene(host)
        _ = try await scene.sell(8, at: "2.10")
        _ = try await scene.buy(3, at: "2.10")
        try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T13:00:00Z"}"#)
        if let reported { try await scene.meter.must("POST", "/v1/meter_reports", report(scene, reported)) }
        let delivery = try #require(try await scene.buyer.get("/v1/deliveries").data.first)
        return (scene, delivery["id"] as? String ?? "", delivery["allocation_id"] as? String ?? "")
    }

    private func report(_ scene: APIScene, _ seconds: Int, sequence: Int = 1, previous: String? = nil, more: String = "") -> String {
        let hash = previous.map { "\"\($0)\"" } ?? "null"
        return "{\"resource_id\":\"\(scene.resource)\",\"hour\":\"\(APIScene.hour)\",\"sequence\":\(sequence),\"previous_hash\":\(hash),\"delivered_device_seconds\":\(seconds),\"it_energy_kwh\":\"1.4\"\(more)}"
    }

    @Test("a delivery is disputed, decided and corrected")
    func disputes() async throws {
        try await APIBench().run { (host) async throws in
            let (scene, delivery, _) = try await delivered(host)
            let path = "/v1/deliveries/\(delivery)/disputes"
            #expect(try await scene.buyer.send("POST", path, #"{"reason":""}"#).field == "reason")
            #expect(try await scene.buyer.send("POST", path, #"{"reason":"x","claimed_device_seconds":10801}"#).field == "claimed_device_seconds")
            #expect(try await scene.buyer.send("POST", path, #"{"reason":"x","colour":1}"#).field == "colour")
            #expect(try await scene.meter.send("POST", path, #"{"reason":"x"}"#).code == "forbidden")
            let dispute = try await scene.buyer.must("POST", path, #"{"reason":"no answer","claimed_device_seconds":3600}"#)
            #expect(dispute.status == 201 && dispute.string("status") == "open" && dispute.string("decide_by") == "2026-11-26T13:00:00Z", "\(dispute.text)")
            #expect(try await scene.buyer.send("POST", path, #"{"reason":"again"}"#).code == "conflict")
            #expect(try await scene.buyer.get("/v1/deliveries/\(delivery)").string("outcome") == "disputed")
            #expect(try await host.get("/v1/disputes?status=open").data.count == 1)
            #expect(try await host.get("/v1/disputes?status=odd").field == "status")
            #expect(try await scene.provider.get("/v1/disputes").data.count == 1)
            #expect(try await scene.meter.get("/v1/disputes").data.isEmpty)
            #expect(try await scene.meter.get("/v1/disputes/\(dispute.id)").code == "not_found")
            #expect(try await scene.provider.get("/v1/disputes/\(dispute.id)").string("reason") == "no answer")

            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T16:00:00Z"}"#)
            let decide = "/v1/disputes/\(dispute.id)/decide"
            #expect(try await scene.buyer.send("POST", decide, #"{"delivered_device_seconds":3600,"fault":"provider","reason":"log"}"#).code == "forbidden")
            #expect(try await host.send("POST", decide, #"{"delivered_device_seconds":3600,"fault":"nobody","reason":"log"}"#).field == "fault")
            #expect(try await host.send("POST", decide, #"{"delivered_device_seconds":3600,"fault":"provider"}"#).field == "reason")
            let decided = try await host.must("POST", decide, #"{"delivered_device_seconds":3600,"fault":"provider","reason":"log"}"#)
            #expect(decided.string("status") == "decided")
            let settled = try await scene.buyer.get("/v1/deliveries/\(delivery)")
            #expect(settled.string("status") == "settled" && settled.string("fault") == "provider" && settled.int("delivered_device_seconds") == 3_600)

            let correct = "/v1/deliveries/\(delivery)/corrections"
            let body = #"{"delivered_device_seconds":10800,"reference":"case 1","reason":"all was there"}"#
            #expect(try await scene.provider.send("POST", correct, body).code == "forbidden")
            let correction = try await host.must("POST", correct, body)
            #expect(correction.status == 201 && correction.string("unposted") == "0.000000" && correction.string("to_outcome") == "delivered", "\(correction.text)")
            #expect(try await host.send("POST", correct, body).code == "conflict")
            let seen = try await scene.provider.get("/v1/corrections?delivery_id=\(delivery)")
            #expect(seen.data.count == 1 && !seen.text.contains(scene.buyerID + "\",\"due"), "\(seen.text)")
            #expect(try await scene.meter.get("/v1/corrections").data.isEmpty)
            #expect(try await host.get("/v1/ledger/trial_balance").text.contains("\"balanced\":true"))
        }
    }

    @Test("a provider declines ahead; only it can, and a bid's usable share comes with the allocation")
    func declines() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            try await scene.provider.must(
                "POST", "/v1/offers",
                "{\"resource_id\":\"\(scene.resource)\",\"start\":\"2026-11-25T12:00:00Z\",\"end\":\"2026-11-25T16:00:00Z\",\"quantity\":8,\"price\":\"2.00\"}"
            )
            let bid = try await scene.buyer.must(
                "POST", "/v1/bids",
                #"{"requirements":{},"earliest_start":"2026-11-25T12:00:00Z","latest_end":"2026-11-25T16:00:00Z","duration_hours":4,"quantity":4,"limit_price":"2.50","fill":"whole","usable_share":"0.9"}"#)
            let allocation = "/v1/allocations/\(try #require(bid.string("allocation_id")))"
            let seen = try await scene.buyer.get(allocation)
            #expect(seen.string("usable_share") == "0.9" && seen.string("access_due_at") == "2026-11-25T11:45:00Z", "\(seen.text)")
            let body = #"{"from":"2026-11-25T14:00:00Z","reason":"cooling"}"#
            #expect(try await scene.buyer.send("POST", allocation + "/decline", body).code == "forbidden")
            #expect(try await scene.provider.send("POST", allocation + "/decline", #"{"from":"2026-11-25T14:30:00Z","reason":"x"}"#).field == "from")
            #expect(try await scene.buyer.send("POST", allocation + "/terminate").code == "conflict")
            let declined = try await scene.provider.must("POST", allocation + "/decline", body)
            #expect(declined.text.contains("\"kind\":\"declined\""), "\(declined.text)")
            #expect(try await scene.buyer.get("/v1/deliveries").data.compactMap { $0["outcome"] as? String } == ["declined", "declined"])
            #expect(try await scene.provider.send("POST", allocation + "/decline", body).code == "conflict")
            #expect(try await scene.provider.send("POST", "/v1/allocations/alc_999999/decline", body).code == "not_found")
        }
    }

    @Test("a meter's signature is verified against its registered keys; reports are replaced in the chain")
    func signs() async throws {
        try await APIBench().run { (host) async throws in
            let (scene, delivery, _) = try await delivered(host, reported: nil)
            let meter = try #require(try await host.get("/v1/participants").data.first { $0["name"] as? String == "Meter" }?["id"] as? String)
            let key = try #require(SigningKey(seed: [UInt8](repeating: 7, count: 32)))
            let keys = "/v1/participants/\(meter)/signing_keys"
            let body = "{\"public_key\":\"\(Hexadecimal.text(key.verifyingKey.bytes))\",\"label\":\"one\"}"
            #expect(try await scene.meter.send("POST", keys, body).code == "forbidden")
            #expect(try await host.send("POST", keys, #"{"public_key":"00"}"#).field == "public_key")
            let added = try await host.must("POST", keys, body)
            #expect(added.status == 201 && added.string("label") == "one", "\(added.text)")
            #expect(try await host.send("POST", keys, body).code == "conflict")
            #expect(try await scene.meter.get(keys).data.count == 1)
            #expect(try await scene.buyer.get(keys).code == "not_found")

            // The text that is signed is the canonical JSON without the signature.
            func signed(_ text: String, with key: SigningKey) throws -> String {
                let document = try JSONDocument(parsing: Array(text.utf8))
                let canonical = try #require(CanonicalJSON.text(of: document, node: 0, leavingOut: "signature"))
                return ",\"signature\":\"\(Hexadecimal.text(key.signature(of: canonical)))\""
            }
            let plain = report(scene, 10_800)
            #expect(try await scene.meter.send("POST", "/v1/meter_reports", plain).field == "signature")
            let forged = try signed(plain, with: SigningKey())
            #expect(try await scene.meter.send("POST", "/v1/meter_reports", report(scene, 10_800, more: forged)).field == "signature")
            let other = try signed(report(scene, 10_799), with: key)
            #expect(try await scene.meter.send("POST", "/v1/meter_reports", report(scene, 10_800, more: other)).field == "signature")
            let first = try await scene.meter.must("POST", "/v1/meter_reports", report(scene, 10_800, more: try signed(plain, with: key)))
            #expect(first.string("signing_key_id") == added.id, "\(first.text)")

            let next = report(scene, 3_600, sequence: 2, previous: first.string("hash"), more: ",\"replaces\":1")
            let batch = "{\"reports\":[\(next.dropLast())\(try signed(next, with: key))}]}"
            let results = try await scene.meter.must("POST", "/v1/meter_reports/batch", batch)
            #expect(!results.text.contains("\"code\""), "\(results.text)")
            #expect(try await scene.buyer.get("/v1/deliveries/\(delivery)").int("delivered_device_seconds") == 3_600)

            try await host.must("DELETE", "/v1/signing_keys/\(added.id)")
            let policy = "/v1/participants/\(meter)/signing_policy"
            #expect(try await scene.meter.get(policy).object["signatures_required"] as? Int == 0)
            try await host.must("PUT", policy, #"{"signatures_required":true}"#)
            #expect(try await scene.meter.send("PUT", policy, #"{"signatures_required":false}"#).code == "forbidden")
            let last = report(scene, 0, sequence: 3, previous: String(repeating: "0", count: 64), more: ",\"replaces\":2")
            #expect(try await scene.meter.send("POST", "/v1/meter_reports", last).code == "forbidden")
            #expect(try await host.send("DELETE", "/v1/signing_keys/sgk_999999").code == "not_found")
        }
    }

    @Test("a delivery moves to another resource when its holder consents")
    func moves() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let other = try await scene.provider.must(
                "POST", "/v1/resources", #"{"class":"H100-SXM","zone":"US-IOWA","units":2,"site":{"name":"Site","pue":"1.2"}}"#).id
            let certification = #"{"units":2,"valid_from":"2026-11-23T00:00:00Z","valid_until":"2026-12-23T00:00:00Z"}"#
            _ = try await scene.sell(8, at: "2.10")
            _ = try await scene.buy(2, at: "2.10")
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T11:50:00Z"}"#)
            let delivery = try #require(try await scene.buyer.get("/v1/deliveries").data.first?["id"] as? String)
            let path = "/v1/deliveries/\(delivery)/moves"
            let body = "{\"resource_id\":\"\(other)\",\"reason\":\"works\"}"
            #expect(try await scene.provider.send("POST", path, body).code == "insufficient_capacity")
            try await host.must("POST", "/v1/resources/\(other)/certify", certification)
            #expect(try await scene.buyer.send("POST", path, body).code == "forbidden")
            #expect(try await scene.provider.send("POST", path, #"{"resource_id":"res_999999"}"#).code == "unknown_resource")
            #expect(try await scene.provider.send("POST", path, "{\"resource_id\":\"\(scene.resource)\"}").code == "conflict")
            let first = try await scene.provider.must("POST", path, body)
            let move = try await scene.provider.must("POST", path, body)
            #expect(try await scene.buyer.get("/v1/moves/\(first.id)").string("status") == "lapsed")
            #expect(try await scene.buyer.send("POST", "/v1/moves/\(first.id)/accept").code == "conflict")
            #expect(try await scene.provider.send("POST", "/v1/moves/\(move.id)/accept").code == "not_found")
            #expect(try await scene.buyer.must("POST", "/v1/moves/\(move.id)/accept").string("status") == "accepted")
            #expect(try await scene.buyer.get("/v1/deliveries/\(delivery)").string("resource_id") == other)
            #expect(try await scene.buyer.get("/v1/moves?delivery_id=\(delivery)").data.count == 2)
            #expect(try await scene.meter.get("/v1/moves").data.isEmpty)
            let capacity = try await scene.provider.get("/v1/resources/\(other)/capacity?from=2026-11-23T12:00:00Z&to=2026-11-23T13:00:00Z")
            #expect(capacity.data.first?["sold"] as? Int == 2, "\(capacity.text)")
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T12:00:00Z"}"#)
            #expect(try await scene.provider.send("POST", path, "{\"resource_id\":\"\(scene.resource)\"}").code == "conflict")
        }
    }

    @Test("both sides of an allocation see each other's contact, nobody else does")
    func contacts() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            #expect(try await scene.provider.get("/v1/contact").code == "not_found")
            #expect(try await scene.meter.send("PUT", "/v1/contact", #"{"email":"m@example.com"}"#).code == "forbidden")
            #expect(try await scene.provider.send("PUT", "/v1/contact", "{}").code == "invalid_request")
            #expect(try await scene.provider.send("PUT", "/v1/contact", #"{"email":"a\u0000"}"#).code == "invalid_request")
            try await scene.provider.must("PUT", "/v1/contact", #"{"email":"desk@example.com","phone":"+1 555"}"#)
            #expect(try await scene.provider.get("/v1/contact").string("email") == "desk@example.com")
            _ = try await scene.sell(8, at: "2.10")
            _ = try await scene.buy(3, at: "2.10")
            let id = try #require(try await scene.buyer.get("/v1/allocations").data.first?["id"] as? String)
            let seen = try await scene.buyer.get("/v1/allocations/\(id)")
            #expect(seen.text.contains("desk@example.com") && seen.text.contains("\"name\":\"Provider\""), "\(seen.text)")
            let provided = try await scene.provider.get("/v1/allocations/\(id)")
            #expect(provided.text.contains("\"name\":\"Buyer\",\"contact\":null"), "\(provided.text)")
            #expect(try await host.get("/v1/allocations/\(id)").text.contains("contacts") == false)
        }
    }

    @Test("a provider's reliability is there for everybody; a bid asks for it")
    func reliability() async throws {
        try await APIBench().run { (host) async throws in
            let (scene, _, _) = try await delivered(host)
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T14:00:00Z"}"#)
            let path = "/v1/participants/\(scene.providerID)/reliability"
            #expect(try await scene.buyer.get(path).text == #"{"delivered_share":"0.666666","availability":"0","device_hours":3}"#)
            #expect(try await scene.buyer.get("/v1/participants/\(scene.buyerID)/reliability").code == "not_found")
            let market = try await host.acting(with: nil).get("/v1/market")
            #expect(market.text.contains("\"delivered_share\":\"0.666666\""), "\(market.text)")
            try await scene.provider.must(
                "POST", "/v1/offers",
                "{\"resource_id\":\"\(scene.resource)\",\"start\":\"2026-11-25T12:00:00Z\",\"end\":\"2026-11-25T16:00:00Z\",\"quantity\":8,\"price\":\"2.00\"}")
            func bid(_ least: String) -> String {
                "{\"requirements\":{\"min_reliability\":\"\(least)\"},\"earliest_start\":\"2026-11-25T12:00:00Z\",\"latest_end\":\"2026-11-25T16:00:00Z\",\"duration_hours\":2,\"quantity\":2,\"limit_price\":\"2.50\",\"fill\":\"whole\"}"
            }
            let refused = try await scene.buyer.must("POST", "/v1/quotes", bid("0.7"))
            #expect(refused.text.contains("reliability_too_low") && refused.text.contains("\"feasible\":false"), "\(refused.text)")
            #expect(try await scene.buyer.must("POST", "/v1/bids", bid("0.66")).string("status") == "filled")
            #expect(try await scene.buyer.send("POST", "/v1/bids", bid("1.1")).field == "requirements.min_reliability")
        }
    }
}
