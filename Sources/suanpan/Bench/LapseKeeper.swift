import Exchange
import Quantities
import Sequencer
import Synchronization

/// Meters and the operator of a market in time lapse: reports of the hours that ended, a run a day.
struct LapseKeeper {
    /// Why the market cannot go on.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private let market: LapseMarket
    /// The next hour to be reported.
    private var next: Hour
    private var nextRun: Hour
    /// The last report's number, by resource.
    private var sequences: [Int64]

    /// Hours reported so far, and the most that passed between an hour's end and its report.
    private(set) var hours = 0
    private(set) var longestDelay: Int32 = 0
    /// Settled deliveries that the runs have listed.
    private(set) var listed: Int64 = 0

    private static let mostTries = 500
    /// Reports in one command.
    private static let mostReports = 512
    private static let hash = String(repeating: "0", count: 64)

    init(_ market: LapseMarket, from first: Hour) {
        self.market = market
        next = first
        nextRun = first + 24
        sequences = [Int64](repeating: 0, count: market.sellers.count)
    }

    /// Does what is to be done by now: the hours that the machine fell behind by are made up for, several in a command. Runs wait for none of them.
    mutating func work(on sequencer: Sequencer, _ clock: LapseClock) async throws {
        while next < Hour(containing: clock.now) {
            try await runIfDue(on: sequencer, clock)
            let most = Int32(max(1, Self.mostReports / max(1, market.sellers.count)))
            let end = min(Hour(containing: clock.now), next + most)
            try await report(through: end, on: sequencer, clock)
        }
        try await runIfDue(on: sequencer, clock)
    }

    private mutating func runIfDue(on sequencer: Sequencer, _ clock: LapseClock) async throws {
        guard nextRun.end <= clock.now else { return }
        nextRun = nextRun + 24
        let reply = try await submit(.settle(Settle(through: clock.now)), ParticipantID(1), on: sequencer)
        guard case .settlement(let run) = reply else { throw Fault(description: "a run was refused: \(reply)") }
        listed += run.deliveries
    }

    /// Reports the hours before `end`.
    private mutating func report(through end: Hour, on sequencer: Sequencer, _ clock: LapseClock) async throws {
        let (first, resources) = (next, market.sellers.map(\.resource))
        let sold = try await patiently { try await sequencer.read { exchange in resources.map { exchange.capacity($0, from: first, to: end).map(\.sold) } } }
        var reports: [ReportMeter] = []
        for place in 0..<Int(end - first) {
            for (index, units) in sold.enumerated() where units[place] > 0 {
                var report = MeterReportSpec()
                report.resourceID = resources[index]
                report.hour = first + Int32(place)
                report.sequence = sequences[index] + 1
                report.previousHash = sequences[index] > 0 ? Self.hash : nil
                report.deliveredDeviceSeconds = Int64(units[place]) * 3_600 * (index % 8 == 0 ? 9 : 10) / 10
                reports.append(ReportMeter(report: report, hash: Self.hash))
                sequences[index] += 1
            }
        }
        var tries = 0
        while !reports.isEmpty {
            let reply = try await submit(.reportMeters(ReportMeters(reports)), market.meter, on: sequencer)
            guard case .meterReports(let results) = reply else { throw Fault(description: "reports were refused: \(reply)") }
            // Where the machine is busy, an hour's lots may not all be deliveries yet.
            let refused = zip(reports, results).filter { $0.1.error != nil }
            reports = refused.map(\.0)
            guard let reason = refused.first?.1.error else { break }
            tries += 1
            guard tries < Self.mostTries else {
                throw Fault(description: "the machine is too busy for this time lapse; \(reports.count) reports were refused: \(reason)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        longestDelay = max(longestDelay, Hour(containing: clock.now) - first - 1)
        hours += Int(end - first)
        next = end
    }

    private func submit(_ command: Command, _ issuer: ParticipantID, on sequencer: Sequencer) async throws -> Reply {
        try await patiently { try await sequencer.submit(command, issuer: issuer, idempotency: nil).reply }
    }

    /// Asks again while the queue is full.
    private func patiently<Value>(_ ask: () async throws -> Value) async throws -> Value {
        for _ in 0..<Self.mostTries {
            do {
                return try await ask()
            } catch SubmissionError.overloaded {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        throw Fault(description: "the machine is too busy for this time lapse; its queue stayed full")
    }
}

/// A keeper at work beside the trading, until it is told to stop or the market cannot go on.
final class LapseKeeping: Sendable {
    private let isEnding = Atomic<Bool>(false)
    private let failed = Atomic<Bool>(false)
    private let work = Mutex<Task<LapseKeeper, any Error>?>(nil)

    /// Whether the market cannot go on; `stop` says why.
    var hasFailed: Bool { failed.load(ordering: .relaxed) }

    init(_ keeper: LapseKeeper, on sequencer: Sequencer, _ clock: LapseClock) {
        let task = Task { [self] in
            var keeper = keeper
            do {
                while !isEnding.load(ordering: .relaxed) {
                    try await keeper.work(on: sequencer, clock)
                    try await Task.sleep(for: .milliseconds(5))
                }
            } catch {
                failed.store(true, ordering: .relaxed)
                throw error
            }
            return keeper
        }
        work.withLock { $0 = task }
    }

    /// Ends the work; answers the keeper with its counts.
    func stop() async throws -> LapseKeeper? {
        isEnding.store(true, ordering: .relaxed)
        return try await work.withLock { $0 }?.value
    }
}
