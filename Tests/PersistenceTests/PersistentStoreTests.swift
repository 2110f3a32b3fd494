import Cryptography
import Exchange
import Foundation
import Persistence
import Postgres
import Sequencer
import Testing

@Suite("PersistentStore")
struct PersistentStoreTests {
    @Test("it opens a new database, closes, and opens the same again")
    func openTwice() throws {
        let scene = try Scene()
        for reign in 1...2 {
            let (store, exchange) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
            #expect(exchange.sequence == 0)
            #expect(store.journal.epoch == reign)
            #expect(store.journal.appliedMigrations.isEmpty == (reign == 2))
            // The tests' server runs without fsync.
            #expect(store.warnings.contains { $0.contains("fsync off") })
            store.close()
        }
        let (store, _) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        store.close()
        #expect(throws: JournalError.self) { try store.journal.confirmLease() }
    }

    @Test("the second store is refused, and one that takes over has everything")
    func takeover() throws {
        let scene = try Scene()
        try scene.fill()
        let (first, _) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        #expect(throws: LeaseHeld.self) { try PersistentStore.open(scene.settings(), logger: Scene.logger).store.close() }
        let (second, exchange) = try PersistentStore.open(scene.settings(.takeOver), logger: Scene.logger)
        #expect(StateHash.of(exchange) == SampleHistory.stateHash)
        guard case .leaseLost = journalError({ try first.journal.confirmLease() }) else {
            Issue.record("the first store goes on")
            return
        }
        first.close()
        try second.journal.confirmLease()
        second.close()
    }

    @Test("frames that were removed from the journal's end are noticed by what followed them")
    func truncated() throws {
        let scene = try Scene()
        try scene.fill()
        let last = SampleHistory.frames[SampleHistory.frames.count - 1]
        try scene.damage("DELETE FROM journal_frames WHERE first_sequence = \(last.firstSequence)")
        let error = journalError { try PersistentStore.open(scene.settings(), logger: Scene.logger).store.close() }
        guard case .damaged(let reason) = error else {
            Issue.record("the missing frame was not noticed: \(String(describing: error))")
            return
        }
        #expect(reason.contains("rows were removed from its end"))
        #expect(journalError { _ = try Replay.run(scene.database) } == error)
    }

    @Test("a damaged row stops the start and is named")
    func damaged() throws {
        let scene = try Scene()
        try scene.fill()
        let middle = SampleHistory.frames[SampleHistory.frames.count / 2].firstSequence
        try scene.damage(
            "UPDATE journal_frames SET commands = set_byte(commands, 9, get_byte(commands, 9) # 4) "
                + "WHERE first_sequence = \(middle)")
        let error = journalError { try PersistentStore.open(scene.settings(), logger: Scene.logger).store.close() }
        #expect(error == .damaged("journal_frames, row with first_sequence \(middle): frame_hash is not the hash of the row"))
    }

    @Test("a database whose vault was sealed with another key is refused, and the lease is free again")
    func otherVaultKey() throws {
        let scene = try Scene()
        try PersistentStore.open(scene.settings(), logger: Scene.logger).store.close()
        var settings = scene.settings()
        settings.vaultKey = RandomBytes.drawn(32)
        #expect(throws: VaultKeyMismatch.self) { try PersistentStore.open(settings, logger: Scene.logger).store.close() }
        settings.vaultKey = try KeyFile.load("\(scene.folder)/keys/vault.key")
        try PersistentStore.open(settings, logger: Scene.logger).store.close()
    }
}
