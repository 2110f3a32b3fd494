import Quantities

/// The methods that the API's paths have.
package enum RouteMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
}

/// One method of one path: who may call it, what it takes, what it does.
///
/// The table of all routes is data: the dispatcher, the `Allow` of a 405 and the description of the API are made of it.
package struct Route: Sendable {
    /// Who may call a route.
    package enum Access: Sendable {
        /// Everybody; a key is neither needed nor looked at.
        case everyone
        /// Whoever has a key.
        case participants
        /// Whoever has a key with one of the roles.
        case roles(RoleSet)
    }

    /// What a route does with a call.
    package typealias Handler = @Sendable (Call) async throws(Problem) -> Answer

    package var method: RouteMethod
    /// With parameters in braces: `/v1/orders/{id}`.
    package var path: String
    package var access: Access
    /// The query's parameters; any other is refused.
    package var query: [String]
    /// The record that the body must be; nil where a body says nothing.
    package var body: (any Record.Type)?
    /// Whether the body may be left out, because none of its fields is needed.
    package var isBodyOptional = false
    /// Whether the answer goes on until one side ends it; then a key is looked at where one is given, though none is needed.
    package private(set) var isStream = false
    /// What the description of the API says of it.
    package var notes: RouteNotes?
    /// The path's literal segments and parameters.
    package let pattern: [Segment]
    let handler: Handler
    /// The handler's work without a task of its own, for the routes on which speed counts most.
    let direct: DirectHandler?

    /// Begins a call's work, and calls `answer` once: at once, or later on any thread, with what makes the answer. That is called on the
    /// connection's event loop; neither may wait for anything.
    package typealias DirectHandler = @Sendable (_ call: Call, _ answer: @escaping Completion) -> Void
    package typealias Completion = @Sendable (_ made: @escaping @Sendable () throws(Problem) -> Answer) -> Void

    /// One segment of a path.
    package enum Segment: Sendable, Equatable {
        case literal(String)
        case parameter(String)
    }

    package init(
        _ method: RouteMethod, _ path: String, _ access: Access, query: [String] = [], body: (any Record.Type)? = nil,
        _ handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.query = query
        self.body = body
        self.handler = handler
        direct = nil
        pattern = Self.pattern(of: path)
    }

    /// A route whose requests are answered on their connections' event loops, where their turn has come.
    package init(
        _ method: RouteMethod, _ path: String, _ access: Access, query: [String] = [], body: (any Record.Type)? = nil,
        direct: @escaping DirectHandler
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.query = query
        self.body = body
        self.direct = direct
        handler = { call async throws(Problem) in
            let made = await withCheckedContinuation { (ended: CheckedContinuation<@Sendable () throws(Problem) -> Answer, Never>) in
                direct(call) { ended.resume(returning: $0) }
            }
            return try made()
        }
        pattern = Self.pattern(of: path)
    }

    private static func pattern(of path: String) -> [Segment] {
        path.split(separator: "/").map { segment in
            segment.hasPrefix("{") ? .parameter(String(segment.dropFirst().dropLast())) : .literal(String(segment))
        }
    }

    /// The same route, whose answer is a stream.
    func streaming() -> Route {
        var route = self
        route.isStream = true
        return route
    }
}

extension Route {
    /// The route with a body that may be left out.
    func withOptionalBody() -> Route {
        var route = self
        route.isBodyOptional = true
        return route
    }
}

/// The body of a route that takes none: empty, or an object without members.
struct NoBody: Record {
    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {}
}
