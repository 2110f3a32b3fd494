/// All routes, arranged by the segments of their paths.
///
/// The library's own router answers a wrong method with 404 and does not tell which methods a path has, so the paths are
/// looked up here.
package struct RouteTable: Sendable {
    /// What a method and a path lead to.
    package enum Match {
        /// The route and the values of its path's parameters, in order.
        case route(Route, parameters: [String])
        /// The path exists for other methods, named as `Allow` names them.
        case otherMethods(String)
        case none
    }

    private struct Node: Sendable {
        var literals: [(text: String, node: Int)] = []
        var parameter: Int?
        /// Positions in `routes`.
        var routes: [Int] = []
    }

    package let routes: [Route]
    private var nodes = [Node()]

    package init(_ routes: [Route]) {
        self.routes = routes
        for (position, route) in routes.enumerated() {
            var node = 0
            for segment in route.pattern { node = child(of: node, segment) }
            precondition(
                !nodes[node].routes.contains { routes[$0].method == route.method },
                "\(route.method.rawValue) \(route.path) is defined twice"
            )
            nodes[node].routes.append(position)
        }
    }

    private mutating func child(of node: Int, _ segment: Route.Segment) -> Int {
        switch segment {
        case .literal(let text):
            if let known = nodes[node].literals.first(where: { $0.text == text }) { return known.node }
            nodes[node].literals.append((text, nodes.count))
        case .parameter:
            if let known = nodes[node].parameter { return known }
            nodes[node].parameter = nodes.count
        }
        nodes.append(Node())
        return nodes.count - 1
    }

    /// Looks a path up. A literal segment goes before a parameter; a method HEAD is that of GET.
    ///
    /// - Complexity: O(segments × alternatives at a place).
    package func match(method: String, segments: [String]) -> Match {
        var parameters: [String] = []
        guard let node = find(segments[...], from: 0, &parameters) else { return .none }
        let wanted = method == "HEAD" ? "GET" : method
        for position in nodes[node].routes where routes[position].method.rawValue == wanted {
            return .route(routes[position], parameters: parameters)
        }
        var names = nodes[node].routes.map { routes[$0].method.rawValue }
        if names.contains("GET") { names.append("HEAD") }
        return .otherMethods(names.joined(separator: ", "))
    }

    /// The node of a path that has routes; steps back where a literal leads nowhere.
    private func find(_ segments: ArraySlice<String>, from node: Int, _ parameters: inout [String]) -> Int? {
        guard let segment = segments.first else { return nodes[node].routes.isEmpty ? nil : node }
        for literal in nodes[node].literals where literal.text == segment {
            if let found = find(segments.dropFirst(), from: literal.node, &parameters) { return found }
        }
        // An empty segment names nothing.
        guard let parameter = nodes[node].parameter, !segment.isEmpty else { return nil }
        parameters.append(segment)
        if let found = find(segments.dropFirst(), from: parameter, &parameters) { return found }
        parameters.removeLast()
        return nil
    }
}
