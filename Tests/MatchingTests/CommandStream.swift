import Matching
import TestSupport

/// Random scripts over every feature of the books, in several kinds of market.
struct CommandStream {
    /// Where prices lie.
    enum Prices: CaseIterable {
        /// Seven ticks: long queues, much trading.
        case tight
        /// A thousand ticks whose middle wanders: windows grow and follow.
        case wandering
        /// A million ticks, dense near the middle: much outside the window.
        case wide
        /// Anything from 1 to the largest, and both ends often.
        case extreme
    }

    private let prices: Prices
    private let books: Int
    private var generator: SeededGenerator
    private var nextID: Int64 = 1
    private var middle: Int64 = 1_000_000
    /// Whether the market fills up or runs dry at present.
    private var isFilling = true

    init(seed: UInt64, prices: Prices, books: Int) {
        self.prices = prices
        self.books = books
        generator = SeededGenerator(seed: seed)
    }

    /// The next command, given how many orders live and one of them to pick on.
    mutating func next(live: Int, pick: (Int) -> Int64?) -> BookCommand {
        if live < 5 { isFilling = true }
        if live > (prices == .tight ? 120 : 300) { isFilling = false }
        if roll(2000) == 0 { isFilling.toggle() }
        if roll(20) == 0 { middle += Int64(roll(41)) - 20 }
        let book = roll(books)
        let kind = roll(100)
        if kind < (isFilling ? 55 : 25) { return entry(book) }
        if kind < 60 { return .sweep(book, side(), limit: price(), quantity: quantity(), owner: owner(), prevention: prevention()) }
        if kind < 68 { return .count(book, side(), limit: price(), quantity: quantity(), owner: owner(), prevention: prevention()) }
        if kind < 72 {
            defer { nextID += 1 }
            return .stop(book, id: nextID, side(), price: price(), quantity: quantity(), owner: owner())
        }
        if kind < 75 { return .last(book, price: price()) }
        if kind < 76 { return .reopen(book) }
        guard live > 0, let id = pick(roll(live)) else { return entry(book) }
        if kind < 80 { return .reduce(id, to: quantity()) }
        if kind < 85 { return .fill(id, quantity: quantity()) }
        return .cancel(id)
    }

    private mutating func entry(_ book: Int) -> BookCommand {
        defer { nextID += 1 }
        let quantity = quantity()
        let display = roll(4) == 0 ? UInt32(1 + roll(5)) : .max
        let side = side()
        // Mostly on its own side of the middle, so that the book fills; across it now and then.
        var price = price()
        if prices != .extreme, roll(5) > 0 {
            let distance = abs(price - middle)
            price = side == .buy ? middle - distance : middle + 1 + distance
        }
        return .enter(
            book, id: nextID, side, price: max(1, price), quantity: quantity, display: display, owner: owner(), prevention: prevention())
    }

    private mutating func price() -> Int64 {
        switch prices {
        case .tight: return middle + Int64(roll(7)) - 3
        case .wandering:
            if roll(200) == 0 { middle += Int64(roll(2001)) - 1000 }
            return middle + Int64(roll(1001)) - 500
        case .wide:
            let distance = roll(3) > 0 ? roll(50) : roll(1000) * roll(1000)
            return max(1, roll(2) == 0 ? middle - Int64(distance) : middle + Int64(distance))
        case .extreme:
            switch roll(4) {
            case 0: return 1 + Int64(roll(70))
            case 1: return .max - Int64(roll(70))
            case 2: return 1 + Int64(generator.next() >> 2)
            default: return 1 + Int64(generator.next() >> UInt64(2 + roll(60)))
            }
        }
    }

    private mutating func quantity() -> UInt32 {
        roll(30) == 0 ? UInt32(1 + roll(1_000_000)) : UInt32(1 + roll(20))
    }

    private mutating func side() -> Side { roll(2) == 0 ? .buy : .sell }

    private mutating func owner() -> UInt32 { UInt32(roll(6)) }

    private mutating func prevention() -> SelfTradePrevention {
        SelfTradePrevention(rawValue: UInt8(roll(3))) ?? .cancelNewest
    }

    private mutating func roll(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
}
