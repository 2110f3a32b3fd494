import Client
import Foundation
import Quantities
import Synchronization
import TestSupport
import Testing

/// A server that is killed again and again must look to its clients as one that only was slow.
@Suite("A server killed at any moment")
struct CrashTests {
    @Test(
        "keeps what it acknowledged, does the rest once when it is repeated, and leaves a record that an audit finds sound",
        .timeLimit(.minutes(5)))
    func killedAgainAndAgain() async throws {
        let seed =
            ProcessInfo.processInfo.environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        print("crash: seed \(seed) (SUANPAN_SEED)")
        // The name says whose it is, so that a later run of the tests removes it when this one is killed itself.
        let folder = "/tmp/suanpan-test-\(getpid())-crash-\(seed)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        var scene = CrashScene(folder: folder, seed: seed)
        do {
            try await scene.open()
            for round in 1...4 { try await scene.killDuringTraffic(round: round) }
            try await scene.fillTheBooks()
            try await scene.killDuringAdvance(to: scene.market.hour(12).start, name: "half a day", within: 8)
            try await scene.check(.trading)
            try await scene.repeatEverything()
            let metered = try await scene.meter(hours: 6..<9)
            // Two months: every gate, every settlement and every refund.
            try await scene.killDuringAdvance(to: scene.market.hour(1_440).start, name: "two months", within: 40)
            try await scene.check(.settled(metered: metered))
            try await scene.closeAndAudit()
        } catch {
            try? ServerProcess.remove(dataDirectory: folder, server: scene.server)
            throw error
        }
        try ServerProcess.remove(dataDirectory: folder, server: scene.server)
    }
}

// MARK: The scene

/// A server on a data directory, its market, and everything that clients sent to it.
private struct CrashScene {
    /// What the balances must add up to.
    enum Stage {
        /// Everything bought is in escrow.
        case trading
        /// Hours of these contracts were delivered in full, all others refunded.
        case settled(metered: Set<String>)
    }

    static let operatorKey = "operator-of-the-crash-tests"
    static let connections = 16

    let folder: String
    let seed: UInt64
    var generator: SeededGenerator
    var server: ServerProcess?
    var market = CrashMarket()
    var sent: [SentRequest] = []
    private var starts = 0
    private var postgres: Int32?

    init(folder: String, seed: UInt64) {
        self.folder = folder
        self.seed = seed
        generator = SeededGenerator(seed: seed)
    }

    /// Starts the server for the first time and makes the market.
    mutating func open() async throws {
        try await start()
        postgres = ServerProcess.postgresProcess(dataDirectory: folder)
        #expect(postgres != nil)
        let funding = try await market.prepare(operator: client().acting(with: Self.operatorKey))
        sent += funding
        try await check(.trading)
    }

    /// Starts the server on whatever the last one left.
    private mutating func start() async throws {
        starts += 1
        server = try await ServerProcess.serve(
            dataDirectory: folder, operatorKey: Self.operatorKey, log: "\(folder)/serve-\(starts).log")
        if let postgres {
            #expect(ServerProcess.postgresProcess(dataDirectory: folder) == postgres, "PostgreSQL was adopted, seed \(seed)")
        }
    }

    /// A client of the server that runs now.
    private func client(retry: RetryPolicy = .standard) throws -> SuanpanClient {
        try SuanpanClient(url: #require(server).url, retry: retry)
    }

    // MARK: Kills

    /// Lets many clients trade, kills the server after a drawn number of answers and a drawn moment, starts it again, checks
    /// what was acknowledged, repeats the rest, and checks everything.
    mutating func killDuringTraffic(round: Int) async throws {
        let server = try #require(server)
        let answers = 60 + Int(generator.next() % 300)
        let trigger = KillTrigger(server, afterAnswers: answers, microseconds: Int(generator.next() % 4_000))
        let market = market
        let seeds = (0..<Self.connections).map { _ in generator.next() }
        let part = try await SuanpanClient.withConnections(Self.connections, to: server.url, retry: .never) { client in
            try await withThrowingTaskGroup(of: [SentRequest].self) { group in
                for (number, seed) in seeds.enumerated() {
                    group.addTask {
                        let traffic = CrashTraffic(
                            market: market, trader: number % market.traders.count, prefix: "r\(round)-c\(number)", seed: seed)
                        return try await traffic.run(client, until: trigger)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        try await die()
        let open = part.filter { $0.answer == nil }.count
        #expect(part.count - open >= answers && open > 0, "seed \(seed)")

        try await start()
        sent += part
        try await check(.trading)
        let done = try await repeatEverything()
        try await check(.trading)
        print("crash: round \(round): \(part.count - open) answers, \(open) requests without one, \(done) of which had taken effect")
    }

    /// Kills the server while its clock runs, starts it again and lets the clock arrive.
    mutating func killDuringAdvance(to time: Timestamp, name: String, within milliseconds: UInt64) async throws {
        let server = try #require(server)
        let begin = try await client().time().now
        let delay = Int(generator.next() % milliseconds)
        let advancing = try client(retry: .never).acting(with: Self.operatorKey)
        let key = "advance to \(time)".filter { $0 != " " }
        async let answer: Void? = try? advancing.advanceClock(to: time, idempotencyKey: key)
        // The drawn moment of the kill; nothing is waited for.
        try await Task.sleep(for: .milliseconds(delay))
        server.send(SIGKILL)
        let isAcknowledged = await answer != nil
        try await die()

        try await start()
        let found = try await client().time().now
        #expect(found >= begin && found <= time, "seed \(seed)")
        if isAcknowledged { #expect(found == time, "an acknowledged advance is there, seed \(seed)") }
        try await checkBooks()
        try await client().acting(with: Self.operatorKey).advanceClock(to: time, idempotencyKey: key)
        #expect(try await client().time().now == time, "seed \(seed)")
        let answered = isAcknowledged ? "answered" : "not answered"
        print("crash: \(name): killed after \(delay) ms, \(answered), the clock stood at \(found)")
    }

    /// Waits until the killed server is gone.
    private func die() async throws {
        let ending = try await #require(server).ending()
        #expect(ending == .signalled(SIGKILL), "it died of the kill and of nothing else, seed \(seed)")
    }

    /// Ends the server as Ctrl-C does and proves its record.
    mutating func closeAndAudit() async throws {
        let server = try #require(server)
        let postgres = try #require(postgres)
        server.send(SIGINT)
        #expect(try await server.ending() == .exited(0), "\(server.log), seed \(seed)")
        #expect(!ServerProcess.runs(postgres), "PostgreSQL is gone")
        #expect(ServerProcess.postgresProcess(dataDirectory: folder) == nil)
        let audit = try await ServerProcess.run(["audit", "--data-dir", folder], log: "\(folder)/audit.log")
        #expect(audit.ending == .exited(0), "\(audit.output), seed \(seed)")
        #expect(ServerProcess.postgresProcess(dataDirectory: folder) == nil)
    }

    // MARK: Repetition

    /// Sends every request again with its key. What was answered is answered the same and marked as a repetition; what was
    /// not is done now or was done before, and once more repeated is marked too.
    ///
    /// - Returns: how many requests without an answer had taken effect.
    @discardableResult
    mutating func repeatEverything() async throws -> Int {
        let requests = sent
        let seed = seed
        let workers = 8
        let url = try #require(server).url
        let answers = try await SuanpanClient.withConnections(workers, to: url) { client in
            try await withThrowingTaskGroup(of: [(Int, RawAnswer)].self) { group in
                for worker in 0..<workers {
                    group.addTask {
                        var answers: [(Int, RawAnswer)] = []
                        for index in stride(from: worker, to: requests.count, by: workers) {
                            let request = requests[index]
                            let first = try await request.send(with: client)
                            answers.append((index, first))
                            let expected = request.answer ?? first
                            let second = request.answer == nil ? try await request.send(with: client) : first
                            #expect(second.isRepetition, "\(request), seed \(seed)")
                            #expect(second.isSame(as: expected), "\(request): \(second.text), seed \(seed)")
                        }
                        return answers
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        var done = 0
        for (index, answer) in answers where sent[index].answer == nil {
            sent[index].answer = answer
            if answer.isRepetition { done += 1 }
        }
        return done
    }

    // MARK: Checks

    /// Compares what the server says now with every answer that it gave: orders, bids, offers, trades, cash and escrow.
    func check(_ stage: Stage) async throws {
        let client = try client()
        for (number, trader) in market.traders.enumerated() {
            let requests = sent.filter { $0.trader == number }
            try await CrashCheck(client: client.acting(with: trader.key), trader: trader, requests: requests, seed: seed)
                .run(stage.metered)
        }
        try await checkBooks()
    }

    /// That debits are credits and no book is crossed.
    private func checkBooks() async throws {
        let lines = try await client().acting(with: Self.operatorKey).trialBalance()
        #expect(!lines.isEmpty && lines.allSatisfy { $0.balanced && $0.debits == $0.credits }, "seed \(seed)")
        for contract in market.contracts {
            let book = try await client().book(contract, depth: 1)
            if let bid = book.bids.first, let ask = book.asks.first {
                #expect(bid.price < ask.price, "\(contract) is crossed, seed \(seed)")
            }
        }
    }

    // MARK: The end of the day

    /// Rests thousands of orders in a thousand later hours, so that two months take the clock a while.
    mutating func fillTheBooks() async throws {
        let number = market.traders.count - 1
        for batch in 0..<10 {
            let orders = (0..<1_000).map { step in
                NewOrder(
                    contract: market.symbol(30 + step), side: .buy, price: Price(1_500_000), quantity: 1 + (batch + step) % 3)
            }
            var request = try SentRequest(
                key: "fill-\(batch)", trader: number, bearer: market.traders[number].key, method: "POST",
                path: "/v1/orders/batch", effect: .batch([]), sending: ["orders": orders])
            request.answer = try await request.send(with: client())
            #expect(request.answer?.status == 200)
            sent.append(request)
        }
    }

    /// Reports every unit sold in these hours of the day as delivered in full.
    ///
    /// - Returns: the symbols of the hours' contracts.
    func meter(hours: Range<Int>) async throws -> Set<String> {
        let client = try client()
        for provider in market.traders {
            guard let resource = provider.resource else { continue }
            let trades = try await OwnTrade.all(of: client.acting(with: provider.key))
            var previous: String?
            var sequence: Int64 = 0
            for hour in hours {
                let sold = trades.filter { $0.contract == market.symbol(hour) }.reduce(0) { $0 + $1.quantity }
                sequence += 1
                previous = try await client.acting(with: market.meterKey).report(
                    NewMeterReport(
                        resourceId: resource, hour: market.hour(hour).start, sequence: sequence, previousHash: previous,
                        deliveredDeviceSeconds: Int64(sold) * 3_600, itEnergyKwh: Measure(Int64(sold) * 700_000))
                ).hash
            }
        }
        return Set(hours.map { market.symbol($0) })
    }
}

extension CrashScene.Stage {
    /// The contracts that were delivered in full; nil while all is in escrow.
    fileprivate var metered: Set<String>? {
        if case .settled(let metered) = self { metered } else { nil }
    }
}

/// Kills a server a drawn moment after a drawn number of answers.
private final class KillTrigger: Sendable {
    private let server: ServerProcess
    private let threshold: Int
    private let microseconds: Int
    private let answers = Atomic(0)

    init(_ server: ServerProcess, afterAnswers threshold: Int, microseconds: Int) {
        self.server = server
        self.threshold = threshold
        self.microseconds = microseconds
    }

    /// Counts an answer; the one that reaches the number kills.
    func noteAnswer() async throws {
        guard answers.wrappingAdd(1, ordering: .relaxed).newValue == threshold else { return }
        try await Task.sleep(for: .microseconds(microseconds))
        server.send(SIGKILL)
    }
}

// MARK: The market

/// Six consumers, two providers with a certified resource each, a consumer with deep pockets, and a meter.
private struct CrashMarket: Sendable {
    struct Trader: Sendable {
        var id: String
        var key: String
        /// Nil for a consumer.
        var resource: String?
    }

    var product = ""
    var traders: [Trader] = []
    var meterKey = ""
    /// The hours that are traded.
    var contracts: [String] = []

    /// An hour by its distance from the clock's begin.
    func hour(_ offset: Int) -> Hour { Hour(compact: "2026112300").map { $0 + Int32(offset) } ?? Hour() }
    func symbol(_ offset: Int) -> String { "\(product).\(hour(offset).compact)" }

    /// Makes it.
    ///
    /// - Returns: the deposits, as requests that were answered.
    mutating func prepare(operator venue: SuanpanClient) async throws -> [SentRequest] {
        let grid = Grid(gPerKwh: Measure(500_000_000), year: 2026, source: "none", basis: "test")
        _ = try await venue.createZone(Client.Zone(code: "CRASH", name: "Crash", country: "XX", grid: grid))
        _ = try await venue.createComputeClass(ComputeClass(code: "GPU", vendor: "test", model: "test", abi: "none"))
        var terms = Product(
            class: "GPU", zone: "CRASH", currency: "USD", tickSize: Price(10_000), referencePrice: Price(3_000_000),
            horizonHours: 8_760)
        terms.makerFeeBps = Int(CrashCheck.makerFeeBps)
        terms.takerFeeBps = 15
        terms.bondBps = Int(CrashCheck.bondBps)
        product = try await venue.createProduct(terms).code ?? ""
        contracts = (6..<14).map { symbol($0) }

        let meter = try await venue.createParticipant(NewParticipant(name: "Meter", roles: [.meter]))
        meterKey = try await venue.createKey(NewAPIKey(label: "test"), of: meter.id).key ?? ""
        var funding: [SentRequest] = []
        for number in 0..<9 {
            let isProvider = number == 6 || number == 7
            let participant = try await venue.createParticipant(
                NewParticipant(name: "Trader \(number)", roles: [isProvider ? .provider : .consumer]))
            let key = try await venue.createKey(NewAPIKey(label: "test"), of: participant.id).key ?? ""
            var trader = Trader(id: participant.id, key: key)
            if isProvider {
                let resource = try await venue.acting(with: key).registerResource(
                    NewResource(class: "GPU", zone: "CRASH", units: 5_000, siteName: "Crash"))
                try await venue.certify(
                    resource: resource.id,
                    Certification(units: 5_000, validFrom: hour(0).start, validUntil: hour(1_000).start, meterId: meter.id))
                trader.resource = resource.id
            }
            traders.append(trader)
            var deposit = try SentRequest(
                deposit: .units(number == 8 ? 1_000_000 : 20_000), to: trader, number: number, name: "funding-\(number)")
            deposit.answer = try await deposit.send(with: venue)
            funding.append(deposit)
        }
        return funding
    }
}

// MARK: Requests

/// A request with its key, and its answer where one came.
private struct SentRequest: Sendable, CustomStringConvertible {
    /// What a positive answer means for the trader.
    enum Effect: Sendable {
        /// Cash in, or out where negative.
        case cash(Micros)
        /// An order of that name.
        case order(String)
        /// Orders of these names.
        case batch([String])
        case cancellation, amendment, bid, offer, offerCancellation
    }

    var key: String
    var trader: Int
    var bearer: String
    var method: String
    var path: String
    var effect: Effect
    var body: [UInt8]?
    var answer: RawAnswer?

    init(key: String, trader: Int, bearer: String, method: String, path: String, effect: Effect) {
        self.key = key
        self.trader = trader
        self.bearer = bearer
        self.method = method
        self.path = path
        self.effect = effect
    }

    init(
        key: String, trader: Int, bearer: String, method: String, path: String, effect: Effect, sending body: some Encodable
    ) throws {
        self.init(key: key, trader: trader, bearer: bearer, method: method, path: path, effect: effect)
        self.body = try Array(Wire.encoder().encode(body))
    }

    /// A deposit, or a withdrawal where the amount is negative.
    init(deposit amount: Micros, to trader: CrashMarket.Trader, number: Int, name: String) throws {
        let movement = CashMovement(
            participantId: trader.id, currency: "USD", amount: amount < .zero ? -amount : amount, reference: name)
        try self.init(
            key: name, trader: number, bearer: CrashScene.operatorKey, method: "POST",
            path: amount < .zero ? "/v1/withdrawals" : "/v1/deposits", effect: .cash(amount), sending: movement)
    }

    var description: String { "\(method) \(path) \(key)" }

    func send(with client: SuanpanClient) async throws -> RawAnswer {
        try await client.acting(with: bearer).send(method, path, body: body, idempotencyKey: key)
    }

    /// The payload of a positive answer.
    func result<Payload: Decodable>(_ type: Payload.Type) throws -> Payload? {
        guard let answer, (200..<300).contains(answer.status) else { return nil }
        return try Wire.decoder().decode(type, from: Data(answer.body))
    }
}

extension RawAnswer {
    fileprivate var isRepetition: Bool { header("idempotency-replayed") == "true" }

    /// Whether two answers say the same; a problem names its own request besides.
    fileprivate func isSame(as other: RawAnswer) -> Bool {
        guard status == other.status else { return false }
        return status < 400 ? body == other.body : withoutRequest == other.withoutRequest
    }

    private var withoutRequest: JSONValue? {
        guard case .object(var members) = try? JSONValue(parsing: body) else { return nil }
        members["request_id"] = nil
        return .object(members)
    }
}

/// One client that sends a request, waits for its answer and sends the next.
private struct CrashTraffic {
    let market: CrashMarket
    let trader: Int
    /// Begins the name of every request.
    let prefix: String
    private var generator: SeededGenerator
    private var orders: [String] = []
    private var offers: [String] = []

    init(market: CrashMarket, trader: Int, prefix: String, seed: UInt64) {
        self.market = market
        self.trader = trader
        self.prefix = prefix
        generator = SeededGenerator(seed: seed)
    }

    /// Sends until the server is dead; at most 1,000 requests.
    consuming func run(_ client: SuanpanClient, until trigger: KillTrigger) async throws -> [SentRequest] {
        var sent: [SentRequest] = []
        for step in 0..<1_000 {
            var request = try next("\(prefix)-\(step)")
            guard let answer = try? await request.send(with: client), answer.status < 500 else {
                sent.append(request)
                break
            }
            request.answer = answer
            sent.append(request)
            try note(request)
            try await trigger.noteAnswer()
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
        case 1: return try cash(name, draw(4) == 0 ? CrashCheck.beyondAll.rawValue : -Int64(1 + draw(200_000_000)))
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

// MARK: One trader's checks

/// A trade as the list of its side shows it.
private struct OwnTrade: Decodable, Sendable {
    var id: String
    var contract: String
    var side: String
    var price: Price
    var quantity: Int
    var fee: Micros
    var orderId: String?

    var notional: Micros { Micros(price.rawValue * Int64(quantity)) }

    static func all(of client: SuanpanClient) async throws -> [OwnTrade] {
        var trades: [OwnTrade] = []
        var cursor = ""
        while true {
            let answer = try await client.send("GET", "/v1/trades?limit=1000" + cursor)
            let page = try Wire.decoder().decode(Page<OwnTrade>.self, from: Data(answer.body))
            trades += page.data
            guard let next = page.nextCursor else { return trades }
            cursor = "&cursor=" + next
        }
    }
}

/// Compares what a server says of one trader with all answers that the trader got.
private struct CrashCheck {
    static let makerFeeBps: Int64 = 5
    static let bondBps: Int64 = 3_000
    /// A withdrawal of more than the test ever deposits: it is refused, whenever it is decided.
    static let beyondAll = -Micros.units(1_000_000_000)

    let client: SuanpanClient
    let trader: CrashMarket.Trader
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
