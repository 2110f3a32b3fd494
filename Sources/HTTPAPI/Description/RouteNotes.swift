import Quantities

/// The groups in which the description shows the routes.
package enum RouteTag: String, Sendable, CaseIterable {
    case system = "System"
    case participants = "Participants and keys"
    case money = "Money"
    case catalogue = "Catalogue"
    case halts = "Halts"
    case resources = "Resources"
    case offers = "Offers"
    case bids = "Bids and quotes"
    case orders = "Orders"
    case market = "Market data"
    case allocations = "Allocations"
    case deliveries = "Deliveries and meters"
    case settlements = "Settlements"
    case ledger = "Ledger"
    case energy = "Energy"
    case attestation = "Attestation and wipes"
    case reports = "Reports"
}

/// What a route answers when all went well.
package enum AnswerForm: Sendable {
    /// One record.
    case record(Int, any Record.Type)
    /// A page of records; of several types where it depends on who asks.
    case list([any Record.Type])
    /// Text of a media type.
    case text(String)
    /// A JSON object that no record lists.
    case object
    /// Server-Sent Events, without an end: generated clients must not wait for one.
    case events

    /// 200 with one record.
    static func record(_ type: any Record.Type) -> AnswerForm { .record(200, type) }
    /// A page of records of one type.
    static func list(_ type: any Record.Type) -> AnswerForm { .list([type]) }
    /// 201 with one record.
    static func created(_ type: any Record.Type) -> AnswerForm { .record(201, type) }
}

/// What the description of the API says of a route beyond the route itself. The tests fail for a route without notes.
package struct RouteNotes: Sendable {
    /// Method and path, as in `Route.name`.
    package var route: String
    package var tag: RouteTag
    /// What clients call it: `placeOrder`.
    package var operation: String
    /// One sentence.
    package var summary: String
    package var answers: AnswerForm
    /// Media types in which the same comes on demand, as text.
    package var otherForms: [String] = []
    /// Parameters of the query that mean something else here than in `QueryNotes.common`.
    package var query: [String: QueryNote] = [:]
    /// Parameters of the query that must be given.
    var required: Set<String> = []
    /// Whether the answer changes seldom: it carries an `ETag`, and 304 answers who has it already.
    package var changesSlowly = false

    init(
        _ route: String, _ operation: String, _ summary: String, _ answers: AnswerForm, otherForms: [String] = [],
        query: [String: QueryNote] = [:], required: Set<String> = [], changesSlowly: Bool = false
    ) {
        self.route = route
        tag = .system
        self.operation = operation
        self.summary = summary
        self.answers = answers
        self.otherForms = otherForms
        self.query = query
        self.required = required
        self.changesSlowly = changesSlowly
    }

    /// The notes of all routes.
    package static let all: [RouteNotes] = tables.flatMap { tag, notes in
        notes.map {
            var notes = $0
            notes.tag = tag
            return notes
        }
    }

    private static let byRoute = Dictionary(all.map { ($0.route, $0) }, uniquingKeysWith: { first, _ in first })

    /// The notes of a route; nil where nobody wrote any, which the tests do not let pass.
    static func of(_ route: Route) -> RouteNotes? { byRoute[route.name] }
}

extension Route {
    /// Method and path: `GET /v1/orders/{id}`.
    package var name: String { method.rawValue + " " + path }

    /// The route with its notes.
    func described() -> Route {
        var route = self
        route.notes = RouteNotes.of(self)
        return route
    }
}

/// What a parameter of a query may be.
package struct QueryNote: Sendable {
    var schema: JSONValue
    var description: String

    init(_ schema: JSONValue, _ description: String) {
        self.schema = schema
        self.description = description
    }

    /// One of a closed set of names.
    static func choice<Value: Choice>(_ type: Value.Type, _ description: String) -> QueryNote {
        QueryNote(["type": "string", "enum": .texts(Value.allCases.map(\.rawValue))], description)
    }

    /// A whole number within bounds.
    static func whole(_ least: Int64, _ most: Int64?, _ description: String) -> QueryNote {
        var schema: JSONValue = ["type": "integer", "minimum": .number(least)]
        if let most { schema = schema.adding(["maximum": .number(most)]) }
        return QueryNote(schema, description)
    }

    /// Any text.
    static func text(_ description: String) -> QueryNote { QueryNote(["type": "string"], description) }

    /// A moment.
    static func time(_ description: String) -> QueryNote { QueryNote(["type": "string", "format": "date-time"], description) }
}
