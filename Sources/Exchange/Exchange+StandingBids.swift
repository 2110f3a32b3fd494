import Ledger
import Matching
import Pricing
import Quantities
import Registry

/// Bids that rest: how they come to stand, and how they end without having bought.
extension Exchange {
    /// Lets a bid that found nothing stand, with its worst cost set aside.
    func rest(_ spec: BidSpec, _ issuer: ParticipantID, _ products: [ProductID], need: Micros, _ view: inout BidView) throws(Refusal) {
        try checkStandingLimit(issuer)
        var kept = spec
        kept.currency = view.currency
        let bid = StandingBid(
            id: view.id, participant: issuer, owner: owner(of: issuer), spec: kept, reserved: need, products: products.sorted())
        guard let end = end(of: bid), end > now else {
            throw Refusal(.marketClosed, "the last possible start has closed", field: "latest_end")
        }
        view.status = .standing
        view.reserved = need
        view.reason = nil
        if need > .zero, let currency = view.currency {
            do throws(Balance.Refusal) {
                try ledger.reserve(cashAccount(of: issuer, in: currency), need)
            } catch {
                preconditionFailure("a bid passed the checks and cannot be paid for")
            }
        }
        insert(bid)
        due.add(DueQueue.BidExpiry(time: end, bid: bid.id))
    }

    /// That one more bid of a participant may stand.
    func checkStandingLimit(_ participant: ParticipantID) throws(Refusal) {
        guard standing.count(of: participant) < StandingBids.limit else {
            throw Refusal(.limitExceeded, "\(StandingBids.limit) bids of the participant stand, which is the limit: cancel one first")
        }
    }

    /// Enters a bid among those that stand.
    func insert(_ bid: StandingBid) {
        standing.insert(bid)
        for product in bid.products { productFacts[Int(product.index)].isWatched = true }
    }

    /// Takes a bid out of those that stand, and gives back what it set aside.
    func removeStanding(_ id: BidID) -> StandingBid? {
        guard let bid = standing.remove(id) else { return nil }
        for product in bid.products { productFacts[Int(product.index)].isWatched = standing.isWatched(product) }
        if bid.reserved > .zero, let currency = bid.spec.currency {
            ledger.release(cashAccount(of: bid.participant, in: currency), bid.reserved)
        }
        return bid
    }

    /// When a standing bid ends at the latest: at `expires_at`, or when the gate of its last possible start closes.
    func end(of bid: StandingBid) -> Timestamp? {
        let last = bid.spec.latestEnd + -bid.spec.durationHours
        let gate = bid.products.map { gateTime(ContractKey(product: $0, hour: last)) }.max()
        guard let gate else { return nil }
        return min(gate, bid.spec.expiresAt ?? gate)
    }

    /// Ends a standing bid whose time has come. What was listed later may have given it more.
    func endIfDue(_ id: BidID) {
        guard let bid = standing[id], let end = end(of: bid) else { return }
        guard end <= now else { return due.add(DueQueue.BidExpiry(time: end, bid: id)) }
        let isExpired = bid.spec.expiresAt.map { $0 <= now } ?? false
        close(id, .expired, isExpired ? .expired : .windowClosed)
    }

    /// Ends a bid that stands.
    func close(_ id: BidID, _ status: BidStatus, _ reason: BidReason) {
        guard removeStanding(id) != nil else { return }
        let index = Int(id.rawValue) - 1
        bids[index].status = status
        bids[index].reason = reason
        bids[index].reserved = .zero
        bids[index].closedAt = now
        emit(.bid(bids[index]))
    }

    /// Cancels a bid that stands, or what an hourly one still has in the books.
    func cancelBid(_ id: BidID, _ issuer: ParticipantID) throws(Refusal) -> BidView {
        _ = try actor(issuer, .consumer)
        guard let view = bid(id), view.participantID == issuer else { throw Refusal(.notFound, "there is no such bid") }
        if standing[id] != nil {
            close(id, .cancelled, .requested)
        } else if openHours[id] != nil {
            cancelHours(of: view)
        } else {
            throw Refusal(.conflict, "the bid is \(view.status.rawValue)")
        }
        return bids[Int(id.rawValue) - 1]
    }

    /// Cancels all bids of a participant that is suspended.
    func cancelBids(of participant: ParticipantID) {
        for id in standing.ids(of: participant) { close(id, .cancelled, .suspended) }
    }

    /// A product came into the catalogue: bids that it may serve wait for its asks, too.
    func noteListing(_ product: Product) {
        for (_, place) in standing.order {
            guard let bid = standing[place: place], isEligible(product, for: bid.spec), isFor(bid.participant, product.id)
            else { continue }
            standing.add(product.id, to: bid.id)
            productFacts[Int(product.id.index)].isWatched = true
        }
    }

    /// The products that may serve a whole bid of a participant, whatever stands in their books, ascending.
    func servable(_ spec: BidSpec, for participant: ParticipantID) -> [ProductID] {
        catalogue.products.filter { isEligible($0, for: spec) && isFor(participant, $0.id) }.map(\.id)
    }

    /// The facts changed that say which products may serve whom: what stands waits for others, or ends where none is left.
    func refreshStandingBids() {
        for id in standing.order.map(\.rank.id) {
            guard var bid = standing[id] else { continue }
            let products = servable(bid.spec, for: bid.participant)
            guard products != bid.products.sorted() else { continue }
            guard !products.isEmpty else {
                close(id, .cancelled, .noEligibleProduct)
                continue
            }
            let before = bid.products
            standing.remove(id)
            bid.products = products
            insert(bid)
            for product in before { productFacts[Int(product.index)].isWatched = standing.isWatched(product) }
        }
        noteResumption(TradingScope(.market))
    }

    /// Whether a product may serve a whole bid in some hour of its window, whatever stands in its books.
    func isEligible(_ product: Product, for spec: BidSpec) -> Bool {
        guard spec.currency == product.currency, spec.quantity % product.lotSize == 0 else { return false }
        let asked = (spec.placement ?? .sameResource) == .sameResource ? spec.requirements.ofClassAndPlace : spec.requirements
        return admits(asked, product.id, spec)
    }
}

// MARK: Hourly bids that stand

extension Exchange {
    private func cancelHours(of view: BidView) {
        for leg in view.legs {
            if let slot = leg.orderID.flatMap({ orders.slot(of: $0) }) { withdraw(slot, .cancelled, .bidCancelled) }
        }
    }

    /// The allocation of an hourly bid's fills: drawn at the first.
    func allocation(forHourOf bid: BidID, _ holder: ParticipantID) -> AllocationID {
        let index = Int(bid.rawValue) - 1
        if bids.indices.contains(index), let drawn = bids[index].allocationID { return drawn }
        let drawn = openAllocation(holder: holder, for: .bid(bid))
        if bids.indices.contains(index) { allocations.setUsableShare(bids[index].usableShare, of: drawn) }
        return drawn
    }

    /// Where an order's hour stands among its bid's legs.
    func legOfBid(_ order: OrderEntry) -> (bid: Int, leg: Int)? {
        let index = Int(order.bid.rawValue) - 1
        guard bids.indices.contains(index), let start = bids[index].start else { return nil }
        let leg = Int(contracts[order.contract].key.hour - start)
        guard bids[index].legs.indices.contains(leg), bids[index].legs[leg].orderID == order.id else { return nil }
        return (index, leg)
    }

    /// An hourly bid's resting order was filled.
    func noteBid(_ order: OrderEntry, _ trade: TradeID, _ price: Price, _ quantity: Quantity, _ fee: Micros) {
        guard let (index, leg) = legOfBid(order) else { return }
        let fill = FillView(
            id: trade, price: price, quantity: quantity, fee: fee, liquidity: .maker, feeVersion: order.feeVersion)
        bids[index].allocationID = order.allocation
        bids[index].legs[leg].trades.append(fill)
        bids[index].legs[leg].quantity += quantity
        bids[index].legs[leg].averagePrice = average(bids[index].legs[leg].trades)
        let cost = (bids[index].cost ?? .zero) + price.notional(quantity)
        bids[index].cost = cost
        bids[index].fees = (bids[index].fees ?? .zero) + fee
        let bought = bids[index].legs.reduce(Int64(0)) { $0 + Int64($1.quantity) }
        bids[index].averagePrice = Notional.average(notional: Int128(cost.rawValue), quantity: bought)
        bids[index].status = .partiallyFilled
    }

    /// An hourly bid's resting order ended. With the last one the bid ends.
    func noteBid(_ order: OrderEntry, ended status: OrderStatus, _ reason: OrderEndReason?) {
        guard let (index, _) = legOfBid(order), let live = openHours[order.bid] else { return }
        guard live == 1 else { return openHours[order.bid] = live - 1 }
        openHours[order.bid] = nil
        standing.count(-1, of: order.participant)
        let wanted = Int64(bids[index].quantity) * Int64(bids[index].durationHours)
        let bought = bids[index].legs.reduce(Int64(0)) { $0 + Int64($1.quantity) }
        bids[index].closedAt = now
        if bought == wanted {
            bids[index].status = .filled
        } else {
            bids[index].status = status == .expired ? .expired : .cancelled
            switch reason {
            case .suspended: bids[index].reason = .suspended
            case .expired: bids[index].reason = .expired
            case .gateClosed: bids[index].reason = .windowClosed
            case .buyerNotEligible: bids[index].reason = .noEligibleProduct
            default: bids[index].reason = .requested
            }
        }
        emit(.bid(bids[index]))
        // All its hours may have left memory, and none comes any more.
        if let drawn = bids[index].allocationID { archiveIfOver(drawn) }
    }

    /// Cash that an hourly bid's orders set aside now.
    func reservedByHours(of view: BidView) -> Micros {
        view.legs.reduce(.zero) { sum, leg in
            leg.orderID.flatMap { orders.slot(of: $0) }.map { sum + orders[$0].reserved } ?? sum
        }
    }
}
