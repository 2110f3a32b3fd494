import NIOCore
import NIOPosix
import Synchronization

/// Many subscribers of one channel over sockets of their own: when each event reaches each of them.
package enum StreamLoad {
    /// When events came, by their numbers.
    package typealias Arrivals = [(id: Int64, nanoseconds: UInt64)]

    /// Reads one stream: notes when each numbered event came, and keeps nothing else of it.
    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let request: String
        private let ready: EventLoopPromise<Int64>
        private var line: [UInt8] = []
        private(set) var arrivals: Arrivals = []
        private var isReady = false

        init(request: String, ready: EventLoopPromise<Int64>) {
            self.request = request
            self.ready = ready
        }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: request)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let now = NIODeadline.now().uptimeNanoseconds
            for byte in unwrapInboundIn(data).readableBytesView {
                guard byte == 10 else {
                    // Only the numbers' lines are of interest, and they are short.
                    if line.count < 64 { line.append(byte) }
                    continue
                }
                note(now)
                line.removeAll(keepingCapacity: true)
            }
        }

        private func note(_ now: UInt64) {
            let text = String(decoding: line, as: UTF8.self)
            guard text.hasPrefix("id: "), let id = Int64(text.dropFirst(4)) else { return }
            if isReady { arrivals.append((id, now)) } else { ready.succeed(id) }
            isReady = true
        }

        func channelInactive(context: ChannelHandlerContext) { ready.fail(ChannelError.eof) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { ready.fail(error) }
    }

    /// The open streams.
    package struct Subscribers: Sendable {
        fileprivate let channels: [any Channel]
        /// The number of the snapshot that each began with.
        package let first: Int64

        /// Closes all and answers when events came to them.
        package func close() async throws -> [Arrivals] {
            var all: [Arrivals] = []
            for channel in channels {
                all.append(
                    try await channel.eventLoop.submit {
                        try channel.pipeline.syncOperations.handler(type: Reader.self).arrivals
                    }.get())
                channel.close(promise: nil)
            }
            return all
        }
    }

    /// Opens `count` streams of a channel and waits for the snapshot of each.
    package static func subscribe(host: String, port: Int, channel: String, count: Int) async throws -> Subscribers {
        let group = MultiThreadedEventLoopGroup.singleton
        let request =
            "GET /v1/stream?channels=\(channel) HTTP/1.1\r\nHost: \(host):\(port)\r\nAccept: text/event-stream\r\n\r\n"
        var opened: [any Channel] = []
        var first: Int64 = 0
        // A few at a time: what is measured is not how fast a listener's queue fills.
        for start in stride(from: 0, to: count, by: 50) {
            var waiting: [EventLoopFuture<Int64>] = []
            for _ in start..<min(start + 50, count) {
                let loop = group.next()
                let ready = loop.makePromise(of: Int64.self)
                waiting.append(ready.futureResult)
                let channel = try await ClientBootstrap(group: loop).channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Reader(request: request, ready: ready))
                    }
                }.connect(host: host, port: port).get()
                opened.append(channel)
            }
            for future in waiting { first = max(first, try await future.get()) }
        }
        return Subscribers(channels: opened, first: first)
    }
}
