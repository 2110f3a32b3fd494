/// A problem answer of the server (RFC 9457): an expected "no", which changed nothing.
package struct Problem: Error, Codable, Sendable, Equatable {
    package var type: String?
    package var title: String?
    /// The HTTP status.
    package var status: Int
    /// What was wrong, for a person.
    package var detail: String?
    /// The stable name: `insufficient_funds`, `price_off_tick` …
    package var code: String
    /// The request's field at fault.
    package var field: String?
    package var requestId: String?
}

extension Problem: CustomStringConvertible {
    package var description: String {
        var text = "\(status) \(code)"
        if let detail { text += ": \(detail)" }
        if let field { text += " (field \(field))" }
        return text
    }
}

/// What went wrong between client and server, where no problem answer says it.
package enum ClientFault: Error, Equatable {
    /// The server's address is not `http://…` or `https://…`.
    case malformedURL(String)
    /// No connection, or it broke as often as the policy allows.
    case unreachable(url: String, reason: String)
    /// An error status whose body is no problem answer.
    case unexpectedStatus(Int, method: String, path: String, body: String)
    /// An answer that is not what the contract says.
    case malformedAnswer(method: String, path: String, reason: String)
    /// A request that cannot be written as JSON.
    case malformedRequest(method: String, path: String, reason: String)
}

extension ClientFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformedURL(let url): "\"\(url)\" is no address of a server: http://host:port is wanted"
        case .unreachable(let url, let reason): "no answer from \(url): \(reason)"
        case .unexpectedStatus(let status, let method, let path, let body):
            "\(method) \(path) answered \(status): \(body.prefix(200))"
        case .malformedAnswer(let method, let path, let reason):
            "the answer of \(method) \(path) cannot be read: \(reason)"
        case .malformedRequest(let method, let path, let reason):
            "the request \(method) \(path) cannot be written: \(reason)"
        }
    }
}
