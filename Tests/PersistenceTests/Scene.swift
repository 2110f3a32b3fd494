import Cryptography
import EmbeddedPostgres
import Exchange
import Foundation
import Logging
import Persistence
import Postgres
import Quantities
import Registry
import Sequencer
import TestSupport

/// A database of its own for one test, and the short ways of doing things with it.
final class Scene: Sendable {
    let database: ConnectionString
    /// Where a store keeps its keys.
    let folder: String

    static let logger: Logger = {
        var logger = Logger(label: "suanpan.tests")
        logger.logLevel = .critical
        return logger
    }()

    init() throws {
        database = try ConnectionString(TemporaryPostgres.shared.get().makeDatabase())
        folder = "/tmp/suanpan-store-\(getpid())-\(UInt32.random(in: .min ... .max))"
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A journal that refuses soon when another one is there.
    func journal(
        _ contention: LeaseContention = .refuse, holder: String = "first", through relay: ConnectionString? = nil
    ) throws -> PostgresJournal {
        var settings = PostgresJournal.Settings(holder: holder)
        settings.contention = contention
        return try PostgresJournal(relay ?? database, settings, logger: Self.logger)
    }

    func connect() throws -> Connection { try Connection(to: database) }

    /// One statement, committed.
    func execute(_ sql: String) throws { try connect().executeScript(sql) }

    /// One statement on the journal, which otherwise refuses every change.
    func damage(_ sql: String) throws {
        try execute(
            "ALTER TABLE journal_frames DISABLE TRIGGER append_only; \(sql); "
                + "ALTER TABLE journal_frames ENABLE TRIGGER append_only")
    }

    func number(_ sql: String) throws -> Int64 { try connect().query(sql).onlyRow().int64(0) }

    /// Ends the backends with an application name and answers how many there were.
    @discardableResult
    func terminate(_ applicationName: String) throws -> Int {
        try connect().query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1",
            [.text(applicationName)]
        ).count
    }

    func settings(_ contention: LeaseContention = .refuse) -> PersistentStore.Settings {
        var settings = PersistentStore.Settings(target: database, dataDirectory: folder)
        settings.journal.contention = contention
        settings.readers = 2
        return settings
    }

    /// Fills the journal with a history and lets a projector follow it to its end.
    func fill(_ frames: [Frame] = SampleHistory.frames) throws {
        let journal = try journal()
        for frame in frames { try journal.append(frame) }
        journal.close()
        try Projector.rebuild(database)
    }

    /// All rows of all projections as text, in order.
    func projections() throws -> [String] {
        let connection = try connect()
        let archive = ["archived_deliveries", "archived_parties", "archived_allocations", "archived_inputs"]
        return try (["accounts", "transfers", "trades", "orders", "projector_position"] + archive).flatMap { table in
            try connection.query("SELECT CAST(t AS text) FROM \(table) t ORDER BY 1").map { try $0.text(0) }
        }
    }
}

/// A random market's history, cut into frames of random length as a sequencer would.
enum SampleHistory {
    static let seed: UInt64 = 20_261_123

    static let envelopes: [Envelope] = {
        var simulation = Simulation(seed: seed)
        simulation.run(commands: 1_500)
        simulation.letHoursLeave()
        return simulation.market.journal
    }()

    /// The state after the whole history, hexadecimal.
    static let stateHash: String = {
        let exchange = Exchange()
        _ = cut(envelopes, exchange)
        return StateHash.of(exchange)
    }()

    static let frames: [Frame] = cut(envelopes, Exchange())

    /// The events of the whole history.
    static let events: [RecordedEvent] = frames.flatMap { frame in
        var decoder = BinaryDecoder(frame.events)
        var events: [RecordedEvent] = []
        while !decoder.isAtEnd, let event = try? decoder.read(RecordedEvent.self) { events.append(event) }
        return events
    }

    private static func cut(_ envelopes: [Envelope], _ exchange: Exchange) -> [Frame] {
        var random = SeededGenerator(seed: seed)
        var frames: [Frame] = []
        var rest = envelopes[...]
        while !rest.isEmpty {
            let count = Int(random.next() % 60) + 1
            frames.append(frame(of: Array(rest.prefix(count)), exchange))
            rest = rest.dropFirst(count)
        }
        return frames
    }

    private static func isTime(_ command: Command) -> Bool {
        switch command {
        case .passTime, .genesis: true
        default: false
        }
    }

    /// Applies commands and makes the frame of them.
    static func frame(of envelopes: [Envelope], _ exchange: Exchange) -> Frame {
        var output = ExchangeOutput()
        var commands = BinaryEncoder()
        let first = exchange.sequence + 1
        for envelope in envelopes {
            // As a sequencer does: what is due happens first. A history that was cut down lacks some time commands.
            while let due = exchange.nextDue, due <= envelope.time, !Self.isTime(envelope.command) {
                let passage = Envelope(time: envelope.time, issuer: .none, command: .passTime(PassTime()))
                commands.append(passage)
                _ = exchange.apply(passage, output: &output)
            }
            commands.append(envelope)
            _ = exchange.apply(envelope, output: &output)
        }
        return Frame(
            firstSequence: first, lastSequence: exchange.sequence, rulesVersion: Exchange.rulesVersion, time: exchange.time,
            commands: commands.bytes, results: output.results.bytes, events: output.events.bytes)
    }
}

/// Frames whose bytes mean nothing, for tests of the chain alone.
func plainFrame(_ first: Int64, _ last: Int64, _ text: String = "command") -> Frame {
    Frame(
        firstSequence: first, lastSequence: last, rulesVersion: Exchange.rulesVersion, time: Timestamp(1_000 * last),
        commands: Array("\(text) \(first)".utf8), results: [1], events: Array("event \(first)".utf8))
}

/// What `body` throws, as a `JournalError`.
func journalError(_ body: () throws -> Void) -> JournalError? {
    do {
        try body()
        return nil
    } catch {
        return error as? JournalError
    }
}
