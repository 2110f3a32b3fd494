import Exchange
import Ledger
import Matching
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Hours that are given up")
struct EndingTests {
    private func spent(_ pit: Pit, _ participant: ParticipantID) -> Int64 {
        pit.market.balance(participant).total.rawValue - Micros.units(100_000).rawValue
    }

    private func decline(_ allocation: AllocationID?, from hour: Hour) -> Command {
        var body = DeclineAllocation.Body()
        body.from = hour
        body.reason = "cooling failed"
        return .declineAllocation(DeclineAllocation(allocation ?? .none, body))
    }

    private func allocation(_ pit: Pit, _ id: AllocationID?) throws -> AllocationView {
        try #require(id.flatMap { pit.market.exchange.allocation($0) })
    }

    @Test("a failure declared 24 hours ahead settles at once and costs half the bond; a microsecond later it counts as undelivered")
    func ahead() throws {
        for late in [Int64(0), 1] {
            let pit = Pit()
            let id = pit.trade(cents(200), 10, to: pit.alice, hour: 30).order.allocationID
            pit.market.advance(to: pit.midnight.start.advanced(hours: 6).advanced(microseconds: late))
            #expect(pit.market.code(decline(id, from: pit.midnight + 30), as: pit.provider) == nil)
            let cost: Int64 = late == 0 ? 3_000_000 : 6_000_000
            #expect(spent(pit, pit.provider) == -cost && spent(pit, pit.alice) == cost)
            #expect(pit.market.feeRevenue == "0.000000" && pit.market.escrow(pit.contract(30)) == "0.000000")
            let delivery = try #require(pit.market.exchange.delivery(DeliveryID(1)))
            #expect(delivery.status == .settled && delivery.outcome == (late == 0 ? .declined : .notDelivered))
            #expect(delivery.fault == .provider && delivery.settledAt == pit.market.now)
            let view = try allocation(pit, id)
            #expect(view.status == .settled && view.ended.count == 1 && view.ended[0].kind == .declined)
            #expect(view.ended[0].reason == "cooling failed" && view.ended[0].deliveries == 1)
            #expect(pit.market.exchange.firstBrokenInvariant() == nil)
            // Nothing is left to decline, and a report of the hour changes nothing.
            #expect(pit.market.code(decline(id, from: pit.midnight + 30), as: pit.provider) == .conflict)
            pit.advance(minutes: 31 * 60)
            pit.report(hour: 30, delivered: 1)
            #expect(pit.market.exchange.delivery(DeliveryID(1))?.deliveredDeviceSeconds == delivery.deliveredDeviceSeconds)
            #expect(pit.market.replay().state == pit.market.state)
        }
    }

    @Test("only hours from the named one on and only those of the provider are given up; units stay sold")
    func part() throws {
        let pit = Pit()
        _ = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 30, hours: 3), as: pit.provider).get()
        let bid = try pit.market.bid(pit.market.bid(quantity: 4, hours: 3, from: 30), as: pit.alice).get()
        #expect(pit.market.code(decline(bid.allocationID, from: pit.midnight + 31), as: pit.alice) == .forbidden)
        let other = pit.market.participant("Other", .provider)
        #expect(pit.market.code(decline(bid.allocationID, from: pit.midnight + 31), as: other) == .notFound)
        #expect(pit.market.code(decline(bid.allocationID, from: Hour(-1)), as: pit.provider) == .invalidRequest)
        #expect(pit.market.code(decline(bid.allocationID, from: pit.midnight + 33), as: pit.provider) == .conflict)
        #expect(pit.market.code(decline(bid.allocationID, from: pit.midnight + 31), as: pit.provider) == nil)
        let deliveries = pit.market.exchange.deliveries(of: nil, contract: nil, after: .none, limit: 9)
        #expect(deliveries.map(\.contract.hour) == [pit.midnight + 31, pit.midnight + 32])
        #expect(deliveries.allSatisfy { $0.outcome == .declined })
        #expect(pit.market.units(pit.resource, pit.midnight + 31).sold == 4)
        #expect(try allocation(pit, bid.allocationID).hours.count == 3)
        pit.advance(minutes: 31 * 60)
        pit.report(hour: 30, delivered: 14_400)
        pit.advance(minutes: 33 * 60)
        #expect(pit.market.exchange.delivery(DeliveryID(3))?.outcome == .delivered)
        #expect(pit.market.escrow(pit.contract(30)) == "0.000000" && pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("a resold lot that is declined pays its whole chain, and resales of what is gone are cancelled, newest first")
    func chain() throws {
        let pit = Pit()
        let first = pit.trade(cents(200), 10, to: pit.alice, hour: 30)
        pit.buy(cents(220), 4, as: pit.bob, hour: 30)
        pit.resell(cents(220), 4, as: pit.alice, hour: 30)
        let kept = pit.resell(cents(290), 2, as: pit.alice, hour: 30)
        #expect(pit.market.code(decline(first.order.allocationID, from: pit.midnight), as: pit.provider) == nil)
        // Alice's six are gone with their bond of 3.60 by half; Bob's four are in an allocation of their own.
        #expect(pit.order(kept.order.id).status == .cancelled && pit.order(kept.order.id).reason == .capacityReduced)
        let deliveries = pit.market.exchange.deliveries(of: nil, contract: nil, after: .none, limit: 9)
        #expect(deliveries.count == 1 && deliveries[0].quantity == 6 && deliveries[0].compensation == Micros(1_800_000))
        #expect(pit.market.brokenInvariant == nil && pit.market.exchange.firstBrokenInvariant() == nil)
        let bobs = try #require(pit.market.exchange.allocations(of: pit.bob, after: .none, limit: 9).first)
        #expect(pit.market.code(decline(bobs.id, from: pit.midnight), as: pit.provider) == nil)
        #expect(pit.market.escrow(pit.contract(30)) == "0.000000")
        // Whoever sold on keeps what the resale gave beyond the price; nobody earns on what was never delivered.
        #expect(spent(pit, pit.alice) == 1_800_000 && spent(pit, pit.bob) == 1_200_000 && spent(pit, pit.provider) == -3_000_000)
        pit.advance(minutes: 40 * 60)
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("after the gate an hour that has not begun can still be declined; one that has begun cannot")
    func afterGate() {
        let pit = Pit()
        let id = pit.trade(cents(200), 10, to: pit.alice).order.allocationID
        pit.advance(minutes: 110)
        #expect(pit.market.code(decline(id, from: pit.midnight), as: pit.provider) == nil)
        #expect(spent(pit, pit.alice) == 6_000_000 && pit.market.escrow(pit.contract()) == "0.000000")
        #expect(pit.market.exchange.contract(pit.contract())?.openInterest == 10)
        let late = Pit()
        let other = late.trade(cents(200), 10, to: late.alice).order.allocationID
        late.advance(minutes: 120)
        #expect(late.market.code(decline(other, from: late.midnight), as: late.provider) == .conflict)
    }

    /// Four devices for six hours from two o'clock, of which nine tenths must be usable; each hour is reported as told, pro rata.
    private func usable(_ delivered: [Int64], share: Int64 = 900_000) throws -> (Pit, AllocationID) {
        let pit = Pit()
        _ = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 2, hours: 6), as: pit.provider).get()
        var spec = pit.market.bid(quantity: 4, hours: 6, from: 2)
        spec.usableShare = Measure(share)
        let bid = try pit.market.bid(spec, as: pit.alice).get()
        for (position, seconds) in delivered.enumerated() {
            pit.advance(minutes: (3 + Int32(position)) * 60)
            pit.report(hour: 2 + Int32(position), delivered: seconds, sequence: Int64(position) + 1)
        }
        return (pit, bid.allocationID ?? .none)
    }

    @Test("an hour with less than its usable share counts as undelivered, at exactly the share it counts")
    func share() throws {
        let (pit, _) = try usable([12_960, 12_959])
        pit.advance(minutes: 300)
        let deliveries = pit.market.exchange.deliveries(of: nil, contract: nil, after: .none, limit: 9)
        #expect(deliveries[0].outcome == .partial && deliveries[0].deliveredDeviceSeconds == 12_960 && deliveries[0].meteredDeviceSeconds == nil)
        #expect(deliveries[1].outcome == .notDelivered && deliveries[1].deliveredDeviceSeconds == 0)
        #expect(deliveries[1].meteredDeviceSeconds == 12_959 && deliveries[1].fault == .provider)
        #expect(deliveries[1].compensation == Micros(2_400_000) && deliveries[1].fees == .zero)
        #expect(pit.market.exchange.allocation(AllocationID(1))?.usableShare == Measure(900_000))
    }

    @Test("the share is of all devices of the hour, on every resource, and waits for the last report")
    func together() throws {
        for second in [Int64(7_200), 5_759] {
            let pit = Pit()
            let other = pit.market.resource(of: pit.provider, units: 100, meter: pit.meter)
            pit.sell(cents(200), 2)
            _ = try pit.market.place(pit.market.order(.sell, pit.contract(), cents(200), 2, resource: other), as: pit.provider).get()
            var spec = pit.market.bid(quantity: 4, hours: 1, from: 2, placement: .any)
            spec.usableShare = Measure(900_000)
            #expect(try pit.market.bid(spec, as: pit.alice).get().status == .filled)
            pit.advance(minutes: 180)
            pit.market.report(pit.resource, pit.midnight + 2, delivered: 7_200, sequence: 1, as: pit.meter)
            pit.advance(minutes: 240)
            #expect(pit.market.exchange.delivery(DeliveryID(1))?.status == .reported)
            pit.market.report(other, pit.midnight + 2, delivered: second, sequence: 1, as: pit.meter)
            pit.advance(minutes: 270)
            let outcomes = [1, 2].map { pit.market.exchange.delivery(DeliveryID($0))?.outcome }
            #expect(outcomes == (second == 7_200 ? [.delivered, .delivered] : [.notDelivered, .notDelivered]))
            #expect(pit.market.escrow(pit.contract()) == "0.000000")
        }
    }

    @Test("after two unusable hours in a row the holder ends the rest; hours before their gate settle at once as undelivered")
    func terminate() throws {
        let (pit, id) = try usable([14_400, 12_000, 0])
        #expect(pit.market.code(.terminateAllocation(TerminateAllocation(id)), as: pit.bob) == .notFound)
        #expect(pit.market.code(.terminateAllocation(TerminateAllocation(id)), as: pit.provider) == .notFound)
        let position = pit.market.journal.count
        #expect(pit.market.code(.terminateAllocation(TerminateAllocation(id)), as: pit.alice) == nil)
        // Five o'clock runs, six and seven had not reached their gates.
        let ended = pit.market.events(since: position).compactMap { event -> DeliveryView? in
            if case .delivery(let change) = event.event { pit.market.exchange.delivery(change.id) } else { nil }
        }
        #expect(ended.map(\.contract.hour) == [pit.midnight + 6, pit.midnight + 7])
        #expect(ended.allSatisfy { $0.outcome == .notDelivered && $0.compensation == Micros(2_400_000) && $0.status == .settled })
        #expect(try allocation(pit, id).ended.map(\.kind) == [.terminated])
        #expect(pit.market.code(.terminateAllocation(TerminateAllocation(id)), as: pit.alice) == .conflict)
        pit.advance(minutes: 360)
        pit.report(hour: 5, delivered: 14_400, sequence: 4)
        pit.advance(minutes: 600)
        #expect(pit.market.exchange.deliveries(of: nil, contract: pit.contract(5), after: .none, limit: 9).first?.outcome == .delivered)
        #expect(pit.market.exchange.firstBrokenInvariant() == nil && pit.market.replay().state == pit.market.state)
    }

    @Test("one bad hour, two that are apart, and a bid without a share end nothing")
    func notYet() throws {
        for delivered in [[0], [0, 14_400, 0], [14_400, 14_400]] as [[Int64]] {
            let (pit, id) = try usable(delivered)
            #expect(pit.market.code(.terminateAllocation(TerminateAllocation(id)), as: pit.alice) == .conflict)
        }
        let pit = Pit()
        let id = pit.trade(cents(200), 1, to: pit.alice).order.allocationID ?? .none
        #expect(pit.market.code(.terminateAllocation(TerminateAllocation(id)), as: pit.alice) == .conflict)
        var spec = pit.market.bid(quantity: 1, hours: 1, from: 2)
        for share in [Int64(0), -1, 1_000_001] {
            spec.usableShare = Measure(share)
            #expect(pit.market.code(.placeBid(spec), as: pit.alice) == .invalidRequest)
        }
    }
}
