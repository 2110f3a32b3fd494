import Cryptography
import Foundation
import HTTPAPI
import HTTPTypes
import Quantities
import Registry
import Testing

/// What keys can do beyond their scopes: look only, end, change hands, keep to addresses, be managed by their owners.
@Suite struct KeyPowerTests {
    @Test("a key that only reads reads, and does nothing else")
    func readsOnly() async throws {
        try await APIBench().run { (host) async throws in
            let (id, client) = try await host.participant("P", "consumer")
            let key = try await client.must("POST", "/v1/participants/\(id)/api_keys", #"{"label":"eyes","read_only":true}"#)
            let eyes = host.acting(with: key.string("key"))
            #expect(try await eyes.get("/v1/balances").status == 200)
            #expect(try await eyes.send("DELETE", "/v1/orders").code == "forbidden")
            #expect(try await eyes.send("POST", "/v1/participants/\(id)/api_keys", #"{"label":"x"}"#).code == "forbidden")
        }
    }

    @Test("a rotated key stops at once, and its heir can do the same")
    func rotates() async throws {
        try await APIBench().run { (host) async throws in
            let id = try await host.must("POST", "/v1/participants", #"{"name":"P","roles":["provider","consumer"]}"#).id
            let old = try await host.must("POST", "/v1/participants/\(id)/api_keys", #"{"label":"k","scopes":["consumer"]}"#)
            let before = host.acting(with: old.string("key"))
            let new = try await before.must("POST", "/v1/api_keys/\(old.id)/rotate")
            #expect(new.status == 201 && new.string("replaces") == old.id && new.string("label") == "k")
            #expect(new.string("key") != old.string("key") && new.string("signing_secret") != old.string("signing_secret"))
            #expect(try await before.get("/v1/balances").code == "unauthenticated")
            let after = host.acting(with: new.string("key"))
            #expect(try await after.get("/v1/balances").status == 200)
            #expect(try await after.send("POST", "/v1/resources", "{}").code == "forbidden")
            #expect(try await host.send("POST", "/v1/api_keys/\(old.id)/rotate").code == "conflict")
        }
    }

    @Test("a rotated key works for the overlap that was asked for, and not longer")
    func overlaps() async throws {
        try await APIBench().run { (host) async throws in
            let (id, client) = try await host.participant("P", "consumer")
            let key = try #require(try await client.get("/v1/participants/\(id)/api_keys").data.first?["id"] as? String)
            #expect(try await client.send("POST", "/v1/api_keys/\(key)/rotate", #"{"overlap_seconds":-1}"#).field == "overlap_seconds")
            try await client.must("POST", "/v1/api_keys/\(key)/rotate", #"{"overlap_seconds":60}"#)
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T00:00:59Z"}"#)
            #expect(try await client.get("/v1/balances").status == 200)
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T00:01:00Z"}"#)
            #expect(try await client.get("/v1/balances").code == "unauthenticated")
        }
    }

    @Test("repeating a rotation shows no secret")
    func rotatesIdempotently() async throws {
        try await APIBench().run { (host) async throws in
            let (id, client) = try await host.participant("P", "consumer")
            let key = try #require(try await client.get("/v1/participants/\(id)/api_keys").data.first?["id"] as? String)
            let headers = ["Idempotency-Key": "r"]
            let first = try await host.send("POST", "/v1/api_keys/\(key)/rotate", headers: headers)
            let again = try await host.send("POST", "/v1/api_keys/\(key)/rotate", headers: headers)
            #expect(first.string("key") != nil && again.id == first.id && again.string("key") == nil && again.string("signing_secret") == nil)
        }
    }

    @Test("participants make, list and revoke their own keys, none of them wider than the one that they use")
    func managesOwn() async throws {
        try await APIBench().run { (host) async throws in
            let (id, client) = try await host.participant("P", "provider", "consumer")
            let other = try await host.participant("Q", "consumer")
            let path = "/v1/participants/\(id)/api_keys"
            let narrow = try await client.must("POST", path, #"{"label":"n","scopes":["consumer"],"expires_at":"2026-12-01T00:00:00Z"}"#)
            let small = host.acting(with: narrow.string("key"))
            #expect(try await small.send("POST", path, #"{"label":"w","scopes":["provider"]}"#).field == "scopes")
            #expect(try await small.send("POST", path, #"{"label":"w","expires_at":"2026-12-02T00:00:00Z"}"#).field == "expires_at")
            let heir = try await small.must("POST", path, #"{"label":"h"}"#)
            #expect(heir.string("expires_at") == "2026-12-01T00:00:00Z" && heir.text.contains(#""scopes":["consumer"]"#))
            #expect(try await small.get(path).data.count == 3)
            // The wide key is first; the narrow one may not touch it.
            let wide = try #require(try await small.get(path).data.first?["id"] as? String)
            #expect(try await small.send("DELETE", "/v1/api_keys/\(wide)").code == "forbidden")
            #expect(try await small.send("POST", "/v1/api_keys/\(wide)/rotate").code == "forbidden")
            #expect(try await small.send("DELETE", "/v1/api_keys/\(heir.id)").status == 200)
            #expect(try await other.client.get(path).code == "not_found")
            #expect(try await other.client.send("POST", path, #"{"label":"x"}"#).code == "not_found")
            #expect(try await other.client.send("DELETE", "/v1/api_keys/\(narrow.id)").code == "not_found")
        }
    }

    @Test("ranges of addresses are CIDR", arguments: [
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false), ("203.0.113.7", "203.0.113.7", true),
        ("203.0.113.7", "203.0.113.8", false), ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
        ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false), ("::/0", "8.8.8.8", true), ("::1", "::1", true),
        ("127.0.0.0/8", "::ffff:127.0.0.1", true), ("2001:db8:1:2::/64", "2001:db8:1:2:3:4:5:6", true),
    ])
    func rangesHold(_ range: String, _ address: String, _ isIn: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(try #require(NetworkAddress(address))) == isIn)
    }

    @Test("what is no range is refused", arguments: [
        "", "10.0.0.1/8", "10.0.0/8", "10.0.0.0/33", "256.1.1.1", "01.2.3.4", "a.b.c.d", "::1/129", "1::2::3", ":::", "2001:db8::1/32",
        "10.0.0.0/", "10.0.0.0/+8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::ffff:1.2.3", "fe80::1%eth0",
    ])
    func refusesRanges(_ text: String) async throws {
        #expect(AddressRange(text) == nil)
        try await APIBench().run { (host) async throws in
            let id = try await host.must("POST", "/v1/participants", #"{"name":"P","roles":["consumer"]}"#).id
            let answer = try await host.send(
                "POST", "/v1/participants/\(id)/api_keys", "{\"label\":\"k\",\"allowed_addresses\":[\"\(text)\"]}")
            #expect(answer.status == 422)
        }
    }

    @Test("whoever watches the directory hears of every change of a key or a participant when the directory knows it")
    func tellsObservers() async throws {
        let bench = APIBench()
        let directory = bench.gateway.directory
        let heard = Heard()
        directory.observe { heard.add($0) }
        try await bench.run { (host) async throws in
            let (id, client) = try await host.participant("P", "consumer")
            let caller = try #require(directory.caller(key: client.key ?? "", at: Timestamp()))
            #expect(directory.isWelcome(caller, at: Timestamp()))
            try await host.must("POST", "/v1/participants/\(id)/suspend")
            #expect(!directory.isWelcome(caller, at: Timestamp()))
            #expect(heard.all == [.participant(caller.participant), .key(caller.key), .participant(caller.participant)])
        }
    }
}

/// What an observer heard.
private final class Heard: @unchecked Sendable {
    private let lock = NSLock()
    private var changes: [DirectoryChange] = []
    func add(_ more: [DirectoryChange]) { lock.withLock { changes += more } }
    var all: [DirectoryChange] { lock.withLock { changes } }
}
