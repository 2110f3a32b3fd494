import Matching
import Quantities

/// Reads for the streams of the shell: what changed lately, looked up again as it stands.
extension Exchange {
    /// The last trade; none before the first.
    package var lastTrade: TradeID { TradeID(lastTradeID) }

    /// An order as it stands, if it is one of the participants'; nil for others' and for what was forgotten.
    package func order(_ id: OrderID, ofAnyOf participants: Set<ParticipantID>) -> OrderView? {
        if let slot = orders.slot(of: id) {
            guard participants.contains(orders[slot].participant) else { return nil }
        } else if let closed = orders.closedOrder(id) {
            guard participants.contains(closed.participant) else { return nil }
        } else {
            return nil
        }
        return order(OrderReference(id: id), of: nil)
    }

    /// A participant's live orders, in the order of acceptance.
    ///
    /// - Complexity: O(orders of the participant).
    package func liveOrders(of participant: ParticipantID, limit: Int) -> [OrderView] {
        var views: [OrderView] = []
        for id in orders.ids(of: participant, after: .none) {
            guard views.count < limit else { break }
            guard orders.slot(of: id) != nil, let view = order(OrderReference(id: id), of: participant) else { continue }
            views.append(view)
        }
        return views
    }

    /// The bid of which an order is an hour; nil for other orders, and for one that was forgotten.
    package func bidID(ofOrder id: OrderID) -> BidID? {
        let bid = orders.slot(of: id).map { orders[$0].bid } ?? orders.closedOrder(id)?.bid ?? BidID.none
        return bid.isNone ? nil : bid
    }

    /// A participant's bids that stand, and those of which some hour rests in a book, in the order of acceptance.
    ///
    /// - Complexity: O(bids that stand).
    package func liveBids(of participant: ParticipantID) -> [BidView] {
        let hourly = openHours.keys.filter { bid($0)?.participantID == participant }
        return (standing.ids(of: participant) + hourly).sorted().compactMap { bid($0) }
    }
}
