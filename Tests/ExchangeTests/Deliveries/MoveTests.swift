import Exchange
import Matching
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

extension Market {
    /// A provider's proposal to deliver from another resource, and its refusal; nil where it was taken.
    func proposeMove(_ delivery: DeliveryID, to resource: ResourceID) -> Refusal? {
        guard let found = exchange.delivery(delivery) else { return Refusal(.notFound, "no delivery") }
        var body = ProposeMove.Body()
        body.resourceID = resource
        body.reason = "works on the line"
        return refusal(.proposeMove(ProposeMove(delivery, body)), as: found.providerID)
    }

    /// The holder's consent to the last proposal, and its refusal.
    func consent(_ delivery: DeliveryID) -> Refusal? {
        guard let found = exchange.delivery(delivery), let move = exchange.moves(of: nil, delivery: delivery, after: .none, limit: 100).last
        else { return Refusal(.notFound, "no move") }
        return refusal(.answerMove(AnswerMove(move.id, accepted: true)), as: found.holderID)
    }

    /// A proposal with the holder's consent.
    func move(_ delivery: DeliveryID, to resource: ResourceID) -> Refusal? { proposeMove(delivery, to: resource) ?? consent(delivery) }
}

@Suite("Moves to another resource")
struct MoveTests {
    private let market = Market()
    private let product: ProductID
    private let provider: ParticipantID
    private let alice: ParticipantID
    private let bob: ParticipantID
    private let midnight: Hour

    init() {
        midnight = Hour(containing: market.now)
        product = market.product()
        provider = market.participant("Provider", .provider)
        alice = market.participant("Alice", .consumer)
        bob = market.participant("Bob", .consumer)
        for participant in [provider, alice, bob] { market.deposit(100_000, to: participant) }
    }

    private func resource(_ site: String, pue: Int64?, certificate until: Hour? = nil) -> ResourceID {
        market.resource(of: provider, units: 10, site: site) { spec in
            spec.site?.pue = pue.map { Measure($0) }
            guard let until else { return }
            var certificate = SiteCertificate()
            certificate.scheme = "ISO27001"
            certificate.expiresAt = until.start
            spec.site?.certificates = [certificate]
        }
    }

    private func sell(_ resource: ResourceID) {
        let contract = ContractKey(product: product, hour: midnight + 2)
        let result = market.place(market.order(.sell, contract, cents(200), 1, resource: resource), as: provider)
        precondition(result.refusal == nil, "\(String(describing: result.refusal))")
    }

    @Test("the target meets what the bid asked for, as the resource that it is taken from had to")
    func requirements() throws {
        let own = resource("Own", pue: 1_200_000, certificate: midnight + 9)
        sell(own)
        var bid = market.bid(quantity: 1, hours: 1, from: 2)
        bid.requirements.maxPUE = Measure(1_300_000)
        bid.requirements.certificates = ["ISO27001"]
        #expect(try market.bid(bid, as: alice).get().status == .filled)
        let hot = resource("Hot", pue: 1_310_000, certificate: midnight + 9)
        let unknown = resource("Unknown", pue: nil, certificate: midnight + 9)
        let expired = resource("Expired", pue: 1_200_000, certificate: midnight + 2)
        let good = resource("Good", pue: 1_300_000, certificate: midnight + 9)
        market.advance(to: midnight.start.advanced(minutes: 110))
        for (target, words) in [(hot, "a PUE of at most 1.3 wanted, 1.31"), (unknown, "a PUE of at most 1.3 wanted, unknown"), (expired, "ISO27001")] {
            let before = market.stateWithoutHeader
            let refusal = try #require(market.proposeMove(DeliveryID(1), to: target))
            #expect(refusal.code == .insufficientCapacity && refusal.field == "resource_id" && refusal.detail.contains(words), "\(refusal)")
            #expect(market.stateWithoutHeader == before)
        }
        #expect(market.move(DeliveryID(1), to: good) == nil)
        #expect(market.exchange.delivery(DeliveryID(1))?.resourceID == good)
        #expect(market.exchange.firstBrokenInvariant() == nil && market.replay().state == market.state)
    }

    @Test("what was bought by an order, or by a bid for anything of a product, moves to whatever can serve the product")
    func orders() throws {
        let own = resource("Own", pue: 1_200_000)
        sell(own)
        let contract = ContractKey(product: product, hour: midnight + 2)
        #expect(market.place(market.order(.buy, contract, cents(200), 1), as: alice).refusal == nil)
        sell(own)
        #expect(try market.bid(market.bid(quantity: 1, hours: 1, from: 2, placement: .any), as: bob).get().status == .filled)
        let other = resource("Other", pue: nil)
        market.advance(to: midnight.start.advanced(minutes: 110))
        for delivery in [DeliveryID(1), DeliveryID(2)] {
            #expect(market.move(delivery, to: other) == nil)
            #expect(market.exchange.delivery(delivery)?.resourceID == other)
        }
    }

    @Test("where a bid's data comes to the target too late, the hour does not move there")
    func data() throws {
        market.product("H100-SXM", "CN-ZHW")
        var facts = NetworkPathFacts()
        facts.gigabitsPerSecond = Measure(10_000_000)
        market.apply(.setNetworkPath(NetworkPath(from: "CN-ZHW", to: "CN-GAN", facts: facts)), as: market.operatorID)
        func resource(_ site: String, line: Int64) -> ResourceID {
            market.resource(of: provider, units: 10, site: site) { spec in
                var network = NetworkFacts()
                network.gigabitsPerSecond = Measure(line * 1_000_000)
                spec.network = network
            }
        }
        sell(resource("Own", line: 10))
        // 4,500 GB an hour over 10 Gbps: from hour 0 on 9,000 GB are there at 2:00; over 5 Gbps at 4:00.
        var bid = market.bid(quantity: 1, hours: 1, from: 0, window: 3)
        bid.requirements.fromZone = "CN-ZHW"
        bid.requirements.datasetGigabytes = Measure(9_000_000_000)
        #expect(try market.bid(bid, as: alice).get().start == midnight + 2)
        let slow = resource("Slow", line: 5)
        let fast = resource("Fast", line: 400)
        market.advance(to: midnight.start.advanced(minutes: 110))
        let refusal = try #require(market.proposeMove(DeliveryID(1), to: slow))
        #expect(refusal.code == .insufficientCapacity && refusal.detail.contains("data does not come"), "\(refusal)")
        #expect(market.move(DeliveryID(1), to: fast) == nil)
    }

    @Test("a buyer's requirements come with a resale: the new holder's bid counts, not the first one's")
    func resale() throws {
        let own = resource("Own", pue: 1_200_000)
        sell(own)
        var bid = market.bid(quantity: 1, hours: 1, from: 2)
        bid.requirements.maxPUE = Measure(1_300_000)
        let bought = try market.bid(bid, as: alice).get()
        var resale = market.order(.sell, ContractKey(product: product, hour: midnight + 2), cents(210), 1)
        resale.allocationID = bought.allocationID
        #expect(market.place(resale, as: alice).refusal == nil)
        #expect(market.place(market.order(.buy, resale.contract, cents(210), 1), as: bob).refusal == nil)
        let other = resource("Other", pue: 1_500_000)
        market.advance(to: midnight.start.advanced(minutes: 110))
        #expect(market.move(DeliveryID(1), to: other) == nil)
    }
}
