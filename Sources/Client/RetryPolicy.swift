/// When a request is repeated: after 429, 503 and a connection that broke, with the same idempotency key.
package struct RetryPolicy: Sendable, Equatable {
    /// How often a request is sent at most; 1 never repeats.
    package var attempts: Int
    /// The longest pause before a repetition, whatever `Retry-After` says, in milliseconds.
    package var longestPauseMilliseconds: Int

    package init(attempts: Int, longestPauseMilliseconds: Int) {
        self.attempts = attempts
        self.longestPauseMilliseconds = longestPauseMilliseconds
    }

    /// Eight attempts, at most five seconds apart: outlasts a restart of the server and a full queue.
    package static let standard = RetryPolicy(attempts: 8, longestPauseMilliseconds: 5_000)
    /// Every answer goes to the caller at once.
    package static let never = RetryPolicy(attempts: 1, longestPauseMilliseconds: 0)

    /// The pause before attempt `attempt` + 1, in milliseconds: what `Retry-After` asks for, without it 50, 100, 200 …
    ///
    /// - Parameter attempt: how many were made, from 1.
    package func pauseMilliseconds(afterAttempt attempt: Int, retryAfter: String?) -> Int {
        let wanted =
            retryAfter.flatMap { Int($0) }.map { $0 < 0 ? 0 : min($0, 3_600) * 1_000 }
            ?? 50 << min(max(attempt - 1, 0), 10)
        return min(wanted, longestPauseMilliseconds)
    }
}
