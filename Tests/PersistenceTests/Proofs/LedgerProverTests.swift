import Cryptography
import Exchange
import Foundation
import Ledger
import Persistence
import Postgres
import Quantities
import Sequencer
import Testing

@Suite("LedgerProver")
struct LedgerProverTests {
    @Test("the signed tree is the tree of the journal's transfers, whatever the pieces in which it was followed")
    func tree() throws {
        let scene = try Scene()
        try scene.publish()
        let notes = try scene.notes
        #expect(notes.count >= 3)
        for signed in notes {
            let checkpoint = signed.checkpoint
            let root = SampleHistory.tree.root(size: Int(checkpoint.treeSize))?.bytes
            #expect(checkpoint.rootHash == root, "checkpoint \(checkpoint.number)")
        }
        #expect(notes.last?.checkpoint.treeSize == Int64(SampleHistory.transfers.count))
        #expect(notes.last?.checkpoint.journalSequence == SampleHistory.frames.last?.lastSequence)
        #expect(SampleHistory.transfers.count > 2 * 256, "the history should fill tiles")
        let report = try DatabaseProofAudit.run(scene.database, remembered: notes)
        #expect(report.fault == nil && report.rememberedConfirmed == notes.count && report.tiles >= 2)
        #expect(report.rows == Int64(SampleHistory.transfers.count))
    }

    @Test("frames taken at their commit make the tree that the journal makes")
    func handed() throws {
        let scene = try Scene()
        let (store, _) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        for frame in SampleHistory.frames { try store.journal.append(frame) }
        store.close()
        #expect(store.prover.metrics.handedFrames == SampleHistory.frames.count)
        #expect(store.prover.metrics.treeSize == SampleHistory.transfers.count)
        let report = try DatabaseProofAudit.run(scene.database)
        #expect(report.fault == nil && report.rows == Int64(SampleHistory.transfers.count))
        let tables = try scene.treeTables()
        #expect(try LedgerProver.rebuild(scene.database) == Int64(SampleHistory.transfers.count))
        #expect(try scene.treeTables() == tables)
    }

    @Test("a tree built again is the same tree, and checkpoints stay")
    func rebuild() throws {
        let scene = try Scene()
        try scene.publish()
        let (tables, notes) = (try scene.treeTables(), try scene.notes)
        #expect(try LedgerProver.rebuild(scene.database) == Int64(SampleHistory.transfers.count))
        #expect(try scene.treeTables() == tables)
        #expect(try scene.notes == notes)
        #expect(try DatabaseProofAudit.run(scene.database).fault == nil)
    }

    @Test("nothing is signed twice, and nothing without news")
    func quiet() throws {
        let scene = try Scene()
        try scene.publish()
        let notes = try scene.notes
        try scene.sign()
        #expect(try scene.notes == notes)
    }

    @Test("a journal that does not continue what was followed stops the tree")
    func foreignJournal() throws {
        let scene = try Scene()
        try scene.publish([SampleHistory.frames[..<5]])
        try scene.execute("UPDATE ledger_tree SET frame_hash = sha256('')")
        try scene.append(SampleHistory.frames[5..<8])
        #expect(throws: ProofFault.self) { try Self.follow(scene) }
    }

    private static func follow(_ scene: Scene) throws {
        // A rebuild begins anew; the audit follows from where the table says it is.
        let report = try DatabaseProofAudit.run(scene.database)
        if let fault = report.fault { throw ProofFault(fault) }
    }
}

@Suite("The ledger's keys")
struct LedgerKeyTests {
    @Test("a rotation is signed by the old key, and each checkpoint by the key of its time")
    func rotation() throws {
        let scene = try Scene()
        try scene.append(SampleHistory.pieces[0])
        try scene.sign()
        let first = try scene.notes.count
        let (old, new) = try LedgerKeyRotation.rotate(scene.database, scene.ledgerKeys)
        #expect(new.number == 2 && new.firstCheckpoint == Int64(first) + 1)
        #expect(SignedNote(new.statement)?.isSigned(by: old.key) == true)
        try scene.append(SampleHistory.pieces[1])
        try scene.sign()
        _ = try LedgerKeyRotation.rotate(scene.database, scene.ledgerKeys)
        try scene.append(SampleHistory.pieces[2])
        try scene.sign()
        try Projector.rebuild(scene.database)
        let notes = try scene.notes
        #expect(notes[first - 1].note.isSigned(by: old.key) && !notes[first].note.isSigned(by: old.key))
        #expect(notes[first].note.isSigned(by: new.key))
        let report = try DatabaseProofAudit.run(scene.database, remembered: notes)
        #expect(report.fault == nil && report.keys == 3)
    }

    @Test("a rotation that was cut short before the files were exchanged is completed by whoever needs the key")
    func cutShort() throws {
        let scene = try Scene()
        try scene.append(SampleHistory.pieces[0])
        try scene.sign()
        let path = "\(scene.folder)/keys/ledger.key"
        let before = try String(contentsOfFile: path, encoding: .utf8)
        let (_, new) = try LedgerKeyRotation.rotate(scene.database, scene.ledgerKeys)
        // As after a crash between the commit and the exchange.
        try FileManager.default.moveItem(atPath: path, toPath: "\(scene.folder)/keys/ledger-next.key")
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(before.utf8), attributes: [.posixPermissions: 0o600])
        try scene.append(SampleHistory.pieces[1])
        try scene.sign()
        #expect(try scene.notes.last?.note.isSigned(by: new.key) == true)
        #expect(!FileManager.default.fileExists(atPath: "\(scene.folder)/keys/ledger-next.key"))
    }

    @Test("a server without the key of its checkpoints does not start, and no new key is made in its place")
    func lostKey() throws {
        let scene = try Scene()
        try scene.append(SampleHistory.pieces[0])
        try scene.sign()
        try FileManager.default.removeItem(atPath: "\(scene.folder)/keys/ledger.key")
        #expect(throws: ProofFault.self) { _ = try PersistentStore.open(scene.settings(), logger: Scene.logger) }
        #expect(!FileManager.default.fileExists(atPath: "\(scene.folder)/keys/ledger.key"))
    }

    @Test("a key from the environment is followed by one from the environment only")
    func environment() throws {
        let scene = try Scene()
        try scene.append(SampleHistory.pieces[0])
        let seeds = [[UInt8](repeating: 7, count: 32), [UInt8](repeating: 8, count: 32)]
        let store = LedgerKeyStore(dataDirectory: scene.folder, seed: seeds[0])
        #expect(throws: ProofFault.self) { _ = try LedgerKeyRotation.rotate(scene.database, store) }
        let (old, new) = try LedgerKeyRotation.rotate(scene.database, store, next: seeds[1])
        #expect(old.key.key == SigningKey(seed: seeds[0])?.verifyingKey.bytes)
        #expect(new.key.key == SigningKey(seed: seeds[1])?.verifyingKey.bytes)
    }

    @Test("a chain with a gap, a foreign signature or another name is refused")
    func chains() throws {
        let scene = try Scene()
        try scene.append(SampleHistory.pieces[0])
        try scene.sign()
        _ = try LedgerKeyRotation.rotate(scene.database, scene.ledgerKeys)
        let keys = try LedgerKeyTable.rows(scene.connect())
        #expect((try? LedgerKeyChain(keys)) != nil)
        #expect(throws: LedgerKeyChain.Fault.self) { _ = try LedgerKeyChain([]) }
        #expect(throws: LedgerKeyChain.Fault.self) { _ = try LedgerKeyChain([keys[1]]) }
        #expect(throws: LedgerKeyChain.Fault.self) { _ = try LedgerKeyChain([keys[0], keys[0]]) }
        let thief = SigningKey()
        let forged = LedgerKey.signed(
            number: 2, key: NoteKey(name: keys[0].key.name, key: thief.verifyingKey.bytes), firstCheckpoint: 2,
            at: Timestamp(1_000_000), by: thief)
        #expect(throws: LedgerKeyChain.Fault.self) { _ = try LedgerKeyChain([keys[0], forged]) }
    }
}

@Suite("SignedNote and Checkpoint")
struct SignedNoteTests {
    private static let key = SigningKey()
    private static let checkpoint = Checkpoint(
        origin: LedgerKeyChain.origin(of: key.verifyingKey.bytes), treeSize: 5, rootHash: [UInt8](repeating: 1, count: 32),
        number: 2, journalSequence: 9, frameHash: [UInt8](repeating: 2, count: 32), time: Timestamp(1_700_000_000_000_000))

    @Test("a checkpoint is the documented text, and reads back as itself")
    func text() {
        #expect(
            Self.checkpoint.text == """
                \(Self.checkpoint.origin)
                5
                AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=
                checkpoint 2
                sequence 9
                frame AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=
                time 2023-11-14T22:13:20Z

                """)
        #expect(Checkpoint(Self.checkpoint.text) == Self.checkpoint)
        let signed = SignedCheckpoint(signing: Self.checkpoint, key: Self.key)
        #expect(SignedCheckpoint(note: signed.note.note) == signed)
        #expect(signed.note.isSigned(by: NoteKey(name: Self.checkpoint.origin, key: Self.key.verifyingKey.bytes)))
    }

    @Test("a note in which any byte was changed is refused or not signed")
    func changed() {
        let note = SignedCheckpoint(signing: Self.checkpoint, key: Self.key).note.note
        let key = NoteKey(name: Self.checkpoint.origin, key: Self.key.verifyingKey.bytes)
        let bytes = Array(note.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            let read = String(validating: changed, as: UTF8.self).flatMap { SignedCheckpoint(note: $0) }
            #expect(read?.note.isSigned(by: key) != true, "byte \(index)")
        }
    }

    @Test("a key's text is that of C2SP signed-note and reads back as itself")
    func keyText() {
        let key = NoteKey(name: "a.name", key: Self.key.verifyingKey.bytes)
        #expect(NoteKey(key.description) == key)
        #expect(NoteKey("a.name+00000000+" + key.description.split(separator: "+", maxSplits: 2)[2]) == nil)
    }
}
