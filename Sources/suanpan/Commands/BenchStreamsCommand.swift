import ArgumentParser
import Client
import Foundation
import NIOCore

/// `suanpan bench streams`: how soon an order shows in the streams of many subscribers.
struct BenchStreamsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "streams",
        abstract: "Time from sending an order to its event at each of many subscribers of a running server.")

    @Option(help: "The server; start it with --connections-per-address above the number of subscribers.")
    var url = "http://127.0.0.1:8080"
    @Option(help: "The operator's API key; SUANPAN_OPERATOR_KEY where it is not given.")
    var operatorKey: String?
    @Option(help: "Subscribers.")
    var subscribers = 1_000
    @Option(help: "Orders a second; each is one event for every subscriber.")
    var rate = 10
    @Option(help: "Seconds.")
    var seconds = 10

    func validate() throws {
        guard (1...4_000).contains(subscribers) else { throw ValidationError("--subscribers is 1 to 4000") }
        guard (1...1_000).contains(rate) else { throw ValidationError("--rate is 1 to 1000") }
        guard (1...600).contains(seconds) else { throw ValidationError("--seconds is 1 to 600") }
    }

    func run() async throws {
        guard let key = operatorKey ?? ProcessInfo.processInfo.environment["SUANPAN_OPERATOR_KEY"], !key.isEmpty else {
            throw ValidationError("the operator's key is missing: --operator-key or SUANPAN_OPERATOR_KEY")
        }
        guard let address = URLComponents(string: url), let host = address.host, let port = address.port else {
            throw ValidationError("--url is like http://127.0.0.1:8080")
        }
        let sent = try await SuanpanClient.withConnections(4, to: url, retry: .standard) { client in
            let market = try await HTTPLoadMarket.prepare(operator: client.acting(with: key), traders: 2)
            let streams = try await StreamLoad.subscribe(
                host: host, port: port, channel: "book:\(market.contracts[0])", count: subscribers)
            let sent = try await placeOrders(client, market, first: streams.first)
            // What is on its way comes before the streams are closed.
            try await Task.sleep(for: .seconds(1))
            return (sent: sent, arrivals: try await streams.close())
        }
        report(sent.sent, sent.arrivals)
    }

    /// Places orders at a steady rate, each at another price; answers when each was sent, by the number of its event.
    private func placeOrders(_ client: SuanpanClient, _ market: HTTPLoadMarket, first: Int64) async throws -> [Int64: UInt64] {
        var sent: [Int64: UInt64] = [:]
        let start = NIODeadline.now()
        for number in 0..<(rate * seconds) {
            let due = start + .nanoseconds(Int64(number) * 1_000_000_000 / Int64(rate))
            let wait = due - NIODeadline.now()
            if wait > .nanoseconds(0) { try await Task.sleep(for: .nanoseconds(wait.nanoseconds)) }
            // Every price has two digits after the point: 2.10 to 2.99, one after the other.
            let body =
                #"{"contract":"\#(market.contracts[0])","side":"buy","type":"limit","price":"2.\#(10 + number % 90)","quantity":1,"#
                + #""time_in_force":"gtc"}"#
            sent[first + Int64(number) + 1] = NIODeadline.now().uptimeNanoseconds
            _ = try await client.acting(with: market.traders[0].key).send("POST", "/v1/orders", body: Array(body.utf8))
        }
        return sent
    }

    private func report(_ sent: [Int64: UInt64], _ arrivals: [StreamLoad.Arrivals]) {
        var latencies: [UInt64] = []
        for list in arrivals {
            for arrival in list { if let start = sent[arrival.id] { latencies.append(arrival.nanoseconds - min(start, arrival.nanoseconds)) } }
        }
        latencies.sort()
        let expected = sent.count * arrivals.count
        guard let worst = latencies.last else { return print("no event came") }
        func milliseconds(_ value: UInt64) -> String { String(format: "%.1f ms", Double(value) / 1e6) }
        func percentile(_ share: Double) -> String {
            milliseconds(latencies[min(Int(share * Double(latencies.count)), latencies.count - 1)])
        }
        print(
            "streams: \(arrivals.count) subscribers, \(rate) orders/s for \(seconds) s: p50 \(percentile(0.5)), p99 \(percentile(0.99)), "
                + "max \(milliseconds(worst)), \(latencies.count / seconds) events/s delivered, \(latencies.count) of \(expected) came  "
                + "(from sending the order, durable, to the event at the subscriber)")
    }
}
