import HTTPAPI
import HTTPTypes
import Testing

@Suite struct AuditLogTests {
    @Test("the audit log tells who administered what, by which key and request, refused or done, the newest first")
    func tells() async throws {
        try await APIBench().run { (host) async throws in
            let id = try await host.send(
                "POST", "/v1/participants", #"{"name":"P","roles":["consumer"]}"#, headers: ["X-Request-Id": "first"]).id
            let key = try await host.must("POST", "/v1/participants/\(id)/api_keys", #"{"label":"k"}"#)
            #expect(try await host.send("POST", "/v1/participants/\(id)/api_keys", #"{"label":"k","scopes":["operator"]}"#).status == 422)
            let client = host.acting(with: key.string("key"))
            try await client.must("POST", "/v1/participants/\(id)/api_keys", #"{"label":"own"}"#)
            try await host.deposit(id, "10", reference: "r")
            try await host.must("POST", "/v1/participants/\(id)/suspend")
            let all = try await host.get("/v1/audit_log").data
            let actions = all.map { "\($0["action"] ?? "") \($0["outcome"] ?? "")" }
            #expect(actions == [
                "suspend_participant done", "deposit done", "create_api_key done", "create_api_key invalid_request", "create_api_key done",
                "create_participant done",
            ])
            let first = try #require(all.last)
            #expect(first["request_id"] as? String == "first" && first["subject"] as? String == id && first["key_id"] as? String == "key_000001")
            #expect(all[0]["subject"] as? String == id && all[2]["participant_id"] as? String == id)
            #expect(try await host.get("/v1/audit_log").text.contains(key.string("key") ?? "-") == false)
        }
    }

    @Test("it is read by those who oversee, by participant, action and time, in pages")
    func filters() async throws {
        try await APIBench().run { (host) async throws in
            let (id, client) = try await host.participant("P", "consumer")
            let auditor = try await host.participant("A", "auditor")
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T01:00:00Z"}"#)
            try await host.must("POST", "/v1/halt")
            #expect(try await client.get("/v1/audit_log").code == "forbidden")
            #expect(try await auditor.client.get("/v1/audit_log?action=halt").data.count == 1)
            #expect(try await auditor.client.get("/v1/audit_log?from=2026-11-23T01:00:00Z").data.count == 1)
            #expect(try await auditor.client.get("/v1/audit_log?to=2026-11-23T01:00:00Z").data.count == 4)
            #expect(try await auditor.client.get("/v1/audit_log?participant_id=\(id)").data.isEmpty)
            #expect(try await auditor.client.get("/v1/audit_log?action=place_order").field == "action")
            let page = try await auditor.client.get("/v1/audit_log?limit=3")
            let cursor = try #require(page.string("next_cursor"))
            #expect(page.data.count == 3)
            #expect(try await auditor.client.get("/v1/audit_log?limit=3&cursor=\(cursor)").data.count == 2)
        }
    }

    @Test("a repeat with the same idempotency key leaves one entry")
    func countsOnce() async throws {
        try await APIBench().run { (host) async throws in
            for _ in 0..<2 { _ = try await host.send("POST", "/v1/halt", headers: ["Idempotency-Key": "once"]) }
            #expect(try await host.get("/v1/audit_log").data.count == 1)
        }
    }
}
