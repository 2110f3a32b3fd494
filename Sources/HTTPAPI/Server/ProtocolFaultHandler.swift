import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Answers on the level of the protocol what the library answers with an empty 400, and says `100 Continue`.
///
/// A request that is no HTTP never reaches the responder. The library writes a bare 400 for it and closes; this handler, which
/// stands between the codec and the library, makes a problem answer of that.
final class ProtocolFaultHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let names: RequestNames
    private var fault: HTTPParserError?

    init(names: RequestNames) { self.names = names }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A client that asks before it sends a large body would wait in vain for the library.
        if case .head(let head) = unwrapInboundIn(data), head.headerFields.value(.expect)?.lowercased() == "100-continue" {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError { fault = error }
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(let head) = unwrapOutboundIn(data), head.status == .badRequest,
            head.headerFields[.contentLength] == "0"
        else { return context.write(data, promise: promise) }
        let problem =
            fault == .headerOverflow
            ? Problem(.headersTooLarge, "the header fields are too large") : Problem(.badRequest, "this is no HTTP request")
        let name = names.name(nil)
        let body = ByteBuffer(bytes: problem.json(requestID: name))
        var fields: HTTPFields = [.contentType: "application/problem+json", .connection: "close"]
        fields[.requestID] = name
        fields[.contentLength] = String(body.readableBytes)
        let status = HTTPResponse.Status(code: problem.code.status)
        context.write(wrapOutboundOut(.head(HTTPResponse(status: status, headerFields: fields))), promise: promise)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
    }
}
