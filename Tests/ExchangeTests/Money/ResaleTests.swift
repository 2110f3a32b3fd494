import Exchange
import Ledger
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Resale of hours")
struct ResaleTests {
    private func spent(_ pit: Pit, _ participant: ParticipantID, of cash: Int64 = 100_000) -> Int64 {
        pit.market.balance(participant).total.rawValue - Micros.units(cash).rawValue
    }

    /// Provider → Alice at 2.00 → Bob at 2.50; each time ten units, the resting side pays 10 bps, the incoming 30.
    private func twoLinks() -> Pit {
        let pit = Pit()
        pit.trade(cents(200), 10, to: pit.alice)
        pit.resell(cents(250), 10, as: pit.alice)
        pit.buy(cents(250), 10, as: pit.bob)
        return pit
    }

    @Test("min(paid, earned) is released at once: a profit waits for delivery, a loss is taken at once")
    func release() {
        let gain = twoLinks()
        // n₁ + f₁ = 20.06; n₂ − f₂ = 25 − 0.025.
        #expect(spent(gain, gain.alice) == 0)
        #expect(gain.market.escrow(gain.contract()) == "31.075000")
        let loss = Pit()
        loss.trade(cents(200), 10, to: loss.alice)
        loss.buy(cents(150), 10, as: loss.bob)
        loss.resell(cents(150), 10, as: loss.alice)
        // n₂ − f₂ = 15 − 0.045 as a taker, of the 20.06 paid.
        #expect(spent(loss, loss.alice) == 14_955_000 - 20_060_000)
        #expect(loss.market.escrow(loss.contract()) == "26.120000")
        #expect(loss.market.exchange.firstBrokenInvariant() == nil)
    }

    /// What was delivered, what each has more or less than at first, the exchange's fees.
    struct Outcome: Sendable {
        var delivered: Int64
        var provider: Int64
        var alice: Int64
        var bob: Int64
        var carol: Int64 = 0
        var fees: String
    }

    /// Worked out by hand from section 6 of the market's rules.
    static let twoSales = [
        Outcome(delivered: 36_000, provider: 19_980_000, alice: 4_915_000, bob: -25_075_000, fees: "0.180000"),
        Outcome(delivered: 12_345, provider: 2_908_975, alice: 1_685_436, bob: -4_656_134, fees: "0.061723"),
        Outcome(delivered: 0, provider: -6_000_000, alice: 0, bob: 6_000_000, fees: "0.000000"),
    ]
    static let threeSales = [
        Outcome(delivered: 36_000, provider: 19_980_000, alice: 4_915_000, bob: -10_090_000, carol: -15_045_000, fees: "0.240000"),
        Outcome(delivered: 12_345, provider: 2_908_975, alice: 1_685_436, bob: -3_460_027, carol: -1_216_681, fees: "0.082297"),
        Outcome(delivered: 0, provider: -6_000_000, alice: 0, bob: 0, carol: 6_000_000, fees: "0.000000"),
    ]

    @Test("a chain of two sales, delivered in full, in part and not at all, to the micro", arguments: twoSales)
    func twoLinkChain(outcome: Outcome) {
        let pit = twoLinks()
        pit.advance(minutes: 180)
        pit.report(delivered: outcome.delivered)
        pit.advance(minutes: 211)
        #expect(spent(pit, pit.provider) == outcome.provider)
        #expect(spent(pit, pit.alice) == outcome.alice)
        #expect(spent(pit, pit.bob) == outcome.bob)
        #expect(pit.market.feeRevenue == outcome.fees)
        #expect(pit.market.escrow(pit.contract()) == "0.000000")
        for participant in [pit.provider, pit.alice, pit.bob] { #expect(pit.market.balance(participant).inEscrow == .zero) }
    }

    @Test("a chain of three sales, the last at a loss, to the micro", arguments: threeSales)
    func threeLinkChain(outcome: Outcome) {
        let pit = twoLinks()
        let third = pit.market.participant("Carol", .consumer)
        pit.market.deposit(100_000, to: third)
        pit.resell(cents(150), 10, as: pit.bob)
        pit.buy(cents(150), 10, as: third)
        // Bob paid 25.075 and earns 15 − 0.015: that is released.
        #expect(spent(pit, pit.bob) == 14_985_000 - 25_075_000)
        pit.advance(minutes: 180)
        pit.report(delivered: outcome.delivered)
        pit.advance(minutes: 211)
        #expect(spent(pit, pit.provider) == outcome.provider)
        #expect(spent(pit, pit.alice) == outcome.alice)
        #expect(spent(pit, pit.bob) == outcome.bob)
        #expect(spent(pit, third) == outcome.carol)
        #expect(pit.market.feeRevenue == outcome.fees)
        #expect(pit.market.escrow(pit.contract()) == "0.000000")
    }

    @Test("a lot that returns to its provider settles at once as delivered, and its units are free again")
    func returnToProvider() {
        let pit = Pit(units: 10)
        pit.trade(cents(200), 10, to: pit.alice)
        #expect(pit.market.units(pit.resource, pit.contract().hour).sold == 10)
        pit.resell(cents(180), 10, as: pit.alice)
        pit.buy(cents(180), 10, as: pit.provider)
        // Alice paid 20.06 and got 18 − 0.018; the provider got 20 − 0.02 and paid 18.054; the rest are fees.
        #expect(spent(pit, pit.alice) == -2_078_000)
        #expect(spent(pit, pit.provider) == 1_926_000)
        #expect(pit.market.feeRevenue == "0.152000")
        #expect(pit.market.escrow(pit.contract()) == "0.000000")
        #expect(pit.market.units(pit.resource, pit.contract().hour).sold == 0)
        #expect(pit.market.units(pit.resource, pit.contract().hour).free == 10)
        #expect(pit.market.exchange.contract(pit.contract())?.openInterest == 0)
        #expect(pit.trade(cents(200), 10, to: pit.bob).order.status == .filled)
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("a part of a lot that returns to its provider ends alone; the rest is delivered")
    func partialReturn() {
        let pit = Pit(units: 10)
        pit.trade(cents(200), 10, to: pit.alice)
        pit.resell(cents(200), 3, as: pit.alice)
        pit.buy(cents(200), 3, as: pit.provider)
        #expect(pit.market.units(pit.resource, pit.contract().hour).sold == 7)
        pit.advance(minutes: 180)
        pit.report(delivered: 7 * 3_600)
        pit.advance(minutes: 211)
        #expect(pit.market.escrow(pit.contract()) == "0.000000")
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.quantity == 7)
    }

    @Test("held units are sold oldest lot first, or from the named allocation, and never twice")
    func whichLots() throws {
        let pit = Pit()
        let first = try #require(pit.trade(cents(200), 4, to: pit.alice).order.allocationID)
        let second = try #require(pit.trade(cents(220), 4, to: pit.alice).order.allocationID)
        func held(_ id: AllocationID) -> Quantity {
            (pit.market.exchange.allocation(id)?.hours ?? []).reduce(0) { $0 + $1.quantity }
        }
        pit.resell(cents(200), 2, as: pit.alice, allocation: second)
        pit.buy(cents(200), 2, as: pit.bob)
        #expect(held(first) == 4 && held(second) == 2)
        pit.resell(cents(200), 3, as: pit.alice)
        pit.buy(cents(200), 3, as: pit.bob)
        #expect(held(first) == 1 && held(second) == 2)
        // Named units stay for the order that names them: the older lot's unit is spared.
        pit.resell(cents(300), 1, as: pit.alice, allocation: first)
        pit.resell(cents(200), 2, as: pit.alice)
        #expect(pit.market.code(pit.market.order(.sell, pit.contract(), cents(300), 1), as: pit.alice) == .insufficientPosition)
        pit.buy(cents(200), 2, as: pit.bob)
        #expect(held(first) == 1 && held(second) == 0)
        #expect(pit.market.exchange.allocation(second)?.status == .transferred)
        pit.buy(cents(300), 1, as: pit.bob)
        #expect(held(first) == 0)
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("units on offer are encumbered: of an allocation, of all, and free again with the order")
    func encumbrance() throws {
        let pit = Pit()
        let first = pit.trade(cents(200), 4, to: pit.alice).order.allocationID
        let second = pit.trade(cents(200), 4, to: pit.alice).order.allocationID
        func code(_ quantity: Quantity, _ allocation: AllocationID?) -> RefusalCode? {
            var spec = pit.market.order(.sell, pit.contract(), cents(300), quantity)
            spec.allocationID = allocation
            return pit.market.code(spec, as: pit.alice)
        }
        #expect(code(5, first) == .insufficientPosition)
        #expect(code(9, nil) == .insufficientPosition)
        let anonymous = pit.resell(cents(300), 6, as: pit.alice).order.id
        #expect(code(3, first) == .insufficientPosition)
        #expect(code(2, first) == nil)
        #expect(code(1, second) == .insufficientPosition)
        #expect(pit.market.positions(of: pit.alice).map(\.onOffer) == [8])
        #expect(pit.market.code(.cancelOrder(CancelOrder(OrderReference(id: anonymous))), as: pit.alice) == nil)
        #expect(code(2, first) == nil && code(1, first) == .insufficientPosition)
        #expect(code(4, second) == nil && code(1, second) == .insufficientPosition)
        #expect(pit.market.code(pit.market.order(.sell, pit.contract(3), cents(300), 1), as: pit.alice) == .insufficientPosition)
    }

    @Test("a holder of more units than 32 bits count sells them on, and sees how many it has")
    func hugePosition() throws {
        let market = Market()
        market.checkEvery = 0
        let product = market.product(tick: Price(1), reference: Price(2))
        let provider = market.participant("Provider", .provider)
        let alice = market.participant("Alice", .consumer)
        for participant in [provider, alice] { market.deposit(100_000, to: participant) }
        let contract = market.contract(product, in: 2)
        for _ in 0..<4_300 {
            let resource = market.resource(of: provider, units: Quantity.limit)
            _ = try market.place(market.order(.sell, contract, Price(2), Quantity.limit, resource: resource), as: provider).get()
            _ = try market.place(market.order(.buy, contract, Price(2), Quantity.limit), as: alice).get()
        }
        #expect(try market.place(market.order(.sell, contract, Price(3), Quantity.limit), as: alice).get().order.status == .open)
        let position = try #require(market.positions(of: alice).first)
        #expect(position.quantity == 4_300_000_000 && position.onOffer == 1_000_000)
    }

    @Test("a resale moves the hours to the buyer's allocation, and with them who may ask for and set access")
    func allocationsMove() throws {
        let pit = Pit()
        let sold = try #require(pit.trade(cents(200), 4, to: pit.alice).order.allocationID)
        func code(_ kind: HandoverKind, _ id: AllocationID, _ issuer: ParticipantID) -> RefusalCode? {
            pit.market.code(.recordHandover(RecordHandover(allocation: id, kind: kind, hash: Bytes([7]), version: 1)), as: issuer)
        }
        #expect(code(.request, sold, pit.alice) == nil)
        #expect(code(.request, sold, pit.bob) == .notFound)
        #expect(code(.access, sold, pit.provider) == nil)
        #expect(code(.access, sold, pit.alice) == .forbidden)
        #expect(code(.request, sold, pit.meter) == .forbidden)
        pit.resell(cents(200), 4, as: pit.alice)
        let bought = try #require(pit.buy(cents(200), 4, as: pit.bob).order.allocationID)
        #expect(pit.market.exchange.allocation(sold)?.status == .transferred)
        #expect(pit.market.exchange.allocation(bought)?.holderID == pit.bob)
        #expect(pit.market.exchange.allocation(bought)?.hours.map(\.quantity) == [4])
        #expect(code(.access, sold, pit.provider) == .notFound)
        #expect(code(.request, sold, pit.alice) == .conflict, "there is nothing left to ask for")
        #expect(code(.access, bought, pit.provider) == nil)
        #expect(code(.request, bought, pit.bob) == nil)
        for number in [0, -1, Int64.max, Int64.min] { #expect(code(.request, AllocationID(number), pit.bob) == .notFound) }
        pit.advance(minutes: 180)
        #expect(code(.access, bought, pit.provider) == .conflict)
        #expect(code(.request, bought, pit.bob) == .conflict)
        #expect(pit.market.exchange.allocation(bought)?.status == .metering)
    }
}
