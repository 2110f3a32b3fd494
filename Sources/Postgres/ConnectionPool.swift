import Foundation

/// A bounded set of connections for readers on many threads.
///
/// Connections are opened when needed, kept, and lent to one caller at a time. The lock guards only the list: a
/// connection is used, opened and closed outside of it. `@unchecked Sendable` holds because every field is read and
/// written under `condition`, and a connection on loan is in nobody else's hands.
package final class ConnectionPool: @unchecked Sendable {
    package let target: ConnectionString
    package let access: Connection.Access
    private let applicationName: String
    private let limit: Int
    private let condition = NSCondition()
    private var idle: [Connection] = []
    private var onLoan = 0
    private var isClosed = false

    /// A pool of at most `limit` connections; opens none yet.
    package init(
        to target: ConnectionString,
        limit: Int,
        applicationName: String = "suanpan reader",
        access: Connection.Access = .readOnly
    ) {
        precondition(limit > 0, "a pool needs at least one connection")
        self.target = target
        self.limit = limit
        self.applicationName = applicationName
        self.access = access
    }

    /// Runs `body` with a connection that is its own until it returns; it must not let the connection escape.
    ///
    /// Waits at most `patience` for one to be free. A connection that comes back broken is closed; an open
    /// transaction is rolled back.
    ///
    /// - Throws: `poolExhausted`, `cannotConnect`, and what `body` throws.
    package func withConnection<R>(
        waitingAtMost patience: Duration = .seconds(2), _ body: (Connection) throws -> R
    ) throws -> R {
        let connection = try borrow(patience)
        defer { giveBack(connection) }
        return try body(connection)
    }

    /// Closes what is idle, and what is on loan when it comes back. Later callers are refused.
    package func close() {
        condition.lock()
        isClosed = true
        let closing = idle
        idle = []
        condition.broadcast()
        condition.unlock()
        withExtendedLifetime(closing) {}
    }

    private func borrow(_ patience: Duration) throws -> Connection {
        let seconds = Double(patience.components.seconds) + Double(patience.components.attoseconds) / 1e18
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        while !isClosed && onLoan >= limit {
            guard condition.wait(until: deadline) else {
                condition.unlock()
                throw PostgresError(.poolExhausted, "all \(limit) connections were in use")
            }
        }
        guard !isClosed else {
            condition.unlock()
            throw PostgresError(.cannotConnect, "the pool is closed")
        }
        onLoan += 1
        let candidates = idle.popLast()
        condition.unlock()

        // A server restart leaves dead connections behind; the probe finds them without a round trip.
        if let candidate = candidates, candidate.probe() { return candidate }
        do throws(PostgresError) {
            return try Connection(to: target, applicationName: applicationName, access: access)
        } catch {
            returnLoan(nil)
            throw error
        }
    }

    private func giveBack(_ connection: Connection) {
        if connection.isInTransaction { try? connection.rollback() }
        returnLoan(connection.probe() ? connection : nil)
    }

    private func returnLoan(_ connection: Connection?) {
        condition.lock()
        onLoan -= 1
        if let connection, !isClosed { idle.append(connection) }
        condition.signal()
        condition.unlock()
    }
}
