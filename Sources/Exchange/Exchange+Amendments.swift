import Matching
import Quantities
import Registry
import Settlement

extension Exchange {
    /// Changes a live order. The same price and no more than before keeps its place; anything else goes to the back and
    /// may trade at once.
    func amendOrder(_ request: AmendOrder, _ issuer: ParticipantID) throws(Refusal) -> OrderReceipt {
        _ = try actor(issuer, .consumer, .provider)
        try request.body.check()
        let slot = try openOrder(request.order, of: issuer)
        guard orders[slot].offer.isNone else { throw Refusal(.conflict, "the order belongs to an offer; amend the offer") }
        return try amend(slot, price: request.body.price, quantity: request.body.quantity)
    }

    /// Amends a live order, an offer's hour included.
    func amend(_ slot: OrderSlot, price: Price?, quantity: Quantity?) throws(Refusal) -> OrderReceipt {
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
            let product = try tradable(key)
            guard newQuantity % product.lotSize == 0 else {
                throw Refusal(.quantityOffLot, "\(newQuantity) is no multiple of the lot \(product.lotSize)", field: "quantity")
            }
            if newQuantity < old.quantity { shrink(slot, to: newQuantity) }
            let view = view(orders[slot], status: old.filled > 0 ? .partiallyFilled : .open)
            emit(.orderAccepted(view))
            return OrderReceipt(order: view, trades: [])
        }
        // The order's own reservation counts as available: it is given back, and taken again if the amendment is refused.
        var draft = OrderDraft(entry: old, key: key)
        draft.entry.price = newPrice
        draft.entry.quantity = newQuantity
        if let display = draft.entry.display { draft.entry.display = min(display, newQuantity) }
        setAside(orders[slot], .given)
        do throws(Refusal) {
            try checkTerms(&draft)
            try checkFunds(draft.need, of: old.participant, in: asset(of: key.product))
            try checkPostOnly(draft)
        } catch {
            setAside(orders[slot], .taken)
            throw error
        }
        setAside(orders[slot], .taken)
        _ = lift(slot)
        return draft.entry.isPending ? wait(draft.entry) : enter(draft.entry)
    }

    /// Takes a live order out of its book with nothing set aside for it any more, to be entered again.
    func lift(_ slot: OrderSlot) -> OrderEntry {
        let entry = orders[slot]
        setAside(entry, .given)
        _ = books.cancel(slot)
        orders[slot] = OrderEntry()
        directory.remove(entry.id.rawValue)
        return entry
    }

    /// Lowers a live order's quantity in its place.
    func shrink(_ slot: OrderSlot, to quantity: Quantity) {
        setAside(orders[slot], .given)
        orders[slot].quantity = quantity
        setAside(orders[slot], .taken)
        books.reduce(slot, to: orders[slot].remaining)
    }
}
