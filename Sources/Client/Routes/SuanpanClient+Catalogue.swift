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

    /// `POST /v1/grades`, operator.
    package func createGrade(_ grade: Grade, idempotencyKey: String? = nil) async throws -> Grade {
        try await submit("POST", "/v1/grades", grade, idempotencyKey: idempotencyKey)
    }

    /// `PUT /v1/zones/{code}`, operator: other facts, as a new version of the catalogue.
    package func correctZone(_ zone: Zone) async throws -> Zone {
        try await submit("PUT", "/v1/zones/\(Query.escape(zone.code))", zone)
    }

    /// `PUT /v1/compute_classes/{code}`, operator: other facts, as a new version of the catalogue.
    package func correctComputeClass(_ computeClass: ComputeClass) async throws -> ComputeClass {
        try await submit("PUT", "/v1/compute_classes/\(Query.escape(computeClass.code))", computeClass)
    }

    /// `PUT /v1/network/{from}/{to}`, operator.
    package func setPath(from: String, to: String, _ path: NetworkPath) async throws -> NetworkPath {
        try await submit("PUT", "/v1/network/\(Query.escape(from))/\(Query.escape(to))", path)
    }

    /// `GET /v1/network`.
    package func network() async throws -> [NetworkPath] { try await fetchAll("/v1/network") }

    /// `GET /v1/profiles`.
    package func profiles() async throws -> [ProfileFacts] { try await fetchAll("/v1/profiles") }

    /// `GET /v1/catalogue`, or as a version had it.
    package func catalogue(version: Int64? = nil) async throws -> Catalogue {
        try await fetch("/v1/catalogue" + (version.map { "/\($0)" } ?? ""))
    }

    /// `POST /v1/products`, operator; the answer has the product's code.
    package func createProduct(_ product: Product, idempotencyKey: String? = nil) async throws -> Product {
        try await submit("POST", "/v1/products", product, idempotencyKey: idempotencyKey)
    }

    /// `GET /v1/products`.
    package func products() async throws -> [Product] { try await fetchAll("/v1/products") }
}
