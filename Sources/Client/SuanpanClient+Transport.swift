import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// One answer as it came, of any status.
package struct RawAnswer: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    /// The first header of that name, whatever its case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name == wanted }?.value
    }

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }
}

extension SuanpanClient {
    /// The largest answer that is read, in bytes: a full page of the fattest list.
    static let answerLimit = 64 << 20

    /// Sends one request and returns the answer whatever its status, after the repetitions that the policy allows.
    ///
    /// - Parameters:
    ///   - method: `GET`, `POST` …
    ///   - path: from the first slash, query included, percent-encoded.
    ///   - body: JSON text; nil sends none.
    ///   - idempotencyKey: drawn where nil and the method changes something.
    ///   - timeoutSeconds: for one attempt.
    /// - Throws: `ClientFault.unreachable`, `CancellationError`.
    package func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, idempotencyKey: String? = nil, timeoutSeconds: Int = 60
    ) async throws -> RawAnswer {
        var request = HTTPClientRequest(url: url + path)
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "accept", value: "application/json, application/problem+json")
        // The shared HTTP client refuses what shrinks to less than a twenty-fifth, as long lists do.
        request.headers.add(name: "accept-encoding", value: "identity")
        if let key { request.headers.add(name: "authorization", value: "Bearer " + key) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        if method == "POST" || method == "PATCH" || method == "DELETE" {
            request.headers.add(name: "idempotency-key", value: idempotencyKey ?? IdempotencyKey.drawn())
        }
        var attempt = 1
        while true {
            var pauseHeader: String?
            do {
                let response = try await connections.execute(request, timeout: .seconds(Int64(timeoutSeconds)))
                let bytes = try await response.body.collect(upTo: Self.answerLimit)
                let answer = RawAnswer(
                    status: Int(response.status.code),
                    headers: response.headers.map { (name: $0.name.lowercased(), value: $0.value) },
                    body: Array(bytes.readableBytesView)
                )
                guard answer.status == 429 || answer.status == 503, attempt < retry.attempts else { return answer }
                pauseHeader = answer.header("retry-after")
            } catch let error where !(error is CancellationError) {
                guard attempt < retry.attempts, Self.isBrokenConnection(error) else {
                    throw ClientFault.unreachable(url: url, reason: Self.reason(of: error))
                }
            }
            let pause = retry.pauseMilliseconds(afterAttempt: attempt, retryAfter: pauseHeader)
            try await Task.sleep(for: .milliseconds(pause))
            attempt += 1
        }
    }

    /// Whether a connection ended that had existed: the request may have happened, and its key makes repeating it safe.
    private static func isBrokenConnection(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .remoteConnectionClosed }
        if error is IOError { return true }
        if let error = error as? ChannelError { return error == .ioOnClosedChannel || error == .alreadyClosed }
        return false
    }

    private static func reason(of error: any Error) -> String {
        if let error = error as? HTTPClientError { return error.shortDescription }
        return String(describing: error)
    }
}
