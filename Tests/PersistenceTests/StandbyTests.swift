import Dispatch
import Exchange
import Foundation
import Persistence
import Postgres
import Sequencer
import Synchronization
import Testing

/// Something that blocks, in a thread of its own.
private final class Background<Value>: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let outcome = Mutex<Result<Value, any Error>?>(nil)

    init(_ body: @escaping @Sendable () throws -> sending Value) where Value: Sendable {
        let thread = Thread { [self] in
            let result = Result { try body() }
            outcome.withLock { $0 = result }
            done.signal()
        }
        thread.stackSize = 16 << 20
        thread.start()
    }

    /// Waits for the end.
    func value() throws -> Value where Value: Sendable {
        #expect(done.wait(timeout: .now() + 60) == .success, "it did not end")
        return try outcome.withLock { $0 }!.get()
    }
}

@Suite("Standby")
struct StandbyTests {
    /// What a standby came to.
    private struct Taken: Sendable {
        let store: PersistentStore
        let stateHash: String
        let report: RecoveryReport
    }

    private static func waiting(_ scene: Scene, _ standby: StandbySettings) -> Background<Taken> {
        var settings = scene.settings()
        settings.standby = standby
        let chosen = settings
        return Background {
            let (store, exchange) = try PersistentStore.open(chosen, logger: Scene.logger)
            return Taken(store: store, stateHash: StateHash.of(exchange), report: store.recovery)
        }
    }

    private static func quick(_ silence: Duration = .seconds(3)) -> StandbySettings {
        var settings = StandbySettings()
        settings.silence = silence
        settings.pauseSeconds = 0.01
        return settings
    }

    @Test("it follows what the other server writes, and takes over with all of it when that one has gone")
    func follows() throws {
        let scene = try Scene()
        let frames = SampleHistory.frames
        let (first, _) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        for frame in frames.prefix(5) { try first.journal.append(frame) }
        let looks = DispatchSemaphore(value: 0)
        let followed = Mutex<Int64>(0)
        var standby = Self.quick()
        standby.followed = { sequence in
            followed.withLock { $0 = sequence }
            looks.signal()
        }
        let taking = Self.waiting(scene, standby)
        for frame in frames.dropFirst(5) { try first.journal.append(frame) }
        let last = try #require(frames.last).lastSequence
        while followed.withLock({ $0 }) < last { try #require(looks.wait(timeout: .now() + 30) == .success) }
        first.close()
        let taken = try taking.value()
        #expect(taken.stateHash == SampleHistory.stateHash)
        #expect(taken.report.commands == 0, "everything was followed before")
        #expect(taken.store.journal.epoch == 2)
        try taken.store.journal.confirmLease()
        taken.store.close()
    }

    @Test("a server that is silent is replaced, and notices at its next commit, read and beat")
    func silent() throws {
        let scene = try Scene()
        let (first, _) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        for frame in SampleHistory.frames.prefix(3) { try first.journal.append(frame) }
        let taken = try Self.waiting(scene, Self.quick(.milliseconds(200))).value()
        #expect(taken.store.journal.lastSequence == SampleHistory.frames[2].lastSequence)
        guard case .leaseLost = journalError({ try first.journal.append(SampleHistory.frames[3]) }) else {
            Issue.record("two servers write")
            return
        }
        #expect(journalError { _ = try first.journal.beat() } != nil)
        #expect(journalError { try first.journal.confirmLease() } != nil)
        try taken.store.journal.append(SampleHistory.frames[3])
        first.close()
        taken.store.close()
    }

    @Test("a server that was stopped in the middle of its transactions is replaced all the same, by one that waited and by one that began later")
    func stoppedInTransactions() throws {
        for isLate in [false, true] {
            let scene = try Scene()
            let (first, _) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
            for frame in SampleHistory.frames.prefix(3) { try first.journal.append(frame) }
            // As its projector, its prover and its snapshots hold their rows while they write.
            let stopped = try [
                ("suanpan projector", "SELECT 1 FROM projector_position FOR UPDATE"), ("suanpan prover", "SELECT 1 FROM ledger_tree FOR UPDATE"),
                ("suanpan snapshot", "LOCK TABLE snapshots IN SHARE ROW EXCLUSIVE MODE"),
            ].map { name, statement in
                let connection = try Connection(to: scene.database, applicationName: name)
                if isLate { try connection.executeScript("BEGIN; \(statement)") }
                return (connection, statement)
            }
            let looks = DispatchSemaphore(value: 0)
            var standby = Self.quick(.milliseconds(300))
            standby.followed = { _ in looks.signal() }
            let taking = Self.waiting(scene, standby)
            if !isLate {
                try #require(looks.wait(timeout: .now() + 30) == .success)
                for (connection, statement) in stopped { try connection.executeScript("BEGIN; \(statement)") }
            }
            let taken = try taking.value()
            #expect(taken.store.journal.epoch == 2)
            try taken.store.journal.append(SampleHistory.frames[3])
            // The read models follow: nothing of the first server is in their way.
            let end = ContinuousClock.now + .seconds(30)
            while taken.store.projector.position < SampleHistory.frames[3].lastSequence, .now < end { usleep(10_000) }
            #expect(taken.store.projector.position == SampleHistory.frames[3].lastSequence)
            #expect(stopped.allSatisfy { connection, _ in (try? connection.query("SELECT 1")) == nil })
            first.close()
            taken.store.close()
        }
    }

    @Test("a server that beats is not replaced, however short the silence")
    func beats() throws {
        let scene = try Scene()
        let (first, _) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        for frame in SampleHistory.frames.prefix(3) { try first.journal.append(frame) }
        let looks = DispatchSemaphore(value: 0)
        var standby = Self.quick(.milliseconds(1))
        standby.followed = { _ in
            #expect(throws: Never.self) { try first.journal.beat() }
            looks.signal()
        }
        let taking = Self.waiting(scene, standby)
        for _ in 0..<30 { try #require(looks.wait(timeout: .now() + 30) == .success) }
        #expect(throws: Never.self) { try first.journal.confirmLease() }
        first.close()
        try taking.value().store.close()
    }

    @Test("of two that wait one takes over, and the other goes on waiting")
    func two() throws {
        let scene = try Scene()
        let (first, _) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        try first.journal.append(SampleHistory.frames[0])
        let opened = DispatchSemaphore(value: 0)
        let order = Mutex<[PersistentStore]>([])
        let waiting = (0..<2).map { _ in
            var settings = scene.settings()
            settings.standby = Self.quick()
            let chosen = settings
            return Background {
                let (store, _) = try PersistentStore.open(chosen, logger: Scene.logger)
                order.withLock { $0.append(store) }
                opened.signal()
            }
        }
        first.close()
        for reign in 2...3 {
            try #require(opened.wait(timeout: .now() + 60) == .success)
            let stores = order.withLock { $0 }
            #expect(stores.count == reign - 1, "one at a time")
            #expect(stores.last?.journal.epoch == Int64(reign))
            stores.last?.close()
        }
        for one in waiting { try one.value() }
    }

    @Test("it refuses at once where its keys are not those of the record")
    func foreignKeys() throws {
        let scene = try Scene()
        let (first, _) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        try first.journal.append(SampleHistory.frames[0])
        var settings = scene.settings()
        settings.standby = Self.quick()
        settings.vaultKey = [UInt8](repeating: 7, count: 32)
        #expect(throws: VaultKeyMismatch.self) { try PersistentStore.open(settings, logger: Scene.logger).store.close() }
        first.close()
    }

    @Test("a holder at work or unseen is alive, an idle one that does not move is silent after a while, nobody is nobody")
    func judgement() {
        func holder(_ activity: String, waits: Bool = true, process: Int64 = 7) -> LeaseHolder {
            LeaseHolder(name: "a", backendProcess: process, epoch: 1, activity: activity, waitsForClient: waits)
        }
        var watch = HolderWatch()
        let start = ContinuousClock.now
        func look(_ holder: LeaseHolder?, _ seconds: Int) -> HolderWatch.Finding {
            watch.look(holder, silence: .seconds(3), at: start + .seconds(seconds))
        }
        #expect(look(nil, 0) == .free)
        #expect(look(holder("x"), 1) == .alive)
        #expect(look(holder("x"), 3) == .alive)
        #expect(look(holder("y"), 4) == .alive)
        #expect(look(holder("y"), 6) == .alive)
        #expect(look(holder("y"), 7) == .silent(holder("y")))
        #expect(look(holder("y", process: 8), 8) == .alive)
        for second in 9..<20 { #expect(look(holder("z", waits: false), second) == .alive) }
        #expect(look(holder("z"), 20) == .alive)
        #expect(look(holder("z"), 23) == .silent(holder("z")))
        #expect(look(nil, 24) == .free)
    }
}
