import Quantities

extension SuanpanClient {
    /// `POST /v1/participants`, operator.
    package func createParticipant(
        _ participant: NewParticipant, idempotencyKey: String? = nil
    ) async throws -> Participant {
        try await submit("POST", "/v1/participants", participant, idempotencyKey: idempotencyKey)
    }

    /// `PUT /v1/participants/{id}/legal`, operator; other data than before ends its verification.
    package func setLegal(_ legal: LegalEntity, of participant: String) async throws -> Participant {
        try await submit("PUT", "/v1/participants/\(Query.escape(participant))/legal", legal)
    }

    /// `POST /v1/participants/{id}/verify`, operator.
    package func verify(participant id: String, _ verification: Verification) async throws -> Participant {
        try await submit("POST", "/v1/participants/\(Query.escape(id))/verify", verification)
    }

    /// `POST /v1/participants/{id}/suspend`, operator.
    package func suspend(participant id: String, idempotencyKey: String? = nil) async throws {
        let _: Nothing = try await fetch(
            "/v1/participants/\(Query.escape(id))/suspend", method: "POST", idempotencyKey: idempotencyKey
        )
    }

    /// `POST /v1/participants/{id}/reinstate`, operator.
    package func reinstate(participant id: String, idempotencyKey: String? = nil) async throws {
        let _: Nothing = try await fetch(
            "/v1/participants/\(Query.escape(id))/reinstate", method: "POST", idempotencyKey: idempotencyKey
        )
    }

    /// `POST /v1/participants/{id}/api_keys`, operator. The key is in the first answer only.
    package func createKey(
        _ key: NewAPIKey, of participant: String, idempotencyKey: String? = nil
    ) async throws -> APIKey {
        try await submit(
            "POST", "/v1/participants/\(Query.escape(participant))/api_keys", key, idempotencyKey: idempotencyKey
        )
    }

    /// `DELETE /v1/api_keys/{id}`, operator.
    package func revokeKey(_ id: String, idempotencyKey: String? = nil) async throws {
        let _: Nothing = try await fetch(
            "/v1/api_keys/\(Query.escape(id))", method: "DELETE", idempotencyKey: idempotencyKey
        )
    }

    /// `POST /v1/deposits`, operator.
    package func deposit(_ movement: CashMovement, idempotencyKey: String? = nil) async throws -> CashReceipt {
        try await submit("POST", "/v1/deposits", movement, idempotencyKey: idempotencyKey)
    }

    /// `POST /v1/withdrawals`, operator.
    package func withdraw(_ movement: CashMovement, idempotencyKey: String? = nil) async throws -> CashReceipt {
        try await submit("POST", "/v1/withdrawals", movement, idempotencyKey: idempotencyKey)
    }

    /// `GET /v1/balances`: one for each currency.
    package func balances() async throws -> [Balance] { try await fetchAll("/v1/balances") }
}
