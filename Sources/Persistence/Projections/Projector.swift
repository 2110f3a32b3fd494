import Dispatch
import Foundation
import Logging
import Postgres

/// Follows the journal and writes its events into the tables that auditors, reports and the past are read from.
///
///     journal_frames ──► events ──► COPY accounts, transfers, trades, orders … ┐ one
///                                   projector_position ────────────────────────┘ transaction
///
/// The position moves in the transaction that writes the rows, so every event is in the tables exactly once, whatever dies
/// when. A thread and a connection of its own: it is never in the way of a commit. It takes frames as they are committed, in memory; where it does
/// not keep up, or begins, it reads the journal, and it looks there by itself four times a second.
///
/// Everything is guarded by `condition`, except the connection, which the thread alone has.
package final class Projector: @unchecked Sendable {
    /// Whether the tables reached what a reader waited for.
    package enum Arrival: Equatable, Sendable {
        case reached
        case behind
        /// The projections stand still, for the reason given.
        case stopped(String)
    }

    private let target: ConnectionString
    private let logger: Logger
    private let condition = NSCondition()
    private var progress: ProjectorProgress
    private var counts = ProjectorMetrics()
    private var handed = HandedFrames()
    private var pressure = CommitPressure()
    /// Whether the thread waits for something to do: a commit that comes while it works or rests need not wake it.
    private var isIdle = false
    private var started = false
    private var stopping = false
    private var ended = false

    private static let pollSeconds = 0.25
    /// Commits gather for so long, unless a reader waits.
    private static let gatherTime = Duration.milliseconds(20)
    /// While commands wait for commits, the projector rests so many times as long as it worked.
    private static let restFactor = 9

    /// - Parameter committed: The last sequence number in the journal.
    package init(_ target: ConnectionString, committed: Int64, logger: Logger) {
        self.target = target
        self.logger = logger
        progress = ProjectorProgress(committed: committed)
    }

    /// Starts the thread.
    package func start() {
        condition.withLock { started = true }
        let thread = Thread { [self] in run() }
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Tells of a commit, and hands its events over. Does not block.
    package func noteCommit(of frame: CommittedFrame) {
        condition.lock()
        let now = DispatchTime.now().uptimeNanoseconds
        progress.commit(through: frame.lastSequence, at: now)
        pressure.note(commands: frame.lastSequence - frame.firstSequence + 1, bytes: frame.events.count, at: now)
        if started, !stopping, !ended, progress.fault == nil { handed.append(frame) }
        if isIdle { condition.signal() }
        condition.unlock()
    }

    /// The last sequence number that the tables include.
    package var position: Int64 { condition.withLock { progress.projected } }

    /// Counts and lag, for `/metrics`.
    package var metrics: ProjectorMetrics {
        condition.withLock {
            var metrics = counts
            metrics.position = progress.projected
            metrics.lagSequences = progress.lagSequences
            metrics.lagMicroseconds = progress.lagMicroseconds(at: DispatchTime.now().uptimeNanoseconds)
            metrics.isStopped = progress.fault != nil
            return metrics
        }
    }

    /// Waits until the tables include `sequence`, at most for `patience`; blocks nothing.
    package func arrival(at sequence: Int64, within patience: Duration) async -> Arrival {
        await withCheckedContinuation { continuation in
            let resume: @Sendable (Arrival) -> Void = { continuation.resume(returning: $0) }
            condition.lock()
            let known: Arrival? =
                progress.projected >= sequence ? .reached
                : progress.fault.map { .stopped($0) } ?? (ended ? .stopped("the projector has ended") : nil)
            let number = known == nil ? progress.wait(for: sequence, resume) : 0
            if known == nil { condition.signal() }
            condition.unlock()
            if let known { return resume(known) }
            let nanoseconds = patience.components.seconds * 1_000_000_000 + patience.components.attoseconds / 1_000_000_000
            DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds))) { [self] in
                condition.withLock { progress.give(up: number) }?(.behind)
            }
        }
    }

    /// Ends the thread; first lets it come to the last commit that it was told of, at most for `patience`. Blocking.
    package func stop(catchingUpFor patience: Duration) {
        let deadline = Date(timeIntervalSinceNow: Double(patience.components.seconds))
        condition.lock()
        while started, !ended, progress.isBehind, progress.fault == nil, condition.wait(until: deadline) {}
        stopping = true
        condition.broadcast()
        while started, !ended { condition.wait() }
        ended = true
        condition.unlock()
    }

    /// Empties the tables and fills them from the journal again, all of it. A projector that runs meanwhile goes along.
    ///
    /// - Returns: Rows written by this call.
    /// - Throws: `ProjectionFault`, `PostgresError`.
    @discardableResult
    package static func rebuild(_ target: ConnectionString) throws -> Int {
        // By another name: a server that takes over ends the projector of the one before, and not this.
        let connection = try connect(target, "suanpan rebuild")
        try ProjectionBatch.clear(connection)
        var rows = 0
        while let batch = try ProjectionBatch.next(after: try .stored(connection), connection) {
            if try batch.write(connection) { rows += batch.rows.count }
        }
        return rows
    }

    /// A connection whose commits do not wait for the disk: what a crash takes back is followed again.
    private static func connect(_ target: ConnectionString, _ name: String = "suanpan projector") throws(PostgresError) -> Connection {
        let connection = try Connection(to: target, applicationName: name)
        try connection.executeScript("SET synchronous_commit = off; SET default_transaction_isolation = 'read committed'")
        return connection
    }

    // MARK: The thread

    private func run() {
        // Only a thread that runs can name itself to the system.
        Thread.current.name = "suanpan.projector"
        var connection: Connection?
        var position: ProjectionPosition?
        var pause = 0.05
        while !condition.withLock({ stopping }) {
            do {
                let live = try connection ?? Self.connect(target)
                connection = live
                let start = try position ?? ProjectionPosition.stored(live)
                if position == nil { arrive(start) }
                position = try follow(start, live)
                pause = 0.05
            } catch {
                // Where the tables stand after a failure only they can say.
                position = nil
                if Self.isLoss(error) { connection = nil }
                note(error)
                wait(seconds: pause, unlessBehind: false)
                pause = min(pause * 2, 2)
            }
        }
        let left = condition.withLock {
            ended = true
            condition.broadcast()
            return progress.giveUpAll()
        }
        for resume in left { resume(.stopped("the projector has ended")) }
    }

    /// Writes the next rows, or waits for some; nil when the position has to be read again.
    private func follow(_ start: ProjectionPosition, _ connection: Connection) throws -> ProjectionPosition? {
        let began = ContinuousClock.now
        let fresh = condition.withLock { handed.take(after: start.sequence, limit: ProjectionBatch.byteLimit) }
        let next = try fresh.isEmpty ? ProjectionBatch.next(after: start, connection) : ProjectionBatch(fresh, after: start)
        guard let batch = next else {
            // Somebody may have put the tables back to their beginning.
            guard try ProjectionPosition.stored(connection) == start else { return nil }
            wait(seconds: Self.pollSeconds, unlessBehind: true)
            return start
        }
        guard try batch.write(connection) else { return nil }
        arrive(batch.end, batch)
        giveWay(after: began)
        return batch.end
    }

    /// Lets commits gather, so that a quiet journal costs fifty transactions a second and not one a commit, and rests while commands wait
    /// for commits: the tables may fall behind, acknowledgements may not.
    private func giveWay(after began: ContinuousClock.Instant) {
        let worked = ContinuousClock.now - began
        let (gathered, rested) = (began + Self.gatherTime, ContinuousClock.now + worked * Self.restFactor)
        condition.lock()
        defer { condition.unlock() }
        while !stopping {
            let now = ContinuousClock.now
            let pressed = now + .nanoseconds(pressure.remaining(at: DispatchTime.now().uptimeNanoseconds))
            let end = max(progress.isAwaited ? now : gathered, min(rested, pressed))
            guard now < end else { return }
            _ = condition.wait(until: Date(timeIntervalSinceNow: Double((end - now).wholeMicroseconds) / 1e6))
        }
    }

    private func arrive(_ position: ProjectionPosition, _ batch: ProjectionBatch? = nil) {
        let arrived = condition.withLock {
            progress.fault = nil
            if let batch {
                counts.batches += 1
                counts.frames += Int64(batch.frames)
                counts.rows += Int64(batch.rows.count)
            }
            defer { condition.broadcast() }
            return progress.project(through: position.sequence)
        }
        for resume in arrived { resume(.reached) }
    }

    private func note(_ error: any Error) {
        let isLoss = Self.isLoss(error)
        condition.lock()
        counts.failures += 1
        let isNew = isLoss || progress.fault != "\(error)"
        var left: [@Sendable (Arrival) -> Void] = []
        if !isLoss {
            progress.fault = "\(error)"
            left = progress.giveUpAll()
        }
        condition.broadcast()
        condition.unlock()
        for resume in left { resume(.stopped("\(error)")) }
        guard isNew else { return }
        if isLoss {
            logger.warning("the projector lost PostgreSQL and looks for it", metadata: ["cause": "\(error)"])
        } else {
            logger.error("the projections stand still", metadata: ["cause": "\(error)"])
        }
    }

    /// Whether another connection can help: everything but what the server refused and what the tables hold.
    static func isLoss(_ error: any Error) -> Bool {
        guard let failure = error as? PostgresError else { return false }
        if case .serverRejected(let state) = failure.kind { return ["53", "57", "58", "40"].contains(state.errorClass) }
        return true
    }

    private func wait(seconds: TimeInterval, unlessBehind: Bool) {
        condition.lock()
        defer { condition.unlock() }
        guard !stopping, !(unlessBehind && progress.isBehind) else { return }
        isIdle = unlessBehind
        defer { isIdle = false }
        _ = condition.wait(until: Date(timeIntervalSinceNow: seconds))
    }
}

/// Counts since the start, and how far behind the tables are.
package struct ProjectorMetrics: Sendable {
    package var position: Int64 = 0
    package var frames: Int64 = 0
    package var rows: Int64 = 0
    /// Transactions.
    package var batches: Int64 = 0
    package var failures: Int64 = 0
    /// Committed commands whose rows are not there yet.
    package var lagSequences: Int64 = 0
    /// How long the oldest commit whose rows are missing has been waiting, to 10 ms.
    package var lagMicroseconds: Int64 = 0
    /// Whether the projections stand still because the journal or the tables are not what they were.
    package var isStopped = false

    package init() {}
}
