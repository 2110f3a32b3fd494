import Exchange
import Matching
import Quantities
import Registry
import TestSupport

/// What a whole bid should do, found by trying everything: the slow twin of the exchange's search.
///
/// It knows only what anybody could read from the orders: all of them, one by one.
struct NaiveBidSearch {
    /// One order that stands for sale.
    struct Ask {
        var id: OrderID
        var contract: ContractKey
        var price: Price
        var remaining: Quantity
        /// None for a resale.
        var resource: ResourceID?
        var owner: ParticipantID
        /// Of a block: the least that a bid must take. 0 of others.
        var minHours: Int32
        var minQuantity: Quantity
        var isBlock: Bool { minHours > 0 || minQuantity > 0 }
    }

    /// Part of an ask that a plan takes.
    struct Fill: Equatable {
        var contract: ContractKey
        var price: Price
        var quantity: Quantity
    }

    struct Plan {
        var product: ProductID
        var code: String
        var start: Hour
        var resource: ResourceID?
        var cost: Int64
        var fees: Int64
        var fills: [Fill]
    }

    /// Where asks stand behind each other, as somebody sees who looks after every command: who came to rest since the last look stands behind
    /// all others, and of several the one that was accepted first goes first.
    final class Places {
        private var places: [OrderID: Int] = [:]

        /// Notes the asks that rest now.
        func look(at asks: [Ask]) {
            for id in asks.map(\.id).sorted() where places[id] == nil { places[id] = places.count + lost }
        }

        /// An ask went to the back.
        func lose(_ id: OrderID) {
            if places.removeValue(forKey: id) != nil { lost += 1 }
        }

        func place(of ask: Ask) -> Int { places[ask.id] ?? .max }
        private var lost = 0
    }

    var market: Market
    var asks: [Ask]
    /// Contracts with asks in which nothing can be traded now.
    private var stopped: Set<ContractKey> = []

    /// - Parameter places: where orders may lose their place; else they stand as they were accepted.
    init(_ market: Market, _ places: Places? = nil) {
        self.market = market
        var found: [Ask] = []
        for participant in market.exchange.participants(after: ParticipantID(0), limit: .max) {
            for order in market.exchange.orders(of: participant.id, status: nil, contract: nil, after: OrderID(0), limit: .max)
            where order.side == .sell && (order.status == .open || order.status == .partiallyFilled) {
                let offer = order.offerID.flatMap { market.exchange.offer($0) }
                found.append(
                    Ask(
                        id: order.id, contract: order.contract, price: order.price ?? Price(), remaining: order.remainingQuantity,
                        resource: order.resourceID, owner: participant.ownerID, minHours: offer?.minHours ?? 0, minQuantity: offer?.minQuantity ?? 0))
            }
        }
        places?.look(at: found)
        // Price, blocks last, then time.
        asks = found.sorted {
            if $0.price != $1.price { return $0.price < $1.price }
            guard $0.isBlock == $1.isBlock else { return $1.isBlock }
            guard let places else { return $0.id < $1.id }
            return places.place(of: $0) < places.place(of: $1)
        }
        for contract in Set(found.map(\.contract)) where market.exchange.contract(contract)?.status != .open { stopped.insert(contract) }
    }

    /// The cheapest plan that keeps the limit; where none does, the cheapest.
    func best(_ spec: BidSpec, for buyer: ParticipantID) -> Plan? {
        let plans = plans(spec, for: buyer)
        return Self.cheapest(plans.filter { keepsLimit($0, spec) }) ?? Self.cheapest(plans)
    }

    /// All plans there are.
    func plans(_ spec: BidSpec, for buyer: ParticipantID) -> [Plan] {
        let owner = market.exchange.participant(buyer)?.ownerID
        var plans: [Plan] = []
        for product in market.exchange.catalogue.products where admits(spec, product) {
            var start = spec.earliestStart
            while spec.latestEnd - start >= spec.durationHours {
                for group in groups(spec.placement ?? .sameResource) {
                    if let plan = plan(spec, product, start, group, owner) { plans.append(plan) }
                }
                start = start + 1
            }
        }
        return plans
    }

    /// The cheapest; ties: earlier start, product code, resource number.
    static func cheapest(_ plans: [Plan]) -> Plan? { plans.min { isBetter($0, $1) } }

    static func isBetter(_ left: Plan, _ right: Plan) -> Bool {
        if left.cost + left.fees != right.cost + right.fees { return left.cost + left.fees < right.cost + right.fees }
        if left.start != right.start { return left.start < right.start }
        if left.code != right.code { return left.code < right.code }
        return (left.resource?.rawValue ?? 0) < (right.resource?.rawValue ?? 0)
    }

    private func admits(_ spec: BidSpec, _ product: Product) -> Bool {
        if let products = spec.requirements.products, !products.contains(product.code) { return false }
        if let classes = spec.requirements.classes, !classes.contains(product.computeClass) { return false }
        if let zones = spec.requirements.zones, !zones.contains(product.zone) { return false }
        // In these markets nodes stand where the grade says so, and nowhere else.
        if spec.requirements.devicesPerNode != nil, product.grade == Grade.standardCode { return false }
        return spec.currency == nil || spec.currency == product.currency
    }

    /// What holds together under a placement: the resources of each group, nil for everything, resales included.
    private func groups(_ placement: Placement) -> [[ResourceID]?] {
        let all = market.exchange.resources(provider: nil, after: ResourceID(0), limit: .max)
        switch placement {
        case .any: return [nil]
        case .sameResource: return all.map { [$0.id] }
        case .sameSite:
            var sites: [[ResourceID]] = []
            for first in all {
                let site = all.filter { $0.isAtSiteOf(first) }.map(\.id)
                if !sites.contains(site) { sites.append(site) }
            }
            return sites
        }
    }

    private func plan(_ spec: BidSpec, _ product: Product, _ start: Hour, _ group: [ResourceID]?, _ owner: ParticipantID?) -> Plan? {
        var plan = Plan(product: product.id, code: product.code, start: start, resource: nil, cost: 0, fees: 0, fills: [])
        if (spec.placement ?? .sameResource) == .sameResource { plan.resource = group?.first }
        // Over several resources whole nodes are taken, where the bid asks for some.
        var node: Quantity = 1
        if let asked = spec.requirements.devicesPerNode, plan.resource == nil, spec.quantity % Quantity(asked) == 0 { node = Quantity(asked) }
        for offset in 0..<spec.durationHours {
            let contract = ContractKey(product: product.id, hour: start + offset)
            guard !stopped.contains(contract) else { return nil }
            var left = spec.quantity
            for ask in asks where ask.contract == contract && ask.owner != owner && left > 0 {
                guard ask.minHours <= spec.durationHours, ask.minQuantity <= spec.quantity else { continue }
                if let group {
                    guard let resource = ask.resource, group.contains(resource) else { continue }
                }
                let part = min(left, ask.remaining) / node * node
                guard part > 0 else { continue }
                left -= part
                let notional = ask.price.rawValue * Int64(part)
                plan.cost += notional
                plan.fees += notional * Int64(product.takerFee) / 10_000
                plan.fills.append(Fill(contract: contract, price: ask.price, quantity: part))
            }
            guard left == 0 else { return nil }
        }
        return plan
    }

    func keepsLimit(_ plan: Plan, _ spec: BidSpec) -> Bool {
        if let limit = spec.limitPrice { return plan.cost <= limit.rawValue * Int64(spec.quantity) * Int64(spec.durationHours) }
        return plan.cost + plan.fees <= spec.maxTotal?.rawValue ?? 0
    }
}
