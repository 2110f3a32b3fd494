import Dispatch
import EmbeddedPostgres
import Foundation
import Persistence
import Postgres
import Quantities
import Sequencer
import Synchronization
import Testing

@Suite("PostgresJournal")
struct PostgresJournalTests {
    private func frames(_ journal: PostgresJournal, after sequence: Int64 = 0) throws -> [Frame] {
        var frames: [Frame] = []
        try journal.replay(after: sequence) { frames.append($0) }
        return frames
    }

    @Test("what was appended is replayed, by the same server and by the next one")
    func appendAndReplay() throws {
        let scene = try Scene()
        let written = [plainFrame(1, 3), plainFrame(4, 4), plainFrame(5, 90)]
        let journal = try scene.journal()
        for frame in written { try journal.append(frame) }
        #expect(try frames(journal) == written)
        #expect(try frames(journal, after: 4) == [written[2]])
        try journal.confirmLease()
        journal.close()
        #expect(throws: JournalError.self) { try journal.append(plainFrame(91, 91)) }

        let next = try scene.journal()
        #expect(next.epoch == journal.epoch + 1)
        #expect(next.lastSequence == 90)
        try next.append(plainFrame(91, 92))
        #expect(try frames(next) == written + [plainFrame(91, 92)])
        #expect(throws: JournalError.damaged("journal_frames: no frame ends with sequence 5")) { try frames(next, after: 5) }
    }

    @Test("every commit is told, in order")
    func told() throws {
        let told = Mutex<[Int64]>([])
        let journal = try PostgresJournal(Scene().database, logger: Scene.logger) { frame in
            told.withLock { $0.append(frame.lastSequence) }
        }
        for frame in [plainFrame(1, 3), plainFrame(4, 4)] { try journal.append(frame) }
        #expect(told.withLock { $0 } == [3, 4])
    }

    @Test("a frame that is told keeps its own bytes and no more, whatever the memory held that it was made in")
    func toldInItsOwnMemory() throws {
        let told = Mutex<[CommittedFrame]>([])
        let journal = try PostgresJournal(Scene().database, logger: Scene.logger) { frame in told.withLock { $0.append(frame) } }
        // As a batch does: one memory for all frames, as large as the largest of them.
        var events = BinaryEncoder()
        for (number, size) in ([1 << 20] + [Int](repeating: 100, count: 20)).enumerated() {
            events.removeAll()
            events.appendRaw(repeatElement(UInt8(number), count: size))
            let sequence = Int64(number) + 1
            var frame = plainFrame(sequence, sequence)
            frame.events = events.bytes
            try journal.append(frame)
        }
        #expect(events.bytes.capacity >= 1 << 20, "the memory was used again")
        let frames = told.withLock { $0 }
        #expect(frames.map(\.events) == [[UInt8](repeating: 0, count: 1 << 20)] + (1...20).map { [UInt8](repeating: $0, count: 100) })
        for frame in frames.dropFirst() {
            // Room that the allocator gives away anyway is no harm.
            #expect(frame.events.capacity < 1_000, "\(frame.events.count) bytes keep \(frame.events.capacity)")
        }
    }

    @Test("what goes on meanwhile is done once, before the frame is told, also where the session is found to be gone")
    func meanwhile() throws {
        let scene = try Scene()
        let told = Mutex<[Int64]>([])
        let journal = try PostgresJournal(scene.database, logger: Scene.logger) { frame in told.withLock { $0.append(frame.lastSequence) } }
        for number in 1...6 as ClosedRange<Int64> {
            if number % 2 == 0 { #expect(try scene.terminate("suanpan journal") == 1) }
            var calls = 0
            try journal.append(plainFrame(number, number)) {
                calls += 1
                #expect(told.withLock { $0 } == Array(1..<number))
            }
            #expect(calls == 1)
        }
        #expect(journal.reconnections == 3)
        #expect(try frames(journal) == (1...6).map { plainFrame($0, $0) })
        journal.close()
        var calls = 0
        #expect(throws: JournalError.self) { try journal.append(plainFrame(7, 7)) { calls += 1 } }
        #expect(calls <= 1)
    }

    // MARK: One writer

    @Test("a second server is refused and told who writes")
    func refused() throws {
        let scene = try Scene()
        let journal = try scene.journal(holder: "host a, process 7")
        let error = #expect(throws: LeaseHeld.self) { try scene.journal(holder: "host b") }
        #expect(error?.holder == "host a, process 7")
        #expect(error?.epoch == journal.epoch)
        #expect(error?.description.contains("another server writes this journal: host a, process 7") == true)
        try journal.append(plainFrame(1, 1))
    }

    @Test("after a takeover the first server commits nothing, answers no reads and says who has taken over")
    func takenOver() throws {
        let scene = try Scene()
        let first = try scene.journal(holder: "first")
        try first.append(plainFrame(1, 2))
        let second = try scene.journal(.takeOver, holder: "second")
        #expect(second.lastSequence == 2)
        guard case .leaseLost(let reason) = journalError({ try first.append(plainFrame(3, 3, "stale")) }) else {
            Issue.record("the first server went on")
            return
        }
        #expect(reason.contains("second took over"))
        #expect(journalError { try first.confirmLease() } == .leaseLost(reason))
        try second.append(plainFrame(3, 4))
        #expect(try frames(second) == [plainFrame(1, 2), plainFrame(3, 4)])
    }

    @Test("a takeover leaves a server that only reads without the lease, too")
    func readsAfterTakeover() throws {
        let scene = try Scene()
        let first = try scene.journal()
        _ = try scene.journal(.takeOver, holder: "second")
        guard case .leaseLost = journalError({ try first.confirmLease() }) else {
            Issue.record("the first server still reads")
            return
        }
    }

    @Test("a server whose connection died finds that another one has begun an epoch meanwhile")
    func replacedWhileAway() throws {
        let scene = try Scene()
        let first = try scene.journal()
        try first.append(plainFrame(1, 1))
        #expect(try scene.terminate("suanpan journal") == 1)
        let second = try scene.journal(holder: "second")
        try second.append(plainFrame(2, 2))
        guard case .leaseLost = journalError({ try first.append(plainFrame(2, 2)) }) else {
            Issue.record("two servers write")
            return
        }
        #expect(try scene.number("SELECT count(*) FROM journal_frames") == 2)
    }

    @Test("of servers that take over at once one remains, and the others notice")
    func takeoversTogether() throws {
        let scene = try Scene()
        _ = try scene.journal()
        let journals = Mutex<[PostgresJournal]>([])
        DispatchQueue.concurrentPerform(iterations: 3) { number in
            // One whose connection another one ends while it is taking over has failed, which is no harm.
            guard let journal = try? scene.journal(.takeOver, holder: "\(number)") else { return }
            journals.withLock { $0.append(journal) }
        }
        let outcomes = journals.withLock { $0 }.map { journal in journalError { try journal.append(plainFrame(1, 1)) } }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(try scene.number("SELECT count(*) FROM journal_frames") == 1)
    }

    // MARK: Lost connections

    @Test("a session that was ended is replaced, and the epoch goes on")
    func endedSession() throws {
        let scene = try Scene()
        let journal = try scene.journal()
        for number in 1...5 {
            try journal.append(plainFrame(Int64(number), Int64(number)))
            #expect(try scene.terminate("suanpan journal") == 1)
        }
        try journal.confirmLease()
        #expect(journal.reconnections == 5)
        #expect(try frames(journal).map(\.firstSequence) == [1, 2, 3, 4, 5])
        #expect(try scene.number("SELECT count(DISTINCT epoch) FROM journal_frames") == 1)
    }

    @Test(
        "a frame whose request or reply was lost is there once",
        arguments: [LossyRelay.Loss.request, .reply, .replyAndFarewell])
    func lostReply(loss: LossyRelay.Loss) throws {
        let scene = try Scene()
        let relay = try LossyRelay(loss, at: "lose me")
        defer { relay.close() }
        let journal = try scene.journal(through: relay.target(scene.database))
        try journal.append(plainFrame(1, 4))
        try journal.append(plainFrame(5, 9, "lose me"))
        #expect(relay.hasStruck)
        try journal.append(plainFrame(10, 10))
        #expect(journal.reconnections == 1)
        #expect(try frames(journal) == [plainFrame(1, 4), plainFrame(5, 9, "lose me"), plainFrame(10, 10)])
    }

    @Test("frames that are appended while sessions are ended at random are all there, each once")
    func endedInTheMiddle() throws {
        let scene = try Scene()
        let journal = try scene.journal()
        let isDone = Atomic<Bool>(false)
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            while !isDone.load(ordering: .acquiring) { _ = try? scene.terminate("suanpan journal") }
        }
        var written: [Frame] = []
        while journal.reconnections < 10 {
            let number = Int64(written.count + 1)
            written.append(plainFrame(number, number))
            try journal.append(plainFrame(number, number))
        }
        isDone.store(true, ordering: .releasing)
        group.wait()
        try journal.confirmLease()
        #expect(try frames(journal) == written)
    }

    @Test("a journal that cannot find PostgreSQL again gives up after its patience, and for good")
    func gone() throws {
        let server = try TemporaryPostgres()
        var settings = PostgresJournal.Settings(holder: "first")
        settings.patience = .milliseconds(200)
        let journal = try PostgresJournal(ConnectionString(server.makeDatabase()), settings, logger: Scene.logger)
        try journal.append(plainFrame(1, 1))
        try server.delete()
        for _ in 1...2 {
            let error = journalError { try journal.append(plainFrame(2, 2)) }
            guard case .unavailable = error else {
                Issue.record("the journal did not give up: \(String(describing: error))")
                return
            }
        }
    }

    // MARK: Damage

    @Test(
        "a changed, removed or added row is refused, and named",
        arguments: [
            ("UPDATE journal_frames SET commands = set_byte(commands, 0, get_byte(commands, 0) # 1) WHERE first_sequence = 4",
                "row with first_sequence 4: frame_hash"),
            ("UPDATE journal_frames SET results = set_byte(results, 0, get_byte(results, 0) # 128) WHERE first_sequence = 1",
                "row with first_sequence 1: frame_hash"),
            ("UPDATE journal_frames SET events = set_byte(events, 2, get_byte(events, 2) # 16) WHERE first_sequence = 5",
                "row with first_sequence 5: event_hash"),
            ("UPDATE journal_frames SET events = substr(events, 1, 3) WHERE first_sequence = 5", "first_sequence 5: event_hash"),
            ("UPDATE journal_frames SET commands = substr(commands, 2) WHERE first_sequence = 4", "first_sequence 4: frame_hash"),
            ("UPDATE journal_frames SET results = substr(results, 1, octet_length(results) - 1) WHERE first_sequence = 1",
                "first_sequence 1: frame_hash"),
            ("UPDATE journal_frames SET recorded_at_micros = 5 WHERE first_sequence = 4", "first_sequence 4: frame_hash"),
            ("UPDATE journal_frames SET epoch = 9 WHERE first_sequence = 4", "first_sequence 4: frame_hash"),
            ("UPDATE journal_frames SET last_sequence = 91 WHERE first_sequence = 5", "first_sequence 5: frame_hash"),
            ("UPDATE journal_frames SET rules_version = 99 WHERE first_sequence = 4", "first_sequence 4: computed with rules version 99"),
            ("UPDATE journal_frames SET previous_hash = sha256('') WHERE first_sequence = 4", "first_sequence 4: previous_hash"),
            ("UPDATE journal_frames SET frame_hash = sha256('') WHERE first_sequence = 1", "first_sequence 1: frame_hash"),
            ("DELETE FROM journal_frames WHERE first_sequence = 4", "the row with first_sequence 4 is missing"),
            ("DELETE FROM journal_frames WHERE first_sequence = 1", "the row with first_sequence 1 is missing"),
            ("UPDATE journal_frames SET first_sequence = 2 WHERE first_sequence = 4", "the row with first_sequence 4 is missing"),
            ("INSERT INTO journal_frames SELECT 2, 2, recorded_at_micros, epoch, rules_version, event_hash, previous_hash, "
                + "frame_hash, commands, results, events FROM journal_frames WHERE first_sequence = 4",
                "the row with first_sequence 4 is missing; 2 follows 3"),
        ])
    func damage(sql: String, reason: String) throws {
        let scene = try Scene()
        let journal = try scene.journal()
        for frame in [plainFrame(1, 3), plainFrame(4, 4), plainFrame(5, 90)] { try journal.append(frame) }
        journal.close()
        try scene.damage(sql)
        guard case .damaged(let found) = journalError({ try scene.journal().replay(after: 0) { _ in } }) else {
            Issue.record("the damage was not found")
            return
        }
        #expect(found.contains(reason))
    }

    @Test("a journal of another format is refused")
    func format() throws {
        let scene = try Scene()
        try scene.journal().close()
        try scene.execute("UPDATE meta SET value = '2' WHERE key = 'journal_format'")
        #expect(throws: JournalError.damaged("the journal has format 2; this program knows 1")) { try scene.journal() }
    }
}
