import Pricing
import Quantities
import Registry

extension Exchange {
    /// What a bid would do now, without doing it: the bid's own search.
    package func quote(_ spec: BidSpec, for participant: ParticipantID) throws(Refusal) -> QuoteView {
        try spec.check()
        let spec = spec.expanded
        try checkWindow(spec)
        var asked = spec
        // An hourly bid's cost is that of its hours' best asks, whoever they belong to.
        if spec.fill == .hourly {
            _ = try onlyProduct(spec)
            asked.placement = .any
        }
        let found = try search(asked, for: participant, .forQuote)
        try checkHorizon(spec, found.eligible)
        var view = QuoteView()
        view.currency = found.currency
        view.excluded = found.excluded
        guard let plan = found.feasible ?? found.plans.first else { return view }
        view.alternatives = alternatives(ranked(found.plans.filter { $0 != plan }, spec), spec)
        view.feasible = found.feasible != nil
        view.product = plan.product
        view.performance = computeClass(of: plan).performance
        view.resourceID = plan.resource.isNone ? nil : plan.resource
        view.start = plan.start
        view.cost = Micros(Int64(clamping: plan.cost))
        view.fees = Micros(Int64(clamping: plan.fees))
        view.averagePrice = Notional.average(notional: plan.cost, quantity: Int64(spec.quantity) * Int64(spec.durationHours))
        var grams: Int128? = 0
        var market = QuoteCarbon()
        for fill in fills(of: plan, asked, for: participant) {
            var leg = QuoteLegView()
            leg.contract = contracts[fill.contract].key
            let resource = orders[fill.slot].resource
            leg.resourceID = resource.isNone ? nil : resource
            leg.quantity = fill.quantity
            leg.price = fill.price
            view.legs.append(leg)
            // Each hour of an hourly bid is an order of its own, with the limit for its price.
            if spec.fill == .hourly, let limit = spec.limitPrice, fill.price > limit { view.feasible = false }
            if let sum = grams, let each = carbon(of: resource, leg.contract) {
                grams = sum + Int128(each.rawValue) * Int128(fill.quantity)
                add(fill.quantity, of: resource, in: leg.contract, to: &market)
            } else {
                grams = nil
            }
        }
        view.carbonGrams = grams.flatMap { Int64(exactly: $0) }.map { Measure($0) }
        view.carbonMarketGrams = grams.flatMap { Int64(exactly: $0 - market.saved) }.map { Measure($0) }
        view.transferHours = transferHours(of: spec, in: plan.product, resource(plan.resource))
        view.egress = egress(of: view.legs.map(\.resourceID), spec)
        view.bid = bid(for: plan, spec)
        return view
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

    /// The bid that takes exactly this plan: its product and its hours.
    private func bid(for plan: BidPlan, _ spec: BidSpec) -> BidSpec {
        var bid = spec
        bid.requirements.products = [catalogue[plan.product].code]
        bid.currency = catalogue[plan.product].currency
        bid.earliestStart = plan.start
        bid.latestEnd = plan.start + spec.durationHours
        bid.clientBidID = nil
        return bid
    }
}
