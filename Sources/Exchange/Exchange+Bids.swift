import Ledger
import Matching
import Pricing
import Quantities
import Registry
import Settlement

extension Exchange {
    /// Buys what a bid asks for, at once: whole as one plan, or hour by hour.
    func placeBid(_ spec: BidSpec, _ issuer: ParticipantID) throws(Refusal) -> BidView {
        _ = try actor(issuer, .consumer)
        try spec.check()
        let spec = spec.expanded
        if hasTradingRules { try checkVerified(issuer) }
        try catalogue.checkNames(in: spec.requirements)
        let name = spec.clientBidID.map { ClientName(participant: issuer, name: $0) }
        if let name, bidNames[name] != nil { throw Refusal(.conflict, "client_bid_id is in use", field: "client_bid_id") }
        try checkWindow(spec)
        if let expiry = spec.expiresAt, expiry <= now { throw .invalid("expires_at", "must be in the future") }
        let view = spec.fill == .whole ? try fillWhole(spec, issuer) : try fillHourly(spec, issuer)
        if let name { bidNames[name] = view.id }
        bids.append(view)
        noteSecurityTerms(of: view.id, spec.requirements)
        emit(.bid(view))
        return view
    }

    /// That the window has not passed, and begins in the present hour at the earliest.
    func checkWindow(_ spec: BidSpec) throws(Refusal) {
        guard spec.latestEnd.start > now else { throw Refusal(.marketClosed, "the window has passed", field: "latest_end") }
        let present = Hour(containing: now)
        guard spec.earliestStart >= present else {
            throw Refusal(.marketClosed, "the window begins in the past: the present hour is \(present.start)", field: "earliest_start")
        }
    }

    /// That the window ends within the hours that one of a bid's products lists.
    func checkHorizon(_ spec: BidSpec, _ products: [ProductID]) throws(Refusal) {
        guard let horizon = products.map({ productFacts[Int($0.index)].horizonHours }).max() else { return }
        let end = Hour(containing: now) + horizon + 1
        guard spec.latestEnd <= end else {
            throw Refusal(.unknownContract, "the window ends beyond what is listed: hours until \(end.start) are", field: "latest_end")
        }
    }

    private func newBid(_ spec: BidSpec, _ issuer: ParticipantID) -> BidView {
        var view = BidView()
        view.id = BidID(Int64(bids.count) + 1)
        view.participantID = issuer
        view.fill = spec.fill
        view.placement = spec.fill == .whole ? spec.placement ?? .sameResource : nil
        view.durationHours = spec.durationHours
        view.quantity = spec.quantity
        view.limitPrice = spec.limitPrice
        view.maxTotal = spec.maxTotal
        view.clientBidID = spec.clientBidID
        view.createdAt = now
        view.standing = spec.standing == true
        view.hidden = spec.hidden == true
        view.earliestStart = spec.earliestStart
        view.latestEnd = spec.latestEnd
        view.expiresAt = spec.expiresAt
        view.requirements = spec.requirements
        view.usableShare = spec.usableShare
        return view
    }

    // MARK: Whole

    private func fillWhole(_ spec: BidSpec, _ issuer: ParticipantID) throws(Refusal) -> BidView {
        let found = try search(spec, for: issuer)
        try checkHorizon(spec, found.eligible)
        guard !found.isCurrencyMismatch else {
            throw Refusal(.currencyMismatch, "what meets the requirements trades in another currency", field: "currency")
        }
        guard !found.isBuyerRefused else {
            throw Refusal(.buyerNotEligible, "what meets the requirements is for buyers of other countries")
        }
        var view = newBid(spec, issuer)
        view.currency = found.currency
        guard let currency = found.currency, !found.eligible.isEmpty || spec.standing != true else {
            view.reason = .noEligibleProduct
            view.closedAt = now
            return view
        }
        let need = try worstCost(spec, found, issuer)
        let most = found.plans.isEmpty ? mostCertified(spec, found.eligible) : nil
        let exceeds = most.map { Int64(spec.quantity) > $0 } ?? false
        // Capacity before funds: what was never there cannot be paid for either, and nothing would be charged.
        if spec.standing != true, exceeds, let most, most > 0 {
            view.reason = .exceedsCertifiedUnits
            view.closedAt = now
            return view
        }
        let available = available(issuer, currency)
        guard available >= need else {
            // One that stands has its cash set aside whatever was certified; what else is in its way is said.
            let more = exceeds ? "; and it is for more than the \(most ?? 0) units that were ever certified together" : ""
            throw Refusal(.insufficientFunds, "the bid may cost \(need) \(currency), \(available) is available" + more)
        }
        guard let plan = found.feasible else {
            if let plan = found.plans.first { view.bestAvailable = bestAvailable(plan, spec) }
            if spec.standing == true {
                try rest(spec, issuer, found.eligible, need: need, &view)
                // It waits all the same: more may be certified before its window.
                if exceeds { view.reason = .exceedsCertifiedUnits }
            } else if found.eligible.isEmpty {
                view.reason = .noEligibleProduct
                view.closedAt = now
            } else {
                view.reason = most == nil ? .limitTooLow : exceeds ? .exceedsCertifiedUnits : .notEnoughUnits
                view.closedAt = now
            }
            return view
        }
        // A taker's rebate comes back out of the notional, which must be there first.
        guard plan.cost <= Int128(available.rawValue) else {
            throw Refusal(.insufficientFunds, "the notional is \(MicrosSum(plan.cost)) \(currency), \(available) is available")
        }
        var filled = execute(plan, spec, issuer, view)
        filled.closedAt = now
        return filled
    }

    /// The most units that were ever certified together for a bid's products under its placement.
    ///
    /// - Complexity: O(resources).
    func mostCertified(_ spec: BidSpec, _ products: [ProductID]) -> Int64 {
        var sums: [Int64: Int64] = [:]
        var most: Int64 = 0
        for entry in resources.entries where entry.resource.status != .retired {
            let units = entry.certifications.map { Int64($0.terms.units) }.max() ?? 0
            for id in products {
                let product = catalogue[id]
                guard units > 0, product.computeClass == entry.resource.spec.computeClass, product.zone == entry.resource.spec.zone
                else { continue }
                let key =
                    switch spec.placement ?? .sameResource {
                    case .sameResource: entry.resource.id.rawValue
                    case .sameSite: entry.siteLeader.rawValue
                    case .any: Int64(id.index)
                    }
                // A resource of several products counts once for what holds it together.
                if spec.placement == .any || sums[key] == nil || products.first(where: {
                    catalogue[$0].computeClass == product.computeClass && catalogue[$0].zone == product.zone
                }) == id {
                    sums[key, default: 0] += units
                }
                most = max(most, sums[key] ?? 0)
            }
        }
        return most
    }

    /// A bid's worst cost, which section 5 wants to be available: at the highest rate among what could serve it.
    private func worstCost(_ spec: BidSpec, _ found: BidSearchResult, _ issuer: ParticipantID) throws(Refusal) -> Micros {
        var need = Int128(spec.maxTotal?.rawValue ?? 0)
        if let limit = spec.limitPrice {
            let notional = Int128(limit.rawValue) * Int128(spec.quantity) * Int128(spec.durationHours)
            guard notional <= Int128(Micros.limit.rawValue) / 2 else {
                throw Refusal(.amountOverflow, "quantity × hours × limit_price exceeds what an account can hold")
            }
            var rate: BasisPoints = 0
            for id in found.eligible {
                let fees = fees(of: issuer, id).tier
                rate = max(rate, fees.takerFee, fees.makerFee)
            }
            need = notional + Int128(FeeSchedule.fee(on: Micros(Int64(notional)), at: rate).rawValue)
        }
        return Micros(Int64(need))
    }

    /// Takes every fill of a plan in one step.
    func execute(_ plan: BidPlan, _ spec: BidSpec, _ issuer: ParticipantID, _ unfilled: BidView) -> BidView {
        var view = unfilled
        let product = catalogue[plan.product]
        let allocation = openAllocation(holder: issuer, for: .bid(view.id))
        allocations.setUsableShare(spec.usableShare, of: allocation)
        var fees = Micros.zero
        for planned in fills(of: plan, spec, for: issuer) {
            let resource = backing(of: planned.slot, in: planned.contract)
            let fill = take(planned, product, allocation, view.id, issuer)
            fees += fill.fee
            let key = contracts[planned.contract].key
            if view.legs.last?.contract != key {
                var leg = BidLegView()
                leg.contract = key
                view.legs.append(leg)
            }
            view.legs[view.legs.count - 1].quantity += fill.quantity
            view.legs[view.legs.count - 1].trades.append(fill)
            if !resource.isNone { view.legs[view.legs.count - 1].add(fill.quantity, of: resource) }
        }
        for index in view.legs.indices { view.legs[index].averagePrice = average(view.legs[index].trades) }
        view.status = .filled
        view.product = plan.product
        view.start = plan.start
        view.allocationID = allocation
        view.cost = Micros(Int64(plan.cost))
        view.fees = fees
        view.averagePrice = Notional.average(notional: plan.cost, quantity: Int64(spec.quantity) * Int64(spec.durationHours))
        if let state = self.allocation(allocation) { emit(.allocation(state)) }
        return view
    }

    /// One planned fill: as in a sweep, but of the named order, whatever stands before it.
    private func take(
        _ planned: PlannedFill, _ product: Product, _ allocation: AllocationID, _ bid: BidID, _ buyer: ParticipantID
    ) -> FillView {
        join(allocation, to: planned.contract)
        let maker = orders.place(of: planned.slot)
        fillMaker(maker, planned.price, planned.quantity)
        let remaining = books.fill(planned.slot, quantity: planned.quantity)
        var trade = TradeTerms(contract: planned.contract, price: planned.price, quantity: planned.quantity)
        trade.buyer = buyer
        let pinned = fees(of: buyer, product.id)
        trade.buyerRate = pinned.tier.takerFee
        trade.buyerFeeVersion = pinned.version
        trade.allocation = allocation
        trade.bid = bid
        trade.setSeller(maker, rate: maker.record.makerRate)
        let (id, fee, _) = execute(trade)
        if remaining == 0 { finish(planned.slot, .filled, nil) }
        return FillView(id: id, price: planned.price, quantity: planned.quantity, fee: fee, liquidity: .taker, feeVersion: pinned.version)
    }

    // MARK: Hourly

    private func fillHourly(_ spec: BidSpec, _ issuer: ParticipantID) throws(Refusal) -> BidView {
        let product = try onlyProduct(spec)
        try checkHorizon(spec, [product.id])
        var drafts = try hourDrafts(spec, issuer, product)
        let need = drafts.reduce(Int128(0)) { $0 + Int128($1.need.rawValue) }
        let stands = spec.standing == true
        let available = available(issuer, product.currency)
        guard Int128(available.rawValue) >= need else {
            throw Refusal(.insufficientFunds, "all hours together may cost more than the \(available) \(product.currency) available")
        }
        if stands { try checkStandingLimit(issuer) }
        var view = newBid(spec, issuer)
        view.currency = product.currency
        view.product = product.id
        view.start = spec.earliestStart
        var live: Int32 = 0
        var allocation = AllocationID.none
        var cost = Micros.zero
        var fees = Micros.zero
        var bought: Int64 = 0
        for index in drafts.indices {
            drafts[index].entry.bid = view.id
            drafts[index].entry.allocation = allocation
            let trades = accept(drafts[index])
            let receipt = OrderReceipt(order: self.view(taker.record), trades: Array(fills[trades]))
            if let drawn = receipt.order.allocationID { allocation = drawn }
            if !allocation.isNone { allocations.setUsableShare(spec.usableShare, of: allocation) }
            var leg = BidLegView()
            leg.contract = drafts[index].key
            leg.quantity = receipt.order.filledQuantity
            leg.averagePrice = receipt.order.averagePrice
            leg.orderID = receipt.order.id
            leg.trades = receipt.trades
            view.legs.append(leg)
            if receipt.order.status.isLive { live += 1 }
            for fill in receipt.trades {
                cost += fill.price.notional(fill.quantity)
                fees += fill.fee
                bought += Int64(fill.quantity)
            }
        }
        let wanted = Int64(spec.quantity) * Int64(spec.durationHours)
        view.status = bought == wanted ? .filled : bought > 0 ? .partiallyFilled : .unfilled
        if bought > 0 {
            view.allocationID = allocation
            if let state = self.allocation(allocation) { emit(.allocation(state)) }
            view.cost = cost
            view.fees = fees
            view.averagePrice = Notional.average(notional: Int128(cost.rawValue), quantity: bought)
        }
        if live > 0 {
            if bought == 0 { view.status = .open }
            openHours[view.id] = live
            standing.count(1, of: issuer)
            view.reserved = reservedByHours(of: view)
        } else {
            view.closedAt = now
            if bought == 0 { view.reason = hourlyReason(spec, drafts) }
        }
        return view
    }

    /// The checked order of each hour of an hourly bid.
    func hourDrafts(_ spec: BidSpec, _ issuer: ParticipantID, _ product: Product) throws(Refusal) -> [OrderDraft] {
        var drafts: [OrderDraft] = []
        for offset in 0..<spec.durationHours {
            var entry = OrderEntry()
            entry.participant = issuer
            entry.timeInForce = spec.standing != true ? .ioc : spec.expiresAt == nil ? .gtc : .gtd
            entry.price = spec.limitPrice ?? Price()
            entry.quantity = spec.quantity
            entry.createdAt = now
            var draft = OrderDraft(entry: entry, key: ContractKey(product: product.id, hour: spec.earliestStart + offset))
            if let expiry = spec.expiresAt { draft.details = OrderDetails(expiresAt: expiry) }
            try checkTerms(&draft)
            drafts.append(draft)
        }
        return drafts
    }

    /// Why an hourly bid's orders do not buy all of it.
    func hourlyReason(_ spec: BidSpec, _ drafts: [OrderDraft]) -> BidReason {
        guard let product = drafts.first?.key.product else { return .noEligibleProduct }
        var asked = spec
        asked.placement = .any
        if Int64(spec.quantity) > mostCertified(asked, [product]) { return .exceedsCertifiedUnits }
        let isDear = drafts.contains { draft in
            guard let index = contracts.index(of: draft.key), let book = contracts[index].book, let best = books.best(book, .sell)
            else { return false }
            return best > draft.ticks
        }
        return isDear ? .limitTooLow : .notEnoughUnits
    }

    /// The one product that an hourly bid is about.
    func onlyProduct(_ spec: BidSpec) throws(Refusal) -> Product {
        try catalogue.checkNames(in: spec.requirements)
        var eligible: [Product] = []
        var mismatched = false
        for product in catalogue.products
        where admitsThroughout(spec.requirements, product.id, spec) {
            if let currency = spec.currency, currency != product.currency {
                mismatched = true
            } else {
                eligible.append(product)
            }
        }
        guard eligible.count <= 1 else {
            throw .invalid("requirements", "fill hourly needs exactly one eligible product, \(eligible.count) are")
        }
        guard let product = eligible.first else {
            if mismatched { throw Refusal(.currencyMismatch, "the eligible product trades in another currency", field: "currency") }
            throw .invalid("requirements", "no product meets the requirements")
        }
        return product
    }

    // MARK: Parts of views

    /// The resource behind an ask: its own, or of hours that a holder sells on the one behind all that may be handed over; none where these
    /// are several.
    ///
    /// - Complexity: O(lots of the contract) for a resale.
    func backing(of slot: OrderSlot, in contract: Int32) -> ResourceID {
        let order = orders[slot]
        guard order.resource.isNone else { return order.resource }
        var found = ResourceID.none
        for lot in contracts.holdings[Int(contract)].lots where lot.holder == order.participant {
            if !order.allocation.isNone, lot.allocation != order.allocation { continue }
            guard found.isNone || found == lot.resource else { return .none }
            found = lot.resource
        }
        return found
    }

    func bestAvailable(_ plan: BidPlan, _ spec: BidSpec) -> BestAvailableView {
        var view = BestAvailableView()
        view.product = plan.product
        view.start = plan.start
        view.cost = Micros(Int64(clamping: plan.cost))
        view.fees = Micros(Int64(clamping: plan.fees))
        view.averagePrice =
            Notional.average(notional: plan.cost, quantity: Int64(spec.quantity) * Int64(spec.durationHours)) ?? Price()
        return view
    }

    func average(_ fills: [FillView]) -> Price? {
        var notional: Int128 = 0
        var quantity: Int64 = 0
        for fill in fills {
            notional += Int128(fill.price.notional(fill.quantity).rawValue)
            quantity += Int64(fill.quantity)
        }
        return Notional.average(notional: notional, quantity: quantity)
    }
}

extension BidLegView {
    /// Adds units that a resource serves.
    mutating func add(_ quantity: Quantity, of resource: ResourceID) {
        if let index = resources.firstIndex(where: { $0.resourceID == resource }) {
            resources[index].quantity += quantity
            return
        }
        var view = ServingResourceView()
        view.resourceID = resource
        view.quantity = quantity
        resources.append(view)
    }
}
