import Quantities

extension SuanpanClient {
    /// `GET /v1/allocations`: held, or backed by this provider's resources.
    package func allocations() async throws -> [Allocation] { try await fetchAll("/v1/allocations") }

    /// `GET /v1/allocations/{id}`.
    package func allocation(_ id: String) async throws -> Allocation {
        try await fetch("/v1/allocations/\(Query.escape(id))")
    }

    /// `PUT /v1/allocations/{id}/access`, provider.
    package func setAccess(allocation id: String, _ access: Access) async throws {
        let _: Nothing = try await submit("PUT", "/v1/allocations/\(Query.escape(id))/access", access)
    }

    /// `GET /v1/allocations/{id}/access`, holder.
    package func access(allocation id: String) async throws -> Access {
        try await fetch("/v1/allocations/\(Query.escape(id))/access")
    }

    /// `PUT /v1/allocations/{id}/request`, holder.
    package func requestAccess(allocation id: String, _ request: AccessRequest) async throws {
        let _: Nothing = try await submit("PUT", "/v1/allocations/\(Query.escape(id))/request", request)
    }

    /// `GET /v1/deliveries`.
    package func deliveries() async throws -> [Delivery] { try await fetchAll("/v1/deliveries") }

    /// `POST /v1/meter_reports`, meter.
    package func report(_ report: NewMeterReport, idempotencyKey: String? = nil) async throws -> MeterReceipt {
        try await submit("POST", "/v1/meter_reports", report, idempotencyKey: idempotencyKey)
    }

    /// `POST /v1/meter_reports/batch`, meter: at most 1,000, answered in order.
    package func report(
        _ reports: [NewMeterReport], idempotencyKey: String? = nil
    ) async throws -> [MeterBatchElement] {
        let answer: Batch<MeterBatchElement> = try await submit(
            "POST", "/v1/meter_reports/batch", ["reports": reports], idempotencyKey: idempotencyKey
        )
        return answer.results
    }
}
