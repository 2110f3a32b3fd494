import Cryptography
import Exchange
import Foundation
import Logging
import Matching
import Persistence
import Postgres
import Quantities
import Sequencer
import Settlement

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
    /// In time lapse, hours of the market in a second; 0 for the machine's own time, in which no hour ends.
    let hoursPerSecond: Int

    private let clock = ContinuousClock()

    /// In time lapse: sellers of one resource each, whose hours are all metered, and buyers.
    private static let lapseSellers = 64
    private static let lapseBuyers = ExchangeStream.accounts
    /// In time lapse, open orders for each hour that can be bought: where there are fewer, new ones are placed instead of cancels.
    private static let lapseOrdersPerHour = 120
    /// In time lapse meters have a day, which passes within a second.
    private static let lapseDeadlineMinutes: Int32 = 1_440
    private static let lapseGraceHours: Int32 = 168

    /// What the load runs against, ready to begin.
    private struct Scene {
        var orders: LoadOrders
        var live: LiveOrders
        var lapse: (market: LapseMarket, clock: LapseClock)?
    }

    /// Runs the load and prints its figures.
    func run(_ logger: Logger, json: Bool) async throws {
        var settings = PersistentStore.Settings(target: target, dataDirectory: dataDirectory)
        settings.snapshots.every = 0
        let (store, exchange) = try PersistentStore.open(settings, logger: logger)
        if !projects { store.projector.stop(catchingUpFor: .zero) }
        if !proves { store.prover.stop(catchingUpFor: .zero) }
        let lapse = hoursPerSecond > 0 ? LapseClock(hoursPerSecond: hoursPerSecond) : nil
        let sequencer = Sequencer(exchange: exchange, journal: store.journal, clock: lapse?.exchangeClock ?? .real) { RandomBytes.drawn(32) }
        sequencer.start()
        let answers = LoadAnswers()
        var scene = try await scene(on: sequencer, lapse, answers)
        answers.wait(untilOpen: 0)
        if projects { try await wait(for: store.projector, seconds: 120) }
        answers.begin()

        let before = (metrics: sequencer.metrics, rows: store.projector.metrics.rows, memory: Self.residentMebibytes, day: sequencer.now)
        await scene.live.begin(on: sequencer)
        let watch = LoadWatch(store.projector, projects: projects, sequencer)
        let threads = ThreadTimes()
        scene.lapse?.clock.begin()
        let keeping = scene.lapse.map { LapseKeeping(LapseKeeper($0.market, from: Hour(containing: $0.clock.now)), on: sequencer, $0.clock) }
        let began = clock.now
        let found = scene
        let offered = await withCheckedContinuation { continuation in
            // A thread of its own: it waits for answers, and others of the process's tasks must run meanwhile.
            Thread {
                var scene = found
                continuation.resume(returning: offer(&scene, to: sequencer, answers, while: { keeping?.hasFailed != true }))
            }.start()
        }
        answers.wait(untilOpen: 0)
        let elapsed = Double((clock.now - began).wholeMicroseconds) / 1e6
        let shares = threads.shares()
        let lag = store.projector.metrics
        let samples = watch.stop()
        scene.lapse?.clock.end()
        let keeper: LapseKeeper?
        do {
            keeper = try await keeping?.stop()
        } catch {
            sequencer.stop()
            store.close()
            throw error
        }
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
            + "\(offered.commands) offered, \(figures.refused) refused, \(figures.overloaded) overloaded, \(figures.trades) trades)")
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
        let bytesPerTrade = tellMemory(from: before.memory, samples, to: resident, figures.trades, keeper != nil)
        if let keeper { try await tell(keeper, offered, samples, since: before.day, on: sequencer) }
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
                + "\"projected_rows\":\(rows),\"longest_lag_us\":\(samples.longestLag),\"resident_mib\":\(Self.residentMebibytes),"
                + "\"bytes_per_trade\":\(bytesPerTrade)}")
        }
    }

    // MARK: What is told

    /// Tells of the memory, and answers how many bytes it grew by for each trade: over the second half of a run in time lapse, else over all of it.
    private func tellMemory(
        from start: Int, _ samples: LoadWatch.Samples, to end: Int, _ trades: Int, _ isLapse: Bool
    ) -> Int {
        let steps = samples.steps.isEmpty ? "" : samples.steps.map { "\($0.resident)" }.joined(separator: ", ") + " MiB every 10 s, "
        let text = "memory                \(start) MiB at the start, \(steps)\(end) MiB at the end: "
        guard isLapse, let half = samples.steps.first(where: { 2 * $0.seconds >= seconds }), half.seconds < seconds else {
            // What was bought is kept until its hour has been settled; nothing else grows.
            let bytes = (end - start) << 20 / max(1, trades)
            print(text + "\(bytes) bytes a trade")
            return bytes
        }
        let bytes = (end - half.resident) << 20 / max(1, trades - Int(half.gauges.trades - samples.trades))
        print(text + "\(bytes) bytes a trade from second \(half.seconds) on")
        return bytes
    }

    /// Tells what became of the hours that passed.
    private func tell(
        _ keeper: LapseKeeper, _ offered: Offered, _ samples: LoadWatch.Samples, since start: Timestamp, on sequencer: Sequencer
    ) async throws {
        let counts = try await sequencer.read { (made: $0.deliveryCount, kept: $0.keptDeliveries, unlisted: $0.unlistedSettlements, orders: $0.gauges.openOrders) }
        let days = (Double(sequencer.now.microseconds - start.microseconds) / Double(Timestamp.microsecondsPerDay)).rounded()
        func percent(_ part: Int) -> String { String(format: "%.1f %%", 100 * Double(part) / Double(max(1, offered.commands))) }
        func steps(_ value: (MarketGauges) -> Int64) -> String { samples.steps.map { "\(value($0.gauges))" }.joined(separator: ", ") }
        print("time lapse            \(Int(days)) days of \(hoursPerSecond) hours a second; \(keeper.hours) hours reported, at most \(keeper.longestDelay) h after their end")
        print("mix                   \(percent(offered.commands - offered.cancels - offered.trading)) new, \(percent(offered.cancels)) cancels, "
            + "\(percent(offered.trading)) marketable; open orders every 10 s: \(steps(\.openOrders)), \(counts.orders) at the end")
        print("deliveries            \(counts.made) made, \(Int64(counts.unlisted) + keeper.listed) settled, \(counts.made - counts.kept) archived; "
            + "in memory every 10 s: \(steps(\.deliveries)), \(counts.kept) at the end")
        if offered.cancels * 10 < offered.commands * 3 {
            print("                      the machine was too busy to find enough orders to cancel: this is not the mix")
        }
        guard days < Double(2 * Self.fillingDays) else { return }
        print("                      memory may have filled in the second half, too: as much leaves it as comes only after \(Self.fillingDays) days")
    }

    /// So many days go by before as much leaves memory as comes: the hours that could be bought all the time that hours can be, their reports' deadline and a run,
    /// and the time in which what was settled can be corrected.
    private static var fillingDays: Int {
        Int(LoadOrders.windowHours + lapseDeadlineMinutes / 60 + 24 + SettlementSchedule.correctionHours) / 24
    }

    // MARK: The load

    /// Makes the market and fills its books.
    private func scene(on sequencer: Sequencer, _ lapse: LapseClock?, _ answers: LoadAnswers) async throws -> Scene {
        let now = lapse?.now ?? ExchangeClock.real.now
        let genesis = Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .real, operatorKeyHash: Bytes([0]))
        guard let lapse else {
            let stream = ExchangeStream(commands: 0, seed: 20_240_601, at: Hour(containing: now).start)
            _ = try await sequencer.begin(genesis, at: now)
            for index in 1..<stream.preparation { submit(stream.command(index), to: sequencer, answers, window: 10_000) }
            return Scene(orders: LoadOrders(of: stream), live: LiveOrders(answers))
        }
        _ = try await sequencer.begin(genesis, at: now)
        // Nothing is late that waits for a fifth of a second.
        let nearest = Int32(2 + hoursPerSecond / 5)
        let plan = LapseMarket.Plan(
            sellers: Self.lapseSellers, buyers: Self.lapseBuyers, tick: LoadOrders.tick, reference: LoadOrders.middle,
            horizonHours: nearest + LoadOrders.windowHours + 24, meterDeadlineMinutes: Self.lapseDeadlineMinutes, meterGraceHours: Self.lapseGraceHours)
        let market = try await LapseMarket.make(plan, on: sequencer, at: now)
        var orders = LoadOrders(of: market, nearest: nearest)
        let open = Int(LoadOrders.windowHours) * Self.lapseOrdersPerHour
        for _ in 0..<open { submit(orders.next(isTrading: false, at: now), to: sequencer, answers, window: 10_000) }
        // Few enough that their hours do not close meanwhile, and as many as are cancelled while the exchange is asked for more.
        let block = if case .rate(let rate) = pace { min(max(rate / 30, 2_048), 8_192) } else { 8_192 }
        return Scene(orders: orders, live: LiveOrders(answers, block: block, sparing: open), lapse: (market, lapse))
    }

    /// What was offered.
    private struct Offered {
        var commands = 0
        var cancels = 0
        var trading = 0
    }

    /// Offers the mix for the time asked, or until it cannot go on; answers what was offered.
    private func offer(
        _ scene: inout Scene, to sequencer: Sequencer, _ answers: LoadAnswers, while canGoOn: () -> Bool
    ) -> Offered {
        Thread.current.name = "suanpan.load"
        var random = SplitMix(state: 11)
        var offered = Offered()
        let lapse = scene.lapse?.clock
        let start = LoadAnswers.nanoseconds
        let end = start + seconds * 1_000_000_000
        while true {
            var due = LoadAnswers.nanoseconds
            guard due < end, canGoOn() else { return offered }
            var window = Int.max
            switch pace {
            case .rate(let rate):
                let wait = start + offered.commands * 1_000_000_000 / rate - due
                due += wait
                if wait > 0 { usleep(UInt32(clamping: wait / 1_000 + 1)) }
            case .window(let limit): window = limit
            }
            let kind = random.below(10)
            if kind > 5, let order = scene.live.draw(&random, on: sequencer) {
                let command = Command.cancelOrder(CancelOrder(OrderReference(id: order.id)))
                submit(EncodedCommand(command, issuer: order.issuer), to: sequencer, answers, window: window, due: due)
                offered.cancels += 1
            } else {
                let order = scene.orders.next(isTrading: kind == 0, at: lapse?.now ?? Timestamp())
                submit(order, to: sequencer, answers, window: window, due: due)
                if kind == 0 { offered.trading += 1 }
            }
            offered.commands += 1
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
