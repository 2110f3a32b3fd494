/// Why a call on PostgreSQL did not give what was asked.
///
/// `kind` tells what may have happened to the data, which is what a caller must know to go on. No field holds a
/// password or the value of a parameter.
package struct PostgresError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong, by what is certain about the data afterwards.
    package enum Kind: Equatable, Sendable {
        /// No connection came about. Nothing was sent.
        case cannotConnect
        /// The connection is gone, and nothing of the statement or of its transaction remains in the database.
        case connectionLost
        /// The connection was lost after a statement that commits was sent and before its reply came. It may have
        /// been committed or not: the caller has to find out, and may call it neither done nor failed.
        case ambiguousCommit
        /// The server refused the statement. Its transaction, if any, can only be rolled back; a statement outside
        /// of a transaction changed nothing.
        case serverRejected(SQLState)
        /// The answer has not the shape that the code expects: a defect of the caller or a foreign schema.
        case unexpectedResult
        /// Every connection of a pool was in use for the whole time that the caller would wait.
        case poolExhausted
    }

    package let kind: Kind

    /// One line in plain words, without secrets.
    package let message: String

    /// The server's error code where it gave one; with a lost connection it says why the server ended it.
    package let sqlState: SQLState?

    /// The constraint that a statement violated, where there is one.
    package let constraint: String?

    package init(_ kind: Kind, _ message: String, sqlState: SQLState? = nil, constraint: String? = nil) {
        self.kind = kind
        self.message = message
        if case .serverRejected(let state) = kind {
            self.sqlState = state
        } else {
            self.sqlState = sqlState
        }
        self.constraint = constraint
    }

    /// Whether the connection that threw this can no longer be used.
    package var endsConnection: Bool {
        switch kind {
        case .cannotConnect, .connectionLost, .ambiguousCommit: true
        case .serverRejected, .unexpectedResult, .poolExhausted: false
        }
    }

    package var description: String {
        let what =
            switch kind {
            case .cannotConnect: "cannot connect to PostgreSQL"
            case .connectionLost: "connection to PostgreSQL lost"
            case .ambiguousCommit: "connection to PostgreSQL lost before the outcome of a commit was known"
            case .serverRejected: "PostgreSQL refused the statement"
            case .unexpectedResult: "unexpected result from PostgreSQL"
            case .poolExhausted: "no free connection to PostgreSQL"
            }
        let code = sqlState.map { " [\($0)]" } ?? ""
        return "\(what)\(code): \(message)"
    }
}
