import Matching
import Quantities
import Registry
import Settlement

/// Who may trade with whom: verified participants, products for some countries, buyers that a provider does not sell to.
extension Exchange {
    func setLegal(_ request: SetLegalEntity, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let participant = try participants.setLegal(request.legal, of: request.participant)
        cancelForeignBuys(of: participant.id)
        refreshStandingBids()
        emit(.participant(participant))
        return .participant(participant)
    }

    func verify(_ request: VerifyParticipant, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let participant = try participants.verify(request.participant, request.verification, at: now)
        noteReturn(of: participant.id)
        emit(.participant(participant))
        return .participant(participant)
    }

    /// Puts a provider's list of blocked buyers in place of the one before. What rests in the books stays, and meets nobody who is
    /// blocked.
    func blockBuyers(_ request: BlockBuyers, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        let participant = try actor(issuer, .provider, .operator)
        try request.body.check()
        guard request.provider == issuer || participant.has(.operator), let provider = self.participant(request.provider) else {
            throw Refusal(.notFound, "there is no such participant")
        }
        guard provider.has(.provider) else { throw Refusal(.conflict, "the participant is no provider") }
        for buyer in request.body.buyers where self.participant(buyer) == nil {
            throw Refusal(.notFound, "there is no participant \(buyer)", field: "buyers")
        }
        blocked.set(request.body.buyers, of: provider.id)
        noteTradingRules()
        // Bids that stand may take more than before.
        noteResumption(TradingScope(.market))
        return .blockedBuyers(BlockedBuyersView(participantID: provider.id, buyers: request.body.buyers))
    }

    /// Takes what the server was told at its start; nobody else may say it.
    func setPolicy(_ policy: TradingPolicy, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        guard issuer.isNone else { throw Refusal(.forbidden, "only the server itself sets the policy") }
        let wasRequired = self.policy.requireVerification
        self.policy = policy
        noteTradingRules()
        // Bids that stand may be filled that were passed over.
        if wasRequired, !policy.requireVerification { noteResumption(TradingScope(.market)) }
        return .done
    }

    /// Whether there is anything to ask at all: the one test that an order pays.
    func noteTradingRules() {
        hasRestrictedProducts = catalogue.products.contains { $0.buyerCountries != nil }
        hasTradingRules = policy.requireVerification || !blocked.isEmpty || hasRestrictedProducts
    }

    /// That a participant's legal data is verified, where the policy asks for that.
    func checkVerified(_ id: ParticipantID) throws(Refusal) {
        guard policy.requireVerification, let participant = participant(id), !participant.isVerified(at: now) else { return }
        let reason = participant.verification.map { "was verified until \($0.validUntil)" } ?? "is not verified"
        throw Refusal(.forbidden, "the participant's legal data \(reason)")
    }

    /// Whether whoever has a bid that stands may trade now: its legal data is verified, where the policy asks for that.
    func mayTrade(_ id: ParticipantID) -> Bool {
        guard hasTradingRules, policy.requireVerification, let participant = participant(id) else { return true }
        return participant.isVerified(at: now)
    }

    /// Cancels a participant's open buys in products that are for buyers of other countries, stops that wait included: its own
    /// country may have changed.
    private func cancelForeignBuys(of id: ParticipantID) {
        guard hasRestrictedProducts else { return }
        for order in orders.ids(of: id, after: .none) {
            guard let slot = orders.slot(of: order), orders[slot].side == .buy, !isFor(id, contracts[orders[slot].contract].key.product)
            else { continue }
            withdraw(slot, .cancelled, .buyerNotEligible)
        }
    }

    /// That an order meets nobody whom it must not: a buyer the product's countries and no provider that blocks it, a seller no
    /// buyer that it blocks. Orders behind those that fill it are none of its business.
    func checkCounterparties(_ order: OrderPlace, _ key: ContractKey, ticks: Int64) throws(Refusal) {
        let participant = order.record.participant
        if order.record.side == .buy { try checkCountry(of: participant, key.product) }
        // A stop that waits meets nobody yet.
        guard !blocked.isEmpty, !order.record.isPending, let index = contracts.index(of: key), let book = contracts[index].book
        else { return }
        let isBuy = order.record.side == .buy
        let owner = owner(of: participant)
        var left = order.record.remaining
        var meets = false
        books.forEachOrder(book, isBuy ? .sell : .buy) { slot in
            let resting = books.order(slot)
            guard isBuy ? resting.price <= ticks : resting.price >= ticks else { return false }
            let seller = isBuy ? orders[slot] : order.record
            meets = isBlocked(isBuy ? participant : orders[slot].participant, from: seller, in: index)
            if meets { return false }
            // What it hides comes behind the others of its price, and orders of one owner never trade.
            if resting.owner != owner { left -= min(left, resting.displayed) }
            return left > 0
        }
        guard meets else { return }
        throw Refusal(
            .buyerNotEligible,
            isBuy ? "a provider that does not sell to this buyer has the best offer within the price"
                : "a buyer that the provider does not sell to has the best bid within the price")
    }

    /// That a product is for buyers of a participant's country.
    func checkCountry(of id: ParticipantID, _ product: ProductID) throws(Refusal) {
        guard !isFor(id, product) else { return }
        throw Refusal(.buyerNotEligible, "\(catalogue[product].code) is for buyers of other countries: \(countries(product))")
    }

    /// Whether a product is for buyers of a participant's country; where nobody in particular asks, it is.
    func isFor(_ id: ParticipantID, _ product: ProductID) -> Bool {
        guard hasRestrictedProducts, let participant = participant(id) else { return true }
        return catalogue[product].admitsBuyers(of: participant.legal?.country)
    }

    private func countries(_ product: ProductID) -> String { (catalogue[product].buyerCountries ?? []).joined(separator: ", ") }

    /// Whether a resting sell is for somebody: no provider of what it sells blocks them.
    func isForSale(_ slot: OrderSlot, to buyer: ParticipantID, in contract: Int32) -> Bool {
        guard hasTradingRules, !blocked.isEmpty else { return true }
        return !isBlocked(buyer, from: orders[slot], in: contract)
    }

    /// Whether a resource's provider sells to somebody.
    func isSold(_ resource: ResourceID, to buyer: ParticipantID) -> Bool {
        guard hasTradingRules, !blocked.isEmpty, let owner = participant(buyer)?.ownerID else { return true }
        return !blocked.has(resourceFacts[Int(resource.rawValue) - 1].provider, buyer, owner: owner)
    }

    /// Whether what an order sells comes from a provider that blocks a buyer: its resource's, or any that stands behind hours
    /// sold on.
    private func isBlocked(_ buyer: ParticipantID, from sell: OrderEntry, in contract: Int32) -> Bool {
        guard let owner = participant(buyer)?.ownerID else { return false }
        guard sell.resource.isNone else { return blocked.has(sell.participant, buyer, owner: owner) }
        for lot in contracts.holdings[Int(contract)].lots where lot.holder == sell.participant {
            if !sell.allocation.isNone, lot.allocation != sell.allocation { continue }
            if blocked.has(lot.provider, buyer, owner: owner) { return true }
        }
        return false
    }

    // MARK: Reads

    /// Whom a provider does not sell to.
    package func blockedBuyers(of provider: ParticipantID) -> BlockedBuyersView {
        BlockedBuyersView(participantID: provider, buyers: blocked.buyers(of: provider))
    }

    /// What the server was told to ask of whoever trades.
    package var tradingPolicy: TradingPolicy { policy }

    // MARK: State

    func encodeTradingRules(into encoder: inout BinaryEncoder) {
        encoder.append(policy)
        blocked.encodeState(into: &encoder)
    }

    func decodeTradingRules(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        policy = try decoder.read(TradingPolicy.self)
        blocked = try BlockedBuyers(decoding: &decoder, isKnown: isKnown)
        noteTradingRules()
    }
}
