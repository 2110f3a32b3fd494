import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import Registry
import Testing

@Suite struct RequestLimitTests {
    @Test("a bucket gives its quota at once, and one token each part of the window")
    func countsTokens() {
        let buckets = TokenBuckets<Int>(RateLimit(quota: 2, windowSeconds: 10))
        let second: Int64 = 1_000_000_000
        #expect(buckets.take(1, at: 0).remaining == 1)
        let second2 = buckets.take(1, at: 0)
        #expect(second2.isAdmitted && second2.remaining == 0 && second2.resetSeconds == 10)
        let refused = buckets.take(1, at: 0)
        #expect(!refused.isAdmitted && refused.retrySeconds == 5 && refused.resetSeconds == 10)
        #expect(!buckets.take(1, at: 5 * second - 1).isAdmitted)
        #expect(buckets.take(1, at: 5 * second).isAdmitted)
        #expect(!buckets.take(1, at: 5 * second).isAdmitted)
        #expect(buckets.take(2, at: 5 * second).isAdmitted)
        #expect(buckets.take(1, at: 100 * second).remaining == 1)
    }

    @Test("the memory of buckets is bounded, and those that have the least left stay")
    func boundsMemory() {
        let buckets = TokenBuckets<Int>(RateLimit(quota: 10, windowSeconds: 1_000), capacity: 100)
        for _ in 0..<10 { _ = buckets.take(-1, at: 0) }
        for owner in 0..<100_000 { _ = buckets.take(owner, at: Int64(owner)) }
        #expect(buckets.count <= 100)
        #expect(!buckets.take(-1, at: 100_000).isAdmitted)
    }

    @Test("limits are read as the command line writes them")
    func readsLimits() {
        #expect(RateLimit("100") == RateLimit(quota: 100) && RateLimit("600/60") == RateLimit(quota: 600, windowSeconds: 60))
        for text in ["", "0", "-1", "1/0", "1/", "/1", "a", "1/2/3", "1000001", "1/86401"] { #expect(RateLimit(text) == nil, "\(text)") }
    }

    @Test("a key over its limit is told when to come again; other keys are not in its way")
    func limitsKeys() async throws {
        var edge = EdgeSettings()
        edge.rateLimitPerKey = RateLimit(quota: 3, windowSeconds: 3_600)
        try await APIBench(edge: edge).run { (host) async throws in
            let first = try await host.get("/v1/balances")
            let policy = HTTPField.Name("RateLimit-Policy")
            let limit = HTTPField.Name("RateLimit")
            #expect(first.status == 200 && first.headers[policy!] == #""key";q=3;w=3600"#)
            #expect(first.headers[limit!] == #""key";r=2;t=1200"#)
            let (_, other) = try await host.participant("P", "consumer")
            let refused = try await host.get("/v1/balances")
            #expect(refused.status == 429 && refused.code == "rate_limited" && refused.headers[limit!]?.hasPrefix(#""key";r=0;"#) == true)
            let wait = try #require(refused.headers[.retryAfter].flatMap { Int($0) })
            #expect((1_190...1_200).contains(wait))
            #expect(try await other.get("/v1/balances").status == 200)
            // What comes before in the list of faults is told before, and who watches is never in the way.
            #expect(try await host.get("/v1/nothing").status == 404)
            #expect(try await host.get("/readyz").status == 200)
        }
    }

    @Test("an address over its limit is refused with and without a key, and a trusted proxy speaks for others")
    func limitsAddresses() async throws {
        var edge = EdgeSettings()
        edge.rateLimitPerAddress = RateLimit(quota: 2, windowSeconds: 3_600)
        edge.trustedProxies = [try #require(.init("127.0.0.0/8"))]
        try await APIBench(edge: edge).server.application.test(.live) { (client) async throws in
            let host = APIClient(client: client, key: nil)
            #expect(try await host.get("/v1/time").status == 200)
            #expect(try await host.get("/v1/time").status == 200)
            #expect(try await host.get("/v1/time").code == "rate_limited")
            #expect(try await host.get("/healthz").status == 200)
            #expect(try await host.acting(with: APIBench.operatorKey).get("/v1/balances").code == "rate_limited")
            let other = ["X-Forwarded-For": "1.1.1.1, 203.0.113.9"]
            #expect(try await host.send("GET", "/v1/time", headers: other).status == 200)
            #expect(try await host.send("GET", "/v1/time", headers: ["X-Forwarded-For": "2.2.2.2,203.0.113.9"]).status == 200)
            #expect(try await host.send("GET", "/v1/time", headers: other).status == 429)
        }
    }

    @Test("a key works from its addresses and from no others, and nobody but a trusted proxy says what they are")
    func keepsToAddresses() async throws {
        func run(_ edge: EdgeSettings, _ body: @escaping @Sendable (APIClient, _ key: String?, _ away: String?) async throws -> Void) async throws {
            try await APIBench(edge: edge).server.application.test(.live) { (client) async throws in
                let host = APIClient(client: client, key: APIBench.operatorKey)
                let id = try await host.must("POST", "/v1/participants", #"{"name":"P","roles":["consumer"]}"#).id
                let path = "/v1/participants/\(id)/api_keys"
                let near = try await host.must("POST", path, #"{"label":"near","allowed_addresses":["127.0.0.0/8","::1"]}"#)
                let away = try await host.must("POST", path, #"{"label":"away","allowed_addresses":["203.0.113.0/24"]}"#)
                try await body(host, near.string("key"), away.string("key"))
            }
        }
        try await run(EdgeSettings()) { (host, near, away) async throws in
            #expect(try await host.acting(with: near).get("/v1/balances").status == 200)
            #expect(try await host.acting(with: away).get("/v1/balances").code == "forbidden")
            let claim = ["X-Forwarded-For": "203.0.113.4"]
            #expect(try await host.acting(with: away).send("GET", "/v1/balances", headers: claim).code == "forbidden")
        }
        var edge = EdgeSettings()
        edge.trustedProxies = [try #require(.init("127.0.0.1"))]
        try await run(edge) { (host, near, away) async throws in
            let claim = ["X-Forwarded-For": "203.0.113.4"]
            #expect(try await host.acting(with: away).send("GET", "/v1/balances", headers: claim).status == 200)
            #expect(try await host.acting(with: near).send("GET", "/v1/balances", headers: claim).code == "forbidden")
        }
    }
}
