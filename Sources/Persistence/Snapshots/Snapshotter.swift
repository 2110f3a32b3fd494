import Foundation
import Glibc
import Logging
import Postgres
import Sequencer

/// Makes snapshots beside trading: a thread and a connection of its own, of the lowest priority, that follows the journal.
///
///     noteCommit ──► enough since the newest? ──► SnapshotRound: newest ─► tail ─► new one, prune
///
/// Nothing of it is shared with the exchange that trades, so trading never pauses for it.
///
/// Everything is guarded by `condition`.
package final class Snapshotter: @unchecked Sendable {
    private let target: ConnectionString
    private let settings: SnapshotSettings
    private let logger: Logger
    private let taken: @Sendable (SnapshotRound.Report) -> Void
    private let condition = NSCondition()
    private var committed: Int64 = 0
    private var counts = SnapshotMetrics()
    private var isDefect = false
    private var notBefore = Date.distantPast
    private var started = false
    private var stopping = false
    private var ended = false

    /// After a failure the next attempt waits so long.
    private static let pauseSeconds: TimeInterval = 30

    /// - Parameters:
    ///   - settings: `every` 0 never makes one.
    ///   - taken: called on the thread after each round that made one.
    package init(
        _ target: ConnectionString, _ settings: SnapshotSettings, logger: Logger,
        taken: @escaping @Sendable (SnapshotRound.Report) -> Void = { _ in }
    ) {
        self.taken = taken
        self.target = target
        self.settings = settings
        self.logger = logger
    }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - newest: The last command of the newest snapshot; 0 where there is none.
    ///   - committed: The last command in the journal.
    package func start(newest: Int64, committed: Int64) {
        condition.withLock {
            counts.sequence = newest
            self.committed = max(self.committed, committed)
            started = settings.every > 0
        }
        guard settings.every > 0 else { return }
        let thread = Thread { [self] in run() }
        thread.name = "suanpan.snapshot"
        thread.stackSize = 16 << 20
        thread.start()
    }

    /// Tells of a commit. Does not block: the lock is held for moments only.
    package func noteCommit(through sequence: Int64) {
        condition.lock()
        committed = max(committed, sequence)
        if isDue { condition.signal() }
        condition.unlock()
    }

    /// Counts and times, for `/metrics`.
    package var metrics: SnapshotMetrics { condition.withLock { counts } }

    /// Ends the thread; a round that runs is given up. Blocking.
    package func stop() {
        condition.lock()
        stopping = true
        condition.broadcast()
        while started, !ended { condition.wait() }
        condition.unlock()
    }

    // MARK: The thread

    private var isDue: Bool { !isDefect && committed - counts.sequence >= settings.every }

    private func run() {
        // Of this thread alone, on Linux: with 0 the kernel takes the caller.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
        while waitUntilDue() { makeOne() }
        condition.withLock {
            ended = true
            condition.broadcast()
        }
    }

    /// Whether a snapshot is to be made; false when the thread is to end.
    private func waitUntilDue() -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while !stopping {
            if isDue, notBefore <= Date() { return true }
            if isDue { _ = condition.wait(until: notBefore) } else { condition.wait() }
        }
        return false
    }

    private func makeOne() {
        let round = Result { try SnapshotRound.run(target, settings) { [self] in condition.withLock { stopping } } }
        // A second exchange was in memory for the moment; the system gets it back.
        FreedMemory.giveBack()
        switch round {
        case .success(let report): note(report)
        case .failure(is SnapshotWriting.Cancelled): break
        case .failure(let error): note(error)
        }
    }

    private func note(_ report: SnapshotRound.Report) {
        for warning in report.warnings { logger.warning("a snapshot was passed over: \(warning)") }
        condition.withLock {
            counts.sequence = report.header?.sequence ?? max(counts.sequence, report.base)
            guard let header = report.header else { return }
            counts.taken += 1
            counts.bytes = header.byteCount
            counts.microseconds = (report.restoring + report.replaying + report.writing).wholeMicroseconds
            counts.writingMicroseconds = report.writing.wholeMicroseconds
        }
        guard let header = report.header else { return }
        logger.notice(
            "a snapshot was taken",
            metadata: [
                "sequence": "\(header.sequence)", "bytes": "\(header.byteCount)", "replayed": "\(report.commands)",
                "restoring": "\(report.restoring)", "replaying": "\(report.replaying)", "writing": "\(report.writing)",
            ])
        taken(report)
    }

    private func note(_ error: any Error) {
        let isDefect: Bool
        switch error {
        case is ReplayFault: isDefect = true
        case JournalError.damaged: isDefect = true
        default: isDefect = false
        }
        condition.withLock {
            counts.failures += 1
            self.isDefect = isDefect
            notBefore = Date(timeIntervalSinceNow: Self.pauseSeconds)
        }
        if isDefect {
            logger.critical("the rehearsal of a recovery failed, no more snapshots are made: \(error)")
        } else {
            logger.warning("a snapshot could not be made: \(error)")
        }
    }
}

/// Counts since the start, and figures of the last snapshot.
package struct SnapshotMetrics: Sendable {
    package var taken: Int64 = 0
    package var failures: Int64 = 0
    /// The last command of the newest snapshot.
    package var sequence: Int64 = 0
    /// Of the last one: its size, how long it took in all, and how long its writing.
    package var bytes: Int64 = 0
    package var microseconds: Int64 = 0
    package var writingMicroseconds: Int64 = 0

    package init() {}
}

extension Duration {
    /// Microseconds, rounded down.
    package var wholeMicroseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
