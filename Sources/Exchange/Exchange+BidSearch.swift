import Matching
import Pricing
import Quantities
import Registry

/// Something that could serve a whole bid: a product from a start on, with what holds together.
struct BidPlan: Equatable {
    var product: ProductID
    var start: Hour
    /// The resource that serves all of it; none where several do.
    var resource = ResourceID.none
    var placement = Placement.sameResource
    /// The number of what holds together: a resource, a site's first resource, or 0 for anything.
    var group: Int64 = 0
    var cost: Int128 = 0
    var fees: Int128 = 0

    var total: Int128 { cost + fees }

    /// Whether it goes before another, as far as total and start decide.
    func isBetter(than other: BidPlan) -> Bool { total == other.total ? start < other.start : total < other.total }
}

/// Units of one resting sell that a plan takes.
struct PlannedFill {
    var contract: Int32
    var slot: OrderSlot
    var price: Price
    var quantity: Quantity
}

/// What one placement pays for the full quantity in one hour.
struct HourCost {
    var hour: Hour
    var cost: Int128
    var fees: Int128
}

/// The best plans found, the cheapest first, and why the rest was not considered.
struct BidSearchResult {
    private(set) var plans: [BidPlan] = []
    /// The cheapest that keeps the bid's limit: where fees differ it need not be the cheapest of all.
    private(set) var feasible: BidPlan?
    /// The products that may serve the bid, in the order of their codes.
    var eligible: [ProductID] = []
    var excluded: [ExclusionView] = []
    var currency: Currency?
    /// Whether everything that meets the requirements trades in another currency than the bid names.
    var isCurrencyMismatch = false
    /// Whether everything that meets the requirements is for buyers of other countries.
    var isBuyerRefused = false

    /// The most plans kept.
    let limit: Int
    /// Whether every product and resource that cannot serve is named with its reason.
    let wantsReasons: Bool

    /// For a bid: only the best plan, and no reasons.
    static var forBid: BidSearchResult { BidSearchResult(limit: 1, wantsReasons: false) }
    /// For a quote: ten more plans beside the best, and all reasons.
    static var forQuote: BidSearchResult { BidSearchResult(limit: 11, wantsReasons: true) }

    private init(limit: Int, wantsReasons: Bool) {
        self.limit = limit
        self.wantsReasons = wantsReasons
    }

    /// Whether a plan of this total could be among those kept.
    func mayKeep(total: Int128) -> Bool { plans.count < limit || (plans.last.map { total <= $0.total } ?? false) }

    /// Keeps a plan if it is among the best. Of equal ones the first stays in front: products are visited in the order of
    /// their codes, resources by number.
    mutating func keep(_ plan: BidPlan, keepsLimit: Bool) {
        if keepsLimit, feasible.map({ plan.isBetter(than: $0) }) ?? true { feasible = plan }
        var position = plans.count
        while position > 0, plan.isBetter(than: plans[position - 1]) { position -= 1 }
        guard position < limit else { return }
        plans.insert(plan, at: position)
        if plans.count > limit { plans.removeLast() }
    }

    /// Notes why a product cannot serve, where somebody wants to know.
    mutating func exclude(_ product: ProductID, _ reason: String, _ detail: () -> String) {
        guard wantsReasons else { return }
        exclude(product, [ExclusionReasonView(reason, detail())])
    }

    /// Notes all reasons why a product, or one resource in it, cannot serve.
    mutating func exclude(_ product: ProductID, resource: ResourceID? = nil, _ reasons: [ExclusionReasonView]) {
        guard let view = ExclusionView(product: product, resourceID: resource, reasons) else { return }
        excluded.append(view)
    }
}

extension Exchange {
    /// The best plans over products, starts and placements, the cheapest total first; ties: earlier start, product code,
    /// resource number. MARKET.md section 4.
    ///
    /// - Complexity: on single resources a word for each hour of the window in which one of them asks (`Exchange+AskIndex.swift`); else one
    ///   pass over the asks of every eligible contract in the window.
    func search(
        _ spec: BidSpec, for buyer: ParticipantID, _ empty: BidSearchResult = .forBid
    ) throws(Refusal) -> BidSearchResult {
        try catalogue.checkNames(in: spec.requirements)
        var result = empty
        var eligible: [Product] = []
        let placement = spec.placement ?? .sameResource
        // With `same_resource` the resources' own facts count, not what the grade guarantees.
        let asked = placement == .sameResource && spec.fill == .whole ? spec.requirements.ofClassAndPlace : spec.requirements
        for product in catalogue.products {
            let isOtherCurrency = spec.currency.map { $0 != product.currency } ?? false
            if !admits(asked, product.id, spec) {
                // Noted below, with everything else that stands against it.
            } else if isOtherCurrency {
                result.isCurrencyMismatch = true
            } else if !isFor(buyer, product.id) {
                result.isBuyerRefused = true
            } else if spec.quantity % product.lotSize == 0 {
                eligible.append(product)
                continue
            }
            if result.wantsReasons { result.exclude(product.id, reasonsAgainst(product, spec, asked, buyer)) }
        }
        result.currency = try oneCurrency(of: eligible, named: spec.currency)
        result.isCurrencyMismatch = result.isCurrencyMismatch && eligible.isEmpty
        result.isBuyerRefused = result.isBuyerRefused && eligible.isEmpty
        eligible.sort { $0.code < $1.code }
        result.eligible = eligible.map(\.id)
        for product in eligible { find(spec, product, placement, buyer, into: &result) }
        return result
    }

    private func oneCurrency(of products: [Product], named: Currency?) throws(Refusal) -> Currency? {
        guard named == nil, let first = products.first else { return named }
        for product in products where product.currency != first.currency {
            throw .invalid("currency", "eligible products trade in \(first.currency) and \(product.currency); name one")
        }
        return first.currency
    }

    /// All plans of one product.
    ///
    /// - Parameter reserved: what a standing bid set aside; no plan may cost more.
    func find(
        _ spec: BidSpec, _ product: Product, _ placement: Placement, _ buyer: ParticipantID, reserved: Micros? = nil,
        into result: inout BidSearchResult
    ) {
        let from = earliestStart(of: spec, in: product.id)
        guard isTradable(product.id, from: from, to: spec.latestEnd) else {
            result.exclude(product.id, "market_closed") { "no hour of the window can be traded" }
            return
        }
        let excluded = result.excluded.count
        let first = max(from, firstOpenHour(of: product.id))
        let isServed =
            switch placement {
            case .sameResource: findOnResources(spec, product, from: first, buyer, reserved, into: &result)
            case .sameSite: findAtSites(spec, product, from: first, buyer, reserved, into: &result)
            case .any: findAnywhere(spec, product, from: first, buyer, reserved, into: &result)
            }
        if !isServed, result.wantsReasons, result.excluded.count == excluded {
            let most = mostCertified(spec, [product.id])
            if Int64(spec.quantity) > most {
                result.exclude(product.id, BidReason.exceedsCertifiedUnits.rawValue) { "at most \(most) units were ever certified together" }
            } else {
                result.exclude(product.id, BidReason.notEnoughUnits.rawValue) {
                    "no \(spec.durationHours) hours in a row have \(spec.quantity) units for sale together"
                }
            }
        }
    }

    /// The runs of hours in which all asks of a product together have the units.
    private func findAnywhere(
        _ spec: BidSpec, _ product: Product, from first: Hour, _ buyer: ParticipantID, _ reserved: Micros?,
        into result: inout BidSearchResult
    ) -> Bool {
        let rate = fees(of: buyer, product.id).tier.takerFee
        var hours: [HourCost] = []
        var hour = first
        while hour < spec.latestEnd {
            let key = ContractKey(product: product.id, hour: hour)
            if isAdmitted(spec, .any, key, buyer), let cost = hourCost(spec, key, rate, .any, 0, buyer) { hours.append(cost) }
            hour = hour + 1
        }
        return keepRuns(hours, spec, product, .none, .any, 0, reserved, into: &result)
    }

    /// The same for each site.
    private func findAtSites(
        _ spec: BidSpec, _ product: Product, from first: Hour, _ buyer: ParticipantID, _ reserved: Micros?,
        into result: inout BidSearchResult
    ) -> Bool {
        // By site: the hours in which it can serve the full quantity, ascending.
        var costs: [Int64: [HourCost]] = [:]
        var seen: [Int64] = []
        var hour = first
        while hour < spec.latestEnd {
            let key = ContractKey(product: product.id, hour: hour)
            for (group, cost) in siteCosts(spec, key, product, buyer) where isAdmitted(spec, .sameSite, key, buyer) {
                if costs[group] == nil { seen.append(group) }
                costs[group, default: []].append(cost)
            }
            hour = hour + 1
        }
        var isServed = false
        for group in seen.sorted() where keepRuns(costs[group] ?? [], spec, product, .none, .sameSite, group, reserved, into: &result) {
            isServed = true
        }
        return isServed
    }

    /// The runs of `duration` hours in a row among a placement's hours; whether there is one.
    func keepRuns(
        _ hours: [HourCost], _ spec: BidSpec, _ product: Product, _ resource: ResourceID, _ placement: Placement,
        _ group: Int64, _ reserved: Micros?, into result: inout BidSearchResult
    ) -> Bool {
        var isServed = false
        let duration = Int(spec.durationHours)
        var first = 0
        var cost: Int128 = 0
        var fees: Int128 = 0
        for last in hours.indices {
            if last > first, hours[last].hour - hours[last - 1].hour != 1 {
                first = last
                cost = 0
                fees = 0
            }
            cost += hours[last].cost
            fees += hours[last].fees
            if last - first + 1 > duration {
                cost -= hours[first].cost
                fees -= hours[first].fees
                first += 1
            }
            guard last - first + 1 == duration else { continue }
            var plan = BidPlan(product: product.id, start: hours[first].hour)
            plan.resource = resource
            plan.cost = cost
            plan.fees = fees
            plan.group = group
            plan.placement = placement
            var isFeasible = keepsLimit(plan, spec)
            if let reserved, max(plan.cost, plan.total) > Int128(reserved.rawValue) { isFeasible = false }
            result.keep(plan, keepsLimit: isFeasible)
            isServed = true
        }
        return isServed
    }

    /// By site what the full quantity costs in one hour; sites that have too little are left out.
    private func siteCosts(
        _ spec: BidSpec, _ key: ContractKey, _ product: Product, _ buyer: ParticipantID
    ) -> [(Int64, HourCost)] {
        guard let index = contracts.index(of: key), contracts[index].book != nil, now < contracts[index].gateTime, !isHalted(key)
        else { return [] }
        let owner = owner(of: buyer)
        var groups: [(group: Int64, left: Quantity, cost: HourCost)] = []
        var positions: [Int64: Int] = [:]
        let rate = fees(of: buyer, key.product).tier.takerFee
        forEachAsk(index, spec) { slot in
            let order = books.order(slot)
            guard order.owner != owner, isForSale(slot, to: buyer, in: index), let group = group(of: slot, .sameSite)
            else { return true }
            let position = positions[group] ?? groups.count
            if position == groups.count {
                groups.append((group, spec.quantity, HourCost(hour: key.hour, cost: 0, fees: 0)))
                positions[group] = position
            }
            guard groups[position].left > 0 else { return true }
            let part = spec.part(of: order.remaining, groups[position].left)
            guard part > 0 else { return true }
            groups[position].left -= part
            let notional = price(atTicks: order.price, key.product).notional(part)
            groups[position].cost.cost += Int128(notional.rawValue)
            groups[position].cost.fees += Int128(FeeSchedule.fee(on: notional, at: rate).rawValue)
            return true
        }
        return groups.filter { $0.left == 0 }.map { ($0.group, $0.cost) }
    }

    /// What the full quantity costs in one hour where one placement's asks count; nil where it has too little, or there is no trading.
    func hourCost(
        _ spec: BidSpec, _ key: ContractKey, _ rate: BasisPoints, _ placement: Placement, _ group: Int64, _ buyer: ParticipantID
    ) -> HourCost? {
        guard let index = contracts.index(of: key), contracts[index].book != nil, now < contracts[index].gateTime, !isHalted(key)
        else { return nil }
        let owner = owner(of: buyer)
        var left = spec.quantity
        var cost = HourCost(hour: key.hour, cost: 0, fees: 0)
        forEachAsk(index, spec) { slot in
            let order = books.order(slot)
            guard order.owner != owner, isForSale(slot, to: buyer, in: index), self.group(of: slot, placement) == group
            else { return true }
            let part = spec.part(of: order.remaining, left)
            guard part > 0 else { return true }
            left -= part
            let notional = price(atTicks: order.price, key.product).notional(part)
            cost.cost += Int128(notional.rawValue)
            cost.fees += Int128(FeeSchedule.fee(on: notional, at: rate).rawValue)
            return left > 0
        }
        return left == 0 ? cost : nil
    }

    /// What an ask belongs to under a placement: its resource, its site, or everything. Resales stand on several
    /// resources and serve `any` alone.
    private func group(of slot: OrderSlot, _ placement: Placement) -> Int64? { group(of: orders[slot].resource, placement) }

    func group(of id: ResourceID, _ placement: Placement) -> Int64? {
        switch placement {
        case .any: return 0
        case .sameResource: return id.isNone ? nil : id.rawValue
        case .sameSite:
            return id.isNone ? nil : resources.siteLeader(of: id).rawValue
        }
    }

    /// The fills of a plan: in every hour the placement's asks, best price first, then oldest.
    func fills(of plan: BidPlan, _ spec: BidSpec, for buyer: ParticipantID) -> [PlannedFill] {
        var fills: [PlannedFill] = []
        let owner = owner(of: buyer)
        for offset in 0..<spec.durationHours {
            let key = ContractKey(product: plan.product, hour: plan.start + offset)
            guard let index = contracts.index(of: key) else { continue }
            var left = spec.quantity
            forEachAsk(index, spec) { slot in
                let order = books.order(slot)
                guard order.owner != owner, isForSale(slot, to: buyer, in: index), group(of: slot, plan.placement) == plan.group
                else { return true }
                let part = spec.part(of: order.remaining, left)
                guard part > 0 else { return true }
                fills.append(PlannedFill(contract: index, slot: slot, price: price(atTicks: order.price, key.product), quantity: part))
                left -= part
                return left > 0
            }
            precondition(left == 0, "a plan that the book cannot fill")
        }
        return fills
    }

    /// Whether a plan keeps the bid's limit: the average without fees, or the total with them.
    func keepsLimit(_ plan: BidPlan, _ spec: BidSpec) -> Bool {
        if let limit = spec.limitPrice {
            return plan.cost <= Int128(limit.rawValue) * Int128(spec.quantity) * Int128(spec.durationHours)
        }
        return plan.total <= Int128(spec.maxTotal?.rawValue ?? 0)
    }
}

extension BidSpec {
    /// What a plan takes of an ask: where devices stand together in nodes, and the bid asks for whole ones, no node is divided between
    /// resources.
    @inline(__always)
    func part(of units: Quantity, _ left: Quantity) -> Quantity {
        let part = min(units, left)
        guard let node = nodeSize else { return part }
        return part - part % node
    }

    /// The devices of a node, where the bid takes several resources and whole nodes of them.
    var nodeSize: Quantity? {
        guard let node = requirements.devicesPerNode, placement == .sameSite || placement == .any, fill == .whole, node > 1, quantity % node == 0
        else { return nil }
        return node
    }
}

extension Requirements {
    /// Only what is asked of the class and the place: what a product shows without its resources.
    var ofClassAndPlace: Requirements {
        var part = Requirements()
        part.products = products
        part.classes = classes
        part.zones = zones
        part.countries = countries
        part.minMemoryGigabytes = minMemoryGigabytes
        part.minBF16Tflops = minBF16Tflops
        part.abi = abi
        part.minFP64Tflops = minFP64Tflops
        part.fromZone = fromZone
        part.maxRTTMilliseconds = maxRTTMilliseconds
        part.datasetGigabytes = datasetGigabytes
        return part
    }
}
