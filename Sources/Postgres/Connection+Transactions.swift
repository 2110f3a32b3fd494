import CLibpq

extension Connection {
    /// Runs `body` in a transaction and commits it; an error rolls it back and is thrown on.
    ///
    /// - Throws: What `body` throws; `ambiguousCommit` when the reply to COMMIT was lost; `serverRejected` when the
    ///   server rolled back at COMMIT (a deferred constraint, a failed statement that `body` ignored).
    package func transaction<R>(_ body: () throws -> R) throws -> R {
        try begin()
        let value: R
        do {
            value = try body()
        } catch {
            // A connection that cannot roll back is broken, and its server rolls back alone.
            try? rollback()
            throw error
        }
        try commit()
        return value
    }

    /// Opens a transaction.
    ///
    /// - Precondition: none is open.
    package func begin() throws(PostgresError) {
        precondition(!isInTransaction, "a transaction is already open")
        try requireOpen()
        _ = try finish(PQexec(handle, "BEGIN"), loss: .nothingRemains)
    }

    /// Commits the open transaction.
    ///
    /// - Throws: `connectionLost` when the connection was known to be broken before COMMIT was sent,
    ///   `ambiguousCommit` when it broke after that, `serverRejected` when the server rolled back instead.
    package func commit() throws(PostgresError) {
        try requireOpen()
        let result = try finish(
            PQexec(handle, "COMMIT"), loss: access == .readOnly ? .nothingRemains : .outcomeUnknown)
        // The server answers COMMIT of a failed transaction with success and the tag ROLLBACK.
        guard result.commandTag == "COMMIT" else {
            throw PostgresError(
                .serverRejected(.transactionAborted), "the transaction had failed and was rolled back at COMMIT")
        }
    }

    /// Gives the open transaction up.
    package func rollback() throws(PostgresError) {
        try requireOpen()
        _ = try finish(PQexec(handle, "ROLLBACK"), loss: .nothingRemains)
    }
}
