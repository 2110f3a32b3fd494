import Ledger
import Matching
import Quantities
import Registry
import Settlement

extension Exchange {
    /// The most deliveries that one command settles or archives; what is left stays due.
    static let settlementsPerCommand = 1_000

    /// The most of them in one step with a real clock: what comes after it in its frame waits for no more.
    static let settlementsPerStep = 250

    /// With a real clock, how long archivals rest for each of the command before: nobody waits for them, and the read models take more for each.
    static let archivalPace: Int64 = 60

    /// With a real clock, how long settlements rest for each delivery of the command before, in microseconds: a million deliveries take 15 s, and
    /// trading goes on between them.
    static let settlementPace: Int64 = 15

    /// How many deliveries may be looked at for each that is counted as settled.
    static let looksPerSettlement = 64

    /// Lets everything happen that is due until the command's time, in the order of MARKET.md section 1, each with what follows from it:
    /// stops that enter and bids that are filled go before whatever falls due later. So one jump does what many small ones do.
    func passTime() {
        ledger.beginEntrySet(Cause())
        let most = clockMode == .real ? Self.settlementsPerStep : Self.settlementsPerCommand
        var budget = most
        var archived = 0
        let last = now
        while budget > 0 {
            if let moment = dayToBegin(until: last) {
                now = moment
                beginDay(at: moment)
                followStep()
                continue
            }
            guard let item = due.pop(through: last) else { break }
            switch item {
            case .expiry(let expiry):
                now = expiry.time
                if let slot = orders.slot(of: expiry.order), orders.details(orders[slot].details).expiresAt == expiry.time {
                    withdraw(slot, .expired, .expired)
                }
            case .bidExpiry(let expiry):
                now = expiry.time
                endIfDue(expiry.bid)
            case .alarm(let alarm):
                now = alarm.time
                sound(alarm)
            case .gate(let gate):
                now = gate.time
                closeGate(gate.contract, budget: &budget)
            case .resumption(let resumption):
                now = resumption.time
                endInterruption(resumption)
            case .feeStart(let start):
                now = start.time
                beginFees(start)
            case .deadline(let deadline, let time):
                now = time
                if let rest = settleDue(deadline, budget: &budget) { due.add(rest) }
            case .archival(let archival, let time):
                now = time
                let left = budget
                if archive(archival.contract, budget: &budget) { due.add(archival) }
                archived += left - budget
            }
            followStep()
        }
        while due.next.map({ $0 > last }) ?? true, let moment = dayToBegin(until: last) {
            now = moment
            beginDay(at: moment)
            followStep()
        }
        now = last
        let done = Int64(most - budget - archived)
        if clockMode == .real, done > 0 { due.pauseDeadlines(for: done * Self.settlementPace, after: last) }
        if clockMode == .real, archived > 0 { due.pauseArchivals(for: Int64(archived) * Self.archivalPace, after: last) }
        // One command may have let days pass: what closed early in them is more than a day old at its end.
        forgetClosedOrders()
    }

    /// What follows from one thing that fell due, at its time.
    @inline(__always)
    private func followStep() {
        settleMarket()
        interruptHitContracts()
    }

    /// When the next day begins of those that lie before whatever falls due next: at its midnight where bids stand that it may serve, else
    /// with the first thing that happens in it.
    private func dayToBegin(until last: Timestamp) -> Timestamp? {
        guard nextMidnight <= last else { return nil }
        let first = min(due.next ?? last, last)
        guard first >= nextMidnight else { return nil }
        return standing.count > 0 ? nextMidnight : first
    }

    /// Closes a contract for trading: open orders expire in the order of acceptance, and each lot becomes a delivery, at once or, of very many,
    /// bit by bit.
    private func closeGate(_ contract: Int32, budget: inout Int) {
        guard let book = contracts[contract].book else { preconditionFailure("a gate closed twice") }
        var ids: [Int64] = []
        for side in [Side.buy, .sell] {
            books.forEachOrder(book, side) { slot in
                ids.append(books.order(slot).id)
                return true
            }
        }
        books.forEachStop(book) { slot in ids.append(books.order(slot).id) }
        if let blocks = contracts[contract].blocks {
            books.forEachOrder(blocks, .sell) { slot in
                ids.append(books.order(slot).id)
                return true
            }
        }
        for id in ids.sorted() {
            if let slot = orders.slot(of: OrderID(id)) { withdraw(slot, .expired, .gateClosed) }
        }
        precondition(contracts.holdings[Int(contract)].encumbrances.isEmpty, "units on offer in an empty book")
        books.closeBook(book)
        contracts[contract].book = nil
        if let blocks = contracts[contract].blocks {
            books.closeBook(blocks)
            contracts[contract].blocks = nil
        }
        contracts[contract].gateClosed = true
        contracts.holdings[Int(contract)].closing = contracts.holdings[Int(contract)].lots[...]
        contracts.holdings[Int(contract)].lots = []
        guard !contracts.holdings[Int(contract)].closing.isEmpty else { return closeIfSettled(contract) }
        let schedule = schedule(of: contracts[contract].key)
        due.add(DueQueue.Deadline(time: schedule.reportDeadline, contract: contract))
        due.add(DueQueue.Deadline(time: schedule.graceEnd, contract: contract))
        makeDeliveries(contract, budget: &budget)
        guard !contracts.holdings[Int(contract)].closing.isEmpty else { return }
        // Comes up for what is left, and for no delivery.
        due.add(DueQueue.Deadline(time: now, contract: contract).going(onFrom: .max))
    }

    /// Makes deliveries of lots whose gate has closed, in their order.
    func makeDeliveries(_ contract: Int32, budget: inout Int) {
        let terms = securityTerms(of: contracts[contract].key.product)
        while budget > 0, let lot = contracts.holdings[Int(contract)].closing.popFirst() {
            assign(addDelivery(lot, in: contract))
            noteEvidence(of: deliveries.count - 1, terms)
            emitDelivery(deliveries[deliveries.count - 1].delivery)
            budget -= 1
        }
        if contracts.holdings[Int(contract)].closing.isEmpty { contracts.holdings[Int(contract)].closing = [] }
    }

    /// Makes a delivery of a lot.
    func addDelivery(_ lot: Lot, in contract: Int32) -> DeliveryID {
        let id = DeliveryID(Int64(deliveries.count) + 1)
        let share = allocations.usableShare(of: lot.allocation)
        let delivery = Delivery(id: id, contract: contracts[contract].key, lot: lot, usableShare: share)
        deliveries.append(DeliveryState(delivery: delivery, contract: contract))
        contracts.holdings[Int(contract)].deliveries.append(id)
        contracts.holdings[Int(contract)].unsettledDeliveries += 1
        if share != nil { contracts.holdings[Int(contract)].shared[lot.allocation, default: []].append(id) }
        return id
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
