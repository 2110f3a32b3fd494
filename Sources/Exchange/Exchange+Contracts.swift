import Matching
import Pricing
import Quantities
import Registry

extension Exchange {
    /// When a contract's gate closes.
    func gateTime(_ key: ContractKey) -> Timestamp {
        key.hour.start.advanced(minutes: -productFacts[Int(key.product.index)].gateClosureMinutes)
    }

    /// Whether a contract exists: its product does, and its hour lies between the exchange's first hour and the horizon.
    func isListed(_ key: ContractKey) -> Bool {
        guard Int(key.product.index) < productFacts.count else { return false }
        if contracts.index(of: key) != nil { return true }
        return key.hour <= Hour(containing: now) + productFacts[Int(key.product.index)].horizonHours
    }

    /// That a contract can be traded now, or the refusal in the order of the API: unknown, closed, halted.
    @inline(__always)
    func checkTradable(_ key: ContractKey) throws(Refusal) {
        if let index = contracts.index(of: key) {
            // What somebody trades is listed; its gate was computed once.
            if now < contracts[index].gateTime, !contracts[index].isStopped, !marketHalted,
                !productFacts[Int(key.product.index)].isHalted
            {
                return
            }
        }
        guard isListed(key) else { throw Refusal(.unknownContract, "no such contract", field: "contract") }
        guard now < gateTime(key) else {
            throw Refusal(.marketClosed, "the gate of \(symbol(key)) closed at \(gateTime(key))", field: "contract")
        }
        guard !isHalted(key) else { throw Refusal(.marketHalted, "trading in \(symbol(key)) is \(haltInWords(key))", field: "contract") }
    }

    func isHalted(_ key: ContractKey) -> Bool {
        if marketHalted || productFacts[Int(key.product.index)].isHalted { return true }
        guard let index = contracts.index(of: key) else { return false }
        return contracts[index].isStopped
    }

    /// The contract's state, made at its first use; its gate is then waited for.
    func materialise(_ key: ContractKey) -> Int32 {
        if let index = contracts.index(of: key) { return index }
        var state = ContractState()
        state.key = key
        state.gateTime = gateTime(key)
        state.book = books.openBook()
        let index = contracts.append(state)
        due.add(DueQueue.Gate(time: state.gateTime, symbol: symbol(key), contract: index))
        return index
    }

    func symbol(_ key: ContractKey) -> String {
        ContractSymbol.format(code: catalogue[key.product].code, hour: key.hour)
    }

    /// The book of a contract that is open for orders.
    func book(_ contract: Int32) -> BookIndex {
        guard let book = contracts[contract].book else { preconditionFailure("an order in a closed contract") }
        return book
    }
}
