import CLibpq

/// A statement that the server has parsed, on the connection that prepared it.
package struct PreparedStatement: Sendable {
    let name: String
    let parameters: [SQLValue.Kind]
}

/// A statement that is on its way: `Connection.send`.
package struct SentStatement {
    /// What it would mean if the connection broke now.
    fileprivate let loss: Loss
}

extension Connection {
    /// Runs one statement with parameters `$1`, `$2`, …; values travel in binary, never inside the text.
    ///
    /// Outside of a transaction the statement commits by itself, so that a lost reply is `ambiguousCommit`.
    @discardableResult
    package func query(_ sql: String, _ parameters: [SQLValue] = []) throws(PostgresError) -> ResultSet {
        try requireOpen()
        let loss = lossNow
        let result = ParameterArrays.withPointers(to: parameters) { count, types, values, lengths, formats in
            PQexecParams(handle, sql, count, types, values, lengths, formats, 1)
        }
        return try finish(result, loss: loss)
    }

    /// Parses `sql` once for many executions; lives as long as the connection.
    package func prepare(
        _ sql: String, _ parameters: [SQLValue.Kind] = []
    ) throws(PostgresError) -> PreparedStatement {
        try requireOpen()
        preparedCount += 1
        let statement = PreparedStatement(name: "s\(preparedCount)", parameters: parameters)
        let result = PQprepare(handle, statement.name, sql, Int32(parameters.count), parameters.map(\.oid))
        _ = try finish(result, loss: .nothingRemains)
        return statement
    }

    /// Runs a prepared statement; like `query` in everything else.
    ///
    /// - Precondition: `parameters` have the count and the types that the statement was prepared with.
    @discardableResult
    package func query(
        _ statement: PreparedStatement, _ parameters: [SQLValue] = []
    ) throws(PostgresError) -> ResultSet {
        try result(of: send(statement, parameters))
    }

    /// Sends a prepared statement and does not wait for its result: `result(of:)` must follow before anything else on this connection.
    ///
    /// - Precondition: as that of `query`.
    package func send(_ statement: PreparedStatement, _ parameters: [SQLValue] = []) throws(PostgresError) -> SentStatement {
        precondition(
            parameters.count == statement.parameters.count
                && zip(parameters, statement.parameters).allSatisfy { $0.kind == nil || $0.kind == $1 },
            "parameters differ from the ones that the statement was prepared with"
        )
        try requireOpen()
        let loss = lossNow
        let isSent = ParameterArrays.withPointers(to: parameters) { count, _, values, lengths, formats in
            PQsendQueryPrepared(handle, statement.name, count, values, lengths, formats, 1)
        }
        guard isSent == 1 else { throw failure(nil, loss: loss) }
        return SentStatement(loss: loss)
    }

    /// Waits for the result of the statement that was sent last, its commit included.
    package func result(of sent: SentStatement) throws(PostgresError) -> ResultSet {
        // The last one counts: a statement that has worked may still fail at its commit, and that is told behind it.
        var result = PQgetResult(handle)
        while let more = PQgetResult(handle) {
            PQclear(result)
            result = more
        }
        return try finish(result, loss: sent.loss)
    }

    /// Runs a script of any number of statements without parameters and without reading rows.
    ///
    /// Several statements outside of a transaction are one transaction of their own. A `COMMIT` inside of the text
    /// would make a lost reply look certain: use `transaction`.
    package func executeScript(_ sql: String) throws(PostgresError) {
        try requireOpen()
        let loss = lossNow
        _ = try finish(PQexec(handle, sql), loss: loss)
    }

    /// Takes ownership of `result` and tells success from failure.
    func finish(_ result: OpaquePointer?, loss: Loss) throws(PostgresError) -> ResultSet {
        guard let result else { throw failure(nil, loss: loss) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            return ResultSet(owning: result)
        default:
            defer { PQclear(result) }
            throw failure(result, loss: loss)
        }
    }
}
