import Client
import Foundation
import Quantities
import Testing

import suanpan

/// The registry as a trading program uses it: the typed client against a whole server.
@Suite("The registry on a server", .serialized)
struct RegistryEndToEndTests {
    private static let noon = Timestamp(rfc3339: "2026-11-23T12:00:00Z") ?? Timestamp()
    private static let graded = "H200-SXM.CN-GAN.SECURE"

    /// A market of one class in two zones, a graded product in the first, and who trades there.
    private struct Scene {
        let host: SuanpanClient
        let provider: SuanpanClient
        let buyer: SuanpanClient
        let providerID: String
        let buyerID: String

        init(_ host: SuanpanClient) async throws {
            self.host = host
            for (code, grams) in [("CN-GAN", 404_200_000), ("CN-ZHW", 554_300_000)] as [(String, Int64)] {
                let grid = Grid(gPerKwh: Measure(grams), year: 2023, source: "MEE", basis: "CO2 generation")
                _ = try await host.createZone(Zone(code: code, name: code, country: "CN", grid: grid))
            }
            var computeClass = ComputeClass(code: "H200-SXM", vendor: "NVIDIA", model: "H200 SXM", abi: "cuda")
            computeClass.memoryGb = 141
            computeClass.memoryBandwidthGbS = 4_800
            computeClass.tflops = Throughput(fp64: Measure(34_000_000), bf16: Measure(989_000_000))
            computeClass.tdpW = 700
            computeClass.evidence = "measured"
            computeClass.acceptanceFloor = Acceptance(memoryGbS: Measure(4_500_000_000))
            let listed = try await host.createComputeClass(computeClass)
            let indices = try #require(listed.performance)
            #expect([indices.t, indices.d, indices.h] == [Measure(1_000_000), Measure(1_433_000), Measure(1_000_000)])
            var guarantees = Requirements()
            guarantees.isolation = "virtual_machine"
            guarantees.maxPue = Measure(1_300_000)
            _ = try await host.createGrade(Grade(code: "SECURE", guarantees: guarantees))
            for grade in [nil, "SECURE"] {
                var product = Product(
                    class: "H200-SXM", zone: "CN-GAN", currency: "USD", tickSize: Price(10_000), referencePrice: Price(3_000_000),
                    horizonHours: 240)
                product.grade = grade
                _ = try await host.createProduct(product)
            }
            func join(_ name: String, _ roles: [Role]) async throws -> (String, SuanpanClient) {
                let id = try await host.createParticipant(NewParticipant(name: name, roles: roles)).id
                let key = try await host.createKey(NewAPIKey(label: name), of: id).key
                _ = try await host.deposit(CashMovement(participantId: id, currency: "USD", amount: .units(10_000), reference: name))
                return (id, host.acting(with: try #require(key)))
            }
            (providerID, provider) = try await join("Provider", [.provider, .consumer])
            (buyerID, buyer) = try await join("Buyer", [.consumer])
        }

        /// A certified resource: 8 units, in a virtual machine each where `isolation` says so.
        func resource(_ isolation: String?, measured: Int64 = 4_600_000_000) async throws -> Resource {
            var new = NewResource(class: "H200-SXM", zone: "CN-GAN", units: 8, siteName: "Hall")
            new.kind = "S"
            new.node = NewResource.Node(devicesPerNode: 8)
            new.node?.cpu = "2 x 64 cores"
            new.security.isolation = isolation
            new.site.pue = Measure(1_200_000)
            new.site.powerKw = Measure(900_000_000)
            new.site.certificates = [.init(scheme: "TIER", level: "III", number: "1", expiresAt: noon.advanced(minutes: 60 * 24))]
            new.network.gbps = Measure(10_000_000)
            new.network.egressPerGb = Price(10_000)
            let resource = try await provider.registerResource(new)
            try await host.certify(
                resource: resource.id,
                Certification(
                    units: 8, validFrom: noon.advanced(minutes: -720), validUntil: noon.advanced(minutes: 60 * 48),
                    acceptance: Acceptance(memoryGbS: Measure(measured))))
            return resource
        }
    }

    private func withServer(_ options: [String] = [], _ body: (LocalServer, Scene) async throws -> Void) async throws {
        let server = try await LocalServer.start(options: options)
        try await SuanpanClient.withConnections(2, to: server.url, retry: .standard) { client in
            try await body(server, Scene(client.acting(with: LocalServer.operatorKey)))
        }
        try await server.discard()
    }

    /// That a call is refused with a code and a field.
    private func expect(_ refusal: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
            Issue.record("not refused with \(refusal)")
        } catch let problem as Problem {
            let found = [problem.code, problem.field].compactMap { $0 }.joined(separator: " ")
            #expect(found == refusal, "\(problem)")
        }
    }

    @Test("a grade's product is sold by who meets it and bought by who needs it, with distances, carbon, egress and profiles")
    func trades() async throws {
        try await withServer { (_, scene) async throws in
            let path = NetworkPath(rttP50Ms: Measure(11_000_000), rttP99Ms: Measure(15_000_000), pathGbps: Measure(100_000_000))
            #expect(try await scene.host.setPath(from: "CN-ZHW", to: "CN-GAN", path).rttP99Ms == Measure(15_000_000))
            #expect(try await scene.host.network().count == 1)
            let plain = try await scene.resource(nil)
            let secure = try await scene.resource("bare_metal")
            #expect(secure.facilityGrade == "G1" && secure.cri?.contains("-S-") == true, "\(secure)")
            try await expect("invalid_request acceptance.memory_gb_s") { _ = try await scene.resource(nil, measured: 4_400_000_000) }

            func offer(_ resource: Resource) -> NewOffer {
                var offer = NewOffer(
                    resourceId: resource.id, start: Self.noon, end: Self.noon.advanced(minutes: 120), quantity: 8, price: Price(3_000_000))
                offer.grade = "SECURE"
                return offer
            }
            try await expect("insufficient_capacity resource_id") { _ = try await scene.provider.offer(offer(plain)) }
            let offered = try await scene.provider.offer(offer(secure))
            #expect(offered.hours?.first?.contract == Self.graded + ".2026112312")

            var wanted = Requirements()
            wanted.profile = .inference
            wanted.modelMemoryGb = 140
            wanted.isolation = "virtual_machine"
            wanted.fromZone = "CN-ZHW"
            wanted.maxRttMs = Measure(15_000_000)
            wanted.datasetGb = Measure(4_500_000_000)
            wanted.egressGb = Measure(100_000_000)
            wanted.maxGCo2PerDeviceHour = Measure(400_000_000)
            wanted.certificates = ["TIER"]
            var bid = NewBid(
                requirements: wanted, earliestStart: Self.noon.advanced(minutes: -60), latestEnd: Self.noon.advanced(minutes: 120), durationHours: 1,
                quantity: 2, limitPrice: Price(3_100_000), fill: .whole)
            let quote = try await scene.buyer.quote(bid)
            #expect(quote.feasible && quote.product == Self.graded && quote.resource == secure.id, "\(quote)")
            // 4,500 GB through the resource's 10 Gbps take an hour: the path alone would be ten times as fast.
            #expect(quote.transferHours == 1 && quote.start == Self.noon)
            // 700 W × 1.2 × 404.2 g/kWh, twice.
            #expect(quote.carbonG == Measure(679_056_000) && quote.carbonMarketG == quote.carbonG)
            #expect(quote.egress?.cost == .units(1) && quote.performance?.d == Measure(1_433_000))
            #expect(try await scene.buyer.bid(bid).status == "filled")

            // What was certified, and what an outage breaks of it, comes out again.
            let issued = try await scene.provider.certifications(ofResource: secure.id)
            #expect(issued.map(\.units) == [8] && issued[0].acceptance?.memoryGbS == Measure(4_600_000_000), "\(issued)")
            let away = Outage(start: Self.noon, end: Self.noon.advanced(minutes: 60), units: 7, reason: "fire")
            try await scene.provider.declareOutage(resource: secure.id, away)
            let outages = try await scene.host.outages(ofResource: secure.id)
            #expect(outages.map(\.reason) == ["fire"] && outages[0].breaksTotal == 1 && outages[0].breaks.map(\.missing) == [1], "\(outages)")
            // A renewed certificate needs no other identifier; what the grade promised cannot be taken back.
            var site = NewResource.Site(name: "Hall")
            site.pue = Measure(1_300_000)
            site.certificates = [.init(scheme: "TIER", level: "III", number: "2", expiresAt: Self.noon.advanced(minutes: 60 * 48))]
            #expect(try await scene.provider.correctSite(ofResource: secure.id, site).cri == secure.cri)
            site.pue = Measure(1_310_000)
            try await expect("conflict") { _ = try await scene.provider.correctSite(ofResource: secure.id, site) }

            bid.requirements.maxRttMs = Measure(14_000_000)
            let excluded = try await scene.buyer.quote(bid)
            #expect(excluded.excluded?.contains { $0.reasons?.first?.reason == $0.reason } == true)
            #expect(!excluded.feasible && excluded.excluded?.contains { $0.reason == "rtt_too_long" && $0.detail?.contains("15") == true } == true)
            #expect(try await scene.buyer.profiles().map(\.profile) == [.train, .inference, .hpc, .render])
        }
    }

    @Test("the catalogue's versions stay readable, and contracts name theirs")
    func versions() async throws {
        try await withServer { (_, scene) async throws in
            let before = try await scene.buyer.catalogue()
            var zone = try #require(before.zones.first { $0.code == "CN-GAN" })
            zone.grid?.gPerKwh = Measure(100_000_000)
            _ = try await scene.host.correctZone(zone)
            let after = try await scene.buyer.catalogue()
            #expect(after.version == before.version + 1 && after.hash != before.hash)
            #expect(after.zones.first { $0.code == "CN-GAN" }?.grid?.gPerKwh == Measure(100_000_000))
            let past = try await scene.buyer.catalogue(version: before.version)
            #expect(past.hash == before.hash && past.zones.first { $0.code == "CN-GAN" }?.grid?.gPerKwh == Measure(404_200_000))
            let contract = try await scene.buyer.contract(Self.graded + ".2026112312")
            #expect(contract.catalogueVersion == before.version)
            #expect(try await scene.buyer.products().compactMap(\.catalogueVersion).count == 2)
        }
    }

    @Test("--require-verification lets only the verified trade, from one start to the next; without it all do")
    func requiresVerification() async throws {
        let first = try await LocalServer.start(options: ["--require-verification"])
        func acting(_ server: LocalServer, _ body: (SuanpanClient) async throws -> Void) async throws {
            try await SuanpanClient.withConnections(1, to: server.url, retry: .standard) { client in
                try await body(client.acting(with: LocalServer.operatorKey))
            }
        }
        let order = NewOrder(contract: Self.graded + ".2026112312", side: .buy, price: Price(3_000_000), quantity: 1)
        var keys: [String] = []
        try await acting(first) { host in
            let scene = try await Scene(host)
            try await expect("forbidden") { _ = try await scene.buyer.place(order) }
            let legal = LegalEntity(name: "Buyer", country: "CN", scheme: "USCC", id: "91350100M000100Y43")
            let wrong = LegalEntity(name: "Buyer", country: "CN", scheme: "USCC", id: "91350100M000100Y44")
            try await expect("invalid_request id") { _ = try await host.setLegal(wrong, of: scene.buyerID) }
            #expect(try await host.setLegal(legal, of: scene.buyerID).verification == nil)
            let verification = Verification(validUntil: Self.noon.advanced(minutes: 60), reference: "file 1")
            #expect(try await host.verify(participant: scene.buyerID, verification).verification == verification)
            _ = try await scene.buyer.place(order)
            for id in [scene.buyerID, scene.providerID] {
                keys.append(try #require(try await host.createKey(NewAPIKey(label: "later"), of: id).key))
            }
        }
        try await first.stop()
        let (buyer, provider) = (keys[0], keys[1])
        let second = try await LocalServer.start(database: first.database, folder: first.folder, options: ["--require-verification"])
        try await acting(second) { host in
            _ = try await host.acting(with: buyer).place(order)
            try await expect("forbidden") { _ = try await host.acting(with: provider).place(order) }
        }
        try await second.stop()
        let third = try await LocalServer.start(database: first.database, folder: first.folder)
        try await acting(third) { host in
            _ = try await host.acting(with: provider).place(order)
        }
        try await third.discard()
    }
}
