import Matching
import Quantities
import Registry

/// Asks of offers that serve only bids of a least size. They stand in a book of their own beside the contract's, so no order meets them.
extension Exchange {
    /// Gives the checked order of a block its number and lets it stand.
    func acceptBlock(_ draft: OrderDraft) {
        taker.record = draft.entry
        lastOrderID += 1
        taker.record.id = OrderID(lastOrderID)
        taker.record.contract = materialise(draft.key)
        orders.register(taker.record.id, of: taker.record.participant)
        restAsBlock(ticks: draft.ticks)
    }

    /// Lets the order at work stand behind the other blocks of its price.
    func restAsBlock(ticks: Int64) {
        let order = taker
        let slot = books.insert(
            blocks(order.record.contract), id: order.record.id.rawValue, side: .sell, price: ticks, quantity: order.record.remaining,
            display: order.record.remaining, owner: owner(of: order.record.participant))
        keep(at: slot)
    }

    /// The book of a contract's blocks, opened at the first.
    func blocks(_ contract: Int32) -> BookIndex {
        if let book = contracts[contract].blocks { return book }
        let book = books.openBook()
        contracts[contract].blocks = book
        return book
    }

    /// The offer of an ask that stands as a block; nil for any other order.
    func blockOffer(of entry: OrderEntry) -> OfferView? {
        guard !entry.offer.isNone else { return nil }
        let offer = offers[Int(entry.offer.rawValue) - 1].view
        return offer.isBlock ? offer : nil
    }

    /// The asks that a bid may take in a contract, its own owner's too: best price first, those of the book before blocks, then oldest.
    func forEachAsk(_ contract: Int32, _ spec: BidSpec, _ body: (OrderSlot) -> Bool) {
        guard let book = contracts[contract].book else { return }
        var waiting: [OrderSlot] = []
        if let blocks = contracts[contract].blocks, spec.fill == .whole {
            books.forEachOrder(blocks, .sell) { slot in
                if let offer = blockOffer(of: orders[slot]), offer.serves(spec.quantity, spec.durationHours) { waiting.append(slot) }
                return true
            }
        }
        guard !waiting.isEmpty else { return books.forEachOrder(book, .sell, body) }
        var next = 0
        var goesOn = true
        books.forEachOrder(book, .sell) { slot in
            let price = books.order(slot).price
            while next < waiting.count, books.order(waiting[next]).price < price {
                goesOn = body(waiting[next])
                next += 1
                guard goesOn else { return false }
            }
            goesOn = body(slot)
            return goesOn
        }
        while goesOn, next < waiting.count {
            goesOn = body(waiting[next])
            next += 1
        }
    }

    /// Blocks of a contract, best price first: at most `limit`.
    func blockAsks(_ contract: Int32, limit: Int) -> [BlockAskView] {
        guard let blocks = contracts[contract].blocks else { return [] }
        var views: [BlockAskView] = []
        books.forEachOrder(blocks, .sell) { slot in
            var view = BlockAskView()
            view.price = orders[slot].price
            view.quantity = orders[slot].remaining
            let offer = blockOffer(of: orders[slot])
            view.minHours = offer?.minHours
            view.minQuantity = offer?.minQuantity
            views.append(view)
            return views.count < limit
        }
        return views
    }
}
