import Exchange
import Foundation
import Matching
import Quantities

/// The thread that owns the exchange: takes what is queued, stamps it, applies it, hands it to the writer.
///
/// The exchange is touched by this thread alone, from `start` to its end; that is the argument for `@unchecked Sendable`.
/// Everything else is guarded by `condition`.
final class CoreLoop: @unchecked Sendable {
    /// What somebody wants to hear about a command.
    enum Answering {
        /// The whole answer.
        case whole(@Sendable (Result<Outcome, SubmissionError>) -> Void)
        /// What became of it, and of an order in short.
        case brief(@Sendable (Result<(Applied, OrderResult?), SubmissionError>) -> Void)
    }

    /// One thing that waits in the queue.
    enum Item {
        case genesis(Genesis, Timestamp, @Sendable (Result<Outcome, SubmissionError>) -> Void)
        case command(EncodedCommand, Answering)
        /// Runs on the core thread; gives back what to call after the commit.
        case read((Exchange) -> @Sendable (SubmissionError?) -> Void)
        case advance(Timestamp, @Sendable (Result<Timestamp, SubmissionError>) -> Void)
    }

    private let exchange: Exchange
    private let clock: ExchangeClock
    private let writer: WriterLoop
    private let limits: Sequencer.Limits
    private let entropy: @Sendable () -> [UInt8]
    /// Has the system make memory of what the exchange will write next, so that this thread never waits for a large page to be cleared.
    private let memory = DispatchQueue(label: "suanpan.memory")

    private let condition = NSCondition()
    private var queue: [Item] = []
    /// What the core took last; its own.
    private var taken: [Item] = []
    private var stopping = false
    private var ended = false
    private var started = false
    private var rejected: Int64 = 0
    private var published = MarketGauges()

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

    /// The figures after the last batch.
    var gauges: MarketGauges { condition.withLock { published } }

    /// Puts an item at the end of the queue, or says why not.
    func enqueue(_ item: Item) -> SubmissionError? { enqueue(CollectionOfOne(item)).refusal }

    /// Puts items at the end of the queue, as many as it takes; answers how many those were, and why not all.
    func enqueue(_ items: some Collection<Item>) -> (count: Int, refusal: SubmissionError?) {
        condition.lock()
        defer { condition.unlock() }
        guard !stopping, !ended else { return (0, .stopped) }
        let count = min(items.count, limits.queue - queue.count)
        if queue.isEmpty, count > 0 { condition.signal() }
        queue.append(contentsOf: items.prefix(count))
        guard count < items.count else { return (count, nil) }
        rejected += Int64(items.count - count)
        return (count, .overloaded)
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

    private func publish() {
        let gauges = exchange.gauges
        condition.withLock { published = gauges }
    }

    private func run() {
        // Only a thread that runs can name itself to the system.
        Thread.current.name = "suanpan.core"
        publish()
        var isOpen = true
        var ahead = OrderMemoryAhead()
        while isOpen, let items = takeQueued() {
            if items.isEmpty {
                var batch = writer.openBatch(for: 0, limits)
                passTime(until: stamp(), into: &batch)
                isOpen = writer.take(batch)
            }
            // A batch is whatever had arrived, in pieces that a frame can hold.
            for start in stride(from: 0, to: items.count, by: limits.batch) where isOpen {
                let end = min(start + limits.batch, items.count)
                var batch = writer.openBatch(for: end - start, limits)
                performAll(items[start..<end], into: &batch)
                publish()
                let next = exchange.memoryAhead
                if next != ahead { memory.async { for piece in next.pieces { piece.populate() } } }
                ahead = next
                isOpen = writer.take(batch)
                if !isOpen { for item in items[min(start + limits.batch, items.count)...] { refuse(item) } }
            }
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
        // The whole queue changes hands, and its memory comes back next time.
        taken.removeAll(keepingCapacity: true)
        swap(&queue, &taken)
        return taken
    }

    /// Applies what was queued, in order; large batches in blocks, each announced to the exchange three blocks ahead.
    private func performAll(_ items: ArraySlice<Item>, into batch: inout Batch) {
        let size = Exchange.lookaheadBlock
        guard exchange.wantsLookahead, items.count > size else {
            for item in items { perform(item, into: &batch) }
            return
        }
        exchange.beginLookahead()
        for block in 0..<3 { announce(items, items.startIndex + block * size) }
        for start in stride(from: items.startIndex, to: items.endIndex, by: size) {
            announce(items, start + 3 * size)
            for item in items[start..<min(start + size, items.endIndex)] { perform(item, into: &batch) }
        }
    }

    private func announce(_ items: ArraySlice<Item>, _ start: Int) {
        if start < items.endIndex {
            for item in items[start..<min(start + Exchange.lookaheadBlock, items.endIndex)] {
                guard case .command(let command, _) = item else { continue }
                unsafe command.bytes.withUnsafeBytes { unsafe exchange.announce(encoded: $0) }
            }
        }
        exchange.advanceLookahead()
    }

    private func perform(_ item: Item, into batch: inout Batch) {
        switch item {
        case .genesis(let genesis, let time, let answer):
            let applied = apply(EncodedCommand(.genesis(genesis), issuer: .none), at: time, into: &batch)
            let outcome = outcome(of: applied)
            batch.answers.append { answer($0.map(Result.failure) ?? .success(outcome)) }
            closeIfFull(&batch)
        case .command(let command, let answering):
            let time = stamp()
            passTime(until: time, into: &batch)
            let applied = apply(command, at: time, into: &batch)
            switch answering {
            case .whole(let answer):
                let outcome = outcome(of: applied)
                batch.answers.append { answer($0.map(Result.failure) ?? .success(outcome)) }
            case .brief(let answer):
                let order = exchange.orderResult
                batch.answers.append { answer($0.map(Result.failure) ?? .success((applied, order))) }
            }
            closeIfFull(&batch)
        case .read(let body):
            batch.answers.append(body(exchange))
        case .advance(let time, let answer):
            let target = max(time, exchange.time)
            passTime(until: target, into: &batch)
            if exchange.time < target { passTimeOnce(target, into: &batch) }
            batch.answers.append { answer($0.map(Result.failure) ?? .success(target)) }
        }
    }

    private func outcome(of applied: Applied) -> Outcome {
        Outcome(reply: exchange.reply, sequence: applied.sequence, time: applied.time, replayed: applied.replayed)
    }

    /// Time commands until nothing is due at `time` any more.
    private func passTime(until time: Timestamp, into batch: inout Batch) {
        while let due = exchange.nextDue, due <= time { passTimeOnce(time, into: &batch) }
    }

    private func passTimeOnce(_ time: Timestamp, into batch: inout Batch) {
        _ = apply(EncodedCommand(.passTime(PassTime(entropy: Bytes(entropy()))), issuer: .none), at: time, into: &batch)
        closeIfFull(&batch)
    }

    /// Copies the command into the frame, stamps it there, and applies it from there.
    private func apply(_ command: EncodedCommand, at time: Timestamp, into batch: inout Batch) -> Applied {
        let offset = batch.commands.bytes.count
        batch.commands.appendRaw(command.bytes)
        EncodedCommand.stamp(time, at: offset, of: &batch.commands)
        let applied = unsafe batch.commands.bytes.withUnsafeBytes { bytes in
            try? unsafe exchange.apply(encoded: UnsafeRawBufferPointer(rebasing: bytes[offset...]), output: &batch.output)
        }
        // Whoever encoded it wrote every field itself: bytes that cannot be read back are a defect.
        guard let applied else { preconditionFailure("a command that cannot be read back") }
        batch.note(applied)
        return applied
    }

    /// Hands a batch over early that a frame can no longer hold.
    private func closeIfFull(_ batch: inout Batch) {
        guard batch.byteCount >= limits.batchBytes else { return }
        _ = writer.take(batch)
        batch = writer.emptyBatch()
    }

    /// The time of the next command: never before the last one.
    private func stamp() -> Timestamp {
        clock.mode == .simulated ? exchange.time : max(clock.read(), exchange.time)
    }

    private func refuse(_ item: Item) {
        switch item {
        case .genesis(_, _, let answer), .command(_, .whole(let answer)): answer(.failure(.stopped))
        case .command(_, .brief(let answer)): answer(.failure(.stopped))
        case .advance(_, let answer): answer(.failure(.stopped))
        case .read(let body): body(exchange)(.stopped)
        }
    }
}
