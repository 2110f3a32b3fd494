import Exchange
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Quantities
import Registry

/// What a request brings along from its connection.
package struct RequestOrigin: InitializableFromSource {
    let channel: any Channel
    let logger: Logger
    let note = RequestNote()

    package init(source: ApplicationRequestContextSource) {
        channel = source.channel
        logger = source.logger
    }

    /// Whether this is one of the streams of an HTTP/2 connection.
    var isMultiplexed: Bool { channel.parent?.parent != nil }

    /// Where the request comes from, looked up once.
    func address(trusting proxies: [AddressRange], _ headers: HTTPFields? = nil) -> ClientAddress? {
        if !note.knowsAddress {
            note.knowsAddress = true
            note.address = ClientAddress(of: channel, headers ?? [:], proxies: proxies)
        }
        return note.address
    }
}

/// Answers every request: finds the route, checks in the order of API.md, calls the handler, renders what came of it.
///
///     404 · 405 · 401 · 403 · 415 · 413 · 400 · 422 · the exchange's own
package struct APIResponder: HTTPResponder {
    package typealias Context = RequestOrigin

    let services: Services
    package let table: RouteTable
    private let names: RequestNames

    init(services: Services, routes: [Route], names: RequestNames) {
        self.services = services
        self.names = names
        table = RouteTable(routes)
    }

    package func respond(to request: Request, context: RequestOrigin) async throws -> Response {
        let name = name(of: request)
        context.note.name = name
        do {
            let answer = try await answer(to: request, context)
            services.requestCounts.note(status: answer.status)
            return response(answer, name, to: request)
        } catch let problem as Problem {
            services.requestCounts.note(status: problem.code.status)
            return response(problem, name, isHead: request.method == .head)
        } catch let error as HTTPParserError {
            // The library ends the connection for it, and `ProtocolFaultHandler` writes the answer.
            throw error
        } catch {
            context.logger.error("a request failed", metadata: failure(name, error, context))
            let problem = Problem(.internalError, "the server failed; the request id tells its operator where to look")
            services.requestCounts.note(status: problem.code.status)
            return response(problem, name, isHead: request.method == .head)
        }
    }

    private func failure(_ name: String, _ error: any Error, _ context: RequestOrigin) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["request_id": "\(name)", "error": "\(error)"]
        if let trace = context.note.trace { metadata["trace_id"] = "\(trace.traceID)" }
        return metadata
    }

    /// The name that a request goes by.
    func name(of request: Request) -> String { names.name(request.headers.value(.requestID)) }

    /// The methods of a request's path, as `Allow` names them; nil where there is no such path.
    func methods(of request: Request) -> String? {
        guard let segments = RequestTarget(request.head.path ?? "/").segments else { return nil }
        guard case .otherMethods(let allowed) = table.match(method: "OPTIONS", segments: segments) else { return nil }
        return allowed
    }

    /// The route's answer, or the first fault of API.md's list.
    private func answer(to request: Request, _ context: RequestOrigin) async throws -> Answer {
        let path = request.head.path ?? "/"
        let target = RequestTarget(path)
        guard let segments = target.segments else { throw Problem(.notFound, "there is no such path") }
        switch table.match(method: request.method.rawValue, segments: segments) {
        case .none: throw Problem(.notFound, "there is no such path")
        case .otherMethods(let allowed):
            var problem = Problem(.methodNotAllowed, "this path takes \(allowed)")
            problem.allowedMethods = allowed
            throw problem
        case .route(let route, let parameters):
            let (caller, collected) = try await admit(request, to: route, path, context)
            let body = try await body(of: request, for: route, collected, context)
            let query = try QueryValues(target.query, allowed: route.query)
            var call = Call(
                services: services, caller: caller, parameters: parameters, query: query, body: body, idempotency: nil
            )
            if route.query.contains("format") { call.accept = request.headers.value(.accept) }
            if !caller.key.isNone {
                call.origin = { CommandOrigin(key: caller.key, address: address(of: request, context)?.text, requestID: context.note.name) }
            }
            if route.isStream {
                call.lastEventID = request.headers.value(.lastEventID)
                call.address = address(of: request, context)?.value
            }
            if let key = request.headers.value(.idempotencyKey), route.method != .get {
                call.idempotency = try RequestIdempotency.key(
                    key, participant: caller.participant, method: request.method.rawValue,
                    path: path.prefix { $0 != "?" }, query: target.query, body: body?.bytes ?? []
                )
            }
            var answer = try await work(call, by: route)
            answer.changesSlowly = route.notes?.changesSlowly ?? false
            return answer
        }
    }

    /// The handler's answer, when the key has its turn. A stream's answer is there at once; what it sends later takes no turn.
    private func work(_ call: Call, by route: Route) async throws -> Answer {
        let (key, turns) = (call.caller.key, services.edge.turns)
        guard !key.isNone else { return try await route.handler(call) }
        let reads = route.method == .get
        await turns.enter(key, reads: reads, at: Int64(clamping: NIODeadline.now().uptimeNanoseconds))
        defer { turns.leave(key, reads: reads) }
        return try await route.handler(call)
    }

    /// Who calls, if the route is for them and their limits let them; with the body, where a signature needed it.
    private func admit(
        _ request: Request, to route: Route, _ path: String, _ context: RequestOrigin
    ) async throws -> (Caller, BodyCollector.Collected?) {
        let edge = services.edge
        var isOpen = if case .everyone = route.access { true } else { false }
        if route.isStream, request.headers.value(.authorization) != nil { isOpen = false }
        guard isOpen else {
            let identity = try edge.authenticator.identify(
                request.headers, at: services.gateway.now, from: { address(of: request, context)?.value })
            var collected: BodyCollector.Collected?
            if identity.signature != nil {
                if route.method != .get { collected = try await BodyCollector.collect(request) }
                var bytes: [UInt8] = []
                switch collected {
                case .body(let all): bytes = all
                // What is too large is told so before it is held against anything.
                case .tooLarge, .endless: return (identity.caller, collected)
                case nil: break
                }
                try edge.authenticator.confirm(identity, method: request.method.rawValue, target: path, body: bytes)
            }
            context.note.caller = identity.caller
            try permit(identity.caller, route)
            try edge.limits.admit(identity.caller.key, address(of: request, context, if: edge.limits.addresses != nil), context.note)
            return (identity.caller, collected)
        }
        // Whoever watches the server must always be able to.
        if route.path != "/healthz", route.path != "/readyz", route.path != "/metrics" {
            try edge.limits.admit(.none, address(of: request, context, if: edge.limits.addresses != nil), context.note)
        }
        return (.nobody, nil)
    }

    private func address(of request: Request, _ context: RequestOrigin, if isWanted: Bool = true) -> NetworkAddress? {
        isWanted ? address(of: request, context)?.value : nil
    }

    private func address(of request: Request, _ context: RequestOrigin) -> ClientAddress? {
        context.address(trusting: services.edge.settings.trustedProxies, request.headers)
    }

    /// That the caller may take the route.
    private func permit(_ caller: Caller, _ route: Route) throws(Problem) {
        if caller.isSuspended, route.method != .get { throw Problem(.forbidden, "the participant is suspended") }
        if caller.isReadOnly, route.method != .get { throw Problem(.forbidden, "the key can only read") }
        guard case .roles(let wanted) = route.access, caller.roles.isDisjoint(with: wanted) else { return }
        throw Problem(.forbidden, "this needs a key with the role " + wanted.names.joined(separator: " or "))
    }

    /// The parsed body of a route that takes one; of others that there is nothing in it.
    private func body(
        of request: Request, for route: Route, _ known: BodyCollector.Collected?, _ context: RequestOrigin
    ) async throws -> JSONDocument? {
        if route.method == .get { return nil }
        let collected = if let known { known } else { try await BodyCollector.collect(request) }
        if case .body(let bytes) = collected, bytes.isEmpty {
            guard route.body != nil, !route.isBodyOptional else { return nil }
            // An empty body is what it claims to be; it only is no JSON.
            if let type = request.headers.value(.contentType), !BodyType.isJSON(type) { throw Self.wrongType }
            throw Problem(.invalidJSON, "a JSON object is needed and the body is empty")
        }
        let encoding = request.headers.value(.contentEncoding)?.lowercased() ?? "identity"
        guard BodyType.isJSON(request.headers.value(.contentType)), encoding == "identity" else {
            throw refusal(Self.wrongType, of: collected, on: context.channel)
        }
        guard case .body(let bytes) = collected else {
            throw refusal(Problem(.tooLarge, "a body has at most 1 MiB"), of: collected, on: context.channel)
        }
        let document: JSONDocument
        do throws(JSONFault) {
            document = try JSONDocument(parsing: bytes)
        } catch {
            throw Problem(.invalidJSON, "\(error.reason) at byte \(error.offset)")
        }
        guard route.body != nil else {
            do throws(Refusal) {
                _ = try JSONFieldReader.read(NoBody.self, from: document, products: ProductIndex())
            } catch {
                throw Problem(error)
            }
            return nil
        }
        return document
    }

    private static let wrongType = Problem(.unsupportedMediaType, "a body must be application/json in UTF-8, not encoded further")

    /// Ends the connection of a body that goes on for ever, a moment after the answer was sent: at once, the answer would be
    /// lost with what the client still sends. The answer says so, or the client's next request would be lost with it.
    private func refusal(_ problem: Problem, of collected: BodyCollector.Collected, on channel: any Channel) -> Problem {
        guard case .endless = collected else { return problem }
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        var last = problem
        last.endsConnection = true
        return last
    }
}

extension APIResponder {
    private func response(_ answer: Answer, _ name: String, to request: Request) -> Response {
        let isHead = request.method == .head
        var headers = HTTPFields()
        headers[.contentType] = answer.contentType
        headers[.requestID] = name
        if answer.isReplayed { headers[.idempotencyReplayed] = "true" }
        if answer.isSecret { headers[.cacheControl] = "no-store" }
        let (status, bytes) = Representation.chosen(for: request.headers, answer, &headers)
        let body =
            if let stream = answer.stream {
                ResponseBody { writer in try await stream.run(&writer) }
            } else if let pieces = answer.pieces {
                ResponseBody { writer in
                    while let piece = try await pieces() { try await writer.write(ByteBuffer(bytes: piece)) }
                    try await writer.finish(nil)
                }
            } else {
                ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            }
        let response = Response(status: .init(code: status), headers: headers, body: body)
        return isHead ? response.createHeadResponse() : response
    }

    private func response(_ problem: Problem, _ name: String, isHead: Bool) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "application/problem+json"
        headers[.requestID] = name
        if problem.isReplayed { headers[.idempotencyReplayed] = "true" }
        if let allowed = problem.allowedMethods { headers[.allow] = allowed }
        if problem.endsConnection { headers[.connection] = "close" }
        if let seconds = problem.retryAfter ?? problem.code.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        if problem.code == .unauthenticated { headers[.wwwAuthenticate] = Authenticator.challenge }
        let response = Response(
            status: .init(code: problem.code.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: problem.json(requestID: name)))
        )
        return isHead ? response.createHeadResponse() : response
    }
}

