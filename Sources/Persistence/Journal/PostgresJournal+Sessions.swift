import Foundation
import Logging
import Postgres
import Sequencer

/// What happens when the connection breaks: a new session in the same epoch, or the end.
extension PostgresJournal {
    /// Runs `body` in a session that has the lease, again and again until it succeeds, the lease is gone or the patience is
    /// at its end. `body` learns whether something before it may have taken effect.
    func withSession<R>(
        _ body: (Session, _ isRetry: Bool) throws(PostgresError) -> R
    ) throws(JournalError) -> R {
        var deadline: ContinuousClock.Instant?
        var pause = 0.01
        while true {
            let cause: PostgresError
            do throws(PostgresError) {
                return try body(try openSession(), deadline != nil)
            } catch {
                cause = error
            }
            if !canBeMended(cause) { throw journalError(cause) }
            // An answer that was cut short may leave a connection that looks alive.
            if cause.kind == .unexpectedResult { session = nil }
            if deadline == nil {
                logger.warning("the journal cannot commit and tries again", metadata: ["cause": "\(cause)"])
                deadline = .now + settings.patience
            }
            if let deadline, .now >= deadline { throw .unavailable(cause.description) }
            guard waitUnlessGivenUp(pause) else { throw .unavailable(cause.description) }
            pause = min(pause * 2, 1)
        }
    }

    /// The session, a new one where the last was lost.
    func openSession() throws(PostgresError) -> Session {
        if let session, session.connection.isOpen { return session }
        session = nil
        let connection = try Self.connect(target)
        switch try WriterLease.renew(connection, epoch: epoch, old: process) {
        case .renewed: break
        case .notYet: throw PostgresError(.cannotConnect, "the last session of the journal has not ended yet")
        case .lost(let epoch, let holder):
            throw PostgresError(.serverRejected(Self.leaseIsGone), "\(holder) took over in epoch \(epoch)")
        }
        let renewed = try Self.session(connection)
        session = renewed
        process = connection.backendProcess
        countReconnection()
        logger.notice("the journal has a new session", metadata: ["epoch": "\(epoch)"])
        return renewed
    }

    /// Whether another try, perhaps in a new session, can succeed.
    func canBeMended(_ error: PostgresError) -> Bool {
        switch error.kind {
        case .cannotConnect, .connectionLost, .ambiguousCommit, .unexpectedResult, .poolExhausted: return true
        case .serverRejected(let state):
            if state == .readOnlyTransaction || state == .uniqueViolation { return true }
            // Insufficient resources, operator intervention, system errors, transaction rollback.
            return ["53", "57", "58", "40"].contains(state.errorClass)
        }
    }

    func journalError(_ error: PostgresError) -> JournalError {
        switch error.kind {
        case .serverRejected(Self.leaseIsGone): .leaseLost(error.message)
        case .serverRejected(Self.foreignFrame): .damaged(error.message)
        default: .unavailable(error.description)
        }
    }

    /// Waits; false when nobody wants to wait any longer.
    private func waitUnlessGivenUp(_ seconds: TimeInterval) -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        retrying.lock()
        defer { retrying.unlock() }
        while !givenUp, retrying.wait(until: end) {}
        return !givenUp
    }
}
