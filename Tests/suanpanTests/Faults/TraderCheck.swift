import Client
import Foundation
import Quantities
import Testing

/// Compares what a server says of one trader with all answers that the trader got.
struct TraderCheck {
    static let makerFeeBps: Int64 = 5
    static let bondBps: Int64 = 3_000
    /// A withdrawal of more than the test ever deposits: it is refused, whenever it is decided.
    static let beyondAll = -Micros.units(1_000_000_000)

    let client: SuanpanClient
    let trader: FaultMarket.Trader
    let requests: [SentRequest]
    let seed: UInt64

    /// - Parameter metered: the contracts that were delivered in full when the others were refunded; nil before that.
    func run(_ metered: Set<String>?) async throws {
        let orders = try await client.orders()
        let trades = try await OwnTrade.all(of: client)
        try checkOrders(orders, trades)
        try checkTrades(trades)
        try await checkRuns()
        try await checkCash(orders, trades, metered)
    }

    private func expect(_ condition: Bool, _ what: @autoclosure () -> String, at location: SourceLocation = #_sourceLocation) {
        #expect(condition, "\(what()), trader \(trader.id), seed \(seed)", sourceLocation: location)
    }

    /// Every order that was ever answered, as the answers showed it, in their order.
    private func answeredOrders() throws -> [(order: Order, trades: [OrderTrade], name: String?)] {
        var found: [(Order, [OrderTrade], String?)] = []
        for request in requests {
            switch request.effect {
            case .order(let name):
                if let result = try request.result(OrderResult.self) { found.append((result.order, result.trades, name)) }
            case .amendment:
                if let result = try request.result(OrderResult.self) { found.append((result.order, result.trades, nil)) }
            case .cancellation:
                if let order = try request.result(Order.self) { found.append((order, [], nil)) }
            case .batch(let names):
                guard let results = try request.result([String: [OrderBatchElement]].self)?["results"] else { continue }
                for (position, element) in results.enumerated() {
                    guard let order = element.order else { continue }
                    found.append((order, element.trades ?? [], names.indices.contains(position) ? names[position] : nil))
                }
            case .cash, .bid, .offer, .offerCancellation: break
            }
        }
        return found
    }

    private func checkOrders(_ orders: [Order], _ trades: [OwnTrade]) throws {
        let byID = Dictionary(grouping: orders, by: \.id)
        expect(byID.count == orders.count, "no order is listed twice")
        let names = orders.compactMap(\.clientOrderId)
        expect(Set(names).count == names.count, "no order was placed twice")

        let answered = try answeredOrders()
        for (then, _, name) in answered {
            guard let now = byID[then.id]?.first else {
                expect(false, "order \(then.id) was acknowledged and is not there")
                continue
            }
            if let name { expect(now.clientOrderId == name, "order \(then.id) is \(name)") }
            expect(now.filledQuantity >= then.filledQuantity, "order \(then.id) has lost fills")
            guard ["filled", "cancelled", "expired"].contains(then.status) else { continue }
            expect(
                now.status == then.status && now.filledQuantity == then.filledQuantity && now.remainingQuantity == 0,
                "order \(then.id) was \(then.status) and is \(now.status)")
        }
        // What is there beyond the acknowledged ones was asked for, by a request that got no answer.
        let open = requests.filter { $0.answer == nil }.flatMap { request -> [String] in
            switch request.effect {
            case .order(let name): [name]
            case .batch(let names): names
            default: []
            }
        }
        let beyond = Set(names).subtracting(answered.compactMap(\.name))
        expect(beyond.isSubset(of: open), "nobody asked for \(beyond.subtracting(open))")

        let fills = Dictionary(grouping: trades, by: { $0.orderId ?? "" })
        for order in orders {
            let filled = (fills[order.id] ?? []).reduce(0) { $0 + $1.quantity }
            expect(filled == order.filledQuantity, "order \(order.id) has \(order.filledQuantity) filled, its trades \(filled)")
        }
    }

    private func checkTrades(_ trades: [OwnTrade]) throws {
        let byID = Dictionary(grouping: trades, by: \.id)
        expect(byID.count == trades.count, "no trade is listed twice")
        let bids = try requests.compactMap { request in
            if case .bid = request.effect { try request.result(Client.Bid.self) } else { nil }
        }
        let answered = try answeredOrders().flatMap(\.trades) + bids.flatMap { ($0.legs ?? []).flatMap { $0.trades ?? [] } }
        for then in answered {
            let now = byID[then.id]?.first
            expect(
                now?.price == then.price && now?.quantity == then.quantity && now?.fee == then.fee,
                "trade \(then.id) is not as it was acknowledged")
        }
    }

    /// Bids and offers: the acknowledged ones, and others only where an answer is missing.
    private func checkRuns() async throws {
        var acknowledged: Set<String> = []
        var open = 0
        for request in requests {
            switch request.effect {
            case .bid:
                if let bid = try request.result(Client.Bid.self) { acknowledged.insert(bid.id) }
            case .offer:
                if let offer = try request.result(Client.Offer.self) { acknowledged.insert(offer.id) }
            default: continue
            }
            if request.answer == nil { open += 1 }
        }
        let found = trader.resource == nil ? try await client.bids().map(\.id) : try await client.offers().map(\.id)
        expect(acknowledged.isSubset(of: found), "\(acknowledged.subtracting(found)) were acknowledged and are not there")
        expect(found.count <= acknowledged.count + open, "\(found.count) runs, \(acknowledged.count) acknowledged, \(open) open")
    }

    /// Cash to the micro: what came in, less what went out, less what trades put into escrow or paid.
    private func checkCash(_ orders: [Order], _ trades: [OwnTrade], _ metered: Set<String>?) async throws {
        let isProvider = trader.resource != nil
        var acknowledged = Micros.zero
        var openIn = Micros.zero
        var openOut = Micros.zero
        for request in requests {
            guard case .cash(let amount) = request.effect else { continue }
            if let answer = request.answer {
                if answer.status == 201 { acknowledged += amount }
            } else if amount > .zero {
                openIn += amount
            } else if amount > Self.beyondAll {
                openOut += amount
            }
        }
        var gained = Micros.zero
        var escrow = Micros.zero
        for trade in trades {
            let stake = isProvider ? bond(trade.notional) : trade.notional + trade.fee
            if let metered {
                guard metered.contains(trade.contract) else { continue }
                gained += isProvider ? trade.notional - trade.fee : -stake
            } else {
                gained -= stake
                escrow += stake
            }
        }
        let balance = try await client.balances().first { $0.currency == "USD" }
        guard let balance else { return expect(false, "there is no balance") }
        let own = balance.total - gained
        expect(
            own >= acknowledged + openOut && own <= acknowledged + openIn,
            "\(own) was paid in and not out, the answers say \(acknowledged)")
        expect(balance.inEscrow == escrow, "\(balance.inEscrow) is in escrow, the trades say \(escrow)")
        expect(balance.total == balance.available + balance.reserved && balance.available >= .zero, "\(balance)")
        let reserved = orders.reduce(Micros.zero) { $0 + reservation($1) }
        expect(balance.reserved == reserved, "\(balance.reserved) is reserved, the open orders say \(reserved)")
    }

    /// What an open order sets aside; nothing for a closed one.
    private func reservation(_ order: Order) -> Micros {
        guard order.remainingQuantity > 0, let price = order.price else { return .zero }
        let notional = Micros(price.rawValue * Int64(order.remainingQuantity))
        return trader.resource == nil ? notional + share(notional, Self.makerFeeBps) : bond(notional)
    }

    private func bond(_ notional: Micros) -> Micros { share(notional, Self.bondBps) }
    private func share(_ amount: Micros, _ rate: Int64) -> Micros { Micros(amount.rawValue * rate / 10_000) }
}
