import Pricing
import Quantities
import Settlement

/// A look for what a participant holds or has sold from its resources and is not settled, contract by contract in the order of their first
/// use: in steps, so that nobody's trade waits for all lots of all contracts.
///
///     var search = PositionSearch(of: participant)
///     while !search.isOver { search = exchange.continued(search, looking: 10_000) }
///
/// A contract in which something was traded or closed between two steps is begun anew, and from the third time on it is read in one piece: no
/// position is put together of two moments.
package struct PositionSearch: Sendable {
    package let participant: ParticipantID
    /// The most positions that are looked for.
    package let limit: Int
    package fileprivate(set) var found: [PositionView] = []
    /// Where the contract after that of each found position stands: a later search begins there.
    package fileprivate(set) var places: [Int] = []
    package fileprivate(set) var isOver = false

    /// The contract that is looked at, and how many of its lots and deliveries were.
    fileprivate var contract: Int
    fileprivate var looked = 0
    fileprivate var held = HeldUnits()
    /// What the contract was like when it was begun.
    fileprivate var stamp: ContractStamp?
    fileprivate var attempts = 0

    /// - Parameter place: of a position found before; 0 begins at the first contract.
    package init(of participant: ParticipantID, after place: Int = 0, limit: Int = .max) {
        self.participant = participant
        self.limit = max(limit, 0)
        contract = max(place, 0)
        isOver = limit <= 0
    }
}

/// What a participant has in one contract.
private struct HeldUnits {
    var quantity: Int64 = 0
    var sold: Int64 = 0
    /// Σ price × quantity of what it holds.
    var cost: Int128 = 0

    mutating func add(_ lot: Lot, of participant: ParticipantID) {
        if lot.holder == participant {
            quantity += Int64(lot.quantity)
            cost += Int128(lot.links.latest.price.notional(lot.quantity).rawValue)
        }
        if lot.provider == participant { sold += Int64(lot.quantity) }
    }
}

/// What changes whenever a contract's lots do: every trade has a volume, and what is closed or given up becomes a delivery.
private struct ContractStamp: Equatable {
    var volume: Int64
    var deliveries: Int
    var waiting: Int
}

extension Exchange {
    /// The search, further by about so many contracts, lots and deliveries.
    ///
    /// - Complexity: O(count), beside the rare contract that is read in one piece. Nothing is copied but what is found.
    package func continued(_ search: PositionSearch, looking count: Int) -> PositionSearch {
        var search = search
        var left = max(count, 1)
        while left > 0, !search.isOver {
            guard search.contract < contracts.count, search.found.count < search.limit else {
                search.isOver = true
                break
            }
            left -= 1
            if contracts[Int32(search.contract)].settled || look(&search, &left) {
                search.contract += 1
                search.looked = 0
                search.held = HeldUnits()
                search.stamp = nil
                search.attempts = 0
            }
        }
        return search
    }

    /// Looks at a contract's lots and deliveries as far as it may; whether that was all of them.
    private func look(_ search: inout PositionSearch, _ left: inout Int) -> Bool {
        let contract = search.contract
        let closing = contracts.holdings[contract].closing.count
        let stamp = ContractStamp(
            volume: contracts[Int32(contract)].volume, deliveries: contracts.holdings[contract].deliveries.count,
            waiting: closing + contracts.holdings[contract].lots.count)
        if search.stamp != stamp {
            search.looked = 0
            search.held = HeldUnits()
            search.stamp = stamp
            search.attempts += 1
        }
        let end = stamp.deliveries + stamp.waiting
        let limit = search.attempts > 2 ? end : min(end, search.looked + max(left, 1))
        left -= limit - search.looked
        while search.looked < limit {
            let position = search.looked
            search.looked += 1
            if position < stamp.deliveries {
                let index = Int(contracts.holdings[contract].deliveries[position].rawValue) - 1
                // What was given up ahead is settled before its contract is.
                guard !deliveries[index].delivery.isSettled else { continue }
                search.held.add(deliveries[index].delivery.lot, of: search.participant)
            } else if closing == 0 {
                search.held.add(contracts.holdings[contract].lots[position - stamp.deliveries], of: search.participant)
            } else {
                let first = contracts.holdings[contract].closing.startIndex
                search.held.add(contracts.holdings[contract].closing[first + position - stamp.deliveries], of: search.participant)
            }
        }
        guard search.looked == end else { return false }
        if let view = position(search.held, of: search.participant, in: Int32(contract)) {
            search.found.append(view)
            search.places.append(contract + 1)
        }
        return true
    }

    private func position(_ held: HeldUnits, of participant: ParticipantID, in contract: Int32) -> PositionView? {
        guard held.quantity > 0 || held.sold > 0 else { return nil }
        let key = contracts[contract].key
        var view = PositionView()
        view.contract = key
        view.quantity = held.quantity
        view.sold = held.sold
        view.onOffer = contracts.holdings[Int(contract)].encumbered(participant)
        view.averagePrice = Notional.average(notional: held.cost, quantity: held.quantity)
        view.currency = currency(of: key.product)
        let mark = mark(of: key)
        view.markPrice = mark.price
        view.markSource = mark.source
        let worth = Int128(mark.price.rawValue) * Int128(held.quantity) - held.cost
        view.unrealisedProfit = Int64(exactly: worth).map { Micros($0) }
        return view
    }
}
