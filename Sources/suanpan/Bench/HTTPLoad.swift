import Client
import Quantities

/// Many connections that each send the next request as soon as the last is answered.
///
///     let market = try await HTTPLoadMarket.prepare(operator: client, connections: 32)
///     let orders = try await HTTPLoad.placeOrders(in: market, seconds: 10)
///     let bare = try await HTTPLoad.measure(url: bareURL, connections: 32, seconds: 10) { _, _ in
///         HTTPLoad.Request(method: "POST", path: "/", body: body)
///     }
///     print(orders.text(label: "durable orders"), orders.perSecond / bare.perSecond)
package enum HTTPLoad {
    /// One request of the load.
    package struct Request: Sendable {
        package var method: String
        package var path: String
        package var body: [UInt8]?
        package var key: String?
    }

    /// What a run measured.
    package struct Result: Sendable {
        package var answered: Int
        /// Answers of 400 and above, and requests without an answer.
        package var refused: Int
        package var elapsed: Duration
        /// Time from request to answer in nanoseconds, ascending.
        package var latenciesNanoseconds: [Int64]

        /// Answers per second.
        package var perSecond: Double {
            let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
            return seconds > 0 ? Double(answered) / seconds : 0
        }

        /// The latency that `share` of the requests did not exceed, in nanoseconds; 0 without requests.
        package func percentile(_ share: Double) -> Int64 {
            guard !latenciesNanoseconds.isEmpty else { return 0 }
            let rank = Int((share * Double(latenciesNanoseconds.count)).rounded(.up))
            return latenciesNanoseconds[min(max(rank - 1, 0), latenciesNanoseconds.count - 1)]
        }

        /// One line: `durable orders  8123 /s  p50 3.812 ms  p99 9.120 ms  (81230 answers, 0 refused)`.
        package func text(label: String) -> String {
            "\(label)  \(Int(perSecond)) /s  p50 \(milliseconds(0.5)) ms  p99 \(milliseconds(0.99)) ms  "
                + "(\(answered) answers, \(refused) refused)"
        }

        private func milliseconds(_ share: Double) -> String {
            let microseconds = percentile(share) / 1_000
            let fraction = String(microseconds % 1_000)
            return "\(microseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
        }
    }

    /// Sends requests over `connections` connections for `seconds` seconds and measures every answer.
    ///
    /// - Parameter request: the connection's request by the connection's number and its own count; called in parallel.
    /// - Throws: `ClientFault` for a bad URL, and when the pool cannot be shut down. Failing requests are counted.
    package static func measure(
        url: String, connections: Int, seconds: Int, request: @escaping @Sendable (Int, Int) -> Request
    ) async throws -> Result {
        try await SuanpanClient.withConnections(connections, to: url, retry: .never) { client in
            await measure(client, connections: connections, seconds: seconds, request: request)
        }
    }

    /// The load of `suanpan bench http`: durable limit orders, half buys and half sells of capacity, of which most rest.
    package static func placeOrders(in market: HTTPLoadMarket, seconds: Int) async throws -> Result {
        try await measure(url: market.url, connections: market.traders.count, seconds: seconds) { connection, count in
            market.order(connection: connection, count: count)
        }
    }

    /// The same orders, so many in each request.
    package static func placeBatches(in market: HTTPLoadMarket, of size: Int, seconds: Int) async throws -> Result {
        try await measure(url: market.url, connections: market.traders.count, seconds: seconds) { connection, count in
            let orders = (0..<size).map { market.order(connection: connection, count: count * size + $0).body ?? [] }
            let body = Array("{\"orders\":[".utf8) + orders.joined(separator: [UInt8(ascii: ",")]) + Array("]}".utf8)
            return Request(method: "POST", path: "/v1/orders/batch", body: body, key: market.traders[connection].key)
        }
    }

    /// Reads of books, the ten best prices of each side, one contract after the other.
    package static func readBooks(in market: HTTPLoadMarket, seconds: Int) async throws -> Result {
        try await measure(url: market.url, connections: market.traders.count, seconds: seconds) { connection, count in
            let contract = market.contracts[(connection + count) % market.contracts.count]
            return Request(method: "GET", path: "/v1/contracts/\(contract)/book?depth=10", body: nil, key: nil)
        }
    }

    private static func measure(
        _ client: SuanpanClient, connections: Int, seconds: Int, request: @escaping @Sendable (Int, Int) -> Request
    ) async -> Result {
        let clock = ContinuousClock()
        let began = clock.now
        let end = began + .seconds(seconds)
        let parts = await withTaskGroup(of: Result.self) { group in
            for connection in 0..<connections {
                group.addTask {
                    await run(client, until: end, clock: clock) { request(connection, $0) }
                }
            }
            var parts: [Result] = []
            for await part in group { parts.append(part) }
            return parts
        }
        return Result(
            answered: parts.reduce(0) { $0 + $1.answered },
            refused: parts.reduce(0) { $0 + $1.refused },
            elapsed: clock.now - began,
            latenciesNanoseconds: parts.flatMap(\.latenciesNanoseconds).sorted()
        )
    }

    private static func run(
        _ client: SuanpanClient, until end: ContinuousClock.Instant, clock: ContinuousClock,
        request: (Int) -> Request
    ) async -> Result {
        var part = Result(answered: 0, refused: 0, elapsed: .zero, latenciesNanoseconds: [])
        var count = 0
        while true {
            let began = clock.now
            guard began < end else { return part }
            let next = request(count)
            count += 1
            guard
                let answer = try? await client.acting(with: next.key).send(next.method, next.path, body: next.body)
            else {
                part.refused += 1
                continue
            }
            part.answered += 1
            if answer.status >= 400 { part.refused += 1 }
            let latency = (clock.now - began).components
            part.latenciesNanoseconds.append(latency.seconds * 1_000_000_000 + latency.attoseconds / 1_000_000_000)
        }
    }
}

/// A market made for the load: one product, one trader for each connection, every second one with a resource to sell from.
package struct HTTPLoadMarket: Sendable {
    /// One connection's participant.
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
    package static func prepare(operator venue: SuanpanClient, connections: Int) async throws -> HTTPLoadMarket {
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
        for number in 0..<connections {
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

    /// The order that a connection sends as its `count`th: one device at a price by count, a tenth of them crossing.
    package func order(connection: Int, count: Int) -> HTTPLoad.Request {
        let trader = traders[connection]
        let contract = contracts[(connection + count) % contracts.count]
        let distance = count % 10 == 0 ? -1 : 1 + (connection * 7 + count * 13) % 40
        let ticks = trader.resource == nil ? Self.referenceTicks - distance : Self.referenceTicks + distance
        let price = Price(Int64(ticks) * 10_000)
        // Written by hand: an encoder would cost the load generator more than the request.
        var body = #"{"contract":"\#(contract)","side":"\#(trader.resource == nil ? "buy" : "sell")","type":"limit","#
        body += #""price":"\#(price)","quantity":1,"time_in_force":"gtc""#
        if let resource = trader.resource { body += #","resource_id":"\#(resource)""# }
        body += "}"
        return HTTPLoad.Request(method: "POST", path: "/v1/orders", body: Array(body.utf8), key: trader.key)
    }
}
