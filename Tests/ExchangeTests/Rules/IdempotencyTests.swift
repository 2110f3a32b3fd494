import Exchange
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Idempotency")
struct IdempotencyTests {
    private let key = IdempotencyKey(high: 1, low: 2, fingerprint: 3)

    private func receipt(_ outcome: Outcome) -> OrderReceipt? {
        if case .order(let receipt) = outcome.reply { receipt } else { nil }
    }

    @Test("a repeat returns the first answer and does nothing; the same key with another body is a mismatch")
    func replay() {
        let pit = Pit()
        let command = Command.placeOrder(pit.market.order(.buy, pit.contract(), cents(200), 1))
        let first = pit.market.apply(command, as: pit.alice, key: key)
        #expect(!first.replayed)
        let before = pit.market.stateWithoutHeader
        let second = pit.market.apply(command, as: pit.alice, key: key)
        #expect(second.replayed && receipt(second)?.order.id == receipt(first)?.order.id)
        let other = IdempotencyKey(high: 1, low: 2, fingerprint: 4)
        guard case .refused(let refusal) = pit.market.apply(command, as: pit.alice, key: other).reply else {
            Issue.record("another body was taken")
            return
        }
        #expect(refusal.code == .idempotencyMismatch)
        #expect(pit.market.stateWithoutHeader == before)
        // The first body keeps its answer, and another participant's keys are its own.
        #expect(pit.market.apply(command, as: pit.alice, key: key).replayed)
        #expect(!pit.market.apply(command, as: pit.bob, key: key).replayed)
    }

    @Test("refusals are answers of the exchange: they are stored too")
    func refusals() {
        let pit = Pit(cash: 0)
        let command = Command.placeOrder(pit.market.order(.buy, pit.contract(), cents(200), 1))
        #expect(receipt(pit.market.apply(command, as: pit.alice, key: key)) == nil)
        pit.market.deposit(100, to: pit.alice)
        let second = pit.market.apply(command, as: pit.alice, key: key)
        guard case .refused(let refusal) = second.reply else {
            Issue.record("not the stored answer")
            return
        }
        #expect(second.replayed && refusal.code == .insufficientFunds)
        #expect(pit.market.code(command, as: pit.alice) == nil)
    }

    @Test("a key lives 24 hours, to the microsecond, and can be used anew after that, again and again")
    func expiry() {
        let pit = Pit()
        let command = Command.placeOrder(pit.market.order(.buy, pit.contract(500), cents(200), 1))
        pit.market.advance(to: pit.market.now.advanced(microseconds: 17_000_001))
        for _ in 0..<3 {
            let start = pit.market.now
            let first = pit.market.apply(command, as: pit.alice, key: key)
            #expect(!first.replayed)
            // Other traffic, so that the log is looked through at its own times.
            pit.market.advance(to: start.advanced(hours: 24).advanced(microseconds: -30_000_000))
            pit.market.apply(command, as: pit.alice, key: IdempotencyKey(high: UInt64(start.microseconds), low: 0, fingerprint: 0))
            pit.market.advance(to: start.advanced(hours: 24).advanced(microseconds: -1))
            #expect(receipt(pit.market.apply(command, as: pit.alice, key: key))?.order.id == receipt(first)?.order.id)
            pit.market.advance(to: start.advanced(hours: 24))
        }
        let last = pit.market.apply(command, as: pit.alice, key: key)
        #expect(!last.replayed)
        pit.market.advance(to: pit.market.now.advanced(minutes: 5))
        #expect(pit.market.apply(command, as: pit.alice, key: key).replayed)
    }

    @Test("stored answers are in the journal's replay")
    func survivesReplay() {
        let pit = Pit()
        let command = Command.placeOrder(pit.market.order(.buy, pit.contract(), cents(200), 1))
        pit.market.apply(command, as: pit.alice, key: key)
        pit.market.apply(command, as: pit.alice, key: key)
        let replayed = pit.market.replay()
        #expect(replayed.firstDifference == nil && replayed.state == pit.market.state)
    }

    @Test("a whole batch is one answer")
    func batches() {
        let pit = Pit()
        var batch = OrderBatch()
        batch.orders = Array(repeating: pit.market.order(.buy, pit.contract(), cents(200), 1), count: 3)
        pit.market.apply(.placeOrders(batch), as: pit.alice, key: key)
        guard case .orders(let results) = pit.market.apply(.placeOrders(batch), as: pit.alice, key: key).reply else {
            Issue.record("no results")
            return
        }
        #expect(results.count == 3)
        #expect(pit.market.exchange.orders(of: pit.alice, status: nil, contract: nil, after: OrderID(0), limit: 9).count == 3)
    }
}
