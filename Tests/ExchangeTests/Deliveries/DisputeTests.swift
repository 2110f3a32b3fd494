import Exchange
import Matching
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Disputes")
struct DisputeTests {
    /// Ten units at 2.00 and five at 2.00, the hour reported as short by a third at its end.
    private func reported(_ delivered: Int64 = 36_000) -> Pit {
        let pit = Pit()
        pit.trade(cents(200), 10, to: pit.alice)
        pit.trade(cents(200), 5, to: pit.bob)
        pit.advance(minutes: 180)
        pit.report(delivered: delivered)
        return pit
    }

    private func spent(_ pit: Pit, _ participant: ParticipantID) -> Int64 {
        pit.market.balance(participant).total.rawValue - Micros.units(100_000).rawValue
    }

    private func raise(_ pit: Pit, _ delivery: Int64 = 1, as issuer: ParticipantID, claimed: Int64? = nil) -> Command {
        var body = DisputeDelivery.Body()
        body.reason = "two devices did not answer"
        body.claimedDeviceSeconds = claimed
        return .disputeDelivery(DisputeDelivery(DeliveryID(delivery), body))
    }

    private func decision(_ delivered: Int64, _ fault: FaultParty, dispute: Int64 = 1) -> Command {
        var body = DecideDispute.Body()
        body.deliveredDeviceSeconds = delivered
        body.fault = fault
        body.reason = "the log shows it"
        return .decideDispute(DecideDispute(DisputeID(dispute), body))
    }

    private func delivery(_ pit: Pit, _ id: Int64 = 1) throws -> DeliveryView {
        try #require(pit.market.exchange.delivery(DeliveryID(id)))
    }

    @Test("only the disputed delivery waits; without a decision it settles as metered after 72 hours, to the microsecond")
    func lapses() throws {
        let pit = reported()
        #expect(try delivery(pit).disputableUntil == pit.midnight.start.advanced(minutes: 210))
        #expect(pit.market.code(raise(pit, as: pit.alice, claimed: 12_000), as: pit.alice) == nil)
        pit.advance(minutes: 400)
        #expect(try delivery(pit, 2).status == .settled)
        #expect(try delivery(pit).status == .disputed && delivery(pit).outcome == .disputed && delivery(pit).fault == nil)
        let dispute = try #require(pit.market.exchange.dispute(DisputeID(1)))
        #expect(dispute.status == .open && dispute.raisedBy == pit.alice && dispute.meteredDeviceSeconds == 24_000)
        let end = pit.midnight.start.advanced(hours: 3 + 72)
        #expect(dispute.decideBy == end)
        #expect(try delivery(pit).dueAt == end)
        pit.market.advance(to: end.advanced(microseconds: -1))
        #expect(try delivery(pit).status == .disputed)
        pit.market.advance(to: end)
        let settled = try delivery(pit)
        #expect(settled.status == .settled && settled.outcome == .partial && settled.fault == .provider)
        #expect(settled.deliveredDeviceSeconds == 24_000 && settled.settledAt == end)
        #expect(pit.market.exchange.dispute(DisputeID(1))?.status == .lapsed)
        #expect(pit.market.code(decision(24_000, .provider), as: pit.market.operatorID) == .conflict)
        #expect(pit.market.escrow(pit.contract()) == "0.000000")
    }

    @Test("a decision settles at once by what it says, and the bond follows the fault", arguments: [
        // Decided; fault; the provider's and the holder's gain.
        (36_000, .nobody, 19_980_000, -20_060_000), (12_000, .provider, 2_660_000, -2_686_666),
        (12_000, .holder, 6_660_000, -6_686_666), (0, .meter, 0, 0), (0, .provider, -6_000_000, 6_000_000),
    ] as [(Int64, FaultParty, Int64, Int64)])
    func decisions(delivered: Int64, fault: FaultParty, provider: Int64, holder: Int64) throws {
        let pit = reported()
        pit.market.apply(raise(pit, as: pit.provider), as: pit.provider)
        pit.advance(minutes: 400)
        // The second delivery is settled; it gave its provider as much as follows.
        let before = spent(pit, pit.provider) + 6_000_000
        #expect(pit.market.code(decision(delivered, fault), as: pit.market.operatorID) == nil)
        let settled = try delivery(pit)
        #expect(settled.status == .settled && settled.deliveredDeviceSeconds == delivered && settled.fault == fault)
        #expect(settled.settledAt == pit.market.now)
        #expect(settled.meteredDeviceSeconds == (delivered == 24_000 ? nil : 24_000))
        #expect(abs(spent(pit, pit.alice) - holder) <= 1)
        #expect(abs(spent(pit, pit.provider) - before - provider) <= 1)
        #expect(pit.market.escrow(pit.contract()) == "0.000000" && pit.market.exchange.firstBrokenInvariant() == nil)
        #expect(pit.market.code(decision(delivered, fault), as: pit.market.operatorID) == .conflict)
    }

    @Test("a decision before the dispute time of the report is over settles when that is due")
    func earlyDecision() throws {
        let pit = reported()
        pit.market.apply(raise(pit, as: pit.alice), as: pit.alice)
        #expect(pit.market.code(decision(36_000, .nobody), as: pit.market.operatorID) == nil)
        #expect(try delivery(pit).status == .decided)
        pit.advance(minutes: 210)
        #expect(try delivery(pit).status == .settled && delivery(pit).outcome == .delivered)
    }

    @Test("who may dispute what, when; who may decide")
    func refusals() {
        let pit = Pit()
        pit.trade(cents(200), 10, to: pit.alice)
        let raised = raise(pit, as: pit.alice)
        #expect(pit.market.code(raised, as: pit.alice) == .notFound)
        pit.advance(minutes: 180)
        #expect(pit.market.code(raised, as: pit.alice) == .conflict)
        pit.report(delivered: 24_000)
        #expect(pit.market.code(raised, as: pit.bob) == .notFound)
        #expect(pit.market.code(raised, as: pit.meter) == .forbidden)
        #expect(pit.market.code(raise(pit, as: pit.alice, claimed: 36_001), as: pit.alice) == .invalidRequest)
        #expect(pit.market.code(raise(pit, as: pit.alice, claimed: -1), as: pit.alice) == .invalidRequest)
        var silent = DisputeDelivery.Body()
        silent.reason = ""
        #expect(pit.market.code(.disputeDelivery(DisputeDelivery(DeliveryID(1), silent)), as: pit.alice) == .invalidRequest)
        pit.market.advance(to: pit.midnight.start.advanced(minutes: 210).advanced(microseconds: -1))
        let before = pit.market.stateWithoutHeader
        #expect(pit.market.code(raise(pit, Int64.max, as: pit.alice), as: pit.alice) == .notFound)
        #expect(pit.market.stateWithoutHeader == before)
        #expect(pit.market.code(raised, as: pit.alice) == nil)
        #expect(pit.market.code(raised, as: pit.provider) == .conflict)
        #expect(pit.market.code(decision(0, .provider), as: pit.alice) == .forbidden)
        #expect(pit.market.code(decision(0, .provider, dispute: 9), as: pit.market.operatorID) == .notFound)
        #expect(pit.market.code(decision(36_001, .provider), as: pit.market.operatorID) == .invalidRequest)
        #expect(pit.market.code(decision(-1, .provider), as: pit.market.operatorID) == .invalidRequest)
        #expect(pit.market.code(decision(36_000, .nobody), as: pit.market.operatorID) == nil)
        #expect(pit.market.code(raised, as: pit.alice) == .conflict)
    }

    @Test("after its dispute time a delivery cannot be disputed any more, even where it is not settled yet")
    func tooLate() {
        let pit = reported()
        pit.advance(minutes: 210)
        #expect(pit.market.code(raise(pit, as: pit.alice), as: pit.alice) == .conflict)
    }

    @Test("a side sees its disputes, others do not; the list is by number")
    func lists() {
        let pit = reported()
        pit.market.apply(raise(pit, 2, as: pit.bob), as: pit.bob)
        pit.market.apply(raise(pit, 1, as: pit.provider), as: pit.provider)
        func ids(_ participant: ParticipantID?, _ status: DisputeStatus? = nil, after: Int64 = 0) -> [Int64] {
            pit.market.exchange.disputes(of: participant, status: status, after: DisputeID(after), limit: 9).map(\.id.rawValue)
        }
        #expect(ids(nil) == [1, 2] && ids(pit.bob) == [1] && ids(pit.alice) == [2] && ids(pit.provider) == [1, 2])
        #expect(ids(nil, .open, after: 1) == [2] && ids(nil, .decided).isEmpty && ids(pit.meter).isEmpty)
    }

    @Test("disputes, decided and open, are in the state that is written, and replay")
    func persists() throws {
        let pit = reported()
        pit.market.apply(raise(pit, 2, as: pit.bob), as: pit.bob)
        pit.market.apply(raise(pit, 1, as: pit.provider), as: pit.provider)
        pit.market.apply(decision(3, .meter), as: pit.market.operatorID)
        var decoder = BinaryDecoder(pit.market.state)
        let read = try Exchange(decoding: &decoder)
        var encoder = BinaryEncoder()
        read.encodeState(into: &encoder)
        #expect(encoder.bytes == pit.market.state)
        #expect(read.disputes(of: nil, status: nil, after: .none, limit: 9) == pit.market.exchange.disputes(of: nil, status: nil, after: .none, limit: 9))
        pit.advance(minutes: 6_000)
        let replayed = pit.market.replay()
        #expect(replayed.firstDifference == nil && replayed.state == pit.market.state)
    }
}
