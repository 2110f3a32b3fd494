import Client
import Foundation
import Quantities
import TestSupport

/// Tells clients when to stop.
protocol TrafficGuide: Sendable {
    /// Whether no further request shall be sent.
    var isOver: Bool { get }
    /// Hears of an answer.
    func noteAnswer() async throws
    /// Hears of a request that got none; answers whether the client sends another.
    func goesOnAfterFailure() -> Bool
}

/// One client that sends a request, waits for its answer and sends the next.
struct FaultTraffic {
    let market: FaultMarket
    let trader: Int
    /// Begins the name of every request.
    let prefix: String
    private var generator: SeededGenerator
    private var orders: [String] = []
    private var offers: [String] = []

    init(market: FaultMarket, trader: Int, prefix: String, seed: UInt64) {
        self.market = market
        self.trader = trader
        self.prefix = prefix
        generator = SeededGenerator(seed: seed)
    }

    /// Lets many clients trade at once, each with a generator of its own.
    ///
    /// - Returns: everything that they sent.
    static func run(
        _ market: FaultMarket, clients: Int, prefix: String, seed: UInt64, at url: String, until guide: some TrafficGuide
    ) async throws -> [SentRequest] {
        var generator = SeededGenerator(seed: seed)
        let seeds = (0..<clients).map { _ in generator.next() }
        return try await SuanpanClient.withConnections(clients, to: url, retry: .never) { client in
            try await withThrowingTaskGroup(of: [SentRequest].self) { group in
                for (number, seed) in seeds.enumerated() {
                    group.addTask {
                        let traffic = FaultTraffic(
                            market: market, trader: number % market.traders.count, prefix: "\(prefix)-c\(number)", seed: seed)
                        return try await traffic.run(client, until: guide)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
    }

    /// Sends until the guide says that it is over, or the server is dead; at most 1,000 requests.
    private consuming func run(_ client: SuanpanClient, until guide: some TrafficGuide) async throws -> [SentRequest] {
        var sent: [SentRequest] = []
        for step in 0..<1_000 where !guide.isOver {
            var request = try next("\(prefix)-\(step)")
            guard let answer = try? await request.send(with: client), answer.status < 500 else {
                sent.append(request)
                guard guide.goesOnAfterFailure() else { break }
                continue
            }
            request.answer = answer
            sent.append(request)
            try note(request)
            try await guide.noteAnswer()
        }
        return sent
    }

    /// Remembers what can be cancelled.
    private mutating func note(_ request: SentRequest) throws {
        switch request.effect {
        case .order: if let result = try request.result(OrderResult.self) { orders.append(result.order.id) }
        case .offer: if let offer = try request.result(Client.Offer.self) { offers.append(offer.id) }
        default: break
        }
    }

    private mutating func draw(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }

    private mutating func next(_ name: String) throws -> SentRequest {
        switch draw(16) {
        case 0: return try cash(name, Int64(1 + draw(1_000)) * 1_000_000 + Int64(draw(1_000_000)))
        // A refusal is an answer, too.
        case 1: return try cash(name, draw(4) == 0 ? TraderCheck.beyondAll.rawValue : -Int64(1 + draw(200_000_000)))
        case 2, 3:
            guard !orders.isEmpty else { break }
            return request(name, "DELETE", "/v1/orders/\(orders[draw(orders.count)])", .cancellation)
        case 4:
            guard !orders.isEmpty else { break }
            let amendment = OrderAmendment(price: price(), quantity: 1 + draw(25))
            return try request(name, "PATCH", "/v1/orders/\(orders[draw(orders.count)])", .amendment, amendment)
        case 5, 6: return try run(name)
        case 7:
            guard !offers.isEmpty else { break }
            return request(name, "DELETE", "/v1/offers/\(offers[draw(offers.count)])", .offerCancellation)
        case 8, 9:
            let names = (0..<5).map { "\(name)-\($0)" }
            let body = ["orders": names.map { order($0) }]
            return try request(name, "POST", "/v1/orders/batch", .batch(names), body)
        default: break
        }
        return try request(name, "POST", "/v1/orders", .order(name), order(name))
    }

    private func cash(_ name: String, _ amount: Int64) throws -> SentRequest {
        try SentRequest(deposit: Micros(amount), to: market.traders[trader], number: trader, name: name)
    }

    /// Several hours at once: an offer of a provider, a bid of a consumer.
    private mutating func run(_ name: String) throws -> SentRequest {
        let start = 6 + draw(5)
        guard let resource = market.traders[trader].resource else {
            var bid = NewBid(
                requirements: Requirements(products: [market.product]), earliestStart: market.hour(start).start,
                latestEnd: market.hour(14).start, durationHours: 2, quantity: 1 + draw(4), limitPrice: Price(3_200_000),
                fill: .whole, placement: draw(2) == 0 ? .sameResource : .any)
            bid.clientBidId = name
            return try request(name, "POST", "/v1/bids", .bid, bid)
        }
        let offer = NewOffer(
            resourceId: resource, start: market.hour(start).start, end: market.hour(start + 1 + draw(3)).start,
            quantity: 1 + draw(30), price: price())
        return try request(name, "POST", "/v1/offers", .offer, offer)
    }

    private mutating func price() -> Price { Price(Int64(280 + draw(41)) * 10_000) }

    private mutating func order(_ name: String) -> NewOrder {
        let contract = market.contracts[draw(market.contracts.count)]
        let resource = market.traders[trader].resource
        let side: Side = resource == nil ? .buy : .sell
        let quantity = 1 + draw(20)
        var order =
            draw(8) == 0
            ? NewOrder(market: side, contract: contract, quantity: quantity, resourceId: resource)
            : NewOrder(
                contract: contract, side: side, price: price(), quantity: quantity,
                timeInForce: [.gtc, .gtc, .gtc, .ioc, .fok][draw(5)], resourceId: resource)
        order.clientOrderId = name
        return order
    }

    private func request(_ name: String, _ method: String, _ path: String, _ effect: SentRequest.Effect) -> SentRequest {
        SentRequest(
            key: name, trader: trader, bearer: market.traders[trader].key, method: method, path: path, effect: effect)
    }

    private func request(
        _ name: String, _ method: String, _ path: String, _ effect: SentRequest.Effect, _ body: some Encodable
    ) throws -> SentRequest {
        try SentRequest(
            key: name, trader: trader, bearer: market.traders[trader].key, method: method, path: path, effect: effect,
            sending: body)
    }
}
