import Ledger
import Matching
import Pricing
import Quantities
import Registry

/// Orders on their way in. The order at work is `taker`: every step below reads and writes it there, and after the last step it is how the
/// order stands. What a step answers are the order's own fills, as positions in `fills`.
extension Exchange {
    /// The order at work.
    var taker: OrderPlace { work.taker }

    /// Places an order without options: the same checks in the same order as the general form below, less what cannot be.
    func placeOrder(_ plain: PlainOrder, _ issuer: ParticipantID) throws(Refusal) -> Range<Int> {
        let isBuy = plain.side == .buy
        if isBuy {
            try checkActor(issuer, .consumer)
        } else if plain.resource.isNone {
            try checkActor(issuer, .consumer, .provider)
        } else {
            try checkActor(issuer, .provider)
        }
        try Bounds.quantity(plain.quantity, "quantity")
        try Bounds.price(plain.price, "price")
        guard isListed(plain.contract) else { throw Refusal(.unknownContract, "no such contract", field: "contract") }
        if !plain.resource.isNone { try checkOwner(of: plain.resource, issuer) }
        let order = taker
        order.record = OrderEntry()
        order.record.participant = issuer
        order.record.side = plain.side
        order.record.timeInForce = plain.timeInForce
        order.record.price = plain.price
        order.record.quantity = plain.quantity
        order.record.resource = plain.resource
        order.record.createdAt = now
        let terms = try checkTerms(order, plain.contract, nil)
        try checkFunds(terms.need, of: issuer, in: asset(of: plain.contract.product))
        return accept(plain.contract, nil, ticks: terms.ticks)
    }

    func placeOrder(_ spec: OrderSpec, _ issuer: ParticipantID) throws(Refusal) -> Range<Int> {
        try checkRole(spec, issuer)
        try spec.check()
        let details = try draft(spec, issuer)
        return try place(spec.contract, details)
    }

    /// Checks the drafted order at work and lets it in.
    func place(_ key: ContractKey, _ details: OrderDetails?) throws(Refusal) -> Range<Int> {
        let terms = try checkTerms(taker, key, details)
        try checkFunds(terms.need, of: taker.record.participant, in: asset(of: key.product))
        if taker.record.postOnly { try checkPostOnly(taker.record.side, terms.ticks, key) }
        return accept(key, details, ticks: terms.ticks)
    }

    func placeOrders(_ batch: OrderBatch, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        try checkActor(issuer, .consumer, .provider)
        try batch.check()
        var results: [OrderBatchResult] = []
        results.reserveCapacity(batch.orders.count)
        for spec in batch.orders {
            var result = OrderBatchResult()
            do throws(Refusal) {
                let trades = try placeOrder(spec, issuer)
                result.order = view(taker.record)
                result.trades = Array(fills[trades])
            } catch {
                result.error = error
            }
            // Each element is a command of its own: its stops enter before the next element.
            settleMarket()
            interruptHitContracts()
            results.append(result)
        }
        return .orders(results)
    }

    /// Gives the checked order at work its number and lets it into the book. Cannot fail.
    func accept(_ key: ContractKey, _ details: OrderDetails?, ticks: Int64) -> Range<Int> {
        lastOrderID += 1
        let order = taker
        order.record.id = OrderID(lastOrderID)
        order.record.contract = materialise(key)
        if let details {
            orders.register(order.record.id, of: order.record.participant, name: details.clientOrderID)
            order.record.details = orders.keep(details)
        } else {
            orders.register(order.record.id, of: order.record.participant)
        }
        if order.record.isPending {
            wait()
            return fills.count..<fills.count
        }
        return admit(ticks: ticks)
    }

    /// As above, of an order that was checked and kept aside.
    func accept(_ draft: OrderDraft) -> Range<Int> {
        taker.record = draft.entry
        return accept(draft.key, draft.details, ticks: draft.ticks)
    }

    /// Lets the order at work into its book unless it may only fill whole, or a minimum, and cannot: then it is cancelled.
    @inline(__always)
    func admit(ticks: Int64) -> Range<Int> {
        let order = taker
        let minimum = order.record.details == 0 ? nil : orders.details(order.record.details).minimum
        if order.record.timeInForce == .fok || minimum != nil {
            let fillable = books.fillableQuantity(
                book(order.record.contract), side: order.record.side, limit: ticks, quantity: order.record.quantity,
                owner: owner(of: order.record.participant), prevention: order.record.prevention
            )
            var reason: OrderEndReason?
            if order.record.timeInForce == .fok, fillable < order.record.quantity { reason = .fillOrKill }
            if let minimum, fillable < minimum { reason = .minimumQuantity }
            if let reason {
                close(order, .cancelled, reason)
                return fills.count..<fills.count
            }
        }
        return enter(ticks: ticks)
    }

    /// Sweeps the opposite side with the order at work, then rests or closes what is left of it.
    @inline(__always)
    func enter(ticks: Int64) -> Range<Int> {
        let order = taker
        let firstFill = fills.count
        let book = book(order.record.contract)
        let owner = owner(of: order.record.participant)
        let outcome = books.match(
            book, side: order.record.side, limit: ticks, quantity: order.record.remaining, owner: owner,
            prevention: order.record.prevention, takerID: order.record.id.rawValue, into: &actions
        )
        if !actions.isEmpty { workOffActions() }
        if outcome.remaining == 0 {
            close(order, .filled, nil)
        } else if outcome.stoppedBySelfTrade {
            close(order, .cancelled, .selfTrade)
        } else if order.record.timeInForce == .gtc || order.record.timeInForce == .gtd {
            var display = order.record.remaining
            if order.record.details != 0, let part = orders.details(order.record.details).display { display = min(part, display) }
            let slot = books.insert(
                book, id: order.record.id.rawValue, side: order.record.side, price: ticks, quantity: order.record.remaining,
                display: display, owner: owner
            )
            keep(at: slot)
        } else {
            close(order, .cancelled, .unfilledRemainder)
        }
        return firstFill..<fills.count
    }

    /// Does what the sweep found, maker by maker.
    private func workOffActions() {
        let tick = productFacts[Int(contracts[taker.record.contract].key.product.index)].tickSize
        for index in 0..<actions.count {
            let action = actions[index]
            switch action.kind {
            case .fill: fill(action, price: Price(action.price &* tick.rawValue))
            case .makerCancelled: finish(action.slot, .cancelled, .selfTrade)
            }
        }
        actions.removeAll()
    }

    /// One fill of a resting order: its reservation shrinks, then money and units move.
    private func fill(_ action: MatchAction, price: Price) {
        let order = taker
        let maker = orders.place(of: action.slot)
        let isBuy = order.record.side == .buy
        ensureAllocation(isBuy ? order : maker)
        fillMaker(maker, price, action.quantity)
        order.record.filled += action.quantity
        order.record.filledNotional += price.notional(action.quantity)
        var trade = TradeTerms(contract: order.record.contract, price: price, quantity: action.quantity)
        trade.takerSide = order.record.side
        trade.setBuyer(isBuy ? order : maker, rate: isBuy ? order.record.takerRate : maker.record.makerRate)
        trade.setSeller(isBuy ? maker : order, rate: isBuy ? maker.record.makerRate : order.record.takerRate)
        let done = execute(trade)
        if !maker.record.bid.isNone { noteBid(maker.record, done.id, price, action.quantity, done.buyerFee) }
        if action.makerRemaining == 0 { finish(action.slot, .filled, nil) }
        fills.append(
            FillView(
                id: done.id, price: price, quantity: action.quantity, fee: isBuy ? done.buyerFee : done.sellerFee, liquidity: .taker,
                feeVersion: order.record.feeVersion
            ))
    }

    /// Books a fill on a resting order: what was set aside for the filled part is given back, and it is off sale.
    func fillMaker(_ maker: OrderPlace, _ price: Price, _ quantity: Quantity) {
        maker.record.filled += quantity
        maker.record.filledNotional += price.notional(quantity)
        let needed = reservation(maker)
        release(maker.record.reserved - needed, of: maker)
        maker.record.reserved = needed
        unoffer(quantity, of: maker)
        if !maker.record.offer.isNone { noteOffer(maker.record, sold: quantity) }
    }

    /// Lets the order at work wait for its stop price.
    func wait() {
        let order = taker
        guard let stop = orders.details(order.record.details).stopPrice else { preconditionFailure("a stop without a stop price") }
        let slot = books.insertStop(
            book(order.record.contract), id: order.record.id.rawValue, side: order.record.side,
            stopPrice: ticks(stop, contracts[order.record.contract].key.product), quantity: order.record.quantity,
            owner: owner(of: order.record.participant)
        )
        waitingStops += 1
        touched.append(order.record.contract)
        keep(at: slot)
    }

    /// Keeps the order at work at the slot that its book gave, with what it sets aside.
    @inline(__always)
    func keep(at slot: OrderSlot) {
        let order = taker
        order.record.status = order.record.liveStatus
        order.record.reason = nil
        setAside(order)
        orders.keep(order, at: slot)
        if order.record.details != 0, let expiry = orders.details(order.record.details).expiresAt {
            due.add(DueQueue.Expiry(time: expiry, order: order.record.id))
        }
        emitAccepted(order)
    }

    // MARK: Ends

    /// Closes an order that is in no book and sets nothing aside.
    func close(_ order: OrderPlace, _ status: OrderStatus, _ reason: OrderEndReason?) {
        order.record.status = status
        order.record.reason = reason
        order.record.closedAt = now
        order.record.reserved = .zero
        orders.close(order)
        emitClosed(order)
    }

    /// Closes an order that has left its book: gives back what was set aside and taken off sale for it.
    ///
    /// The book's slot is free already, but nothing has taken it: orders enter only after a sweep was worked off.
    func finish(_ slot: OrderSlot, _ status: OrderStatus, _ reason: OrderEndReason?) {
        let order = orders.place(of: slot)
        giveBack(order)
        if !order.record.offer.isNone { noteOffer(order.record, closed: order.record.id) }
        if !order.record.bid.isNone { noteBid(order.record, ended: status, reason) }
        close(order, status, reason)
    }

    /// Takes a live order out of its book and closes it.
    func withdraw(_ slot: OrderSlot, _ status: OrderStatus, _ reason: OrderEndReason) {
        if orders[slot].isPending { waitingStops -= 1 }
        books.cancel(slot)
        finish(slot, status, reason)
    }

    func cancelOrder(_ reference: OrderReference, _ issuer: ParticipantID) throws(Refusal) {
        try checkActor(issuer, .consumer, .provider)
        withdraw(try openOrder(reference, of: issuer), .cancelled, .requested)
    }

    /// A live order of the issuer; `not_found` for another's, `order_not_open` for a closed one.
    func openOrder(_ reference: OrderReference, of issuer: ParticipantID) throws(Refusal) -> OrderSlot {
        var id = reference.id
        if let name = reference.clientOrderID {
            guard let named = orders.named(name, of: issuer) else { throw Refusal(.notFound, "no such order") }
            id = named
        }
        if let slot = orders.slot(of: id) {
            guard orders[slot].participant == issuer else { throw Refusal(.notFound, "no such order") }
            return slot
        }
        if let closed = orders.closedOrder(id) {
            guard closed.participant == issuer else { throw Refusal(.notFound, "no such order") }
            throw Refusal(.orderNotOpen, "the order is \(closed.status.rawValue)")
        }
        // A name is kept for 24 hours after its order closed, the order perhaps not so long.
        guard reference.clientOrderID == nil else { throw Refusal(.orderNotOpen, "the order is closed") }
        throw Refusal(.notFound, "no such order")
    }

    func cancelOrders(_ contract: ContractKey?, _ issuer: ParticipantID) throws(Refusal) -> CancelledCount {
        try checkActor(issuer, .consumer, .provider)
        if let contract, !isListed(contract) { throw Refusal(.unknownContract, "no such contract", field: "contract") }
        return CancelledCount(cancelAllOrders(of: issuer, in: contract, reason: .requested))
    }

    /// Cancels a participant's live orders in the order of acceptance; answers how many.
    @discardableResult
    func cancelAllOrders(of participant: ParticipantID, in contract: ContractKey? = nil, reason: OrderEndReason) -> Int64 {
        var count: Int64 = 0
        for id in orders.ids(of: participant, after: .none) {
            guard let slot = orders.slot(of: id) else { continue }
            if let contract, contracts[orders[slot].contract].key != contract { continue }
            withdraw(slot, .cancelled, reason)
            count += 1
        }
        return count
    }
}
