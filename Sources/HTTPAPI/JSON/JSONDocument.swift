/// A JSON text, checked and laid out as a flat run of nodes.
///
/// Why a parser of our own: what a body may hold is part of the API's contract (duplicate names, depth, exact numbers,
/// well-formed UTF-8), and Foundation takes more than that and answers in its own words. Numbers stay text: nothing here
/// ever becomes floating point.
///
/// A node's children follow it; `next` skips them. An object's children are name, value, name, value …
///
///     {"a":[1,2]}   →   object · name a · array · 1 · 2
package struct JSONDocument: Sendable {
    /// What a node is.
    package enum Kind: UInt8, Sendable {
        case object, array, string, number, boolean, null
    }

    /// One value, or one name of an object.
    package struct Node: Sendable {
        package var kind: Kind
        /// A string with escapes: its bytes are not its text.
        package var hasEscapes = false
        /// The value's bytes; of a string without its quotes.
        package var start: UInt32
        package var end: UInt32 = 0
        /// The node after this one and its children.
        package var next: UInt32 = 0
        /// Elements of an array, members of an object.
        package var count: UInt32 = 0
    }

    /// The text that was parsed.
    package let bytes: [UInt8]
    /// The value and everything in it; never empty.
    package let nodes: [Node]

    /// Parses one value that must fill `bytes` but for white space.
    ///
    /// - Throws: `JSONFault` for what RFC 8259 does not allow, and for duplicate names, more than
    ///   `JSONParser.maximumDepth` levels, bytes that are not UTF-8 and lone surrogates.
    /// - Complexity: O(n).
    package init(parsing bytes: [UInt8]) throws(JSONFault) {
        var parser = JSONParser(bytes)
        try parser.parse()
        self.bytes = bytes
        nodes = parser.nodes
    }

    /// The bytes of a node as they stand in the text.
    package func raw(_ node: Int) -> ArraySlice<UInt8> { bytes[Int(nodes[node].start)..<Int(nodes[node].end)] }

    /// Lends a node's bytes as they stand in the text.
    @inline(__always)
    func withBytes<R>(of node: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        let node = nodes[node]
        return bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[Int(node.start)..<Int(node.end)])) }
    }

    /// A string's text.
    ///
    /// - Precondition: the node is a string.
    package func text(_ node: Int) -> String {
        nodes[node].hasEscapes
            ? String(decoding: JSONText.unescaped(raw(node)), as: UTF8.self) : String(decoding: raw(node), as: UTF8.self)
    }

    /// Whether a string is exactly `text`, byte for byte.
    package func isText(_ node: Int, _ text: StaticString) -> Bool {
        if nodes[node].hasEscapes {
            return JSONText.unescaped(raw(node)).elementsEqual(text.description.utf8)
        }
        // The static text is immortal.
        return withBytes(of: node) { bytes in
            text.withUTF8Buffer { wanted in
                guard bytes.count == wanted.count else { return false }
                for index in bytes.indices where bytes[index] != wanted[index] { return false }
                return true
            }
        }
    }

    /// The value of an object's member, or nil where the object has none of that name.
    ///
    /// - Complexity: O(members).
    package func member(_ name: StaticString, of object: Int) -> Int? {
        var key = object + 1
        for _ in 0..<nodes[object].count {
            if isText(key, name) { return key + 1 }
            key = Int(nodes[key + 1].next)
        }
        return nil
    }

    /// The nodes of an array's elements.
    package func elements(of array: Int) -> [Int] {
        var result: [Int] = []
        result.reserveCapacity(Int(nodes[array].count))
        var node = array + 1
        for _ in 0..<nodes[array].count {
            result.append(node)
            node = Int(nodes[node].next)
        }
        return result
    }
}

/// Why bytes are no JSON that the API takes, and where.
package struct JSONFault: Error, Equatable {
    /// One short clause for a person.
    package var reason: String
    /// The byte at which it showed.
    package var offset: Int

    package init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}
