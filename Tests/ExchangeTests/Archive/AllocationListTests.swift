import Exchange
import Foundation
import Matching
import Quantities
import Registry
import TestSupport
import Testing

@Suite("Lists of allocations")
struct AllocationListTests {
    /// A participant's allocations, page by page, and how many questions they took.
    private func listed(
        _ exchange: Exchange, _ participant: ParticipantID, limit: Int, looking count: Int
    ) -> (found: [AllocationID], questions: Int) {
        var found: [AllocationID] = []
        var questions = 0
        while true {
            var page: [AllocationID] = []
            var next: AllocationID? = found.last ?? AllocationID.none
            while let start = next, page.count < limit {
                let (more, rest) = exchange.allocationNumbers(of: participant, after: start, limit: limit - page.count, looking: count)
                page += more
                next = rest
                questions += 1
            }
            found += page
            guard page.count == limit else { return (found, questions) }
        }
    }

    @Test("each participant finds what it holds and what it provides, whatever a page holds and a question looks at")
    func pages() {
        let seed = ProcessInfo.processInfo.environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        var simulation = Simulation(seed: seed)
        simulation.run(commands: 2_500)
        let exchange = simulation.market.exchange
        let all = (1...Int64(exchange.allocationCount)).map { AllocationID($0) }
        for participant in exchange.participants(after: .none, limit: .max).map(\.id) {
            let own = all.filter { exchange.isHolder(participant, of: $0) || exchange.isProvider(participant, of: $0) }
            for (limit, count) in [(1, 50), (7, 1), (20, 700), (1_000, 10), (100_000, .max)] {
                let found = listed(exchange, participant, limit: limit, looking: count).found
                #expect(found == own, "seed \(seed), \(participant), pages of \(limit), looking at \(count)")
            }
            #expect(exchange.allocations(of: participant, after: .none, limit: .max).map(\.id) == own, "seed \(seed)")
        }
    }

    @Test("a provider's question looks through an hour once for all its allocations, before the gate and after it")
    func oneHour() throws {
        let pit = Pit(units: 1_000)
        let market = pit.market
        market.checkEvery = 0
        pit.sell(cents(200), 400)
        for _ in 0..<400 { pit.buy(cents(200), 1, as: pit.alice) }
        let other = market.participant("Other", .provider)
        for minutes in [Int32(0), 110] {
            pit.advance(minutes: minutes)
            for (participant, own) in [(pit.provider, 400), (pit.alice, 400), (other, 0), (pit.bob, 0)] {
                let (found, questions) = listed(market.exchange, participant, limit: 1_000, looking: 50)
                #expect(found.count == own && questions == 8)
            }
        }
        #expect(market.exchange.keptDeliveries == 400)
    }
}
