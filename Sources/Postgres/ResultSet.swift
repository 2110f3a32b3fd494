import CLibpq

/// The rows of one answer, in memory, owner of libpq's result.
///
///     for row in try connection.query("SELECT id, name FROM zones ORDER BY id") {
///         zones.append(Zone(id: try row.int64(0), name: try row.text(1)))
///     }
package final class ResultSet: RandomAccessCollection {
    let result: OpaquePointer
    package let startIndex = 0
    package let endIndex: Int
    package let columnCount: Int

    /// Takes ownership of `result`.
    init(owning result: OpaquePointer) {
        self.result = result
        endIndex = Int(PQntuples(result))
        columnCount = Int(PQnfields(result))
    }

    deinit {
        PQclear(result)
    }

    /// The row at `index`.
    ///
    /// - Complexity: O(1), nothing is copied.
    package subscript(index: Int) -> Row {
        precondition(index >= 0 && index < endIndex, "no such row")
        return Row(result: self, index: Int32(index))
    }

    /// What the server says it did, such as `INSERT 0 1`.
    package var commandTag: String { String(cString: PQcmdStatus(result)) }

    /// Rows inserted, changed, deleted, copied or selected; 0 where the server counts none.
    package var affectedRows: Int {
        Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    /// The only row.
    ///
    /// - Throws: `unexpectedResult` when there are none or several.
    package func onlyRow() throws(PostgresError) -> Row {
        guard endIndex == 1 else {
            throw PostgresError(.unexpectedResult, "expected one row, got \(endIndex)")
        }
        return self[0]
    }
}
