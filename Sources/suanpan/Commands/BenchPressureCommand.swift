import ArgumentParser
import Client
import Foundation

/// `suanpan bench pressure`: what steady clients notice of idle, slow and greedy ones.
struct BenchPressureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pressure",
        abstract: "How long steady clients of a running server wait for durable orders: alone, beside idle and slow clients, beside a flood from one key.")

    @Option(help: "The server; start it with --max-connections above the idle ones, and with --rate-limit-per-key to see that work.")
    var url = "http://127.0.0.1:8080"
    @Option(help: "The operator's API key; SUANPAN_OPERATOR_KEY where it is not given.")
    var operatorKey: String?
    @Option(help: "Connections that ask for nothing.")
    var idle = 10_000
    @Option(help: "Addresses they come from, where the server is at 127.0.0.1.")
    var sources = 10
    @Option(help: "Clients that send heads, send bodies, and read answers too slowly: so many of each.")
    var slow = 300
    @Option(help: "Connections of the flood.")
    var flood = 32
    @Option(help: "Steady clients.")
    var clients = 16
    @Option(help: "Milliseconds between two orders of a steady client.")
    var interval = 50
    @Option(help: "Seconds of each measurement.")
    var seconds = 10

    func validate() throws {
        guard (1...30_000).contains(idle), (1...5_000).contains(slow) else {
            throw ValidationError("--idle is 1 to 30000, --slow 1 to 5000")
        }
        guard (1...200).contains(sources), (1...1_000).contains(flood) else {
            throw ValidationError("--sources is 1 to 200, --flood 1 to 1000")
        }
        guard (1...500).contains(clients), (1...1_000).contains(interval), (1...600).contains(seconds) else {
            throw ValidationError("--clients is 1 to 500, --interval 1 to 1000, --seconds 1 to 600")
        }
    }

    func run() async throws {
        guard let key = operatorKey ?? ProcessInfo.processInfo.environment["SUANPAN_OPERATOR_KEY"], !key.isEmpty else {
            throw ValidationError("the operator's key is missing: --operator-key or SUANPAN_OPERATOR_KEY")
        }
        guard let address = URLComponents(string: url), let host = address.host, let port = address.port else {
            throw ValidationError("--url is like http://127.0.0.1:8080")
        }
        let limit = OpenFileLimit.raise() ?? 0
        guard limit > idle + 1_000 else {
            throw ValidationError("\(idle) connections need more open files than the system allows: \(limit)")
        }
        let load = PressureLoad(host: host, port: port)
        // The last one's key is for the flood alone.
        try await SuanpanClient.withConnections(clients, to: url, retry: .never) { client in
            let market = try await HTTPLoadMarket.prepare(operator: client.acting(with: key), traders: clients + 1)
            try await measure(load, client, market)
        }
    }

    private func measure(_ load: PressureLoad, _ client: SuanpanClient, _ market: HTTPLoadMarket) async throws {
        @Sendable func orders() async throws -> PressureLoad.Latencies {
            try await PressureLoad.steadyOrders(client, market, traders: 0..<clients, every: interval, seconds: seconds)
        }
        // The first answers pay for what is set up once.
        _ = try await PressureLoad.steadyOrders(client, market, traders: 0..<clients, every: interval, seconds: 2)
        let quiet = try await orders()
        try await report("alone", quiet, quiet, client)

        let idlers = try await load.gather(idle, .idle, sources: sources)
        try await settle()
        try await report("beside \(idle) idle connections, \(idlers.closed) of them closed by the server", orders(), quiet, client)
        await idlers.close()
        try await settle()

        let heads = try await load.gather(slow, .slowHead, sources: sources)
        let bodies = try await load.gather(slow, .slowBody(key: market.traders[clients].key), sources: sources)
        let readers = try await load.gather(slow, .slowReader, sources: sources)
        try await report("beside \(slow) slow heads, \(slow) slow bodies and \(slow) that read nothing", orders(), quiet, client)
        for crowd in [heads, bodies, readers] { await crowd.close() }
        try await settle()

        let greedy = market.traders[clients]
        let requests = (0..<256).map { number in
            HTTPLoad.Request(method: "POST", path: "/v1/orders", body: market.order(trader: clients, count: number), key: greedy.key)
        }
        async let flooding = HTTPLoad(connections: flood, seconds: seconds + 2).run(url: url, requests)
        try await Task.sleep(for: .seconds(1))
        let beside = try await orders()
        let flooded = try await flooding
        try await report(
            "beside a flood of \(Int(flooded.perSecond)) orders/s from one key on \(flood) connections, "
                + "\(flooded.answered > 0 ? flooded.refused * 100 / flooded.answered : 0) % refused",
            beside, quiet, client)
    }

    /// That connections come and go by the thousand is not what is measured.
    private func settle() async throws { try await Task.sleep(for: .seconds(2)) }

    private func report(
        _ label: String, _ seen: PressureLoad.Latencies, _ quiet: PressureLoad.Latencies, _ client: SuanpanClient
    ) async throws {
        func milliseconds(_ microseconds: Int) -> String { String(format: "%.1f ms", Double(microseconds) / 1_000) }
        let metrics = try await client.send("GET", "/metrics").text
        func figure(_ name: String) -> Int {
            metrics.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
        }
        let ratio = Double(seen.percentile(0.99)) / Double(max(quiet.percentile(0.99), 1))
        print(
            "pressure: \(seen.microseconds.count) orders of \(clients) clients \(label): p50 \(milliseconds(seen.percentile(0.5))), "
                + "p99 \(milliseconds(seen.percentile(0.99))) (\(String(format: "%.2f", ratio)) × alone), max \(milliseconds(seen.percentile(1))), "
                + "\(seen.refused) refused; the server has \(figure("suanpan_http_connections")) connections and "
                + "\(figure("process_resident_memory_bytes") >> 20) MiB")
    }
}
