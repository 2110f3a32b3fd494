import Client

/// A scripted day: one API call a line, in JSON.
///
///     {"as": "exa", "method": "POST", "path": "/v1/offers", "body": {…}, "expect": 201,
///      "save": {"offer": "id"}, "check": {"status": "open"}}
///
/// `as` is a participant's alias, `operator`, or `public` for no key. `expect` is the answer's status; without it any 2xx
/// is expected. `save` keeps values of the answer, by their path, for later lines: `${offer}` in a path or in a string of
/// a body; a string that is nothing but `${offer}` becomes the value itself, whatever its type. `${id.exa}` is a
/// participant's id from the start. `check` compares values of the answer, `note` says why the line is there. Blank lines
/// and lines that begin with # are skipped.
package struct DayScript {
    /// One line.
    package struct Step {
        package var line: Int
        package var actor: String
        package var method: String
        package var path: String
        package var body: JSONValue?
        /// Any 2xx where nil.
        package var expectedStatus: Int?
        /// Name by path.
        package var saves: [String: String]
        /// Value by path; strings may refer to saved values.
        package var checks: [String: JSONValue]
    }

    /// What is wrong with a line or with its answer.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package var line: Int
        package var reason: String
        package var description: String { "day.jsonl, line \(line): \(reason)" }
    }

    package let steps: [Step]

    private static let names: Set<String> = ["as", "method", "path", "body", "expect", "save", "check", "note"]

    /// Reads the script; nothing is sent.
    ///
    /// - Throws: `Fault` for a line that is no JSON object of these names.
    package init(parsing text: [UInt8]) throws(Fault) {
        var steps: [Step] = []
        for (position, bytes) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let line = position + 1
            guard let first = bytes.first(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\r") }),
                first != UInt8(ascii: "#")
            else { continue }
            steps.append(try Self.step(Array(bytes), line: line))
        }
        self.steps = steps
    }

    private static func step(_ bytes: [UInt8], line: Int) throws(Fault) -> Step {
        guard let value = try? JSONValue(parsing: bytes), case .object(let members) = value else {
            throw Fault(line: line, reason: "no JSON object")
        }
        if let unknown = members.keys.sorted().first(where: { !names.contains($0) }) {
            throw Fault(line: line, reason: "\"\(unknown)\" is no part of a step")
        }
        guard let actor = members["as"]?.string, let method = members["method"]?.string,
            let path = members["path"]?.string
        else { throw Fault(line: line, reason: "a step needs as, method and path") }
        var expected: Int?
        if let value = members["expect"] {
            guard case .integer(let status) = value, (100...599).contains(status) else {
                throw Fault(line: line, reason: "expect is no HTTP status")
            }
            expected = Int(status)
        }
        var saves: [String: String] = [:]
        if case .object(let saved)? = members["save"] {
            for (name, path) in saved {
                guard let path = path.string else { throw Fault(line: line, reason: "save.\(name) is no path") }
                saves[name] = path
            }
        }
        var checks: [String: JSONValue] = [:]
        if case .object(let checked)? = members["check"] { checks = checked }
        return Step(
            line: line, actor: actor, method: method, path: path, body: members["body"], expectedStatus: expected,
            saves: saves, checks: checks
        )
    }

    /// Sends every line in order.
    ///
    /// Idempotency keys are the lines' numbers, so playing again within a day of the exchange's time repeats nothing.
    ///
    /// - Throws: `Fault` at the first line whose answer is another than expected, or what the client throws.
    package func play(on venue: SuanpanClient, participants: [FixtureLoader.Participant]) async throws {
        var saved: [String: JSONValue] = [:]
        var actors: [String: SuanpanClient] = ["operator": venue, "public": venue.acting(with: nil)]
        for participant in participants {
            saved["id.\(participant.alias)"] = .string(participant.id)
            if let key = participant.key { actors[participant.alias] = venue.acting(with: key) }
        }
        for step in steps {
            guard let actor = actors[step.actor] else {
                throw Fault(line: step.line, reason: "\"\(step.actor)\" has no API key here")
            }
            try await Self.play(step, as: actor, saved: &saved)
        }
    }

    private static func play(_ step: Step, as actor: SuanpanClient, saved: inout [String: JSONValue]) async throws {
        let path = try substitute(step.path, saved, line: step.line)
        var bytes: [UInt8]?
        if let body = step.body { bytes = try substitute(body, saved, line: step.line).serialized() }
        let answer = try await actor.send(step.method, path, body: bytes, idempotencyKey: "day-\(step.line)")
        let isExpected = step.expectedStatus.map { $0 == answer.status } ?? (200..<300).contains(answer.status)
        guard isExpected else {
            let wanted = step.expectedStatus.map { String($0) } ?? "2xx"
            let reason = "\(step.method) \(path) answered \(answer.status), not \(wanted): \(answer.text)"
            throw Fault(line: step.line, reason: reason)
        }
        guard !step.saves.isEmpty || !step.checks.isEmpty else { return }
        guard let value = try? JSONValue(parsing: answer.body) else {
            throw Fault(line: step.line, reason: "the answer is no JSON")
        }
        for (name, path) in step.saves {
            guard let found = value[path: path] else {
                throw Fault(line: step.line, reason: "the answer has no \(path): \(answer.text)")
            }
            saved[name] = found
        }
        for (path, expected) in step.checks.sorted(by: { $0.key < $1.key }) {
            let wanted = try substitute(expected, saved, line: step.line)
            guard value[path: path] == wanted else {
                throw Fault(line: step.line, reason: "\(path) is not \(wanted): \(answer.text)")
            }
        }
    }

    /// The value with every reference in its strings replaced.
    package static func substitute(_ value: JSONValue, _ saved: [String: JSONValue], line: Int) throws(Fault) -> JSONValue {
        switch value {
        case .string(let text):
            if text.hasPrefix("${"), text.hasSuffix("}"), let whole = saved[String(text.dropFirst(2).dropLast())] {
                return whole
            }
            return .string(try substitute(text, saved, line: line))
        case .array(let elements):
            var replaced: [JSONValue] = []
            for element in elements { replaced.append(try substitute(element, saved, line: line)) }
            return .array(replaced)
        case .object(let members):
            var replaced: [String: JSONValue] = [:]
            for (name, member) in members { replaced[name] = try substitute(member, saved, line: line) }
            return .object(replaced)
        case .null, .boolean, .integer, .number:
            return value
        }
    }

    /// The text with every `${name}` replaced by the saved text or number.
    package static func substitute(_ text: String, _ saved: [String: JSONValue], line: Int) throws(Fault) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstRange(of: "${") {
            result += rest[..<open.lowerBound]
            guard let close = rest[open.upperBound...].firstIndex(of: "}") else {
                throw Fault(line: line, reason: "\"\(text)\" opens a reference and does not close it")
            }
            let name = String(rest[open.upperBound..<close])
            switch saved[name] {
            case .string(let value): result += value
            case .integer(let value): result += String(value)
            default: throw Fault(line: line, reason: "nothing was saved as \"\(name)\"")
            }
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}
