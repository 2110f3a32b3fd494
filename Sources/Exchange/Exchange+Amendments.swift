import Matching
import Quantities
import Registry
import Settlement

extension Exchange {
    /// Changes a live order. The same price and no more than before keeps its place; anything else goes to the back and
    /// may trade at once.
    func amendOrder(_ request: AmendOrder, _ issuer: ParticipantID) throws(Refusal) -> Range<Int> {
        try checkActor(issuer, .consumer, .provider)
        try request.body.check()
        let slot = try openOrder(request.order, of: issuer)
        guard orders[slot].offer.isNone else { throw Refusal(.conflict, "the order belongs to an offer; amend the offer") }
        guard orders[slot].bid.isNone else { throw Refusal(.conflict, "the order belongs to a bid") }
        return try amend(slot, price: request.body.price, quantity: request.body.quantity)
    }

    /// Amends a live order, an offer's hour included.
    func amend(_ slot: OrderSlot, price: Price?, quantity: Quantity?) throws(Refusal) -> Range<Int> {
        let old = orders[slot]
        let key = contracts[old.contract].key
        guard price == nil || old.type == .limit || old.type == .stopLimit else {
            throw .invalid("price", "a \(old.type.rawValue) order has no price")
        }
        let newQuantity = quantity ?? old.quantity
        guard newQuantity > old.filled else {
            throw Refusal(.conflict, "\(old.filled) units are filled already", field: "quantity")
        }
        let newPrice = price ?? old.price
        if newPrice == old.price, newQuantity <= old.quantity, !old.isPending {
            try checkTradable(key)
            let lotSize = productFacts[Int(key.product.index)].lotSize
            guard newQuantity % lotSize == 0 else {
                throw Refusal(.quantityOffLot, "\(newQuantity) is no multiple of the lot \(lotSize)", field: "quantity")
            }
            if newQuantity < old.quantity { shrink(slot, to: newQuantity) }
            orders[slot].status = orders[slot].liveStatus
            taker.record = orders[slot]
            emitAccepted(taker)
            return fills.count..<fills.count
        }
        // The order's own reservation counts as available: it is given back, and taken again if the amendment is refused.
        var draft = OrderDraft(entry: old, key: key, details: old.details == 0 ? nil : orders.details(old.details))
        draft.entry.price = newPrice
        draft.entry.quantity = newQuantity
        if let display = draft.details?.display { draft.details?.display = min(display, newQuantity) }
        giveBack(orders.place(of: slot))
        do throws(Refusal) {
            try checkTerms(&draft)
            try checkFunds(draft.need, of: old.participant, in: asset(of: key.product))
            if old.postOnly { try checkPostOnly(old.side, draft.ticks, key) }
        } catch {
            setAside(orders.place(of: slot))
            throw error
        }
        setAside(orders.place(of: slot))
        lift(slot)
        taker.record = draft.entry
        if let details = draft.details { orders.replace(old.details, details) }
        guard draft.entry.isPending else { return enter(ticks: draft.ticks) }
        wait()
        return fills.count..<fills.count
    }

    /// Takes a live order out of its book with nothing set aside for it any more, to be entered again: it is the order at work then.
    func lift(_ slot: OrderSlot) {
        giveBack(orders.place(of: slot))
        if orders[slot].isPending { waitingStops -= 1 }
        books.cancel(slot)
        taker.record = orders.lift(slot)
    }

    /// Lowers a live order's quantity in its place.
    func shrink(_ slot: OrderSlot, to quantity: Quantity) {
        let order = orders.place(of: slot)
        giveBack(order)
        order.record.quantity = quantity
        setAside(order)
        books.reduce(slot, to: orders[slot].remaining)
    }
}
