import Quantities
import Registry

/// A request's query, checked: every parameter is one of the route's, and none is given twice.
package struct QueryValues: Sendable {
    private var values: [(name: String, value: String)] = []

    package init() {}

    /// - Throws: `invalid_request` that names the parameter.
    package init(_ query: Substring, allowed: [String]) throws(Problem) {
        for part in query.utf8.isEmpty ? [] : query.split(separator: "&") {
            let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let rawName = pieces.first, let name = PercentEncoding.decoded(rawName, plusIsSpace: true),
                let value = PercentEncoding.decoded(pieces.count > 1 ? pieces[1] : "", plusIsSpace: true)
            else { throw Problem(.invalidRequest, "the query is not percent-encoded UTF-8") }
            let shown = JSONFieldReader.shortened(name)
            guard allowed.contains(name) else { throw .invalid(shown, "\(shown) is no parameter that is known here") }
            guard !values.contains(where: { $0.name == name }) else { throw .invalid(shown, "\(shown) is given twice") }
            values.append((name, value))
        }
    }

    /// A parameter's text, or nil where it is not given.
    package subscript(_ name: String) -> String? { values.first { $0.name == name }?.value }

    /// A whole number in a range.
    package func integer(_ name: String, _ range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), !text.hasPrefix("+"), range.contains(value) else {
            throw .invalid(name, "\(name) must be a whole number in \(range.lowerBound)...\(range.upperBound)")
        }
        return value
    }

    /// A full hour.
    package func hour(_ name: String) throws(Problem) -> Hour? {
        guard let text = self[name] else { return nil }
        guard let time = Timestamp(rfc3339: text), time.microseconds % Timestamp.microsecondsPerHour == 0 else {
            throw .invalid(name, "\(name) must be a full hour in UTC of 1970...2199 such as 2026-11-23T14:00:00Z")
        }
        return Hour(containing: time)
    }

    /// Any moment.
    package func time(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = self[name] else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw .invalid(name, "\(name) must be a time in UTC of 1970...2199 such as 2026-11-23T14:00:00Z")
        }
        return time
    }

    /// A whole number of 64 bits that is not below `least`.
    package func count(_ name: String, least: Int64 = 0) throws(Problem) -> Int64? {
        guard let text = self[name] else { return nil }
        guard let value = Int64(text), !text.hasPrefix("+"), value >= least else {
            throw .invalid(name, "\(name) must be a whole number, at least \(least)")
        }
        return value
    }

    /// One of a closed set of names.
    package func choice<Value: Choice>(_ name: String, _ type: Value.Type) throws(Problem) -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = Value(rawValue: text) else {
            throw .invalid(name, "\(name) must be one of " + Value.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return value
    }

    /// An identifier; one that names nothing where the text is malformed.
    package func identifier<Kind: IdentifierKind>(_ name: String, _ type: Identifier<Kind>.Type) -> Identifier<Kind>? {
        self[name].map { Identifier(text: $0) ?? .none }
    }

    /// The window of `from` and `to`, full hours, with defaults for what is not given.
    package func window(from first: Hour, hours: Int32, maximum: Int32) throws(Problem) -> Range<Hour> {
        let from = try hour("from") ?? first
        // The default end stays within the calendar.
        let last = Hour(containing: Timestamp.limit)
        let to = try hour("to") ?? (last - from > hours ? from + hours : last)
        guard from < to else { throw .invalid("to", "to must lie after from") }
        guard to - from <= maximum else { throw .invalid("to", "to must lie at most \(maximum) hours after from") }
        return from..<to
    }
}
