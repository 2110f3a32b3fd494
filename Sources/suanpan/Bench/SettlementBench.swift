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

/// Very many deliveries of one hour, settled while trading goes on: sequencer, journal, projector and ledger tree as in production, in a PostgreSQL with fsync.
/// The clock is a real one that is put forward between the steps, so that nobody waits for the hour.
struct SettlementBench {
    let target: ConnectionString
    let dataDirectory: String
    let deliveries: Int
    /// Trading commands a second beside it.
    let rate: Int

    /// A real clock that can be put forward.
    private final class Clock: Sendable {
        private let offset = Atomic<Int64>(0)

        var now: Timestamp { ExchangeClock.real.now.advanced(microseconds: offset.load(ordering: .relaxed)) }
        func putForward(to time: Timestamp) { offset.add(max(0, time.microseconds - now.microseconds), ordering: .relaxed) }
    }

    private static let resources = ExchangeStream.accounts

    func run(_ logger: Logger, json: Bool) async throws {
        var settings = PersistentStore.Settings(target: target, dataDirectory: dataDirectory)
        settings.snapshots.every = 0
        let (store, exchange) = try PersistentStore.open(settings, logger: logger)
        let clock = Clock()
        let sequencer = Sequencer(exchange: exchange, journal: store.journal, clock: ExchangeClock(mode: .real) { clock.now }) { RandomBytes.drawn(32) }
        sequencer.start()
        let start = Hour(containing: clock.now) + 1
        clock.putForward(to: start.start)
        let stream = ExchangeStream(commands: 0, seed: 20_240_601, at: start.start)
        let answers = LoadAnswers()
        let genesis = Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .real, operatorKeyHash: Bytes([0]))
        _ = try await sequencer.begin(genesis, at: clock.now)
        for index in 1..<stream.preparation { submit(stream.command(index), to: sequencer, answers, window: 10_000) }
        answers.wait(untilOpen: 0)
        let meter = try await meter(on: sequencer)

        // One hour, sold unit by unit: each purchase is a delivery of its own.
        let hour = start + 2
        let before = LoadBench.residentMebibytes
        sell(hour, stream, sequencer, answers)
        let bought = LoadBench.residentMebibytes
        print("deliveries            \(deliveries) purchases of one unit in one hour, of \(Self.resources) resources")

        let gate = try await timed("gate", clock, hour.start.advanced(minutes: -15), stream, sequencer, answers) { $0.deliveryCount >= deliveries }
        clock.putForward(to: hour.end)
        let reports = try await report(hour, sequencer, meter)
        print("reports               \(Self.resources) of a resource each in \(Self.text(reports)) s")
        let settled = try await timed("settlement", clock, clock.now.advanced(minutes: 45), stream, sequencer, answers) {
            $0.unlistedSettlements >= deliveries
        }
        let resident = LoadBench.residentMebibytes
        print("memory                \(before) MiB before, \(bought) MiB bought, \(resident) MiB settled: "
            + "\((resident - before) * 1_048_576 / max(deliveries, 1)) bytes a delivery, closed orders and waiting frames included")
        let broken = try await sequencer.read { $0.trialBalance().allSatisfy(\.balanced) ? "" : "the trial balance is not zero" }
        print("trial balance         \(broken.isEmpty ? "zero" : broken)")
        sequencer.stop()
        store.close()
        guard json else { return }
        print("{\"deliveries\":\(deliveries),\"gate_seconds\":\(Self.text(gate.seconds)),\"settlement_seconds\":\(Self.text(settled.seconds)),"
            + "\"gate_p99_ns\":\(gate.p99),\"settlement_p99_ns\":\(settled.p99),\"resident_mib\":\(resident)}")
    }

    private static func text(_ seconds: Double) -> String { String(format: "%.2f", seconds) }

    private func submit(_ command: EncodedCommand, to sequencer: Sequencer, _ answers: LoadAnswers, window: Int, due: Int = LoadAnswers.nanoseconds) {
        answers.wait(untilOpen: window - 1)
        answers.open()
        let issuer = command.issuer
        let refused = sequencer.submit(command) { answer in answers.note(answer, issuer, since: due) }
        if refused != nil { answers.noteOverload() }
    }

    private func meter(on sequencer: Sequencer) async throws -> ParticipantID {
        var spec = ParticipantSpec()
        spec.name = "Meter"
        spec.roles = [.meter]
        let outcome = try await sequencer.submit(.createParticipant(spec), issuer: ParticipantID(1), idempotency: nil)
        guard case .participant(let meter) = outcome.reply else { preconditionFailure("no meter") }
        return meter.id
    }

    /// Every resource offers its part at one price; every buyer takes units one by one.
    private func sell(_ hour: Hour, _ stream: ExchangeStream, _ sequencer: Sequencer, _ answers: LoadAnswers) {
        let each = (deliveries + Self.resources - 1) / Self.resources
        var left = deliveries
        for account in 0..<Self.resources {
            let units = min(each, left)
            left -= units
            guard units > 0 else { break }
            submit(stream.unitOrder(.sell, Quantity(units), hour, account), to: sequencer, answers, window: 16_000)
            for unit in 0..<units {
                submit(stream.unitOrder(.buy, 1, hour, (account + unit) % ExchangeStream.accounts), to: sequencer, answers, window: 16_000)
            }
        }
        answers.wait(untilOpen: 0)
    }

    /// Puts the clock forward and trades until `isDone`; answers how long that took, and how long commands took meanwhile.
    private func timed(
        _ name: String, _ clock: Clock, _ time: Timestamp, _ stream: ExchangeStream, _ sequencer: Sequencer, _ answers: LoadAnswers,
        isDone: @escaping @Sendable (Exchange) -> Bool
    ) async throws -> (seconds: Double, p99: Int) {
        answers.wait(untilOpen: 0)
        answers.begin()
        var isOver = false
        let began = LoadAnswers.nanoseconds
        clock.putForward(to: time)
        let trading = Trading(rate: rate, stream: stream)
        trading.start { command, due in submit(command, to: sequencer, answers, window: 16_000, due: due) }
        while !isOver {
            isOver = try await sequencer.read(isDone)
            if !isOver { try await Task.sleep(for: .milliseconds(20)) }
        }
        let seconds = Double(LoadAnswers.nanoseconds - began) / 1e9
        trading.stop()
        answers.wait(untilOpen: 0)
        let figures = answers.figures
        func milliseconds(_ share: Double) -> String { String(format: "%.2f", Double(figures.percentile(share)) / 1e6) }
        print("\(name.padding(toLength: 22, withPad: " ", startingAt: 0))\(Self.text(seconds)) s, \(Int(Double(deliveries) / seconds)) deliveries/s; meanwhile \(figures.answered) commands "
            + "acknowledged, p50 \(milliseconds(0.5)) ms  p99 \(milliseconds(0.99)) ms  p99.9 \(milliseconds(0.999)) ms  max \(milliseconds(1)) ms"
            + (figures.overloaded > 0 ? ", \(figures.overloaded) overloaded" : ""))
        return (seconds, figures.percentile(0.99))
    }

    /// One report a resource, nine tenths delivered in every tenth of them. Answers the seconds.
    private func report(_ hour: Hour, _ sequencer: Sequencer, _ meter: ParticipantID) async throws -> Double {
        let began = LoadAnswers.nanoseconds
        let each = (deliveries + Self.resources - 1) / Self.resources
        for account in 0..<Self.resources {
            let units = min(each, deliveries - account * each)
            guard units > 0 else { break }
            var report = MeterReportSpec()
            report.resourceID = ResourceID(Int64(account) + 1)
            report.hour = hour
            report.sequence = 1
            report.deliveredDeviceSeconds = Int64(units) * 3_600 * (account % 10 == 0 ? 9 : 10) / 10
            let command = ReportMeter(report: report, hash: String(repeating: "0", count: 64))
            let outcome = try await sequencer.submit(.reportMeter(command), issuer: meter, idempotency: nil)
            guard case .meterReport = outcome.reply else { preconditionFailure("a report was refused: \(outcome.reply)") }
        }
        return Double(LoadAnswers.nanoseconds - began) / 1e9
    }

    /// Orders at a steady rate on a thread of its own.
    private final class Trading: Sendable {
        private let stopping = Atomic<Bool>(false)
        private let ended = DispatchSemaphore(value: 0)
        private let rate: Int
        private let stream: ExchangeStream

        init(rate: Int, stream: ExchangeStream) {
            self.rate = rate
            self.stream = stream
        }

        func start(_ submit: @escaping @Sendable (EncodedCommand, Int) -> Void) {
            Thread { [self] in
                var random = SplitMix(state: 11)
                let began = LoadAnswers.nanoseconds
                var offered = 0
                while !stopping.load(ordering: .relaxed) {
                    let due = began + offered * 1_000_000_000 / rate
                    let wait = due - LoadAnswers.nanoseconds
                    if wait > 0 { usleep(UInt32(clamping: wait / 1_000 + 1)) }
                    let (command, issuer) = stream.order(&random, isTrading: offered % 5 == 0)
                    submit(EncodedCommand(command, issuer: issuer), due)
                    offered += 1
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
