import Quantities

extension SuanpanClient {
    /// Whether the process lives: `GET /healthz`.
    package func isAlive() async throws -> Bool { try await send("GET", "/healthz").status == 200 }

    /// Whether the exchange trades: `GET /readyz`. A server that says no is asked once, not again.
    package func isReady() async throws -> Bool {
        var once = self
        once.retry = .never
        return try await once.send("GET", "/readyz").status == 200
    }

    /// `GET /v1/time`.
    package func time() async throws -> ServerTime { try await fetch("/v1/time") }

    /// `POST /v1/clock/advance`: all that falls due until `time` happens before the answer, so it may take a while.
    package func advanceClock(to time: Timestamp, idempotencyKey: String? = nil) async throws {
        let _: Nothing = try await submit(
            "POST", "/v1/clock/advance", ["to": time], idempotencyKey: idempotencyKey, timeoutSeconds: 600
        )
    }
}
