import Cryptography
import Exchange
import Persistence
import Postgres
import Quantities
import Registry
import Sequencer
import Testing
import TestSupport

@Suite("Recovery")
struct RecoveryTests {
    /// A sequencer over a store, with a simulated clock.
    private func sequencer(
        _ exchange: sending Exchange, _ store: PersistentStore, _ limits: Sequencer.Limits = Sequencer.Limits()
    ) -> Sequencer {
        Sequencer(exchange: exchange, journal: store.journal, clock: .simulated, limits: limits) { RandomBytes.drawn(32) }
    }

    private func genesis(_ sequencer: Sequencer) async throws {
        _ = try await sequencer.begin(
            Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .simulated, operatorKeyHash: Bytes([1])), at: Timestamp(1_700_000_000_000_000))
    }

    private func movement(_ random: inout SeededGenerator, _ participants: Int64) -> MoneyMovement {
        MoneyMovement(
            participantID: ParticipantID(Int64(random.next() % UInt64(participants + 2))),
            currency: Currency(unchecked: random.next() % 3 == 0 ? "CNY" : "USD"),
            amount: Micros(Int64(random.next() % 2_000_000)), reference: "wire \(random.next() % 500)")
    }

    /// Participants, deposits and withdrawals from a seed, several at a time.
    private func trade(_ sequencer: Sequencer, seed: UInt64, commands: Int) async throws -> [Outcome] {
        var random = SeededGenerator(seed: seed)
        var participants: Int64 = 1
        var list: [(Command, IdempotencyKey)] = []
        for number in 0..<commands {
            let key = IdempotencyKey(high: seed, low: UInt64(number), fingerprint: 1)
            switch random.next() % 8 {
            case 0:
                var spec = ParticipantSpec()
                spec.name = "Participant \(number)"
                spec.roles = [.consumer]
                list.append((.createParticipant(spec), key))
                participants += 1
            case 1...5: list.append((.deposit(movement(&random, participants)), key))
            default: list.append((.withdraw(movement(&random, participants)), key))
            }
        }
        return try await withThrowingTaskGroup(of: Outcome.self) { group in
            for (command, key) in list {
                group.addTask { try await sequencer.submit(command, issuer: ParticipantID(1), idempotency: key) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("the state after a restart is the state before it, and keyed requests get their first answers")
    func restart() async throws {
        let scene = try Scene()
        let seed: UInt64 = 71
        var hash = ""
        do {
            let (store, exchange) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
            #expect(store.recovery.sequence == 0)
            let sequencer = sequencer(exchange, store)
            sequencer.start()
            try await genesis(sequencer)
            let outcomes = try await trade(sequencer, seed: seed, commands: 600)
            #expect(outcomes.count { if case .refused = $0.reply { false } else { true } } > 100)
            hash = try await sequencer.read { StateHash.of($0) }
            sequencer.stop()
            store.close()
        }
        #expect(try Replay.run(scene.database).stateHash == hash)
        let (store, exchange) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        #expect(store.recovery.sequence == 601 && store.recovery.commands == 601)
        #expect(StateHash.of(exchange) == hash)
        let sequencer = sequencer(exchange, store)
        sequencer.start()
        let again = try await trade(sequencer, seed: seed, commands: 600)
        let sound = again.allSatisfy { $0.replayed }
        #expect(sound)
        #expect(try await sequencer.read { $0.ledgerAccounts(of: nil, after: AccountID(0), limit: 10).count } > 2)
        sequencer.stop()
        store.close()
        let audit = try ProjectionAudit.run(scene.database)
        #expect(audit.fault == nil)
        #expect(audit.sequence == 1201 && audit.projectedSequence == 1201)
    }

    @Test("a frame is closed when it is large, and everything in it is answered")
    func largeFrames() async throws {
        let scene = try Scene()
        let (store, exchange) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        var limits = Sequencer.Limits()
        limits.batchBytes = 2_000
        let sequencer = sequencer(exchange, store, limits)
        sequencer.start()
        try await genesis(sequencer)
        #expect(try await trade(sequencer, seed: 5, commands: 300).count == 300)
        sequencer.stop()
        store.close()
        let largest = try scene.number(
            "SELECT max(octet_length(commands) + octet_length(results) + octet_length(events)) FROM journal_frames")
        #expect(largest < 4_000)
        #expect(try ProjectionAudit.run(scene.database).fault == nil)
    }

    @Test("a whole market's history gives its state again, from the start and from the middle")
    func wholeMarket() throws {
        let scene = try Scene()
        let journal = try scene.journal()
        for frame in SampleHistory.frames { try journal.append(frame) }
        let (exchange, report) = try Recovery.run(journal)
        #expect(StateHash.of(exchange) == SampleHistory.stateHash, "seed \(SampleHistory.seed)")
        #expect(report.commands == Int64(SampleHistory.envelopes.count))
        #expect(report.frames == Int64(SampleHistory.frames.count))
        #expect(report.events == Int64(SampleHistory.events.count))

        let half = SampleHistory.frames.count / 2
        let replay = FrameReplay(Exchange())
        for frame in SampleHistory.frames.prefix(half) { try replay.apply(frame) }
        let (continued, tail) = try Recovery.run(journal, from: replay.exchange)
        #expect(StateHash.of(continued) == SampleHistory.stateHash, "seed \(SampleHistory.seed)")
        #expect(tail.frames == Int64(SampleHistory.frames.count - half))
    }

    /// Appends a forged frame, hashes and all: only computing it again can tell.
    private func faultOfForged(_ forge: (inout Frame) -> Void) throws -> String? {
        let scene = try Scene()
        let journal = try scene.journal()
        let exchange = Exchange()
        try journal.append(SampleHistory.frame(of: Array(SampleHistory.envelopes.prefix(40)), exchange))
        var frame = SampleHistory.frame(of: Array(SampleHistory.envelopes[40..<80]), exchange)
        forge(&frame)
        try journal.append(frame)
        do {
            _ = try Recovery.run(journal)
            return nil
        } catch let fault as ReplayFault {
            #expect(fault.firstSequence == 41)
            return fault.reason
        }
    }

    @Test("a frame that was forged with right hashes is found by computing it again")
    func forged() throws {
        #expect(try faultOfForged { _ in } == nil)
        #expect(try faultOfForged { $0.events[20] ^= 1 }?.contains("events computed now differ") == true)
        #expect(try faultOfForged { $0.events.removeLast() }?.contains("events computed now differ") == true)
        #expect(try faultOfForged { $0.results[3] ^= 1 }?.contains("results computed now differ") == true)
        #expect(try faultOfForged { $0.commands.removeLast() }?.contains("cannot be read") == true)
        #expect(try faultOfForged { $0.lastSequence += 1 }?.contains("end with sequence 80, the row says 81") == true)
        #expect(try faultOfForged { $0.time = Timestamp(1) }?.contains("its time is not") == true)
        let genesis = Envelope(time: Timestamp(1), issuer: .none, command: .genesis(Genesis()))
        #expect(try faultOfForged { $0.commands = BinaryEncoder.encode(genesis) }?.contains("time is before") == true)
        let second = Envelope(time: Timestamp(7_000_000_000_000_000), issuer: .none, command: .genesis(Genesis()))
        #expect(try faultOfForged { $0.commands = BinaryEncoder.encode(second) }?.contains("a second genesis") == true)
    }

    @Test("a journal that does not begin with a genesis is refused")
    func noGenesis() throws {
        let journal = try Scene().journal()
        let envelope = Envelope(time: Timestamp(1), issuer: .none, command: .passTime(PassTime()))
        try journal.append(
            Frame(
                firstSequence: 1, lastSequence: 1, rulesVersion: Exchange.rulesVersion, time: Timestamp(1),
                commands: BinaryEncoder.encode(envelope), results: [], events: []))
        #expect(throws: ReplayFault.self) { try Recovery.run(journal).report }
    }

    @Test("a state that a server noted must be met again")
    func notedStates() throws {
        let scene = try Scene()
        try scene.fill()
        let last = SampleHistory.frames[SampleHistory.frames.count - 1].lastSequence
        let (store, exchange) = try PersistentStore.open(scene.settings(), logger: Scene.logger)
        try store.note(stateHash: StateHash.bytes(of: exchange), at: last)
        store.close()
        #expect(try Replay.run(scene.database).notedStatesConfirmed == 1)
        try scene.execute("UPDATE state_hashes SET state_hash = sha256('')")
        let error = #expect(throws: ReplayFault.self) { try Replay.run(scene.database) }
        #expect(error?.reason == "the state after sequence \(last) has not the hash that was noted")
        #expect(throws: ReplayFault.self) { try PersistentStore.open(scene.settings(), logger: Scene.logger).store.close() }
    }
}
