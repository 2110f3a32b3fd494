import Crypto
import Cryptography
import Foundation
import Testing

/// Tokens over HTTP: real signatures of both kinds, and what is wrong with them.
@Suite struct AttestationRouteTests {
    private static func base64(_ bytes: some Sequence<UInt8>) -> String {
        Data(Array(bytes)).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func token(_ header: String, _ claims: String, _ sign: ([UInt8]) throws -> [UInt8]) rethrows -> String {
        let signed = base64(header.utf8) + "." + base64(claims.utf8)
        return signed + "." + base64(try sign(Array(signed.utf8)))
    }

    /// Sells two hours to a bid that asks for attestation, at noon.
    private func scene(_ host: APIClient) async throws -> (scene: APIScene, deliveries: [[String: any Sendable]]) {
        var scene = try await APIScene(host)
        scene.resource = try await scene.provider.must(
            "POST", "/v1/resources", #"{"class":"H100-SXM","zone":"US-IOWA","units":8,"site":{"name":"Other"},"security":{"attestation":"confidential","data_class":"core"}}"#).id
        try await host.must(
            "POST", "/v1/resources/\(scene.resource)/certify",
            #"{"units":8,"valid_from":"2026-11-23T00:00:00Z","valid_until":"2026-12-23T00:00:00Z"}"#)
        try await scene.provider.must(
            "POST", "/v1/offers",
            "{\"resource_id\":\"\(scene.resource)\",\"start\":\"2026-11-23T12:00:00Z\",\"end\":\"2026-11-23T14:00:00Z\",\"quantity\":1,\"price\":\"2.00\"}")
        let bid = try await scene.buyer.must(
            "POST", "/v1/bids",
            #"{"requirements":{"attestation":"measured_boot","data_class":"important"},"earliest_start":"2026-11-23T12:00:00Z","latest_end":"2026-11-23T14:00:00Z","duration_hours":2,"quantity":1,"limit_price":"2.00","fill":"whole"}"#)
        #expect(bid.string("status") == "filled", "\(bid.text)")
        try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T12:55:00Z"}"#)
        return (scene, try await scene.provider.get("/v1/deliveries").data)
    }

    private func claims(_ delivery: [String: any Sendable], _ change: (inout [String: String]) -> Void = { _ in }) -> String {
        var members = [
            "iss": "\"verifier\"", "aud": "[\"suanpan\"]", "nonce": "\"\(delivery["nonce"] as? String ?? "")\"",
            "iat": "1795438440", "exp": "1795439400",
        ]
        change(&members)
        return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    @Test("tokens of Ed25519 and of P-256 attest their deliveries; every wrong one is refused")
    func attests() async throws {
        try await APIBench().run { (host) async throws in
            let (scene, deliveries) = try await scene(host)
            #expect(deliveries.count == 2)
            let edwards = SigningKey()
            let curve = P256.Signing.PrivateKey()
            func add(_ kid: String, _ algorithm: String, _ key: some Sequence<UInt8>) async throws -> APIAnswer {
                try await host.send(
                    "POST", "/v1/attestation_keys",
                    "{\"kid\":\"\(kid)\",\"algorithm\":\"\(algorithm)\",\"public_key\":\"\(Self.base64(key))\",\"level\":\"confidential\",\"issuer\":\"verifier\"}")
            }
            let key = try await add("ed", "EdDSA", edwards.verifyingKey.bytes)
            #expect(key.status == 201 && key.string("level") == "confidential", "\(key.text)")
            #expect(try await add("ed", "EdDSA", edwards.verifyingKey.bytes).code == "conflict")
            #expect(try await add("p", "ES256", curve.publicKey.rawRepresentation).status == 201)
            #expect(try await add("x", "ES256", Array(repeating: 1, count: 64)).field == "public_key")
            #expect(try await add("x", "EdDSA", Array(repeating: 1, count: 31)).field == "public_key")
            #expect(try await scene.provider.get("/v1/attestation_keys").data.count == 2)

            func post(_ delivery: [String: any Sendable], _ token: String, as client: APIClient? = nil) async throws -> APIAnswer {
                let id = delivery["id"] as? String ?? ""
                return try await (client ?? scene.provider).send("POST", "/v1/deliveries/\(id)/attestation", "{\"token\":\"\(token)\"}")
            }
            let header = #"{"alg":"EdDSA","kid":"ed","typ":"JWT"}"#
            let good = Self.token(header, claims(deliveries[0])) { edwards.signature(of: $0) }
            #expect(try await post(deliveries[0], good, as: scene.buyer).code == "forbidden")
            // Of the other delivery: replayed.
            #expect(try await post(deliveries[1], good).field == "token")
            let wrong: [(String, String)] = [
                ("another key's signature", Self.token(header, claims(deliveries[0])) { SigningKey().signature(of: $0) }),
                ("changed after signing", good.replacing(".", with: "A.", maxReplacements: 1)),
                ("unsigned", Self.token(#"{"alg":"none","kid":"ed"}"#, claims(deliveries[0])) { _ in [] }),
                ("another algorithm", Self.token(#"{"alg":"ES256","kid":"ed"}"#, claims(deliveries[0])) { edwards.signature(of: $0) }),
                ("unknown key", Self.token(#"{"alg":"EdDSA","kid":"e"}"#, claims(deliveries[0])) { edwards.signature(of: $0) }),
                ("extensions", Self.token(#"{"alg":"EdDSA","kid":"ed","crit":["b64"]}"#, claims(deliveries[0])) { edwards.signature(of: $0) }),
                ("stale", Self.token(header, claims(deliveries[0]) { $0["exp"] = "1795438400" }) { edwards.signature(of: $0) }),
                ("no nonce", Self.token(header, claims(deliveries[0]) { $0["nonce"] = nil }) { edwards.signature(of: $0) }),
                ("another audience", Self.token(header, claims(deliveries[0]) { $0["aud"] = "\"elsewhere\"" }) { edwards.signature(of: $0) }),
                ("a time that is no whole number", Self.token(header, claims(deliveries[0]) { $0["exp"] = "1e99" }) { edwards.signature(of: $0) }),
                ("no token", "abc"), ("no JSON", "YQ.YQ.YQ"), ("empty", "x"), ("four parts", good + ".YQ"),
                ("too long", String(repeating: "A", count: 9_000)),
            ]
            for (what, token) in wrong {
                let answer = try await post(deliveries[0], token)
                #expect(answer.status == 422 && answer.code == "invalid_request" && answer.field == "token", "\(what): \(answer.text)")
            }
            let attested = try await post(deliveries[0], good)
            #expect(attested.status == 200 && attested.text.contains("\"attested_at\":\"2026-11-23T12:55:00Z\""), "\(attested.text)")
            #expect(try await post(deliveries[0], good).code == "conflict")
            let second = try Self.token(#"{"alg":"ES256","kid":"p"}"#, claims(deliveries[1])) {
                Array(try curve.signature(for: Data($0)).rawRepresentation)
            }
            #expect(try await post(deliveries[1], second).status == 200)
            let revoked = try await host.must("DELETE", "/v1/attestation_keys/\(key.id)")
            #expect(revoked.string("revoked_at") != nil)
            #expect(try await host.send("DELETE", "/v1/attestation_keys/\(key.id)").code == "conflict")
            #expect(try await host.send("DELETE", "/v1/attestation_keys/atk_000009").code == "not_found")
        }
    }

    @Test("of two metered hours the one without a token settles as unattested: refund and bond for the holder, nothing for the provider")
    func settlesUnattested() async throws {
        try await APIBench().run { (host) async throws in
            let (scene, deliveries) = try await scene(host)
            let edwards = SigningKey()
            try await host.must(
                "POST", "/v1/attestation_keys",
                "{\"kid\":\"ed\",\"algorithm\":\"EdDSA\",\"public_key\":\"\(Self.base64(edwards.verifyingKey.bytes))\",\"level\":\"measured_boot\",\"issuer\":\"verifier\"}")
            let token = Self.token(#"{"alg":"EdDSA","kid":"ed","typ":"JWT"}"#, claims(deliveries[0])) { edwards.signature(of: $0) }
            let ids = deliveries.compactMap { $0["id"] as? String }
            try await scene.provider.must("POST", "/v1/deliveries/\(ids[0])/attestation", "{\"token\":\"\(token)\"}")
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T14:05:00Z"}"#)
            var previous = "null"
            for (sequence, hour) in [12, 13].enumerated() {
                let report = try await scene.meter.must(
                    "POST", "/v1/meter_reports",
                    "{\"resource_id\":\"\(scene.resource)\",\"hour\":\"2026-11-23T\(hour):00:00Z\",\"sequence\":\(sequence + 1),\"previous_hash\":\(previous),\"delivered_device_seconds\":3600,\"it_energy_kwh\":\"0.7\"}")
                previous = "\"\(report.string("hash") ?? "")\""
            }
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T15:00:00Z"}"#)
            let proved = try await scene.buyer.get("/v1/deliveries/\(ids[0])")
            #expect(proved.string("status") == "settled" && proved.string("outcome") == "delivered" && proved.string("paid") == "2.000000", "\(proved.text)")
            let unproved = try await scene.buyer.get("/v1/deliveries/\(ids[1])")
            #expect(unproved.string("status") == "settled" && unproved.string("outcome") == "unattested", "\(unproved.text)")
            #expect(unproved.string("fault") == "provider" && unproved.string("paid") == "0.000000")
            #expect(unproved.string("refunded") == "2.020000" && unproved.string("compensation") == "0.600000", "\(unproved.text)")
            #expect(try await scene.provider.send("POST", "/v1/deliveries/\(ids[1])/attestation", "{\"token\":\"\(token)\"}").code == "conflict")
            #expect(try await host.get("/v1/ledger/trial_balance").text.contains("\"balanced\":true"))
        }
    }

    @Test("a resource that served protected data is wiped before it is sold again")
    func wipes() async throws {
        try await APIBench().run { (host) async throws in
            let (scene, deliveries) = try await scene(host)
            #expect(deliveries.count == 2)
            let offer = "{\"resource_id\":\"\(scene.resource)\",\"start\":\"2026-11-24T12:00:00Z\",\"end\":\"2026-11-24T13:00:00Z\",\"quantity\":1,\"price\":\"2.00\"}"
            #expect(try await scene.provider.send("POST", "/v1/offers", offer).code == "insufficient_capacity")
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T15:00:00Z"}"#)
            let path = "/v1/resources/\(scene.resource)/wipes"
            func body(_ time: String, hash: String = String(repeating: "a", count: 64)) -> String {
                "{\"wiped_at\":\"2026-11-23T\(time)Z\",\"method\":\"NIST SP 800-88 purge\",\"evidence_hash\":\"\(hash)\"}"
            }
            #expect(try await scene.provider.send("POST", path, body("13:30:00")).code == "conflict")
            #expect(try await scene.provider.send("POST", path, body("14:30:00", hash: "A")).field == "evidence_hash")
            #expect(try await scene.buyer.send("POST", path, body("14:30:00")).code == "forbidden")
            let wipe = try await scene.provider.send("POST", path, body("14:30:00"))
            #expect(wipe.status == 201 && wipe.string("resource_id") == scene.resource, "\(wipe.text)")
            #expect(try await scene.provider.send("POST", "/v1/offers", offer).status == 201)
            #expect(try await scene.provider.get(path).data.count == 1)
            #expect(try await scene.buyer.get(path).code == "not_found")
        }
    }
}
