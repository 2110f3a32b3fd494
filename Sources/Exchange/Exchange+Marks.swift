import Matching
import Pricing
import Quantities

/// Marks: what hours are worth now. MARKET.md section 9.
extension Exchange {
    /// The mark of a contract: mid of a book that is not too wide, else last, else the day's curve, else the reference.
    ///
    /// - Complexity: O(1); where the curve decides, O(hours of a day).
    func mark(of key: ContractKey) -> Mark {
        if let own = ownMark(of: key) { return own }
        if let price = dayPrice(key.product, day: Self.day(of: key.hour)) { return Mark(price, .curve) }
        return Mark(referencePrice(of: key), .reference)
    }

    /// The mark that a contract's own book and trades give it; nil where they give none.
    func ownMark(of key: ContractKey) -> Mark? {
        guard let index = contracts.index(of: key) else { return nil }
        let best = bestPrices(of: index)
        if let mid = Mark.mid(bid: best.bid, ask: best.ask) { return Mark(mid, .mid) }
        return contracts[index].last.map { Mark($0, .last) }
    }

    /// The best prices of a contract's book; none once its gate has closed.
    func bestPrices(of index: Int32) -> (bid: Price?, ask: Price?) {
        let state = contracts[index]
        guard let book = state.book else { return (nil, nil) }
        return (
            books.best(book, .buy).map { price(atTicks: $0, state.key.product) },
            books.best(book, .sell).map { price(atTicks: $0, state.key.product) }
        )
    }

    /// The volume-weighted price of all trades in the hours of a UTC day; nil without trades.
    func dayPrice(_ product: ProductID, day: Int32) -> Price? {
        var turnover: Int128 = 0
        var volume: Int64 = 0
        for hour in 0..<24 as Range<Int32> {
            guard let index = contracts.index(of: ContractKey(product: product, hour: Hour(day * 24 + hour))) else { continue }
            turnover += contracts[index].turnover
            volume += contracts[index].volume
        }
        return Notional.average(notional: turnover, quantity: volume)
    }

    /// Whole days since 1970 of an hour's start.
    static func day(of hour: Hour) -> Int32 { hour.hoursSince1970 / 24 }
}
