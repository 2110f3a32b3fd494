import Ledger
import Matching
import Pricing
import Quantities
import Registry

extension Exchange {
    func placeOrder(_ spec: OrderSpec, _ issuer: ParticipantID) throws(Refusal) -> OrderReceipt {
        try checkRole(spec, issuer)
        try spec.check()
        var draft = try draft(spec, issuer)
        try checkTerms(&draft)
        try checkFunds(draft.need, of: issuer, in: asset(of: draft.key.product))
        try checkPostOnly(draft)
        return accept(draft)
    }

    func placeOrders(_ batch: OrderBatch, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .consumer, .provider)
        try batch.check()
        var results: [OrderBatchResult] = []
        results.reserveCapacity(batch.orders.count)
        for spec in batch.orders {
            var result = OrderBatchResult()
            do throws(Refusal) {
                let receipt = try placeOrder(spec, issuer)
                result.order = receipt.order
                result.trades = receipt.trades
            } catch {
                result.error = error
            }
            // Each element is a command of its own: its stops enter before the next element.
            enterTriggeredStops()
            results.append(result)
        }
        return .orders(results)
    }

    /// Gives a checked order its number and lets it into the book. Cannot fail.
    func accept(_ draft: OrderDraft) -> OrderReceipt {
        var entry = draft.entry
        entry.contract = materialise(draft.key)
        lastOrderID += 1
        entry.id = OrderID(lastOrderID)
        orders.register(entry.id, of: entry.participant, name: entry.clientOrderID)
        return entry.isPending ? wait(entry) : admit(entry)
    }

    /// Lets an order into its book unless it may only fill whole, or a minimum, and cannot: then it is cancelled.
    func admit(_ entry: OrderEntry) -> OrderReceipt {
        if entry.timeInForce == .fok || entry.minimum != nil {
            let book = book(entry.contract)
            let limit = ticks(entry.price, contracts[entry.contract].key.product)
            let fillable = books.fillableQuantity(
                book, side: entry.side, limit: limit, quantity: entry.quantity, owner: owner(of: entry.participant),
                prevention: entry.prevention
            )
            if entry.timeInForce == .fok, fillable < entry.quantity {
                return OrderReceipt(order: closeUnrested(entry, .cancelled, .fillOrKill), trades: [])
            }
            if let minimum = entry.minimum, fillable < minimum {
                return OrderReceipt(order: closeUnrested(entry, .cancelled, .minimumQuantity), trades: [])
            }
        }
        return enter(entry)
    }

    /// Sweeps the opposite side, then rests or closes what is left.
    func enter(_ entry: OrderEntry) -> OrderReceipt {
        var taker = entry
        let key = contracts[taker.contract].key
        let book = book(taker.contract)
        actions.removeAll()
        let outcome = books.match(
            book, side: taker.side, limit: ticks(taker.price, key.product), quantity: taker.remaining,
            owner: owner(of: taker.participant), prevention: taker.prevention, takerID: taker.id.rawValue, into: &actions
        )
        var fills: [FillView] = []
        for index in 0..<actions.count {
            let action = actions[index]
            switch action.kind {
            case .fill:
                fills.append(fill(action, taker: &taker, key: key))
            case .makerCancelled:
                finish(action.slot, .cancelled, .selfTrade)
            }
        }
        let view: OrderView
        if outcome.remaining == 0 {
            view = closeUnrested(taker, .filled, nil)
        } else if outcome.stoppedBySelfTrade {
            view = closeUnrested(taker, .cancelled, .selfTrade)
        } else if taker.timeInForce == .gtc || taker.timeInForce == .gtd {
            view = rest(taker, in: book, key: key)
        } else {
            view = closeUnrested(taker, .cancelled, .unfilledRemainder)
        }
        return OrderReceipt(order: view, trades: fills)
    }

    /// One fill of a resting order: its reservation shrinks, then money and units move.
    private func fill(_ action: MatchAction, taker: inout OrderEntry, key: ContractKey) -> FillView {
        let price = price(atTicks: action.price, key.product)
        if taker.side == .buy { ensureAllocation(&taker) }
        if orders[action.slot].side == .buy { ensureAllocation(&orders[action.slot]) }
        let maker = fillMaker(action.slot, price, action.quantity)
        taker.filled += action.quantity
        taker.filledNotional += Int128(price.notional(action.quantity).rawValue)

        let buy = taker.side == .buy ? taker : maker
        let sell = taker.side == .buy ? maker : taker
        var trade = TradeTerms(contract: taker.contract, price: price, quantity: action.quantity)
        trade.takerSide = taker.side
        trade.buyOrder = buy.id
        trade.buyer = buy.participant
        trade.buyerRate = taker.side == .buy ? buy.takerRate : buy.makerRate
        trade.allocation = buy.allocation
        trade.bid = buy.bid
        trade.sellOrder = sell.id
        trade.seller = sell.participant
        trade.sellerRate = taker.side == .sell ? sell.takerRate : sell.makerRate
        trade.bondRate = sell.bondRate
        trade.source = sell.isCapacitySale ? .capacity(sell.resource) : .position(sell.allocation)
        let (id, buyerFee, sellerFee) = execute(trade)
        if maker.remaining == 0 { finish(action.slot, .filled, nil) }
        return FillView(
            id: id, price: price, quantity: action.quantity, fee: taker.side == .buy ? buyerFee : sellerFee,
            liquidity: .taker
        )
    }

    /// Books a fill on a resting order: what was set aside for the filled part is given back, and it is off sale.
    func fillMaker(_ slot: OrderSlot, _ price: Price, _ quantity: Quantity) -> OrderEntry {
        let before = reservation(orders[slot])
        orders[slot].filled += quantity
        orders[slot].filledNotional += Int128(price.notional(quantity).rawValue)
        let maker = orders[slot]
        release(before - reservation(maker), of: maker)
        unoffer(quantity, of: maker)
        noteOffer(maker, sold: quantity)
        return maker
    }

    /// Puts what is left of an order into the book and sets aside what it may cost.
    private func rest(_ entry: OrderEntry, in book: BookIndex, key: ContractKey) -> OrderView {
        let slot = books.insert(
            book, id: entry.id.rawValue, side: entry.side, price: ticks(entry.price, key.product), quantity: entry.remaining,
            display: min(entry.display ?? entry.remaining, entry.remaining), owner: owner(of: entry.participant)
        )
        return keep(entry, at: slot)
    }

    /// Lets a stop wait for its price.
    func wait(_ entry: OrderEntry) -> OrderReceipt {
        guard let stop = entry.stopPrice else { preconditionFailure("a stop without a stop price") }
        let key = contracts[entry.contract].key
        let slot = books.insertStop(
            book(entry.contract), id: entry.id.rawValue, side: entry.side, stopPrice: ticks(stop, key.product),
            quantity: entry.quantity, owner: owner(of: entry.participant)
        )
        touched.append(entry.contract)
        return OrderReceipt(order: keep(entry, at: slot), trades: [])
    }

    private func keep(_ entry: OrderEntry, at slot: OrderSlot) -> OrderView {
        orders.place(entry, at: slot)
        directory.set(entry.id.rawValue, slot: slot)
        setAside(entry, .taken)
        if let expiry = entry.expiresAt { due.add(DueQueue.Expiry(time: expiry, order: entry.id)) }
        let view = view(entry, status: entry.isPending ? .pendingTrigger : entry.filled > 0 ? .partiallyFilled : .open)
        emit(.orderAccepted(view))
        return view
    }

    // MARK: Ends

    /// Closes an order that is not in the book.
    func closeUnrested(_ entry: OrderEntry, _ status: OrderStatus, _ reason: OrderEndReason?) -> OrderView {
        var view = view(entry, status: status)
        view.reason = reason
        view.remainingQuantity = 0
        view.closedAt = now
        orders.close(view, at: now)
        emit(.orderClosed(view))
        return view
    }

    /// Closes an order that has left its book: gives back what was set aside and taken off sale for it.
    @discardableResult
    func finish(_ slot: OrderSlot, _ status: OrderStatus, _ reason: OrderEndReason?) -> OrderView {
        let entry = orders[slot]
        orders[slot] = OrderEntry()
        directory.remove(entry.id.rawValue)
        setAside(entry, .given)
        noteOffer(entry, closed: entry.id)
        return closeUnrested(entry, status, reason)
    }

    /// Takes a live order out of its book and closes it.
    @discardableResult
    func withdraw(_ slot: OrderSlot, _ status: OrderStatus, _ reason: OrderEndReason) -> OrderView {
        _ = books.cancel(slot)
        return finish(slot, status, reason)
    }

    func cancelOrder(_ reference: OrderReference, _ issuer: ParticipantID) throws(Refusal) -> OrderView {
        _ = try actor(issuer, .consumer, .provider)
        return withdraw(try openOrder(reference, of: issuer), .cancelled, .requested)
    }

    /// A live order of the issuer; `not_found` for another's, `order_not_open` for a closed one.
    func openOrder(_ reference: OrderReference, of issuer: ParticipantID) throws(Refusal) -> OrderSlot {
        var id = reference.id
        if let name = reference.clientOrderID {
            guard let named = orders.named(name, of: issuer) else { throw Refusal(.notFound, "no such order") }
            id = named
        }
        if let slot = directory.slot(of: id.rawValue) {
            guard orders[slot].participant == issuer else { throw Refusal(.notFound, "no such order") }
            return slot
        }
        guard let closed = orders.closedOrder(id), closed.participantID == issuer else {
            throw Refusal(.notFound, "no such order")
        }
        throw Refusal(.orderNotOpen, "the order is \(closed.status.rawValue)")
    }

    func cancelOrders(_ contract: ContractKey?, _ issuer: ParticipantID) throws(Refusal) -> CancelledCount {
        _ = try actor(issuer, .consumer, .provider)
        if let contract, !isListed(contract) { throw Refusal(.unknownContract, "no such contract", field: "contract") }
        return CancelledCount(cancelAllOrders(of: issuer, in: contract, reason: .requested))
    }

    /// Cancels a participant's live orders in the order of acceptance; answers how many.
    @discardableResult
    func cancelAllOrders(of participant: ParticipantID, in contract: ContractKey? = nil, reason: OrderEndReason) -> Int64 {
        var count: Int64 = 0
        for id in Array(orders.ids(of: participant, after: .none)) {
            guard let slot = directory.slot(of: id.rawValue) else { continue }
            if let contract, contracts[orders[slot].contract].key != contract { continue }
            withdraw(slot, .cancelled, reason)
            count += 1
        }
        return count
    }

    // MARK: What an order sets aside

    /// Whether an order's reservation is being taken or given back.
    enum Reservation {
        case taken
        case given
    }

    /// Takes or gives back all that an order sets aside: cash, and units on offer.
    func setAside(_ entry: OrderEntry, _ reservation: Reservation) {
        switch reservation {
        case .taken:
            reserve(self.reservation(entry), of: entry)
            offer(entry.remaining, of: entry)
        case .given:
            release(self.reservation(entry), of: entry)
            unoffer(entry.remaining, of: entry)
        }
    }

    private func reserve(_ amount: Micros, of entry: OrderEntry) {
        guard amount > .zero else { return }
        let account = cashAccount(of: entry.participant, in: asset(of: contracts[entry.contract].key.product))
        do throws(Balance.Refusal) {
            try ledger.reserve(account, amount)
        } catch {
            preconditionFailure("an order passed the checks and cannot be paid for")
        }
    }

    private func release(_ amount: Micros, of entry: OrderEntry) {
        guard amount > .zero else { return }
        ledger.release(cashAccount(of: entry.participant, in: asset(of: contracts[entry.contract].key.product)), amount)
    }

    /// Puts units on offer: of the resource, or of the position.
    private func offer(_ quantity: Quantity, of entry: OrderEntry) {
        guard quantity > 0 else { return }
        if entry.isCapacitySale {
            resourceFacts[Int(entry.resource.rawValue) - 1].hours[contracts[entry.contract].key.hour].onOffer += quantity
        } else if entry.isResale {
            contracts[entry.contract].encumber(entry.participant, entry.allocation, quantity)
        }
    }

    private func unoffer(_ quantity: Quantity, of entry: OrderEntry) {
        guard quantity > 0 else { return }
        if entry.isCapacitySale {
            resourceFacts[Int(entry.resource.rawValue) - 1].hours[contracts[entry.contract].key.hour].onOffer -= quantity
        } else if entry.isResale {
            contracts[entry.contract].unencumber(entry.participant, entry.allocation, quantity)
        }
    }
}
