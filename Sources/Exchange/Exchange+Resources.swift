import Matching
import Quantities
import Registry

/// What of a resource's certified units in one hour is spoken for.
struct ResourceHour: Equatable, FieldValue {
    var sold: Quantity = 0
    var onOffer: Quantity = 0

    init() {}
    mutating func code<C: FieldCoder>(_ coder: inout C) {
        coder.integer(&sold)
        coder.integer(&onOffer)
    }
}

extension Exchange {
    func registerResource(_ spec: ResourceSpec, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        let provider = try actor(issuer, .provider)
        let resource = try resources.register(spec, provider: provider, catalogue: catalogue)
        resourceFacts.append(ResourceFacts(provider: issuer, status: resource.status))
        emit(.resource(resource))
        return .resource(resource)
    }

    /// Certifies units for a run of hours; a certification that lowers an hour cancels the open sells that no longer fit.
    func certify(_ request: CertifyResource, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let spec = request.certification
        try resources.certify(request.resource, spec, catalogue: catalogue, participants: participants)
        fitOpenSells(of: request.resource, from: spec.validFrom, to: spec.validUntil)
        guard let resource = resource(request.resource) else { preconditionFailure("a certified resource is gone") }
        resourceFacts[Int(request.resource.rawValue) - 1].status = resource.status
        emit(.resource(resource))
        return .resource(resource)
    }

    /// Takes units off a run of hours; open sells that no longer fit are cancelled, what is sold stays sold.
    func declareOutage(_ request: DeclareOutage, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        let participant = try actor(issuer, .provider, .operator)
        guard let resource = resource(request.resource), resource.providerID == issuer || participant.has(.operator) else {
            throw Refusal(.notFound, "there is no such resource of yours")
        }
        let outage = try resources.addOutage(request.resource, request.body)
        fitOpenSells(of: request.resource, from: request.body.start, to: request.body.end)
        return .outage(outage)
    }

    /// Takes a resource out of the market: its open sells are cancelled, hours already sold are delivered.
    func retire(_ id: ResourceID, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        let participant = try actor(issuer, .provider, .operator)
        guard let resource = resource(id), resource.providerID == issuer || participant.has(.operator) else {
            throw Refusal(.notFound, "there is no such resource of yours")
        }
        let retired = try resources.retire(id, from: Hour(containing: now))
        resourceFacts[Int(id.rawValue) - 1].status = retired.status
        fitOpenSells(of: id, from: Hour(containing: now), to: Hour(Int32.max))
        emit(.resource(retired))
        return .resource(retired)
    }

    /// Units of a resource that can still be put on offer in an hour: certified, less sold, less on offer.
    func freeUnits(of id: ResourceID, at hour: Hour) -> Quantity {
        let used = resourceFacts[Int(id.rawValue) - 1].hours[hour]
        let certified = resources.certifiedUnits(id, in: hour)
        let taken = used.sold + used.onOffer
        return certified > taken ? certified - taken : 0
    }

    /// What every sale needs to know of a resource.
    func facts(of id: ResourceID) -> ResourceFacts? {
        let index = Int(clamping: id.rawValue) &- 1
        return resourceFacts.indices.contains(index) ? resourceFacts[index] : nil
    }

    /// That a resource may be offered in a product: class, zone, and what the product's grade guarantees.
    func checkProduct(of id: ResourceID, serves product: ProductID) throws(Refusal) {
        let index = Int(id.rawValue) - 1
        guard resourceFacts[index].status == .certified else {
            throw Refusal(.insufficientCapacity, "the resource is not certified", field: "resource_id")
        }
        let position = Int(product.index)
        if position < resourceFacts[index].serves.count, resourceFacts[index].serves[position] == true { return }
        guard let resource = resource(id) else { preconditionFailure("facts of a resource that is not there") }
        let exclusion = Eligibility.offerExclusions(resource, product, in: catalogue).first
        while resourceFacts[index].serves.count <= position { resourceFacts[index].serves.append(nil) }
        resourceFacts[index].serves[position] = exclusion == nil
        guard let exclusion else { return }
        throw Refusal(
            .insufficientCapacity, "the resource cannot serve \(catalogue[product].code): \(exclusion.detail)",
            field: "resource_id")
    }

    /// Cancels a resource's open sells, newest first, in every hour where more is sold and on offer than is certified.
    private func fitOpenSells(of id: ResourceID, from start: Hour, to end: Hour) {
        var hours: [Hour] = []
        for (hour, used) in resourceFacts[Int(id.rawValue) - 1].hours.entries(from: start, to: min(end, Hour(containing: .limit))) where used.onOffer > 0 {
            hours.append(hour)
        }
        for hour in hours {
            let certified = resources.certifiedUnits(id, in: hour)
            var sells = openSells(of: id, at: hour)
            while let newest = sells.popLast() {
                let used = resourceFacts[Int(id.rawValue) - 1].hours[hour]
                guard used.sold + used.onOffer > certified else { break }
                guard let slot = directory.slot(of: newest.rawValue) else { continue }
                withdraw(slot, .cancelled, .capacityReduced)
            }
        }
    }

    /// A resource's open sells in an hour, in the order of acceptance.
    private func openSells(of id: ResourceID, at hour: Hour) -> [OrderID] {
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
        }
        return found.sorted()
    }
}
