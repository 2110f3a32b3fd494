import Quantities

extension SuanpanClient {
    /// `POST /v1/orders`.
    package func place(_ order: NewOrder, idempotencyKey: String? = nil) async throws -> OrderResult {
        try await submit("POST", "/v1/orders", order, idempotencyKey: idempotencyKey)
    }

    /// `POST /v1/orders/batch`: at most 1,000, answered in order.
    package func place(_ orders: [NewOrder], idempotencyKey: String? = nil) async throws -> [OrderBatchElement] {
        let answer: Batch<OrderBatchElement> = try await submit(
            "POST", "/v1/orders/batch", ["orders": orders], idempotencyKey: idempotencyKey
        )
        return answer.results
    }

    /// `PATCH /v1/orders/{id}`.
    package func amend(
        order id: String, _ amendment: OrderAmendment, idempotencyKey: String? = nil
    ) async throws -> OrderResult {
        try await submit("PATCH", "/v1/orders/\(Query.escape(id))", amendment, idempotencyKey: idempotencyKey)
    }

    /// `GET /v1/orders`, filtered by status and contract where given.
    package func orders(status: String? = nil, contract: String? = nil) async throws -> [Order] {
        try await fetchAll("/v1/orders", [Query("status", status), Query("contract", contract)])
    }

    /// `GET /v1/orders/{id}`; `id` may be `client:` and a `client_order_id`.
    package func order(_ id: String) async throws -> Order { try await fetch("/v1/orders/\(Query.escape(id))") }

    /// `DELETE /v1/orders/{id}`: the order as it was closed.
    package func cancel(order id: String, idempotencyKey: String? = nil) async throws -> Order {
        try await fetch("/v1/orders/\(Query.escape(id))", method: "DELETE", idempotencyKey: idempotencyKey)
    }

    /// `DELETE /v1/orders`: all of this participant, or all in one contract.
    package func cancelOrders(contract: String? = nil, idempotencyKey: String? = nil) async throws -> Cancellation {
        try await fetch(
            "/v1/orders", [Query("contract", contract)], method: "DELETE", idempotencyKey: idempotencyKey
        )
    }

    /// `GET /v1/positions`.
    package func positions() async throws -> [Position] { try await fetchAll("/v1/positions") }

    /// `GET /v1/trades`: this participant's.
    package func trades() async throws -> [Trade] { try await fetchAll("/v1/trades") }
}

/// The answer of a batch.
struct Batch<Element: Decodable & Sendable>: Decodable, Sendable {
    var results: [Element]
}
