import Matching
import Quantities
import Registry

/// An offer as the exchange keeps it.
struct OfferState: Sendable {
    var view = OfferView()
    /// Hours whose order is live.
    var live = 0
    var cancelled = false
}

extension Exchange {
    /// Offers units of a resource over a run of hours: one sell order an hour, all or none of them.
    func postOffer(_ spec: OfferSpec, _ issuer: ParticipantID) throws(Refusal) -> OfferView {
        _ = try actor(issuer, .provider)
        try spec.check()
        guard let resource = resource(spec.resourceID), resource.providerID == issuer, resource.status != .retired else {
            throw Refusal(.unknownResource, "there is no such resource of yours", field: "resource_id")
        }
        let product = try product(for: resource, spec)
        guard isListed(ContractKey(product: product.id, hour: spec.end + -1)) else {
            throw Refusal(.unknownContract, "the last hours are not listed yet", field: "end")
        }
        if let name = spec.clientOfferID, offers.contains(where: { $0.view.providerID == issuer && $0.view.clientOfferID == name }) {
            throw Refusal(.conflict, "client_offer_id is in use", field: "client_offer_id")
        }
        var drafts: [OrderDraft] = []
        var skipped: [SkippedHourView] = []
        var need: Int128 = 0
        for index in 0..<(spec.end - spec.start) {
            var entry = OrderEntry()
            entry.participant = issuer
            entry.side = .sell
            entry.price = spec.prices?[Int(index)] ?? spec.price ?? Price()
            entry.quantity = spec.quantity
            entry.resource = spec.resourceID
            entry.createdAt = now
            var draft = OrderDraft(entry: entry, key: ContractKey(product: product.id, hour: spec.start + index))
            do throws(Refusal) {
                try checkTerms(&draft)
            } catch {
                let maySkip = error.code == .insufficientCapacity || error.code == .marketClosed || error.code == .marketHalted
                guard spec.skipUnavailable == true, maySkip else { throw error }
                if skipped.count < OfferView.skippedLimit {
                    skipped.append(SkippedHourView(contract: draft.key, reason: error.code.rawValue, detail: error.detail))
                }
                continue
            }
            need += Int128(draft.need.rawValue)
            drafts.append(draft)
        }
        guard !drafts.isEmpty else { throw Refusal(.insufficientCapacity, "no hour of the window can be offered") }
        let available = available(issuer, product.currency)
        guard Int128(available.rawValue) >= need else {
            throw Refusal(.insufficientFunds, "the bonds of all hours need more than the \(available) available")
        }

        var state = OfferState()
        state.view.id = OfferID(Int64(offers.count) + 1)
        state.view.clientOfferID = spec.clientOfferID
        state.view.providerID = issuer
        state.view.resourceID = spec.resourceID
        state.view.start = spec.start
        state.view.end = spec.end
        state.view.quantity = spec.quantity
        state.view.createdAt = now
        state.view.minHours = spec.minHours
        state.view.minQuantity = spec.minQuantity
        state.view.skipped = skipped
        state.live = drafts.count
        for draft in drafts {
            var hour = OfferHourView()
            hour.contract = draft.key
            hour.price = draft.entry.price
            hour.quantity = draft.entry.quantity
            hour.remaining = draft.entry.quantity
            state.view.hours.append(hour)
        }
        offers.append(state)
        let position = offers.count - 1
        for index in drafts.indices {
            drafts[index].entry.offer = offers[position].view.id
            if offers[position].view.isBlock { acceptBlock(drafts[index]) } else { _ = accept(drafts[index]) }
            let order = taker.record
            offers[position].view.hours[index].orderID = order.id
            offers[position].view.hours[index].sold = order.filled
            offers[position].view.hours[index].remaining = order.status.isLive ? order.remaining : 0
            if !order.status.isLive { offers[position].live -= 1 }
        }
        return refreshOffer(position)
    }

    /// The product that a resource is offered in: the one that is named, or the named grade of its class and zone. Where neither
    /// is, the standard grade; where that is not listed, the first listed one whose guarantees the resource meets.
    private func product(for resource: Resource, _ spec: OfferSpec) throws(Refusal) -> Product {
        if let code = spec.product {
            guard let id = catalogue.productID(code: code) else {
                throw Refusal(.notFound, "there is no product \(code)", field: "product")
            }
            return catalogue[id]
        }
        if let grade = spec.grade {
            let code = Product.code(computeClass: resource.spec.computeClass, zone: resource.spec.zone, grade: grade)
            guard let id = catalogue.productID(code: code) else {
                throw Refusal(.notFound, "there is no product \(code)", field: "grade")
            }
            return catalogue[id]
        }
        let code = Product.code(computeClass: resource.spec.computeClass, zone: resource.spec.zone, grade: Grade.standardCode)
        if let id = catalogue.productID(code: code) { return catalogue[id] }
        for product in catalogue.products where Eligibility.offerExclusions(resource, product.id, in: catalogue).isEmpty {
            return product
        }
        throw Refusal(.unknownContract, "no product is listed for \(resource.spec.computeClass) in \(resource.spec.zone)")
    }

    func cancelOffer(_ id: OfferID, _ issuer: ParticipantID) throws(Refusal) -> OfferView {
        _ = try actor(issuer, .provider)
        let position = try ownOffer(id, issuer)
        offers[position].cancelled = true
        for hour in offers[position].view.hours {
            if let slot = orders.slot(of: hour.orderID) { withdraw(slot, .cancelled, .offerCancelled) }
        }
        return refreshOffer(position)
    }

    /// Reprices or resizes what is left of an offer, all hours that are still for sale or none.
    func amendOffer(_ request: AmendOffer, _ issuer: ParticipantID) throws(Refusal) -> OfferView {
        _ = try actor(issuer, .provider)
        try request.body.check()
        let position = try ownOffer(request.offer, issuer)
        let offer = offers[position].view
        if let prices = request.body.prices, prices.count != offer.hours.count {
            throw .invalid("prices", "must have one price for each of the \(offer.hours.count) hours")
        }
        guard offers[position].live > 0 else { throw Refusal(.conflict, "the offer is \(offer.status.rawValue)") }
        try checkAmendment(request.body, of: offer)
        // What shrinks in its place first, then everything else out of the books, then in again: the check counted all
        // reservations as given back, so nothing in between may find less than it saw.
        var moved: [(index: Int, entry: OrderEntry)] = []
        for (index, hour) in offer.hours.enumerated() {
            guard let slot = orders.slot(of: hour.orderID) else { continue }
            let price = request.body.prices?[index] ?? request.body.price ?? hour.price
            let quantity = request.body.quantity ?? orders[slot].quantity
            if price == hour.price, quantity <= orders[slot].quantity {
                shrink(slot, to: quantity)
                note(orders[slot], position, index)
            } else {
                lift(slot)
                taker.record.price = price
                taker.record.quantity = quantity
                moved.append((index, taker.record))
            }
        }
        for (index, entry) in moved {
            let ticks = ticks(entry.price, contracts[entry.contract].key.product)
            taker.record = entry
            if offer.isBlock { restAsBlock(ticks: ticks) } else { _ = enter(ticks: ticks) }
            note(taker.record, position, index)
        }
        if let quantity = request.body.quantity { offers[position].view.quantity = quantity }
        return refreshOffer(position)
    }

    private func note(_ order: OrderEntry, _ position: Int, _ index: Int) {
        offers[position].view.hours[index].price = order.price
        offers[position].view.hours[index].quantity = order.quantity
        offers[position].view.hours[index].remaining = order.status.isLive ? order.remaining : 0
        offers[position].view.hours[index].sold = order.filled
        if !order.status.isLive { offers[position].live -= 1 }
    }

    /// Checks every hour's amendment with the reservations of all of them given back, as they will be.
    private func checkAmendment(_ body: AmendOffer.Body, of view: OfferView) throws(Refusal) {
        var slots: [(index: Int, slot: OrderSlot)] = []
        for (index, hour) in view.hours.enumerated() {
            if let slot = orders.slot(of: hour.orderID) { slots.append((index, slot)) }
        }
        for item in slots { giveBack(orders.place(of: item.slot)) }
        defer { for item in slots { setAside(orders.place(of: item.slot)) } }
        var need: Int128 = 0
        for item in slots {
            let entry = orders[item.slot]
            var draft = OrderDraft(entry: entry, key: contracts[entry.contract].key)
            draft.entry.price = body.prices?[item.index] ?? body.price ?? entry.price
            draft.entry.quantity = body.quantity ?? entry.quantity
            if let least = view.minQuantity, draft.entry.quantity < least {
                throw .invalid("quantity", "must be at least min_quantity, which is \(least)")
            }
            guard draft.entry.quantity > entry.filled else {
                throw Refusal(.conflict, "\(entry.filled) units of \(symbol(draft.key)) are sold already", field: "quantity")
            }
            try checkTerms(&draft)
            need += Int128(draft.need.rawValue)
        }
        guard let first = view.hours.first else { return }
        let available = available(view.providerID, currency(of: first.contract.product))
        guard Int128(available.rawValue) >= need else {
            throw Refusal(.insufficientFunds, "the bonds of all hours need more than the \(available) available")
        }
    }

    private func ownOffer(_ id: OfferID, _ issuer: ParticipantID) throws(Refusal) -> Int {
        let position = Int(id.rawValue) &- 1
        guard offers.indices.contains(position), offers[position].view.providerID == issuer else {
            throw Refusal(.notFound, "there is no such offer")
        }
        return position
    }

    // MARK: What the books do to an offer's hours

    /// Units of an offer's hour were sold.
    func noteOffer(_ entry: OrderEntry, sold quantity: Quantity) {
        guard let (position, index) = offerHour(of: entry) else { return }
        offers[position].view.hours[index].sold += quantity
        offers[position].view.hours[index].remaining -= quantity
        if offers[position].view.status == .open { offers[position].view.status = .partiallyFilled }
    }

    /// An offer's order has ended.
    func noteOffer(_ entry: OrderEntry, closed order: OrderID) {
        guard let (position, index) = offerHour(of: entry), offers[position].view.hours[index].orderID == order else { return }
        offers[position].view.hours[index].remaining = 0
        offers[position].live -= 1
        // Only the last hour's end changes the status: all hours are not looked at for each.
        if offers[position].live == 0 { offers[position].view.status = status(of: offers[position]) }
    }

    /// Where an order's hour stands among its offer's; nil for an order of no offer.
    func offerHour(of entry: OrderEntry) -> (position: Int, index: Int)? {
        guard !entry.offer.isNone else { return nil }
        let position = Int(entry.offer.rawValue) - 1
        let hour = contracts[entry.contract].key.hour
        // The hours ascend.
        var low = 0
        var high = offers[position].view.hours.count
        while low < high {
            let middle = (low + high) / 2
            if offers[position].view.hours[middle].contract.hour < hour { low = middle + 1 } else { high = middle }
        }
        guard low < offers[position].view.hours.count, offers[position].view.hours[low].contract.hour == hour else { return nil }
        return (position, low)
    }

    private func refreshOffer(_ position: Int) -> OfferView {
        offers[position].view.status = status(of: offers[position])
        let view = shown(offers[position].view)
        emit(.offer(view))
        return view
    }

    /// An offer with the outages that stand against its hours now.
    func shown(_ offer: OfferView) -> OfferView {
        var view = offer
        guard let outages = resources.entry(offer.resourceID)?.outages, !outages.isEmpty else { return view }
        for outage in outages where outage.spec.start < offer.end && outage.spec.end > offer.start {
            guard view.outages.count < OfferView.outageLimit else { break }
            view.outages.append(outage)
        }
        return view
    }

    private func status(of offer: OfferState) -> OfferStatus {
        let sold = offer.view.hours.contains { $0.sold > 0 }
        if offer.live > 0 { return sold ? .partiallyFilled : .open }
        if offer.view.hours.allSatisfy({ $0.sold == $0.quantity }) { return .filled }
        return offer.cancelled ? .cancelled : .closed
    }
}
