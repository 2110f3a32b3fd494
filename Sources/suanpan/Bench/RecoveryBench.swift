import Cryptography
import Exchange
import Foundation
import Logging
import Persistence
import Postgres
import Quantities
import Sequencer
import Synchronization

/// Measures what a start costs, what a snapshot costs, and what those who trade notice of one being taken.
///
/// Everything goes the way it goes in production: real frames in a PostgreSQL with fsync, the store's own start, the
/// snapshotter's own thread. Only the projector is stopped after the start, which would follow the whole journal meanwhile.
struct RecoveryBench {
    let target: ConnectionString
    let dataDirectory: String
    let orders: Int
    let commands: Int
    let seconds: Int
    let writeRate: Int

    private static let frameCommands = 1_000
    private let clock = ContinuousClock()
    private var workload = RecoveryWorkload(seed: 20_261_125)

    init(_ target: ConnectionString, dataDirectory: String, orders: Int, commands: Int, seconds: Int, writeRate: Int) {
        self.target = target
        self.dataDirectory = dataDirectory
        self.orders = orders
        self.commands = commands
        self.seconds = seconds
        self.writeRate = writeRate
    }

    /// What acknowledgements suffered over a time.
    struct Stream {
        var answered = 0
        var longestGap = Duration.zero
        /// From when a command was due to be sent, ascending.
        var latencies: [Duration] = []
        /// From when a query was sent to when the core's thread came to it, ascending.
        var coreDelays: [Duration] = []
        /// When answers came, ascending.
        var times: [ContinuousClock.Instant] = []

        /// The longest time between two answers of which the later came in a span of time.
        func longestGap(from start: ContinuousClock.Instant, for duration: Duration) -> Duration {
            zip(times.dropFirst(), times).filter { $0.0 >= start && $0.0 <= start + duration }.map { $0 - $1 }.max() ?? .zero
        }

        func text(_ label: String) -> String {
            func share(_ share: Double) -> String {
                latencies.isEmpty ? "-" : RecoveryBench.milliseconds(latencies[Int(Double(latencies.count - 1) * share)])
            }
            func core(_ share: Double) -> String {
                coreDelays.isEmpty ? "-" : RecoveryBench.milliseconds(coreDelays[Int(Double(coreDelays.count - 1) * share)])
            }
            return "\(label)  longest gap between two answers \(RecoveryBench.milliseconds(longestGap)), answer p50 \(share(0.5)) "
                + "p99 \(share(0.99)) max \(share(1))  (\(answered) commands)\n"
                + "  core's thread       a query beside each command waits for it p50 \(core(0.5)) p99 \(core(0.99)) p99.9 \(core(0.999)) max \(core(1))"
        }
    }

    static func milliseconds(_ duration: Duration) -> String {
        String(format: "%.2f ms", Double(duration.wholeMicroseconds) / 1_000)
    }

    private static func text(seconds duration: Duration) -> String {
        String(format: "%.2f s", Double(duration.wholeMicroseconds) / 1e6)
    }

    /// Runs all of it and prints the figures.
    mutating func run(_ logger: Logger) async throws {
        try fill(logger)
        var settings = PersistentStore.Settings(target: target, dataDirectory: dataDirectory)
        settings.snapshots.every = 0
        var mark = clock.now
        let (store, exchange) = try PersistentStore.open(settings, logger: logger)
        let start = clock.now - mark
        store.projector.stop(catchingUpFor: .zero)
        let recovery = store.recovery
        print("start-up              \(Self.text(seconds: start))  from a snapshot and \(recovery.commands) commands after it:")
        print("  snapshot            \(Self.text(seconds: recovery.restoring))  read, checked, made an exchange of")
        print(
            "  commands            \(Self.text(seconds: recovery.duration))  "
                + "\(Int(Double(recovery.commands) / (Double(recovery.duration.wholeMicroseconds) / 1e6))) /s, each compared")
        mark = clock.now
        let hash = StateHash.of(exchange)
        print("state's hash          \(Self.text(seconds: clock.now - mark))  \(hash)")

        let sequencer = Sequencer(exchange: exchange, journal: store.journal, clock: .simulated) { RandomBytes.drawn(32) }
        sequencer.start()
        let memory = Self.residentMebibytes
        try await trade(on: sequencer, store, logger)
        sequencer.stop()
        print("memory                \(memory) MiB before the snapshot beside trading, \(Self.residentMebibytes) MiB after")
        store.close()
    }

    /// Writes the journal: the open orders, a snapshot, the commands after it.
    private mutating func fill(_ logger: Logger) throws {
        let journal = try PostgresJournal(target, logger: logger)
        defer { journal.close() }
        let exchange = Exchange()
        var output = ExchangeOutput()
        var bytes = BinaryEncoder()
        var first: Int64 = 1
        func commit() throws {
            guard exchange.sequence >= first else { return }
            try journal.append(
                Frame(
                    firstSequence: first, lastSequence: exchange.sequence, rulesVersion: Exchange.rulesVersion,
                    time: exchange.time, commands: bytes.bytes, results: output.results.bytes, events: output.events.bytes))
            first = exchange.sequence + 1
            bytes.removeAll()
            output.removeAll()
        }
        let time = workload.time
        func apply(_ command: Command, _ issuer: ParticipantID) throws -> Reply {
            let envelope = Envelope(time: time, issuer: issuer, command: command)
            bytes.append(envelope)
            let reply = exchange.apply(envelope, output: &output).reply
            if exchange.sequence - first + 1 >= Int64(Self.frameCommands) { try commit() }
            return reply
        }
        var mark = clock.now
        try workload.prepare(apply)
        while workload.openOrders < orders {
            let (command, issuer) = workload.resting()
            workload.note(try apply(command, issuer), of: issuer)
        }
        try commit()
        print(
            "journal               \(Self.text(seconds: clock.now - mark))  \(exchange.sequence) commands, "
                + "\(workload.openOrders) open orders")

        mark = clock.now
        let connection = try Connection(to: target, applicationName: "suanpan bench")
        let link = try JournalReading.head(connection)
        let header = try SnapshotWriting.write(exchange, at: link, connection, SnapshotSettings())
        let size = header?.byteCount ?? 0
        print(
            "snapshot at an end    \(Self.text(seconds: clock.now - mark))  \(size >> 20) MiB "
                + "in \(header?.chunkCount ?? 0) chunks, \(size / Int64(max(orders, 1))) bytes an open order")
        mark = clock.now
        for _ in 0..<commands {
            let (command, issuer) = workload.next()
            workload.note(try apply(command, issuer), of: issuer)
        }
        try commit()
        print("journal               \(Self.text(seconds: clock.now - mark))  \(commands) commands more")
    }

    /// Trades at 1,000 commands a second, first alone, then while a snapshot is taken.
    private mutating func trade(on sequencer: Sequencer, _ store: PersistentStore, _ logger: Logger) async throws {
        // What filling left to be written to disk is no part of what trading notices.
        try Connection(to: target, applicationName: "suanpan bench").executeScript("CHECKPOINT")
        let end = clock.now + .seconds(seconds)
        let alone = try await stream(to: sequencer) { ContinuousClock.now >= end }
        print(alone.text("trading alone        "))

        var settings = SnapshotSettings()
        settings.every = 1
        settings.bytesPerSecond = writeRate << 20
        let finished = Finished()
        let snapshotter = Snapshotter(target, settings, logger: logger) { finished.set($0) }
        let start = ContinuousClock.now
        snapshotter.start(newest: 0, committed: sequencer.acknowledgedSequence)
        let beside = try await stream(to: sequencer) { finished.report != nil || snapshotter.metrics.failures > 0 }
        snapshotter.stop()
        print(beside.text("beside a snapshot    "))
        guard let report = finished.report, let header = report.header else { return print("the snapshot failed") }
        print(
            "snapshot beside       \(Self.text(seconds: report.restoring)) restoring, "
                + "\(Self.text(seconds: report.replaying)) following \(report.commands) commands, "
                + "\(Self.text(seconds: report.writing)) writing \(header.byteCount >> 20) MiB")
        let writing = start + report.restoring + report.replaying
        print(
            "  longest gap while   \(Self.milliseconds(beside.longestGap(from: start, for: report.restoring))) restoring, "
                + "\(Self.milliseconds(beside.longestGap(from: start + report.restoring, for: report.replaying))) following, "
                + "\(Self.milliseconds(beside.longestGap(from: writing, for: report.writing))) writing, "
                + "\(Self.milliseconds(beside.longestGap(from: writing + report.writing, for: .seconds(60)))) giving back")
    }

    /// Sends a command each millisecond, whatever was answered, until `isOver`.
    private mutating func stream(to sequencer: Sequencer, until isOver: () -> Bool) async throws -> Stream {
        typealias Instant = ContinuousClock.Instant
        var workload = workload
        defer { self.workload = workload }
        let begin = clock.now
        var answers: [(sent: Instant, due: Instant, taken: Instant, answered: Instant)] = []
        try await withThrowingTaskGroup(of: (sent: Instant, due: Instant, taken: Instant, answered: Instant).self) { group in
            var number = 0
            while !isOver() {
                let due = begin + .milliseconds(number)
                number += 1
                try await Task.sleep(until: due, tolerance: .zero, clock: .continuous)
                let (command, issuer) = workload.next()
                group.addTask {
                    let sent = ContinuousClock.now
                    async let taken = sequencer.read { _ in ContinuousClock.now }
                    _ = try await sequencer.submit(command, issuer: issuer)
                    let answered = ContinuousClock.now
                    return (sent, due, try await taken, answered)
                }
            }
            for try await answer in group { answers.append(answer) }
        }
        var stream = Stream()
        stream.answered = answers.count
        stream.latencies = answers.map { $0.answered - $0.due }.sorted()
        stream.coreDelays = answers.map { $0.taken - $0.sent }.sorted()
        stream.times = answers.map(\.answered).sorted()
        stream.longestGap = zip(stream.times.dropFirst(), stream.times).map { $0 - $1 }.max() ?? .zero
        return stream
    }

    /// Of this process, in memory now.
    private static var residentMebibytes: Int {
        let statistics = (try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii)) ?? ""
        let pages = statistics.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return (pages * Int(sysconf(Int32(_SC_PAGESIZE)))) >> 20
    }
}

/// The report of the snapshot that was waited for.
private final class Finished: Sendable {
    private let kept = Mutex<SnapshotRound.Report?>(nil)
    var report: SnapshotRound.Report? { kept.withLock { $0 } }
    func set(_ report: SnapshotRound.Report) { kept.withLock { $0 = report } }
}
