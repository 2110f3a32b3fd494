import Ledger
import Matching
import Pricing
import Quantities
import Registry
import Settlement

/// What an order would do, checked and priced but not yet done.
struct OrderDraft {
    var entry: OrderEntry
    var key: ContractKey
    /// Cash that must be available before the order touches its book.
    var need = Micros.zero
}

extension Exchange {
    /// That the issuer may trade on the order's side: before anything is said about the order itself.
    func checkRole(_ spec: OrderSpec, _ issuer: ParticipantID) throws(Refusal) {
        if spec.side == .buy {
            _ = try actor(issuer, .consumer)
        } else if spec.resourceID != nil {
            _ = try actor(issuer, .provider)
        } else {
            _ = try actor(issuer, .consumer, .provider)
        }
    }

    /// Turns a request of somebody who may trade on its side into a draft: names are free, objects exist.
    func draft(_ spec: OrderSpec, _ issuer: ParticipantID) throws(Refusal) -> OrderDraft {
        let force = try spec.resolvedTimeInForce()
        if let expiry = spec.expiresAt, expiry <= now { throw .invalid("expires_at", "must be in the future") }
        if let id = spec.allocationID {
            guard let allocation = allocationState(id), allocation.holder == issuer else {
                throw Refusal(.notFound, "no such allocation of yours", field: "allocation_id")
            }
        }
        guard isListed(spec.contract) else { throw Refusal(.unknownContract, "no such contract", field: "contract") }
        if let id = spec.resourceID {
            guard let facts = facts(of: id), facts.provider == issuer, facts.status != .retired else {
                throw Refusal(.unknownResource, "no such resource of yours", field: "resource_id")
            }
        }
        if let name = spec.clientOrderID, orders.named(name, of: issuer) != nil {
            throw Refusal(
                .duplicateClientOrderID, "client_order_id is in use until 24 h after its order closed", field: "client_order_id"
            )
        }
        var entry = OrderEntry()
        entry.participant = issuer
        entry.side = spec.side
        entry.type = spec.type
        entry.timeInForce = force
        entry.postOnly = spec.postOnly ?? false
        entry.prevention = spec.selfTradePrevention ?? .cancelNewest
        entry.price = spec.price ?? Price()
        entry.stopPrice = spec.stopPrice
        entry.quantity = spec.quantity
        entry.display = spec.displayQuantity
        entry.minimum = spec.minQuantity
        entry.resource = spec.resourceID ?? .none
        if spec.side == .sell { entry.allocation = spec.allocationID ?? .none }
        entry.createdAt = now
        entry.expiresAt = spec.expiresAt
        entry.clientOrderID = spec.clientOrderID
        entry.isPending = spec.type == .stop || spec.type == .stopLimit
        return OrderDraft(entry: entry, key: spec.contract)
    }

    /// Everything that can be refused before cash is looked at, in the API's order; fills in price, rates and `need`.
    ///
    /// MARKET.md section 5. A market order or a stop is priced at the band's edge.
    func checkTerms(_ draft: inout OrderDraft) throws(Refusal) {
        let product = try tradable(draft.key)
        let band = product.band
        if draft.entry.price == Price() {
            let edge = draft.entry.side == .buy ? product.highest : product.lowest
            guard let edge else { throw Refusal(.outsidePriceBand, "no tick lies inside the price band") }
            draft.entry.price = edge
        }
        let entry = draft.entry
        guard entry.price.rawValue % product.tickSize.rawValue == 0 else {
            throw Refusal(.priceOffTick, "\(entry.price) is no multiple of the tick \(product.tickSize)", field: "price")
        }
        if let stop = entry.stopPrice, stop.rawValue % product.tickSize.rawValue != 0 {
            throw Refusal(.priceOffTick, "\(stop) is no multiple of the tick \(product.tickSize)", field: "stop_price")
        }
        guard entry.quantity % product.lotSize == 0 else {
            throw Refusal(.quantityOffLot, "\(entry.quantity) is no multiple of the lot \(product.lotSize)", field: "quantity")
        }
        if let display = entry.display, display % product.lotSize != 0 {
            throw Refusal(.quantityOffLot, "\(display) is no multiple of the lot \(product.lotSize)", field: "display_quantity")
        }
        guard band.contains(entry.price) else {
            throw Refusal(
                .outsidePriceBand, "\(entry.price) lies outside \(band.floor) to \(band.ceiling)", field: "price")
        }
        if let stop = entry.stopPrice, !band.contains(stop) {
            throw Refusal(.outsidePriceBand, "\(stop) lies outside \(band.floor) to \(band.ceiling)", field: "stop_price")
        }
        draft.entry.makerRate = product.makerFee
        draft.entry.takerRate = product.takerFee
        draft.entry.bondRate = product.bond
        try checkHoldings(draft)
        draft.need = need(draft)
    }

    /// That a seller has what it sells: certified units of the resource, or held hours.
    private func checkHoldings(_ draft: OrderDraft) throws(Refusal) {
        let entry = draft.entry
        if entry.isCapacitySale {
            try checkProduct(of: entry.resource, serves: draft.key.product)
            let free = freeUnits(of: entry.resource, at: draft.key.hour)
            guard free >= entry.remaining else {
                throw Refusal(
                    .insufficientCapacity, "\(free) units of \(entry.resource) are free in \(symbol(draft.key))",
                    field: "quantity")
            }
        } else if entry.isResale {
            let free = sellable(draft.key, by: entry.participant, allocation: entry.allocation)
            guard free >= Int64(entry.remaining) else {
                throw Refusal(
                    .insufficientPosition, "\(free) units of \(symbol(draft.key)) are held and not on offer", field: "quantity")
            }
        }
    }

    /// The cash that section 5 asks for: a buyer's worst cost, a provider's bond at the best price it could get.
    func need(_ draft: OrderDraft) -> Micros {
        let entry = draft.entry
        let notional = entry.price.notional(entry.remaining)
        if entry.side == .buy {
            return notional + FeeSchedule.fee(on: notional, at: max(entry.makerRate, entry.takerRate, 0))
        }
        guard entry.isCapacitySale else { return .zero }
        var price = entry.price
        if let index = contracts.index(of: draft.key), let book = contracts[index].book, let best = books.best(book, .buy) {
            price = max(price, self.price(atTicks: best, draft.key.product))
        }
        return FeeSchedule.bond(on: price.notional(entry.remaining), at: entry.bondRate)
    }

    /// That the cash is there.
    func checkFunds(_ need: Micros, of participant: ParticipantID, in asset: AssetIndex) throws(Refusal) {
        let available = available(participant, asset)
        guard available >= need else {
            throw Refusal(.insufficientFunds, "\(need) \(ledger.assets[asset]) is needed, \(available) is available")
        }
    }

    /// That an order that must not take would not.
    func checkPostOnly(_ draft: OrderDraft) throws(Refusal) {
        guard draft.entry.postOnly, let index = contracts.index(of: draft.key), let book = contracts[index].book,
            let best = books.best(book, draft.entry.side.opposite)
        else { return }
        let limit = ticks(draft.entry.price, draft.key.product)
        guard draft.entry.side == .buy ? limit < best : limit > best else {
            throw Refusal(.postOnlyWouldCross, "the best opposite price is \(price(atTicks: best, draft.key.product))")
        }
    }

    /// What stays set aside for an order that rests or waits: a function of the order alone.
    func reservation(_ entry: OrderEntry) -> Micros {
        let notional = entry.price.notional(entry.remaining)
        switch entry.side {
        case .buy:
            let rate = entry.isPending ? max(entry.makerRate, entry.takerRate, 0) : max(entry.makerRate, 0)
            return notional + FeeSchedule.fee(on: notional, at: rate)
        case .sell:
            return entry.isCapacitySale ? FeeSchedule.bond(on: notional, at: entry.bondRate) : .zero
        }
    }

    func ticks(_ price: Price, _ product: ProductID) -> Int64 {
        price.rawValue / productFacts[Int(product.index)].tickSize.rawValue
    }

    func price(atTicks ticks: Int64, _ product: ProductID) -> Price {
        Price(ticks * productFacts[Int(product.index)].tickSize.rawValue)
    }

    /// Units of a contract that a holder can still put on offer; of one allocation where it is named.
    func sellable(_ key: ContractKey, by holder: ParticipantID, allocation: AllocationID) -> Int64 {
        guard let index = contracts.index(of: key) else { return 0 }
        let state = contracts[index]
        let free = state.held(holder) - state.encumbered(holder)
        guard !allocation.isNone else { return free }
        return min(free, state.held(holder, allocation: allocation) - state.encumbered(holder, allocation: allocation))
    }
}
