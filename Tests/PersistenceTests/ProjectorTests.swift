import Dispatch
import Exchange
import Persistence
import Postgres
import Quantities
import Sequencer
import Synchronization
import Testing

@Suite("Projector")
struct ProjectorTests {
    private let last = SampleHistory.frames[SampleHistory.frames.count - 1].lastSequence

    private func projector(_ scene: Scene, committed: Int64) -> Projector {
        Projector(scene.database, committed: committed, logger: Scene.logger)
    }

    /// The number of events that make rows.
    private func count(_ matches: (Event) -> Bool) -> Int64 { Int64(SampleHistory.events.count { matches($0.event) }) }

    @Test("the tables have a row for every account, transfer, trade and closed order, and none twice")
    func rows() throws {
        let scene = try Scene()
        try scene.fill()
        #expect(try scene.number("SELECT count(*) FROM accounts") == count { if case .account = $0 { true } else { false } })
        #expect(try scene.number("SELECT count(*) FROM transfers") == count { if case .transfer = $0 { true } else { false } })
        #expect(try scene.number("SELECT count(*) FROM trades") == count { if case .trade = $0 { true } else { false } })
        #expect(try scene.number("SELECT count(*) FROM orders") == count { if case .orderClosed = $0 { true } else { false } })
        #expect(try scene.number("SELECT count(*) FROM trades") > 50, "seed \(SampleHistory.seed)")
        #expect(try scene.number("SELECT sequence FROM projector_position") == last)
    }

    @Test("a rebuild gives the same tables, beside a projector that runs, too")
    func rebuild() async throws {
        let scene = try Scene()
        try scene.fill()
        let first = try scene.projections()
        let written = try Projector.rebuild(scene.database)
        #expect(written == first.count - 1)
        #expect(try scene.projections() == first)

        let projector = projector(scene, committed: last)
        projector.start()
        #expect(await projector.arrival(at: last, within: .seconds(20)) == .reached)
        try Projector.rebuild(scene.database)
        #expect(try scene.projections() == first)
        projector.stop(catchingUpFor: .seconds(5))
        #expect(try scene.projections() == first)
    }

    @Test("it follows as frames come, and knows how far behind it is")
    func follows() async throws {
        let scene = try Scene()
        let projector = projector(scene, committed: 0)
        let journal = try PostgresJournal(scene.database, logger: Scene.logger) { projector.noteCommit(of: $0) }
        for frame in SampleHistory.frames { try journal.append(frame) }
        #expect(projector.metrics.lagSequences == last)
        projector.start()
        #expect(await projector.arrival(at: last, within: .seconds(20)) == .reached)
        #expect(projector.metrics.lagSequences == 0 && projector.metrics.lagMicroseconds == 0)
        #expect(projector.metrics.frames == Int64(SampleHistory.frames.count))
        #expect(await projector.arrival(at: last + 1, within: .milliseconds(1)) == .behind)
        projector.stop(catchingUpFor: .seconds(1))
        #expect(await projector.arrival(at: last + 1, within: .seconds(60)) == .stopped("the projector has ended"))
    }

    @Test("whatever ends its sessions or the projector itself, every event is there once")
    func exactlyOnce() async throws {
        let scene = try Scene()
        let committed = Mutex<CommittedFrame?>(nil)
        let journal = try PostgresJournal(scene.database, logger: Scene.logger) { frame in committed.withLock { $0 = frame } }
        let isDone = Atomic<Bool>(false)
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            while !isDone.load(ordering: .acquiring) { _ = try? scene.terminate("suanpan projector") }
        }
        var running = projector(scene, committed: 0)
        running.start()
        for (number, frame) in SampleHistory.frames.enumerated() {
            try journal.append(frame)
            running.noteCommit(of: try #require(committed.withLock { $0 }))
            if number % 10 == 9 {
                // Another one begins before this one has ended.
                let next = projector(scene, committed: frame.lastSequence)
                next.start()
                running.stop(catchingUpFor: .zero)
                running = next
            }
        }
        isDone.store(true, ordering: .releasing)
        group.wait()
        #expect(await running.arrival(at: last, within: .seconds(20)) == .reached)
        running.stop(catchingUpFor: .zero)
        let followed = try scene.projections()
        try Projector.rebuild(scene.database)
        #expect(try scene.projections() == followed)
    }

    @Test("a reply to its COMMIT that was lost changes nothing")
    func lostReply() async throws {
        let scene = try Scene()
        try scene.fill()
        let whole = try scene.projections()
        try scene.execute(
            "TRUNCATE accounts, transfers, trades, orders, audit_log, archived_deliveries, archived_parties, archived_allocations, archived_inputs; "
                + "UPDATE projector_position SET sequence = 0, frame_hash = decode(repeat('00', 32), 'hex')")
        let relay = try LossyRelay(.reply, at: "COMMIT")
        defer { relay.close() }
        let projector = try Projector(relay.target(scene.database), committed: last, logger: Scene.logger)
        projector.start()
        #expect(await projector.arrival(at: last, within: .seconds(20)) == .reached)
        #expect(relay.hasStruck)
        projector.stop(catchingUpFor: .seconds(1))
        #expect(try scene.projections() == whole)
    }

    @Test("it stands still where the journal does not continue what it followed, and says why")
    func standsStill() async throws {
        let scene = try Scene()
        try scene.fill()
        let journal = try scene.journal()
        let exchange = Exchange()
        for frame in SampleHistory.frames { try FrameReplay(exchange).apply(frame) }
        let envelope = Envelope(time: exchange.time, issuer: .none, command: .passTime(PassTime()))
        try scene.execute("UPDATE projector_position SET frame_hash = sha256('')")
        try journal.append(SampleHistory.frame(of: [envelope], exchange))
        let projector = projector(scene, committed: last + 1)
        projector.start()
        guard case .stopped(let reason) = await projector.arrival(at: last + 1, within: .seconds(20)) else {
            Issue.record("it went on")
            return
        }
        #expect(reason.contains("row with first_sequence \(last + 1): it does not continue sequence \(last)"))
        #expect(projector.metrics.isStopped)
        projector.stop(catchingUpFor: .seconds(1))
    }
}
