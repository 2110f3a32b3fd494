import Quantities

extension SuanpanClient {
    /// `POST /v1/zones`, operator.
    package func createZone(_ zone: Zone, idempotencyKey: String? = nil) async throws -> Zone {
        try await submit("POST", "/v1/zones", zone, idempotencyKey: idempotencyKey)
    }

    /// `GET /v1/zones`.
    package func zones() async throws -> [Zone] { try await fetchAll("/v1/zones") }

    /// `POST /v1/compute_classes`, operator.
    package func createComputeClass(
        _ computeClass: ComputeClass, idempotencyKey: String? = nil
    ) async throws -> ComputeClass {
        try await submit("POST", "/v1/compute_classes", computeClass, idempotencyKey: idempotencyKey)
    }

    /// `GET /v1/compute_classes`.
    package func computeClasses() async throws -> [ComputeClass] { try await fetchAll("/v1/compute_classes") }

    /// `POST /v1/products`, operator; the answer has the product's code.
    package func createProduct(_ product: Product, idempotencyKey: String? = nil) async throws -> Product {
        try await submit("POST", "/v1/products", product, idempotencyKey: idempotencyKey)
    }

    /// `GET /v1/products`.
    package func products() async throws -> [Product] { try await fetchAll("/v1/products") }
}
