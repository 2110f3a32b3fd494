import CLibpq

/// What losing the connection would mean for the statement that is being sent.
enum Loss {
    /// It was part of a transaction that nobody committed, or could not write.
    case nothingRemains
    /// The statement commits by itself, so its outcome would be unknown.
    case outcomeUnknown
}

extension Connection {
    /// What a loss would mean for a statement sent now. Asked before sending, because libpq forgets the
    /// transaction when the connection breaks.
    var lossNow: Loss {
        if access == .readOnly { return .nothingRemains }
        return PQtransactionStatus(handle) == PQTRANS_IDLE ? .outcomeUnknown : .nothingRemains
    }

    /// Refuses to send on a connection that is known to be broken: then nothing was sent, and nothing is ambiguous.
    func requireOpen() throws(PostgresError) {
        guard isOpen else {
            throw PostgresError(.connectionLost, "the connection was lost earlier")
        }
    }

    /// The error that `result`, or its absence, stands for.
    func failure(_ result: OpaquePointer?, loss: Loss) -> PostgresError {
        let state = result.flatMap { Self.diagnostic($0, clibpq_diagnostic_sqlstate) }.map { SQLState($0) }
        let constraint = result.flatMap { Self.diagnostic($0, clibpq_diagnostic_constraint) }
        let primary = result.flatMap { Self.diagnostic($0, clibpq_diagnostic_message) }
        let message = target.masking(primary ?? String(cString: PQerrorMessage(handle)))
        // FATAL and PANIC are the server's farewell, sent before or after the statement took effect: only an ERROR on
        // a connection that goes on is a refusal. libpq may not have seen the connection's end yet.
        let severity = result.flatMap { Self.diagnostic($0, clibpq_diagnostic_severity) }
        if severity == "FATAL" || severity == "PANIC" { sawFarewell = true }
        guard isOpen else {
            return PostgresError(
                loss == .nothingRemains ? .connectionLost : .ambiguousCommit, message, sqlState: state)
        }
        guard let state else {
            return PostgresError(.unexpectedResult, message)
        }
        return PostgresError(.serverRejected(state), message, constraint: constraint)
    }

    private static func diagnostic(_ result: OpaquePointer, _ field: Int32) -> String? {
        PQresultErrorField(result, field).map { String(cString: $0) }
    }
}
