import Quantities
import Settlement

/// A settled delivery as one of those who took part in it sees it.
package struct SettledDelivery: Sendable {
    package var id = DeliveryID.none
    package var settledAt = Timestamp()
    package var currency = Currency()
    /// Whether the participant held it at the end, and whether its resource provided it.
    package var isHeld = false
    package var isProvided = false
    /// What it settled by.
    package var countedDeviceSeconds: Int64 = 0
    /// The participant's fees on what was delivered, of every sale in which it bought or sold.
    package var fees = Micros.zero
    /// What the holder got out of the bond.
    package var compensation = Micros.zero
    package var carbon: CarbonView?
}

extension Exchange {
    /// Deliveries in memory in which a participant had a part and that settled in `[from, to)`, in the order of their numbers.
    ///
    /// - Parameters:
    ///   - skipped: the number up to which earlier calls looked at them.
    ///   - count: how many this call looks at, at most.
    /// - Returns: what was found, and the number up to which all were looked at; nil at the end.
    package func settledDeliveries(
        of participant: ParticipantID, from: Timestamp, to: Timestamp, after skipped: Int, looking count: Int
    ) -> (found: [SettledDelivery], next: Int?) {
        var found: [SettledDelivery] = []
        var looked = 0
        var start = skipped
        // Places of which the records have left are looked at, too.
        while let index = deliveries.next(from: start, looks: &looked) {
            guard looked <= count || start == skipped else { return (found, index) }
            start = index + 1
            guard let settledAt = deliveries[index].delivery.settledAt, settledAt >= from, settledAt < to else { continue }
            if let settled = settled(deliveries[index], at: settledAt, for: participant) { found.append(settled) }
        }
        return (found, nil)
    }

    func settled(_ state: DeliveryState, at time: Timestamp, for participant: ParticipantID) -> SettledDelivery? {
        let lot = state.delivery.lot
        let takesPart = lot.links.contains { $0.buyer == participant || $0.seller == participant }
        guard takesPart, let outcome = state.delivery.outcome else { return nil }
        var settled = SettledDelivery()
        settled.id = state.delivery.id
        settled.settledAt = time
        settled.currency = currency(of: state.delivery.contract.product)
        settled.isHeld = lot.holder == participant
        settled.isProvided = lot.provider == participant
        settled.countedDeviceSeconds = lot.countedSeconds(state.delivery.deliveredDeviceSeconds ?? 0, outcome)
        settled.compensation = state.compensation
        for position in lot.links.indices {
            let link = lot.links[position]
            guard link.buyer == participant || link.seller == participant else { continue }
            let earned = lot.earnedShares(position, settled.countedDeviceSeconds)
            if link.buyer == participant { settled.fees += earned.buyerFee }
            if link.seller == participant { settled.fees += earned.sellerFee }
        }
        settled.carbon = carbon(of: state)
        return settled
    }
}
