import Exchange
import Matching
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Many deliveries at once")
struct PaceTests {
    /// So many deliveries of one unit, in hour 2 of a market with a clock.
    private func sold(_ count: Int, _ clock: ClockMode) throws -> (market: Market, contract: ContractKey, resource: ResourceID, meter: ParticipantID) {
        let market = Market(clock: clock)
        market.checkEvery = 0
        let product = market.product()
        let meter = market.participant("Meter", .meter)
        let provider = market.participant("Provider", .provider)
        let alice = market.participant("Alice", .consumer)
        for participant in [provider, alice] { market.deposit(1_000_000, to: participant) }
        let resource = market.resource(of: provider, units: 10_000, meter: meter)
        let contract = market.contract(product, in: 2)
        _ = try market.place(market.order(.sell, contract, cents(200), Quantity(count), resource: resource), as: provider).get()
        for _ in 0..<count { _ = try market.place(market.order(.buy, contract, cents(200), 1), as: alice).get() }
        return (market, contract, resource, meter)
    }

    @Test("with a real clock gate and settlement go on in steps that leave time between them; what a step leaves can be written and read")
    func steps() throws {
        let (market, contract, resource, meter) = try sold(600, .real)
        let gate = contract.hour.start.advanced(minutes: -15)
        market.advance(to: gate)
        #expect(market.exchange.deliveryCount == 250)
        #expect(market.exchange.nextDue == gate.advanced(microseconds: 3_750))
        #expect(market.exchange.firstBrokenInvariant() == nil)
        var decoder = BinaryDecoder(market.state)
        let read = try Exchange(decoding: &decoder)
        var encoder = BinaryEncoder()
        read.encodeState(into: &encoder)
        #expect(encoder.bytes == market.state && read.nextDue == market.exchange.nextDue)
        #expect(market.exchange.allocations(of: ParticipantID(4), after: .none, limit: 9_999).allSatisfy { $0.hours.count == 1 })
        market.advance(to: gate.advanced(microseconds: 3_750))
        #expect(market.exchange.deliveryCount == 500)
        market.advance(to: gate.advanced(microseconds: 7_500))
        #expect(market.exchange.deliveryCount == 600)

        market.advance(to: contract.hour.end)
        market.report(resource, contract.hour, delivered: 600 * 3_600, sequence: 1, as: meter)
        let due = contract.hour.end.advanced(minutes: 30)
        for step in 0..<3 {
            market.advance(to: due.advanced(microseconds: Int64(step) * 5_000))
            // Of a step's 250 a few go for looking at deliveries that are not due.
            let settled = market.exchange.unlistedSettlements
            #expect(settled <= 250 * (step + 1) && settled >= min(600, 240 * (step + 1)), "\(settled)")
            // Between the steps the market trades.
            let other = ContractKey(product: contract.product, hour: contract.hour + 9)
            #expect(market.code(market.order(.buy, other, cents(100), 1), as: ParticipantID(4)) == nil)
        }
        #expect(market.escrow(contract) == "0.000000" && market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("with a simulated clock all that is due happens at its moment")
    func atOnce() throws {
        let (market, contract, resource, meter) = try sold(1_500, .simulated)
        market.advance(to: contract.hour.end)
        #expect(market.exchange.deliveryCount == 1_500)
        market.report(resource, contract.hour, delivered: 1_500 * 3_600, sequence: 1, as: meter)
        market.advance(to: contract.hour.end.advanced(minutes: 30))
        #expect(market.exchange.unlistedSettlements == 1_500)
        #expect(market.exchange.deliveries(of: nil, contract: nil, after: .none, limit: 9).allSatisfy { $0.settledAt == market.now })
        #expect(market.exchange.contract(contract)?.status == .settled)
    }
}
