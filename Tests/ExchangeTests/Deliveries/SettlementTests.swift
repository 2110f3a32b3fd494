import Exchange
import Matching
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Settlement")
struct SettlementTests {
    private func spent(_ pit: Pit, _ participant: ParticipantID) -> Int64 {
        pit.market.balance(participant).total.rawValue - Micros.units(100_000).rawValue
    }

    /// Ten units at 2.00: notional 20, fees 0.06 and 0.02, bond 6.
    private func sold() -> Pit {
        let pit = Pit()
        pit.trade(cents(200), 10, to: pit.alice)
        return pit
    }

    @Test("notional, fees and bond follow what was delivered, to the micro", arguments: [
        // Delivered; the provider's and the holder's gain; the exchange's fees.
        (Int64(36_000), Int64(19_980_000), Int64(-20_060_000), "0.080000", DeliveryOutcome.delivered),
        (12_345, 2_908_975, -2_936_408, "0.027433", .partial),
        (1, -5_999_834 + 555, 5_999_278, "0.000001", .partial),
        (0, -6_000_000, 6_000_000, "0.000000", .notDelivered),
    ])
    func outcomes(delivered: Int64, provider: Int64, holder: Int64, fees: String, outcome: DeliveryOutcome) throws {
        let pit = sold()
        pit.advance(minutes: 180)
        pit.report(delivered: delivered)
        pit.advance(minutes: 211)
        #expect(spent(pit, pit.provider) == provider)
        #expect(spent(pit, pit.alice) == holder)
        #expect(pit.market.feeRevenue == fees)
        #expect(pit.market.escrow(pit.contract()) == "0.000000")
        let view = try #require(pit.market.exchange.delivery(DeliveryID(1)))
        #expect(view.outcome == outcome && view.status == .settled && view.deliveredDeviceSeconds == delivered)
        let compensation = 6_000_000 - 6_000_000 * delivered / 36_000
        #expect(view.compensation == Micros(compensation))
        #expect(view.paid == Micros(provider + compensation))
        #expect((view.refunded?.rawValue ?? 0) + compensation - 20_060_000 == holder)
        for participant in [pit.provider, pit.alice] { #expect(pit.market.balance(participant).inEscrow == .zero) }
    }

    @Test("without a report the hour is unverified at the deadline; after the grace the holder is refunded and the bond goes back")
    func unverified() throws {
        let pit = sold()
        pit.advance(minutes: 195)
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.status == .unverified)
        let grace = pit.midnight.start.advanced(hours: 27)
        pit.market.advance(to: grace.advanced(microseconds: -1))
        #expect(spent(pit, pit.alice) == -20_060_000)
        pit.market.advance(to: grace)
        #expect(spent(pit, pit.alice) == 0 && spent(pit, pit.provider) == 0)
        #expect(pit.market.feeRevenue == "0.000000")
        let view = try #require(pit.market.exchange.delivery(DeliveryID(1)))
        #expect(view.outcome == .unverified && view.settledAt == grace && view.compensation == .zero)
        guard case .refused(let refusal) = pit.report(delivered: 36_000) else {
            Issue.record("a report after the settlement")
            return
        }
        #expect(refusal.code == .conflict)
    }

    @Test("a report within the grace still counts, and its dispute time with it")
    func lateReport() {
        let pit = sold()
        let late = pit.midnight.start.advanced(hours: 27).advanced(microseconds: -1)
        pit.market.advance(to: late)
        guard case .meterReport = pit.report(delivered: 36_000) else {
            Issue.record("refused")
            return
        }
        pit.market.advance(to: late.advanced(microseconds: 30 * 60_000_000 - 1))
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.status == .reported)
        pit.market.advance(to: late.advanced(minutes: 30))
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.outcome == .delivered)
        #expect(spent(pit, pit.provider) == 19_980_000)
    }

    @Test("due is the later of the deadline and the dispute time's end, to the microsecond", arguments: [
        // Minutes after the hour's end: the report, the deadline, the dispute time, and what is due.
        (Int32(0), Int32(15), Int32(30), Int32(30)), (5, 15, 30, 35), (0, 60, 30, 60), (14, 15, 0, 15), (20, 15, 0, 20), (0, 0, 0, 0),
    ])
    func dueTimes(reported: Int32, deadline: Int32, dispute: Int32, due: Int32) throws {
        let market = Market()
        market.product()
        var terms = ProductTerms()
        terms.computeClass = "H100-SXM"
        terms.zone = "US-IOWA"
        terms.currency = Currency(unchecked: "USD")
        terms.tickSize = cents(1)
        terms.lotSize = 1
        terms.referencePrice = cents(200)
        terms.horizonHours = 100
        terms.meterDeadlineMinutes = deadline
        terms.disputeMinutes = dispute
        var zone = Zone()
        zone.code = "US-IOWA"
        zone.name = "Iowa"
        zone.country = "US"
        market.apply(.addZone(zone), as: market.operatorID)
        guard case .product(let product) = market.apply(.addProduct(terms), as: market.operatorID).reply else {
            Issue.record("no product")
            return
        }
        let meter = market.participant("Meter", .meter)
        let provider = market.participant("Provider", .provider)
        let alice = market.participant("Alice", .consumer)
        for participant in [provider, alice] { market.deposit(100, to: participant) }
        let resource = market.resource(of: provider, units: 1, "H100-SXM", "US-IOWA", meter: meter)
        let contract = market.contract(product.id, in: 2)
        _ = try market.place(market.order(.sell, contract, cents(200), 1, resource: resource), as: provider).get()
        _ = try market.place(market.order(.buy, contract, cents(200), 1), as: alice).get()
        market.advance(to: contract.hour.end.advanced(minutes: reported))
        market.report(resource, contract.hour, delivered: 3_600, sequence: 1, as: meter)
        let moment = contract.hour.end.advanced(minutes: due)
        #expect(market.exchange.delivery(DeliveryID(1))?.dueAt == moment)
        if moment > market.now {
            market.advance(to: moment.advanced(microseconds: -1))
            #expect(market.exchange.delivery(DeliveryID(1))?.status == .reported)
        }
        market.advance(to: moment)
        #expect(market.exchange.delivery(DeliveryID(1))?.settledAt == moment)
    }

    @Test("an operator's run lists what was settled since the last one, once, for hours that ended by through; a repeat pays nothing")
    func runs() throws {
        let pit = sold()
        pit.trade(cents(200), 5, to: pit.bob, hour: 3)
        pit.advance(minutes: 240)
        pit.report(hour: 2, delivered: 36_000, sequence: 1)
        pit.report(hour: 3, delivered: 9_000, sequence: 2)
        pit.advance(minutes: 300)
        func run(_ minutes: Int32) -> SettlementRunView? {
            let through = pit.midnight.start.advanced(minutes: minutes)
            guard case .settlement(let view) = pit.market.apply(.settle(Settle(through: through)), as: pit.market.operatorID).reply
            else { return nil }
            return view
        }
        let money = pit.market.exchange.ledgerAccounts(of: nil, after: AccountID(0), limit: .max).map(\.balance)
        #expect(run(179)?.deliveries == 0)
        let first = try #require(run(180))
        #expect(first.deliveries == 1 && first.hours == 1)
        #expect(first.paid == Micros(19_980_000) && first.fees == Micros(80_000) && first.compensation == .zero)
        #expect(run(180)?.deliveries == 0)
        let second = try #require(run(300))
        // Half delivered: 5 of 10, the buyer's 0.03 and the seller's 0.01 by half, half of the bond of 3.
        #expect(second.deliveries == 1 && second.paid == Micros(4_995_000) && second.refunded == Micros(5_015_000))
        #expect(second.compensation == Micros(1_500_000) && second.fees == Micros(20_000))
        #expect(run(300)?.deliveries == 0)
        #expect(pit.market.exchange.settlementLines(second.id, from: 0, limit: 9)?.map { $0?.id } == [DeliveryID(2)])
        #expect(pit.market.exchange.settlementLines(SettlementRunID(Int64.max), from: 0, limit: 9) == nil)
        #expect(pit.market.exchange.ledgerAccounts(of: nil, after: AccountID(0), limit: .max).map(\.balance) == money)
        for issuer in [pit.alice, pit.provider, pit.meter] {
            #expect(pit.market.code(.settle(Settle(through: pit.market.now)), as: issuer) == .forbidden)
        }
        for through in [Timestamp(-1), Timestamp(Int64.max), Timestamp(Int64.min)] {
            #expect(pit.market.code(.settle(Settle(through: through)), as: pit.market.operatorID) == .invalidRequest)
        }
    }

    @Test("an outage after the sale leaves the sale: the shortfall is paid out of the bond")
    func outageAfterSale() {
        let pit = sold()
        pit.market.outage(pit.resource, units: 100, from: 2, to: 3)
        pit.advance(minutes: 180)
        guard case .meterReport = pit.report(delivered: 0) else {
            Issue.record("refused")
            return
        }
        pit.advance(minutes: 211)
        #expect(spent(pit, pit.alice) == 6_000_000)
    }
}
