/// Why a command or a read was not taken, or its outcome cannot be told. Nothing was acknowledged.
package enum SubmissionError: Error, Equatable {
    /// The queue is full.
    case overloaded
    /// PostgreSQL is away: a command may or may not take effect; the same `Idempotency-Key` finds out.
    case databaseUnavailable
    /// The server is stopping, or lost its lease.
    case stopped
}
