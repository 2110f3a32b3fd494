import Ledger
import Matching
import Quantities
import Registry
import Settlement

extension Exchange {
    /// The most deliveries that one command settles; what is left stays due.
    static let settlementsPerCommand = 1_000

    /// Lets everything happen that is due until the command's time, in the order of MARKET.md section 1.
    func passTime() {
        ledger.beginEntrySet(Cause())
        var budget = Self.settlementsPerCommand
        let last = now
        while budget > 0 {
            if let next = due.next, next <= last, next >= nextMidnight { beginDay(at: next) }
            guard let item = due.pop(through: last) else { break }
            switch item {
            case .expiry(let expiry):
                now = expiry.time
                guard let slot = orders.slot(of: expiry.order), orders.details(orders[slot].details).expiresAt == expiry.time else { continue }
                withdraw(slot, .expired, .expired)
            case .bidExpiry(let expiry):
                now = expiry.time
                endIfDue(expiry.bid)
            case .alarm(let alarm):
                now = alarm.time
                sound(alarm)
            case .gate(let gate):
                now = gate.time
                closeGate(gate.contract)
            case .resumption(let resumption):
                now = resumption.time
                endInterruption(resumption)
            case .deadline(let deadline):
                now = deadline.time
                settleDue(deadline.contract, budget: &budget)
                if budget == 0 { due.add(deadline) }
            }
        }
        now = last
        if last >= nextMidnight, due.next.map({ $0 > last }) ?? true { beginDay(at: last) }
        // One command may have let days pass: what closed early in them is more than a day old at its end.
        forgetClosedOrders()
    }

    /// Closes a contract for trading: open orders expire in the order of acceptance, and each lot becomes a delivery.
    private func closeGate(_ contract: Int32) {
        guard let book = contracts[contract].book else { preconditionFailure("a gate closed twice") }
        var ids: [Int64] = []
        for side in [Side.buy, .sell] {
            books.forEachOrder(book, side) { slot in
                ids.append(books.order(slot).id)
                return true
            }
        }
        books.forEachStop(book) { slot in ids.append(books.order(slot).id) }
        for id in ids.sorted() {
            if let slot = orders.slot(of: OrderID(id)) { withdraw(slot, .expired, .gateClosed) }
        }
        precondition(contracts.holdings[Int(contract)].encumbrances.isEmpty, "units on offer in an empty book")
        books.closeBook(book)
        contracts[contract].book = nil
        contracts[contract].gateClosed = true
        let key = contracts[contract].key
        let lots = contracts.holdings[Int(contract)].lots
        contracts.holdings[Int(contract)].lots = []
        contracts.holdings[Int(contract)].unsettledDeliveries = lots.count
        guard !lots.isEmpty else {
            contracts[contract].settled = true
            return
        }
        for lot in lots {
            let id = DeliveryID(Int64(deliveries.count) + 1)
            deliveries.append(DeliveryState(delivery: Delivery(id: id, contract: key, lot: lot), contract: contract))
            contracts.holdings[Int(contract)].deliveries.append(id)
            meterHours(of: lot.resource) { $0[key.hour].deliveries.append(id) }
            noteEvidence(of: deliveries.count - 1)
            emit(.delivery(view(deliveries[deliveries.count - 1])))
        }
        let schedule = schedule(of: key)
        due.add(DueQueue.Deadline(time: schedule.reportDeadline, contract: contract))
        due.add(DueQueue.Deadline(time: schedule.graceEnd, contract: contract))
    }

    /// When things fall due for a contract's deliveries.
    func schedule(of key: ContractKey) -> SettlementSchedule {
        let product = catalogue[key.product]
        return SettlementSchedule(
            hour: key.hour, meterDeadlineMinutes: product.meterDeadlineMinutes, disputeMinutes: product.disputeMinutes,
            meterGraceHours: product.meterGraceHours
        )
    }
}
