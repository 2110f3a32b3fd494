import Exchange
import Foundation
import Quantities
import Registry
import Sequencer
import Synchronization
import Testing

/// A journal in memory that can hold commits back, or fail them.
private final class HeldJournal: Journal, @unchecked Sendable {
    // Guarded by `condition`.
    private let condition = NSCondition()
    private var frames: [Frame] = []
    private var isHeld = false
    private var fails = false
    private var arrivals = 0
    /// Commits that go through although it is held.
    private var passes = 0

    func append(_ frame: Frame) throws(JournalError) {
        condition.lock()
        defer { condition.unlock() }
        arrivals += 1
        condition.broadcast()
        while isHeld, passes == 0 { condition.wait() }
        if isHeld { passes -= 1 }
        if fails { throw .unavailable("told to fail") }
        frames.append(frame)
    }

    func confirmLease() throws(JournalError) {}
    func beat() throws(JournalError) -> Bool { true }
    func replay(after sequence: Int64, _ body: (Frame) throws -> Void) throws {}

    var committed: [Frame] { condition.withLock { frames } }
    func hold() { condition.withLock { (isHeld, arrivals) = (true, 0) } }
    func release(failing: Bool = false) {
        condition.withLock {
            (isHeld, fails) = (false, failing)
            condition.broadcast()
        }
    }
    /// Lets the commit that is held go on, and holds the next one.
    func letOneThrough() {
        condition.withLock {
            (passes, arrivals) = (1, 0)
            condition.broadcast()
        }
    }
    /// Blocks until a commit has begun since `hold` or `letOneThrough`.
    func waitForCommit() {
        condition.lock()
        while arrivals == 0 { condition.wait() }
        condition.unlock()
    }
}

/// Answers in the order in which they came.
private final class Answers: Sendable {
    private let list = Mutex<[String]>([])
    func add<Value>(_ name: String, _ result: Result<Value, SubmissionError>) {
        list.withLock {
            switch result {
            case .success: $0.append(name)
            case .failure(let error): $0.append("\(name) \(error)")
            }
        }
    }
    var all: [String] { list.withLock { $0 } }
}

@Suite("Sequencer")
struct SequencerTests {
    private func open(_ journal: HeldJournal, _ limits: Sequencer.Limits = Sequencer.Limits()) async throws -> Sequencer {
        let sequencer = Sequencer(exchange: Exchange(), journal: journal, clock: .simulated, limits: limits) {
            [UInt8](repeating: 0, count: 32)
        }
        sequencer.start()
        let genesis = Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .simulated, operatorKeyHash: Bytes([0]))
        _ = try await sequencer.begin(genesis, at: Timestamp(1_790_000_000_000_000))
        return sequencer
    }

    private func zone(_ number: Int) -> EncodedCommand {
        var zone = Zone()
        zone.code = "ZONE-\(number)"
        zone.name = "Zone \(number)"
        zone.country = "CN"
        return EncodedCommand(.addZone(zone), issuer: ParticipantID(1))
    }

    /// Submits, and notes a refusal like an answer.
    private func send(_ number: Int, to sequencer: Sequencer, _ answers: Answers) {
        let refused = sequencer.submit(zone(number)) { answers.add("\(number)", $0) }
        if let refused { answers.add("\(number)", Result<Void, SubmissionError>.failure(refused)) }
    }

    @Test("nothing is answered before its commit, and answers come in the order of the commands")
    func answersAfterCommit() async throws {
        let journal = HeldJournal()
        let sequencer = try await open(journal)
        let answers = Answers()
        journal.hold()
        for number in 0..<50 { send(number, to: sequencer, answers) }
        journal.waitForCommit()
        #expect(answers.all.isEmpty)
        journal.release()
        sequencer.stop()
        #expect(answers.all == (0..<50).map { "\($0)" })
    }

    @Test("what is durable is answered while the next frame is being committed, and stays answered if that one fails")
    func answersMeanwhile() async throws {
        let journal = HeldJournal()
        let sequencer = try await open(journal)
        let answers = Answers()
        journal.hold()
        send(1, to: sequencer, answers)
        journal.waitForCommit()
        send(2, to: sequencer, answers)
        // Applied, and waiting for the writer: a read behind it is in its batch.
        sequencer.read({ _ in }, answer: { answers.add("read", $0) })
        #expect(answers.all.isEmpty)
        journal.letOneThrough()
        journal.waitForCommit()
        #expect(answers.all == ["1"])
        journal.release(failing: true)
        sequencer.stop()
        #expect(answers.all.count == 3)
        #expect(answers.all.prefix(2) == ["1", "2 databaseUnavailable"])
        #expect(journal.committed.last?.lastSequence == 2)
    }

    @Test("a full queue refuses at once, and counts it")
    func overloaded() async throws {
        let journal = HeldJournal()
        var limits = Sequencer.Limits()
        (limits.queue, limits.batch, limits.handover) = (4, 1, 1)
        let sequencer = try await open(journal, limits)
        let answers = Answers()
        journal.hold()
        var sent = 0
        while sequencer.metrics.rejectedBecauseFull == 0, sent < 1_000 {
            send(sent, to: sequencer, answers)
            sent += 1
        }
        #expect(answers.all == ["\(sent - 1) overloaded"])
        #expect(sequencer.metrics.rejectedBecauseFull == 1)
        journal.release()
        sequencer.stop()
        #expect(answers.all.count == sent)
    }

    @Test("where the journal fails, whoever waits hears that the database is away")
    func failingJournal() async throws {
        let journal = HeldJournal()
        let sequencer = try await open(journal)
        let answers = Answers()
        journal.hold()
        send(1, to: sequencer, answers)
        journal.waitForCommit()
        journal.release(failing: true)
        sequencer.stop()
        #expect(answers.all == ["1 databaseUnavailable"])
        #expect(!sequencer.isTrading)
    }

    @Test("reads may be repeated from memory after a commit, not while one waits, not after the end")
    func confirmedReads() async throws {
        let journal = HeldJournal()
        let sequencer = try await open(journal)
        let answers = Answers()
        func read() async throws -> Int64? {
            _ = try await sequencer.read { $0.sequence }
            return sequencer.confirmedSequence
        }
        // A machine that stands still for longer than the window between the two would be told that it does not know: try again.
        var confirmed: Int64?
        for _ in 0..<100 where confirmed == nil { confirmed = try await read() }
        #expect(confirmed == 1)
        journal.hold()
        send(1, to: sequencer, answers)
        journal.waitForCommit()
        try await Task.sleep(for: .milliseconds(30))
        #expect(sequencer.confirmedSequence == nil && sequencer.acknowledgedSequence == 1)
        journal.release(failing: true)
        sequencer.stop()
        #expect(sequencer.confirmedSequence == nil)
    }

    // MARK: Batches that wait

    /// Submits, and returns when the core has applied it; then its batch waits for the writer, or the core still holds it, and what is
    /// submitted next comes in a later turn of the core.
    private func apply(_ number: Int, to sequencer: Sequencer, _ answers: Answers) {
        send(number, to: sequencer, answers)
        let seen = DispatchSemaphore(value: 0)
        sequencer.read({ (_: Exchange) -> Int in seen.signal() }, answer: { answers.add("read \(number)", $0) })
        seen.wait()
    }

    /// The zones that the frames added, frame by frame, without genesis.
    private func zones(_ journal: HeldJournal) throws -> [[String]] {
        try journal.committed.dropFirst().map { frame in
            var decoder = BinaryDecoder(frame.commands)
            var zones: [String] = []
            while !decoder.isAtEnd {
                if case .addZone(let zone) = try decoder.read(Envelope.self).command { zones.append(zone.code) }
            }
            return zones
        }
    }

    /// Names as `zones` gives them.
    private func codes(_ numbers: [Int]...) -> [[String]] { numbers.map { $0.map { "ZONE-\($0)" } } }

    /// What `apply` is answered, in order.
    private func names(_ numbers: ClosedRange<Int>) -> [String] { numbers.flatMap { ["\($0)", "read \($0)"] } }

    /// A sequencer whose writer is at a commit, that of number 0, which is held.
    private func committing(_ limits: Sequencer.Limits = Sequencer.Limits()) async throws -> (HeldJournal, Sequencer, Answers) {
        let journal = HeldJournal()
        let sequencer = try await open(journal, limits)
        let answers = Answers()
        journal.hold()
        send(0, to: sequencer, answers)
        journal.waitForCommit()
        return (journal, sequencer, answers)
    }

    @Test("a batch that still waits gets what comes meanwhile; the one that the writer came for stays as it is")
    func waitingBatchGrows() async throws {
        let (journal, sequencer, answers) = try await committing()
        for number in 1...5 { apply(number, to: sequencer, answers) }
        #expect(answers.all.isEmpty)
        journal.release()
        sequencer.stop()
        #expect(try zones(journal) == codes([0], [1, 2, 3, 4, 5]))
        #expect(answers.all == ["0"] + names(1...5), "once each, in the order in which they came")
        #expect(sequencer.metrics.frames == 3 && sequencer.metrics.commands == 7 && sequencer.metrics.reads == 5)
    }

    @Test("a batch with as many requests as one may have is not taken back")
    func fullInCount() async throws {
        var limits = Sequencer.Limits()
        limits.batch = 4
        let (journal, sequencer, answers) = try await committing(limits)
        // Each comes with a read.
        for number in 1...3 { apply(number, to: sequencer, answers) }
        journal.release()
        sequencer.stop()
        #expect(try zones(journal) == codes([0], [1, 2], [3]))
        #expect(answers.all == ["0"] + names(1...3))
    }

    @Test("a batch with as many bytes as a frame may have is not taken back")
    func fullInBytes() async throws {
        let measured = HeldJournal()
        let measuring = try await open(measured)
        send(0, to: measuring, Answers())
        measuring.stop()
        let frame = try #require(measured.committed.last)

        var limits = Sequencer.Limits()
        limits.handover = 8
        // One of them leaves room, two do not.
        limits.batchBytes = frame.commands.count + frame.results.count + frame.events.count + 1
        let (journal, sequencer, answers) = try await committing(limits)
        for number in 1...3 {
            send(number, to: sequencer, answers)
            // What the core has taken is a turn of its own.
            while sequencer.metrics.queueDepth > 0 { await Task.yield() }
        }
        apply(4, to: sequencer, answers)
        journal.release()
        sequencer.stop()
        #expect(try zones(journal) == codes([0], [1, 2], [3, 4]))
        #expect(answers.all == ["0", "1", "2", "3", "4", "read 4"])
    }

    @Test("a batch that was taken back and handed over again is failed once, too")
    func failedAfterTakingBack() async throws {
        let (journal, sequencer, answers) = try await committing()
        for number in 1...3 { apply(number, to: sequencer, answers) }
        journal.release(failing: true)
        sequencer.stop()
        #expect(try zones(journal).isEmpty)
        // The core may hold the batch at that moment and fail it itself, beside the writer.
        #expect(answers.all.sorted() == (["0"] + names(1...3)).map { "\($0) databaseUnavailable" }.sorted())
    }

    @Test("while the writer comes and goes as it likes, each command is in one frame, in order, and answered once")
    func takenBackOrNot() async throws {
        let journal = HeldJournal()
        var limits = Sequencer.Limits()
        (limits.batch, limits.queue) = (7, 1_000_000)
        let sequencer = try await open(journal, limits)
        let answers = Answers()
        for number in 0..<1_000 {
            send(number, to: sequencer, answers)
            if number % 97 == 0 { await Task.yield() }
        }
        sequencer.stop()
        #expect(try zones(journal).flatMap { $0 } == (0..<1_000).map { "ZONE-\($0)" })
        #expect(answers.all == (0..<1_000).map { "\($0)" })
        #expect(journal.committed.allSatisfy { $0.lastSequence - $0.firstSequence < 7 })
    }

    // MARK: Frames

    @Test("the frame holds what was submitted, all but the time")
    func bytesOfTheFrame() async throws {
        let journal = HeldJournal()
        let sequencer = try await open(journal)
        let answers = Answers()
        for number in 0..<20 { send(number, to: sequencer, answers) }
        sequencer.stop()
        var recorded: [UInt8] = []
        for frame in journal.committed.dropFirst() {
            var decoder = BinaryDecoder(frame.commands)
            while !decoder.isAtEnd {
                var envelope = try decoder.read(Envelope.self)
                envelope.time = Timestamp()
                recorded += BinaryEncoder.encode(envelope)
            }
        }
        #expect(recorded == (0..<20).flatMap { zone($0).bytes })
    }

    @Test("a frame is closed at its byte limit")
    func byteLimit() async throws {
        let journal = HeldJournal()
        var limits = Sequencer.Limits()
        limits.batchBytes = 1
        let sequencer = try await open(journal, limits)
        let answers = Answers()
        for number in 0..<20 { send(number, to: sequencer, answers) }
        sequencer.stop()
        #expect(journal.committed.count == 21)
        #expect(journal.committed.allSatisfy { $0.firstSequence == $0.lastSequence })
    }
}
