import Cryptography
import Exchange
import Persistence
import Postgres
import Quantities
import Sequencer
import Testing
import TestSupport

@Suite("Snapshots")
struct SnapshotTests {
    /// A journal of which the older snapshot has the first third, the newer one the first two, and the rest is tail.
    private struct Stage {
        let scene: Scene
        let older: Int64
        let newer: Int64
        var last: Int64 { SampleHistory.frames[SampleHistory.frames.count - 1].lastSequence }

        init() throws {
            scene = try Scene()
            let frames = SampleHistory.frames
            let third = frames.count / 3
            older = try Self.advance(scene, frames[..<third])
            newer = try Self.advance(scene, frames[third..<2 * third])
            let journal = try scene.journal()
            for frame in frames[(2 * third)...] { try journal.append(frame) }
            journal.close()
        }

        private static func advance(_ scene: Scene, _ frames: ArraySlice<Frame>) throws -> Int64 {
            let journal = try scene.journal()
            for frame in frames { try journal.append(frame) }
            journal.close()
            return try #require(try SnapshotRound.run(scene.database, SnapshotTests.settings).header).sequence
        }

        /// Starts as a server does; answers the report and the hash of the state.
        func start() throws -> (report: RecoveryReport, hash: String) {
            let (store, exchange) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
            defer { store.close() }
            return (store.recovery, StateHash.of(exchange))
        }

        /// Damages the snapshots, and answers what a start says of it and with which snapshot it began.
        func startAfter(_ sql: String) throws -> (warnings: [String], snapshot: Int64) {
            try scene.execute(sql)
            let (report, hash) = try start()
            #expect(hash == SampleHistory.stateHash, "\(sql)")
            #expect(report.sequence == last)
            #expect(report.commands == last - report.snapshot)
            return (report.warnings, report.snapshot)
        }
    }

    /// Small chunks, so that there are many.
    private static let settings: SnapshotSettings = {
        var settings = SnapshotSettings()
        settings.chunkBytes = 4_096
        return settings
    }()

    @Test("a start from the newest snapshot and the journal after it comes to the state of the whole journal")
    func start() throws {
        let stage = try Stage()
        let (report, hash) = try stage.start()
        #expect(hash == SampleHistory.stateHash)
        #expect(report.snapshot == stage.newer && report.commands == stage.last - stage.newer && report.warnings.isEmpty)
        #expect(try stage.scene.number("SELECT count(*) FROM snapshot_chunks WHERE sequence = \(stage.newer)") > 10)
    }

    @Test("a snapshot's row says the hash of its state, which is the hash of its chunks")
    func hashes() throws {
        let stage = try Stage()
        let snapshots = try StoredSnapshot.all(stage.scene.connect())
        #expect(snapshots.map(\.header.sequence) == [stage.newer, stage.older])
        let replay = FrameReplay(Exchange())
        for frame in SampleHistory.frames where frame.lastSequence <= stage.newer { try replay.apply(frame) }
        #expect(snapshots[0].header.stateHash == StateHash.bytes(of: replay.exchange))
        #expect(
            try stage.scene.number(
                "SELECT count(*) FROM snapshots s WHERE state_hash = (SELECT sha256(string_agg(bytes, '' ORDER BY number)) "
                    + "FROM snapshot_chunks c WHERE c.sequence = s.sequence)") == 2)
    }

    @Test("a bad snapshot alone is named and passed over for the one before")
    func fallsBack() throws {
        let flip = "set_byte(bytes, 17, get_byte(bytes, 17) # 1)"
        let cases: [(sql: String, warning: String)] = [
            (
                "UPDATE snapshot_chunks SET bytes = \(flip) WHERE number = 3 AND",
                "snapshot_chunks, row with sequence N and number 3: chunk_hash is not the hash of its bytes"
            ),
            (
                "UPDATE snapshot_chunks SET bytes = substr(bytes, 2) WHERE number = 0 AND",
                "snapshot_chunks, row with sequence N and number 0: chunk_hash is not the hash of its bytes"
            ),
            (
                "UPDATE snapshot_chunks SET bytes = substr(bytes, 1, octet_length(bytes) - 1) WHERE number = 0 AND",
                "snapshot_chunks, row with sequence N and number 0: chunk_hash is not the hash of its bytes"
            ),
            (
                "UPDATE snapshot_chunks SET chunk_hash = sha256('') WHERE number = 2 AND",
                "snapshot_chunks, row with sequence N and number 2: chunk_hash is not the hash of its bytes"
            ),
            (
                "DELETE FROM snapshot_chunks WHERE number = 1 AND",
                "snapshot_chunks, row with sequence N and number 1: the row is missing"
            ),
            ("DELETE FROM snapshot_chunks WHERE", "snapshot_chunks, row with sequence N and number 0: the row is missing"),
            (
                "UPDATE snapshot_chunks SET number = 100000 WHERE number = 1 AND",
                "snapshot_chunks, row with sequence N and number 100000: the snapshot has only"
            ),
            (
                "UPDATE snapshot_chunks SET bytes = \(flip), chunk_hash = sha256(\(flip)) WHERE number = 0 AND",
                "snapshots, row with sequence N: "
            ),
            (
                "UPDATE snapshots SET state_hash = sha256('') WHERE",
                "snapshots, row with sequence N: header_hash is not the hash of the row"
            ),
            (
                "UPDATE snapshots SET frame_hash = sha256('') WHERE",
                "snapshots, row with sequence N: header_hash is not the hash of the row"
            ),
            (
                "UPDATE snapshots SET chunk_count = chunk_count - 1 WHERE",
                "snapshots, row with sequence N: header_hash is not the hash of the row"
            ),
            (
                "UPDATE snapshots SET header_hash = sha256('') WHERE",
                "snapshots, row with sequence N: header_hash is not the hash of the row"
            ),
        ]
        for item in cases {
            let stage = try Stage()
            let (warnings, snapshot) = try stage.startAfter("\(item.sql) sequence = \(stage.newer)")
            #expect(snapshot == stage.older, "\(item.sql)")
            #expect(warnings.count == 1)
            let expected = item.warning.replacing("sequence N", with: "sequence \(stage.newer)")
            #expect(warnings.first?.hasPrefix(expected) == true, "\(warnings)")
            #expect(try ProjectionAudit.run(stage.scene.database).fault?.hasPrefix(expected) == true, "\(item.sql)")
        }
    }

    @Test("where both snapshots are bad, the start reads the whole journal")
    func bothBad() throws {
        let stage = try Stage()
        let (warnings, snapshot) = try stage.startAfter("UPDATE snapshot_chunks SET bytes = substr(bytes, 2) WHERE number = 0")
        #expect(snapshot == 0)
        #expect(warnings.count == 2)
        let report = try Replay.run(stage.scene.database)
        #expect(report.fromSnapshot == nil && report.warnings.count == 2 && report.stateHash == SampleHistory.stateHash)
    }

    /// Writes a row anew, with a right hash.
    private func forge(_ stage: Stage, rules: Int32 = Exchange.rulesVersion, form: Int32 = Exchange.stateForm, frameHash: [UInt8]? = nil) throws {
        let connection = try stage.scene.connect()
        let header = try #require(try StoredSnapshot.all(connection).first).header
        let link = ChainLink(
            sequence: header.sequence, frameHash: frameHash ?? header.link.frameHash, eventHash: header.link.eventHash)
        let forged = SnapshotHeader(
            link: link, rulesVersion: rules, stateForm: form, stateHash: header.stateHash, byteCount: header.byteCount,
            chunkCount: header.chunkCount, takenAtMicros: header.takenAtMicros)
        try connection.query(
            "UPDATE snapshots SET rules_version = \(rules), state_form = \(form), frame_hash = $1, header_hash = $2 "
                + "WHERE sequence = $3",
            [.bytes(link.frameHash), .bytes(forged.hash), .int64(header.sequence)])
    }

    @Test("a snapshot of other rules or of another form is passed over")
    func foreign() throws {
        let stage = try Stage()
        try forge(stage, rules: 99)
        var (report, hash) = try stage.start()
        #expect(report.snapshot == stage.older && hash == SampleHistory.stateHash)
        let row = "snapshots, row with sequence \(stage.newer)"
        #expect(report.warnings == ["\(row): computed with rules version 99; this program knows only \(Exchange.rulesVersion)"])
        try forge(stage, form: 1)
        (report, hash) = try stage.start()
        #expect(report.snapshot == stage.older && hash == SampleHistory.stateHash)
        #expect(report.warnings.first?.contains("the state has form 1") == true)
    }

    @Test("a damaged journal is refused, and the row named, whatever the snapshots say")
    func damagedJournal() throws {
        let cases: [(sql: (Stage) -> String, reason: (Stage) -> String)] = [
            (
                { "DELETE FROM journal_frames WHERE last_sequence = \($0.newer)" },
                { "journal_frames: no frame ends with sequence \($0.newer)" }
            ),
            (
                { "UPDATE journal_frames SET event_hash = sha256('') WHERE last_sequence = \($0.newer)" },
                { "journal_frames, row with last_sequence \($0.newer): its hashes are not the ones that the snapshot" }
            ),
            (
                { "DELETE FROM journal_frames WHERE first_sequence = \($0.newer + 1)" },
                { "journal_frames: the row with first_sequence \($0.newer + 1) is missing; " }
            ),
            (
                { stage in
                    "UPDATE journal_frames SET commands = set_byte(commands, 3, get_byte(commands, 3) # 4) "
                        + "WHERE first_sequence = \(stage.newer + 1)"
                },
                { "journal_frames, row with first_sequence \($0.newer + 1): frame_hash is not the hash of the row" }
            ),
            (
                { "DELETE FROM journal_frames WHERE first_sequence > \($0.older)" },
                { "journal_frames ends with sequence \($0.older), but a snapshot was taken at \($0.newer): rows were removed" }
            ),
        ]
        for item in cases {
            let stage = try Stage()
            try stage.scene.damage(item.sql(stage))
            let error = journalError { _ = try stage.start() }
            guard case .damaged(let reason) = error else {
                Issue.record("\(item.sql(stage)): \(String(describing: error))")
                continue
            }
            #expect(reason.hasPrefix(item.reason(stage)), "\(reason)")
            #expect(throws: (any Error).self) { try SnapshotRound.run(stage.scene.database, Self.settings) }
            #expect(try ProjectionAudit.run(stage.scene.database).fault != nil)
        }
    }

    @Test("a frame before the snapshot is not read at a start; the audit finds what is wrong with it")
    func frameBefore() throws {
        let stage = try Stage()
        try stage.scene.damage("UPDATE journal_frames SET results = '\\x00' WHERE first_sequence = 1")
        #expect(try stage.start().hash == SampleHistory.stateHash)
        #expect(try ProjectionAudit.run(stage.scene.database).fault?.contains("row with first_sequence 1:") == true)
        #expect(throws: JournalError.self) { try Replay.run(stage.scene.database) }
    }

    @Test("a forged place in the journal is refused")
    func forgedPlace() throws {
        let stage = try Stage()
        try forge(stage, frameHash: [UInt8](repeating: 7, count: 32))
        #expect(journalError { _ = try stage.start() } != nil)
    }

    @Test("a replay from the beginning and one from the snapshot come to the same, and meet every snapshot")
    func replay() throws {
        let stage = try Stage()
        let report = try Replay.run(stage.scene.database)
        #expect(report.stateHash == SampleHistory.stateHash)
        #expect(report.snapshotsConfirmed == 2)
        #expect(report.fromSnapshot?.snapshot == stage.newer)
        #expect(report.fromSnapshot?.commands == stage.last - stage.newer)
        try Projector.rebuild(stage.scene.database)
        let audit = try ProjectionAudit.run(stage.scene.database)
        #expect(audit.fault == nil && audit.snapshotsConfirmed == 2)
    }

    @Test("a hash that was noted in another form of the state is not held against this one")
    func otherForm() throws {
        let stage = try Stage()
        try stage.scene.execute(
            "INSERT INTO state_hashes (sequence, state_hash, noted_at_micros) VALUES (\(stage.last), sha256(''), 0)")
        #expect(try stage.start().hash == SampleHistory.stateHash)
        try stage.scene.execute("UPDATE state_hashes SET state_form = \(Exchange.stateForm)")
        #expect(throws: ReplayFault.self) { try stage.start() }
    }

    @Test("the newest two that are sound are kept")
    func pruning() throws {
        let stage = try Stage()
        let scene = stage.scene
        let third = try #require(try SnapshotRound.run(scene.database, Self.settings).header)
        #expect(third.sequence == stage.last)
        func kept() throws -> [Int64] {
            let connection = try scene.connect()
            let rows = try connection.query("SELECT sequence FROM snapshots ORDER BY sequence").map { try $0.int64(0) }
            let chunks = try connection.query("SELECT DISTINCT sequence FROM snapshot_chunks ORDER BY sequence").map {
                try $0.int64(0)
            }
            #expect(rows == chunks)
            return rows
        }
        #expect(try kept() == [stage.newer, stage.last])
        #expect(try SnapshotRound.run(scene.database, Self.settings).header == nil, "nothing came since")
        // A bad one counts for nothing, and is made again.
        try scene.execute("DELETE FROM snapshot_chunks WHERE number = 2 AND sequence = \(stage.last)")
        let again = try SnapshotRound.run(scene.database, Self.settings)
        #expect(again.header?.stateHash == third.stateHash && again.base == stage.newer && again.warnings.count == 1)
        #expect(try kept() == [stage.newer, stage.last])
    }

    @Test("a snapshot that is not finished leaves nothing")
    func unfinished() throws {
        let scene = try Scene()
        let journal = try scene.journal()
        for frame in SampleHistory.frames { try journal.append(frame) }
        var calls = 0
        #expect(throws: PostgresError.self) {
            try SnapshotRound.run(scene.database, Self.settings) {
                calls += 1
                if calls == SampleHistory.frames.count + 5 { _ = try? scene.terminate("suanpan snapshot") }
                return false
            }
        }
        #expect(calls > SampleHistory.frames.count)
        calls = 0
        #expect(throws: SnapshotWriting.Cancelled.self) {
            try SnapshotRound.run(scene.database, Self.settings) {
                calls += 1
                return calls == SampleHistory.frames.count + 5
            }
        }
        #expect(try scene.number("SELECT (SELECT count(*) FROM snapshots) + (SELECT count(*) FROM snapshot_chunks)") == 0)
        #expect(try SnapshotRound.run(scene.database, Self.settings).header?.sequence == journal.lastSequence)
        journal.close()
    }

    @Test("a server's end leaves a snapshot where many commands came, and the next start reads no command")
    func conclusion() throws {
        let scene = try Scene()
        try scene.fill()
        var settings = scene.settings()
        settings.snapshots.atEndAfter = 100
        for round in 0..<2 {
            let (store, exchange) = try PersistentStore.open(settings, logger: Scene.logger)
            #expect(store.recovery.commands == (round == 0 ? exchange.sequence : 0))
            let header = try store.conclude(exchange)
            #expect((header != nil) == (round == 0))
            store.close()
        }
        #expect(try Replay.run(scene.database).notedStatesConfirmed == 1)
    }

    @Test("the snapshotter makes one when enough commands were committed")
    func snapshotter() async throws {
        let scene = try Scene()
        let journal = try scene.journal()
        var settings = Self.settings
        settings.every = 1_000
        let (reports, taken) = AsyncStream.makeStream(of: SnapshotRound.Report.self)
        let snapshotter = Snapshotter(scene.database, settings, logger: Scene.logger) { taken.yield($0) }
        snapshotter.start(newest: 0, committed: 0)
        for frame in SampleHistory.frames where frame.lastSequence < 1_500 {
            try journal.append(frame)
            snapshotter.noteCommit(through: frame.lastSequence)
        }
        let report = await reports.first { _ in true }
        #expect((1_000...1_500).contains(report?.header?.sequence ?? 0))
        #expect(snapshotter.metrics.taken >= 1 && snapshotter.metrics.bytes > 0 && snapshotter.metrics.failures == 0)
        snapshotter.stop()
        journal.close()
    }
}
