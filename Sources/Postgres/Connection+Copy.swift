import CLibpq

extension Connection {
    /// Writes rows into `table` by binary COPY and returns how many.
    ///
    /// `table` and `columns` are names from our own code, quoted here. An error of `body` or of the server leaves
    /// none of the rows. Outside of a transaction COPY commits by itself, so that a lost reply is
    /// `ambiguousCommit`.
    ///
    /// - Complexity: O(bytes), one copy into a buffer of 256 KiB, no allocation per row.
    @discardableResult
    package func copy(
        into table: String, columns: [String], _ body: (inout BinaryCopy) throws -> Void
    ) throws -> Int {
        try requireOpen()
        let loss = lossNow
        let names = columns.map(Self.quoted).joined(separator: ", ")
        let started = PQexec(handle, "COPY \(Self.quoted(table)) (\(names)) FROM STDIN (FORMAT binary)")
        defer { PQclear(started) }
        guard PQresultStatus(started) == PGRES_COPY_IN else {
            // The rows were not sent yet, so a loss leaves nothing behind.
            throw failure(started, loss: .nothingRemains)
        }
        var writer = BinaryCopy(handle, columnCount: columns.count)
        do {
            try body(&writer)
            try writer.complete()
        } catch {
            // Any reason makes the server drop the rows; its own refusal, where there is one, says more than ours.
            let ended = endCopy(reason: "given up by the client", loss: .nothingRemains)
            if !isOpen, case .failure(let lost) = ended { throw lost }
            throw error
        }
        return try endCopy(reason: nil, loss: loss).get().affectedRows
    }

    /// Ends the COPY stream, as a failure when there is a `reason`, and collects the server's answer.
    private func endCopy(reason: String?, loss: Loss) -> Result<ResultSet, PostgresError> {
        guard PQputCopyEnd(handle, reason) == 1 else {
            return .failure(failure(nil, loss: loss))
        }
        var outcome: Result<ResultSet, PostgresError> = .failure(
            PostgresError(.unexpectedResult, "COPY ended without an answer"))
        var isFirst = true
        while let result = PQgetResult(handle) {
            guard isFirst else {
                PQclear(result)
                continue
            }
            isFirst = false
            do throws(PostgresError) {
                outcome = .success(try finish(result, loss: loss))
            } catch {
                outcome = .failure(error)
            }
        }
        return isFirst && !isOpen ? .failure(failure(nil, loss: loss)) : outcome
    }

    /// `name` as a quoted identifier.
    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
