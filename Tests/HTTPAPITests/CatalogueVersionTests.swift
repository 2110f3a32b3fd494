import Cryptography
import HTTPAPI
import Testing

@Suite("Catalogue versions over HTTP")
struct CatalogueVersionTests {
    @Test("the catalogue has a version and a hash, every version stays readable, and contracts name theirs")
    func versions() async throws {
        try await APIBench().run { (host) async throws in
            try await host.catalogue()
            let nobody = host.acting(with: nil)
            let first = try await nobody.get("/v1/catalogue")
            #expect(first.int("version") == 3 && first.string("hash")?.count == 64)
            #expect(first.text.contains(#""quantity":"tflops""#) && first.text.contains("dense"))
            #expect(try await nobody.get("/v1/catalogue/3").string("hash") == first.string("hash"))
            try await host.must("POST", "/v1/products/H100-SXM.US-IOWA/halt")
            #expect(try await nobody.get("/v1/catalogue").string("hash") == first.string("hash"))

            let corrected = try await host.must("PUT", "/v1/zones/US-IOWA", #"{"code":"US-IOWA","name":"Iowa","country":"US","grid":{"g_per_kwh":"431.95"}}"#)
            #expect(corrected.status == 200 && corrected.text.contains("431.95"))
            let second = try await nobody.get("/v1/catalogue")
            #expect(second.int("version") == 4 && second.string("hash") != first.string("hash"))
            let old = try await nobody.get("/v1/catalogue/3")
            #expect(old.string("hash") == first.string("hash") && old.text.contains("400.5") && !old.text.contains("431.95"))
            #expect(try await nobody.get("/v1/contracts/H100-SXM.US-IOWA.2026112312").int("catalogue_version") == 3)
            #expect(try await nobody.get("/v1/products/H100-SXM.US-IOWA").int("catalogue_version") == 3)
            let computeClass = try await nobody.get("/v1/compute_classes/H100-SXM")
            #expect(computeClass.text.contains(#""performance":{"t":"1.000","d":null,"h":null}"#), "\(computeClass.text)")
            // What was read can be sent back.
            #expect(try await host.must("PUT", "/v1/compute_classes/H100-SXM", computeClass.text).text == computeClass.text)
            #expect(try await nobody.get("/v1/catalogue").int("version") == 4)
            for path in ["5", "-1", "03", "x", "99999999999999999999"] {
                #expect(try await nobody.get("/v1/catalogue/" + path).code == "not_found", "\(path)")
            }
        }
    }

    @Test("versions hash as they did when they were made, whatever was added since, and anybody can compute the hash")
    func hashes() async throws {
        try await APIBench().run { (host) async throws in
            try await host.catalogue()
            try await host.must("PUT", "/v1/network/US-IOWA/US-IOWA", #"{"rtt_p50_ms":"1","rtt_p99_ms":"1.5","path_gbps":100}"#)
            try await host.must("POST", "/v1/grades", #"{"code":"SECURE","guarantees":{"isolation":"virtual_machine"}}"#)
            // Recorded once: a release that changes one of them has broken what contracts were listed under.
            let recorded = [
                "877468c7a4f4f77adac441005a657d52e9a92504fc5c052d9b5b0dfaa93c4d25",
                "ad990c0c756c643ee0ed9519992a4bce7f828577fb14c2ec765642101593dc50",
                "92dc4d5ece7ca6d017d70aa2d104b10a2cd41842427bc980840f41fb3b971231",
                "36b0d27761095cb34bda6a4211b5ad8225921cfd5b54e2bc496a2e96126025d8",
                "8917831e3fed73b6f6ce3c5cdfc59e85e1bfa5bd69660d7e68838b2a406d83e5",
                "099f47eaa983c22b9b9147496982d0c03f35f2ac50c323232436cd57f0261092",
            ]
            for (version, hash) in recorded.enumerated() {
                let answer = try await host.get("/v1/catalogue/\(version)")
                #expect(answer.string("hash") == hash, "version \(version)")
                let document = try JSONDocument(parsing: answer.bytes)
                let text = try #require(CanonicalJSON.text(of: document, leavingOut: "hash", "units", nulls: .leftOut))
                #expect(answer.string("hash") == Hexadecimal.text(SHA256Digest.of(text)), "\(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    @Test("the list of units names every figure that the registry takes")
    func units() async throws {
        try await APIBench().run { (host) async throws in
            let text = try await host.get("/v1/catalogue").text
            for quantity in [
                "network.gbps", "egress_per_gb", "dataset_gb", "egress_gb", "acceptance.gemm_tflops", "acceptance.memory_gb_s",
                "acceptance.all_reduce_gb_s", "node.memory_gb", "node.disk_gb", "memory_gb", "rtt_ms", "pue", "wue", "power_kw",
            ] { #expect(text.contains("\"quantity\":\"\(quantity)\""), "\(quantity)") }
        }
    }

    @Test("corrections that cannot be are refused by their field")
    func refusals() async throws {
        try await APIBench().run { (host) async throws in
            try await host.catalogue()
            let zone = #"{"code":"US-IOWA","name":"Iowa","country":"US"}"#
            #expect(try await host.send("PUT", "/v1/zones/US-OHIO", zone).field == "code")
            #expect(try await host.send("PUT", "/v1/zones/US-OHIO", #"{"code":"US-OHIO","name":"Ohio","country":"US"}"#).code == "not_found")
            #expect(try await host.send("PUT", "/v1/zones/US-IOWA", #"{"code":"US-IOWA","name":"Iowa","country":"CA"}"#).field == "country")
            #expect(try await host.send("PUT", "/v1/zones/US-IOWA", #"{"code":"US-IOWA"}"#).field == "name")
            #expect(try await host.send("PUT", "/v1/compute_classes/X", #"{"code":"X","vendor":"v","model":"m","abi":"a"}"#).code == "not_found")
            #expect(try await host.send("PUT", "/v1/compute_classes/H100-SXM", #"{"code":"H100-SXM","cri_code":"ZZZZZZ","vendor":"v","model":"m","abi":"a"}"#).field == "cri_code")
            let buyer = try await host.participant("Buyer", "consumer").client
            #expect(try await buyer.send("PUT", "/v1/zones/US-IOWA", zone).code == "forbidden")
        }
    }

    @Test("distances are set, listed and read; a quote keeps them and shows what data costs")
    func network() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let nobody = host.acting(with: nil)
            try await host.must("POST", "/v1/zones", #"{"code":"US-OHIO","name":"Ohio","country":"US"}"#)
            let path = try await host.must("PUT", "/v1/network/US-OHIO/US-IOWA", #"{"rtt_p50_ms":"12","rtt_p99_ms":"18.5","path_gbps":10}"#)
            #expect(path.string("from") == "US-OHIO" && path.string("rtt_p99_ms") == "18.5")
            #expect(try await nobody.get("/v1/network").data.count == 1)
            #expect(try await nobody.get("/v1/network/US-OHIO/US-IOWA").text == path.text)
            #expect(try await nobody.get("/v1/network/US-IOWA/US-OHIO").code == "not_found")
            #expect(try await host.send("PUT", "/v1/network/US-OHIO/XX", #"{"rtt_p50_ms":"1","rtt_p99_ms":"1"}"#).code == "not_found")
            #expect(try await host.send("PUT", "/v1/network/US-OHIO/US-IOWA", #"{"rtt_p50_ms":"2","rtt_p99_ms":"1"}"#).field == "rtt_p99_ms")
            #expect(try await host.send("PUT", "/v1/network/US-OHIO/US-IOWA", #"{"rtt_p50_ms":"2"}"#).field == "rtt_p99_ms")
            #expect(try await scene.buyer.send("PUT", "/v1/network/US-OHIO/US-IOWA", #"{"rtt_p50_ms":"1","rtt_p99_ms":"1"}"#).code == "forbidden")
            try await scene.provider.must(
                "POST", "/v1/offers",
                "{\"resource_id\":\"\(scene.resource)\",\"start\":\"2026-11-23T12:00:00Z\",\"end\":\"2026-11-23T18:00:00Z\",\"quantity\":8,\"price\":\"2.00\"}"
            )
            func quote(_ requirements: String) async throws -> APIAnswer {
                try await scene.buyer.send(
                    "POST", "/v1/quotes",
                    "{\"requirements\":\(requirements),\"earliest_start\":\"2026-11-23T12:00:00Z\",\"latest_end\":\"2026-11-23T18:00:00Z\",\"duration_hours\":2,\"quantity\":4,\"limit_price\":\"2.50\",\"fill\":\"whole\"}")
            }
            let far = try await quote(#"{"from_zone":"US-OHIO","max_rtt_ms":"18"}"#)
            #expect(far.text.contains("rtt_too_long") && far.text.contains(#""feasible":false"#), "\(far.text)")
            let near = try await quote(#"{"from_zone":"US-OHIO","max_rtt_ms":"18.5","dataset_gb":"9000","egress_gb":5,"profile":"inference","model_memory_gb":60}"#)
            #expect(near.string("start") == "2026-11-23T14:00:00Z" && near.int("transfer_hours") == 2, "\(near.text)")
            #expect(near.text.contains(#""egress":{"gb":"5","price_per_gb":null,"cost":null}"#) && near.text.contains(#""min_memory_gb":60"#))
            #expect(try await quote(#"{"from_zone":"US-NONE"}"#).code == "not_found")
            #expect(try await quote(#"{"profile":"mining"}"#).field == "requirements.profile")
            #expect(try await quote(#"{"max_rtt_ms":"5"}"#).field == "requirements.max_rtt_ms")
            let profiles = try await nobody.get("/v1/profiles")
            #expect(profiles.data.compactMap { $0["profile"] as? String } == ["train", "inference", "hpc", "render"])
        }
    }
}
