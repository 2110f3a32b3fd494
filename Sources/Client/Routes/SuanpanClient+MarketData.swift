import Quantities

extension SuanpanClient {
    /// `GET /v1/contracts`: listed contracts of a product between two times.
    package func contracts(
        product: String? = nil, from: Timestamp? = nil, to: Timestamp? = nil
    ) async throws -> [Contract] {
        try await fetchAll(
            "/v1/contracts",
            [Query("product", product), Query("from", from?.description), Query("to", to?.description)]
        )
    }

    /// `GET /v1/contracts/{symbol}`.
    package func contract(_ symbol: String) async throws -> Contract {
        try await fetch("/v1/contracts/\(Query.escape(symbol))")
    }

    /// `GET /v1/contracts/{symbol}/book`.
    package func book(_ symbol: String, depth: Int? = nil) async throws -> Book {
        try await fetch("/v1/contracts/\(Query.escape(symbol))/book", [Query("depth", depth.map { String($0) })])
    }

    /// `GET /v1/contracts/{symbol}/trades`.
    package func trades(contract symbol: String) async throws -> [PublicTrade] {
        try await fetchAll("/v1/contracts/\(Query.escape(symbol))/trades")
    }
}
