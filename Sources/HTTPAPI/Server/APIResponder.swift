import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Quantities

/// What a request brings along from its connection.
package struct RequestOrigin: InitializableFromSource {
    let channel: any Channel
    let logger: Logger

    package init(source: ApplicationRequestContextSource) {
        channel = source.channel
        logger = source.logger
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
        let name = names.name(request.headers.value(.requestID))
        do {
            let answer = try await answer(to: request, context)
            services.requestCounts.note(status: answer.status)
            return response(answer, name, isHead: request.method == .head)
        } catch let problem as Problem {
            services.requestCounts.note(status: problem.code.status)
            return response(problem, name, isHead: request.method == .head)
        } catch let error as HTTPParserError {
            // The library ends the connection for it, and `ProtocolFaultHandler` writes the answer.
            throw error
        } catch {
            context.logger.error("a request failed", metadata: ["request": "\(name)", "error": "\(error)"])
            let problem = Problem(.internalError, "the server failed; the request id tells its operator where to look")
            services.requestCounts.note(status: problem.code.status)
            return response(problem, name, isHead: request.method == .head)
        }
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
            let caller = try caller(of: request, for: route)
            let body = try await body(of: request, for: route, context)
            let query = try QueryValues(target.query, allowed: route.query)
            var call = Call(
                services: services, caller: caller, parameters: parameters, query: query, body: body, idempotency: nil
            )
            if let key = request.headers.value(.idempotencyKey), route.method != .get {
                call.idempotency = try RequestIdempotency.key(
                    key, participant: caller.participant, method: request.method.rawValue,
                    path: path.prefix { $0 != "?" }, query: target.query, body: body?.bytes ?? []
                )
            }
            return try await route.handler(call)
        }
    }

    /// Who calls, if the route is for them.
    private func caller(of request: Request, for route: Route) throws(Problem) -> Caller {
        let wanted: RoleSet?
        switch route.access {
        case .everyone: return .nobody
        case .participants: wanted = nil
        case .roles(let roles): wanted = roles
        }
        guard let header = request.headers.value(.authorization) else {
            throw Problem(.unauthenticated, "an API key is needed: Authorization: Bearer <key>")
        }
        let scheme = "bearer "
        guard header.utf8.count > scheme.utf8.count, header.prefix(scheme.count).lowercased() == scheme else {
            throw Problem(.unauthenticated, "Authorization must be Bearer and an API key")
        }
        let key = String(header.dropFirst(scheme.count).drop { $0 == " " })
        guard let caller = services.directory.caller(key: key, at: services.gateway.now) else {
            throw Problem(.unauthenticated, "the API key is unknown, revoked or expired")
        }
        if caller.isSuspended, route.method != .get { throw Problem(.forbidden, "the participant is suspended") }
        if let wanted, caller.roles.isDisjoint(with: wanted) {
            throw Problem(.forbidden, "this needs a key with the role " + wanted.names.joined(separator: " or "))
        }
        return caller
    }

    /// The parsed body of a route that takes one; of others that there is nothing in it.
    private func body(of request: Request, for route: Route, _ context: RequestOrigin) async throws -> JSONDocument? {
        if route.method == .get { return nil }
        let collected = try await BodyCollector.collect(request)
        if case .body(let bytes) = collected, bytes.isEmpty {
            guard route.body != nil else { return nil }
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
    private func response(_ answer: Answer, _ name: String, isHead: Bool) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = answer.contentType
        headers[.requestID] = name
        if answer.isReplayed { headers[.idempotencyReplayed] = "true" }
        if answer.isSecret { headers[.cacheControl] = "no-store" }
        let body =
            if let pieces = answer.pieces {
                ResponseBody { writer in
                    while let piece = try await pieces() { try await writer.write(ByteBuffer(bytes: piece)) }
                    try await writer.finish(nil)
                }
            } else {
                ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
            }
        let response = Response(status: .init(code: answer.status), headers: headers, body: body)
        return isHead ? response.createHeadResponse() : response
    }

    private func response(_ problem: Problem, _ name: String, isHead: Bool) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "application/problem+json"
        headers[.requestID] = name
        if problem.isReplayed { headers[.idempotencyReplayed] = "true" }
        if let allowed = problem.allowedMethods { headers[.allow] = allowed }
        if problem.endsConnection { headers[.connection] = "close" }
        if let seconds = problem.code.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        if problem.code == .unauthenticated { headers[.wwwAuthenticate] = "Bearer" }
        let response = Response(
            status: .init(code: problem.code.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: problem.json(requestID: name)))
        )
        return isHead ? response.createHeadResponse() : response
    }
}

