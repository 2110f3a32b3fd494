import Foundation
import Matching
import TestSupport
import Testing

/// Random commands over all features: the books and sorted arrays must agree on every action and on everything that rests.
///
/// `SUANPAN_FUZZ_OPERATIONS` sets how many commands a run takes in all, `SUANPAN_FUZZ_SEED` where its seeds begin.
@Suite struct OrderBooksTwinTests {
    private static let operations = number("SUANPAN_FUZZ_OPERATIONS") ?? 40_000
    private static let firstSeed = UInt64(number("SUANPAN_FUZZ_SEED") ?? 1)
    /// Commands in one stream: long enough to fill and drain books several times, short enough to shrink.
    private static let streamLength = 5_000

    @Test(arguments: CommandStream.Prices.allCases)
    func `the books do what sorted arrays do`(prices: CommandStream.Prices) {
        let share = Self.operations / CommandStream.Prices.allCases.count
        let streams = max(1, (share + Self.streamLength - 1) / Self.streamLength)
        for stream in 0..<streams {
            guard compare(seed: Self.firstSeed + UInt64(stream), prices, length: min(share, Self.streamLength)) else { return }
        }
    }

    /// Runs one stream; on a difference records the seed and a short script that shows it, and returns false.
    private func compare(seed: UInt64, _ prices: CommandStream.Prices, length: Int) -> Bool {
        let books = 3
        var market = TwinMarket(books: books, comparesEvery: 7)
        var stream = CommandStream(seed: seed, prices: prices, books: books)
        var script: [BookCommand] = []
        // Dense places for random picks that do not depend on a dictionary's order.
        var known: [Int64] = []
        for _ in 0..<length {
            if known.count > 2 * market.live.count + 16 { known.removeAll { market.live[$0] == nil } }
            let command = stream.next(live: known.count) { known[$0] }
            script.append(command)
            switch command {
            case .enter(_, let id, _, _, _, _, _, _), .stop(_, let id, _, _, _, _): known.append(id)
            default: break
            }
            guard market.apply(command) != nil else { continue }
            let short = ScriptShrinker.shrink(script) { TwinMarket.firstDifference(in: $0, books: books) != nil }
            let difference = TwinMarket.firstDifference(in: short, books: books)?.difference ?? ""
            let lines = short.map(\.description).joined(separator: "\n")
            Issue.record("seed \(seed), prices \(prices): \(difference)\n\(lines)")
            return false
        }
        return true
    }

    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }
}

/// The shrinker, on failures known beforehand.
@Suite struct ScriptShrinkerTests {
    @Test func `a failing script shrinks to the steps that matter`() {
        let noise = (0..<500).map { BookCommand.cancel(Int64($0)) }
        let script = noise + [.last(0, price: 5)] + noise + [.reopen(1)] + noise
        let short = ScriptShrinker.shrink(script) { $0.contains(.last(0, price: 5)) && $0.contains(.reopen(1)) }
        #expect(short == [.last(0, price: 5), .reopen(1)])
    }
}
