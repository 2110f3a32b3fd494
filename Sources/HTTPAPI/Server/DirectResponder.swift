import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Answers requests of direct routes on the connection's event loop; whatever else comes, and whatever would have to wait, goes on to the
/// library.
///
/// The library gives each connection a task. A request crosses from the event loop to the task's thread and back, which costs more than
/// reading and writing an order. A direct route does all its work here: at the end of the request its command is queued, and when that is
/// durable the writer's thread has the answer rendered and sent by the event loop.
///
/// It stands where one request is let through at a time (`RequestPace`), behind what counts requests. On the event loop only.
final class DirectResponder: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    /// Larger bodies go the usual way.
    private static let bodyLimit = 64 << 10

    private enum State {
        case idle
        /// A request of a direct route that has not come to its end.
        case collecting(HTTPRequest, FoundRoute, ByteBuffer)
        /// A request whose answer is not written.
        case answering
        /// A request that the library has.
        case passing
    }

    /// What came while a request was answered and must not overtake its answer.
    private enum Held {
        case event(ChannelEvent)
        case error(any Error)
    }

    private let routes: DirectRoutes
    private let mailboxes: LoopMailboxes
    private let dates: HTTPDates
    private let logger: Logger
    private var state = State.idle
    private var held: [Held] = []
    private var context: ChannelHandlerContext?
    private var mailbox: LoopMailbox?
    /// Where bytes go out as they are: that of the first handler. The connection is not encrypted.
    private var connection: ChannelHandlerContext?

    init(routes: DirectRoutes, mailboxes: LoopMailboxes, dates: HTTPDates, logger: Logger) {
        self.routes = routes
        self.mailboxes = mailboxes
        self.dates = dates
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        mailbox = mailboxes.mailbox(of: context.eventLoop)
        connection = try? context.pipeline.syncOperations.context(handlerType: ConnectionGuard.self)
    }
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        connection = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (state, unwrapInboundIn(data)) {
        case (.idle, .head(let head)):
            // An answer that the client does not take has the next one wait, which is what the library does.
            if context.channel.isWritable, head.headerFields.value(.connection) == nil, let found = routes.route(of: head) {
                state = .collecting(head, found, ByteBuffer())
            } else {
                state = .passing
                context.fireChannelRead(data)
            }
        case (.collecting(let head, let found, var body), .body(var part)):
            state = .idle
            if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
            if body.readableBytes <= Self.bodyLimit {
                state = .collecting(head, found, body)
            } else {
                passOn(head, body, context)
            }
        case (.collecting(let head, let found, let body), .end(let trailers)):
            state = .answering
            guard !begin(head, found, body, context) else { return }
            passOn(head, body, context)
            state = .idle
            context.fireChannelRead(wrapInboundOut(.end(trailers)))
        case (.passing, .end):
            state = .idle
            context.fireChannelRead(data)
        default: context.fireChannelRead(data)
        }
    }

    /// Gives the library what there is of a request.
    private func passOn(_ head: HTTPRequest, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        state = .passing
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
    }

    private func begin(_ head: HTTPRequest, _ found: FoundRoute, _ body: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        guard let mailbox, connection != nil else { return false }
        let loop = context.eventLoop
        let this = NIOLoopBound(self, eventLoop: loop)
        let origin = RequestOrigin(channel: context.channel, logger: logger)
        return routes.begin(head, found, Array(body.readableBytesView), origin, mailbox) { rendered in
            if loop.inEventLoop { this.value.answer(rendered()) } else { mailbox.post { this.value.answer(rendered()) } }
        }
    }

    private func answer(_ answer: DirectAnswer) {
        guard let context else { return }
        guard let delay = answer.delay else { return write(answer.response, context) }
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            if let context = self.context { write(answer.response, context) }
        }
    }

    /// The answer's bytes go to the connection in one piece, below the handlers that would make them of parts; its end passes those, because
    /// some of them count requests by it.
    private func write(_ response: WholeResponse, _ context: ChannelHandlerContext) {
        state = .idle
        connection?.write(NIOAny(IOData.byteBuffer(bytes(of: response, context.channel.allocator))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        let late = held
        held = []
        for held in late {
            switch held {
            case .event(let event): context.fireUserInboundEventTriggered(event)
            case .error(let error): context.fireErrorCaught(error)
            }
        }
    }

    private func bytes(of response: WholeResponse, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        let status = HTTPResponseStatus(statusCode: response.status)
        var buffer = allocator.buffer(capacity: response.body.count + 512)
        buffer.writeString("HTTP/1.1 ")
        buffer.writeString(String(status.code))
        buffer.writeString(" ")
        buffer.writeString(status.reasonPhrase)
        // A field's value cannot hold a line break: its type sees to that.
        for field in response.headers { write(field.name.rawName, field.value, to: &buffer) }
        write("Date", dates.now, to: &buffer)
        buffer.writeString("\r\n\r\n")
        buffer.writeBytes(response.body)
        return buffer
    }

    private func write(_ name: String, _ value: String, to buffer: inout ByteBuffer) {
        buffer.writeString("\r\n")
        buffer.writeString(name)
        buffer.writeString(": ")
        buffer.writeString(value)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .answering = state, let event = event as? ChannelEvent { return held.append(.event(event)) }
        passOnCollected(context)
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .answering = state { return held.append(.error(error)) }
        passOnCollected(context)
        context.fireErrorCaught(error)
    }

    /// What ends a request before its end is for the library to answer.
    private func passOnCollected(_ context: ChannelHandlerContext) {
        if case .collecting(let head, _, let body) = state { passOn(head, body, context) }
    }
}
