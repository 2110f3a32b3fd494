/// The canonical form of JSON (RFC 8785): what is hashed and signed does not depend on how a client spaces or orders.
///
/// Only whole numbers up to ±(2⁵³ − 1) are taken. The API's other figures are strings, and what lies beyond is not the same
/// number for everybody (RFC 7493), so a hash of it would prove nothing.
package enum CanonicalJSON {
    /// What becomes of members that are null, wherever they stand.
    package enum NullMembers {
        case kept
        /// A field that is absent and one that nobody knew yet have one canonical form.
        case leftOut
    }

    /// The canonical text of a value, or nil where it holds a number that is not taken.
    ///
    /// - Parameters:
    ///   - omitted: names that are left out of the value itself, where it is an object; not of what is in it.
    ///   - nulls: whether members that are null are written.
    /// - Complexity: O(n log n).
    package static func text(
        of document: JSONDocument, node: Int = 0, leavingOut omitted: StaticString..., nulls: NullMembers = .kept
    ) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(document.raw(node).count)
        return append(document, node, leavingOut: omitted, nulls, to: &bytes) ? bytes : nil
    }

    private static func append(
        _ document: JSONDocument, _ node: Int, leavingOut omitted: [StaticString], _ nulls: NullMembers, to bytes: inout [UInt8]
    ) -> Bool {
        switch document.nodes[node].kind {
        case .object: return appendObject(document, node, leavingOut: omitted, nulls, to: &bytes)
        case .array:
            bytes.append(UInt8(ascii: "["))
            for (position, element) in document.elements(of: node).enumerated() {
                if position > 0 { bytes.append(UInt8(ascii: ",")) }
                guard append(document, element, leavingOut: [], nulls, to: &bytes) else { return false }
            }
            bytes.append(UInt8(ascii: "]"))
        case .string: appendString(text(document, node), to: &bytes)
        case .number:
            guard let number = wholeNumber(document.raw(node)) else { return false }
            bytes.append(contentsOf: String(number).utf8)
        case .boolean, .null: bytes.append(contentsOf: document.raw(node))
        }
        return true
    }

    private static func appendObject(
        _ document: JSONDocument, _ node: Int, leavingOut omitted: [StaticString], _ nulls: NullMembers, to bytes: inout [UInt8]
    ) -> Bool {
        var members: [(name: [UInt8], units: [UInt16], value: Int)] = []
        var key = node + 1
        for _ in 0..<document.nodes[node].count {
            let isLeftOut = nulls == .leftOut && document.nodes[key + 1].kind == .null
            if !isLeftOut, !omitted.contains(where: { document.isText(key, $0) }) {
                let name = text(document, key)
                members.append((name, Array(String(decoding: name, as: UTF8.self).utf16), key + 1))
            }
            key = Int(document.nodes[key + 1].next)
        }
        // RFC 8785 orders by UTF-16 code units, which is not the order of UTF-8.
        members.sort { $0.units.lexicographicallyPrecedes($1.units) }
        bytes.append(UInt8(ascii: "{"))
        for (position, member) in members.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            appendString(member.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            guard append(document, member.value, leavingOut: [], nulls, to: &bytes) else { return false }
        }
        bytes.append(UInt8(ascii: "}"))
        return true
    }

    private static func text(_ document: JSONDocument, _ node: Int) -> [UInt8] {
        document.nodes[node].hasEscapes ? JSONText.unescaped(document.raw(node)) : Array(document.raw(node))
    }

    private static func appendString(_ utf8: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        JSONText.appendEscaped(utf8, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    private static func wholeNumber(_ raw: ArraySlice<UInt8>) -> Int64? {
        guard let value = Int64(String(decoding: raw, as: UTF8.self)), value.magnitude < 1 << 53 else { return nil }
        return value
    }
}
