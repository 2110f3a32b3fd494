import Matching
import Pricing
import Quantities
import Registry

/// How a search sees what resources ask: kept up to date from the books, contract by contract.
extension Exchange {
    /// Marks a contract whose asks changed, once until the next search.
    @inline(__always)
    func noteAsks(in contract: Int32) {
        if !contracts[contract].asksChanged { markAsks(in: contract) }
    }

    @inline(never)
    private func markAsks(in contract: Int32) {
        contracts[contract].asksChanged = true
        asks.mark(contract, of: contracts[contract].key.product)
    }

    /// Reads the asks of a product's contracts that changed since the last search.
    ///
    /// - Complexity: O(asks in those contracts).
    func refreshAsks(of product: ProductID) {
        let changed = asks.changedContracts(of: product)
        guard !changed.isEmpty else { return }
        for contract in changed {
            contracts[contract].asksChanged = false
            let hour = contracts[contract].key.hour
            asks.clear(product, hour)
            // What is halted on its own is as if it had no asks; its product and the market are asked when somebody searches.
            guard let book = contracts[contract].book, !contracts[contract].isStopped else { continue }
            read(book, product, hour)
            if let blocks = contracts[contract].blocks { read(blocks, product, hour) }
        }
        asks.settle(product, before: Hour(containing: now))
    }

    private func read(_ book: BookIndex, _ product: ProductID, _ hour: Hour) {
        books.forEachOrder(book, .sell) { slot in
            let resource = orders[slot].resource
            guard !resource.isNone else { return true }
            let order = books.order(slot)
            var part = AskPart(ticks: order.price, units: order.remaining)
            if let offer = blockOffer(of: orders[slot]) {
                part.minHours = offer.minHours ?? 1
                part.minQuantity = offer.minQuantity ?? 1
            }
            asks.add(product, resource, owner: order.owner, hour, part)
            return true
        }
    }

    /// Marks every open contract: after the state was read.
    func markAllAsks() {
        for contract in 0..<Int32(contracts.count) where contracts[contract].book != nil { noteAsks(in: contract) }
    }

    /// The first hour of a product whose gate has not closed.
    func firstOpenHour(of product: ProductID) -> Hour {
        let gate = productFacts[Int(product.index)].gateClosureMinutes
        return Hour(containing: now.advanced(minutes: gate)) + 1
    }

    /// Whether some hour of `[from, to)` can be traded.
    func isTradable(_ product: ProductID, from: Hour, to: Hour) -> Bool {
        guard !marketHalted, !productFacts[Int(product.index)].isHalted else { return false }
        var hour = max(from, firstOpenHour(of: product))
        while hour < to {
            let key = ContractKey(product: product, hour: hour)
            if isListed(key), !isHalted(key) { return true }
            hour = hour + 1
        }
        return false
    }

    /// What `quantity` units of a resource cost in an hour; nil where it asks for less.
    func hourCost(_ lane: AskLane, _ hour: Hour, _ spec: BidSpec, _ product: ProductID, _ rate: BasisPoints) -> HourCost? {
        let facts = productFacts.cells.place(Int(product.index))
        var left = spec.quantity
        var cost = HourCost(hour: hour, cost: 0, fees: 0)
        lane.forEachPart(hour) { part in
            guard spec.quantity >= part.minQuantity, spec.durationHours >= part.minHours else { return true }
            let units = min(part.units, left)
            left -= units
            let notional = Price(part.ticks &* facts.record.tickSize.rawValue).notional(units)
            cost.cost += Int128(notional.rawValue)
            cost.fees += Int128(FeeSchedule.fee(on: notional, at: rate).rawValue)
            return left > 0
        }
        return left == 0 ? cost : nil
    }
}

/// The search on single resources: what each costs at least is found by passing over its hours once, a word each; only where that
/// beats what was found already, every run is priced to the micro.
extension Exchange {
    /// Keeps the best runs of each resource in a product.
    func findOnResources(
        _ spec: BidSpec, _ product: Product, from first: Hour, _ buyer: ParticipantID, _ reserved: Micros?,
        into result: inout BidSearchResult
    ) -> Bool {
        refreshAsks(of: product.id)
        let owner = owner(of: buyer)
        let rate = fees(of: buyer, product.id).tier.takerFee
        let duration = Int(spec.durationHours)
        let testsFacts = spec.requirements != spec.requirements.ofClassAndPlace
        var isServed = false
        for lane in asks.lanes(of: product.id) where lane.owner != owner && isSold(lane.resource, to: buyer) {
            let positions = lane.positions(from: first, to: spec.latestEnd)
            guard positions.count >= duration || result.wantsReasons else { continue }
            let floor = bound(lane.leastTicks, duration, spec, product, rate)
            guard result.wantsReasons || mayImprove(floor, spec, reserved, result) else {
                isServed = true
                continue
            }
            let least = lane.leastRun(positions, spec.quantity, duration)
            guard least.hasHour else { continue }
            let isWorthIt = least.ticks != .max && mayImprove(bound(sum: least.ticks, duration, spec, product, rate), spec, reserved, result)
            if testsFacts, isWorthIt || result.wantsReasons {
                let reasons = exclusions(of: lane.resource, spec, product)
                if !reasons.isEmpty {
                    result.exclude(product.id, resource: lane.resource, reasons)
                    continue
                }
            }
            if least.ticks != .max, !isWorthIt { isServed = true }
            guard isWorthIt else { continue }
            let costs = hourCosts(lane, positions, spec, product, rate)
            guard let hours = hours(costs, servedBy: lane.resource, spec, product.id, into: &result) else { continue }
            if keepRuns(hours, spec, product, lane.resource, .sameResource, lane.resource.rawValue, reserved, into: &result) { isServed = true }
        }
        return isServed
    }

    /// Every hour in which a resource has the full quantity, with what it costs there.
    private func hourCosts(
        _ lane: AskLane, _ positions: Range<Int>, _ spec: BidSpec, _ product: Product, _ rate: BasisPoints
    ) -> [HourCost] {
        let quantity = spec.quantity
        var hours: [HourCost] = []
        hours.reserveCapacity(positions.count)
        var last: (ticks: UInt64, cost: Int128, fees: Int128)?
        for position in positions {
            let hour = lane.hour(at: position)
            if let ticks = lane.simple(at: position, quantity) {
                if let last, last.ticks == ticks {
                    hours.append(HourCost(hour: hour, cost: last.cost, fees: last.fees))
                    continue
                }
                let notional = Price(Int64(ticks) &* product.tickSize.rawValue).notional(quantity)
                let fee = FeeSchedule.fee(on: notional, at: rate)
                last = (ticks, Int128(notional.rawValue), Int128(fee.rawValue))
                hours.append(HourCost(hour: hour, cost: Int128(notional.rawValue), fees: Int128(fee.rawValue)))
            } else if lane.mayServe(at: position, quantity), let cost = hourCost(lane, hour, spec, product.id, rate) {
                hours.append(cost)
            }
        }
        return hours
    }

    /// The least that a plan can cost, without fees and with them.
    private struct Floor {
        var cost: Int128
        var total: Int128
    }

    private func bound(_ ticks: UInt64, _ duration: Int, _ spec: BidSpec, _ product: Product, _ rate: BasisPoints) -> Floor {
        guard ticks != .max else { return Floor(cost: .max, total: .max) }
        return bound(sum: ticks &* UInt64(duration), duration, spec, product, rate)
    }

    private func bound(sum: UInt64, _ duration: Int, _ spec: BidSpec, _ product: Product, _ rate: BasisPoints) -> Floor {
        let cost = Int128(sum) * Int128(product.tickSize.rawValue) * Int128(spec.quantity)
        // Each fill's fee is rounded down or, a rebate, toward zero: at most a micro for each unit and hour below the exact one.
        let fees = cost * Int128(rate) / 10_000 - Int128(spec.quantity) * Int128(duration) - 1
        return Floor(cost: cost, total: cost + fees)
    }

    /// Whether a plan that costs no less than a bound could be among those that are kept.
    private func mayImprove(_ floor: Floor, _ spec: BidSpec, _ reserved: Micros?, _ result: BidSearchResult) -> Bool {
        if result.mayKeep(total: floor.total) { return true }
        if let feasible = result.feasible, feasible.total < floor.total { return false }
        if let reserved, floor.cost > Int128(reserved.rawValue) { return false }
        if let limit = spec.limitPrice {
            return floor.cost <= Int128(limit.rawValue) * Int128(spec.quantity) * Int128(spec.durationHours)
        }
        return floor.total <= Int128(spec.maxTotal?.rawValue ?? 0)
    }
}
