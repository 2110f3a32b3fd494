import Cryptography
import Exchange
import Foundation
import Logging
import Matching
import Persistence
import Postgres
import Quantities
import Sequencer
import Synchronization

/// Durable order commands through the sequencer, the journal and the projector into a PostgreSQL with fsync: the path of production, without
/// HTTP in front of it.
struct LoadBench {
    /// How commands are offered.
    enum Pace {
        /// So many a second, whatever was answered; latencies count from when a command was due.
        case rate(Int)
        /// So many unanswered at a time.
        case window(Int)
    }

    let target: ConnectionString
    let dataDirectory: String
    let pace: Pace
    let seconds: Int
    let projects: Bool
    let proves: Bool
    let audits: Bool

    private let clock = ContinuousClock()

    /// Runs the load and prints its figures.
    func run(_ logger: Logger, json: Bool) async throws {
        var settings = PersistentStore.Settings(target: target, dataDirectory: dataDirectory)
        settings.snapshots.every = 0
        let (store, exchange) = try PersistentStore.open(settings, logger: logger)
        if !projects { store.projector.stop(catchingUpFor: .zero) }
        if !proves { store.prover.stop(catchingUpFor: .zero) }
        let sequencer = Sequencer(exchange: exchange, journal: store.journal, clock: .real) { RandomBytes.drawn(32) }
        sequencer.start()
        let now = ExchangeClock.real.now
        let stream = ExchangeStream(commands: 0, seed: 20_240_601, at: Hour(containing: now).start)
        let answers = LoadAnswers()
        let genesis = Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .real, operatorKeyHash: Bytes([0]))
        _ = try await sequencer.begin(genesis, at: now)
        for index in 1..<stream.preparation { submit(stream.command(index), to: sequencer, answers, window: 10_000) }
        answers.wait(untilOpen: 0)
        if projects { try await wait(for: store.projector, seconds: 120) }
        answers.begin()

        let before = (metrics: sequencer.metrics, rows: store.projector.metrics.rows, memory: Self.residentMebibytes)
        var live = LiveOrders(answers)
        await live.begin(on: sequencer)
        let orders = Self.encodedOrders(of: stream)
        let watch = LoadWatch(store.projector, projects: projects)
        let threads = ThreadTimes()
        let began = clock.now
        let found = live
        let offered = await withCheckedContinuation { continuation in
            // A thread of its own: it waits for answers, and others of the process's tasks must run meanwhile.
            Thread {
                var live = found
                continuation.resume(returning: offer(orders, &live, to: sequencer, answers))
            }.start()
        }
        answers.wait(untilOpen: 0)
        let elapsed = Double((clock.now - began).wholeMicroseconds) / 1e6
        let shares = threads.shares()
        let lag = store.projector.metrics
        let samples = watch.stop()
        let after = sequencer.metrics
        let mark = clock.now
        if projects { try await wait(for: store.projector, seconds: 600) }
        let caughtUp = Double((clock.now - mark).wholeMicroseconds) / 1e6
        let rows = store.projector.metrics.rows - before.rows

        let figures = answers.figures
        let frames = after.frames - before.metrics.frames
        let bytes = after.frameBytes - before.metrics.frameBytes
        let perSecond = Double(figures.answered) / elapsed
        func milliseconds(_ share: Double) -> String { String(format: "%.2f", Double(figures.percentile(share)) / 1e6) }
        print("durable commands      \(Int(perSecond)) /s  (\(figures.answered) acknowledged in \(String(format: "%.1f", elapsed)) s; "
            + "\(offered) offered, \(figures.refused) refused, \(figures.overloaded) overloaded, \(figures.trades) trades)")
        print("acknowledgement       p50 \(milliseconds(0.5)) ms  p99 \(milliseconds(0.99)) ms  p99.9 \(milliseconds(0.999)) ms  max \(milliseconds(1)) ms")
        print("journal               \(frames) frames of \(figures.answered / max(1, Int(frames))) commands, "
            + "\(bytes / Int64(max(1, figures.answered))) bytes a command, \(Int(Double(bytes) / elapsed) >> 20) MiB/s, "
            + "a commit \((after.commitMicroseconds - before.metrics.commitMicroseconds) / max(1, frames)) µs on average, \(after.longestCommitMicroseconds) µs at most")
        if projects {
            print("projections           \(Int(Double(rows) / (elapsed + caughtUp))) rows/s; behind by \(Double(samples.longestLag) / 1e6) s at most, "
                + "\(lag.lagSequences) commands at the end, caught up \(String(format: "%.1f", caughtUp)) s later")
        } else {
            print("projections           left out")
        }
        print("processor             \(shares)")
        let resident = Self.residentMebibytes
        let steps = samples.memory.isEmpty ? "" : samples.memory.map(String.init).joined(separator: ", ") + " MiB every 10 s, "
        // What was bought is kept until its hour has been settled; nothing else grows.
        print("memory                \(before.memory) MiB at the start, \(steps)\(resident) MiB at the end: "
            + "\((resident - before.memory) << 20 / max(1, figures.trades)) bytes a trade")
        sequencer.stop()
        store.close()
        if audits, projects {
            let report = try ProjectionAudit.run(target)
            print("audit                 \(report.fault ?? "sound: \(report.commands) commands, \(report.transfers) transfers, \(report.trades) trades, \(report.orders) closed orders, each once")")
        }
        if json {
            print("{\"commands_per_second\":\(Int(perSecond)),\"acknowledged\":\(figures.answered),\"refused\":\(figures.refused),"
                + "\"overloaded\":\(figures.overloaded),\"p50_ns\":\(figures.percentile(0.5)),\"p99_ns\":\(figures.percentile(0.99)),"
                + "\"p999_ns\":\(figures.percentile(0.999)),\"max_ns\":\(figures.percentile(1)),\"frames\":\(frames),\"journal_bytes\":\(bytes),"
                + "\"projected_rows\":\(rows),\"longest_lag_us\":\(samples.longestLag),\"resident_mib\":\(Self.residentMebibytes)}")
        }
    }

    /// Orders of the mix, in the journal's form: so many different ones, offered in turn.
    private static func encodedOrders(of stream: ExchangeStream) -> (resting: [EncodedCommand], trading: [EncodedCommand]) {
        var random = SplitMix(state: 7)
        func made(_ count: Int, isTrading: Bool) -> [EncodedCommand] {
            (0..<count).map { _ in
                let (command, issuer) = stream.order(&random, isTrading: isTrading)
                return EncodedCommand(command, issuer: issuer)
            }
        }
        return (made(100_003, isTrading: false), made(20_011, isTrading: true))
    }

    /// Offers the mix for the time asked; answers how many commands were offered.
    private func offer(
        _ orders: (resting: [EncodedCommand], trading: [EncodedCommand]), _ live: inout LiveOrders, to sequencer: Sequencer,
        _ answers: LoadAnswers
    ) -> Int {
        Thread.current.name = "suanpan.load"
        var random = SplitMix(state: 11)
        var (offered, resting, trading) = (0, 0, 0)
        let start = LoadAnswers.nanoseconds
        let end = start + seconds * 1_000_000_000
        while true {
            var due = LoadAnswers.nanoseconds
            guard due < end else { return offered }
            var window = Int.max
            switch pace {
            case .rate(let rate):
                let wait = start + offered * 1_000_000_000 / rate - due
                due += wait
                if wait > 0 { usleep(UInt32(clamping: wait / 1_000 + 1)) }
            case .window(let limit): window = limit
            }
            let kind = random.below(10)
            if kind > 5, let order = live.draw(&random, on: sequencer) {
                let command = Command.cancelOrder(CancelOrder(OrderReference(id: order.id)))
                submit(EncodedCommand(command, issuer: order.issuer), to: sequencer, answers, window: window, due: due)
            } else if kind == 0 {
                submit(orders.trading[trading % orders.trading.count], to: sequencer, answers, window: window, due: due)
                trading += 1
            } else {
                submit(orders.resting[resting % orders.resting.count], to: sequencer, answers, window: window, due: due)
                resting += 1
            }
            offered += 1
        }
    }

    private func submit(
        _ command: EncodedCommand, to sequencer: Sequencer, _ answers: LoadAnswers, window: Int, due: Int = LoadAnswers.nanoseconds
    ) {
        answers.wait(untilOpen: window - 1)
        answers.open()
        let issuer = command.issuer
        let refused = sequencer.submit(command) { answer in answers.note(answer, issuer, since: due) }
        if refused != nil { answers.noteOverload() }
    }

    private func wait(for projector: Projector, seconds: Int) async throws {
        let end = clock.now + .seconds(seconds)
        while projector.metrics.lagSequences > 0, clock.now < end { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// Of this process, in memory now.
    static var residentMebibytes: Int {
        let statistics = (try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii)) ?? ""
        let pages = statistics.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return (pages * Int(sysconf(Int32(_SC_PAGESIZE)))) >> 20
    }
}
