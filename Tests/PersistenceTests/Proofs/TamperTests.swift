import Exchange
import Foundation
import Ledger
import Persistence
import Postgres
import Quantities
import Sequencer
import Testing

@Suite("Tampering with the ledger")
struct TamperTests {
    @Test(
        "a row that was edited, removed, added or swapped is found and named",
        arguments: [
            ("UPDATE transfers SET amount = amount + 1 WHERE id = 17", "transfers: row 17: amount is "),
            ("UPDATE transfers SET kind = 'bond' WHERE id = 3", "transfers: row 3: kind is 'bond', the journal says 'deposit'"),
            ("UPDATE transfers SET kind = 'gift' WHERE id = 3", "transfers: row 3 cannot be read"),
            ("DELETE FROM transfers WHERE id = 100", "transfers: row 100 is missing"),
            ("DELETE FROM transfers WHERE id = (SELECT max(id) FROM transfers)", "is missing"),
            ("INSERT INTO transfers SELECT max(id) + 1, 1, 1, 2, 3, 4, 5, 6, 'USD', 'bond', 'trade' FROM transfers",
                "is in no event of the journal"),
            ("UPDATE transfers SET id = -5 WHERE id = 5; UPDATE transfers SET id = 5 WHERE id = 6; UPDATE transfers SET id = 6 "
                + "WHERE id = -5", "transfers: row 5: "),
            ("UPDATE ledger_tiles SET hashes = overlay(hashes placing '\\x00'::bytea from 100) WHERE tile = 1",
                "ledger_tiles: level 0, tile 1 has not the hashes of its transfers"),
            ("DELETE FROM ledger_tiles WHERE tile = 0", "ledger_tiles: level 0, tile 0 is missing"),
            ("INSERT INTO ledger_tiles SELECT level, tile + 1000, hashes FROM ledger_tiles LIMIT 1",
                "ledger_tiles: more tiles than the tree has"),
            ("UPDATE ledger_tree SET edges = overlay(edges placing '\\x00'::bytea from 3)", "ledger_tree: it is not the tree"),
            ("DELETE FROM ledger_checkpoints WHERE number = 1", "ledger_checkpoints: row 1 is missing"),
            ("UPDATE ledger_checkpoints SET tree_size = tree_size + 1 WHERE number = 2",
                "ledger_checkpoints: row 2: its columns are not what its note says"),
            ("UPDATE ledger_checkpoints SET tree_size = tree_size + 1, note = regexp_replace(note, '\\n' || tree_size || '\\n', "
                + "E'\\n' || (tree_size + 1) || E'\\n') WHERE number = 2",
                "ledger_checkpoints: row 2: its signature is not of key 1"),
            ("UPDATE ledger_keys SET public_key = sha256('thief')", "ledger_keys: key 1 is not what its statement says"),
            ("DELETE FROM ledger_keys", "ledger_keys: there is no key, and checkpoints were signed"),
            ("DELETE FROM journal_frames WHERE first_sequence = (SELECT max(first_sequence) FROM journal_frames)",
                "rows were removed from its end"),
            ("DELETE FROM journal_frames WHERE first_sequence = 1", "journal_frames: the row with first_sequence 1 is missing"),
            ("UPDATE journal_frames SET events = '' WHERE first_sequence = 1", "event_hash is not the hash of its events"),
        ])
    func rows(sql: String, reason: String) throws {
        let scene = try Scene()
        try scene.publish()
        try scene.tamper(sql)
        let fault = try DatabaseProofAudit.run(scene.database).fault
        #expect(fault?.contains(reason) == true, "\(fault ?? "nothing was found")")
    }

    @Test("a tail that was cut off everywhere shows only against a checkpoint kept outside, which says so")
    func truncated() throws {
        let scene = try Scene()
        try scene.publish()
        let kept = try #require(try scene.notes.last)
        try scene.cutBack(to: try #require(SampleHistory.pieces[1].last).lastSequence)
        #expect(try DatabaseProofAudit.run(scene.database).fault == nil)
        let fault = try DatabaseProofAudit.run(scene.database, remembered: [kept]).fault
        #expect(fault?.contains("it was cut back since (only the remembered checkpoint shows it)") == true, "\(fault ?? "–")")
        #expect(try Self.remoteFault(scene, kept)?.hasPrefix("truncated: ") == true)
    }

    @Test("a tail that was cut off and written anew, signed with the true key, shows only against a checkpoint kept outside")
    func rewrittenTail() throws {
        let scene = try Scene()
        try scene.publish()
        let kept = try #require(try scene.notes.last)
        let half = SampleHistory.pieces[0].count
        try scene.cutBack(to: SampleHistory.frames[half - 1].lastSequence)
        try scene.append(SampleHistory.otherFrames(after: half))
        try scene.sign()
        try Projector.rebuild(scene.database)
        #expect(try DatabaseProofAudit.run(scene.database).fault == nil)
        #expect(try ProjectionAudit.run(scene.database).fault == nil, "the other history should be sound in itself")
        let fault = try DatabaseProofAudit.run(scene.database, remembered: [kept]).fault
        #expect(fault?.contains("rewritten since") == true || fault?.contains("cut back since") == true, "\(fault ?? "–")")
        let early = try #require(try scene.notes.first)
        #expect(try DatabaseProofAudit.run(scene.database, remembered: [early]).rememberedConfirmed == 1)
    }

    @Test("a whole chain that was written anew with another key shows only against a checkpoint kept outside")
    func otherKey() throws {
        let (scene, forged) = (try Scene(), try Scene())
        try scene.publish()
        let kept = try #require(try scene.notes.first)
        try forged.publish()
        #expect(try DatabaseProofAudit.run(forged.database).fault == nil)
        let fault = try DatabaseProofAudit.run(forged.database, remembered: [kept]).fault
        #expect(fault?.contains("the key was replaced (only the remembered checkpoint shows it)") == true, "\(fault ?? "–")")
        #expect(try Self.remoteFault(forged, kept)?.hasPrefix("key replaced: ") == true)
    }

    @Test("a whole chain that was written anew with the true key is a rewrite to whoever kept a checkpoint, offline and by URL")
    func rewrittenWhole() throws {
        let (scene, forged) = (try Scene(), try Scene())
        try scene.publish()
        let notes = try scene.notes
        let kept = try #require(notes.first { $0.checkpoint.treeSize > 0 })
        try FileManager.default.createDirectory(atPath: "\(forged.folder)/keys", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: "\(scene.folder)/keys/ledger.key", toPath: "\(forged.folder)/keys/ledger.key")
        let half = SampleHistory.pieces[0].count / 2
        try forged.append(SampleHistory.frames.prefix(half))
        try forged.append(SampleHistory.otherFrames(after: half))
        try forged.sign()
        try Projector.rebuild(forged.database)
        // Statements of keys carry their time of signing, so only the key is the same.
        #expect(try DatabaseProofAudit.run(forged.database).fault == nil)
        let fault = try DatabaseProofAudit.run(forged.database, remembered: [kept]).fault
        #expect(fault?.contains("the record was rewritten since") == true, "\(fault ?? "–")")
        let remote = try Self.remoteFault(forged, kept)
        let names = ["rewritten: ", "split view: ", "truncated: "]
        #expect(names.contains { remote?.hasPrefix($0) == true }, "\(remote ?? "–")")
    }

    @Test("a server that goes on honestly continues every checkpoint that it ever signed")
    func honest() throws {
        let scene = try Scene()
        try scene.publish()
        for kept in try scene.notes {
            let fault = try Self.remoteFault(scene, kept)
            #expect(fault == nil)
        }
    }

    /// What `suanpan audit --url` would say of a server on this database.
    private static func remoteFault(_ scene: Scene, _ kept: SignedCheckpoint) throws -> String? {
        let connection = try scene.connect()
        let notes = try scene.notes
        let latest = try #require(notes.last)
        var claims = RemoteClaims(
            keyStatements: try LedgerKeyTable.rows(connection).map(\.statement), latestNote: latest.note.note)
        claims.noteOfRemembered = notes.first { $0.checkpoint.number == kept.checkpoint.number }?.note.note
        let (old, new) = (kept.checkpoint.treeSize, latest.checkpoint.treeSize)
        var tree = MerkleTree<TreeSHA256>()
        for row in try connection.query(
            "SELECT id, entry_set, debit, credit, amount, cause_id, asset, kind, cause_kind FROM transfers ORDER BY id")
        {
            let kind = try #require(TransferKind(rawValue: try row.text(7)))
            let cause = try #require(CauseKind(rawValue: try row.text(8)))
            let transfer = Transfer(
                id: TransferID(try row.int64(0)), entrySet: EntrySetID(try row.int64(1)), debit: AccountID(try row.int64(2)),
                credit: AccountID(try row.int64(3)), asset: Currency(unchecked: try row.text(6)),
                amount: Micros(try row.int64(4)), kind: kind, cause: Cause(cause, try row.int64(5)))
            tree.append(transfer.leaf)
        }
        if old > 0, old < new { claims.path = tree.consistencyProof(first: Int(old), second: Int(new))?.map(\.bytes) }
        return RemoteAudit.fault(in: claims, remembered: kept)
    }
}

@Suite("Bundle")
struct BundleTests {
    @Test("an exported record is sound without a database, replayed and not")
    func sound() throws {
        let scene = try Scene()
        try scene.publish()
        let path = "\(scene.folder)/ledger.bundle"
        let written = try BundleWriter.export(scene.database, to: path)
        #expect(written.transfers == Int64(SampleHistory.transfers.count))
        let report = try BundleAudit.run(path, remembered: try scene.notes)
        #expect(report.fault == nil && report.stateHash == SampleHistory.stateHash && report.sales > 10)
        #expect(report.rememberedConfirmed == report.checkpoints.clamped && report.rows == written.transfers)
        #expect(!report.trialBalance.contains { !$0.balanced })
        #expect(try BundleAudit.run(path, replaying: false).fault == nil)
    }

    @Test("a bundle in which any byte was changed, or that was cut short, is refused")
    func changed() throws {
        let scene = try Scene()
        try scene.publish([SampleHistory.frames[..<6]])
        let path = "\(scene.folder)/ledger.bundle"
        _ = try BundleWriter.export(scene.database, to: path)
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        for index in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 200)) {
            var changed = bytes
            changed[index] ^= 0x20
            try Data(changed).write(to: URL(fileURLWithPath: path))
            #expect(try BundleAudit.run(path, replaying: false).fault != nil, "byte \(index)")
        }
        for length in [0, 5, bytes.count / 2, bytes.count - 1] {
            try Data(bytes.prefix(length)).write(to: URL(fileURLWithPath: path))
            #expect(try BundleAudit.run(path, replaying: false).fault != nil, "\(length) bytes")
        }
    }
}

extension Int64 {
    fileprivate var clamped: Int { Int(clamping: self) }
}
