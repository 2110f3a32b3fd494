import Quantities

/// The description of the API in OpenAPI 3.1, made of the table of routes, the records' lists of fields, the notes on both and
/// the codes of problems.
package enum OpenAPIDocument {
    /// The document's JSON, made at the first look.
    package static let bytes: [UInt8] = make(HTTPServer.routes).bytes

    /// Names of schemas that two types have: there must be none.
    package static let sharedNames: [String] = {
        var schemas = Schemas()
        for route in HTTPServer.routes { _ = schemas.operation(of: route) }
        return schemas.sharedNames.sorted()
    }()

    /// The document of a table of routes.
    static func make(_ routes: [Route]) -> JSONValue {
        var schemas = Schemas()
        var paths: [JSONValue.Member] = []
        for route in routes {
            let operation = JSONValue.Member(name: route.method.rawValue.lowercased(), value: schemas.operation(of: route))
            if let position = paths.firstIndex(where: { $0.name == route.path }) {
                if case .object(let known) = paths[position].value { paths[position].value = .object(known + [operation]) }
            } else {
                paths.append(.init(name: route.path, value: .object([operation])))
            }
        }
        return [
            "openapi": "3.1.0", "info": info, "servers": [["url": "/"]],
            "tags": .array(RouteTag.allCases.map { ["name": .text($0.rawValue)] }),
            "security": [["api_key": []], ["signature": []]], "paths": .object(paths), "components": schemas.components,
        ]
    }

    private static let info: JSONValue = [
        "title": "Suanpan", "version": "1",
        "summary": "An exchange for hours of accelerators",
        "description": """
            Prices, money and measured figures are decimal strings; quantities, counts and basis points are whole numbers; times are \
            RFC 3339 in UTC. Unknown fields, unknown parameters and parameters given twice are refused. Every answer carries X-Request-Id. \
            Errors are problems (RFC 9457) with a stable code. Lists are read page by page with limit and cursor.
            """,
    ]
}

/// The operations of the document, and the schemas that they refer to.
private struct Schemas {
    private var requests = SchemaCoder(direction: .request)
    private var answers = SchemaCoder(direction: .answer)

    /// Names that two types have, in answers, in requests, or one in each.
    var sharedNames: Set<String> {
        let both = answers.types.keys.filter { name in requests.types[name].map { $0 != answers.types[name] } ?? false }
        return answers.sharedNames.union(requests.sharedNames).union(both)
    }

    /// Everything that is referred to.
    var components: JSONValue {
        var schemas = answers.components.merging(requests.components) { first, _ in first }
        schemas["Problem"] = Self.problem(ProblemCode.allCases)
        var responses: [JSONValue.Member] = []
        for status in Self.statuses {
            let codes = ProblemCode.allCases.filter { $0.status == status }
            schemas["Problem\(status)"] = Self.problem(codes)
            responses.append(.init(name: "Problem\(status)", value: Self.response(
                codes.map(\.rawValue).joined(separator: ", "), "application/problem+json", .reference("Problem\(status)"))))
        }
        responses.append(.init(name: "Problem", value: Self.response("Any problem", "application/problem+json", .reference("Problem"))))
        return [
            "schemas": .object(schemas.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value) }),
            "responses": .object(responses),
            "securitySchemes": [
                "api_key": ["type": "http", "scheme": "bearer", "description": "An API key: Authorization: Bearer spk_…"],
                "signature": [
                    "type": "http", "scheme": "HMAC-SHA256",
                    "description": .text(
                        "A signed request: Authorization: HMAC-SHA256 key=<id>, timestamp=<seconds since 1970>, signature=<64 hexadecimal "
                            + "digits>, the HMAC of timestamp, method, path with query, and body, each but the last followed by a line feed."),
                ],
            ],
        ]
    }

    private static let statuses = Set(ProblemCode.allCases.map(\.status)).sorted()

    private static func problem(_ codes: [ProblemCode]) -> JSONValue {
        [
            "type": "object", "required": ["type", "title", "status", "detail", "code"],
            "properties": [
                "type": ["type": "string", "format": "uri"], "title": ["type": "string"], "status": ["type": "integer"],
                "detail": ["type": "string", "description": "One sentence for a person."],
                "code": ["type": "string", "enum": .texts(codes.map(\.rawValue)), "description": "Stable: what programs look at."],
                "field": ["type": "string", "description": "The path of the field at fault, such as orders[3].price."],
                "request_id": ["type": "string"],
            ],
        ]
    }

    private static func response(_ description: String, _ type: String, _ schema: JSONValue, _ texts: [String] = []) -> JSONValue {
        var content: [JSONValue.Member] = [.init(name: type, value: ["schema": schema])]
        content += texts.map { .init(name: $0, value: ["schema": ["type": "string"]]) }
        return ["description": .text(description), "content": .object(content)]
    }

    // MARK: One route

    mutating func operation(of route: Route) -> JSONValue {
        let notes = route.notes ?? RouteNotes(route.name, Self.operation(route), route.name, .object)
        var operation: JSONValue = [
            "operationId": .text(notes.operation), "summary": .text(notes.summary), "tags": [.text(notes.tag.rawValue)],
            "parameters": .array(parameters(of: route, notes)),
        ]
        switch route.access {
        case .everyone: operation = operation.adding(["security": []])
        case .participants: operation = operation.adding(["description": "Any key."])
        case .roles(let roles):
            operation = operation.adding([
                "description": .text("A key with the role " + roles.names.joined(separator: " or ") + "."),
                "x-roles": .texts(roles.names),
            ])
        }
        if let body = route.body {
            var content: JSONValue = ["schema": requests.schema(of: body)]
            if let example = BodyExamples.byOperation[notes.operation] { content = content.adding(["example": .raw(example)]) }
            operation = operation.adding([
                "requestBody": ["required": .boolean(!route.isBodyOptional), "content": ["application/json": content]]
            ])
        }
        if case .events = notes.answers { operation = operation.adding(["x-stream": true]) }
        return operation.adding(["responses": .object(responses(of: route, notes))])
    }

    /// A name for a route without notes.
    private static func operation(_ route: Route) -> String {
        let words = route.path.split { !$0.isLetter && !$0.isNumber }.map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return route.method.rawValue.lowercased() + words.joined()
    }

    private func parameters(of route: Route, _ notes: RouteNotes) -> [JSONValue] {
        var parameters: [JSONValue] = []
        for case .parameter(let name) in route.pattern {
            parameters.append([
                "name": .text(name), "in": "path", "required": true, "schema": ["type": "string", "minLength": 1],
            ])
        }
        for name in route.query {
            let note = notes.query[name] ?? QueryNotes.common[name] ?? .text(name)
            parameters.append([
                "name": .text(name), "in": "query", "required": .boolean(notes.required.contains(name)),
                "description": .text(note.description), "schema": note.schema,
            ])
        }
        if route.method != .get {
            parameters.append([
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "A repeat within 24 hours gets the first answer, and nothing is done twice.",
                "schema": ["type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]{1,255}$"],
            ])
        }
        if notes.changesSlowly {
            parameters.append([
                "name": "If-None-Match", "in": "header", "required": false,
                "description": "The ETag of the answer that one has: 304 where it still holds.", "schema": ["type": "string"],
            ])
        }
        return parameters
    }

    private mutating func responses(of route: Route, _ notes: RouteNotes) -> [JSONValue.Member] {
        var (status, answer): (Int, JSONValue)
        switch notes.answers {
        case .record(let code, let type):
            (status, answer) = (code, Self.response("Done", "application/json", answers.schema(of: type)))
        case .list(let types):
            (status, answer) = (200, Self.response("A page", "application/json", page(of: types), notes.otherForms))
        case .text(let type): (status, answer) = (200, Self.response("Text", type, ["type": "string"]))
        case .object: (status, answer) = (200, Self.response("Done", "application/json", ["type": "object"]))
        case .events: (status, answer) = (200, Self.response("Events without an end", "text/event-stream", ["type": "string"]))
        }
        var headers: JSONValue = ["X-Request-Id": Self.header("The request's name.")]
        if route.method != .get {
            headers = headers.adding(["Idempotency-Replayed": Self.header("true where this is the answer of an earlier request.")])
        }
        if notes.changesSlowly { headers = headers.adding(["ETag": Self.header("Names this state of the answer.")]) }
        answer = answer.adding(["headers": headers])
        var responses: [JSONValue.Member] = [.init(name: String(status), value: answer)]
        if notes.changesSlowly { responses.append(.init(name: "304", value: ["description": "Nothing has changed."])) }
        for status in faults(of: route) {
            responses.append(.init(name: String(status), value: ["$ref": .text("#/components/responses/Problem\(status)")]))
        }
        responses.append(.init(name: "default", value: ["$ref": "#/components/responses/Problem"]))
        return responses
    }

    private static func header(_ description: String) -> JSONValue {
        ["description": .text(description), "schema": ["type": "string"]]
    }

    /// A page of a list, as a schema of its own: `PageOfOrder`.
    private mutating func page(of types: [any Record.Type]) -> JSONValue {
        let references = types.map { answers.schema(of: $0) }
        var name = "PageOf"
        if case .text(let path)? = references.first?["$ref"] { name += path.split(separator: "/").last ?? "" }
        let items = references.count == 1 ? references[0] : ["anyOf": .array(references)]
        answers.add(name, [
            "type": "object", "required": ["data", "next_cursor"],
            "properties": [
                "data": ["type": "array", "items": items],
                "next_cursor": ["type": ["string", "null"], "description": "The cursor of the next page; null on the last."],
            ],
        ])
        return .reference(name)
    }

    /// The statuses of the problems that a route can answer.
    private func faults(of route: Route) -> [Int] {
        var faults: Set<Int> = [400, 429, 431, 500, 503]
        if case .everyone = route.access {} else { faults.formUnion([401, 403]) }
        if route.pattern.contains(where: { if case .parameter = $0 { true } else { false } }) || route.path.hasPrefix("/v1/") {
            faults.insert(404)
        }
        if route.method != .get { faults.formUnion([409, 413, 415]) }
        if route.path.hasPrefix("/v1/resolve/") { faults.insert(410) }
        faults.insert(422)
        return faults.sorted()
    }
}
