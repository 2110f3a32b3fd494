import Client
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Clients that ask for nothing, too slowly or too much, from addresses of their own where the server is on this machine.
package struct PressureLoad: Sendable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// What a crowd's connections do.
    package enum Habit: Sendable {
        /// One request, and then nothing any more.
        case idle
        /// A byte of a head that does not end, each second.
        case slowHead
        /// A byte of a body that does not end, each second.
        case slowBody(key: String)
        /// Requests for a large answer, of which nothing is read.
        case slowReader
    }

    /// Connections of one habit.
    package final class Crowd: Sendable {
        private let channels: [any Channel]
        private let ended: CountedEnds

        fileprivate init(channels: [any Channel], ended: CountedEnds) {
            self.channels = channels
            self.ended = ended
        }

        package var count: Int { channels.count }
        /// How many the server has closed.
        package var closed: Int { ended.count }

        /// Closes all.
        package func close() async {
            for channel in channels { try? await channel.close().get() }
        }
    }

    fileprivate final class CountedEnds: Sendable {
        private let number = Atomic(0)
        var count: Int { number.load(ordering: .relaxed) }
        func add() { number.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Sends what its habit is, and drops what comes.
    private final class Member: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let habit: Habit
        private let ended: CountedEnds

        init(_ habit: Habit, _ ended: CountedEnds) {
            self.habit = habit
            self.ended = ended
        }

        func channelActive(context: ChannelHandlerContext) {
            switch habit {
            case .idle: send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", context)
            case .slowHead:
                send("GET /v1/time HTTP/1.1\r\nX-Slow: ", context)
                trickle(context)
            case .slowBody(let key):
                send(
                    "POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 1000000\r\n\r\n{", context)
                trickle(context)
            case .slowReader:
                // Nothing is read any more: the server's answers fill the buffers between.
                send(String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n", count: 50), context)
                let channel = context.channel
                channel.setOption(.autoRead, value: false).whenFailure { _ in channel.close(promise: nil) }
            }
        }

        private func send(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
        }

        private func trickle(_ context: ChannelHandlerContext) {
            let channel = context.channel
            context.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { task in
                guard channel.isActive else { return task.cancel() }
                channel.writeAndFlush(ByteBuffer(string: "x"), promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) { ended.add() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// Opens connections, a few at a time: what is measured is not how fast a listener's queue fills.
    ///
    /// - Parameter sources: From how many addresses of this machine's own network, 127.0.1.1 and on; where the server is elsewhere, all
    ///   come from one.
    package func gather(_ count: Int, _ habit: Habit, sources: Int) async throws -> Crowd {
        let group = MultiThreadedEventLoopGroup.singleton
        let ended = CountedEnds()
        var channels: [any Channel] = []
        let isLocal = host.hasPrefix("127.")
        for start in stride(from: 0, to: count, by: 100) {
            var opening: [EventLoopFuture<any Channel>] = []
            for number in start..<min(start + 100, count) {
                var bootstrap = ClientBootstrap(group: group).connectTimeout(.seconds(30)).channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Member(habit, ended)) }
                }
                if isLocal { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: "127.0.1.\(1 + number % sources)", port: 0)) }
                opening.append(bootstrap.connect(host: host, port: port))
            }
            for future in opening { channels.append(try await future.get()) }
        }
        return Crowd(channels: channels, ended: ended)
    }

    // MARK: The others

    /// What a number of steady clients saw.
    package struct Latencies: Sendable {
        package var microseconds: [Int] = []
        /// Answers of 400 and above, and requests without one.
        package var refused = 0

        package func percentile(_ share: Double) -> Int {
            guard !microseconds.isEmpty else { return 0 }
            return microseconds[min(Int(share * Double(microseconds.count)), microseconds.count - 1)]
        }
    }

    /// Lets each trader place an order each so many milliseconds, and answers how long each waited for its answer since it was due.
    package static func steadyOrders(
        _ client: SuanpanClient, _ market: HTTPLoadMarket, traders: Range<Int>, every milliseconds: Int, seconds: Int
    ) async throws -> Latencies {
        let start = ContinuousClock.now + .milliseconds(100)
        return try await withThrowingTaskGroup(of: Latencies.self) { group in
            for (place, trader) in traders.enumerated() {
                group.addTask {
                    var own = Latencies()
                    let acting = client.acting(with: market.traders[trader].key)
                    for number in 0..<(seconds * 1_000 / milliseconds) {
                        // Spread over the interval, so that they do not come in step.
                        let due = start + .milliseconds(number * milliseconds) + .microseconds(place * milliseconds * 1_000 / traders.count)
                        try await Task.sleep(until: due, tolerance: .zero, clock: .continuous)
                        let answer = try? await acting.send(
                            "POST", "/v1/orders", body: Array(market.order(trader: trader, count: number).utf8))
                        let waited = (ContinuousClock.now - due).components
                        own.microseconds.append(Int(waited.seconds) * 1_000_000 + Int(waited.attoseconds / 1_000_000_000_000))
                        if (answer?.status ?? 500) >= 400 { own.refused += 1 }
                    }
                    return own
                }
            }
            var all = try await group.reduce(into: Latencies()) {
                $0.microseconds += $1.microseconds
                $0.refused += $1.refused
            }
            all.microseconds.sort()
            return all
        }
    }
}
