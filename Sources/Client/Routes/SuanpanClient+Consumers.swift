import Quantities

extension SuanpanClient {
    /// `POST /v1/bids`, consumer. An unfilled bid is an answer, not an error.
    package func bid(_ bid: NewBid, idempotencyKey: String? = nil) async throws -> Bid {
        try await submit("POST", "/v1/bids", bid, idempotencyKey: idempotencyKey)
    }

    /// `GET /v1/bids`.
    package func bids() async throws -> [Bid] { try await fetchAll("/v1/bids") }

    /// `GET /v1/bids/{id}`.
    package func bid(_ id: String) async throws -> Bid { try await fetch("/v1/bids/\(Query.escape(id))") }

    /// `DELETE /v1/bids/{id}`.
    package func cancelBid(_ id: String, idempotencyKey: String? = nil) async throws {
        let _: Nothing = try await fetch(
            "/v1/bids/\(Query.escape(id))", method: "DELETE", idempotencyKey: idempotencyKey
        )
    }

    /// `POST /v1/quotes`: what the bid would do, without doing it.
    package func quote(_ bid: NewBid, idempotencyKey: String? = nil) async throws -> Quote {
        try await submit("POST", "/v1/quotes", bid, idempotencyKey: idempotencyKey)
    }
}
