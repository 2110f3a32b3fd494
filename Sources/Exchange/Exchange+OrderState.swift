import Ledger
import Matching
import Pricing
import Quantities
import Registry
import Settlement

/// An order in a book or among the stops, as the state's canonical form has it. Its contract is the one that it is written with.
struct OpenOrderState: Record {
    var entry = OrderEntry()
    var details = OrderDetails()
    /// Units that the book shows now: of an iceberg what is left of its present slice.
    var displayed: Quantity = 0

    init() {}
    init(_ entry: OrderEntry, _ details: OrderDetails, displayed: Quantity = 0) {
        self.entry = entry
        self.details = details
        self.displayed = displayed
    }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &entry.id)
        coder.field("participant", &entry.participant)
        coder.field("side", &entry.side)
        coder.field("type", &entry.type)
        coder.field("time_in_force", &entry.timeInForce)
        coder.field("post_only", &entry.postOnly)
        coder.field("prevention", &entry.prevention)
        coder.field("price", &entry.price)
        coder.field("stop_price", &details.stopPrice)
        coder.field("quantity", &entry.quantity)
        coder.field("filled", &entry.filled)
        coder.field("display", &details.display)
        coder.field("minimum", &details.minimum)
        coder.field("filled_notional", &entry.filledNotional)
        coder.field("resource", &entry.resource)
        coder.field("allocation", &entry.allocation)
        coder.field("offer", &entry.offer)
        coder.field("bid", &entry.bid)
        coder.field("maker_rate", &entry.makerRate)
        coder.field("taker_rate", &entry.takerRate)
        coder.field("bond_rate", &entry.bondRate)
        coder.field("created_at", &entry.createdAt)
        coder.field("expires_at", &details.expiresAt)
        coder.field("client_order_id", &details.clientOrderID)
        coder.field("pending", &entry.isPending)
        coder.field("displayed", &displayed)
        coder.field("fee_version", &entry.feeVersion)
    }
}

// MARK: Open orders

extension Exchange {
    /// How many there are, then every open contract's book in price-time priority, bids first, then its waiting stops, then its blocks.
    func encodeOpenOrders(into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        encoder.append(UInt32(orders.liveCount))
        for index in 0..<contracts.count {
            guard let book = contracts[Int32(index)].book else { continue }
            encoder.append(UInt32(books.orderCount(book)))
            for side in [Side.buy, .sell] {
                books.forEachOrder(book, side) { slot in
                    encode(slot, into: &encoder, spill)
                    return true
                }
            }
            encoder.append(UInt32(books.stopCount(book)))
            books.forEachStop(book) { slot in encode(slot, into: &encoder, spill) }
            let blocks = contracts[Int32(index)].blocks
            encoder.append(UInt32(blocks.map { books.orderCount($0) } ?? 0))
            if let blocks {
                books.forEachOrder(blocks, .sell) { slot in
                    encode(slot, into: &encoder, spill)
                    return true
                }
            }
        }
    }

    private func encode(_ slot: OrderSlot, into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        var state = OpenOrderState(orders[slot], orders.details(orders[slot].details), displayed: books.order(slot).displayed)
        state.fields(&encoder)
        Self.spillIfLarge(&encoder, spill)
    }

    /// Puts every order back into its book, in the order in which it stood there.
    func decodeOpenOrders(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        var restoring = OrderRestoring(
            owners: participants.participants.map { UInt32(truncatingIfNeeded: $0.ownerID.rawValue) },
            accounts: Int(ledger.lastAccount.rawValue), resources: resourceFacts.count)
        let count = try decoder.read(UInt32.self)
        for contract in 0..<Int32(contracts.count) {
            guard let book = contracts[contract].book else { continue }
            let encumbrances = contracts.holdings[Int(contract)].encumbrances
            contracts.holdings[Int(contract)].encumbrances = []
            var previous: RestingOrder?
            for _ in 0..<(try decoder.read(UInt32.self)) {
                let state = try readOrder(from: &decoder, isPending: false)
                guard blockOffer(of: state.entry) == nil else { throw decoder.damaged("a block among the orders of a book") }
                let slot = try rest(state, in: contract, book, behind: previous, restoring, &decoder)
                previous = books.order(slot)
                try keep(state, at: slot, in: contract, &restoring, &decoder)
            }
            previous = nil
            for _ in 0..<(try decoder.read(UInt32.self)) {
                let state = try readOrder(from: &decoder, isPending: true)
                let slot = try wait(state, in: contract, book, behind: previous, restoring, &decoder)
                previous = books.order(slot)
                try keep(state, at: slot, in: contract, &restoring, &decoder)
            }
            previous = nil
            for _ in 0..<(try decoder.read(UInt32.self)) {
                let state = try readOrder(from: &decoder, isPending: false)
                guard state.entry.isCapacitySale, blockOffer(of: state.entry) != nil else {
                    throw decoder.damaged("a block of no such offer")
                }
                let slot = try rest(state, in: contract, blocks(contract), behind: previous, restoring, &decoder)
                previous = books.order(slot)
                try keep(state, at: slot, in: contract, &restoring, &decoder)
            }
            guard contracts.holdings[Int(contract)].encumbrances == encumbrances, coversEncumbrances(contracts.holdings[Int(contract)]) else {
                throw decoder.damaged("units on offer for resale other than the orders say")
            }
            restoring.endContract(contracts[contract].key.hour)
        }
        guard orders.liveCount == Int(count) else {
            throw decoder.damaged("\(count) open orders, of which \(orders.liveCount) came")
        }
        try confirm(restoring, &decoder)
    }

    /// The next order, with everything checked that does not depend on its book.
    private func readOrder(
        from decoder: inout BinaryDecoder, isPending: Bool
    ) throws(BinaryDecoder.Failure) -> OpenOrderState {
        var state = OpenOrderState()
        state.fields(&decoder)
        if let failure = decoder.failure { throw failure }
        let entry = state.entry
        guard entry.id.rawValue >= 1, entry.id.rawValue <= lastOrderID, !orders.isHere(entry.id),
            isKnown(entry.participant), entry.isPending == isPending, entry.price > Price(), entry.price <= .limit,
            entry.quantity <= Quantity.limit, entry.filled < entry.quantity, entry.filledNotional >= .zero,
            entry.filledNotional <= Price.limit.notional(entry.filled),
            state.details.display.map({ $0 > 0 && $0 <= Quantity.limit }) ?? true,
            FeeSchedule.isInRange(entry.makerRate), FeeSchedule.isInRange(entry.takerRate),
            entry.bondRate >= 0, entry.bondRate <= 10_000,
            entry.resource.isNone || (entry.side == .sell && isKnown(entry.resource)),
            entry.createdAt <= time, state.details.expiresAt.map({ $0 <= .limit }) ?? true, referencesExist(entry)
        else { throw decoder.damaged("an order that cannot be") }
        return state
    }

    private func rest(
        _ state: OpenOrderState, in contract: Int32, _ book: BookIndex, behind previous: RestingOrder?,
        _ restoring: borrowing OrderRestoring, _ decoder: inout BinaryDecoder
    ) throws(BinaryDecoder.Failure) -> OrderSlot {
        let entry = state.entry
        let tick = productFacts[Int(contracts[contract].key.product.index)].tickSize.rawValue
        let price = entry.price.rawValue / tick
        let display = min(state.details.display ?? entry.remaining, entry.remaining)
        guard entry.price.rawValue % tick == 0, state.displayed > 0, state.displayed <= display,
            state.details.display != nil || state.displayed == display
        else { throw decoder.damaged("an order that cannot rest so") }
        if let previous {
            let isInOrder = previous.side == entry.side
                ? (entry.side == .buy ? price <= previous.price : price >= previous.price) : previous.side == .buy
            guard isInOrder else { throw decoder.damaged("orders out of their priority") }
        }
        if entry.side == .sell, let bid = books.best(book, .buy), bid >= price { throw decoder.damaged("a crossed book") }
        return books.insert(
            book, id: entry.id.rawValue, side: entry.side, price: price, quantity: entry.remaining, display: display,
            displayed: state.displayed, owner: restoring.owners[Int(entry.participant.rawValue) - 1]
        )
    }

    private func wait(
        _ state: OpenOrderState, in contract: Int32, _ book: BookIndex, behind previous: RestingOrder?,
        _ restoring: borrowing OrderRestoring, _ decoder: inout BinaryDecoder
    ) throws(BinaryDecoder.Failure) -> OrderSlot {
        let entry = state.entry
        let tick = productFacts[Int(contracts[contract].key.product.index)].tickSize.rawValue
        guard let stop = state.details.stopPrice, stop > Price(), stop <= .limit, stop.rawValue % tick == 0,
            entry.price.rawValue % tick == 0, entry.filled == 0, state.displayed == 0
        else { throw decoder.damaged("a stop that cannot wait so") }
        let price = stop.rawValue / tick
        if let previous {
            let isInOrder = previous.side == entry.side
                ? (previous.price, previous.id) < (price, entry.id.rawValue) : previous.side == .buy
            guard isInOrder else { throw decoder.damaged("stops out of order") }
        }
        return books.insertStop(
            book, id: entry.id.rawValue, side: entry.side, stopPrice: price, quantity: entry.quantity,
            owner: restoring.owners[Int(entry.participant.rawValue) - 1]
        )
    }

    /// Notes an order that is back in its book: where it is, whose it is, what it sets aside.
    private func keep(
        _ state: OpenOrderState, at slot: OrderSlot, in contract: Int32, _ restoring: inout OrderRestoring,
        _ decoder: inout BinaryDecoder
    ) throws(BinaryDecoder.Failure) {
        let order = taker
        order.record = state.entry
        order.record.contract = contract
        order.record.details = orders.keep(state.details)
        order.record.status = order.record.liveStatus
        guard orders.restore(order.record.id, of: order.record.participant, name: state.details.clientOrderID) else {
            throw decoder.damaged("an order's name twice")
        }
        if let (position, index) = offerHour(of: order.record),
            offers[position].view.hours[index].remaining < order.record.remaining
        {
            throw decoder.damaged("an order of more than its offer")
        }
        if !order.record.bid.isNone {
            guard order.record.side == .buy, let (bid, _) = legOfBid(order.record), bids[bid].fill == .hourly,
                bids[bid].participantID == order.record.participant
            else { throw decoder.damaged("an order of a bid that does not know it") }
            if openHours.updateValue((openHours[order.record.bid] ?? 0) + 1, forKey: order.record.bid) == nil {
                standing.count(1, of: order.record.participant)
            }
        }
        guard order.record.allocation.isNone || allocations[order.record.allocation] != nil else {
            throw decoder.damaged("an order of an allocation that has left memory")
        }
        if order.record.isPending { waitingStops += 1 }
        order.record.reserved = reservation(order)
        if order.record.reserved > .zero {
            let asset = asset(of: contracts[contract].key.product)
            guard let account = ledger.cashAccount(order.record.participant, asset) else {
                throw decoder.damaged("an order of somebody without money")
            }
            restoring.cash[Int(account.rawValue)] += Int128(order.record.reserved.rawValue)
        }
        if order.record.isCapacitySale {
            guard let cell = capacity.cell(of: order.record.resource, contracts[contract].key.hour) else {
                throw decoder.damaged("units on offer that no resource notes")
            }
            order.record.cell = cell
            restoring.offer(order.record.remaining, of: order.record.resource)
        } else if order.record.isResale {
            contracts.holdings[Int(contract)].encumber(
                order.record.participant, order.record.allocation, order.record.remaining
            )
        }
        orders.keep(order, at: slot)
    }

    /// Whether every holder holds what it offers.
    private func coversEncumbrances(_ state: ContractHoldings) -> Bool {
        guard !state.encumbrances.isEmpty else { return true }
        var held: [ParticipantID: Int64] = [:]
        for lot in state.lots { held[lot.holder, default: 0] += Int64(lot.quantity) }
        for entry in state.encumbrances {
            held[entry.holder, default: 0] -= entry.quantity
            guard held[entry.holder, default: 0] >= 0 else { return false }
        }
        return true
    }

    /// Holds the sums over all orders against what ledger and resources say.
    private func confirm(_ restoring: OrderRestoring, _ decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        var restoring = restoring
        addStandingReservations(to: &restoring.cash)
        for number in restoring.cash.indices.dropFirst() {
            let reserved = ledger.account(AccountID(Int64(number)))?.cash.reserved ?? .zero
            guard Int128(reserved.rawValue) == restoring.cash[number] else {
                throw decoder.damaged("cash set aside other than the orders say")
            }
        }
        var expected = restoring.unitsOnOffer()[...]
        var isEqual = true
        for index in 0..<resourceFacts.count {
            capacity.forEach(ResourceID(Int64(index) + 1)) { hour, used in
                guard used.onOffer > 0 else { return }
                guard let next = expected.popFirst(), next == (index, hour, Int64(used.onOffer)) else { return isEqual = false }
            }
        }
        guard isEqual else { throw decoder.damaged("units on offer other than the orders say") }
        guard expected.isEmpty else { throw decoder.damaged("units on offer that no resource notes") }
    }

    private func referencesExist(_ entry: OrderEntry) -> Bool {
        entry.allocation.rawValue >= 0 && entry.allocation.rawValue <= Int64(allocations.count)
            && entry.bid.rawValue >= 0 && entry.bid.rawValue <= Int64(bids.count)
            && entry.offer.rawValue >= 0 && entry.offer.rawValue <= Int64(offers.count)
    }
}
