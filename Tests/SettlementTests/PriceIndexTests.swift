import Pricing
import Quantities
import TestSupport
import Testing

@Suite struct FixedLogarithmTests {
    @Test("binary logarithms in units of 2^-32", arguments: [
        (1, 0), (2, 4_294_967_296), (3, 6_807_362_105), (1_000_000, 85_605_435_163), (3_160_000, 92_734_756_855),
        (1_000_000_000_000, 171_210_870_326), (4_611_686_018_427_387_903, 266_287_972_351),
    ] as [(Int64, Int64)])
    func vectors(value: Int64, expected: Int64) { #expect(FixedLogarithm.log2(value) == expected) }

    @Test("powers of two are exact, and it never falls")
    func rises() {
        for power in 0..<62 { #expect(FixedLogarithm.log2(1 << Int64(power)) == Int64(power) << 32) }
        var previous: Int64 = 0
        for value in 1...5_000 as ClosedRange<Int64> {
            let logarithm = FixedLogarithm.log2(value)
            #expect(logarithm >= previous)
            previous = logarithm
        }
    }
}

@Suite struct PriceIndexTests {
    /// Sales as (seller, price, device-seconds), numbered in order.
    static func sales(_ list: [(Int64, Int64, Int64)]) -> [IndexInput] {
        list.enumerated().map { number, sale in
            IndexInput(trade: TradeID(Int64(number) + 1), seller: ParticipantID(sale.0), price: Price(sale.1), deviceSeconds: sale.2)
        }
    }

    /// Two sales of each of four sellers.
    private static let even = sales([
        (1, 2_000_000, 3_600), (2, 2_100_000, 3_600), (3, 1_900_000, 3_600), (4, 2_000_000, 3_600), (1, 2_000_000, 3_600),
        (2, 2_100_000, 3_600), (3, 1_900_000, 3_600), (4, 2_000_000, 3_600),
    ])

    @Test("four sellers and eight trades give a value, the mean by delivered time")
    func publishes() {
        let index = PriceIndex(Self.even)
        #expect(index.status == .published && index.reason == nil && index.value == Price(2_000_000))
        #expect(index.sellers == 4 && index.trades == 8 && index.deviceSeconds == 28_800 && index.dispersion == Measure(25_000))
    }

    @Test("what is missing is told, the first reason that applies")
    func withholds() {
        #expect(PriceIndex([]).reason == .noTrades && PriceIndex(Self.sales([(1, 5, 0)])).reason == .noTrades)
        #expect(PriceIndex(Self.even.filter { $0.seller.rawValue < 4 }).reason == .tooFewSellers)
        #expect(PriceIndex(Array(Self.even.prefix(7))).reason == .tooFewTrades)
        let wide = Self.sales((0..<8).map { (Int64($0 % 4) + 1, $0 % 2 == 0 ? 1_000_000 : 9_000_000, 3_600) })
        let index = PriceIndex(wide)
        #expect(index.reason == .tooDispersed && index.value == nil && index.dispersion == Measure(800_000))
        #expect(PriceIndex(Self.sales([(1, 5, 1_000_000_000_000_001)])).reason == .tooLarge)
        #expect(PriceIndex(withheld: .notSettled).reason == .notSettled)
    }

    @Test("a price far from the median is left out, by either side; none where half of the weight agrees")
    func screens() {
        var list: [(Int64, Int64, Int64)] = []
        for number in Int64(0)..<20 { list.append((number % 5 + 1, 2_000_000 + number * 10_000, 3_600)) }
        list.append((6, 20_000_000, 3_600))
        list.append((6, 200_000, 3_600))
        let index = PriceIndex(Self.sales(list))
        #expect(index.lines.filter(\.isOutlier).map(\.input.price) == [Price(20_000_000), Price(200_000)])
        #expect(index.sellers == 5 && index.trades == 20 && index.value == Price(2_095_000))
        let same = PriceIndex(Self.sales((0..<12).map { (Int64($0 % 6) + 1, $0 == 0 ? 3_000_000 : 2_000_000, 3_600) }))
        #expect(same.lines.allSatisfy { !$0.isOutlier })
    }

    @Test("no owner weighs more than 35 %, one or two large ones alike", arguments: [[1_000_000, 10, 10, 10], [900, 900, 5, 5], [40, 30, 20, 10], [36, 33, 31, 1]] as [[Int64]])
    func caps(seconds: [Int64]) {
        var list: [(Int64, Int64, Int64)] = []
        for (seller, amount) in seconds.enumerated() { for _ in 0..<3 { list.append((Int64(seller) + 1, 2_000_000, amount)) } }
        let index = PriceIndex(Self.sales(list))
        let total = index.lines.reduce(Int128(0)) { $0 + $1.weight }
        for seller in 1...4 as ClosedRange<Int64> {
            let own = index.lines.filter { $0.input.seller.rawValue == seller }.reduce(Int128(0)) { $0 + $1.weight }
            // Each of three lines is rounded down.
            #expect(100 * own <= 35 * (total + 12), "\(seller) of \(seconds)")
        }
        #expect(index.value == Price(2_000_000))
    }

    @Test("whatever one seller does, the index stays within the others' prices, or 35 % of the way from there to its own")
    func manipulation() {
        let seed: UInt64 = 20_261_123
        var random = SeededGenerator(seed: seed)
        var published = 0
        for round in 0..<2_000 {
            var list: [(Int64, Int64, Int64)] = []
            for seller in 1...Int64(4 + random.next() % 4) {
                for _ in 0..<(2 + random.next() % 4) {
                    list.append((seller, 1_500_000 + Int64(random.next() % 1_000_000), Int64(random.next() % 100_000) + 1))
                }
            }
            let honest = list
            // The manipulator: any number of sales of any size at any price.
            let extreme = random.next() % 2 == 0
            for _ in 0..<(1 + random.next() % 40) {
                let price = extreme ? Int64(random.next() % 1_000_000_000) + 1 : 1_000_000 + Int64(random.next() % 3_000_000)
                list.append((99, price, Int64(random.next() % 100_000_000) + 1))
            }
            let index = PriceIndex(Self.sales(list))
            guard let value = index.value else { continue }
            published += 1
            let others = honest.map(\.1)
            let own = list.filter { $0.0 == 99 }.map(\.1)
            guard let low = others.min(), let high = others.max(), let least = own.min(), let most = own.max() else { continue }
            let floor = low - max(0, low - least) * 35 / 100 - 1
            let ceiling = high + max(0, most - high) * 35 / 100 + 1
            #expect((floor...ceiling).contains(value.rawValue), "seed \(seed), round \(round)")
        }
        #expect(published > 200)
    }

    @Test("names of sellers and the order of sales change nothing")
    func symmetric() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let list = (0..<20).map { _ in
                (Int64(random.next() % 5) + 1, 1_000_000 + Int64(random.next() % 2_000_000), Int64(random.next() % 4) * 3_600)
            }
            let renamed = list.map { (100 - $0.0, $0.1, $0.2) }
            let (first, second) = (PriceIndex(Self.sales(list)), PriceIndex(Self.sales(renamed)))
            #expect(first.value == second.value && first.reason == second.reason && first.dispersion == second.dispersion)
            #expect(PriceIndex(Self.sales(list).reversed()) == first)
        }
    }
}
