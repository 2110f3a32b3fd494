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

    init(channel: any Channel, logger: Logger) {
        self.channel = channel
        self.logger = logger
    }

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
        let name = name(of: request.head)
        context.note.name = name
        do {
            let answer = try await answer(to: request, context)
            services.requestCounts.note(status: answer.status)
            return response(answer, name, to: request)
        } catch let problem as Problem {
            return response(problem, name, isHead: request.method == .head)
        } catch let error as HTTPParserError {
            // The library ends the connection for it, and `ProtocolFaultHandler` writes the answer.
            throw error
        } catch {
            context.logger.error("a request failed", metadata: failure(name, error, context))
            let problem = Problem(.internalError, "the server failed; the request id tells its operator where to look")
            return response(problem, name, isHead: request.method == .head)
        }
    }

    private func failure(_ name: String, _ error: any Error, _ context: RequestOrigin) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["request_id": "\(name)", "error": "\(error)"]
        if let trace = context.note.trace { metadata["trace_id"] = "\(trace.traceID)" }
        return metadata
    }

    /// The name that a request goes by.
    func name(of head: HTTPRequest) -> String { names.name(head.headerFields.value(.requestID)) }

    /// The methods of a request's path, as `Allow` names them; nil where there is no such path.
    func methods(of request: Request) -> String? {
        guard let segments = RequestTarget(request.head.path ?? "/").segments else { return nil }
        guard case .otherMethods(let allowed) = table.match(method: "OPTIONS", segments: segments) else { return nil }
        return allowed
    }

    /// The route's answer, or the first fault of API.md's list.
    private func answer(to request: Request, _ context: RequestOrigin) async throws -> Answer {
        let head = request.head
        let path = head.path ?? "/"
        let target = RequestTarget(path)
        guard let segments = target.segments else { throw Problem(.notFound, "there is no such path") }
        switch table.match(method: head.method.rawValue, segments: segments) {
        case .none: throw Problem(.notFound, "there is no such path")
        case .otherMethods(let allowed):
            var problem = Problem(.methodNotAllowed, "this path takes \(allowed)")
            problem.allowedMethods = allowed
            throw problem
        case .route(let route, let parameters):
            let found = FoundRoute(route: route, parameters: parameters, path: path, query: target.query)
            let identity = try identify(head, found, context)
            var collected: BodyCollector.Collected?
            // A signature is held against the body.
            if identity?.signature != nil, route.method != .get { collected = try await BodyCollector.collect(request) }
            let caller = try admit(identity, head, found, collected ?? .body([]), context)
            if collected == nil, route.method != .get { collected = try await BodyCollector.collect(request) }
            let call = try call(of: caller, head, found, collected ?? .body([]), context)
            var answer = try await work(call, by: route)
            answer.changesSlowly = route.notes?.changesSlowly ?? false
            return answer
        }
    }

    /// What the handler of a route gets.
    private func call(
        of caller: Caller, _ head: HTTPRequest, _ found: FoundRoute, _ collected: BodyCollector.Collected, _ context: RequestOrigin
    ) throws(Problem) -> Call {
        let route = found.route
        let body = try document(of: collected, head, for: route, context)
        let query = try QueryValues(found.query, allowed: route.query)
        var call = Call(
            services: services, caller: caller, parameters: found.parameters, query: query, body: body, idempotency: nil
        )
        if route.query.contains("format") { call.accept = head.headerFields.value(.accept) }
        if !caller.key.isNone {
            call.origin = { CommandOrigin(key: caller.key, address: address(of: head, context)?.text, requestID: context.note.name) }
        }
        if route.isStream {
            call.lastEventID = head.headerFields.value(.lastEventID)
            call.address = address(of: head, context)?.value
        }
        if let key = head.headerFields.value(.idempotencyKey), route.method != .get {
            call.idempotency = try RequestIdempotency.key(
                key, participant: caller.participant, method: head.method.rawValue,
                path: found.path.prefix { $0 != "?" }, query: found.query, body: body?.bytes ?? []
            )
        }
        return call
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

    /// Who calls a route that is not for everybody.
    private func identify(_ head: HTTPRequest, _ found: FoundRoute, _ context: RequestOrigin) throws(Problem) -> Authenticator.Identity? {
        var isOpen = if case .everyone = found.route.access { true } else { false }
        if found.route.isStream, head.headerFields.value(.authorization) != nil { isOpen = false }
        guard !isOpen else { return nil }
        return try services.edge.authenticator.identify(
            head.headerFields, at: services.gateway.now, from: { address(of: head, context)?.value })
    }

    /// The caller, if the request is the one that it signed, the route is for it and its limits let it.
    private func admit(
        _ identity: Authenticator.Identity?, _ head: HTTPRequest, _ found: FoundRoute, _ collected: BodyCollector.Collected,
        _ context: RequestOrigin
    ) throws(Problem) -> Caller {
        let (edge, route) = (services.edge, found.route)
        guard let identity else {
            // Whoever watches the server must always be able to.
            if route.path != "/healthz", route.path != "/readyz", route.path != "/metrics" {
                try edge.limits.admit(.none, address(of: head, context, if: edge.limits.addresses != nil), context.note)
            }
            return .nobody
        }
        if identity.signature != nil {
            // What is too large is told so before it is held against anything.
            guard case .body(let bytes) = collected else { return identity.caller }
            try edge.authenticator.confirm(identity, method: head.method.rawValue, target: found.path, body: bytes)
        }
        context.note.caller = identity.caller
        try permit(identity.caller, route)
        try edge.limits.admit(identity.caller.key, address(of: head, context, if: edge.limits.addresses != nil), context.note)
        return identity.caller
    }

    private func address(of head: HTTPRequest, _ context: RequestOrigin, if isWanted: Bool = true) -> NetworkAddress? {
        isWanted ? address(of: head, context)?.value : nil
    }

    private func address(of head: HTTPRequest, _ context: RequestOrigin) -> ClientAddress? {
        context.address(trusting: services.edge.settings.trustedProxies, head.headerFields)
    }

    /// That the caller may take the route.
    private func permit(_ caller: Caller, _ route: Route) throws(Problem) {
        if caller.isSuspended, route.method != .get { throw Problem(.forbidden, "the participant is suspended") }
        if caller.isReadOnly, route.method != .get { throw Problem(.forbidden, "the key can only read") }
        guard case .roles(let wanted) = route.access, caller.roles.isDisjoint(with: wanted) else { return }
        throw Problem(.forbidden, "this needs a key with the role " + wanted.names.joined(separator: " or "))
    }

    /// The parsed body of a route that takes one; of others that there is nothing in it.
    private func document(
        of collected: BodyCollector.Collected, _ head: HTTPRequest, for route: Route, _ context: RequestOrigin
    ) throws(Problem) -> JSONDocument? {
        if route.method == .get { return nil }
        if case .body(let bytes) = collected, bytes.isEmpty {
            guard route.body != nil, !route.isBodyOptional else { return nil }
            // An empty body is what it claims to be; it only is no JSON.
            if let type = head.headerFields.value(.contentType), !BodyType.isJSON(type) { throw Self.wrongType }
            throw Problem(.invalidJSON, "a JSON object is needed and the body is empty")
        }
        let encoding = head.headerFields.value(.contentEncoding)?.lowercased() ?? "identity"
        guard BodyType.isJSON(head.headerFields.value(.contentType)), encoding == "identity" else {
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

/// A route, and what the request's target says to it.
final class FoundRoute: Sendable {
    let route: Route
    /// The values of the path's parameters, in order.
    let parameters: [String]
    /// The request's whole target, and what of it follows the question mark.
    let path: String
    let query: Substring
    /// Of the path, where it is known before a request comes.
    let kind: RouteClass?

    init(route: Route, parameters: [String], path: String, query: Substring, kind: RouteClass? = nil) {
        self.kind = kind
        self.route = route
        self.parameters = parameters
        self.path = path
        self.query = query
    }
}

/// An answer as HTTP, whole.
struct WholeResponse: Sendable {
    var status: Int
    var headers = HTTPFields()
    var body: [UInt8] = []
}

// MARK: Answers as HTTP

extension APIResponder {
    private func response(_ answer: Answer, _ name: String, to request: Request) -> Response {
        let whole = whole(answer, name, to: request.head)
        let body =
            if let stream = answer.stream {
                ResponseBody { writer in try await stream.run(&writer) }
            } else if let pieces = answer.pieces {
                ResponseBody { writer in
                    while let piece = try await pieces() { try await writer.write(ByteBuffer(bytes: piece)) }
                    try await writer.finish(nil)
                }
            } else {
                ResponseBody(byteBuffer: ByteBuffer(bytes: whole.body))
            }
        let response = Response(status: .init(code: whole.status), headers: whole.headers, body: body)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func response(_ problem: Problem, _ name: String, isHead: Bool) -> Response {
        let whole = whole(problem, name)
        let response = Response(
            status: .init(code: whole.status), headers: whole.headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: whole.body)))
        return isHead ? response.createHeadResponse() : response
    }

    private func whole(_ answer: Answer, _ name: String, to head: HTTPRequest) -> WholeResponse {
        // Appended and not set: to find a field by its name, the library makes a dictionary.
        var headers = HTTPFields()
        headers.append(HTTPField(name: .contentType, value: answer.contentType))
        headers.append(HTTPField(name: .requestID, value: name))
        if answer.isReplayed { headers[.idempotencyReplayed] = "true" }
        if answer.isSecret { headers[.cacheControl] = "no-store" }
        let (status, bytes) = Representation.chosen(for: head.headerFields, answer, &headers)
        return WholeResponse(status: status, headers: headers, body: bytes)
    }

    private func whole(_ problem: Problem, _ name: String) -> WholeResponse {
        var headers = HTTPFields()
        headers[.contentType] = "application/problem+json"
        headers[.requestID] = name
        if problem.isReplayed { headers[.idempotencyReplayed] = "true" }
        if let allowed = problem.allowedMethods { headers[.allow] = allowed }
        if problem.endsConnection { headers[.connection] = "close" }
        if let seconds = problem.retryAfter ?? problem.code.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        if problem.code == .unauthenticated { headers[.wwwAuthenticate] = Authenticator.challenge }
        services.requestCounts.note(status: problem.code.status)
        return WholeResponse(status: problem.code.status, headers: headers, body: problem.json(requestID: name))
    }
}

// MARK: Direct routes

extension APIResponder {
    /// The route of a request that is answered without a task; nil where it goes the usual way.
    func directRoute(of head: HTTPRequest) -> FoundRoute? {
        let path = head.path ?? "/"
        let target = RequestTarget(path)
        guard let segments = target.segments,
            case .route(let route, let parameters) = table.match(method: head.method.rawValue, segments: segments),
            route.direct != nil, head.method.rawValue == route.method.rawValue
        else { return nil }
        return FoundRoute(route: route, parameters: parameters, path: path, query: target.query)
    }

    /// Begins a request of a direct route, by the rules and in the order of any other.
    ///
    /// - Parameters:
    ///   - mailbox: Of the event loop that this is called on.
    ///   - answer: Called once, at once or later and on any thread, with what renders the answer.
    /// - Returns: false where the request must wait for its turn; then nothing has happened, and it goes the usual way.
    func begin(
        _ head: HTTPRequest, _ found: FoundRoute, _ body: [UInt8], _ context: RequestOrigin, _ mailbox: LoopMailbox,
        answer: @escaping @Sendable (_ rendered: @escaping @Sendable () -> WholeResponse) -> Void
    ) -> Bool {
        guard let direct = found.route.direct else { return false }
        let (turns, reads) = (services.edge.turns, found.route.method == .get)
        var turn = APIKeyID.none
        do throws(Problem) {
            let identity = try identify(head, found, context)
            let key = identity?.caller.key ?? .none
            if !key.isNone {
                guard turns.entersAtOnce(key, reads: reads, at: Int64(clamping: NIODeadline.now().uptimeNanoseconds)) else { return false }
                turn = key
            }
            context.note.name = name(of: head)
            let caller = try admit(identity, head, found, .body(body), context)
            var call = try call(of: caller, head, found, .body(body), context)
            call.mailbox = mailbox
            direct(call) { made in
                if !key.isNone { turns.leave(key, reads: reads) }
                answer {
                    do throws(Problem) {
                        let answer = try made()
                        services.requestCounts.note(status: answer.status)
                        return whole(answer, context.note.name, to: head)
                    } catch {
                        return whole(error, context.note.name)
                    }
                }
            }
        } catch {
            if !turn.isNone { turns.leave(turn, reads: reads) }
            if context.note.name.isEmpty { context.note.name = name(of: head) }
            let problem = error
            answer { whole(problem, context.note.name) }
        }
        return true
    }
}
