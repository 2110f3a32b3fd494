import Exchange
import Foundation
import Quantities

/// The thread that owns the journal: commits one batch after the other, and lets the answers of each out when it is durable, while the next one is
/// being committed.
///
/// `journal` is used by this thread alone; everything else is guarded by `condition`.
final class WriterLoop: @unchecked Sendable {
    private let journal: any Journal
    private let listeners: [any EventListener]
    private let capacity: Int

    /// Without anything to commit the lease is looked after so often.
    private static let beatSeconds = 0.5

    private let condition = NSCondition()
    private var waiting: [Batch] = []
    /// Committed batches, emptied: their memory for the next ones.
    private var spare: [Batch] = []
    private var busy = false
    private var stopping = false
    private var ended = false
    private var started = false
    private var failure: JournalError?
    private var failureHandlers: [@Sendable (JournalError) -> Void] = []
    private var followers: [any FrameFollower] = []
    private var counts = SequencerMetrics()
    private var acknowledged: (sequence: Int64, time: Timestamp) = (0, Timestamp())
    /// When what last showed the lease to be ours was begun, by the machine's own clock, which nobody sets and which goes on while a
    /// process or a machine sleeps; nil before, and after the end.
    private var confirmed: MonotonicTime?

    init(journal: any Journal, listeners: [any EventListener], capacity: Int) {
        self.journal = journal
        self.listeners = listeners
        self.capacity = capacity
    }

    func start() {
        started = true
        let thread = Thread { [self] in run() }
        thread.stackSize = 4 << 20
        thread.start()
    }

    var isRunning: Bool { condition.withLock { started && !ended && failure == nil } }
    var metrics: SequencerMetrics { condition.withLock { counts } }

    /// The last command that is durable, and its time.
    var lastAcknowledged: (sequence: Int64, time: Timestamp) { condition.withLock { acknowledged } }

    /// The last durable command, where no other server can have written after it: the lease was ours less than `ConfirmedReads.window` ago.
    var confirmedSequence: Int64? {
        let (sequence, moment) = condition.withLock { (acknowledged.sequence, failure == nil && !ended ? confirmed : nil) }
        guard let moment, MonotonicTime.now.nanoseconds &- moment.nanoseconds < ConfirmedReads.window.nanoseconds else { return nil }
        return sequence
    }

    /// Where the recovered history ends.
    func begin(at sequence: Int64, _ time: Timestamp) { condition.withLock { acknowledged = (sequence, time) } }

    func follow(_ follower: any FrameFollower) { condition.withLock { followers.append(follower) } }

    func onFailure(_ body: @escaping @Sendable (JournalError) -> Void) {
        condition.withLock { failureHandlers.append(body) }
    }

    /// Takes a batch over, waiting while too many are ahead of it; false when nothing can be committed any more, and the
    /// batch's answers are failures then.
    func take(_ batch: Batch) -> Bool {
        guard batch.hasCommands || !batch.answers.isEmpty else { return condition.withLock { failure == nil } }
        condition.lock()
        while waiting.count >= capacity, failure == nil { condition.wait() }
        let taken = failure == nil
        if taken {
            waiting.append(batch)
            condition.broadcast()
        }
        condition.unlock()
        if !taken { for answer in batch.answers { answer(.databaseUnavailable) } }
        return taken
    }

    /// An empty batch, in the memory of a committed one where there is one.
    func emptyBatch() -> Batch { condition.withLock { spare.popLast() } ?? Batch() }

    /// The batch to go on with: the last one that was handed over, where it still waits and has room for `count` more requests within the
    /// bounds; else an empty one. So a frame holds all that was applied until the writer came for it, and few frames carry many requests.
    func openBatch(for count: Int, _ limits: Sequencer.Limits) -> Batch {
        condition.withLock {
            if let last = waiting.last, last.answers.count + count <= limits.batch, last.byteCount < limits.batchBytes {
                return waiting.removeLast()
            }
            return spare.popLast() ?? Batch()
        }
    }

    /// Ends the thread after what was handed over.
    func stop() {
        condition.lock()
        stopping = true
        condition.broadcast()
        while started, !ended { condition.wait() }
        condition.unlock()
    }

    private func run() {
        // Only a thread that runs can name itself to the system.
        Thread.current.name = "suanpan.writer"
        // The batch that was committed last, until its answers are out: where another one waits, while that one is being committed.
        var committed: Batch?
        func letOut() {
            guard var batch = committed else { return }
            committed = nil
            tell(of: batch)
            batch.removeAll()
            condition.withLock { if spare.count <= capacity { spare.append(batch) } }
        }
        while true {
            guard let batch = next(waits: committed == nil) else {
                if committed == nil { break }
                letOut()
                continue
            }
            do throws(JournalError) {
                try commit(batch) { letOut() }
            } catch {
                letOut()
                fail(batch, error)
                break
            }
            committed = batch
        }
        condition.withLock {
            ended = true
            condition.broadcast()
        }
    }

    /// The batch to commit next; nil at the end, and where none is there and nobody shall wait.
    private func next(waits: Bool) -> Batch? {
        condition.lock()
        defer { condition.unlock() }
        while waits, waiting.isEmpty, !stopping {
            // An empty batch is a beat: whoever waits for the lease sees that we live.
            if !condition.wait(until: Date(timeIntervalSinceNow: Self.beatSeconds)), waiting.isEmpty, !stopping { return Batch() }
        }
        guard !waiting.isEmpty else { return nil }
        let batch = waiting.removeFirst()
        condition.broadcast()
        return batch
    }

    /// Makes a batch durable; calls `meanwhile` once, while PostgreSQL works.
    private func commit(_ batch: Batch, meanwhile: () -> Void) throws(JournalError) {
        let moment = MonotonicTime.now
        guard batch.hasCommands else {
            meanwhile()
            var isOurs = true
            if batch.answers.isEmpty { isOurs = try journal.beat() } else { try journal.confirmLease() }
            if isOurs { condition.withLock { confirmed = moment } }
            return
        }
        let frame = batch.frame
        let start = DispatchTime.now().uptimeNanoseconds
        try journal.append(frame, meanwhile: meanwhile)
        let microseconds = Int64((DispatchTime.now().uptimeNanoseconds - start) / 1_000)
        condition.withLock {
            acknowledged = (frame.lastSequence, frame.time)
            confirmed = moment
            counts.frames += 1
            counts.commands += frame.lastSequence - frame.firstSequence + 1
            counts.reads += max(0, Int64(batch.answers.count) - (frame.lastSequence - frame.firstSequence + 1))
            counts.frameBytes += Int64(frame.byteCount)
            counts.commitMicroseconds += microseconds
            counts.commits.note(microseconds)
            counts.longestCommitMicroseconds = max(counts.longestCommitMicroseconds, microseconds)
        }
    }

    /// Tells of a batch that is durable.
    private func tell(of batch: Batch) {
        if !batch.output.notices.isEmpty { for listener in listeners { listener.committed(batch.output.notices) } }
        if batch.hasCommands {
            let followers = condition.withLock { self.followers }
            for follower in followers where follower.wantsFrames { follower.committed(batch.frame) }
        }
        for answer in batch.answers { answer(nil) }
    }

    /// Nothing that was applied and not committed may be acknowledged: this server is at its end.
    private func fail(_ batch: Batch, _ error: JournalError) {
        let (rest, handlers) = condition.withLock {
            failure = error
            condition.broadcast()
            defer { waiting = [] }
            return (waiting, failureHandlers)
        }
        for batch in [batch] + rest { for answer in batch.answers { answer(.databaseUnavailable) } }
        for handler in handlers { handler(error) }
    }
}
