import Exchange
import Quantities

/// Makes JSON schemas (2020-12, as OpenAPI 3.1 has them) of the list of fields that every record has.
///
/// It visits a neutral value and notes what the visitor of a real one would meet: the types, what may be absent, the names of
/// choices. The JSON of requests and answers is made by other coders from the same list, so the description cannot say
/// something else. Records and choices become named components.
struct SchemaCoder: FieldCoder {
    /// Whether the records are read or written: what is optional may be left out of a request, and is null in an answer.
    enum Direction: Sendable {
        case request
        case answer
    }

    var direction: Direction
    /// The named schemas that were met.
    private(set) var components: [String: JSONValue] = [:]
    /// By name: the type that has it, spelled out.
    private(set) var types: [String: String] = [:]
    /// Names that two types have: what one of them looks like is lost.
    private(set) var sharedNames: Set<String> = []
    /// The schema of the value that was visited last.
    private var schema: JSONValue = .null
    private var isOptional = false
    /// Of the record that is being visited.
    private var owner = ""
    private var properties: [JSONValue.Member] = []
    private var required: [String] = []

    init(direction: Direction) { self.direction = direction }

    /// The schema of a type; what it refers to is in `components`.
    mutating func schema<Value: FieldValue>(of type: Value.Type) -> JSONValue {
        var value = Value()
        value.code(&self)
        return schema
    }

    /// Adds a schema of one's own.
    mutating func add(_ name: String, _ schema: JSONValue) { components[name] = schema }

    /// The component's name of a type: without the words by which the sources tell requests, answers and notes apart.
    func name<Value>(of type: Value.Type) -> String {
        var parts = String(reflecting: type).split(separator: ".").map(String.init)
        parts.removeFirst()
        // A body within its command is named after the command.
        if parts.last == "Body" { parts.removeLast() }
        var name = parts.last ?? "Value"
        // A private type is spelled `(Type in _0123)`.
        if name.hasPrefix("("), let word = name.dropFirst().split(separator: " ").first { name = String(word) }
        // The body of a bid within a quote's answer keeps its word: it is no bid.
        let suffixes = ["View", "Name", "Answer"] + (direction == .request ? ["Spec"] : [])
        for suffix in suffixes where name.hasSuffix(suffix) && name.count > suffix.count { name.removeLast(suffix.count) }
        return name
    }

    private mutating func claim<Value>(_ name: String, for type: Value.Type) {
        let spelled = String(reflecting: type)
        if types.updateValue(spelled, forKey: name) ?? spelled != spelled { sharedNames.insert(name) }
    }

    private mutating func note(_ schema: JSONValue) {
        self.schema = schema
        isOptional = false
    }

    private static func nullable(_ schema: JSONValue) -> JSONValue {
        if case .text(let type)? = schema["type"], schema["enum"] == nil {
            return schema.adding(["type": [.text(type), "null"]])
        }
        return ["anyOf": [schema, ["type": "null"]]]
    }
}

extension SchemaCoder {
    mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value) {
        value.code(&self)
        let name = name.description
        if Value.self == Currency.self || Value.self == Currency?.self {
            schema = schema.adding(["pattern": "^[A-Z]{3,8}$", "minLength": 3, "maxLength": 8])
        }
        if direction == .answer, FieldNotes.isNullable(owner, name) { schema = Self.nullable(schema) }
        if schema["$ref"] == nil {
            if let text = FieldNotes.description(owner, name) { schema = schema.adding(["description": .text(text)]) }
            if direction == .request {
                for bound in FieldNotes.bounds(owner, name) { schema = schema.adding([bound.name: bound.value]) }
            }
        }
        properties.append(.init(name: name, value: schema))
        if direction == .answer ? !FieldNotes.isOmittable(owner, name) : !isOptional { required.append(name) }
        isOptional = false
    }

    mutating func record<Value: Record>(_ value: inout Value) {
        var name = name(of: Value.self)
        if direction == .request { name += name.hasSuffix("Request") ? "Body" : "Request" }
        claim(name, for: Value.self)
        if components[name] == nil { components[name] = described(&value, name) }
        note(.reference(name))
    }

    private mutating func described<Value: Record>(_ value: inout Value, _ name: String) -> JSONValue {
        if let own = rendered(Value.self) { return own }
        let outer = (owner, properties, required)
        (owner, properties, required) = (name, [], [])
        value.fields(&self)
        var described: JSONValue = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { described = described.adding(["required": .texts(required)]) }
        if direction == .request { described = described.adding(["additionalProperties": false]) }
        (owner, properties, required) = outer
        return described
    }

    /// What `JSONFieldWriter` shows otherwise than field by field.
    private mutating func rendered<Value: Record>(_ type: Value.Type) -> JSONValue? {
        if Value.self == Refusal.self { return .reference("Problem") }
        let fault: JSONValue = [
            "type": "object", "title": "Refused", "properties": ["error": .reference("Problem")], "required": ["error"],
        ]
        if Value.self == OrderBatchResult.self {
            components["RefusedElement"] = fault
            return ["anyOf": [schema(of: OrderReceipt.self), .reference("RefusedElement")]]
        }
        if Value.self == MeterBatchResult.self {
            components["RefusedElement"] = fault
            return ["anyOf": [schema(of: MeterHashAnswer.self), .reference("RefusedElement")]]
        }
        if Value.self == MoneyReceipt.self {
            // Visited as the record that is shown: without the two numbers, of which one is the `id`.
            var shown = MoneyReceiptAnswer()
            return described(&shown, "MoneyReceipt")
        }
        return nil
    }

    mutating func array<Value: FieldValue>(_ values: inout [Value]) {
        let items = schema(of: Value.self)
        note(["type": "array", "items": items])
    }

    mutating func optional<Value: FieldValue>(_ value: inout Value?) {
        schema = Self.nullable(schema(of: Value.self))
        isOptional = true
    }

    mutating func boolean(_ value: inout Bool) { note(["type": "boolean"]) }

    mutating func integer<I: FixedWidthInteger>(_ value: inout I) {
        if I.bitWidth == 64 { return note(["type": "integer", "format": "int64"]) }
        note(["type": "integer", "minimum": .number(Int64(I.min)), "maximum": .number(Int64(clamping: I.max))])
    }

    mutating func decimal(_ millionths: inout Int64, style: DecimalStyle) {
        let request: JSONValue = ["type": "string", "pattern": #"^-?[0-9]+(\.[0-9]{1,6})?$"#, "examples": ["2.35"]]
        switch (style, direction) {
        case (.money, .answer): note(["type": "string", "pattern": #"^-?[0-9]+\.[0-9]{6}$"#])
        case (.price, .answer): note(["type": "string", "pattern": #"^-?[0-9]+\.[0-9]{4,6}$"#])
        case (.measure, .answer): note(["type": "string", "pattern": #"^-?[0-9]+(\.[0-9]{1,6})?$"#])
        case (.whole, .answer): note(["type": "integer", "format": "int64"])
        case (.money, .request), (.price, .request): note(request)
        case (.measure, .request), (.whole, .request): note(["anyOf": [request, ["type": "integer", "format": "int64"]]])
        }
    }

    mutating func timestamp(_ microseconds: inout Int64) { note(["type": "string", "format": "date-time"]) }
    mutating func hour(_ hours: inout Int32) { note(["type": "string", "format": "date-time"]) }

    mutating func text(_ value: inout String) {
        note(direction == .answer ? ["type": "string"] : ["type": "string", "minLength": 1, "maxLength": 255])
    }

    mutating func bytes(_ value: inout [UInt8]) { note(["type": "string", "pattern": "^([0-9a-f]{2})*$"]) }

    mutating func choice<Value: Choice>(_ value: inout Value) {
        let name = name(of: Value.self)
        claim(name, for: Value.self)
        components[name] = ["type": "string", "enum": .texts(Value.allCases.map(\.rawValue))]
        note(.reference(name))
    }

    mutating func identifier(_ rawValue: inout Int64, prefix: StaticString) {
        // The prefix of a cause's identifier depends on its kind.
        let prefix = owner == "Cause" ? "[a-z]+" : prefix.description
        let example: JSONValue = .text(owner == "Cause" ? "trd_00002S" : "\(prefix)_00002S")
        note(direction == .answer
            ? ["type": "string", "pattern": .text("^\(prefix)_[0-9A-HJKMNP-TV-Z]{6,13}$"), "examples": [example]]
            : ["type": "string", "examples": [example]])
    }

    mutating func product(_ id: inout ProductID) { note(["type": "string", "examples": ["H100-SXM.CN-GAN"]]) }
    mutating func contract(_ key: inout ContractKey) { note(["type": "string", "examples": ["H100-SXM.CN-GAN.2026112314"]]) }
}
