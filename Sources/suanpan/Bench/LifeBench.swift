import Cryptography
import Exchange
import Foundation
import Logging
import Matching
import Persistence
import Postgres
import Quantities
import Registry
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

    /// A real clock that runs so many times as fast.
    private final class Clock: Sendable {
        private let origin = ExchangeClock.real.now
        private let factor: Int64

        init(hoursPerSecond: Int) { factor = Int64(hoursPerSecond) * 3_600 }

        var now: Timestamp { origin.advanced(microseconds: (ExchangeClock.real.now.microseconds - origin.microseconds) * factor) }
    }

    private static let resources = 32
    private static let buyers = 64
    /// Orders are for one of so many hours, two hours and more ahead.
    private static let nearby = 24

    private struct Field {
        var product: ProductID
        var meter: ParticipantID
        var sellers: [(participant: ParticipantID, resource: ResourceID)]
        var buyers: [ParticipantID]
    }

    func run(_ logger: Logger, json: Bool) async throws {
        var settings = PersistentStore.Settings(target: target, dataDirectory: dataDirectory)
        settings.snapshots.every = 0
        let (store, exchange) = try PersistentStore.open(settings, logger: logger)
        let clock = Clock(hoursPerSecond: hoursPerSecond)
        let sequencer = Sequencer(exchange: exchange, journal: store.journal, clock: ExchangeClock(mode: .real) { clock.now }) { RandomBytes.drawn(32) }
        sequencer.start()
        let genesis = Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .real, operatorKeyHash: Bytes([0]))
        _ = try await sequencer.begin(genesis, at: clock.now)
        let field = try await field(on: sequencer, clock)
        let answers = LoadAnswers()
        answers.begin()
        let trading = Trading(rate: rate, field: field, clock: clock)
        let began = ContinuousClock.now
        trading.start { command in submit(command, to: sequencer, answers) }
        var keeper = Keeper(field: field, first: Hour(containing: clock.now))
        var samples: [(resident: Int, trades: Int64)] = []
        var nextSample = 10
        while (ContinuousClock.now - began).seconds < Double(seconds) {
            try await keeper.work(on: sequencer, at: clock.now)
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

    // MARK: The market

    private func field(on sequencer: Sequencer, _ clock: Clock) async throws -> Field {
        let root = ParticipantID(1)
        func apply(_ command: Command, _ issuer: ParticipantID) async throws -> Reply {
            let reply = try await sequencer.submit(command, issuer: issuer, idempotency: nil).reply
            if case .refused(let refusal) = reply { preconditionFailure("refused: \(refusal)") }
            return reply
        }
        var zone = Zone()
        zone.code = "CN-GAN"
        zone.name = "Gui'an"
        zone.country = "CN"
        _ = try await apply(.addZone(zone), root)
        var computeClass = ComputeClass()
        computeClass.code = "H100-SXM"
        computeClass.vendor = "NVIDIA"
        computeClass.model = "H100 SXM5"
        computeClass.abi = "cuda"
        _ = try await apply(.addComputeClass(computeClass), root)
        var terms = ProductTerms()
        terms.computeClass = computeClass.code
        terms.zone = zone.code
        terms.currency = Currency(unchecked: "USD")
        terms.tickSize = Price(10_000)
        terms.lotSize = 1
        terms.makerFee = 5
        terms.takerFee = 15
        terms.priceBand = 9_000
        terms.referencePrice = Price(2_000_000)
        terms.horizonHours = 720
        guard case .product(let product) = try await apply(.addProduct(terms), root) else { preconditionFailure("no product") }
        func participant(_ name: String, _ role: Role) async throws -> ParticipantID {
            var spec = ParticipantSpec()
            spec.name = name
            spec.roles = [role]
            guard case .participant(let made) = try await apply(.createParticipant(spec), root) else { preconditionFailure("no participant") }
            guard role != .meter else { return made.id }
            let money = MoneyMovement(
                participantID: made.id, currency: Currency(unchecked: "USD"), amount: .units(1_000_000_000), reference: name)
            _ = try await apply(.deposit(money), root)
            return made.id
        }
        var field = Field(product: product.id, meter: try await participant("Meter", .meter), sellers: [], buyers: [])
        for number in 0..<Self.buyers { field.buyers.append(try await participant("Buyer \(number)", .consumer)) }
        for number in 0..<Self.resources {
            let seller = try await participant("Seller \(number)", .provider)
            var spec = ResourceSpec()
            spec.computeClass = computeClass.code
            spec.zone = zone.code
            spec.units = 1_000_000
            guard case .resource(let resource) = try await apply(.registerResource(spec), seller) else { preconditionFailure("no resource") }
            var certification = Certification()
            certification.units = spec.units
            certification.validFrom = Hour(containing: clock.now)
            certification.validUntil = certification.validFrom + 87_600
            certification.meterID = field.meter
            _ = try await apply(.certifyResource(CertifyResource(resource: resource.id, certification: certification)), root)
            field.sellers.append((seller, resource.id))
        }
        return field
    }

    /// Pairs of orders that trade at once, at a steady rate, on a thread of its own.
    private final class Trading: Sendable {
        private let stopping = Atomic<Bool>(false)
        private let ended = DispatchSemaphore(value: 0)
        private let rate: Int
        private let field: Field
        private let clock: Clock

        init(rate: Int, field: Field, clock: Clock) {
            self.rate = rate
            self.field = field
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
                    let seller = field.sellers[random.below(field.sellers.count)]
                    var spec = OrderSpec()
                    spec.contract = ContractKey(
                        product: field.product, hour: Hour(containing: clock.now) + Int32(2 + random.below(LifeBench.nearby)))
                    spec.side = .sell
                    spec.price = Price(Int64(190 + random.below(20)) * 10_000)
                    spec.quantity = 1
                    spec.timeInForce = .gtc
                    spec.resourceID = seller.resource
                    submit(EncodedCommand(.placeOrder(spec), issuer: seller.participant))
                    spec.side = .buy
                    spec.resourceID = nil
                    submit(EncodedCommand(.placeOrder(spec), issuer: field.buyers[random.below(field.buyers.count)]))
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

    /// Meters and the operator: reports of each hour that ended, a run a day.
    private struct Keeper {
        let field: Field
        /// The next hour to be reported.
        var next: Hour
        var nextRun: Hour
        /// The last report's number, by resource.
        var sequences: [Int64]

        /// Why the market cannot go on.
        private struct Fault: Error, CustomStringConvertible {
            let description: String
        }

        private static let mostTries = 500
        private static let hash = String(repeating: "0", count: 64)

        init(field: Field, first: Hour) {
            self.field = field
            next = first
            nextRun = first + 24
            sequences = [Int64](repeating: 0, count: field.sellers.count)
        }

        mutating func work(on sequencer: Sequencer, at time: Timestamp) async throws {
            while next.end <= time {
                let (hour, resources) = (next, field.sellers.map(\.resource))
                let sold = try await sequencer.read { exchange in
                    resources.map { exchange.capacity($0, from: hour, to: hour + 1).first?.sold ?? 0 }
                }
                var reports: [ReportMeter] = []
                for (index, units) in sold.enumerated() where units > 0 {
                    var report = MeterReportSpec()
                    report.resourceID = resources[index]
                    report.hour = hour
                    report.sequence = sequences[index] + 1
                    report.previousHash = sequences[index] > 0 ? Self.hash : nil
                    report.deliveredDeviceSeconds = Int64(units) * 3_600 * (index % 8 == 0 ? 9 : 10) / 10
                    reports.append(ReportMeter(report: report, hash: Self.hash))
                    sequences[index] += 1
                }
                var tries = 0
                while !reports.isEmpty {
                    let reply = try await sequencer.submit(.reportMeters(ReportMeters(reports)), issuer: field.meter, idempotency: nil).reply
                    guard case .meterReports(let results) = reply, tries < Self.mostTries else { throw Fault(description: "the machine is too busy for this time lapse; reports were refused: \(reply)") }
                    // Where the machine is busy, an hour's lots may not all be deliveries yet.
                    reports = zip(reports, results).filter { $0.1.error != nil }.map(\.0)
                    guard !reports.isEmpty else { break }
                    tries += 1
                    try await Task.sleep(for: .milliseconds(10))
                }
                next = next + 1
            }
            guard nextRun.end <= time else { return }
            nextRun = nextRun + 24
            _ = try await sequencer.submit(.settle(Settle(through: time)), issuer: ParticipantID(1), idempotency: nil)
        }
    }
}
