import Exchange
import Matching
import Quantities
import Registry
import TestSupport
import Testing

@Suite("Bids by distance, data and profile")
struct BidFactsTests {
    /// Two zones with a resource of 8 each, for sale from hour 1 to 20; the buyer sits in CN-GAN.
    private struct Scene {
        let market = Market()
        let provider: ParticipantID
        let buyer: ParticipantID
        var near = ResourceID.none
        var far = ResourceID.none

        init(gbps: Int64? = 10, line: Int64? = nil) throws {
            provider = market.participant("Provider", .provider)
            buyer = market.participant("Buyer", .consumer)
            for id in [provider, buyer] { market.deposit(100_000, to: id) }
            market.product("H100-SXM", "CN-GAN")
            market.product("H100-SXM", "CN-ZHW")
            var facts = NetworkPathFacts()
            facts.p50Milliseconds = Measure(20_000_000)
            facts.p99Milliseconds = Measure(30_000_000)
            facts.gigabitsPerSecond = gbps.map { Measure($0 * 1_000_000) }
            market.apply(.setNetworkPath(NetworkPath(from: "CN-GAN", to: "CN-ZHW", facts: facts)), as: market.operatorID)
            near = market.resource(of: provider, units: 8, site: "Near") { $0.site?.pue = Measure(1_200_000) }
            far = market.resource(of: provider, units: 8, site: "Far", "H100-SXM", "CN-ZHW") {
                var network = NetworkFacts()
                network.egressPricePerGigabyte = Price(50_000)
                network.gigabitsPerSecond = line.map { Measure($0 * 1_000_000) }
                $0.network = network
            }
            _ = try market.offer(market.offer(of: near, 8, at: cents(250), from: 1, hours: 20), as: provider).get()
            _ = try market.offer(market.offer(of: far, 8, at: cents(200), from: 1, hours: 20), as: provider).get()
        }

        func quote(hours: Int32 = 2, window: Int32 = 18, _ change: (inout Requirements) -> Void) throws -> QuoteView {
            var spec = market.bid(quantity: 4, hours: hours, from: 1, window: window)
            change(&spec.requirements)
            return try market.exchange.quote(spec, for: buyer)
        }
    }

    @Test("max_rtt_ms leaves out what is too far, by its p99; relaxing it never shrinks what is left")
    func distances() throws {
        let scene = try Scene()
        var last: Set<UInt32> = []
        for (milliseconds, product) in [(0, 0), (29, 0), (30, 1), (500, 1)] as [(Int64, UInt32)] {
            let quote = try scene.quote {
                $0.fromZone = "CN-GAN"
                $0.maxRTTMilliseconds = Measure(milliseconds * 1_000_000)
            }
            #expect(quote.product == ProductID(product), "\(milliseconds) ms")
            let served = Set([0, 1] as [UInt32]).subtracting(quote.excluded.map(\.product.index))
            #expect(last.isSubset(of: served))
            last = served
            if product == 0 { #expect(quote.excluded.map(\.reason) == ["rtt_too_long"]) }
        }
        let back = try scene.quote {
            $0.fromZone = "CN-ZHW"
            $0.maxRTTMilliseconds = Measure(29_000_000)
        }
        #expect(back.product == ProductID(1))
    }

    @Test("an unknown zone is not found, a distance without its zone is refused, for bids and quotes")
    func refusals() throws {
        let scene = try Scene()
        var spec = scene.market.bid(quantity: 1, hours: 1, from: 1)
        spec.requirements.fromZone = "CN-XXX"
        #expect(scene.market.bid(spec, as: scene.buyer).refusal?.field == "requirements.from_zone")
        #expect(scene.market.bid(spec, as: scene.buyer).refusal?.code == .notFound)
        spec.requirements.fromZone = nil
        spec.requirements.maxRTTMilliseconds = Measure(1)
        #expect(scene.market.bid(spec, as: scene.buyer).refusal?.code == .invalidRequest)
    }

    @Test("data to move shifts the earliest start by whole hours; a resource's narrower line shifts it further")
    func datasets() throws {
        let scene = try Scene()
        let start = Hour(containing: scene.market.now) + 1
        for (gigabytes, hours) in [(1, 1), (4_500, 1), (4_501, 2), (27_000, 6)] as [(Int64, Int32)] {
            let scene = try Scene()
            let quote = try scene.quote {
                $0.zones = ["CN-ZHW"]
                $0.fromZone = "CN-GAN"
                $0.datasetGigabytes = Measure(gigabytes * 1_000_000)
            }
            #expect(quote.start == start + hours && quote.transferHours == hours, "\(gigabytes) GB")
            // The quote's bid is posted as it is: its data moves again, and it begins when the plan does.
            let bid = try scene.market.bid(#require(quote.bid), as: scene.buyer).get()
            #expect(bid.status == .filled && bid.start == quote.start && bid.cost == quote.cost && bid.fees == quote.fees, "\(gigabytes) GB")
        }
        let narrow = try Scene(line: 5)
        let quote = try narrow.quote {
            $0.zones = ["CN-ZHW"]
            $0.fromZone = "CN-GAN"
            $0.datasetGigabytes = Measure(4_500_000_000)
        }
        #expect(quote.start == start + 2 && quote.transferHours == 2)
        let posted = try narrow.market.bid(#require(quote.bid), as: narrow.buyer).get()
        #expect(posted.status == .filled && posted.start == quote.start && posted.cost == quote.cost)
        // Too late for the window: nothing is left. At home nothing need be moved.
        let late = try scene.quote {
            $0.fromZone = "CN-GAN"
            $0.datasetGigabytes = Measure(1_000_000_000_000)
        }
        #expect(late.product == ProductID(0) && late.start == start && late.transferHours == 0)
        let unknown = try Scene(gbps: nil).quote {
            $0.zones = ["CN-ZHW"]
            $0.fromZone = "CN-GAN"
            $0.datasetGigabytes = Measure(1_000_000)
        }
        #expect(!unknown.feasible && unknown.excluded.contains { $0.reason == "path_unknown" })
    }

    @Test("a bid with data to move is filled at the shifted start")
    func fills() throws {
        let scene = try Scene()
        var spec = scene.market.bid(quantity: 4, hours: 2, from: 1, window: 10)
        spec.requirements.zones = ["CN-ZHW"]
        spec.requirements.fromZone = "CN-GAN"
        spec.requirements.datasetGigabytes = Measure(9_000_000_000)
        let bid = try scene.market.bid(spec, as: scene.buyer).get()
        #expect(bid.status == .filled && bid.start == Hour(containing: scene.market.now) + 3)
        #expect(scene.market.replay().state == scene.market.state)
    }

    @Test("moving data out is a price line of its own; unknown where a resource names no price")
    func egress() throws {
        let scene = try Scene()
        let quote = try scene.quote { $0.egressGigabytes = Measure(100_500_000) }
        #expect(quote.product == ProductID(1) && quote.egress?.pricePerGigabyte == Price(50_000))
        #expect(quote.egress?.cost == Micros(5_025_000))
        #expect(quote.cost == Micros(16_000_000))
        let near = try scene.quote {
            $0.zones = ["CN-GAN"]
            $0.egressGigabytes = Measure(1)
        }
        #expect(near.egress != nil && near.egress?.cost == nil)
        #expect(try scene.quote { _ in }.egress == nil)
    }

    @Test("a profile is written out in the quote's bid, and other plans are compared by what they can do")
    func profiles() throws {
        let scene = try Scene()
        let market = scene.market
        for (code, memory, bandwidth, price) in [("H200-SXM", 141, 4_800, 260), ("H20", 96, 4_000, 240)] as [(String, Int64, Int64, Int64)] {
            var computeClass = ComputeClass()
            computeClass.code = code
            computeClass.vendor = "vendor"
            computeClass.model = code
            computeClass.memoryGigabytes = WholeMeasure(memory)
            computeClass.memoryBandwidthGigabytesPerSecond = WholeMeasure(bandwidth)
            computeClass.abi = "cuda"
            market.apply(.addComputeClass(computeClass), as: market.operatorID)
            market.product(code, "CN-GAN")
            let resource = market.resource(of: scene.provider, units: 8, site: code, code)
            _ = try market.offer(market.offer(of: resource, 8, at: cents(price), from: 1, hours: 2), as: scene.provider).get()
        }
        let quote = try scene.quote(window: 2) {
            $0.profile = "inference"
            $0.modelMemoryGigabytes = WholeMeasure(90)
        }
        #expect(quote.bid?.requirements.minMemoryGigabytes == WholeMeasure(90) && quote.bid?.requirements.profile == "inference")
        #expect(quote.excluded.filter { $0.reason == "memory_too_small" }.count == 2)
        #expect(quote.performance?.bandwidth == "1.194")
        #expect(quote.alternatives.map(\.performance?.bandwidth) == ["1.433"])
        // By price the far H100 comes before both; by bandwidth it has no figure and comes last.
        let ranked = try scene.quote(window: 2) { $0.profile = "inference" }
        #expect(ranked.product == ProductID(1))
        #expect(ranked.alternatives.map(\.product.index) == [2, 3, 0])
        let plain = try scene.quote(window: 2) { _ in }
        #expect(plain.alternatives.map(\.product.index) == [3, 0, 2])
    }

    @Test("hours that may be missing serve no profile that cannot be interrupted")
    func preemption() throws {
        let scene = try Scene()
        for profile in WorkloadProfile.allCases {
            var spec = scene.market.bid(quantity: 1, hours: 1, from: 1, products: ["H100-SXM.CN-GAN"])
            spec.fill = .hourly
            spec.requirements.profile = profile.rawValue
            let refusal = scene.market.bid(spec, as: scene.buyer).refusal
            #expect((refusal?.field == "fill") == !profile.isPreemptible, "\(profile)")
        }
    }

    /// A market in which the provider delivered an hour whole, with a certificate, and its resource.
    private func reliable() throws -> (market: Market, provider: ParticipantID, buyer: ParticipantID, resource: ResourceID) {
        let market = Market()
        let provider = market.participant("Provider", .provider)
        let buyer = market.participant("Buyer", .consumer)
        let meter = market.participant("Meter", .meter)
        for id in [provider, buyer] { market.deposit(100_000, to: id) }
        let product = market.product()
        let midnight = Hour(containing: market.now)
        let resource = market.resource(of: provider, units: 8, site: "S") {
            var certificate = SiteCertificate()
            certificate.scheme = "GB 50174"
            certificate.expiresAt = (midnight + 500).start
            $0.site?.certificates = [certificate]
        }
        market.certify(resource, units: 8, from: 0, to: 1_000, meter: meter)
        let contract = ContractKey(product: product, hour: midnight + 1)
        _ = try market.place(market.order(.sell, contract, cents(200), 8, resource: resource), as: provider).get()
        _ = try market.place(market.order(.buy, contract, cents(200), 8), as: buyer).get()
        market.advance(to: (midnight + 2).start)
        market.report(resource, midnight + 1, delivered: 8 * 3_600, sequence: 1, as: meter)
        market.advance(to: (midnight + 4).start)
        #expect(market.exchange.reliability(of: provider).deliveredShare == Measure(1_000_000))
        return (market, provider, buyer, resource)
    }

    @Test("what a provider delivered counts beside certificates and data to move, for quotes, bids and bids that stand", arguments: 0..<3)
    func reliability(number: Int) throws {
        let (market, provider, buyer, resource) = try reliable()
        var spec = market.bid(quantity: 4, hours: 2, from: 1, window: 6)
        spec.requirements.minReliability = Measure(900_000)
        if number != 1 { spec.requirements.certificates = ["GB 50174"] }
        if number != 0 {
            spec.requirements.fromZone = "CN-GAN"
            spec.requirements.datasetGigabytes = Measure(1_000_000)
        }
        var waiting = spec
        waiting.standing = true
        let id = try market.bid(waiting, as: buyer).get().id
        #expect(market.exchange.bid(id)?.status == .standing)
        _ = try market.offer(market.offer(of: resource, 8, at: cents(200), from: 1, hours: 6), as: provider).get()
        #expect(market.exchange.bid(id)?.status == .filled)
        let quote = try market.exchange.quote(spec, for: buyer)
        #expect(quote.feasible && quote.excluded.isEmpty, "\(quote.excluded)")
        #expect(try market.bid(#require(quote.bid), as: buyer).get().cost == quote.cost)
        // Who delivered less is left out, with the reason.
        spec.requirements.minReliability = Measure(1_000_000)
        let another = market.participant("Another", .provider)
        market.deposit(1_000, to: another)
        let other = market.resource(of: another, units: 8, site: "T") { $0.site?.certificates = market.exchange.resource(resource)?.spec.site?.certificates }
        _ = try market.offer(market.offer(of: other, 8, at: cents(150), from: 1, hours: 6), as: another).get()
        let strict = try market.exchange.quote(spec, for: buyer)
        #expect(strict.excluded.contains { $0.resourceID == other && $0.reason == "reliability_too_low" })
    }

    @Test("a quote says everything that stands against a product or a resource, the first reason as before")
    func allReasons() throws {
        let scene = try Scene()
        let quote = try scene.quote {
            $0.zones = ["CN-GAN"]
            $0.maxPUE = Measure(1_100_000)
            $0.isolation = .bareMetal
        }
        let near = try #require(quote.excluded.first { $0.resourceID == scene.near })
        #expect(near.product == ProductID(0) && near.reason == "pue_too_high" && near.detail == "a PUE of at most 1.1 wanted, 1.2")
        #expect(near.reasons.map(\.reason) == ["pue_too_high", "isolation_too_weak"])
        #expect(near.reasons.first == ExclusionReasonView(near.reason, near.detail))
        let far = try #require(quote.excluded.first { $0.product == ProductID(1) })
        #expect(far.resourceID == nil && far.reasons.map(\.reason) == ["zone_not_named"])
        var spec = scene.market.bid(quantity: 4, hours: 1, from: 1)
        spec.currency = Currency(unchecked: "CNY")
        spec.requirements.countries = ["US"]
        spec.requirements.abi = "rocm"
        let products = try scene.market.exchange.quote(spec, for: scene.buyer).excluded
        for excluded in products {
            #expect(excluded.reasons.map(\.reason) == ["country_not_named", "abi_differs", "currency_mismatch"] && excluded.reason == "country_not_named")
        }
        #expect(products.count == 2)
    }

    @Test("a certificate and a delivered share are asked together of a resource that has both")
    func certifiedAndReliable() throws {
        let pit = Pit()
        let market = pit.market
        pit.trade(cents(200), 8, to: pit.alice)
        pit.advance(minutes: 180)
        pit.report(delivered: 8 * 3_600)
        pit.advance(minutes: 600)
        let resource = market.resource(of: pit.provider, units: 8, site: "S") {
            var certificate = SiteCertificate()
            certificate.scheme = "GB 50174"
            certificate.expiresAt = (pit.midnight + 20).start
            $0.site?.certificates = [certificate]
        }
        _ = try market.offer(market.offer(of: resource, 8, at: cents(200), from: 2, hours: 4), as: pit.provider).get()
        var spec = market.bid(quantity: 2, hours: 2, from: 2, window: 4)
        spec.requirements.certificates = ["GB 50174"]
        spec.requirements.minReliability = Measure(1_000_000)
        let quote = try market.exchange.quote(spec, for: pit.alice)
        #expect(quote.feasible && quote.resourceID == resource && quote.excluded.isEmpty, "\(quote.excluded)")
        // So does a bid that waits for the second hour.
        spec.quantity = 6
        spec.durationHours = 5
        spec.latestEnd = spec.earliestStart + 5
        spec.standing = true
        let id = try market.bid(spec, as: pit.alice).get().id
        #expect(market.exchange.bid(id)?.status == .standing)
        _ = try market.offer(market.offer(of: resource, 8, at: cents(200), from: 6, hours: 1), as: pit.provider).get()
        #expect(market.exchange.bid(id)?.status == .filled)
        #expect(market.replay().state == market.state)
    }

    @Test("a certificate that ends within the run leaves the later hours out")
    func certificates() throws {
        let market = Market()
        let provider = market.participant("Provider", .provider)
        let buyer = market.participant("Buyer", .consumer)
        for id in [provider, buyer] { market.deposit(100_000, to: id) }
        market.product()
        let end = Hour(containing: market.now) + 4
        let resource = market.resource(of: provider, units: 8, site: "S") {
            var certificate = SiteCertificate()
            certificate.scheme = "GB 50174"
            certificate.expiresAt = end.start.advanced(minutes: 10)
            $0.site?.certificates = [certificate]
        }
        _ = try market.offer(market.offer(of: resource, 8, at: cents(200), from: 1, hours: 10), as: provider).get()
        func quote(_ hours: Int32, from: Int32) throws -> QuoteView {
            var spec = market.bid(quantity: 1, hours: hours, from: from, window: 10 - from)
            spec.requirements.certificates = ["GB 50174"]
            return try market.exchange.quote(spec, for: buyer)
        }
        #expect(try quote(3, from: 1).feasible)
        #expect(try !quote(4, from: 1).feasible)
        let late = try quote(1, from: 4)
        #expect(!late.feasible && late.excluded.map(\.reason) == ["certificate_missing"])
    }
}
