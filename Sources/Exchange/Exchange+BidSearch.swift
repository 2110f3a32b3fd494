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

    /// The most plans kept: the best, and the ten that a quote shows beside it.
    static let limit = 11

    /// Keeps a plan if it is among the best. Of equal ones the first stays in front: products are visited in the order of
    /// their codes, resources by number.
    mutating func keep(_ plan: BidPlan, keepsLimit: Bool) {
        if keepsLimit, feasible.map({ plan.isBetter(than: $0) }) ?? true { feasible = plan }
        var position = plans.count
        while position > 0, plan.isBetter(than: plans[position - 1]) { position -= 1 }
        guard position < Self.limit else { return }
        plans.insert(plan, at: position)
        if plans.count > Self.limit { plans.removeLast() }
    }
}

extension Exchange {
    /// The best plans over products, starts and placements, the cheapest total first; ties: earlier start, product code,
    /// resource number. MARKET.md section 4.
    ///
    /// - Complexity: one pass over the asks of every eligible contract in the window.
    func search(_ spec: BidSpec, for buyer: ParticipantID) throws(Refusal) -> BidSearchResult {
        try catalogue.checkNames(in: spec.requirements)
        var result = BidSearchResult()
        var eligible: [Product] = []
        let placement = spec.placement ?? .sameResource
        for product in catalogue.products {
            // With `same_resource` the resources' own facts count, not what the grade guarantees.
            let asked = placement == .sameResource && spec.fill == .whole ? spec.requirements.ofClassAndPlace : spec.requirements
            let reasons = Eligibility.exclusions(asked, Eligibility.Candidate(product.id, in: catalogue))
            if let first = reasons.first {
                result.excluded.append(
                    ExclusionView(product: product.id, resourceID: nil, reason: first.reason.rawValue, detail: first.detail))
            } else if let currency = spec.currency, currency != product.currency {
                let detail = "the product trades in \(product.currency)"
                result.excluded.append(
                    ExclusionView(product: product.id, resourceID: nil, reason: "currency_mismatch", detail: detail))
            } else if !isFor(buyer, product.id) {
                let detail = "the product is for buyers of other countries"
                result.excluded.append(
                    ExclusionView(
                        product: product.id, resourceID: nil, reason: ExclusionReason.buyerNotEligible.rawValue, detail: detail))
            } else if spec.quantity % product.lotSize != 0 {
                let detail = "\(spec.quantity) is no multiple of the lot \(product.lotSize)"
                result.excluded.append(
                    ExclusionView(
                        product: product.id, resourceID: nil, reason: RefusalCode.quantityOffLot.rawValue, detail: detail))
            } else {
                eligible.append(product)
            }
        }
        result.currency = try oneCurrency(of: eligible, named: spec.currency)
        result.isBuyerRefused = eligible.isEmpty && result.excluded.contains { $0.reason == "buyer_not_eligible" }
        result.isCurrencyMismatch = eligible.isEmpty && result.excluded.contains { $0.reason == "currency_mismatch" }
        eligible.sort { $0.code < $1.code }
        result.eligible = eligible.map(\.id)
        for product in eligible {
            find(spec, product, placement, buyer, into: &result)
        }
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
        // Per placement: the hours in which it can serve the full quantity, ascending.
        var costs: [Int64: [HourCost]] = [:]
        var seen: [Int64] = []
        var hour = max(earliestStart(of: spec, in: product.id), Hour(containing: now))
        var isTradable = false
        while hour < spec.latestEnd {
            let key = ContractKey(product: product.id, hour: hour)
            if isListed(key), now < gateTime(key), !isHalted(key), isAdmitted(spec, placement, key, buyer) {
                isTradable = true
                for (group, cost) in hourCosts(spec, key, product, placement, buyer) {
                    if costs[group] == nil { seen.append(group) }
                    costs[group, default: []].append(cost)
                }
            }
            hour = hour + 1
        }
        guard isTradable else {
            result.excluded.append(
                ExclusionView(
                    product: product.id, resourceID: nil, reason: "market_closed", detail: "no hour of the window can be traded"))
            return
        }
        var isServed = false
        for group in seen.sorted() {
            let resource = placement == .sameResource ? ResourceID(group) : .none
            if placement == .sameResource, let exclusion = exclusion(of: resource, spec, product) {
                result.excluded.append(exclusion)
                continue
            }
            guard let hours = hours(costs[group] ?? [], servedBy: resource, spec, product.id, into: &result) else { continue }
            if keepRuns(hours, spec, product, resource, placement, group, reserved, into: &result) { isServed = true }
        }
        if !isServed, !result.excluded.contains(where: { $0.product == product.id }) {
            result.excluded.append(
                ExclusionView(
                    product: product.id, resourceID: nil, reason: "not_enough_units",
                    detail: "no \(spec.durationHours) hours in a row have \(spec.quantity) units for sale together"))
        }
    }

    func exclusion(of id: ResourceID, _ spec: BidSpec, _ product: Product) -> ExclusionView? {
        guard let resource = resource(id) else { return nil }
        var candidate = Eligibility.Candidate(product.id, in: catalogue, resource: resource)
        if spec.requirements.minReliability != nil { candidate.reliability = reliability(of: resource.providerID).deliveredShare }
        let reasons = Eligibility.exclusions(spec.requirements, candidate)
        guard let first = reasons.first else { return nil }
        return ExclusionView(product: product.id, resourceID: id, reason: first.reason.rawValue, detail: first.detail)
    }

    /// The runs of `duration` hours in a row among a placement's hours; whether there is one.
    private func keepRuns(
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

    /// Per placement what the full quantity costs in one hour; placements that have too little are left out.
    private func hourCosts(
        _ spec: BidSpec, _ key: ContractKey, _ product: Product, _ placement: Placement, _ buyer: ParticipantID
    ) -> [(Int64, HourCost)] {
        guard let index = contracts.index(of: key), let book = contracts[index].book else { return [] }
        var groups: [(group: Int64, left: Quantity, cost: HourCost)] = []
        var positions: [Int64: Int] = [:]
        let owner = owner(of: buyer)
        let rate = fees(of: buyer, key.product).tier.takerFee
        books.forEachOrder(book, .sell) { slot in
            let order = books.order(slot)
            guard order.owner != owner, isForSale(slot, to: buyer, in: index), let group = group(of: slot, placement)
            else { return true }
            let position = positions[group] ?? groups.count
            if position == groups.count {
                groups.append((group, spec.quantity, HourCost(hour: key.hour, cost: 0, fees: 0)))
                positions[group] = position
            }
            guard groups[position].left > 0 else { return true }
            let part = min(order.remaining, groups[position].left)
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
        _ quantity: Quantity, _ key: ContractKey, _ rate: BasisPoints, _ placement: Placement, _ group: Int64, _ buyer: ParticipantID
    ) -> HourCost? {
        guard let index = contracts.index(of: key), let book = contracts[index].book, now < contracts[index].gateTime, !isHalted(key)
        else { return nil }
        var left = quantity
        let owner = owner(of: buyer)
        var cost = HourCost(hour: key.hour, cost: 0, fees: 0)
        books.forEachOrder(book, .sell) { slot in
            let order = books.order(slot)
            guard order.owner != owner, isForSale(slot, to: buyer, in: index), self.group(of: slot, placement) == group
            else { return true }
            let part = min(order.remaining, left)
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
            guard let index = contracts.index(of: key), let book = contracts[index].book else { continue }
            var left = spec.quantity
            books.forEachOrder(book, .sell) { slot in
                let order = books.order(slot)
                guard order.owner != owner, isForSale(slot, to: buyer, in: index), group(of: slot, plan.placement) == plan.group
                else { return true }
                let part = min(order.remaining, left)
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
