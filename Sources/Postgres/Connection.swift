import CLibpq

/// One connection to PostgreSQL, the only owner of its libpq handle.
///
/// Every call blocks until the server has answered. A connection belongs to one thread at a time and is not
/// `Sendable`: a thread makes its own, or borrows one from a `ConnectionPool`.
///
///     let connection = try Connection(to: ConnectionString("postgresql:///market"))
///     try connection.transaction {
///         try connection.query("INSERT INTO meta (key, value) VALUES ($1, $2)", [.text("mode"), .text("real")])
///     }
///
/// What is lost when a connection breaks is told by `PostgresError.Kind`; the connection itself is then unusable
/// and is replaced, never repaired.
package final class Connection {
    /// What a connection may do.
    package enum Access: Sendable {
        case readWrite
        /// The server refuses writes, so a lost reply can never be an ambiguous commit.
        case readOnly
    }

    let handle: OpaquePointer
    package let target: ConnectionString
    package let access: Access

    /// How many statements were prepared, for their names.
    var preparedCount = 0

    /// Whether the server announced that it ends the connection.
    var sawFarewell = false

    /// Connects and logs in.
    ///
    /// A dead network is noticed within about 15 s (`keepalives`, `tcp_user_timeout`), a silent host within
    /// `connect_timeout` of 5 s; what `target` says about these wins.
    ///
    /// - Throws: `cannotConnect`, with the server's code where it answered.
    package init(
        to target: ConnectionString,
        applicationName: String = "suanpan",
        access: Access = .readWrite
    ) throws(PostgresError) {
        self.target = target
        self.access = access
        self.handle = try Self.open(target, applicationName: applicationName)
        if access == .readOnly {
            try executeScript("SET default_transaction_read_only = on")
        }
    }

    deinit {
        PQfinish(handle)
    }

    /// The process that serves this connection, as `pg_stat_activity.pid` and `pg_terminate_backend` know it.
    package var backendProcess: Int32 { PQbackendPID(handle) }

    /// Whether a transaction is open, failed ones included.
    package var isInTransaction: Bool {
        let status = PQtransactionStatus(handle)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    /// Whether the last call left the connection usable. Does not ask the network.
    package var isOpen: Bool { !sawFarewell && PQstatus(handle) == CONNECTION_OK }

    /// Whether the connection is open as far as can be known without a round trip: a server that closed it while
    /// it was idle is noticed.
    package func probe() -> Bool {
        guard isOpen, PQtransactionStatus(handle) == PQTRANS_IDLE else { return false }
        // The first call reads the server's farewell, the second the end of the stream behind it.
        return PQconsumeInput(handle) == 1 && PQconsumeInput(handle) == 1 && isOpen
    }

    private static func open(
        _ target: ConnectionString, applicationName: String
    ) throws(PostgresError) -> OpaquePointer {
        // Of a repeated keyword the last one wins, and `dbname` is expanded in place: what stands before it is a
        // default, what stands after it cannot be overridden.
        let options: [(String, String)] = [
            ("connect_timeout", "5"),
            ("keepalives_idle", "5"), ("keepalives_interval", "3"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "15000"),
            ("application_name", applicationName),
            ("dbname", target.raw),
            ("client_encoding", "UTF8"),
        ]
        let opened = withCStrings(options.map(\.0)) { keywords in
            withCStrings(options.map(\.1)) { values in
                PQconnectdbParams(keywords, values, 1)
            }
        }
        guard let handle = opened else {
            throw PostgresError(.cannotConnect, "out of memory")
        }
        guard PQstatus(handle) == CONNECTION_OK else {
            let message = String(cString: PQerrorMessage(handle))
            PQfinish(handle)
            throw PostgresError(.cannotConnect, target.masking(message))
        }
        clibpq_drop_notices(handle)
        return handle
    }
}

/// Calls `body` with a null-terminated array of C strings that live until it returns.
private func withCStrings<R>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
) -> R {
    func pin(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> R {
        guard index < strings.count else { return body(pointers + [nil]) }
        return strings[index].withCString { pin(index + 1, pointers + [$0]) }
    }
    return pin(0, [])
}
