import Dispatch
import EmbeddedPostgres
import Foundation
import Persistence
import Postgres
import Sequencer
import Synchronization
import Testing

/// What happens to PostgreSQL and its disk while the journal commits: an explicit error or a late answer, never a wrong one.
@Suite("A journal on a harmed PostgreSQL", .serialized)
struct DatabaseFaultTests {
    /// A frame whose events have so many bytes.
    private func largeFrame(_ number: Int64, bytes: Int) -> Frame {
        var frame = plainFrame(number, number)
        var random = UInt64(truncatingIfNeeded: number)
        frame.events = (0..<bytes).map { _ in
            random = random &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: random >> 33)
        }
        return frame
    }

    private func journal(_ postgres: HarmedPostgres, _ log: RetryLog) throws -> PostgresJournal {
        try PostgresJournal(postgres.target, PostgresJournal.Settings(holder: "first"), logger: log.logger)
    }

    /// Appends on another thread.
    private final class Append: @unchecked Sendable {
        private let done = DispatchSemaphore(value: 0)
        // Written before the semaphore is raised and read after it, which is the argument for `@unchecked Sendable`.
        private var error: JournalError?

        init(_ frame: Frame, _ journal: PostgresJournal) {
            Thread {
                do throws(JournalError) { try journal.append(frame) } catch { self.error = error }
                self.done.signal()
            }.start()
        }

        /// Whether it has not ended yet.
        var isWaiting: Bool {
            guard done.wait(timeout: .now()) == .success else { return true }
            done.signal()
            return false
        }

        /// What came of it.
        func outcome() -> JournalError? {
            done.wait()
            return error
        }
    }

    // MARK: The disk

    @Test(
        "on a full disk nothing is acknowledged; when there is room again the frame is there once",
        .enabled(if: HarmedPostgres.canMount, "this user cannot mount a small disk"))
    func diskFull() throws {
        let postgres = try HarmedPostgres(megabytes: 400)
        defer { postgres.delete() }
        let log = RetryLog()
        let journal = try journal(postgres, log)
        var written = [plainFrame(1, 1)]
        try journal.append(written[0])
        for number in 2...4 as ClosedRange<Int64> {
            let frame = largeFrame(number, bytes: 3 << 20)
            let known = log.all.count
            postgres.fill()
            let append = Append(frame, journal)
            let end = ContinuousClock.now + .seconds(20)
            while log.all.count == known, append.isWaiting, .now < end { usleep(1_000) }
            #expect(log.all.count > known, "the full disk was not noticed")
            #expect(append.isWaiting, "a frame was acknowledged for which there is no room")
            postgres.free()
            try postgres.startAgain()
            #expect(append.outcome() == nil)
            written.append(frame)
        }
        #expect(log.all.contains { $0.contains("No space left") || $0.contains("lost") }, "\(log.all)")
        journal.close()
        #expect(try postgres.frames() == written)
    }

    @Test(
        "a commit whose fsync fails is not acknowledged before PostgreSQL has recovered and the frame was found or written",
        .enabled(if: CallFaults.areAvailable, "strace is missing or may not attach: not run"))
    func failingSync() throws {
        let postgres = try HarmedPostgres()
        defer { postgres.delete() }
        let log = RetryLog()
        let journal = try journal(postgres, log)
        var written = [plainFrame(1, 1)]
        try journal.append(written[0])
        let process = try #require(try backend(postgres))
        let faults = try CallFaults("error=EIO", of: "fdatasync,fsync", in: process)
        let frame = plainFrame(2, 2, "the disk says no")
        try journal.append(frame)
        faults.end()
        written.append(frame)
        #expect(journal.reconnections >= 1, "the failed fsync was not noticed")
        #expect(log.all.count >= 1)
        try journal.append(plainFrame(3, 3))
        written.append(plainFrame(3, 3))
        journal.close()
        #expect(try postgres.frames() == written)
        #expect(try postgres.connect().query("SELECT count(*) FROM journal_frames").onlyRow().int64(0) == 3)
    }

    @Test(
        "a slow disk delays answers and breaks nothing",
        .enabled(if: CallFaults.areAvailable, "strace is missing or may not attach: not run"))
    func slowDisk() throws {
        let postgres = try HarmedPostgres()
        defer { postgres.delete() }
        let log = RetryLog()
        let journal = try journal(postgres, log)
        try journal.append(plainFrame(1, 1))
        let faults = try CallFaults("delay_enter=200000", of: "fdatasync", in: try #require(try backend(postgres)))
        defer { faults.end() }
        for number in 2...5 as ClosedRange<Int64> { try journal.append(plainFrame(number, number)) }
        #expect(journal.reconnections == 0 && log.all.isEmpty)
        journal.close()
        #expect(try postgres.frames().map(\.lastSequence) == [1, 2, 3, 4, 5])
    }

    @Test(
        "a session that is ended while its commit is being written is replaced, and the frame is there once",
        .enabled(if: CallFaults.areAvailable, "strace is missing or may not attach: not run"))
    func endedDuringCommit() throws {
        let postgres = try HarmedPostgres()
        defer { postgres.delete() }
        let log = RetryLog()
        let journal = try journal(postgres, log)
        let other = try postgres.connect()
        var written: [Frame] = []
        for number in 1...4 as ClosedRange<Int64> {
            // A commit that was answered before its session ended leaves none; the next one is opened by whatever needs it.
            try journal.confirmLease()
            let process = try #require(try backend(postgres))
            let faults = try CallFaults("delay_enter=300000", of: "fdatasync", in: process)
            written.append(plainFrame(number, number))
            let append = Append(written[written.count - 1], journal)
            let isWriting = "SELECT count(*) FROM pg_stat_activity WHERE pid = \(process) AND lower(wait_event) = 'walsync'"
            let end = ContinuousClock.now + .seconds(5)
            while try other.query(isWriting).onlyRow().int64(0) == 0, append.isWaiting, .now < end {}
            _ = try other.query("SELECT pg_terminate_backend(\(process))")
            #expect(append.outcome() == nil)
            faults.end()
        }
        try journal.append(plainFrame(5, 5))
        written.append(plainFrame(5, 5))
        #expect(journal.reconnections == 4)
        journal.close()
        #expect(try postgres.frames() == written)
    }

    // MARK: The server

    @Test("a PostgreSQL that is killed or restarted while frames come is found again, and every frame is there once", arguments: [SIGKILL, SIGQUIT])
    func restart(signal: Int32) throws {
        let postgres = try HarmedPostgres()
        defer { postgres.delete() }
        let log = RetryLog()
        let journal = try journal(postgres, log)
        var written: [Frame] = []
        for number in 1...3 as ClosedRange<Int64> {
            written.append(plainFrame(2 * number - 1, 2 * number - 1))
            try journal.append(written[written.count - 1])
            let process = try #require(postgres.server.serverProcess)
            kill(process, signal)
            let append = Append(plainFrame(2 * number, 2 * number), journal)
            while kill(process, 0) == 0 { usleep(1_000) }
            let end = ContinuousClock.now + .seconds(20)
            while true {
                do {
                    try postgres.startAgain()
                    break
                } catch {
                    // Processes of a killed server end a moment later.
                    guard .now < end else { throw error }
                }
            }
            written.append(plainFrame(2 * number, 2 * number))
            #expect(append.outcome() == nil)
        }
        journal.close()
        #expect(try postgres.frames() == written)
    }

    @Test("a storm of connections that leaves none for the journal delays it, is named, and when it is over the frame is there once")
    func connectionStorm() throws {
        let postgres = try TemporaryPostgres()
        defer { try? postgres.delete() }
        let target = try ConnectionString(postgres.makeDatabase())
        let log = RetryLog()
        let journal = try PostgresJournal(target, PostgresJournal.Settings(holder: "first"), logger: log.logger)
        try journal.append(plainFrame(1, 1))
        var storm: [Connection] = []
        func takeAll() { while let connection = try? Connection(to: target) { storm.append(connection) } }
        takeAll()
        #expect(storm.count > 50)
        let ended = try storm[0].query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'suanpan journal'").count
        #expect(ended == 1)
        let end = ContinuousClock.now + .seconds(20)
        let before = storm.count
        while storm.count == before, .now < end { takeAll() }
        let append = Append(plainFrame(2, 2), journal)
        try log.waitForRetry()
        #expect(append.isWaiting)
        // Its place was taken before it looked, so it waits for one.
        #expect(journal.reconnections == 0)
        storm = []
        #expect(append.outcome() == nil)
        #expect(journal.reconnections == 1)
        try journal.append(plainFrame(3, 3))
        var found: [Frame] = []
        try journal.replay(after: 0) { found.append($0) }
        #expect(found == [plainFrame(1, 1), plainFrame(2, 2), plainFrame(3, 3)])
    }

    private func backend(_ postgres: HarmedPostgres) throws -> Int32? {
        try postgres.connect().query("SELECT pid::bigint FROM pg_stat_activity WHERE application_name = 'suanpan journal'")
            .first.flatMap { try Int32(exactly: $0.int64(0)) }
    }
}
