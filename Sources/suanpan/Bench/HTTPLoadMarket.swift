import Client
import Quantities

/// A market made for the load: one product, many traders, every second one with a resource to sell from.
package struct HTTPLoadMarket: Sendable {
    /// One participant.
    package struct Trader: Sendable {
        package var key: String
        /// Nil for a buyer.
        package var resource: String?
    }

    /// Where the server is.
    package var url: String
    package var traders: [Trader]
    /// Contracts that stay open during the load.
    package var contracts: [String]

    /// The reference price in ticks of 0.01.
    package static let referenceTicks = 300

    /// Creates zone, class, product, traders, money and certified resources, under names of this run.
    ///
    /// - Throws: `Problem` and `ClientFault`.
    package static func prepare(operator venue: SuanpanClient, traders count: Int) async throws -> HTTPLoadMarket {
        let tag = String(IdempotencyKey.drawn().prefix(8)).uppercased()
        let now = try await venue.time().now
        // Two hours ahead: no gate closes while the load runs.
        let first = Hour(containing: now) + 3
        let zone = "LOAD-\(tag)"
        let computeClass = "BENCH-\(tag)"
        let grid = Grid(gPerKwh: Measure(0), year: 2026, source: "none", basis: "load test")
        _ = try await venue.createZone(Zone(code: zone, name: "Load test", country: "XX", grid: grid))
        _ = try await venue.createComputeClass(
            ComputeClass(code: computeClass, vendor: "load test", model: "load test", abi: "none")
        )
        var product = Product(
            class: computeClass, zone: zone, currency: "USD", tickSize: Price(10_000),
            referencePrice: Price(Int64(referenceTicks) * 10_000), horizonHours: 168
        )
        product.makerFeeBps = 5
        product.takerFeeBps = 15
        let created = try await venue.createProduct(product)
        let code = created.code ?? "\(computeClass).\(zone)"
        var traders: [Trader] = []
        for number in 0..<count {
            let isSeller = number % 2 == 1
            let participant = try await venue.createParticipant(
                NewParticipant(name: "Load \(tag) \(number)", roles: [isSeller ? .provider : .consumer])
            )
            guard let key = try await venue.createKey(NewAPIKey(label: "load"), of: participant.id).key else {
                throw ClientFault.malformedAnswer(method: "POST", path: "/v1/participants/…/api_keys", reason: "no key")
            }
            _ = try await venue.deposit(
                CashMovement(
                    participantId: participant.id, currency: "USD", amount: .units(1_000_000_000),
                    reference: "load \(tag) \(number)"
                )
            )
            var trader = Trader(key: key)
            if isSeller {
                let resource = try await venue.acting(with: key).registerResource(
                    NewResource(class: computeClass, zone: zone, units: 1_000_000, siteName: "Load test")
                )
                try await venue.certify(
                    resource: resource.id,
                    Certification(units: 1_000_000, validFrom: first.start, validUntil: (first + 168).start)
                )
                trader.resource = resource.id
            }
            traders.append(trader)
        }
        let contracts = (0..<24).map { ContractSymbol.format(code: code, hour: first + $0) }
        return HTTPLoadMarket(url: venue.url, traders: traders, contracts: contracts)
    }

    /// The load of `suanpan bench http`: durable limit orders, half buys and half sells of capacity, of which most rest.
    package func orders(_ count: Int = 2_560) -> [HTTPLoad.Request] {
        (0..<count).map { number in
            let trader = number % traders.count
            return HTTPLoad.Request(
                method: "POST", path: "/v1/orders", body: order(trader: trader, count: number / traders.count), key: traders[trader].key)
        }
    }

    /// The same orders, so many in each request.
    package func batches(of size: Int, _ count: Int = 256) -> [HTTPLoad.Request] {
        (0..<count).map { number in
            let trader = number % traders.count
            let orders = (0..<size).map { order(trader: trader, count: number / traders.count * size + $0) }
            return HTTPLoad.Request(
                method: "POST", path: "/v1/orders/batch", body: "{\"orders\":[" + orders.joined(separator: ",") + "]}",
                key: traders[trader].key)
        }
    }

    /// Reads of books, the ten best prices of each side, one contract after the other.
    package func bookReads() -> [HTTPLoad.Request] {
        contracts.map { HTTPLoad.Request(method: "GET", path: "/v1/contracts/\($0)/book?depth=10", body: nil, key: nil) }
    }

    /// The order that a trader sends as its `count`th: one device at a price by count, a tenth of them crossing.
    package func order(trader number: Int, count: Int) -> String {
        let trader = traders[number]
        let contract = contracts[(number + count) % contracts.count]
        let distance = count % 10 == 0 ? -1 : 1 + (number * 7 + count * 13) % 40
        let ticks = trader.resource == nil ? Self.referenceTicks - distance : Self.referenceTicks + distance
        let price = Price(Int64(ticks) * 10_000)
        // Written by hand: an encoder would cost the load generator more than the request.
        var body = #"{"contract":"\#(contract)","side":"\#(trader.resource == nil ? "buy" : "sell")","type":"limit","#
        body += #""price":"\#(price)","quantity":1,"time_in_force":"gtc""#
        if let resource = trader.resource { body += #","resource_id":"\#(resource)""# }
        return body + "}"
    }
}
