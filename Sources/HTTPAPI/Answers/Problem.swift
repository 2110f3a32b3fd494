import Quantities

/// A request that was not done, as the API tells it (RFC 9457).
package struct Problem: Error, Equatable, Sendable {
    package var code: ProblemCode
    /// One sentence for a person.
    package var detail: String
    /// The request's field at fault, in the API's spelling.
    package var field: String?
    /// The methods that the path has; of `method_not_allowed`.
    package var allowedMethods: String?
    /// Whether an earlier request with the same `Idempotency-Key` was answered so.
    package var isReplayed = false
    /// Whether the connection is closed after the answer, because the request cannot be read to its end.
    package var endsConnection = false
    /// When to try again, in seconds, where that is known better than the code tells.
    package var retryAfter: Int?

    package init(_ code: ProblemCode, _ detail: String, field: String? = nil) {
        self.code = code
        self.detail = detail
        self.field = field
    }

    /// What the exchange refused.
    package init(_ refusal: Refusal, isReplayed: Bool = false) {
        self.init(ProblemCode(refusal.code), refusal.detail, field: refusal.field)
        self.isReplayed = isReplayed
    }

    /// `invalid_request` on a field.
    package static func invalid(_ field: String, _ detail: String) -> Problem {
        Problem(.invalidRequest, detail, field: field)
    }

    /// `not_found` on an object that the path names.
    package static func notFound(_ what: String) -> Problem { Problem(.notFound, "there is no such \(what)") }

    /// The answer's body.
    ///
    /// - Parameter requestID: left out in the elements of a batch, which share the answer's.
    package func json(requestID: String?) -> [UInt8] {
        var writer = JSONFieldWriter(products: ProductIndex(), capacity: 512)
        writer.object { writeMembers(to: &$0, requestID: requestID) }
        return writer.bytes
    }

    /// Writes the members of the problem object that is open.
    func writeMembers(to writer: inout JSONFieldWriter, requestID: String?) {
        writer.member("type", "urn:suanpan:problem:" + code.rawValue)
        writer.member("title", code.title)
        writer.member("status", Int64(code.status))
        writer.member("detail", detail)
        writer.member("code", code.rawValue)
        if let field { writer.member("field", field) }
        if let requestID { writer.member("request_id", requestID) }
    }
}
