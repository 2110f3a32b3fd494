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
    private static let refusalDelay: Duration = .milliseconds(50)

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
            context.note.name = api.name(of: request)
            response.headers[.requestID] = context.note.name
        } else {
            response = try await api.respond(to: request, context: context)
            if let policy = edge.settings.crossOrigin { policy.mark(&response.headers, for: origin) }
        }
        if let trace = context.note.trace {
            var generator = SystemRandomNumberGenerator()
            response.headers[.traceParent] = trace.header(span: generator.next())
        }
        if !context.note.limits.isEmpty { tellLimits(context.note, &response.headers) }
        // HTTP/2 has no such field; a connection of it is closed otherwise.
        if context.isMultiplexed { response.headers[.connection] = nil }
        let microseconds = (NIODeadline.now() - start).nanoseconds / 1_000
        edge.latencies.note(RouteClass(path: request.head.path ?? "/"), microseconds: microseconds)
        if edge.settings.logsAccess { log(request, response, context, microseconds) }
        // Who asks on and on beyond a limit shall not take the time of others by being refused: each connection hears of it this often.
        if response.status == .tooManyRequests { try? await Task.sleep(for: Self.refusalDelay) }
        return response
    }

    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
    private func tellLimits(_ note: RequestNote, _ headers: inout HTTPFields) {
        headers[.rateLimitPolicy] = note.limits.map { "\"\($0.name)\";q=\($0.quota);w=\($0.window)" }.joined(separator: ", ")
        headers[.rateLimit] = note.limits.map { "\"\($0.name)\";r=\($0.remaining);t=\($0.reset)" }.joined(separator: ", ")
    }

    /// One line a request: never its header fields, its query or its body.
    private func log(_ request: Request, _ response: Response, _ context: RequestOrigin, _ microseconds: Int64) {
        let note = context.note
        var metadata: Logger.Metadata = [
            "method": "\(request.method.rawValue)", "path": "\((request.head.path ?? "/").prefix { $0 != "?" }.prefix(512))",
            "status": "\(response.status.code)", "duration_us": "\(microseconds)", "request_id": "\(note.name)",
        ]
        if let address = context.address(trusting: edge.settings.trustedProxies) { metadata["client"] = "\(address.text)" }
        if !note.caller.participant.isNone { metadata["participant"] = "\(note.caller.participant)" }
        if !note.caller.key.isNone { metadata["key"] = "\(note.caller.key)" }
        if let trace = note.trace { metadata["trace_id"] = "\(trace.traceID)" }
        context.logger.notice("request", metadata: metadata)
    }
}
