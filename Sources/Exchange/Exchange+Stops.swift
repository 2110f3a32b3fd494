import Ledger
import Matching
import Quantities
import Registry

extension Exchange {
    /// What follows a whole command, until nothing happens any more: the earliest accepted stop whose price was reached enters; if
    /// there is none, the first standing bid that new asks make feasible is filled. Either may bring the next. MARKET.md section 3.
    @inline(__always)
    func settleMarket() {
        guard !touched.isEmpty || !standing.isQuiet else { return }
        followUp()
    }

    @inline(never)
    private func followUp() {
        repeat { enterTriggeredStops() } while fillFirstStandingBid()
        if !touched.isEmpty { touched.removeAll(keepingCapacity: true) }
    }

    /// Lets stops in whose price was reached, the earliest accepted first, until none is left: a stop's trade may trigger
    /// the next.
    private func enterTriggeredStops() {
        while waitingStops > 0, let slot = earliestTriggeredStop() {
            // The order at work is the answer to the command: it stays what it was.
            let answered = taker.record
            defer { taker.record = answered }
            lift(slot)
            let order = taker
            order.record.isPending = false
            let key = contracts[order.record.contract].key
            let price = order.record.price
            if order.record.type == .stop { order.record.price = Price() }
            do throws(Refusal) {
                let terms = try checkTerms(order, key, orders.details(order.record.details))
                try checkFunds(terms.need, of: order.record.participant, in: asset(of: key.product))
                _ = admit(ticks: terms.ticks)
            } catch {
                order.record.price = price
                close(order, .cancelled, OrderEndReason(rawValue: error.code.rawValue) ?? .checksFailed)
            }
        }
    }

    private func earliestTriggeredStop() -> OrderSlot? {
        var earliest: (slot: OrderSlot, id: Int64)?
        for contract in touched {
            guard let last = contracts[contract].last, let book = contracts[contract].book else { continue }
            let key = contracts[contract].key
            guard !isHalted(key), let slot = books.triggeredStop(book, last: ticks(last, key.product)) else { continue }
            let id = orders[slot].id.rawValue
            if let known = earliest, known.id <= id { continue }
            earliest = (slot, id)
        }
        return earliest?.slot
    }
}
