import Ledger
import Matching
import Pricing
import Quantities
import Registry
import Settlement

extension Exchange {
    /// What every state must keep; the first one that is broken, in words, or nil.
    ///
    /// Run by the tests: for everything, O(state). The O(1) ones (no overdraft, no double entry with one leg, escrow empty
    /// at the end) are preconditions where the money moves.
    package func firstBrokenInvariant() -> String? {
        if let broken = ledger.firstBrokenInvariant() { return broken }
        for index in 0..<contracts.count {
            if let broken = brokenInvariant(of: Int32(index)) { return broken }
        }
        return brokenReservation() ?? brokenCapacity()
    }

    /// The invariants of one contract by its key; nil also where nobody ever traded it.
    package func brokenInvariant(of key: ContractKey) -> String? {
        contracts.index(of: key).flatMap { brokenInvariant(of: $0) }
    }

    /// The invariants of one contract: escrow is what every outcome needs, the book is not crossed, units on offer are held.
    package func brokenInvariant(of contract: Int32) -> String? {
        let state = contracts[contract]
        let holdings = contracts.holdings[Int(contract)]
        let name = symbol(state.key)
        var need: Int128 = 0
        for lot in holdings.waiting { need += Int128(lot.escrow.rawValue) }
        for id in holdings.deliveries {
            guard let position = position(of: id) else { continue }
            let delivery = deliveries[position].delivery
            if !delivery.isSettled { need += Int128(delivery.lot.escrow.rawValue) }
        }
        let held = state.escrow.isNone ? 0 : ledger.balance(of: state.escrow)
        if held != need { return "\(name): escrow holds \(held), every outcome needs \(need)" }
        if state.settled, held != 0 { return "\(name): settled with \(held) in escrow" }
        if let book = state.book, let bid = books.best(book, .buy), let ask = books.best(book, .sell), bid >= ask {
            return "\(name): crossed at \(bid) and \(ask)"
        }
        for entry in holdings.encumbrances where holdings.held(entry.holder) < holdings.encumbered(entry.holder) {
            return "\(name): \(entry.holder) offers more than it holds"
        }
        return nil
    }

    /// Reserved cash of every account equals the sum over its open orders.
    private func brokenReservation() -> String? {
        var reserved: [AccountID: Int128] = [:]
        forEachOpenOrder { entry in
            let asset = productFacts[Int(contracts[entry.contract].key.product.index)].asset
            guard let account = ledger.cashAccount(entry.participant, asset) else { return }
            reserved[account, default: 0] += Int128(entry.reserved.rawValue)
        }
        for (_, place) in standing.order {
            guard let bid = standing[place: place], let currency = bid.spec.currency else { continue }
            guard let asset = ledger.assets.index(of: currency), let account = ledger.cashAccount(bid.participant, asset) else { continue }
            reserved[account, default: 0] += Int128(bid.reserved.rawValue)
        }
        var number: Int64 = 1
        while number <= ledger.lastAccount.rawValue {
            let id = AccountID(number)
            number += 1
            guard let account = ledger.account(id), account.owner.participant != nil else { continue }
            let expected = reserved[id] ?? 0
            if Int128(account.cash.reserved.rawValue) != expected {
                return "\(id): \(account.cash.reserved) reserved, its orders need \(MicrosSum(expected))"
            }
        }
        return nil
    }

    /// Units on offer and sold of every resource-hour are what orders and lots say, and never above the certified units
    /// unless those were lowered after the sale.
    private func brokenCapacity() -> String? {
        var onOffer: [ResourceID: [Hour: Quantity]] = [:]
        forEachOpenOrder { entry in
            guard entry.isCapacitySale else { return }
            onOffer[entry.resource, default: [:]][contracts[entry.contract].key.hour, default: 0] += entry.remaining
        }
        var sold: [ResourceID: [Hour: Quantity]] = [:]
        // Of what has left memory nobody knows which resource's it was.
        var archived: Set<Hour> = []
        for index in 0..<contracts.count {
            let state = contracts[Int32(index)]
            let holdings = contracts.holdings[index]
            if holdings.archivedDeliveries > 0 { archived.insert(state.key.hour) }
            for lot in holdings.waiting + holdings.deliveries.compactMap({ position(of: $0).map { deliveries[$0].delivery.lot } }) {
                sold[lot.resource, default: [:]][state.key.hour, default: 0] += lot.quantity
            }
        }
        for index in 0..<resourceFacts.count {
            let id = ResourceID(Int64(index) + 1)
            var broken: String?
            capacity.forEach(id) { hour, used in
                if used.onOffer != onOffer[id]?[hour] ?? 0 { broken = "\(id) at \(hour): \(used.onOffer) noted as on offer" }
                let known = sold[id]?[hour] ?? 0
                if archived.contains(hour) ? used.sold < known : used.sold != known { broken = "\(id) at \(hour): \(used.sold) noted as sold" }
                let certified = resources.certifiedUnits(id, in: hour)
                if used.onOffer > 0, used.onOffer + used.sold > certified {
                    broken = "\(id) at \(hour): \(used.sold) sold and \(used.onOffer) on offer of \(certified) certified"
                }
            }
            if let broken { return broken }
        }
        return nil
    }

    private func forEachOpenOrder(_ body: (OrderEntry) -> Void) {
        for index in 0..<contracts.count {
            guard let book = contracts[Int32(index)].book else { continue }
            for side in [Side.buy, .sell] {
                books.forEachOrder(book, side) { slot in
                    body(orders[slot])
                    return true
                }
            }
            books.forEachStop(book) { slot in body(orders[slot]) }
            if let blocks = contracts[Int32(index)].blocks {
                books.forEachOrder(blocks, .sell) { slot in
                    body(orders[slot])
                    return true
                }
            }
        }
    }
}
