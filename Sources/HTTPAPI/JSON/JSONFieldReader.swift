import Quantities

/// Reads a record from a parsed JSON object, strictly: no unknown field, no wrong type, nothing out of its type's range,
/// no required field missing.
///
/// The first fault ends the reading; every later value stays as it was, and `failure` names the field by its path, such
/// as `orders[3].price`. Names that cannot be found are no faults here: an identifier, a product code or a contract's
/// symbol that names nothing becomes `none`, and the exchange answers for it.
///
///     let spec = try JSONFieldReader.read(OrderSpec.self, from: document, products: index)
package struct JSONFieldReader: FieldCoder {
    let document: JSONDocument
    private let products: ProductIndex
    /// Fields that hold up to `longTextLimit` bytes and line breaks: public keys, instructions.
    private let longTextFields: [StaticString]
    /// The node that is being read; nil where the field is absent.
    private(set) var node: Int?
    /// The object whose members `field` looks up.
    private var object = 0
    /// The object's first member that may not have been asked for, and how many there are from it on: most texts name fields in the record's order.
    private var untaken: (key: Int, count: UInt32)
    /// How many of the object's members were not asked for.
    private var missing: UInt32
    /// Whether the field that is being read is one of `longTextFields`.
    private var isLongText = false
    /// By node: whether a member's name was asked for.
    private var isKnown: [Bool]
    private var fault: Fault?

    /// What was wrong, with the path from the inside out.
    private struct Fault {
        var reason: String
        var path: [Step] = []
    }

    private enum Step {
        case name(String)
        case index(Int)
    }

    /// The longest text of an ordinary field, in Unicode scalars, and of a long one, in bytes.
    package static let textLimit = 255
    package static let longTextLimit = 8_192

    package init(_ document: JSONDocument, products: ProductIndex, longTextFields: [StaticString] = []) {
        self.document = document
        self.products = products
        self.longTextFields = longTextFields
        node = 0
        isKnown = Array(repeating: false, count: document.nodes.count)
        untaken = (1, document.nodes[0].count)
        missing = document.nodes[0].count
    }

    /// The record of a document, or of one node in it.
    ///
    /// - Throws: `invalid_request` with the path of the first field at fault.
    package static func read<Value: FieldValue>(
        _ type: Value.Type, from document: JSONDocument, node: Int = 0, products: ProductIndex,
        longTextFields: [StaticString] = []
    ) throws(Refusal) -> Value {
        var reader = JSONFieldReader(document, products: products, longTextFields: longTextFields)
        reader.node = node
        var value = Value()
        value.code(&reader)
        if let refusal = reader.failure { throw refusal }
        return value
    }

    /// The refusal that the first fault makes; nil while there was none.
    package var failure: Refusal? {
        guard let fault else { return nil }
        var path = ""
        for step in fault.path.reversed() {
            switch step {
            case .name(let name): path += path.isEmpty ? name : "." + name
            case .index(let index): path += "[\(index)]"
            }
        }
        return fault.path.isEmpty
            ? Refusal(.invalidRequest, "the body \(fault.reason)")
            : Refusal(.invalidRequest, "\(path) \(fault.reason)", field: path)
    }

    /// Notes the first fault: a clause that follows the field's name.
    mutating func fail(_ reason: String) {
        if fault == nil { fault = Fault(reason: reason) }
    }

    /// The node to read and its kind; a fault where the field is absent or null.
    mutating func present() -> (node: Int, kind: JSONDocument.Kind)? {
        guard fault == nil else { return nil }
        guard let node else {
            fail("is missing")
            return nil
        }
        return (node, document.nodes[node].kind)
    }

    /// The text of a string; a fault for anything else.
    mutating func string(_ wanted: StaticString) -> String? { stringNode(wanted).map { document.text($0) } }

    /// The node of a string; a fault for anything else.
    private mutating func stringNode(_ wanted: StaticString) -> Int? {
        guard let (node, kind) = present() else { return nil }
        guard kind == .string else {
            fail("must be \(wanted), not \(Self.name(of: kind))")
            return nil
        }
        return node
    }

    static func name(of kind: JSONDocument.Kind) -> StaticString {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .boolean: "a truth value"
        case .null: "null"
        }
    }
}

extension JSONFieldReader {
    package mutating func field<Value: FieldValue>(_ name: StaticString, _ value: inout Value) {
        guard fault == nil else { return }
        node = takeMember(name)
        isLongText = false
        for long in longTextFields where long.description == name.description { isLongText = true }
        value.code(&self)
        if fault != nil { fault?.path.append(.name(name.description)) }
    }

    /// The value of the object's member, which thereby is a known one.
    private mutating func takeMember(_ name: StaticString) -> Int? {
        guard missing > 0 else { return nil }
        while untaken.count > 0, isKnown[untaken.key] {
            untaken = (Int(document.nodes[untaken.key + 1].next), untaken.count - 1)
        }
        let size = UInt32(name.utf8CodeUnitCount)
        var key = untaken.key
        for _ in 0..<untaken.count {
            let node = document.nodes[key]
            // Most names differ in their length already.
            if node.end - node.start == size || node.hasEscapes, !isKnown[key], document.isText(key, name) {
                isKnown[key] = true
                missing -= 1
                return key + 1
            }
            key = Int(document.nodes[key + 1].next)
        }
        return nil
    }

    package mutating func record<Value: Record>(_ value: inout Value) {
        guard let (node, kind) = present() else { return }
        guard kind == .object else { return fail("must be an object, not \(Self.name(of: kind))") }
        let outer = (object, untaken, missing)
        (object, untaken, missing) = (node, (node + 1, document.nodes[node].count), document.nodes[node].count)
        value.fields(&self)
        if fault == nil, missing > 0 { checkAllKnown() }
        (object, untaken, missing) = outer
    }

    private mutating func checkAllKnown() {
        var key = object + 1
        for _ in 0..<document.nodes[object].count {
            if !isKnown[key] {
                fail("is no field that is known here")
                fault?.path.append(.name(Self.shortened(document.text(key))))
                return
            }
            key = Int(document.nodes[key + 1].next)
        }
    }

    /// At most 64 characters of a client's own word, for an answer.
    static func shortened(_ text: String) -> String {
        text.unicodeScalars.count <= 64 ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(64))) + "…"
    }

    package mutating func array<Value: FieldValue>(_ values: inout [Value]) {
        guard let (node, kind) = present() else { return }
        guard kind == .array else { return fail("must be an array, not \(Self.name(of: kind))") }
        let count = Int(document.nodes[node].count)
        var result: [Value] = []
        result.reserveCapacity(count)
        var element = node + 1
        for position in 0..<count {
            self.node = element
            var value = Value()
            value.code(&self)
            if fault != nil {
                fault?.path.append(.index(position))
                return
            }
            result.append(value)
            element = Int(document.nodes[element].next)
        }
        values = result
    }

    package mutating func optional<Value: FieldValue>(_ value: inout Value?) {
        guard fault == nil, let node, document.nodes[node].kind != .null else { return value = nil }
        var wrapped = Value()
        wrapped.code(&self)
        value = wrapped
    }
}

extension JSONFieldReader {
    package mutating func text(_ value: inout String) {
        let isLong = isLongText
        guard let text = string("a string") else { return }
        let limit = isLong ? Self.longTextLimit : Self.textLimit
        let length = isLong || text.utf8.count <= limit ? text.utf8.count : text.unicodeScalars.count
        guard length >= 1, length <= limit else { return fail("must have 1 to \(limit) characters") }
        for scalar in text.unicodeScalars where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
            if isLong, scalar == "\n" || scalar == "\r" || scalar == "\t" { continue }
            return fail("must not hold control characters")
        }
        value = text
    }

    package mutating func product(_ id: inout ProductID) {
        guard let code = string("a product's code") else { return }
        id = products.product(code: code)
    }

    package mutating func contract(_ key: inout ContractKey) {
        guard let node = stringNode("a contract's symbol") else { return }
        let products = products
        key = document.nodes[node].hasEscapes
            ? products.contract(symbol: document.text(node)) : document.withBytes(of: node) { products.contract(symbol: $0) }
    }
}
