import Quantities
import Registry

/// What the registered facts mean for a bid beyond yes and no: when its data has come, which hours a resource may serve, how
/// other plans compare.
extension Exchange {
    /// The first hour in which a bid may start in a product: its earliest start, later by the hours that its data takes to come.
    func earliestStart(of spec: BidSpec, in product: ProductID, _ resource: Resource? = nil) -> Hour {
        let hours = transferHours(of: spec, in: product, resource) ?? 0
        // Beyond the window it makes no difference how far.
        return spec.earliestStart + min(hours, spec.latestEnd - spec.earliestStart)
    }

    /// Whole hours that a bid's data takes to come to a product's zone, through a resource's line where it is known; nil where
    /// there is none to move, or the path is unknown.
    func transferHours(of spec: BidSpec, in product: ProductID, _ resource: Resource?) -> Int32? {
        guard let data = spec.requirements.datasetGigabytes, let from = spec.requirements.fromZone else { return nil }
        return catalogue.network.transferHours(
            data, from: from, to: catalogue.zone(of: product).code, line: resource?.spec.network?.gigabitsPerSecond)
    }

    /// Whether a product meets what is asked of class and place in some hour of a bid's window. Where class or zone were corrected,
    /// each hour counts with what its contract was listed under.
    func admits(_ asked: Requirements, _ product: ProductID, _ spec: BidSpec) -> Bool {
        guard catalogue.isCorrected(product) else { return Eligibility.admits(asked, Eligibility.Candidate(product, in: catalogue)) }
        return candidates(product, nil, spec).contains { Eligibility.admits(asked, $0) }
    }

    /// The same in each hour that an hourly bid buys.
    func admitsThroughout(_ asked: Requirements, _ product: ProductID, _ spec: BidSpec) -> Bool {
        guard catalogue.isCorrected(product) else { return Eligibility.admits(asked, Eligibility.Candidate(product, in: catalogue)) }
        return candidates(product, nil, spec).allSatisfy { Eligibility.admits(asked, $0) }
    }

    /// Why a product does not, by the facts of the window's first hour.
    func exclusions(_ asked: Requirements, _ product: ProductID, _ spec: BidSpec) -> [Exclusion] {
        guard !admits(asked, product, spec), let first = candidates(product, nil, spec).first else { return [] }
        return Eligibility.exclusions(asked, first)
    }

    /// A product, or a resource in it, once for each set of facts that its contracts have in a bid's window.
    func candidates(_ product: ProductID, _ resource: Resource?, _ spec: BidSpec) -> [Eligibility.Candidate] {
        guard catalogue.isCorrected(product) else { return [Eligibility.Candidate(product, in: catalogue, resource: resource)] }
        return catalogue.hoursOfFacts(of: product, from: spec.earliestStart, to: spec.latestEnd)
            .map { Eligibility.Candidate(product, in: catalogue, resource: resource, asListedIn: $0) }
    }

    /// What a resource's provider delivered of late, where a bid asks for it.
    func reliability(asked spec: BidSpec, of resource: Resource) -> Measure? {
        guard spec.requirements.minReliability != nil else { return nil }
        return reliability(of: resource.providerID).deliveredShare
    }

    /// A resource in one hour, as a bid tests it.
    private func candidate(_ product: ProductID, _ resource: Resource, _ hour: Hour, _ reliability: Measure?) -> Eligibility.Candidate {
        var candidate = Eligibility.Candidate(product, in: catalogue, resource: resource, hour: hour)
        candidate.reliability = reliability
        return candidate
    }

    /// Whether a contract is for a buyer, and its class and zone, as it was listed, meet what is asked. Only corrections make them
    /// differ from the product's.
    func isAdmitted(_ spec: BidSpec, _ placement: Placement, _ key: ContractKey, _ buyer: ParticipantID) -> Bool {
        guard isFor(buyer, key.product) else { return false }
        guard catalogue.isCorrected(key.product) else { return true }
        let asked = placement == .sameResource && spec.fill == .whole ? spec.requirements.ofClassAndPlace : spec.requirements
        return Eligibility.admits(asked, Eligibility.Candidate(key.product, in: catalogue, hour: key.hour))
    }

    /// Whether some hours may serve a bid and others not: certificates end, data has to come, corrections part them.
    private func dependsOnHour(_ spec: BidSpec, _ product: ProductID) -> Bool {
        spec.requirements.dependsOnHour || spec.requirements.datasetGigabytes != nil || catalogue.isCorrected(product)
    }

    /// Whether a resource may serve one hour of a bid, or with another placement than `same_resource` the contract.
    func mayServe(
        _ key: ContractKey, _ id: ResourceID, _ placement: Placement, _ spec: BidSpec, _ buyer: ParticipantID
    ) -> Bool {
        guard isAdmitted(spec, placement, key, buyer) else { return false }
        guard dependsOnHour(spec, key.product) else { return true }
        let resource = placement == .sameResource ? resource(id) : nil
        guard key.hour >= earliestStart(of: spec, in: key.product, resource) else { return false }
        guard let resource else { return true }
        let candidate = candidate(key.product, resource, key.hour, reliability(asked: spec, of: resource))
        return Eligibility.admits(spec.requirements, candidate)
    }

    /// Of the hours that a resource could serve, those in which it may: its data has come, its certificates are valid, what its
    /// contract was listed under meets what is asked. Nil, with the reasons noted, where none is left.
    func hours(
        _ hours: [HourCost], servedBy id: ResourceID, _ spec: BidSpec, _ product: ProductID, into result: inout BidSearchResult
    ) -> [HourCost]? {
        guard dependsOnHour(spec, product), let resource = resource(id) else { return hours }
        let start = earliestStart(of: spec, in: product, resource)
        let reliability = reliability(asked: spec, of: resource)
        var reasons: [Exclusion] = []
        let left = hours.filter { hour in
            guard hour.hour >= start else { return false }
            let candidate = candidate(product, resource, hour.hour, reliability)
            if Eligibility.admits(spec.requirements, candidate) { return true }
            if reasons.isEmpty { reasons = Eligibility.exclusions(spec.requirements, candidate) }
            return false
        }
        if left.isEmpty, !reasons.isEmpty {
            result.exclude(product, resource: id, reasons.map { ExclusionReasonView($0) })
            return nil
        }
        return left
    }

    /// Plans other than the best, in the order in which they are shown: the cheapest first, or with a profile the cheapest for
    /// what its index says they can do; those without a figure last.
    func ranked(_ plans: [BidPlan], _ spec: BidSpec) -> [BidPlan] {
        guard let index = spec.requirements.workload?.index else { return plans }
        let rated = plans.enumerated().map { position, plan in
            (plan: plan, position: position, figure: index.thousandths(of: computeClass(of: plan)) ?? 0)
        }
        return rated.sorted { left, right in
            if (left.figure > 0) != (right.figure > 0) { return left.figure > 0 }
            let (first, second) = (left.plan.total * Int128(right.figure), right.plan.total * Int128(left.figure))
            return first == second ? left.position < right.position : first < second
        }.map(\.plan)
    }

    /// The class of a plan's product, as its first hour was listed.
    func computeClass(of plan: BidPlan) -> ComputeClass {
        catalogue.computeClass(of: ContractKey(product: plan.product, hour: plan.start))
    }

    /// What moving a bid's data out of the resources of its plan costs; nil where the bid names none.
    func egress(of resources: [ResourceID?], _ spec: BidSpec) -> EgressView? {
        guard let gigabytes = spec.requirements.egressGigabytes else { return nil }
        var view = EgressView()
        view.gigabytes = gigabytes
        var highest = Price()
        var last: ResourceID?
        for id in resources {
            if let id, id == last { continue }
            last = id
            guard let id, let price = resource(id)?.spec.network?.egressPricePerGigabyte else { return view }
            highest = max(highest, price)
        }
        view.pricePerGigabyte = highest
        let cost = (Int128(gigabytes.rawValue) * Int128(highest.rawValue) + 999_999) / 1_000_000
        view.cost = Micros(min(Int64(clamping: cost), Micros.limit.rawValue))
        return view
    }
}

extension BidSpec {
    /// The bid with its profile's requirements written out.
    var expanded: BidSpec {
        var spec = self
        spec.requirements = requirements.expanded(devices: quantity)
        return spec
    }
}
