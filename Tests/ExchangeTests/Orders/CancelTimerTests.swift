import Exchange
import Matching
import Quantities
import Testing
import TestSupport

@Suite("Dead-man switches")
struct CancelTimerTests {
    private func arm(_ pit: Pit, _ seconds: UInt32, _ participant: ParticipantID) -> CancelTimerView? {
        guard case .cancelTimer(let view) = pit.market.apply(.cancelAllAfter(CancelAllAfter(seconds: seconds)), as: participant).reply
        else { return nil }
        return view
    }

    private func advance(_ pit: Pit, seconds: Int64) {
        pit.market.advance(to: Timestamp(pit.market.now.microseconds + seconds * 1_000_000))
    }

    @Test("a switch that is refreshed waits, one that is not cancels its participant's orders and nobody else's, once")
    func fires() {
        let pit = Pit()
        let own = pit.buy(cents(150), 1, as: pit.alice).order.id
        let other = pit.buy(cents(150), 1, as: pit.bob).order.id
        for _ in 0..<5 {
            #expect(arm(pit, 10, pit.alice)?.cancelAt?.microseconds == pit.market.now.microseconds + 10_000_000)
            advance(pit, seconds: 9)
        }
        #expect(pit.order(own).status == .open)
        let deadline = pit.market.now.microseconds + 1_000_000
        advance(pit, seconds: 60)
        #expect(pit.order(own).reason == .cancelAllAfter && pit.order(own).closedAt?.microseconds == deadline)
        #expect(pit.order(other).status == .open)
        let later = pit.buy(cents(150), 1, as: pit.alice).order.id
        advance(pit, seconds: 600)
        #expect(pit.order(later).status == .open, "it fired once")
    }

    @Test("a shorter time counts, 0 disarms, and a switch armed again after that counts from then")
    func rearms() {
        let pit = Pit()
        let order = pit.buy(cents(150), 1, as: pit.alice).order.id
        _ = arm(pit, 600, pit.alice)
        #expect(arm(pit, 0, pit.alice)?.cancelAt == nil)
        advance(pit, seconds: 599)
        _ = arm(pit, 100, pit.alice)
        advance(pit, seconds: 99)
        #expect(pit.order(order).status == .open)
        _ = arm(pit, 100, pit.alice)
        _ = arm(pit, 5, pit.alice)
        advance(pit, seconds: 5)
        #expect(pit.order(order).status == .cancelled)
    }

    @Test("refreshing leaves one time command a period, not one a refresh")
    func keepsTheQueueShort() {
        let pit = Pit()
        for _ in 0..<100 {
            _ = arm(pit, 100, pit.alice)
            advance(pit, seconds: 1)
        }
        let before = pit.market.journal.count
        advance(pit, seconds: 200)
        #expect(pit.market.journal.count - before <= 4)
    }

    @Test("a restored exchange and a replayed journal fire at the same time with the same events")
    func survives() throws {
        let pit = Pit()
        _ = pit.buy(cents(150), 1, as: pit.alice)
        _ = arm(pit, 30, pit.alice)
        _ = arm(pit, 40, pit.alice)
        _ = arm(pit, 20, pit.bob)
        _ = arm(pit, 0, pit.bob)
        var decoder = BinaryDecoder(pit.market.state)
        let restored = try Exchange(decoding: &decoder)
        #expect(restored.nextDue == pit.market.exchange.nextDue)
        let position = pit.market.journal.count
        advance(pit, seconds: 60)
        var output = ExchangeOutput()
        for (number, envelope) in pit.market.journal.enumerated().dropFirst(position) {
            output.removeAll()
            _ = restored.apply(envelope, output: &output)
            #expect(output.events.bytes == pit.market.events[number])
        }
        var encoder = BinaryEncoder()
        restored.encodeState(into: &encoder)
        #expect(encoder.bytes == pit.market.state)
        let replayed = pit.market.replay()
        #expect(replayed.firstDifference == nil && replayed.state == pit.market.state)
    }
}
