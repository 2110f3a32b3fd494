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

    /// Whether a contract is for a buyer, and its class and zone, as it was listed, meet what is asked. Only corrections make them
    /// differ from the product's.
    func isAdmitted(_ spec: BidSpec, _ placement: Placement, _ key: ContractKey, _ buyer: ParticipantID) -> Bool {
        guard isFor(buyer, key.product) else { return false }
        guard catalogue.isCorrected(key.product) else { return true }
        let asked = placement == .sameResource && spec.fill == .whole ? spec.requirements.ofClassAndPlace : spec.requirements
        return Eligibility.admits(asked, Eligibility.Candidate(key.product, in: catalogue, hour: key.hour))
    }

    /// Whether a resource may serve one hour of a bid, or with another placement than `same_resource` the contract.
    func mayServe(
        _ key: ContractKey, _ id: ResourceID, _ placement: Placement, _ spec: BidSpec, _ buyer: ParticipantID
    ) -> Bool {
        guard isAdmitted(spec, placement, key, buyer) else { return false }
        guard spec.requirements.dependsOnHour || spec.requirements.datasetGigabytes != nil else { return true }
        let resource = placement == .sameResource ? resource(id) : nil
        guard key.hour >= earliestStart(of: spec, in: key.product, resource) else { return false }
        guard let resource else { return true }
        return Eligibility.admits(spec.requirements, candidate(key.product, resource, spec, hour: key.hour))
    }

    /// A resource as a bid's requirements test it, with what its provider delivered of late where that is asked for.
    func candidate(_ product: ProductID, _ resource: Resource, _ spec: BidSpec, hour: Hour? = nil) -> Eligibility.Candidate {
        var candidate = Eligibility.Candidate(product, in: catalogue, resource: resource, hour: hour)
        if spec.requirements.minReliability != nil { candidate.reliability = reliability(of: resource.providerID).deliveredShare }
        return candidate
    }

    /// Of the hours that a resource could serve, those in which it may: its data has come, its certificates are valid. Nil, with
    /// the reason noted, where none is left.
    func hours(
        _ hours: [HourCost], servedBy id: ResourceID, _ spec: BidSpec, _ product: ProductID, into result: inout BidSearchResult
    ) -> [HourCost]? {
        guard spec.requirements.dependsOnHour || spec.requirements.datasetGigabytes != nil, let resource = resource(id) else {
            return hours
        }
        let start = earliestStart(of: spec, in: product, resource)
        var reason: Exclusion?
        let left = hours.filter { hour in
            guard hour.hour >= start else { return false }
            let candidate = candidate(product, resource, spec, hour: hour.hour)
            guard let first = Eligibility.exclusions(spec.requirements, candidate).first else { return true }
            reason = reason ?? first
            return false
        }
        if left.isEmpty, let reason {
            result.excluded.append(
                ExclusionView(product: product, resourceID: id, reason: reason.reason.rawValue, detail: reason.detail))
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
