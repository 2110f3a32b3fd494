import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Quantities
import Registry

/// Goes around `APIResponder`: answers browsers that ask before they send, carries traces on, tells limits, measures, logs.
package struct EdgeResponder: HTTPResponder {
    package typealias Context = RequestOrigin

    /// How long the refusal of a request beyond its limit is held back.
    static let refusalDelay: Duration = .milliseconds(50)

    let api: APIResponder
    let edge: EdgeServices

    package func respond(to request: Request, context: RequestOrigin) async throws -> Response {
        let start = NIODeadline.now()
        let origin = edge.settings.crossOrigin == nil ? nil : request.headers.value(.origin)
        if let text = request.headers.value(.traceParent) { context.note.trace = TraceContext(text) }
        var response: Response
        if let origin, let policy = edge.settings.crossOrigin, request.method == .options,
            request.headers.value(.accessControlRequestMethod) != nil, let methods = api.methods(of: request)
        {
            response = Response(status: .noContent, headers: policy.preflight(origin, methods: methods))
            context.note.name = api.name(of: request.head)
            response.headers[.requestID] = context.note.name
        } else {
            response = try await api.respond(to: request, context: context)
            if let policy = edge.settings.crossOrigin { policy.mark(&response.headers, for: origin) }
        }
        // HTTP/2 has no such field; a connection of it is closed otherwise.
        if context.isMultiplexed { response.headers[.connection] = nil }
        finish(&response.headers, status: response.status.code, of: request.head, RouteClass(path: request.head.path ?? "/"), context, since: start)
        // Who asks on and on beyond a limit shall not take the time of others by being refused: each connection hears of it this often.
        if response.status == .tooManyRequests { try? await Task.sleep(for: Self.refusalDelay) }
        return response
    }

    /// What every answer gets at its end: trace and limits in its header, a count in the latencies, a line in the access log.
    func finish(
        _ headers: inout HTTPFields, status: Int, of head: HTTPRequest, _ kind: RouteClass, _ context: RequestOrigin,
        since start: NIODeadline
    ) {
        if let trace = context.note.trace {
            var generator = SystemRandomNumberGenerator()
            headers[.traceParent] = trace.header(span: generator.next())
        }
        if !context.note.limits.isEmpty { tellLimits(context.note, &headers) }
        let microseconds = (NIODeadline.now() - start).nanoseconds / 1_000
        edge.latencies.note(kind, microseconds: microseconds)
        if edge.settings.logsAccess { log(head, status, context, microseconds) }
    }

    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
    private func tellLimits(_ note: RequestNote, _ headers: inout HTTPFields) {
        headers[.rateLimitPolicy] = note.limits.map { "\"\($0.name)\";q=\($0.quota);w=\($0.window)" }.joined(separator: ", ")
        headers[.rateLimit] = note.limits.map { "\"\($0.name)\";r=\($0.remaining);t=\($0.reset)" }.joined(separator: ", ")
    }

    /// One line a request: never its header fields, its query or its body.
    private func log(_ head: HTTPRequest, _ status: Int, _ context: RequestOrigin, _ microseconds: Int64) {
        let note = context.note
        var metadata: Logger.Metadata = [
            "method": "\(head.method.rawValue)", "path": "\((head.path ?? "/").prefix { $0 != "?" }.prefix(512))",
            "status": "\(status)", "duration_us": "\(microseconds)", "request_id": "\(note.name)",
        ]
        if let address = context.address(trusting: edge.settings.trustedProxies) { metadata["client"] = "\(address.text)" }
        if !note.caller.participant.isNone { metadata["participant"] = "\(note.caller.participant)" }
        if !note.caller.key.isNone { metadata["key"] = "\(note.caller.key)" }
        if let trace = note.trace { metadata["trace_id"] = "\(trace.traceID)" }
        context.logger.notice("request", metadata: metadata)
    }
}

/// An answer of a direct route, and how long it is held back.
struct DirectAnswer: Sendable {
    var response: WholeResponse
    var delay: TimeAmount?
}

/// The responder of direct routes; one that all connections share.
final class DirectRoutes: Sendable {
    private let responder: EdgeResponder
    /// By path: the routes of `POST` whose paths are literal, found without taking the path apart.
    private let posts: [String: FoundRoute]

    init(_ responder: EdgeResponder) {
        self.responder = responder
        var posts: [String: FoundRoute] = [:]
        for route in responder.api.table.routes where route.direct != nil && route.method == .post {
            if case .literal = route.pattern.last { posts[route.path] = FoundRoute(route: route, parameters: [], path: route.path, query: "", kind: RouteClass(path: route.path)) }
        }
        self.posts = posts
    }

    /// The route of a request that is answered without a task; nil where it goes the usual way: the route is none of those, or a browser
    /// asks whose origin must be judged.
    func route(of head: HTTPRequest) -> FoundRoute? {
        guard responder.edge.settings.crossOrigin == nil || head.headerFields.value(.origin) == nil else { return nil }
        if head.method == .post, let path = head.path, let known = posts[path] { return known }
        return responder.api.directRoute(of: head)
    }

    /// Begins a request of a direct route.
    ///
    /// - Parameters:
    ///   - mailbox: Of the event loop that this is called on.
    ///   - answer: Called once, at once or later and on any thread, with what renders the answer.
    /// - Returns: false where it must go the usual way; then nothing has happened.
    func begin(
        _ head: HTTPRequest, _ found: FoundRoute, _ body: [UInt8], _ context: RequestOrigin, _ mailbox: LoopMailbox,
        answer: @escaping @Sendable (_ rendered: @escaping @Sendable () -> DirectAnswer) -> Void
    ) -> Bool {
        let start = NIODeadline.now()
        if let text = head.headerFields.value(.traceParent) { context.note.trace = TraceContext(text) }
        return responder.api.begin(head, found, body, context, mailbox) { [self] rendered in
            answer { [self] in
                var response = rendered()
                response.headers.append(HTTPField(name: .contentLength, value: String(response.body.count)))
                responder.finish(&response.headers, status: response.status, of: head, found.kind ?? RouteClass(path: found.path), context, since: start)
                let isLimited = response.status == Int(HTTPResponse.Status.tooManyRequests.code)
                return DirectAnswer(response: response, delay: isLimited ? TimeAmount(EdgeResponder.refusalDelay) : nil)
            }
        }
    }
}
