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

/// The whole life of hours in time lapse: bought, delivered, metered, settled, listed, and 30 days later gone from memory, at a steady rate, through
/// sequencer, journal, projector and ledger tree as in production. Memory must come to rest once the first hours leave.
struct LifeBench {
    let target: ConnectionString
    let dataDirectory: String
    let seconds: Int
    /// Trading commands a second; every second one completes a trade of one unit.
    let rate: Int
    /// Hours of the market in a second.
    let hoursPerSecond: Int
    let audits: Bool

    private static let resources = 32
    private static let buyers = 64
    /// Orders are for one of so many hours, two hours and more ahead.
    private static let nearby = 24

    func run(_ logger: Logger, json: Bool) async throws {
        var settings = PersistentStore.Settings(target: target, dataDirectory: dataDirectory)
        settings.snapshots.every = 0
        let (store, exchange) = try PersistentStore.open(settings, logger: logger)
        let clock = LapseClock(hoursPerSecond: hoursPerSecond)
        let sequencer = Sequencer(exchange: exchange, journal: store.journal, clock: clock.exchangeClock) { RandomBytes.drawn(32) }
        sequencer.start()
        let genesis = Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .real, operatorKeyHash: Bytes([0]))
        _ = try await sequencer.begin(genesis, at: clock.now)
        let plan = LapseMarket.Plan(
            sellers: Self.resources, buyers: Self.buyers, tick: Price(10_000), reference: Price(2_000_000), horizonHours: 720)
        let market = try await LapseMarket.make(plan, on: sequencer, at: clock.now)
        let answers = LoadAnswers()
        answers.begin()
        let trading = Trading(rate: rate, market: market, clock: clock)
        clock.begin()
        let began = ContinuousClock.now
        trading.start { command in submit(command, to: sequencer, answers) }
        let keeping = LapseKeeping(LapseKeeper(market, from: Hour(containing: clock.now)), on: sequencer, clock)
        var samples: [(resident: Int, trades: Int64)] = []
        var nextSample = 10
        while (ContinuousClock.now - began).seconds < Double(seconds), !keeping.hasFailed {
            try await Task.sleep(for: .milliseconds(10))
            guard Int((ContinuousClock.now - began).seconds) >= nextSample else { continue }
            let counts = try await sequencer.read { ($0.gauges.trades, $0.keptDeliveries, $0.archivedDeliveries, $0.keptAllocations) }
            let lag = store.projector.metrics
            samples.append((LoadBench.residentMebibytes, counts.0))
            print("\(nextSample) s".padding(toLength: 22, withPad: " ", startingAt: 0) + "\(samples[samples.count - 1].resident) MiB, day "
                + "\(nextSample * hoursPerSecond / 24), \(counts.0) trades, \(counts.1) deliveries and \(counts.3) allocations in memory, \(counts.2) archived, "
                + "projections \(lag.lagSequences) commands behind")
            nextSample += 10
        }
        trading.stop()
        answers.wait(untilOpen: 0)
        clock.end()
        do {
            _ = try await keeping.stop()
        } catch {
            sequencer.stop()
            store.close()
            throw error
        }
        let figures = answers.figures
        let end = ContinuousClock.now + .seconds(600)
        while store.projector.metrics.lagSequences > 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
        func milliseconds(_ share: Double) -> String { String(format: "%.2f", Double(figures.percentile(share)) / 1e6) }
        print("commands              \(figures.answered) acknowledged, \(figures.refused) refused, p50 \(milliseconds(0.5)) ms  p99 \(milliseconds(0.99)) ms  max \(milliseconds(1)) ms")
        var bytesPerTrade: Int64 = 0
        if let last = samples.last, samples.count > 1 {
            let half = samples[samples.count / 2 - (samples.count > 2 ? 0 : 1)]
            bytesPerTrade = Int64((last.resident - half.resident) << 20) / max(1, last.trades - half.trades)
            print("memory                \(half.resident) MiB at the half, \(last.resident) MiB at the end: \(bytesPerTrade) bytes a trade in between")
        }
        sequencer.stop()
        store.close()
        if audits {
            let report = try ProjectionAudit.run(target)
            print("audit                 \(report.fault ?? "sound: \(report.commands) commands, \(report.transfers) transfers, \(report.trades) trades, each once")")
        }
        guard json else { return }
        print("{\"acknowledged\":\(figures.answered),\"resident_mib\":[\(samples.map { "\($0.resident)" }.joined(separator: ","))],\"bytes_per_trade\":\(bytesPerTrade)}")
    }

    private func submit(_ command: EncodedCommand, to sequencer: Sequencer, _ answers: LoadAnswers) {
        answers.wait(untilOpen: 16_000)
        answers.open()
        let (issuer, due) = (command.issuer, LoadAnswers.nanoseconds)
        let refused = sequencer.submit(command) { answer in answers.note(answer, issuer, since: due) }
        if refused != nil { answers.noteOverload() }
    }

    /// Pairs of orders that trade at once, at a steady rate, on a thread of its own.
    private final class Trading: Sendable {
        private let stopping = Atomic<Bool>(false)
        private let ended = DispatchSemaphore(value: 0)
        private let rate: Int
        private let market: LapseMarket
        private let clock: LapseClock

        init(rate: Int, market: LapseMarket, clock: LapseClock) {
            self.rate = rate
            self.market = market
            self.clock = clock
        }

        func start(_ submit: @escaping @Sendable (EncodedCommand) -> Void) {
            Thread { [self] in
                Thread.current.name = "suanpan.life"
                var random = SplitMix(state: 11)
                let began = LoadAnswers.nanoseconds
                var offered = 0
                while !stopping.load(ordering: .relaxed) {
                    let wait = began + offered * 1_000_000_000 / rate - LoadAnswers.nanoseconds
                    if wait > 0 { usleep(UInt32(clamping: wait / 1_000 + 1)) }
                    let seller = random.below(market.sellers.count)
                    let hour = Hour(containing: clock.now) + Int32(2 + random.below(LifeBench.nearby))
                    let price = Price(Int64(190 + random.below(20)) * 10_000)
                    let buyer = random.below(market.buyers.count)
                    for (side, number) in [(Side.sell, seller), (.buy, buyer)] {
                        let (command, issuer) = market.order(side, price, 1, in: hour, of: number)
                        submit(EncodedCommand(command, issuer: issuer))
                    }
                    offered += 2
                }
                ended.signal()
            }.start()
        }

        func stop() {
            stopping.store(true, ordering: .relaxed)
            ended.wait()
        }
    }
}
