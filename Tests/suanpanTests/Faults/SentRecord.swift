import Client
import Foundation
import Quantities
import TestSupport
import Testing

/// Everything that clients sent to one exchange, and what must be true of it whatever happened to the server.
struct SentRecord: Sendable {
    /// What the balances must add up to.
    enum Stage {
        /// Everything bought is in escrow.
        case trading
        /// Hours of these contracts were delivered in full, all others refunded.
        case settled(metered: Set<String>)

        /// The contracts that were delivered in full; nil while all is in escrow.
        var metered: Set<String>? {
            if case .settled(let metered) = self { metered } else { nil }
        }
    }

    var market = FaultMarket()
    let seed: UInt64
    var requests: [SentRequest] = []
    private static let workers = 8

    init(seed: UInt64) { self.seed = seed }

    /// How many requests have no answer yet.
    var openCount: Int { requests.count { $0.answer == nil } }

    /// Compares what the server says now with every answer that it gave: orders, bids, offers, trades, cash and escrow.
    func check(_ stage: Stage, at url: String) async throws {
        let client = try SuanpanClient(url: url)
        for (number, trader) in market.traders.enumerated() {
            let own = requests.filter { $0.trader == number }
            try await TraderCheck(client: client.acting(with: trader.key), trader: trader, requests: own, seed: seed)
                .run(stage.metered)
        }
        try await checkBooks(at: url)
    }

    /// That debits are credits and no book is crossed.
    func checkBooks(at url: String) async throws {
        let client = try SuanpanClient(url: url)
        let lines = try await client.acting(with: FaultMarket.operatorKey).trialBalance()
        #expect(!lines.isEmpty && lines.allSatisfy { $0.balanced && $0.debits == $0.credits }, "seed \(seed)")
        for contract in market.contracts {
            let book = try await client.book(contract, depth: 1)
            if let bid = book.bids.first, let ask = book.asks.first {
                #expect(bid.price < ask.price, "\(contract) is crossed, seed \(seed)")
            }
        }
    }

    /// Sends requests again with their keys. What was answered is answered the same and marked as a repetition; what was
    /// not is done now or was done before, and once more repeated is marked too.
    ///
    /// - Parameter positions: Which ones; nil for all.
    /// - Returns: how many requests without an answer had taken effect.
    @discardableResult
    mutating func repeatRequests(_ positions: [Int]? = nil, at url: String) async throws -> Int {
        let positions = positions ?? Array(requests.indices)
        let chosen = positions.map { requests[$0] }
        let seed = seed
        let answers = try await SuanpanClient.withConnections(Self.workers, to: url) { client in
            try await withThrowingTaskGroup(of: [(Int, RawAnswer)].self) { group in
                for worker in 0..<Self.workers {
                    group.addTask {
                        var answers: [(Int, RawAnswer)] = []
                        for index in stride(from: worker, to: chosen.count, by: Self.workers) {
                            let request = chosen[index]
                            let first = try await request.send(with: client)
                            answers.append((index, first))
                            let expected = request.answer ?? first
                            let second = request.answer == nil ? try await request.send(with: client) : first
                            #expect(second.isRepetition, "\(request): \(second.status) \(second.text), seed \(seed)")
                            #expect(second.isSame(as: expected), "\(request): \(second.text), seed \(seed)")
                        }
                        return answers
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        var done = 0
        for (index, answer) in answers where chosen[index].answer == nil {
            requests[positions[index]].answer = answer
            if answer.isRepetition { done += 1 }
        }
        return done
    }

    // MARK: The end of the day

    /// Reports every unit sold in these hours of the day as delivered in full.
    ///
    /// - Parameter during: called before each report, to do harm.
    /// - Returns: the symbols of the hours' contracts.
    func meter(
        hours: Range<Int>, at url: @Sendable () throws -> String, during harm: (Int) async throws -> Void = { _ in }
    ) async throws -> Set<String> {
        var number = 0
        for provider in market.traders {
            guard let resource = provider.resource else { continue }
            let trades = try await OwnTrade.all(of: SuanpanClient(url: url(), key: provider.key))
            var previous: String?
            var sequence: Int64 = 0
            for hour in hours {
                let sold = trades.filter { $0.contract == market.symbol(hour) }.reduce(0) { $0 + $1.quantity }
                sequence += 1
                try await harm(number)
                number += 1
                let report = NewMeterReport(
                    resourceId: resource, hour: market.hour(hour).start, sequence: sequence, previousHash: previous,
                    deliveredDeviceSeconds: Int64(sold) * 3_600, itEnergyKwh: Measure(Int64(sold) * 700_000))
                previous = try await SuanpanClient(url: url(), key: market.meterKey)
                    .report(report, idempotencyKey: "meter-\(resource)-\(hour)").hash
            }
        }
        return Set(hours.map { market.symbol($0) })
    }
}
