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
    /// What few orders have.
    var details: OrderDetails?
    /// The limit in ticks; filled in by `checkTerms`.
    var ticks: Int64 = 0
    /// Cash that must be available before the order touches its book.
    var need = Micros.zero
}

extension Refusal {
    /// Of an order that would sell hours of an allocation that the issuer does not hold.
    package static let noSuchAllocation = Refusal(.notFound, "no such allocation of yours", field: "allocation_id")
}

extension Exchange {
    /// That the issuer may trade on the order's side: before anything is said about the order itself.
    func checkRole(_ spec: OrderSpec, _ issuer: ParticipantID) throws(Refusal) {
        if spec.side == .buy {
            try checkActor(issuer, .consumer)
        } else if spec.resourceID != nil {
            try checkActor(issuer, .provider)
        } else {
            try checkActor(issuer, .consumer, .provider)
        }
    }

    /// Turns a request of somebody who may trade on its side into the order at work: names are free, objects exist. Answers what few
    /// orders have.
    func draft(_ spec: OrderSpec, _ issuer: ParticipantID) throws(Refusal) -> OrderDetails? {
        let force = try spec.resolvedTimeInForce()
        if let expiry = spec.expiresAt, expiry <= now { throw .invalid("expires_at", "must be in the future") }
        if let id = spec.allocationID {
            // Of one that has left memory nothing is left to be sold.
            guard isArchived(id) || allocationState(id)?.holder == issuer else { throw .noSuchAllocation }
        }
        guard isListed(spec.contract) else { throw Refusal(.unknownContract, "no such contract", field: "contract") }
        if let id = spec.resourceID { try checkOwner(of: id, issuer) }
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
        entry.quantity = spec.quantity
        entry.resource = spec.resourceID ?? .none
        if spec.side == .sell { entry.allocation = spec.allocationID ?? .none }
        entry.createdAt = now
        entry.isPending = spec.type == .stop || spec.type == .stopLimit
        let details = OrderDetails(
            stopPrice: spec.stopPrice, display: spec.displayQuantity, minimum: spec.minQuantity, expiresAt: spec.expiresAt,
            clientOrderID: spec.clientOrderID
        )
        taker.record = entry
        return details.isEmpty ? nil : details
    }

    /// That a seller's resource is its own and in the market.
    @inline(__always)
    func checkOwner(of id: ResourceID, _ issuer: ParticipantID) throws(Refusal) {
        let index = Int(clamping: id.rawValue) &- 1
        guard index >= 0, index < resourceFacts.count, resourceFacts[index].provider == issuer,
            resourceFacts[index].status != .retired
        else {
            throw Refusal(.unknownResource, "no such resource of yours", field: "resource_id")
        }
    }

    /// Checks an order that is kept aside, as below.
    func checkTerms(_ draft: inout OrderDraft) throws(Refusal) {
        work.probe.record = draft.entry
        let terms = try checkTerms(work.probe, draft.key, draft.details)
        draft.entry = work.probe.record
        draft.ticks = terms.ticks
        draft.need = terms.need
    }

    /// Everything that can be refused before cash is looked at, in the API's order; fills in price and rates. Answers the limit in ticks, and
    /// the cash that must be available before the order touches its book.
    ///
    /// MARKET.md section 5. A market order or a stop is priced at the band's edge.
    func checkTerms(
        _ order: OrderPlace, _ key: ContractKey, _ details: OrderDetails?
    ) throws(Refusal) -> (ticks: Int64, need: Micros) {
        if hasTradingRules { try checkVerified(order.record.participant) }
        try checkTradable(key)
        let product = productFacts.cells.place(Int(key.product.index))
        let prices = hourPrices.cells.place(hourPlace(key))
        if order.record.price == Price() {
            let edge = order.record.side == .buy ? prices.record.highest : prices.record.lowest
            guard edge != Price() else { throw Refusal(.outsidePriceBand, "no tick lies inside the price band") }
            order.record.price = edge
        }
        let price = order.record.price
        let tick = product.record.tickSize.rawValue
        let ticks = price.rawValue / tick
        guard ticks &* tick == price.rawValue else {
            throw Refusal(.priceOffTick, "\(price) is no multiple of the tick \(product.record.tickSize)", field: "price")
        }
        if let stop = details?.stopPrice, stop.rawValue % tick != 0 {
            throw Refusal(.priceOffTick, "\(stop) is no multiple of the tick \(product.record.tickSize)", field: "stop_price")
        }
        if product.record.lotSize != 1 { try checkLots(order.record.quantity, details, product.record.lotSize) }
        try checkBand(price, prices.record.band, field: "price")
        if let stop = details?.stopPrice { try checkBand(stop, prices.record.band, field: "stop_price") }
        if product.record.hasPlainFees {
            order.record.makerRate = product.record.makerFee
            order.record.takerRate = product.record.takerFee
            order.record.feeVersion = product.record.feeVersion
        } else {
            pinFees(order, key.product)
        }
        order.record.bondRate = product.record.bond
        if hasTradingRules { try checkCounterparties(order, key, ticks: ticks) }
        if order.record.side == .sell { try checkHoldings(order, key) }
        return (ticks, need(order, key))
    }

    private func checkLots(_ quantity: Quantity, _ details: OrderDetails?, _ lotSize: Quantity) throws(Refusal) {
        guard quantity % lotSize == 0 else {
            throw Refusal(.quantityOffLot, "\(quantity) is no multiple of the lot \(lotSize)", field: "quantity")
        }
        if let display = details?.display, display % lotSize != 0 {
            throw Refusal(.quantityOffLot, "\(display) is no multiple of the lot \(lotSize)", field: "display_quantity")
        }
    }

    private func checkBand(_ price: Price, _ band: PriceBand, field: String) throws(Refusal) {
        guard band.floor <= price, price <= band.ceiling else {
            throw Refusal(.outsidePriceBand, "\(price) lies outside \(band.floor) to \(band.ceiling)", field: field)
        }
    }

    /// That a seller has what it sells: certified units of the resource, or held hours.
    private func checkHoldings(_ order: OrderPlace, _ key: ContractKey) throws(Refusal) {
        if order.record.resource.isNone {
            let free = sellable(key, by: order.record.participant, allocation: order.record.allocation)
            guard free >= Int64(order.record.remaining) else {
                throw Refusal(
                    .insufficientPosition, "\(free) units of \(symbol(key)) are held and not on offer", field: "quantity")
            }
        } else {
            try checkProduct(of: order.record.resource, serves: key.product, in: key.hour)
            let free = freeUnits(of: order.record.resource, at: key.hour)
            guard free >= order.record.remaining else {
                throw Refusal(
                    .insufficientCapacity,
                    "\(free) units of \(order.record.resource) are free in \(symbol(key))"
                        + outageNote(order.record.resource, key.hour),
                    field: "quantity")
            }
        }
    }

    /// What outages take of a resource in an hour, in words; nothing where there is none.
    private func outageNote(_ id: ResourceID, _ hour: Hour) -> String {
        let outages = resources.entry(id)?.outages.filter { $0.covers(hour) } ?? []
        guard let first = outages.first else { return "" }
        let units = outages.reduce(Int64(0)) { $0 + Int64($1.spec.units) }
        return ": an outage takes \(units) (\(first.spec.start) to \(first.spec.end), \(first.spec.reason))"
    }

    /// The cash that section 5 asks for: a buyer's worst cost, a provider's bond at the best price it could get.
    private func need(_ order: OrderPlace, _ key: ContractKey) -> Micros {
        if order.record.side == .buy {
            let notional = order.record.price.notional(order.record.remaining)
            return notional + FeeSchedule.fee(on: notional, at: max(order.record.makerRate, order.record.takerRate, 0))
        }
        guard !order.record.resource.isNone else { return .zero }
        var price = order.record.price
        if let index = contracts.index(of: key), let book = contracts[index].book, let best = books.best(book, .buy) {
            price = max(price, self.price(atTicks: best, key.product))
        }
        return FeeSchedule.bond(on: price.notional(order.record.remaining), at: order.record.bondRate)
    }

    /// That the cash is there.
    @inline(__always)
    func checkFunds(_ need: Micros, of participant: ParticipantID, in asset: AssetIndex) throws(Refusal) {
        let available = available(participant, asset)
        guard available >= need else {
            throw Refusal(.insufficientFunds, "\(need) \(ledger.assets[asset]) is needed, \(available) is available")
        }
    }

    /// That an order that must not take would not.
    func checkPostOnly(_ side: Side, _ ticks: Int64, _ key: ContractKey) throws(Refusal) {
        guard let index = contracts.index(of: key), let book = contracts[index].book, let best = books.best(book, side.opposite)
        else { return }
        guard side == .buy ? ticks < best : ticks > best else {
            throw Refusal(.postOnlyWouldCross, "the best opposite price is \(price(atTicks: best, key.product))")
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
        let state = contracts.holdings[Int(index)]
        let free = state.held(holder) - state.encumbered(holder)
        guard !allocation.isNone else { return free }
        return min(free, state.held(holder, allocation: allocation) - state.encumbered(holder, allocation: allocation))
    }
}
