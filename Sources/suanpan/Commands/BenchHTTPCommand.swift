import ArgumentParser
import Client
import Exchange
import Foundation
import HTTPAPI
import Hummingbird
import Logging
import NIOCore

/// `suanpan bench http`: durable orders through the whole stack, beside a bare route of the same HTTP library.
struct BenchHTTPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http",
        abstract: "Durable orders, batches of them and reads of books a second over HTTP on a running server, beside a bare route in the same run.")

    @Option(help: "The server.")
    var url = "http://127.0.0.1:8080"
    @Option(help: "The operator's API key; SUANPAN_OPERATOR_KEY where it is not given.")
    var operatorKey: String?
    @Option(help: "Connections of wrk, which must be installed.")
    var connections = 64
    @Option(help: "Seconds of each measurement.")
    var seconds = 10
    @Option(help: "How often the pair is measured.")
    var runs = 3

    func validate() throws {
        guard (1...1_000).contains(connections) else { throw ValidationError("--connections is 1 to 1000") }
        guard (1...600).contains(seconds) else { throw ValidationError("--seconds is 1 to 600") }
        guard (1...20).contains(runs) else { throw ValidationError("--runs is 1 to 20") }
    }

    func run() async throws {
        guard let key = operatorKey ?? ProcessInfo.processInfo.environment["SUANPAN_OPERATOR_KEY"], !key.isEmpty else {
            throw ValidationError("the operator's key is missing: --operator-key or SUANPAN_OPERATOR_KEY")
        }
        let load = HTTPLoad(connections: connections, seconds: seconds, uncounted: 1)
        // Whatever is measured, with its uncounted second, begins when the read models have caught up with what was before; orders have a market of their own each time,
        // for batches leave millions of orders behind.
        var (orders, bare, books) = (Rounds("durable orders"), Rounds("bare route"), Rounds("books read"))
        for number in 1...runs {
            let market = try await preparedMarket(key)
            orders.note(try await load.run(url: market.url, market.orders()), number)
            try await caughtUp(key)
            bare.note(try await measureBareRoute(load, market), number)
            books.note(try await load.run(url: market.url, market.bookReads()), number)
        }
        var (batches, behind) = (Rounds("batches of \(Self.batch)"), Rounds("durable orders while the read models catch up"))
        for number in 1...runs {
            let market = try await preparedMarket(key)
            batches.note(try await load.run(url: market.url, market.batches(of: Self.batch)), number)
            if number == runs { behind.note(try await load.run(url: market.url, market.orders()), 1) }
        }

        func ratio(_ value: Double, _ base: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value / max(base, 1)) }
        print("durable orders over HTTP: \(orders.text) /s, p99 \(orders.p99) ms  (\(connections) connections, one order a request, committed with fsync)")
        print("bare route: \(bare.text) /s  (reads the same body with the same codec, answers it); orders ÷ bare = "
            + ratio(orders.median, bare.median, 2) + " (by rounds " + zip(orders.rates, bare.rates).map { ratio($0, $1, 2) }.joined(separator: ", ") + ")")
        print("books read: \(books.text) /s; books ÷ bare = \(ratio(books.median, bare.median, 2))")
        let hundred = Double(Self.batch)
        print("orders in batches of \(Self.batch): \(batches.text(times: hundred)) /s; ÷ single orders = \(ratio(batches.median * hundred, orders.median, 1))")
        print("single orders in that market of many orders, while the read models catch up: \(behind.text) /s, p99 \(behind.p99) ms")
    }

    /// A new market, in a server whose read models have caught up.
    private func preparedMarket(_ key: String) async throws -> HTTPLoadMarket {
        try await caughtUp(key)
        return try await SuanpanClient.withConnections(4, to: url, retry: .standard) { client in
            try await HTTPLoadMarket.prepare(operator: client.acting(with: key), traders: connections)
        }
    }

    /// Waits until the read models have caught up.
    private func caughtUp(_ key: String) async throws {
        try await SuanpanClient.withConnections(1, to: url, retry: .standard) { client in
            while true {
                do {
                    // Whether an order is known that nobody placed, only the record can say, once it holds all that was acknowledged.
                    _ = try await client.acting(with: key).order("ord_ZZZZZZZZ")
                    return
                } catch let problem as Client.Problem where problem.code == "not_found" {
                    return
                } catch let problem as Client.Problem where problem.code == "overloaded" {
                    try await Task.sleep(for: .milliseconds(200))
                }
            }
        }
    }

    /// The rounds of one measurement.
    private struct Rounds {
        let label: String
        private(set) var rates: [Double] = []
        private var tails: [Int] = []

        init(_ label: String) { self.label = label }

        mutating func note(_ result: HTTPLoad.Result, _ number: Int) {
            rates.append(result.perSecond)
            tails.append(result.p99)
            print(result.text(label: "run \(number): \(label)"))
        }

        var median: Double { rates.sorted()[rates.count / 2] }
        var text: String { text(times: 1) }

        /// `33100 (median of 3, 32300 to 34600)`.
        func text(times factor: Double) -> String {
            let sorted = rates.sorted().map { Int($0 * factor) }
            return sorted.count == 1 ? "\(sorted[0])" : "\(sorted[sorted.count / 2]) (median of \(sorted.count), \(sorted[0]) to \(sorted[sorted.count - 1]))"
        }

        /// Of each round, in milliseconds.
        var p99: String { tails.map { String(format: "%.1f", Double($0) / 1_000) }.joined(separator: ", ") }
    }

    /// Orders in a batch.
    private static let batch = 100

    /// The same load on a route that reads the body into the order's record and writes that out again: what the HTTP library and the
    /// codec cost alone.
    private func measureBareRoute(_ load: HTTPLoad, _ market: HTTPLoadMarket) async throws -> HTTPLoad.Result {
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        let router = Router()
        router.post("/v1/orders") { request, context -> Response in
            let body = try await request.body.collect(upTo: 1 << 20)
            let document = try JSONDocument(parsing: Array(body.readableBytesView))
            let order = try JSONFieldReader.read(OrderSpec.self, from: document, products: ProductIndex())
            return Response(
                status: .created, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: JSONFieldWriter.text(order, products: ProductIndex()))))
        }
        var logger = Logger(label: "bare")
        logger.logLevel = .critical
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in announce.yield(channel.localAddress?.port ?? 0) }, logger: logger
        )
        let server = Task { try await application.run() }
        defer { server.cancel() }
        guard let port = await ports.first(where: { _ in true }), port > 0 else {
            throw ValidationError("the bare route could not be served")
        }
        return try await load.run(url: "http://127.0.0.1:\(port)", market.orders())
    }
}
