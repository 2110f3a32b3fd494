import Exchange
import HTTPAPI
import HTTPTypes
import Quantities
import Registry
import Testing

@Suite struct KeyTests {
    @Test("a key does what its scopes say and no more")
    func keepsToScopes() async throws {
        try await APIBench().run { (host) async throws in
            let id = try await host.must("POST", "/v1/participants", #"{"name":"Both","roles":["provider","consumer"]}"#).id
            let path = "/v1/participants/\(id)/api_keys"
            let narrow = try await host.must("POST", path, #"{"label":"sell only","scopes":["provider"]}"#)
            let seller = host.acting(with: narrow.string("key"))
            #expect(narrow.status == 201 && narrow.string("key")?.hasPrefix("spk_") == true)
            #expect(narrow.headers[.cacheControl] == "no-store")
            #expect(try await seller.send("POST", "/v1/bids", "{}").code == "forbidden")
            #expect(try await seller.send("POST", "/v1/resources", "{}").code == "invalid_request")
            #expect(try await host.send("POST", path, #"{"label":"wide","scopes":["operator"]}"#).code == "invalid_request")
            #expect(try await host.get(path).data.count == 1)
            #expect(try await host.get(path).text.contains("hash") == false)
        }
    }

    @Test("a revoked key stops at once")
    func revokes() async throws {
        try await APIBench().run { (host) async throws in
            let id = try await host.must("POST", "/v1/participants", #"{"name":"P","roles":["consumer"]}"#).id
            let key = try await host.must("POST", "/v1/participants/\(id)/api_keys", #"{"label":"k"}"#)
            let client = host.acting(with: key.string("key"))
            #expect(try await client.get("/v1/balances").status == 200)
            try await host.must("DELETE", "/v1/api_keys/\(key.id)")
            #expect(try await client.get("/v1/balances").code == "unauthenticated")
        }
    }

    @Test("a key ends at its expiry")
    func expires() async throws {
        try await APIBench().run { (host) async throws in
            let id = try await host.must("POST", "/v1/participants", #"{"name":"P","roles":["consumer"]}"#).id
            let key = try await host.must("POST", "/v1/participants/\(id)/api_keys", #"{"label":"k","expires_at":"2026-11-23T01:00:00Z"}"#)
            let client = host.acting(with: key.string("key"))
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T00:59:59.999999Z"}"#)
            #expect(try await client.get("/v1/balances").status == 200)
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T01:00:00Z"}"#)
            #expect(try await client.get("/v1/balances").code == "unauthenticated")
        }
    }

    @Test("a suspended participant may look and do nothing, until it is reinstated")
    func suspends() async throws {
        try await APIBench().run { (host) async throws in
            let (id, client) = try await host.participant("P", "consumer")
            try await host.must("POST", "/v1/participants/\(id)/suspend")
            #expect(try await client.get("/v1/balances").status == 200)
            #expect(try await client.send("POST", "/v1/bids", "{}").code == "forbidden")
            #expect(try await client.send("DELETE", "/v1/orders").code == "forbidden")
            try await host.must("POST", "/v1/participants/\(id)/reinstate")
            #expect(try await client.send("DELETE", "/v1/orders").status == 200)
        }
    }

    @Test("participants see themselves, overseers everybody")
    func keepsApart() async throws {
        try await APIBench().run { (host) async throws in
            let one = try await host.participant("One", "consumer")
            let two = try await host.participant("Two", "consumer")
            let auditor = try await host.participant("Auditor", "auditor")
            #expect(try await one.client.get("/v1/participants/\(one.id)").string("name") == "One")
            #expect(try await one.client.get("/v1/participants/\(two.id)").code == "not_found")
            #expect(try await auditor.client.get("/v1/participants/\(two.id)").string("name") == "Two")
            #expect(try await one.client.get("/v1/participants").code == "forbidden")
            #expect(try await auditor.client.get("/v1/participants").data.count == 4)
            #expect(try await one.client.get("/v1/balances?participant_id=\(two.id)").code == "not_found")
            #expect(try await auditor.client.get("/v1/balances?participant_id=\(two.id)").status == 200)
            #expect(try await auditor.client.send("POST", "/v1/orders", "{}").code == "forbidden")
        }
    }

    @Test("a directory that was filled from the exchange knows what events would have told it")
    func loads() async throws {
        let bench = APIBench()
        let key = try await bench.run { (host) async throws in
            try await host.catalogue()
            return try await host.participant("P", "consumer").client.key ?? ""
        }
        let gateway = bench.gateway
        let caller = try await gateway.read { exchange in
            let directory = Directory()
            directory.load(from: exchange)
            return (directory.caller(key: key, at: Timestamp()), directory.products.codes)
        }
        #expect(caller.0?.roles == .consumer && caller.1 == ["H100-SXM.US-IOWA"])
        #expect(caller.0 == gateway.directory.caller(key: key, at: Timestamp()))
    }
}
