import Matching
import Pricing
import Quantities
import Registry

/// What wakes standing bids, and which of them is filled first.
///
/// At the end of every command no standing bid is feasible whose participant may trade. So one that becomes feasible takes asks that
/// came since, and only plans with such asks are looked at: asks that rest, and contracts in which trading was resumed. A bid whose
/// participant may not trade is passed over, and tried everywhere once it may again.
extension Exchange {
    /// Notes an ask that came to rest in a product that is watched, in an hour that lies in somebody's window.
    @inline(never)
    func noteNewAsk(_ order: OrderPlace) {
        guard !order.record.isPending else { return }
        let key = contracts[order.record.contract].key
        guard standing.isWatched(key.product, key.hour) else { return }
        standing.isQuiet = false
        if let last = standing.newAsks.last, last.product == key.product, last.resource == order.record.resource,
            key.hour >= last.first, key.hour - last.last <= 1
        {
            standing.newAsks[standing.newAsks.count - 1].last = max(last.last, key.hour)
            return
        }
        standing.newAsks.append(
            NewAsks(product: key.product, resource: order.record.resource, first: key.hour, last: key.hour))
    }

    /// Notes that trading was resumed: whoever waits for a product concerned is tried, wherever its asks stand.
    func noteResumption(_ scope: TradingScope) {
        guard standing.count > 0 else { return }
        standing.isQuiet = false
        for (rank, place) in standing.order {
            guard let bid = standing[place: place] else { continue }
            switch scope.kind {
            case .market: break
            case .product: guard bid.products.contains(scope.product) else { continue }
            case .contract:
                guard bid.products.contains(scope.contract.product), scope.contract.hour >= bid.spec.earliestStart,
                    scope.contract.hour < bid.spec.latestEnd
                else { continue }
            }
            standing.woken.append(WokenBid(rank: rank, asks: nil))
        }
    }

    /// Notes that a participant may trade again: its bids are tried, wherever asks stand.
    func noteReturn(of participant: ParticipantID) {
        guard standing.count(of: participant) > 0 else { return }
        for (rank, place) in standing.order where standing[place: place]?.participant == participant {
            standing.woken.append(WokenBid(rank: rank, asks: nil))
            standing.isQuiet = false
        }
    }

    /// Fills the first standing bid that the new asks make feasible; false where there is none.
    func fillFirstStandingBid() -> Bool {
        guard !standing.isQuiet else { return false }
        wake()
        while let first = standing.woken.last {
            var best: BidPlan?
            // All that woke this bid together, for the cheapest plan decides.
            while let next = standing.woken.last, next.rank == first.rank {
                standing.woken.removeLast()
                guard let bid = standing[next.rank.id], mayTrade(bid.participant) else { continue }
                let found = if let asks = next.asks { plan(for: bid, with: asks) } else { plan(for: bid) }
                if let plan = found, best.map({ isBetter(plan, than: $0) }) ?? true { best = plan }
            }
            if let best {
                fill(first.rank.id, with: best)
                return true
            }
        }
        standing.isQuiet = true
        return false
    }

    /// Turns new asks into the bids that they may concern, the last to be tried first.
    private func wake() {
        guard !standing.newAsks.isEmpty else { return sortWoken() }
        for asks in standing.newAsks {
            let prospect = prospect(of: asks)
            var wide: WideProspect?
            for watch in standing.watches(of: asks.product) where watch.isConcerned(first: asks.first, last: asks.last) {
                if watch.placement == .sameResource {
                    guard let prospect, prospect.mayServe(watch) else { continue }
                } else if asks.resource.isNone, watch.placement == .sameSite {
                    continue
                } else {
                    let known = wide ?? wideProspect(of: asks)
                    wide = known
                    guard known.mayServe(watch) else { continue }
                }
                standing.woken.append(WokenBid(rank: watch.rank, asks: asks))
            }
        }
        standing.newAsks.removeAll(keepingCapacity: true)
        sortWoken()
    }

    /// What new asks of a resource can do at best: compared with each bid that watches, in a few operations.
    private struct Prospect {
        /// Hours in a row, through the new ones, in which the resource asks for anything.
        var hours: Int32
        /// The most units that a new hour may have.
        var units: Quantity
        /// The cheapest new ask, and the cheapest ask of all its hours: in micros for a device-hour.
        var price: Int64
        var least: Int64

        @inline(__always)
        func mayServe(_ watch: BidWatch) -> Bool {
            guard watch.durationHours <= hours, watch.quantity <= units else { return false }
            // At least one hour is a new one. Prices are at most 10¹² micros, hours fewer than 10⁴.
            let duration = Int64(watch.durationHours)
            return price &+ (duration &- 1) &* least <= (watch.rank.limit &+ 1) &* duration
        }
    }

    private func prospect(of new: NewAsks) -> Prospect? {
        guard !new.resource.isNone else { return nil }
        refreshAsks(of: new.product)
        guard let lane = asks.lane(of: new.product, new.resource) else { return nil }
        let tick = productFacts[Int(new.product.index)].tickSize.rawValue
        var prospect = Prospect(hours: 0, units: 0, price: .max, least: 0)
        guard let run = lane.extent(around: new.first, new.last, atMost: 8_784) else { return nil }
        prospect.hours = run.hours
        prospect.units = run.units
        prospect.price = Int64(run.ticks) &* tick
        prospect.least = Int64(lane.leastTicks) &* tick
        return prospect
    }

    /// The same for bids that several resources may serve: what all asks of the product together can do at best.
    private struct WideProspect {
        /// How far was looked to both sides of the new asks, in hours: longer bids are not judged.
        static let reach: Int32 = 48
        /// Hours in a row in which anything is asked.
        var hours: Int32 = 0
        /// The cheapest ask in an hour of the new ones, old asks included, and in all the hours that were looked at: in micros for a device-hour.
        var price = Int64.max
        var least = Int64.max

        @inline(__always)
        func mayServe(_ watch: BidWatch) -> Bool {
            guard watch.durationHours <= Self.reach else { return true }
            guard watch.durationHours <= hours, price != .max else { return false }
            let duration = Int64(watch.durationHours)
            return price &+ (duration &- 1) &* least <= (watch.rank.limit &+ 1) &* duration
        }
    }

    /// - Complexity: O(hours of the new asks + twice the reach).
    private func wideProspect(of new: NewAsks) -> WideProspect {
        var wide = WideProspect()
        let tick = productFacts[Int(new.product.index)].tickSize.rawValue
        var run: Int32 = 0
        for offset in (1 - WideProspect.reach)..<(new.last - new.first + WideProspect.reach) {
            let hour = new.first + offset
            guard let contract = contracts.index(of: ContractKey(product: new.product, hour: hour)), let ticks = leastAsk(contract) else {
                run = 0
                continue
            }
            run += 1
            wide.hours = max(wide.hours, run)
            wide.least = min(wide.least, ticks &* tick)
            if hour >= new.first, hour <= new.last { wide.price = min(wide.price, ticks &* tick) }
        }
        return wide
    }

    /// The cheapest ask of a contract in ticks, whoever it may serve.
    private func leastAsk(_ contract: Int32) -> Int64? {
        guard let book = contracts[contract].book else { return nil }
        let best = books.best(book, .sell)
        guard let blocks = contracts[contract].blocks, let block = books.best(blocks, .sell) else { return best }
        return min(best ?? block, block)
    }

    /// A standing bid that could be filled now, by trying them all: after a command there is none. For tests.
    package func standingBidThatCouldBeFilled() -> BidID? {
        for (rank, _) in standing.order {
            if let bid = standing[rank.id], mayTrade(bid.participant), plan(for: bid) != nil { return bid.id }
        }
        return nil
    }

    private func sortWoken() {
        if standing.woken.count > 1 { standing.woken.sort { $1.rank < $0.rank } }
    }

    /// Whether a plan goes before another: total, start, product code, resource number.
    private func isBetter(_ plan: BidPlan, than other: BidPlan) -> Bool {
        if plan.total != other.total { return plan.total < other.total }
        if plan.start != other.start { return plan.start < other.start }
        if plan.product != other.product { return catalogue[plan.product].code < catalogue[other.product].code }
        return plan.group < other.group
    }

    /// Whether a standing bid may take a plan: within its limit, and paid for by what it set aside.
    private func mayTake(_ plan: BidPlan, _ bid: StandingBid) -> Bool {
        let reserved = Int128(bid.reserved.rawValue)
        return keepsLimit(plan, bid.spec) && plan.cost <= reserved && plan.total <= reserved
    }

    /// The cheapest plan that a standing bid may take, of all.
    private func plan(for bid: StandingBid) -> BidPlan? {
        var found = BidSearchResult.forBid
        for id in bid.products.sorted(by: { catalogue[$0].code < catalogue[$1].code }) {
            find(bid.spec, catalogue[id], bid.spec.placement ?? .sameResource, bid.participant, reserved: bid.reserved, into: &found)
        }
        return found.feasible
    }

    /// The cheapest plan that a standing bid may take, of those with the new asks.
    private func plan(for bid: StandingBid, with asks: NewAsks) -> BidPlan? {
        let spec = bid.spec
        let placement = spec.placement ?? .sameResource
        guard let group = group(of: asks.resource, placement) else { return nil }
        if placement == .sameResource { refreshAsks(of: asks.product) }
        let product = catalogue[asks.product]
        let rate = fees(of: bid.participant, asks.product).tier.takerFee
        // Runs that hold an hour of the new asks.
        let from = max(spec.earliestStart, max(asks.first, spec.earliestStart) + 1 + -spec.durationHours)
        let to = min(spec.latestEnd, min(asks.last + 1, spec.latestEnd) + (spec.durationHours - 1))
        var run: [HourCost] = []
        var best: BidPlan?
        var isChecked = false
        var hour = from
        let lane = placement == .sameResource ? self.asks.lane(of: asks.product, asks.resource) : nil
        if placement == .sameResource {
            guard let lane, lane.owner != bid.owner, isSold(asks.resource, to: bid.participant), !marketHalted,
                !productFacts[Int(asks.product.index)].isHalted
            else { return nil }
            hour = max(hour, firstOpenHour(of: asks.product))
        }
        while hour < to {
            let key = ContractKey(product: asks.product, hour: hour)
            let cost =
                if !mayServe(key, asks.resource, placement, spec, bid.participant) {
                    HourCost?.none
                } else if let lane {
                    hourCost(lane, hour, spec, asks.product, rate)
                } else {
                    hourCost(spec, key, rate, placement, group, bid.participant)
                }
            if let cost { run.append(cost) } else { run.removeAll(keepingCapacity: true) }
            // An hour that cannot be had before the new asks: runs begin behind it; behind them: there are no more.
            if cost == nil, hour >= asks.last { break }
            if run.count > Int(spec.durationHours) { run.removeFirst() }
            if run.count == Int(spec.durationHours) {
                var plan = BidPlan(product: asks.product, start: run[0].hour)
                plan.placement = placement
                plan.group = group
                plan.resource = placement == .sameResource ? asks.resource : .none
                for hour in run {
                    plan.cost += hour.cost
                    plan.fees += hour.fees
                }
                if mayTake(plan, bid), best.map({ plan.isBetter(than: $0) }) ?? true {
                    if !isChecked {
                        guard placement != .sameResource || exclusions(of: asks.resource, spec, product).isEmpty else { return nil }
                        isChecked = true
                    }
                    best = plan
                }
            }
            hour = hour + 1
        }
        return best
    }

    private func fill(_ id: BidID, with plan: BidPlan) {
        guard let bid = removeStanding(id) else { preconditionFailure("a standing bid is gone") }
        let index = Int(id.rawValue) - 1
        var view = execute(plan, bid.spec, bid.participant, bids[index])
        view.reserved = .zero
        view.closedAt = now
        view.bestAvailable = nil
        view.reason = nil
        bids[index] = view
        emit(.bid(view))
    }
}
