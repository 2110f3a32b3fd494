import Ledger
import Matching
import Quantities
import Registry

extension Exchange {
    /// Lets stops in whose price was reached, the earliest accepted first, until none is left: a stop's trade may trigger
    /// the next.
    func enterTriggeredStops() {
        while let slot = earliestTriggeredStop() {
            var entry = lift(slot)
            entry.isPending = false
            var draft = OrderDraft(entry: entry, key: contracts[entry.contract].key)
            if entry.type == .stop { draft.entry.price = Price() }
            do throws(Refusal) {
                try checkTerms(&draft)
                try checkFunds(draft.need, of: entry.participant, in: asset(of: draft.key.product))
                _ = admit(draft.entry)
            } catch {
                _ = closeUnrested(entry, .cancelled, OrderEndReason(rawValue: error.code.rawValue) ?? .checksFailed)
            }
        }
        touched.removeAll(keepingCapacity: true)
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
