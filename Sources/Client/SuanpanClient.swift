import AsyncHTTPClient
import NIOCore

/// A client of Suanpan's HTTP API, acting for the holder of one API key.
///
/// Every route is one method with typed payloads; decimals are `Price`, `Micros` and `Measure`, exact in both directions.
///
///     let operatorClient = try SuanpanClient(url: "http://127.0.0.1:8080", key: operatorKey)
///     let clock = try await operatorClient.time()
///     let buyer = operatorClient.acting(with: buyerKey)  // the same connections, another key
///
/// Every POST, PATCH and DELETE carries an `Idempotency-Key`: the caller's or a drawn one. An answer 429 or 503 and a
/// connection that broke are tried again with the same key, so nothing happens twice (see `RetryPolicy`).
///
/// Methods throw `Problem` for a problem answer of the server and `ClientFault` for anything that is no such answer.
package struct SuanpanClient: Sendable {
    /// Scheme, host and port, without a slash at the end.
    package let url: String
    /// When and how often a request is repeated.
    package var retry: RetryPolicy
    let key: String?
    let connections: HTTPClient

    /// A client for the server at `url`; without a key it reaches the public routes only.
    ///
    /// - Parameters:
    ///   - url: `http://host:port` or `https://…`, without path and query.
    ///   - key: the API key that is sent as bearer token.
    ///   - connections: the connection pool; the process-wide one needs no shutdown.
    /// - Throws: `ClientFault.malformedURL`.
    package init(
        url: String, key: String? = nil, retry: RetryPolicy = .standard, connections: HTTPClient = .shared
    ) throws(ClientFault) {
        var trimmed = url[...]
        while trimmed.last == "/" { trimmed.removeLast() }
        let hasScheme = trimmed.hasPrefix("http://") || trimmed.hasPrefix("https://")
        guard hasScheme, !trimmed.contains("?"), !trimmed.contains("#"), !trimmed.contains(where: \.isWhitespace)
        else { throw .malformedURL(url) }
        self.url = String(trimmed)
        self.key = key
        self.retry = retry
        self.connections = connections
    }

    private init(url: String, key: String?, retry: RetryPolicy, pool connections: HTTPClient) {
        self.url = url
        self.key = key
        self.retry = retry
        self.connections = connections
    }

    /// The same server and connections with another API key; nil reaches the public routes only.
    package func acting(with key: String?) -> SuanpanClient {
        SuanpanClient(url: url, key: key, retry: retry, pool: connections)
    }

    /// Runs `body` with a client that has a pool of its own for `count` connections at once, and closes them after it.
    ///
    /// - Throws: what `body` throws, `ClientFault.malformedURL`, and a pool's failure to close.
    package static func withConnections<Result: Sendable>(
        _ count: Int, to url: String, retry: RetryPolicy = .standard,
        _ body: (SuanpanClient) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool = .init(
            idleTimeout: .seconds(60), concurrentHTTP1ConnectionsPerHostSoftLimit: count
        )
        let connections = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result
        do {
            result = try await body(SuanpanClient(url: url, retry: retry, connections: connections))
        } catch {
            try await connections.shutdown()
            throw error
        }
        try await connections.shutdown()
        return result
    }
}
