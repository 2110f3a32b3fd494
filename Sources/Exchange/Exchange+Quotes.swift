import Matching
import Pricing
import Quantities
import Registry

extension Exchange {
    /// What a bid would do now, without doing it: the bid's own search, or the sweeps of an hourly bid's orders.
    package func quote(_ spec: BidSpec, for participant: ParticipantID) throws(Refusal) -> QuoteView {
        try spec.check()
        let spec = spec.expanded
        try checkWindow(spec)
        guard spec.fill == .whole else { return try quoteHours(spec, for: participant) }
        let found = try search(spec, for: participant, .forQuote)
        try checkHorizon(spec, found.eligible)
        var view = QuoteView()
        view.currency = found.currency
        view.excluded = found.excluded
        guard let plan = found.feasible ?? found.plans.first else { return view }
        view.alternatives = alternatives(ranked(found.plans.filter { $0 != plan }, spec), spec)
        view.feasible = found.feasible != nil
        view.product = plan.product
        view.resourceID = plan.resource.isNone ? nil : plan.resource
        view.start = plan.start
        view.cost = Micros(Int64(clamping: plan.cost))
        view.fees = Micros(Int64(clamping: plan.fees))
        view.averagePrice = Notional.average(notional: plan.cost, quantity: Int64(spec.quantity) * Int64(spec.durationHours))
        show(fills(of: plan, spec, for: participant), in: &view)
        view.performance = computeClass(of: plan).performance
        view.transferHours = transferHours(of: spec, in: plan.product, resource(plan.resource))
        view.egress = egress(of: view.legs.map(\.resourceID), spec)
        view.bid = bid(for: plan, spec)
        return view
    }

    /// What the orders of an hourly bid would buy now, hour by hour: all of it where the quote is feasible, else what there is.
    private func quoteHours(_ spec: BidSpec, for participant: ParticipantID) throws(Refusal) -> QuoteView {
        let product = try onlyProduct(spec)
        try checkHorizon(spec, [product.id])
        let drafts = try hourDrafts(spec, participant, product)
        var view = QuoteView()
        view.currency = product.currency
        var all: [PlannedFill] = []
        var (cost, fees, bought) = (Int128(0), Int128(0), Int64(0))
        for draft in drafts {
            for fill in sweep(draft) {
                let notional = fill.price.notional(fill.quantity)
                cost += Int128(notional.rawValue)
                fees += Int128(FeeSchedule.fee(on: notional, at: draft.entry.takerRate).rawValue)
                bought += Int64(fill.quantity)
                all.append(fill)
            }
        }
        view.feasible = bought == Int64(spec.quantity) * Int64(spec.durationHours)
        if !view.feasible {
            let reason = hourlyReason(spec, drafts)
            let wanted = Int64(spec.quantity) * Int64(spec.durationHours)
            let said = ExclusionReasonView(reason.rawValue, "\(bought) of \(wanted) device-hours can be bought")
            if let excluded = ExclusionView(product: product.id, resourceID: nil, [said]) { view.excluded.append(excluded) }
        }
        guard bought > 0 else { return view }
        view.product = product.id
        view.start = spec.earliestStart
        view.cost = Micros(Int64(clamping: cost))
        view.fees = Micros(Int64(clamping: fees))
        view.averagePrice = Notional.average(notional: cost, quantity: bought)
        show(all, in: &view)
        view.performance = catalogue.computeClass(of: ContractKey(product: product.id, hour: spec.earliestStart)).performance
        view.egress = egress(of: view.legs.map(\.resourceID), spec)
        view.bid = bid(for: BidPlan(product: product.id, start: spec.earliestStart), spec)
        return view
    }

    /// The fills of a checked buy if it came now, as the book's own sweep makes them: of an iceberg what is displayed, the next part behind
    /// the others of its price; an order of the same owner ends it.
    private func sweep(_ draft: OrderDraft) -> [PlannedFill] {
        guard let contract = contracts.index(of: draft.key), let book = contracts[contract].book else { return [] }
        let owner = owner(of: draft.entry.participant)
        var fills: [PlannedFill] = []
        var left = draft.entry.quantity
        var isStopped = false
        // The orders of one price: what each shows and has.
        var queue: [(slot: OrderSlot, shown: Quantity, remaining: Quantity)] = []
        var (level, shown) = (Int64(0), Int64(0))
        func takeLevel() {
            var next = 0
            while left > 0, !isStopped, next < queue.count {
                let ask = queue[next]
                next += 1
                guard books.order(ask.slot).owner != owner else {
                    isStopped = true
                    break
                }
                let part = min(ask.shown, left)
                fills.append(PlannedFill(contract: contract, slot: ask.slot, price: price(atTicks: level, draft.key.product), quantity: part))
                left -= part
                guard part == ask.shown, ask.remaining > part else { continue }
                let rest = ask.remaining - part
                queue.append((ask.slot, min(display(of: ask.slot) ?? rest, rest), rest))
            }
            queue.removeAll(keepingCapacity: true)
            shown = 0
        }
        books.forEachOrder(book, .sell) { slot in
            let order = books.order(slot)
            if order.price != level {
                takeLevel()
                level = order.price
            }
            guard left > 0, !isStopped, order.price <= draft.ticks else { return false }
            queue.append((slot, order.displayed, order.remaining))
            shown += Int64(order.displayed)
            // What is shown is enough: nothing behind it is reached.
            return shown < Int64(left)
        }
        takeLevel()
        return fills
    }

    /// What an iceberg shows of itself at a time; nil for any other order.
    private func display(of slot: OrderSlot) -> Quantity? {
        let details = orders[slot].details
        return details == 0 ? nil : orders.details(details).display
    }

    /// Shows the legs of a plan, and the CO₂ of them all; unknown where one fact is.
    private func show(_ fills: [PlannedFill], in view: inout QuoteView) {
        var grams: Int128? = 0
        var market = QuoteCarbon()
        for fill in fills {
            var leg = QuoteLegView()
            leg.contract = contracts[fill.contract].key
            let resource = backing(of: fill.slot, in: fill.contract)
            leg.resourceID = resource.isNone ? nil : resource
            leg.quantity = fill.quantity
            leg.price = fill.price
            view.legs.append(leg)
            if let sum = grams, let each = carbon(of: resource, leg.contract) {
                grams = sum + Int128(each.rawValue) * Int128(fill.quantity)
                add(fill.quantity, of: resource, in: leg.contract, to: &market)
            } else {
                grams = nil
            }
        }
        view.carbonGrams = grams.flatMap { Int64(exactly: $0) }.map { Measure($0) }
        view.carbonMarketGrams = grams.flatMap { Int64(exactly: $0 - market.saved) }.map { Measure($0) }
    }

    /// Grams of CO₂ of one device at its rated power for an hour, location-based, by the facts that the contract was listed
    /// under; nil where one is unknown.
    func carbon(of id: ResourceID, _ contract: ContractKey) -> Measure? {
        Carbon.gramsPerDeviceHour(
            computeClass: catalogue.computeClass(of: contract), pue: resource(id)?.spec.site?.pue,
            zone: catalogue.zone(of: contract)
        )
    }

    /// The other plans in their order, at most ten.
    private func alternatives(_ plans: [BidPlan], _ spec: BidSpec) -> [AlternativeView] {
        plans.prefix(10).map { plan in
            var view = AlternativeView()
            let best = bestAvailable(plan, spec)
            view.product = best.product
            view.start = best.start
            view.resourceID = plan.resource.isNone ? nil : plan.resource
            view.cost = best.cost
            view.fees = best.fees
            view.averagePrice = best.averagePrice
            view.performance = computeClass(of: plan).performance
            return view
        }
    }

    /// The bid that takes exactly this plan: its product and its hours. Data to move in shifts a bid's start, so the window begins earlier by
    /// the hours that it takes: it held this plan as the best before, and does so still.
    private func bid(for plan: BidPlan, _ spec: BidSpec) -> BidSpec {
        var bid = spec
        bid.requirements.products = [catalogue[plan.product].code]
        bid.currency = catalogue[plan.product].currency
        let hours = transferHours(of: spec, in: plan.product, resource(plan.resource)) ?? 0
        bid.earliestStart = plan.start + -min(max(hours, 0), plan.start - spec.earliestStart)
        bid.latestEnd = plan.start + spec.durationHours
        bid.clientBidID = nil
        return bid
    }
}
