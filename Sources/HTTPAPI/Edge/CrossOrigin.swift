import HTTPTypes

/// Which pages of other origins may call the API from a browser (Fetch Standard, CORS).
package struct CrossOrigin: Sendable {
    /// `https://a.example`, compared whole; `*` is everybody.
    package var origins: [String]

    package init(origins: [String]) { self.origins = origins }

    private static let requestFields =
        "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, X-Request-Id, traceparent, tracestate"
    private static let answerFields =
        "ETag, Idempotency-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, traceparent"

    /// What an origin is told that it is; nil where it may not.
    private func allowed(_ origin: String) -> String? {
        origins.contains("*") ? "*" : origins.first { $0 == origin }
    }

    /// Adds to an answer what lets a page read it.
    func mark(_ headers: inout HTTPFields, for origin: String?) {
        // Whoever keeps the answer must know that it depends on who asked.
        if !origins.contains("*") { headers.append(HTTPField(name: .vary, value: "Origin")) }
        guard let origin, let allowed = allowed(origin) else { return }
        headers[.accessControlAllowOrigin] = allowed
        headers[.accessControlExposeHeaders] = Self.answerFields
    }

    /// The answer to a browser that asks before it sends: the path's methods and the fields that are known.
    func preflight(_ origin: String, methods: String) -> HTTPFields {
        var headers = HTTPFields()
        headers[.vary] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        guard let allowed = allowed(origin) else { return headers }
        headers[.accessControlAllowOrigin] = allowed
        headers[.accessControlAllowMethods] = methods
        headers[.accessControlAllowHeaders] = Self.requestFields
        headers[.accessControlMaxAge] = "600"
        return headers
    }
}
