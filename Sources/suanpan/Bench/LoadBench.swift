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
        for index in 1..<stream.preparation { submit(stream.command(index), .none, to: sequencer, answers, window: 10_000) }
        answers.wait(untilOpen: 0)
        if projects { try await wait(for: store.projector, seconds: 120) }
        answers.begin()

        let before = (metrics: sequencer.metrics, rows: store.projector.metrics.rows, memory: Self.residentMebibytes)
        let watch = LoadWatch(store.projector, projects: projects)
        let began = clock.now
        let offered = offer(stream, to: sequencer, answers, began)
        answers.wait(untilOpen: 0)
        let elapsed = Double((clock.now - began).wholeMicroseconds) / 1e6
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
        print("memory                \(before.memory) MiB at the start, \(samples.memory.map(String.init).joined(separator: ", ")) MiB every 10 s, \(Self.residentMebibytes) MiB at the end")
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

    /// Offers the mix for the time asked; answers how many commands were offered.
    private func offer(_ stream: ExchangeStream, to sequencer: Sequencer, _ answers: LoadAnswers, _ began: ContinuousClock.Instant) -> Int {
        var random = SplitMix(state: 7)
        var live = LiveOrders()
        var offered = 0
        let end = began + .seconds(seconds)
        while true {
            var due = clock.now
            guard due < end else { return offered }
            var window = Int.max
            switch pace {
            case .rate(let rate):
                due = began + .nanoseconds(Int64(offered) * 1_000_000_000 / Int64(rate))
                let wait = due - clock.now
                if wait > .zero { usleep(UInt32(clamping: wait.wholeMicroseconds + 1)) }
            case .window(let limit): window = limit
            }
            let kind = random.below(10)
            if kind > 5, let order = live.draw(&random, from: answers) {
                let command = Command.cancelOrder(CancelOrder(OrderReference(id: order.id)))
                submit(EncodedCommand(command, issuer: order.issuer), .none, to: sequencer, answers, window: window, due: due)
            } else {
                let (command, issuer) = stream.order(&random, isTrading: kind == 0)
                submit(EncodedCommand(command, issuer: issuer), issuer, to: sequencer, answers, window: window, due: due)
            }
            offered += 1
        }
    }

    private func submit(
        _ command: EncodedCommand, _ issuer: ParticipantID, to sequencer: Sequencer, _ answers: LoadAnswers, window: Int,
        due: ContinuousClock.Instant = .now
    ) {
        answers.wait(untilOpen: window - 1)
        answers.open()
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

/// An order that was acknowledged and rests.
struct LiveOrder: BitwiseCopyable {
    var id: OrderID
    var issuer: ParticipantID
}

/// Orders to cancel: those that were acknowledged as resting. Some have traded since; their cancellation is refused and counted.
private struct LiveOrders {
    private var orders: [LiveOrder] = []

    mutating func draw(_ random: inout SplitMix, from answers: LoadAnswers) -> LiveOrder? {
        if orders.count < 100_000 { answers.takeFresh(into: &orders) }
        guard !orders.isEmpty else { return nil }
        let index = random.below(orders.count)
        let order = orders[index]
        orders[index] = orders[orders.count - 1]
        orders.removeLast()
        return order
    }
}

/// What was answered, counted on the writer's thread.
private final class LoadAnswers: @unchecked Sendable {
    /// What was counted since `begin`.
    struct Figures {
        var answered = 0
        var refused = 0
        var overloaded = 0
        var trades = 0
        /// Latencies in nanoseconds: by power of two, 64 steps each (1.6 % wide).
        var histogram = [Int](repeating: 0, count: 64 * 64)
        var longest = 0

        mutating func add(_ nanoseconds: Int) {
            longest = max(longest, nanoseconds)
            histogram[Self.place(max(0, nanoseconds))] += 1
        }

        private static func place(_ value: Int) -> Int {
            guard value >= 64 else { return value }
            let shift = Int.bitWidth - value.leadingZeroBitCount - 7
            return min((shift + 1) * 64 + (value >> shift) - 64, 64 * 64 - 1)
        }

        /// The latency that a share of the commands did not exceed.
        func percentile(_ share: Double) -> Int {
            guard share < 1 else { return longest }
            var left = Int(share * Double(answered))
            for (place, count) in histogram.enumerated() {
                left -= count
                guard left < 0 else { continue }
                return place < 64 ? place : ((place % 64) + 65) << (place / 64 - 1)
            }
            return longest
        }
    }

    private let condition = NSCondition()
    private var counted = Figures()
    private var unanswered = 0
    private var fresh: [LiveOrder] = []
    private let clock = ContinuousClock()

    var figures: Figures { condition.withLock { counted } }

    /// Counts from now on.
    func begin() { condition.withLock { counted = Figures() } }

    func open() { condition.withLock { unanswered += 1 } }

    /// Waits until at most so many commands are unanswered.
    func wait(untilOpen limit: Int) {
        guard limit < Int.max - 1 else { return }
        condition.lock()
        while unanswered > limit { condition.wait() }
        condition.unlock()
    }

    func note(_ answer: Result<(Applied, OrderResult?), SubmissionError>, _ issuer: ParticipantID, since due: ContinuousClock.Instant) {
        let passed = (clock.now - due).components
        condition.lock()
        unanswered -= 1
        if case .success(let (_, order)) = answer {
            counted.answered += 1
            counted.add(Int(passed.seconds) * 1_000_000_000 + Int(passed.attoseconds / 1_000_000_000))
            if let order {
                counted.trades += Int(order.trades)
                if order.status.isLive { fresh.append(LiveOrder(id: order.id, issuer: issuer)) }
            } else {
                counted.refused += 1
            }
        }
        condition.signal()
        condition.unlock()
    }

    func noteOverload() {
        condition.withLock {
            unanswered -= 1
            counted.overloaded += 1
        }
    }

    func takeFresh(into orders: inout [LiveOrder]) {
        condition.lock()
        orders.append(contentsOf: fresh)
        fresh.removeAll(keepingCapacity: true)
        condition.unlock()
    }
}

/// Looks at the projector's lag ten times a second, and at the memory every 10 s.
private final class LoadWatch: @unchecked Sendable {
    private let condition = NSCondition()
    private var stopping = false
    private var ended = false
    private var longestLag: Int64 = 0
    private var memory: [Int] = []

    init(_ projector: Projector, projects: Bool) {
        let thread = Thread { [self] in
            var round = 0
            condition.lock()
            while !stopping {
                _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
                if projects { longestLag = max(longestLag, projector.metrics.lagMicroseconds) }
                round += 1
                if round % 100 == 0 { memory.append(LoadBench.residentMebibytes) }
            }
            ended = true
            condition.broadcast()
            condition.unlock()
        }
        thread.start()
    }

    func stop() -> (longestLag: Int64, memory: [Int]) {
        condition.lock()
        defer { condition.unlock() }
        stopping = true
        condition.broadcast()
        while !ended { condition.wait() }
        return (longestLag, memory)
    }
}
