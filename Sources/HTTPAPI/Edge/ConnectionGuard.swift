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
    /// Connections in all; when so many are open, some without a request give way.
    var connections: Int
}

/// Stands first on every connection, before TLS: counts it, and cuts it where a request's head does not come to its end.
///
/// The library closes a connection on which nothing comes. One on which a byte comes now and then is what this is for.
final class ConnectionGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    /// Of a connection's answers in the system; Linux takes twice as much.
    private static let sendBufferBytes: SocketOptionValue = 256 << 10

    private let counts: ConnectionCounts
    private let patience: ConnectionPatience
    /// What is counted in; nil before and after.
    private var open: OpenConnection?
    private var wasCounted = false
    /// Whether the next bytes begin a head: none has come since the last answer.
    private var awaitsHead = true
    /// Requests that are not answered; of HTTP/2 there may be several.
    private var requests = 0
    private var head: LazyDeadline?

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
        guard !wasCounted else { return }
        wasCounted = true
        let (counts, channel) = (counts, context.channel)
        // What a client asks for and does not read waits with us, where it is counted, and not by the megabyte in the system's buffers.
        channel.setOption(.socketOption(.so_sndbuf), value: Self.sendBufferBytes).whenFailure { _ in }
        head = LazyDeadline(after: patience.head) {
            counts.note(.slowHead)
            channel.close(promise: nil)
        }
        let open = OpenConnection(channel, channel.remoteAddress?.ipAddress.flatMap { ClientAddress($0)?.value })
        self.open = open
        if counts.enter(open, limit: patience.connectionsPerAddress) {
            counts.makeRoom(places: patience.connections, on: context.eventLoop)
        } else {
            counts.note(.addressLimit)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        head?.cancel()
        head = nil
        if let open { counts.leave(open) }
        open = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if awaitsHead {
            awaitsHead = false
            open?.noteRequest()
            head?.set(on: context.eventLoop)
        }
        context.fireChannelRead(data)
    }

    /// A request's head is there: what comes now is its body, or the next one's head, once it was answered.
    func noteHead() {
        head?.clear()
        awaitsHead = false
        requests += 1
        open?.noteRequest()
    }

    /// A request was answered, or its stream ended without: where it was the last, the next bytes are a head.
    func noteEnd() {
        requests -= 1
        awaitsHead = true
        if requests <= 0 { open?.noteRest() }
    }
}

/// Stands where requests are whole parts: cuts a connection, or a stream of HTTP/2, whose body does not end or whose answer is not read,
/// and lets one request through at a time.
///
/// Without that a client that sends many requests at once and reads nothing has many answers made for it before the first was seen not
/// to go out.
final class RequestPace: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let counts: ConnectionCounts
    private let patience: ConnectionPatience
    private var connection: ConnectionGuard?
    private var body: LazyDeadline?
    private var reader: LazyDeadline?
    /// Whether a request was let through that is not answered.
    private var isAsked = false
    /// What came behind it, not let through yet, and the end of what the client sends, where that came.
    private var held = CircularBuffer<NIOAny>(initialCapacity: 0)
    private var heldEnd: ChannelEvent?
    /// Whether somebody wants to read on meanwhile.
    private var wantsMore = false

    init(counts: ConnectionCounts, patience: ConnectionPatience) {
        self.counts = counts
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // Of a stream of HTTP/2 the guard stands on the connection, which is on the same loop.
        let pipeline = context.channel.parent?.parent == nil ? context.channel.pipeline : context.channel.parent?.pipeline
        connection = try? pipeline?.syncOperations.handler(type: ConnectionGuard.self)
        body = cut(.slowBody, after: patience.body, context.channel)
        reader = cut(.slowReader, after: patience.reader, context.channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) { cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        if isAsked { connection?.noteEnd() }
        isAsked = false
        held.removeAll()
        context.fireChannelInactive()
    }

    private func cancel() {
        body?.cancel()
        reader?.cancel()
        (body, reader) = (nil, nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !held.isEmpty || isAsked && isHead(data) { held.append(data) } else { letThrough(data, context) }
    }

    private func isHead(_ data: NIOAny) -> Bool { if case .head = unwrapInboundIn(data) { true } else { false } }

    private func letThrough(_ data: NIOAny, _ context: ChannelHandlerContext) {
        switch unwrapInboundIn(data) {
        case .head:
            isAsked = true
            connection?.noteHead()
            body?.set(on: context.eventLoop)
        case .body: break
        case .end: body?.clear()
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) { if held.isEmpty { context.read() } else { wantsMore = true } }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // It must not overtake requests that came before it.
        if let end = event as? ChannelEvent, end == .inputClosed, !held.isEmpty { heldEnd = end } else { context.fireUserInboundEventTriggered(event) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data), isAsked else { return context.write(data, promise: promise) }
        isAsked = false
        connection?.noteEnd()
        context.write(data, promise: promise)
        if !held.isEmpty { letNextThrough(context) }
    }

    /// The next request that is held, as far as it has come.
    private func letNextThrough(_ context: ChannelHandlerContext) {
        // Not from within the writing of an answer.
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let (pace, context) = bound.value
            guard context.channel.isActive else { return }
            while let data = pace.held.first, !(pace.isAsked && pace.isHead(data)) {
                pace.held.removeFirst()
                pace.letThrough(data, context)
            }
            context.fireChannelReadComplete()
            guard pace.held.isEmpty else { return }
            if let end = pace.heldEnd { context.fireUserInboundEventTriggered(end) }
            pace.heldEnd = nil
            if pace.wantsMore { context.read() }
            pace.wantsMore = false
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { reader?.clear() } else { reader?.set(on: context.eventLoop) }
        context.fireChannelWritabilityChanged()
    }

    private func cut(_ reason: ConnectionCounts.Cut, after time: TimeAmount, _ channel: any Channel) -> LazyDeadline {
        let counts = counts
        return LazyDeadline(after: time) {
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
