import Pricing
import Quantities
import Testing

@Suite struct CandleTests {
    private let contract = ContractKey(product: ProductID(0), hour: Hour(500_000))

    private func spans(_ count: Int, width: Int64 = 60, hour: Hour? = nil) -> CandleSpans {
        CandleSpans(product: ProductID(0), hour: hour, start: Timestamp(600), width: width, count: count)
    }

    @Test("a candle has the first, the last, the extremes and the exact average of its trades")
    func sums() {
        var builder = CandleBuilder(spans(2))
        builder.add(contract, Price(10), 3, at: Timestamp(600))
        builder.add(contract, Price(13), 1, at: Timestamp(610))
        builder.add(contract, Price(9), 1, at: Timestamp(659))
        builder.add(contract, Price(11), 2, at: Timestamp(660))
        #expect(builder.candles.count == 2)
        let first = builder.candles[0]
        #expect(first.start == Timestamp(600) && first.open == Price(10) && first.high == Price(13) && first.low == Price(9))
        // 30 + 13 + 9 over 5 is 10.4.
        #expect(first.close == Price(9) && first.averagePrice == Price(10) && first.volume == 5 && first.trades == 3)
        #expect(builder.candles[1].start == Timestamp(660) && builder.candles[1].open == Price(11))
    }

    @Test("spans without trades are left out, and trades outside of the spans, of other products and other hours")
    func leavesOut() {
        var builder = CandleBuilder(spans(3, hour: contract.hour))
        builder.add(contract, Price(5), 1, at: Timestamp(599))
        builder.add(ContractKey(product: ProductID(1), hour: contract.hour), Price(5), 1, at: Timestamp(600))
        builder.add(ContractKey(product: ProductID(0), hour: contract.hour + 1), Price(5), 1, at: Timestamp(600))
        builder.add(contract, Price(7), 1, at: Timestamp(779))
        builder.add(contract, Price(5), 1, at: Timestamp(780))
        #expect(builder.candles.map(\.start) == [Timestamp(720)] && builder.candles[0].close == Price(7))
    }
}

@Suite struct MarkTests {
    @Test("a mid needs both sides, not crossed, and a spread of at most a fifth", arguments: [
        (nil, 100, nil), (100, nil, nil), (101, 100, nil), (100, 100, 100), (90, 110, 100), (90, 111, nil), (3, 4, nil), (99, 100, 99),
    ] as [(Int64?, Int64?, Int64?)])
    func mid(bid: Int64?, ask: Int64?, expected: Int64?) {
        #expect(Mark.mid(bid: bid.map { Price($0) }, ask: ask.map { Price($0) }) == expected.map { Price($0) })
    }

    @Test("the highest prices do not overflow")
    func limits() {
        #expect(Mark.mid(bid: .limit, ask: .limit) == .limit)
        #expect(Mark.mid(bid: Price(1), ask: .limit) == nil)
    }
}
