import Ledger
import Quantities
import Registry

/// Standing bids follow from the bids' views: what is read back is checked as a client's body would be, and its cash is held against
/// the ledger with that of the orders.
extension Exchange {
    /// The bid as it was asked for, as far as it matters while it stands.
    private func spec(of view: BidView) -> BidSpec {
        var spec = BidSpec()
        spec.requirements = view.requirements
        spec.currency = view.currency
        spec.earliestStart = view.earliestStart
        spec.latestEnd = view.latestEnd
        spec.durationHours = view.durationHours
        spec.quantity = view.quantity
        spec.limitPrice = view.limitPrice
        spec.maxTotal = view.maxTotal
        spec.fill = view.fill
        spec.placement = view.placement
        spec.usableShare = view.usableShare
        spec.standing = true
        spec.expiresAt = view.expiresAt
        spec.hidden = view.hidden ? true : nil
        spec.clientBidID = view.clientBidID
        return spec
    }

    /// Puts back what stands of the bids that were read.
    func restoreStandingBids(_ decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        for view in bids {
            if let name = view.clientBidID {
                guard bidNames.updateValue(view.id, forKey: ClientName(participant: view.participantID, name: name)) == nil else {
                    throw decoder.damaged("a bid's name twice")
                }
            }
            guard view.status == .standing else { continue }
            let spec = spec(of: view)
            do throws(Refusal) { try spec.check() } catch { throw decoder.damaged("a standing bid that cannot be") }
            guard view.fill == .whole, view.placement != nil, view.legs.isEmpty, view.reserved >= .zero, view.reserved <= .limit,
                let currency = view.currency, let asset = ledger.assets.index(of: currency),
                view.reserved == .zero || ledger.cashAccount(view.participantID, asset) != nil
            else { throw decoder.damaged("a standing bid that cannot be") }
            let products = servable(spec, for: view.participantID)
            guard !products.isEmpty else { throw decoder.damaged("a standing bid that nothing may serve") }
            insert(
                StandingBid(
                    id: view.id, participant: view.participantID, owner: owner(of: view.participantID), spec: spec,
                    reserved: view.reserved, products: products))
        }
    }

    /// Cash set aside by standing bids, added to that of the orders: at the positions of accounts.
    func addStandingReservations(to cash: inout [Int128]) {
        for (_, place) in standing.order {
            guard let bid = standing[place: place], let currency = bid.spec.currency, let asset = ledger.assets.index(of: currency),
                let account = ledger.cashAccount(bid.participant, asset)
            else { continue }
            cash[Int(account.rawValue)] += Int128(bid.reserved.rawValue)
        }
    }

    /// That something ends each standing bid.
    func confirmStandingBids(_ decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        let waiting = due.bidsThatMayEnd
        for (rank, _) in standing.order where !waiting.contains(rank.id) { throw decoder.damaged("a standing bid that never ends") }
    }
}
