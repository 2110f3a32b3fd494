import Exchange
import Matching
import Quantities
import Registry
import TestSupport
import Testing

@Suite("Standing bids and changing facts")
struct StandingBidFactsTests {
    private func standing(_ pit: Pit, _ change: (inout BidSpec) -> Void) throws -> BidID {
        var spec = pit.market.bid(quantity: 2, hours: 2, from: 2, window: 8)
        spec.standing = true
        change(&spec)
        let bid = try pit.market.bid(spec, as: pit.alice).get()
        #expect(bid.status == .standing)
        return bid.id
    }

    private func restores(_ market: Market) throws -> Bool {
        var decoder = BinaryDecoder(market.state)
        let restored = try Exchange(decoding: &decoder)
        var encoder = BinaryEncoder()
        restored.encodeState(into: &encoder)
        return encoder.bytes == market.state
    }

    @Test("a correction ends no standing bid: its hours were listed before, and serve it as they were")
    func corrections() throws {
        let pit = Pit()
        let market = pit.market
        let id = try standing(pit) { $0.requirements.abi = "cuda" }
        var computeClass = try #require(market.exchange.catalogue.computeClass(code: "H100-SXM"))
        computeClass.abi = "rocm"
        #expect(market.code(.correctComputeClass(computeClass), as: market.operatorID) == nil)
        #expect(market.exchange.bid(id)?.status == .standing)
        #expect(market.balance(pit.alice).reserved > .zero)
        #expect(try restores(market))
        var other = market.bid(quantity: 2, hours: 2, from: 2, window: 8)
        other.standing = true
        other.requirements.abi = "rocm"
        let refused = try market.bid(other, as: pit.alice).get()
        #expect(refused.status == .unfilled && refused.reason == .noEligibleProduct)
        for hour in Int32(2)..<4 { pit.sell(cents(200), 2, hour: hour) }
        #expect(market.exchange.bid(id)?.status == .filled && market.exchange.bid(id)?.start == pit.midnight + 2)
        #expect(market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("a standing bid passes over a provider that blocks the bidder, and takes its offer once it no longer does")
    func blocks() throws {
        let pit = Pit()
        let market = pit.market
        func block(_ buyers: [ParticipantID]) {
            var body = BlockBuyers.Body()
            body.buyers = buyers
            #expect(market.code(.blockBuyers(BlockBuyers(provider: pit.provider, body: body)), as: pit.provider) == nil)
        }
        block([pit.alice])
        let id = try standing(pit) { _ in }
        for hour in Int32(2)..<6 { pit.sell(cents(200), 4, hour: hour) }
        #expect(market.exchange.bid(id)?.status == .standing)
        #expect(try restores(market))
        block([])
        #expect(market.exchange.bid(id)?.status == .filled)
        #expect(market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("a standing bid waits for its data, and for hours in which the certificate counts")
    func hours() throws {
        let pit = Pit()
        let market = pit.market
        var facts = NetworkPathFacts()
        facts.gigabitsPerSecond = Measure(10_000_000)
        let home = market.product("H100-SXM", "CN-ZHW")
        #expect(home != pit.product)
        #expect(market.code(.setNetworkPath(NetworkPath(from: "CN-ZHW", to: "CN-GAN", facts: facts)), as: market.operatorID) == nil)
        let data = try standing(pit) {
            $0.requirements.zones = ["CN-GAN"]
            $0.requirements.fromZone = "CN-ZHW"
            $0.requirements.datasetGigabytes = Measure(9_000_000_000)
        }
        let certified = try standing(pit) { $0.requirements.certificates = ["GB 50174"] }
        for hour in Int32(2)..<4 { pit.sell(cents(200), 4, hour: hour) }
        #expect(market.exchange.bid(data)?.status == .standing)
        for hour in Int32(4)..<6 { pit.sell(cents(200), 4, hour: hour) }
        #expect(market.exchange.bid(data)?.status == .filled && market.exchange.bid(data)?.start == pit.midnight + 4)
        #expect(market.exchange.bid(certified)?.status == .standing)
        let resource = market.resource(of: pit.provider, units: 4, site: "S") {
            var certificate = SiteCertificate()
            certificate.scheme = "GB 50174"
            certificate.expiresAt = (pit.midnight + 4).start
            $0.site?.certificates = [certificate]
        }
        _ = try market.offer(market.offer(of: resource, 4, at: cents(200), from: 3, hours: 4), as: pit.provider).get()
        #expect(market.exchange.bid(certified)?.status == .standing)
        _ = try market.offer(market.offer(of: resource, 2, at: cents(200), from: 2, hours: 1), as: pit.provider).get()
        #expect(market.exchange.bid(certified)?.status == .filled && market.exchange.bid(certified)?.start == pit.midnight + 2)
        #expect(try restores(market))
        #expect(market.replay().state == market.state)
    }
}
