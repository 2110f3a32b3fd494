import Exchange
import Foundation
import Quantities

/// The thread that owns the exchange: takes what is queued, stamps it, applies it, hands it to the writer.
///
/// The exchange is touched by this thread alone, from `start` to its end; that is the argument for `@unchecked Sendable`.
/// Everything else is guarded by `condition`.
final class CoreLoop: @unchecked Sendable {
    /// One thing that waits in the queue.
    enum Item {
        case genesis(Genesis, Timestamp, @Sendable (Result<Outcome, SubmissionError>) -> Void)
        case command(Command, ParticipantID, IdempotencyKey?, @Sendable (Result<Outcome, SubmissionError>) -> Void)
        /// Runs on the core thread; gives back what to call after the commit.
        case read((Exchange) -> @Sendable (SubmissionError?) -> Void)
        case advance(Timestamp, @Sendable (Result<Timestamp, SubmissionError>) -> Void)
    }

    private let exchange: Exchange
    private let clock: ExchangeClock
    private let writer: WriterLoop
    private let limits: Sequencer.Limits
    private let entropy: @Sendable () -> [UInt8]

    private let condition = NSCondition()
    private var queue: [Item] = []
    private var stopping = false
    private var ended = false
    private var started = false
    private var rejected: Int64 = 0

    init(
        exchange: sending Exchange, clock: ExchangeClock, writer: WriterLoop, limits: Sequencer.Limits,
        entropy: @escaping @Sendable () -> [UInt8]
    ) {
        self.exchange = exchange
        self.clock = clock
        self.writer = writer
        self.limits = limits
        self.entropy = entropy
    }

    func start() {
        started = true
        let thread = Thread { [self] in run() }
        thread.name = "suanpan.core"
        thread.stackSize = 16 << 20
        thread.start()
    }

    var isRunning: Bool { condition.withLock { started && !stopping && !ended } }

    func addCounts(to metrics: inout SequencerMetrics) {
        condition.withLock {
            metrics.queueDepth = queue.count
            metrics.rejectedBecauseFull = rejected
        }
    }

    /// Puts an item at the end of the queue, or says why not.
    func enqueue(_ item: Item) -> SubmissionError? {
        condition.lock()
        defer { condition.unlock() }
        guard !stopping, !ended else { return .stopped }
        guard queue.count < limits.queue else {
            rejected += 1
            return .overloaded
        }
        queue.append(item)
        if queue.count == 1 { condition.signal() }
        return nil
    }

    /// Ends the thread after what is queued.
    func stop() {
        condition.lock()
        stopping = true
        condition.broadcast()
        while started, !ended { condition.wait() }
        condition.unlock()
    }

    /// Lends the exchange once the thread has ended: from then on nobody else has it.
    func withEndedExchange<R>(_ body: (Exchange) throws -> R) rethrows -> R? {
        guard condition.withLock({ ended || !started }) else { return nil }
        return try body(exchange)
    }

    // MARK: The thread

    private func run() {
        while let items = takeQueued() {
            var batch = Batch()
            if items.isEmpty { passTime(until: stamp(), into: &batch) }
            performAll(items, into: &batch)
            guard batch.hasCommands || !batch.answers.isEmpty else { continue }
            guard writer.take(batch) else { break }
        }
        let left = condition.withLock {
            ended = true
            condition.broadcast()
            defer { queue = [] }
            return queue
        }
        for item in left { refuse(item) }
    }

    /// Waits for requests or for something to fall due; nil when the loop is to end.
    private func takeQueued() -> [Item]? {
        condition.lock()
        defer { condition.unlock() }
        while queue.isEmpty, !stopping {
            guard clock.mode == .real, exchange.sequence > 0, let due = exchange.nextDue else {
                condition.wait()
                continue
            }
            let wait = due.microseconds - clock.read().microseconds
            if wait <= 0 { return [] }
            _ = condition.wait(until: Date(timeIntervalSinceNow: Double(min(wait, 60_000_000)) / 1_000_000))
        }
        if queue.isEmpty { return nil }
        guard queue.count > limits.batch else {
            defer { queue.removeAll(keepingCapacity: true) }
            return queue
        }
        defer { queue.removeFirst(limits.batch) }
        return Array(queue.prefix(limits.batch))
    }

    /// Applies what was queued, in order.
    private func performAll(_ items: [Item], into batch: inout Batch) {
        for item in items { perform(item, into: &batch) }
    }

    private func perform(_ item: Item, into batch: inout Batch) {
        switch item {
        case .genesis(let genesis, let time, let answer):
            let outcome = apply(Envelope(time: time, issuer: .none, command: .genesis(genesis)), into: &batch)
            batch.answers.append { answer($0.map(Result.failure) ?? .success(outcome)) }
        case .command(let command, let issuer, let idempotency, let answer):
            let time = stamp()
            passTime(until: time, into: &batch)
            let envelope = Envelope(time: time, issuer: issuer, idempotency: idempotency, command: command)
            let outcome = apply(envelope, into: &batch)
            batch.answers.append { answer($0.map(Result.failure) ?? .success(outcome)) }
        case .read(let body):
            batch.answers.append(body(exchange))
        case .advance(let time, let answer):
            let target = max(time, exchange.time)
            passTime(until: target, into: &batch)
            let envelope = Envelope(time: target, issuer: .none, command: .passTime(PassTime(entropy: Bytes(entropy()))))
            if exchange.time < target { _ = apply(envelope, into: &batch) }
            batch.answers.append { answer($0.map(Result.failure) ?? .success(target)) }
        }
    }

    /// Time commands until nothing is due at `time` any more.
    private func passTime(until time: Timestamp, into batch: inout Batch) {
        while let due = exchange.nextDue, due <= time {
            let envelope = Envelope(time: time, issuer: .none, command: .passTime(PassTime(entropy: Bytes(entropy()))))
            _ = apply(envelope, into: &batch)
        }
    }

    private func apply(_ envelope: Envelope, into batch: inout Batch) -> Outcome {
        let outcome = exchange.apply(envelope, output: &batch.output)
        batch.add(envelope, outcome)
        if batch.byteCount >= limits.batchBytes {
            // What is answered with this command waits for the next batch, which is committed after this one.
            _ = writer.take(batch)
            batch = Batch()
        }
        return outcome
    }

    /// The time of the next command: never before the last one.
    private func stamp() -> Timestamp {
        clock.mode == .simulated ? exchange.time : max(clock.read(), exchange.time)
    }

    private func refuse(_ item: Item) {
        switch item {
        case .genesis(_, _, let answer), .command(_, _, _, let answer): answer(.failure(.stopped))
        case .advance(_, let answer): answer(.failure(.stopped))
        case .read(let body): body(exchange)(.stopped)
        }
    }
}
