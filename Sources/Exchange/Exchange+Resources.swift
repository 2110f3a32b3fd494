import Matching
import Quantities
import Registry

extension Exchange {
    func registerResource(_ spec: ResourceSpec, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        let provider = try actor(issuer, .provider)
        if let replaced = spec.replaces {
            guard let old = self.resource(replaced), old.providerID == issuer else {
                throw Refusal(.unknownResource, "there is no such resource of yours", field: "replaces")
            }
            guard old.status != .retired else { throw Refusal(.conflict, "\(old.cri) is retired", field: "replaces") }
        }
        let resource = try resources.register(spec, provider: provider, catalogue: catalogue)
        resourceFacts.append(ResourceFacts(provider: issuer, status: resource.status))
        emit(.resource(resource))
        if let replaced = spec.replaces { try takeOut(replaced) }
        return .resource(resource)
    }

    /// Certifies units for a run of hours; a certification that lowers an hour cancels the open sells that no longer fit.
    func certify(_ request: CertifyResource, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let spec = request.certification
        try resources.certify(request.resource, spec, catalogue: catalogue, participants: participants)
        noteResource(request.resource)
        fitOpenSells(of: request.resource, from: spec.validFrom, to: spec.validUntil)
        guard let resource = resource(request.resource) else { preconditionFailure("a certified resource is gone") }
        emit(.resource(resource))
        return .resource(resource)
    }

    /// Takes units off a run of hours; open sells that no longer fit are cancelled, what is sold stays sold, and the answer says
    /// which of it is hit.
    func declareOutage(_ request: DeclareOutage, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        let participant = try actor(issuer, .provider, .operator)
        guard let resource = resource(request.resource), resource.providerID == issuer || participant.has(.operator) else {
            throw Refusal(.notFound, "there is no such resource of yours")
        }
        try request.body.check()
        if request.body.kind == .maintenance { try checkMaintenance(request) }
        let outage = try resources.addOutage(request.resource, request.body)
        noteResource(request.resource)
        fitOpenSells(of: request.resource, from: request.body.start, to: request.body.end)
        return .outage(view(of: outage))
    }

    /// Takes a resource out of the market: its open sells are cancelled, hours already sold are delivered.
    func retire(_ id: ResourceID, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        let participant = try actor(issuer, .provider, .operator)
        guard let resource = resource(id), resource.providerID == issuer || participant.has(.operator) else {
            throw Refusal(.notFound, "there is no such resource of yours")
        }
        return .resource(try takeOut(id))
    }

    @discardableResult
    private func takeOut(_ id: ResourceID) throws(Refusal) -> Resource {
        let retired = try resources.retire(id, from: Hour(containing: now))
        noteResource(id)
        fitOpenSells(of: id, from: Hour(containing: now), to: Hour(Int32.max))
        emit(.resource(retired))
        return retired
    }

    /// Units of a resource that can still be put on offer in an hour: certified, less sold, less on offer.
    func freeUnits(of id: ResourceID, at hour: Hour) -> Quantity {
        let index = Int(id.rawValue) - 1
        let used = capacity[id, hour]
        let isPlain = hour >= resourceFacts[index].certifiedFrom && hour < resourceFacts[index].certifiedUntil
        let certified = isPlain ? resourceFacts[index].certifiedUnits : resources.certifiedUnits(id, in: hour)
        let taken = used.sold + used.onOffer
        return certified > taken ? certified - taken : 0
    }

    /// Notes what every sale needs to know of a resource that was certified, lost units or retired.
    func noteResource(_ id: ResourceID) {
        guard let entry = resources.entry(id) else { preconditionFailure("facts of a resource that is not there") }
        let index = Int(id.rawValue) - 1
        resourceFacts[index].status = entry.resource.status
        let isPlain = entry.certifications.count == 1 && entry.outages.isEmpty && entry.resource.retiredFrom == nil
        let terms = isPlain ? entry.certifications[0].terms : Certification()
        resourceFacts[index].certifiedFrom = isPlain ? terms.validFrom : Hour()
        resourceFacts[index].certifiedUntil = isPlain ? terms.validUntil : Hour()
        resourceFacts[index].certifiedUnits = terms.units
    }

    /// That a resource may be offered in a product in an hour: class, zone, and what the product's grade guarantees.
    func checkProduct(of id: ResourceID, serves product: ProductID, in hour: Hour) throws(Refusal) {
        let index = Int(id.rawValue) - 1
        guard resourceFacts[index].status == .certified else {
            throw Refusal(.insufficientCapacity, "the resource is not certified", field: "resource_id")
        }
        let bit: UInt64 = product.index < 64 ? 1 << UInt64(product.index) : 0
        if resourceFacts[index].served & bit != 0 { return }
        if let refusal = wipeRefusal(of: id) { throw refusal }
        guard let resource = resource(id) else { preconditionFailure("facts of a resource that is not there") }
        let exclusion = Eligibility.offerExclusions(resource, product, in: catalogue, hour: hour).first
        guard let exclusion else {
            // What depends on the hour is asked for each hour.
            let isLasting = !catalogue.grade(of: product).guarantees.dependsOnHour && !catalogue.isCorrected(product)
            if isLasting { resourceFacts[index].served |= bit }
            return
        }
        throw Refusal(
            .insufficientCapacity, "the resource cannot serve \(catalogue[product].code): \(exclusion.detail)",
            field: "resource_id")
    }

    /// Cancels a resource's open sells, newest first, in every hour where more is sold and on offer than is certified.
    private func fitOpenSells(of id: ResourceID, from start: Hour, to end: Hour) {
        var hours: [Hour] = []
        capacity.forEach(id, from: start, to: end) { hour, used in if used.onOffer > 0 { hours.append(hour) } }
        for hour in hours {
            let certified = resources.certifiedUnits(id, in: hour)
            var sells = openSells(of: id, at: hour)
            while let newest = sells.popLast() {
                let used = capacity[id, hour]
                guard used.sold + used.onOffer > certified else { break }
                guard let slot = orders.slot(of: newest) else { continue }
                withdraw(slot, .cancelled, .capacityReduced)
            }
        }
    }

    /// Cancels all of a resource's open sells from an hour on.
    func cancelOpenSells(of id: ResourceID, from start: Hour) {
        var hours: [Hour] = []
        capacity.forEach(id, from: start, to: Hour(Int32.max)) { hour, used in if used.onOffer > 0 { hours.append(hour) } }
        for hour in hours {
            for order in openSells(of: id, at: hour) {
                if let slot = orders.slot(of: order) { withdraw(slot, .cancelled, .capacityReduced) }
            }
        }
    }

    /// A resource's open sells in an hour, in the order of acceptance.
    func openSells(of id: ResourceID, at hour: Hour) -> [OrderID] {
        var found: [OrderID] = []
        for product in catalogue.products {
            guard let index = contracts.index(of: ContractKey(product: product.id, hour: hour)),
                let book = contracts[index].book
            else { continue }
            books.forEachOrder(book, .sell) { slot in
                if orders[slot].resource == id { found.append(orders[slot].id) }
                return true
            }
            books.forEachStop(book) { slot in
                if orders[slot].resource == id { found.append(orders[slot].id) }
            }
            if let blocks = contracts[index].blocks {
                books.forEachOrder(blocks, .sell) { slot in
                    if orders[slot].resource == id { found.append(orders[slot].id) }
                    return true
                }
            }
        }
        return found.sorted()
    }
}
