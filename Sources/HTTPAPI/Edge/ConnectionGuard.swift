import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import Registry

/// How patient the server is with a connection.
struct ConnectionPatience: Sendable {
    /// From the first byte of a request, or of a TLS handshake, to the end of its header fields.
    var head: TimeAmount
    /// From the header fields to the end of the body.
    var body: TimeAmount
    /// How long the other side may take nothing of an answer that waits for it.
    var reader: TimeAmount
    var connectionsPerAddress: Int
}

/// Stands first on every connection, before TLS: counts it, and cuts it where a request's head does not come to its end.
///
/// The library closes a connection on which nothing comes. One on which a byte comes now and then is what this is for.
final class ConnectionGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let counts: ConnectionCounts
    private let patience: ConnectionPatience
    private var address: NetworkAddress?
    private var isCounted = false
    /// Whether bytes came that belong to no request yet.
    private var isReadingHead = false
    private var deadline: Scheduled<Void>?

    init(counts: ConnectionCounts, patience: ConnectionPatience) {
        self.counts = counts
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { enter(context) } }

    func channelActive(context: ChannelHandlerContext) {
        enter(context)
        context.fireChannelActive()
    }

    private func enter(_ context: ChannelHandlerContext) {
        guard !isCounted else { return }
        isCounted = true
        address = context.channel.remoteAddress?.ipAddress.flatMap { ClientAddress($0)?.value }
        if !counts.enter(context.channel, address, limit: patience.connectionsPerAddress) {
            counts.note(.addressLimit)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if isCounted { counts.leave(context.channel, address) }
        isCounted = false
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isReadingHead, deadline == nil {
            isReadingHead = true
            let (counts, channel) = (counts, context.channel)
            deadline = context.eventLoop.scheduleTask(in: patience.head) {
                counts.note(.slowHead)
                channel.close(promise: nil)
            }
        }
        context.fireChannelRead(data)
    }

    /// A request's head is there: what comes now is its body, or the next one's head, once it was answered.
    func noteHead() {
        deadline?.cancel()
        // Something else than nil, so that a body's bytes do not begin a head.
        isReadingHead = true
        deadline = nil
    }

    /// The request was answered: the next bytes are a head.
    func noteAnswer() { isReadingHead = false }
}

/// Stands where requests are whole parts: cuts a connection, or a stream of HTTP/2, whose body does not end or whose answer is not read.
final class RequestPace: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let counts: ConnectionCounts
    private let patience: ConnectionPatience
    private var connection: ConnectionGuard?
    private var body: Scheduled<Void>?
    private var reader: Scheduled<Void>?

    init(counts: ConnectionCounts, patience: ConnectionPatience) {
        self.counts = counts
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // Of a stream of HTTP/2 the guard stands on the connection, which is on the same loop.
        let pipeline = context.channel.parent?.parent == nil ? context.channel.pipeline : context.channel.parent?.pipeline
        connection = try? pipeline?.syncOperations.handler(type: ConnectionGuard.self)
    }

    func handlerRemoved(context: ChannelHandlerContext) { cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        context.fireChannelInactive()
    }

    private func cancel() {
        body?.cancel()
        reader?.cancel()
        (body, reader) = (nil, nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            connection?.noteHead()
            body?.cancel()
            body = cut(.slowBody, after: patience.body, context)
        case .body: break
        case .end:
            body?.cancel()
            body = nil
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { connection?.noteAnswer() }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        reader?.cancel()
        reader = context.channel.isWritable ? nil : cut(.slowReader, after: patience.reader, context)
        context.fireChannelWritabilityChanged()
    }

    private func cut(_ reason: ConnectionCounts.Cut, after time: TimeAmount, _ context: ChannelHandlerContext) -> Scheduled<Void> {
        let (counts, channel) = (counts, context.channel)
        return context.eventLoop.scheduleTask(in: time) {
            counts.note(reason)
            channel.close(promise: nil)
        }
    }
}

/// A way to serve connections, with the guard in front of it.
struct GuardedChannel<Base: ServerChildChannel>: ServerChildChannel {
    typealias Value = Base.Value

    let base: Base
    let counts: ConnectionCounts
    let patience: ConnectionPatience

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        do {
            try channel.pipeline.syncOperations.addHandler(ConnectionGuard(counts: counts, patience: patience))
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return base.setup(channel: channel, logger: logger)
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

extension ServerChildChannel {
    /// This way with the guard in front of it.
    func guarded(_ counts: ConnectionCounts, _ patience: ConnectionPatience) -> any ServerChildChannel {
        GuardedChannel(base: self, counts: counts, patience: patience)
    }
}
