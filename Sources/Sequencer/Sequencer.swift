import Exchange
import Foundation
import Quantities
import Synchronization

/// A command on its way to the core thread, and who hears of it.
package struct Submission: Sendable {
    package var command: EncodedCommand
    package var answer: @Sendable (Result<Outcome, SubmissionError>) -> Void

    package init(
        _ command: Command, issuer: ParticipantID, idempotency: IdempotencyKey?,
        answer: @escaping @Sendable (Result<Outcome, SubmissionError>) -> Void
    ) {
        self.command = EncodedCommand(command, issuer: issuer, idempotency: idempotency)
        self.answer = answer
    }
}

/// Puts everything that happens into one order, and lets nothing out before it is durable.
///
///     requests ──► queue ──► core thread: stamp time, apply ──► hand-over ──► writer thread: commit ──► answers
///                  bounded   (owns the exchange)                 bounded       (owns the journal)
///
/// While a batch is being committed the next one is being applied; a batch is whatever had arrived, there is no timer.
/// A read is a query in the same queue, answered with the batch that it fell into.
package final class Sequencer: Sendable {
    /// Bounds of the pipeline.
    package struct Limits: Sendable {
        /// Requests that may wait; one more is `overloaded`.
        package var queue = 20_000
        /// Requests in one batch.
        package var batch = 4_096
        /// Bytes of a frame at which it is closed: a year that passes at once is many frames, not one without bounds.
        package var batchBytes = 4 << 20
        /// Batches applied and not yet committed.
        package var handover = 2

        package init() {}
    }

    package let clock: ExchangeClock
    private let core: CoreLoop
    private let writer: WriterLoop

    /// - Parameters:
    ///   - exchange: recovered to the journal's end; given away here.
    ///   - entropy: 32 random bytes a call.
    package init(
        exchange: sending Exchange, journal: any Journal, clock: ExchangeClock, listeners: [any EventListener] = [],
        limits: Limits = Limits(), entropy: @escaping @Sendable () -> [UInt8]
    ) {
        self.clock = clock
        writer = WriterLoop(journal: journal, listeners: listeners, capacity: limits.handover)
        writer.begin(at: exchange.sequence, exchange.time)
        core = CoreLoop(exchange: exchange, clock: clock, writer: writer, limits: limits, entropy: entropy)
    }

    /// Starts both threads; a new journal gets its genesis first.
    package func start() {
        writer.start()
        core.start()
    }

    /// Begins a new history. Answers once it is durable.
    package func begin(_ genesis: Genesis, at time: Timestamp) async throws(SubmissionError) -> Outcome {
        try await enqueue { answer in .genesis(genesis, time, answer) }
    }

    /// Submits a command; answers when it is durable.
    package func submit(
        _ command: Command, issuer: ParticipantID, idempotency: IdempotencyKey? = nil
    ) async throws(SubmissionError) -> Outcome {
        let encoded = EncodedCommand(command, issuer: issuer, idempotency: idempotency)
        return try await enqueue { answer in .command(encoded, .whole(answer)) }
    }

    /// Submits commands without waiting, in their order. Each one's `answer` is called once, when it is durable, on the writer's thread, where it
    /// must be quick; at once where the command is not taken.
    package func submit(_ submissions: [Submission]) {
        let taken = core.enqueue(submissions.lazy.map { CoreLoop.Item.command($0.command, .whole($0.answer)) })
        guard let refusal = taken.refusal else { return }
        for submission in submissions[taken.count...] { submission.answer(.failure(refusal)) }
    }

    /// Submits a command whose whole answer nobody needs: `answer` hears what became of it, and of an order in short, once that is durable.
    /// It is called on the writer's thread and must be quick.
    ///
    /// - Returns: Why it was not taken; `answer` is not called then.
    package func submit(
        _ command: EncodedCommand, answer: @escaping @Sendable (Result<(Applied, OrderResult?), SubmissionError>) -> Void
    ) -> SubmissionError? {
        core.enqueue(.command(command, .brief(answer)))
    }

    /// Reads the state between two commands; answers when everything that it saw is durable.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (Exchange) -> Value
    ) async throws(SubmissionError) -> Value {
        try await enqueue { answer in Self.reading(body, answer) }
    }

    /// Reads the state without waiting: `answer` is called once, as that of `submit`.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (Exchange) -> Value, answer: @escaping @Sendable (Result<Value, SubmissionError>) -> Void
    ) {
        if let refusal = core.enqueue(Self.reading(body, answer)) { answer(.failure(refusal)) }
    }

    private static func reading<Value: Sendable>(
        _ body: @escaping @Sendable (Exchange) -> Value, _ answer: @escaping @Sendable (Result<Value, SubmissionError>) -> Void
    ) -> CoreLoop.Item {
        .read { exchange in
            let value = body(exchange)
            return { error in answer(error.map(Result.failure) ?? .success(value)) }
        }
    }

    /// Lets a simulated clock run to `time`: everything due until then happens in order. Answers the time reached.
    package func advance(to time: Timestamp) async throws(SubmissionError) -> Timestamp {
        try await enqueue { answer in .advance(time, answer) }
    }

    /// Whether commands are being taken.
    package var isTrading: Bool { core.isRunning && writer.isRunning }

    /// The number of the last durable command: what a read of the past has to include.
    package var acknowledgedSequence: Int64 { writer.lastAcknowledged.sequence }

    /// As `acknowledgedSequence`, where it is certain that no other server has written since; nil where that would have to be asked.
    ///
    /// What was read after that command may be answered again without a question to the journal (`ConfirmedReads`).
    package var confirmedSequence: Int64? { writer.confirmedSequence }

    /// The exchange's time: the machine's, or where a simulated clock stands.
    package var now: Timestamp {
        let last = writer.lastAcknowledged.time
        return clock.mode == .simulated ? last : max(clock.read(), last)
    }

    /// Counts so far.
    package var metrics: SequencerMetrics {
        var metrics = writer.metrics
        core.addCounts(to: &metrics)
        return metrics
    }

    /// How much there is of what, after the last batch.
    package var gauges: MarketGauges { core.gauges }

    /// Takes nothing more, commits what was applied, answers it, and ends both threads. Blocking.
    package func stop() {
        core.stop()
        writer.stop()
    }

    /// Lends the last state after `stop`, where all that was applied is committed; answers nil where it is not.
    package func withFinalState<R>(_ body: (Exchange) throws -> R) rethrows -> R? {
        let last = acknowledgedSequence
        return try core.withEndedExchange { exchange in
            try exchange.sequence == last ? body(exchange) : nil
        } ?? nil
    }

    /// Hands every frame that is committed from now on to a follower that wants it.
    package func follow(_ follower: any FrameFollower) { writer.follow(follower) }

    /// Waits until the writer gave up, if it ever does: then no more can be acknowledged and the server must end.
    package func onFailure(_ body: @escaping @Sendable (JournalError) -> Void) { writer.onFailure(body) }

    private func enqueue<Value: Sendable>(
        _ item: (@escaping @Sendable (Result<Value, SubmissionError>) -> Void) -> CoreLoop.Item
    ) async throws(SubmissionError) -> Value {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, SubmissionError>, Never>) in
            let answer: @Sendable (Result<Value, SubmissionError>) -> Void = { continuation.resume(returning: $0) }
            if let refusal = core.enqueue(item(answer)) { answer(.failure(refusal)) }
        }
        return try result.get()
    }
}
