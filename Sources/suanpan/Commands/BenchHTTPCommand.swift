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
        let market = try await SuanpanClient.withConnections(4, to: url, retry: .standard) { client in
            try await HTTPLoadMarket.prepare(operator: client.acting(with: key), traders: connections)
        }
        let load = HTTPLoad(connections: connections, seconds: seconds)
        var orders: [Double] = []
        var bare: [Double] = []
        var books: [Double] = []
        var batches: [Double] = []
        for number in 1...runs {
            let durable = try await load.run(url: market.url, market.orders())
            let plain = try await measureBareRoute(load, market)
            orders.append(durable.perSecond)
            bare.append(plain.perSecond)
            print(durable.text(label: "run \(number): durable orders"))
            print(plain.text(label: "run \(number): bare route    "))
            let reads = try await load.run(url: market.url, market.bookReads())
            books.append(reads.perSecond)
            print(reads.text(label: "run \(number): books read    "))
            let hundreds = try await load.run(url: market.url, market.batches(of: Self.batch))
            batches.append(hundreds.perSecond * Double(Self.batch))
            print(hundreds.text(label: "run \(number): batches of 100"))
        }
        orders.sort()
        bare.sort()
        books.sort()
        batches.sort()
        let ratio = String(format: "%.2f", orders[runs / 2] / max(bare[runs / 2], 1))
        print(
            "durable orders over HTTP: \(Int(orders[runs / 2])) /s  (median of \(runs), \(Int(orders[0])) to "
                + "\(Int(orders[runs - 1])); \(connections) connections, one order a request, committed with fsync)")
        print(
            "bare route: \(Int(bare[runs / 2])) /s  (\(Int(bare[0])) to \(Int(bare[runs - 1])); reads the same body with the same codec, answers "
                + "it); orders ÷ bare = \(ratio)")
        print(
            "books read: \(Int(books[runs / 2])) /s  (\(Int(books[0])) to \(Int(books[runs - 1]))); books ÷ bare = "
                + String(format: "%.2f", books[runs / 2] / max(bare[runs / 2], 1)))
        print(
            "orders in batches of 100: \(Int(batches[runs / 2])) /s  (\(Int(batches[0])) to \(Int(batches[runs - 1]))); ÷ single orders = "
                + String(format: "%.1f", batches[runs / 2] / max(orders[runs / 2], 1)))
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
