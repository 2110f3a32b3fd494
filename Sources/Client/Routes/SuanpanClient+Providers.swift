import Quantities

extension SuanpanClient {
    /// `POST /v1/resources`, provider.
    package func registerResource(_ resource: NewResource, idempotencyKey: String? = nil) async throws -> Resource {
        try await submit("POST", "/v1/resources", resource, idempotencyKey: idempotencyKey)
    }

    /// `GET /v1/resources`.
    package func resources() async throws -> [Resource] { try await fetchAll("/v1/resources") }

    /// `GET /v1/resources/{id}`.
    package func resource(_ id: String) async throws -> Resource {
        try await fetch("/v1/resources/\(Query.escape(id))")
    }

    /// `PUT /v1/resources/{id}/site`, provider or operator: renewed figures and certificates, with the name as it is.
    package func correctSite(ofResource id: String, _ site: NewResource.Site, idempotencyKey: String? = nil) async throws -> Resource {
        try await submit("PUT", "/v1/resources/\(Query.escape(id))/site", site, idempotencyKey: idempotencyKey)
    }

    /// `POST /v1/resources/{id}/certify`, operator.
    package func certify(
        resource id: String, _ certification: Certification, idempotencyKey: String? = nil
    ) async throws {
        let _: Nothing = try await submit(
            "POST", "/v1/resources/\(Query.escape(id))/certify", certification, idempotencyKey: idempotencyKey
        )
    }

    /// `GET /v1/resources/{id}/certifications`.
    package func certifications(ofResource id: String) async throws -> [IssuedCertification] {
        try await fetchAll("/v1/resources/\(Query.escape(id))/certifications")
    }

    /// `GET /v1/resources/{id}/outages`.
    package func outages(ofResource id: String) async throws -> [DeclaredOutage] {
        try await fetchAll("/v1/resources/\(Query.escape(id))/outages")
    }

    /// `POST /v1/resources/{id}/outages`, provider.
    package func declareOutage(resource id: String, _ outage: Outage, idempotencyKey: String? = nil) async throws {
        let _: Nothing = try await submit(
            "POST", "/v1/resources/\(Query.escape(id))/outages", outage, idempotencyKey: idempotencyKey
        )
    }

    /// `DELETE /v1/resources/{id}`: retires it.
    package func retire(resource id: String, idempotencyKey: String? = nil) async throws {
        let _: Nothing = try await fetch(
            "/v1/resources/\(Query.escape(id))", method: "DELETE", idempotencyKey: idempotencyKey
        )
    }

    /// `POST /v1/offers`, provider; refused whole if any hour cannot be offered.
    package func offer(_ offer: NewOffer, idempotencyKey: String? = nil) async throws -> Offer {
        try await submit("POST", "/v1/offers", offer, idempotencyKey: idempotencyKey)
    }

    /// `GET /v1/offers`.
    package func offers() async throws -> [Offer] { try await fetchAll("/v1/offers") }

    /// `GET /v1/offers/{id}`.
    package func offer(_ id: String) async throws -> Offer { try await fetch("/v1/offers/\(Query.escape(id))") }

    /// `PATCH /v1/offers/{id}`.
    package func amendOffer(
        _ id: String, _ amendment: OfferAmendment, idempotencyKey: String? = nil
    ) async throws -> Offer {
        try await submit("PATCH", "/v1/offers/\(Query.escape(id))", amendment, idempotencyKey: idempotencyKey)
    }

    /// `DELETE /v1/offers/{id}`: cancels what is left of it.
    package func cancelOffer(_ id: String, idempotencyKey: String? = nil) async throws {
        let _: Nothing = try await fetch(
            "/v1/offers/\(Query.escape(id))", method: "DELETE", idempotencyKey: idempotencyKey
        )
    }
}
