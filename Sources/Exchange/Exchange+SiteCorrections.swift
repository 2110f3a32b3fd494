import Matching
import Quantities
import Registry
import Settlement

/// What of a registered resource changes: figures and certificates of its site.
extension Exchange {
    /// Puts other figures and certificates of a resource's site in place of those before: the hardware and its identifier stay.
    ///
    /// What sold hours were promised stays: figures that no longer meet it are refused. Open sells that no longer meet their product's
    /// grade are cancelled; bids that stand are tried with the others.
    func correctSite(_ request: CorrectSite, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        let participant = try actor(issuer, .provider, .operator)
        guard let resource = resource(request.resource), resource.providerID == issuer || participant.has(.operator) else {
            throw Refusal(.notFound, "there is no such resource of yours")
        }
        let corrected = try resources.corrected(request.resource, site: request.site)
        guard corrected != resource else { return .resource(resource) }
        try checkPromises(of: resource, with: corrected)
        resources.setSite(corrected)
        resourceFacts[Int(corrected.id.rawValue) - 1].served = 0
        reviewOpenSells(of: corrected)
        emit(.resource(corrected))
        return .resource(corrected)
    }

    /// That a resource's sold hours, from the present one on, still meet the grade that they were sold in and the bids that bought
    /// them for its own facts.
    private func checkPromises(of resource: Resource, with corrected: Resource) throws(Refusal) {
        var sold: [Hour] = []
        capacity.forEach(resource.id, from: Hour(containing: now), to: Hour(Int32.max)) { hour, used in
            if used.sold > 0 { sold.append(hour) }
        }
        let products = catalogue.products.filter {
            $0.computeClass == resource.spec.computeClass && $0.zone == resource.spec.zone
        }
        for hour in sold {
            for product in products {
                let before = Eligibility.Candidate(product.id, in: catalogue, resource: resource, hour: hour)
                let after = Eligibility.Candidate(product.id, in: catalogue, resource: corrected, hour: hour)
                for promise in promises(of: resource.id, ContractKey(product: product.id, hour: hour))
                where Eligibility.admits(promise, before) {
                    guard let broken = Eligibility.exclusions(promise, after).first else { continue }
                    throw Refusal(.conflict, "hours are sold that were promised otherwise, \(hour) first: \(broken.detail)")
                }
            }
        }
    }

    /// What was promised for units of a resource that are sold in a contract.
    private func promises(of id: ResourceID, _ key: ContractKey) -> [Requirements] {
        guard let index = contracts.index(of: key) else { return [] }
        guard !contracts[index].settled else { return [] }
        var lots = contracts.holdings[Int(index)].waiting.filter { $0.resource == id }
        for delivery in contracts.holdings[Int(index)].deliveries {
            let delivery = deliveries[Int(delivery.rawValue) - 1].delivery
            if delivery.lot.resource == id, !delivery.isSettled { lots.append(delivery.lot) }
        }
        guard !lots.isEmpty else { return [] }
        var promises = [catalogue.grade(of: key.product).guarantees]
        for lot in lots {
            guard let bought = allocations[lot.allocation]?.bid.flatMap({ bid($0) }), bought.placement == .sameResource else { continue }
            var asked = bought.requirements
            // What was delivered of late was asked once, when it was bought.
            asked.minReliability = nil
            if promises.last != asked { promises.append(asked) }
        }
        return promises
    }

    /// Cancels open sells of a resource that no longer meets what their product's grade guarantees; bids that stand look at the others as at
    /// new ones, and at nothing else.
    private func reviewOpenSells(of resource: Resource) {
        var hours: [Hour] = []
        capacity.forEach(resource.id, from: Hour(containing: now), to: Hour(Int32.max)) { hour, used in
            if used.onOffer > 0 { hours.append(hour) }
        }
        for hour in hours {
            for order in openSells(of: resource.id, at: hour) {
                guard let slot = orders.slot(of: order) else { continue }
                let product = contracts[orders[slot].contract].key.product
                if !Eligibility.offerExclusions(resource, product, in: catalogue, hour: hour).isEmpty {
                    withdraw(slot, .cancelled, .capacityReduced)
                } else if productFacts[Int(product.index)].isWatched {
                    noteNewAsk(orders.place(of: slot))
                }
            }
        }
    }
}
