import CLibpq

extension Connection {
    /// Runs one statement and hands its rows to `body` as they arrive, in memory that does not grow with them.
    ///
    /// When `body` throws, the statement is cancelled, the rest is thrown away, and the connection stays usable.
    /// Rows may come before an error: what `body` did with them is the caller's to undo.
    package func stream(
        _ sql: String, _ parameters: [SQLValue] = [], _ body: (Row) throws -> Void
    ) throws {
        try requireOpen()
        let loss = lossNow
        let sent = ParameterArrays.withPointers(to: parameters) { count, types, values, lengths, formats in
            PQsendQueryParams(handle, sql, count, types, values, lengths, formats, 1)
        }
        guard sent == 1, PQsetSingleRowMode(handle) == 1 else {
            throw failure(nil, loss: loss)
        }
        var failed: (any Error)?
        while let result = PQgetResult(handle) {
            let isRow = PQresultStatus(result) == PGRES_SINGLE_TUPLE
            if failed != nil {
                PQclear(result)
                continue
            }
            do {
                let rows = isRow ? ResultSet(owning: result) : try finish(result, loss: loss)
                for row in rows {
                    try body(row)
                }
            } catch {
                failed = error
                if isRow { cancel() }
            }
        }
        if let failed { throw failed }
        guard isOpen else { throw failure(nil, loss: loss) }
    }

    /// Asks the server to stop the statement that runs now. It may be too late, which does no harm.
    private func cancel() {
        guard let request = PQgetCancel(handle) else { return }
        defer { PQfreeCancel(request) }
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
            _ = PQcancel(request, message.baseAddress, 256)
        }
    }
}
