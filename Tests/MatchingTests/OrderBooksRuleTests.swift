import Matching
import TestSupport
import Testing

/// The rules of the book, one table each: what rests, what comes in, what happens.
@Suite struct OrderBooksRuleTests {
    /// What one incoming order does to a book.
    struct Rule: CustomTestStringConvertible {
        let name: String
        /// Resting orders, oldest first.
        var resting: [Resting]
        let incoming: Incoming
        /// What happens to the makers, in order.
        let actions: [NaiveBook.Action]
        var left: UInt32 = 0
        var stopped = false
        /// The ids of the side swept afterwards, in priority.
        let queue: [Int64]

        var testDescription: String { name }
    }

    struct Resting {
        let id: Int64
        let price: Int64
        let quantity: UInt32
        var display: UInt32 = .max
        var owner: UInt32 = 0
    }

    struct Incoming {
        let limit: Int64
        let quantity: UInt32
        var prevention: SelfTradePrevention = .cancelNewest
        /// Who comes in: owner 9, a stranger to all makers but those marked 9.
        let owner: UInt32 = 9
    }

    static func fill(_ id: Int64, _ quantity: UInt32, at price: Int64, left: UInt32 = 0) -> NaiveBook.Action {
        NaiveBook.Action(kind: .fill, makerID: id, price: price, quantity: quantity, makerRemaining: left)
    }

    static func cancelled(_ id: Int64, _ quantity: UInt32, at price: Int64) -> NaiveBook.Action {
        NaiveBook.Action(kind: .makerCancelled, makerID: id, price: price, quantity: quantity, makerRemaining: 0)
    }

    static let rules: [Rule] = [
        Rule(
            name: "an order that reaches nobody trades nothing",
            resting: [Resting(id: 1, price: 101, quantity: 5)],
            incoming: Incoming(limit: 100, quantity: 5), actions: [], left: 5, queue: [1]),
        Rule(
            name: "a trade happens at the resting order's price",
            resting: [Resting(id: 1, price: 95, quantity: 5)],
            incoming: Incoming(limit: 100, quantity: 5), actions: [fill(1, 5, at: 95)], queue: []),
        Rule(
            name: "the limit itself still trades",
            resting: [Resting(id: 1, price: 100, quantity: 5)],
            incoming: Incoming(limit: 100, quantity: 5), actions: [fill(1, 5, at: 100)], queue: []),
        Rule(
            name: "the best price trades first, whatever its age",
            resting: [Resting(id: 1, price: 102, quantity: 5), Resting(id: 2, price: 101, quantity: 5)],
            incoming: Incoming(limit: 102, quantity: 7), actions: [fill(2, 5, at: 101), fill(1, 2, at: 102, left: 3)], queue: [1]),
        Rule(
            name: "at one price the oldest trades first, and keeps its place when it is filled in part",
            resting: [Resting(id: 1, price: 100, quantity: 5), Resting(id: 2, price: 100, quantity: 5)],
            incoming: Incoming(limit: 100, quantity: 3), actions: [fill(1, 3, at: 100, left: 2)], queue: [1, 2]),
        Rule(
            name: "a sweep stops at its limit with the rest unfilled",
            resting: [Resting(id: 1, price: 100, quantity: 5), Resting(id: 2, price: 103, quantity: 5)],
            incoming: Incoming(limit: 102, quantity: 9), actions: [fill(1, 5, at: 100)], left: 4, queue: [2]),
        Rule(
            name: "a used-up iceberg part is refreshed at the back of its price",
            resting: [Resting(id: 1, price: 100, quantity: 10, display: 3), Resting(id: 2, price: 100, quantity: 5)],
            incoming: Incoming(limit: 100, quantity: 4),
            actions: [fill(1, 3, at: 100, left: 7), fill(2, 1, at: 100, left: 4)], queue: [2, 1]),
        Rule(
            name: "an iceberg filled within its displayed part keeps its place",
            resting: [Resting(id: 1, price: 100, quantity: 10, display: 3), Resting(id: 2, price: 100, quantity: 5)],
            incoming: Incoming(limit: 100, quantity: 2), actions: [fill(1, 2, at: 100, left: 8)], queue: [1, 2]),
        Rule(
            name: "a sweep takes an iceberg's refreshes before a worse price",
            resting: [Resting(id: 1, price: 100, quantity: 7, display: 3), Resting(id: 2, price: 101, quantity: 5)],
            incoming: Incoming(limit: 101, quantity: 8),
            actions: [
                fill(1, 3, at: 100, left: 4), fill(1, 3, at: 100, left: 1), fill(1, 1, at: 100), fill(2, 1, at: 101, left: 4),
            ], queue: [2]),
        Rule(
            name: "two icebergs of one price take turns",
            resting: [Resting(id: 1, price: 100, quantity: 4, display: 2), Resting(id: 2, price: 100, quantity: 3, display: 1)],
            incoming: Incoming(limit: 100, quantity: 7),
            actions: [
                fill(1, 2, at: 100, left: 2), fill(2, 1, at: 100, left: 2), fill(1, 2, at: 100), fill(2, 1, at: 100, left: 1),
                fill(2, 1, at: 100),
            ], queue: []),
        Rule(
            name: "cancel newest: the taker stops before its own order, and keeps what it has filled",
            resting: [
                Resting(id: 1, price: 100, quantity: 5), Resting(id: 2, price: 100, quantity: 5, owner: 9),
                Resting(id: 3, price: 100, quantity: 5),
            ],
            incoming: Incoming(limit: 100, quantity: 8, prevention: .cancelNewest),
            actions: [fill(1, 5, at: 100)], left: 3, stopped: true, queue: [2, 3]),
        Rule(
            name: "cancel oldest: the own order goes whole and the sweep goes on",
            resting: [
                Resting(id: 1, price: 100, quantity: 5), Resting(id: 2, price: 100, quantity: 6, display: 2, owner: 9),
                Resting(id: 3, price: 100, quantity: 5),
            ],
            incoming: Incoming(limit: 100, quantity: 8, prevention: .cancelOldest),
            actions: [fill(1, 5, at: 100), cancelled(2, 6, at: 100), fill(3, 3, at: 100, left: 2)], queue: [3]),
        Rule(
            name: "cancel both: the own order goes whole and the taker stops",
            resting: [
                Resting(id: 1, price: 100, quantity: 5), Resting(id: 2, price: 100, quantity: 6, owner: 9),
                Resting(id: 3, price: 100, quantity: 5),
            ],
            incoming: Incoming(limit: 100, quantity: 8, prevention: .cancelBoth),
            actions: [fill(1, 5, at: 100), cancelled(2, 6, at: 100)], left: 3, stopped: true, queue: [3]),
        Rule(
            name: "a taker that is filled before it meets its own order is not stopped",
            resting: [Resting(id: 1, price: 100, quantity: 5), Resting(id: 2, price: 100, quantity: 5, owner: 9)],
            incoming: Incoming(limit: 100, quantity: 5, prevention: .cancelBoth), actions: [fill(1, 5, at: 100)], queue: [2]),
        Rule(
            name: "an own order beyond the limit is left alone",
            resting: [Resting(id: 1, price: 100, quantity: 5), Resting(id: 2, price: 101, quantity: 5, owner: 9)],
            incoming: Incoming(limit: 100, quantity: 9, prevention: .cancelOldest), actions: [fill(1, 5, at: 100)], left: 4, queue: [2]),
        Rule(
            name: "before an own order only an iceberg's displayed part trades, for its refresh queues behind",
            resting: [Resting(id: 1, price: 100, quantity: 9, display: 2), Resting(id: 2, price: 100, quantity: 5, owner: 9)],
            incoming: Incoming(limit: 100, quantity: 9), actions: [fill(1, 2, at: 100, left: 7)], left: 7, stopped: true, queue: [2, 1]),
    ]

    @Test(arguments: rules)
    func `a buy sweeps the asks by these rules`(rule: Rule) {
        check(rule, taker: .buy) { $0 }
    }

    @Test(arguments: rules)
    func `a sell sweeps the bids by the same rules, prices turned round`(rule: Rule) {
        check(rule, taker: .sell) { 1000 - $0 }
    }

    private func check(_ rule: Rule, taker: Side, price: (Int64) -> Int64) {
        var books = OrderBooks()
        let book = books.openBook()
        for order in rule.resting {
            _ = books.insert(
                book, id: order.id, side: taker.opposite, price: price(order.price), quantity: order.quantity,
                display: min(order.display, order.quantity), owner: order.owner)
        }
        let filled = rule.actions.filter { $0.kind == .fill }.reduce(0) { $0 + $1.quantity }
        let incoming = rule.incoming
        #expect(
            books.fillableQuantity(
                book, side: taker, limit: price(incoming.limit), quantity: incoming.quantity, owner: incoming.owner,
                prevention: incoming.prevention) == filled)
        var actions = MatchActions()
        let outcome = books.match(
            book, side: taker, limit: price(incoming.limit), quantity: incoming.quantity, owner: incoming.owner,
            prevention: incoming.prevention, takerID: 100, into: &actions)
        var found: [NaiveBook.Action] = []
        for index in 0..<actions.count {
            let action = actions[index]
            found.append(
                NaiveBook.Action(
                    kind: action.kind, makerID: action.makerID, price: price(action.price), quantity: action.quantity,
                    makerRemaining: action.makerRemaining))
        }
        #expect(found == rule.actions)
        #expect(outcome == MatchOutcome(remaining: rule.left, stoppedBySelfTrade: rule.stopped))
        var queue: [Int64] = []
        books.forEachOrder(book, taker.opposite) { slot in
            queue.append(books.order(slot).id)
            return true
        }
        #expect(queue == rule.queue)
        #expect(books.brokenInvariant(of: book) == nil)
    }
}

/// Orders that change in their place.
@Suite struct OrderBooksAmendmentTests {
    @Test func `a resting order keeps its priority when its quantity shrinks`() {
        var books = OrderBooks()
        let book = books.openBook()
        let first = books.insert(book, id: 1, side: .buy, price: 100, quantity: 9, display: 9, owner: 1)
        _ = books.insert(book, id: 2, side: .buy, price: 100, quantity: 9, display: 9, owner: 2)
        books.reduce(first, to: 4)
        #expect(books.order(first).remaining == 4)
        #expect(ids(books, book, .buy) == [1, 2])
        #expect(levels(books, book, .buy) == ["100: 13 in 2"])
    }

    @Test func `an iceberg that shrinks below what it shows, shows what is left`() {
        var books = OrderBooks()
        let book = books.openBook()
        let slot = books.insert(book, id: 1, side: .sell, price: 100, quantity: 9, display: 4, owner: 1)
        books.reduce(slot, to: 6)
        #expect(books.order(slot).displayed == 4)
        books.reduce(slot, to: 3)
        #expect(books.order(slot).displayed == 3)
        #expect(levels(books, book, .sell) == ["100: 3 in 1"])
    }

    @Test func `a directed fill takes an iceberg's whole remainder at its present place`() {
        var books = OrderBooks()
        let book = books.openBook()
        let iceberg = books.insert(book, id: 1, side: .sell, price: 100, quantity: 10, display: 3, owner: 1)
        _ = books.insert(book, id: 2, side: .sell, price: 100, quantity: 5, display: 5, owner: 2)
        #expect(books.fill(iceberg, quantity: 8) == 2)
        #expect(books.order(iceberg).displayed == 2)
        #expect(ids(books, book, .sell) == [1, 2])
        #expect(books.fill(iceberg, quantity: 2) == 0)
        #expect(ids(books, book, .sell) == [2])
    }

    @Test func `a directed fill passes over better orders`() {
        var books = OrderBooks()
        let book = books.openBook()
        _ = books.insert(book, id: 1, side: .sell, price: 100, quantity: 5, display: 5, owner: 1)
        let worse = books.insert(book, id: 2, side: .sell, price: 105, quantity: 5, display: 5, owner: 2)
        #expect(books.fill(worse, quantity: 5) == 0)
        #expect(levels(books, book, .sell) == ["100: 5 in 1"])
    }

    @Test func `a slot is not used again before the next insertion`() {
        var books = OrderBooks()
        var actions = MatchActions()
        let book = books.openBook()
        let slots = (1...3).map { books.insert(book, id: $0, side: .sell, price: 100, quantity: 1, display: 1, owner: 1) }
        _ = books.match(
            book, side: .buy, limit: 100, quantity: 3, owner: 2, prevention: .cancelNewest, takerID: 4, into: &actions)
        #expect((0..<3).map { actions[$0].slot } == slots)
        #expect(slots.contains(books.insert(book, id: 5, side: .buy, price: 99, quantity: 1, display: 1, owner: 2)))
    }

    private func ids(_ books: borrowing OrderBooks, _ book: BookIndex, _ side: Side) -> [Int64] {
        var slots: [OrderSlot] = []
        books.forEachOrder(book, side) {
            slots.append($0)
            return true
        }
        var ids: [Int64] = []
        for slot in slots { ids.append(books.order(slot).id) }
        return ids
    }

    private func levels(_ books: borrowing OrderBooks, _ book: BookIndex, _ side: Side) -> [String] {
        var levels: [String] = []
        books.forEachLevel(book, side, maximum: 10) { levels.append("\($0): \($1) in \($2)") }
        return levels
    }
}

/// Which stop enters, and when.
@Suite struct OrderBooksStopTests {
    @Test(arguments: [(99, nil), (100, 1), (101, 1)] as [(Int64, Int64?)])
    func `a buy stop triggers at its price or above`(last: Int64, triggered: Int64?) {
        #expect(Self.take([(1, .buy, 100)], last) == triggered.map { [$0] } ?? [])
    }

    @Test(arguments: [(101, nil), (100, 1), (99, 1)] as [(Int64, Int64?)])
    func `a sell stop triggers at its price or below`(last: Int64, triggered: Int64?) {
        #expect(Self.take([(1, .sell, 100)], last) == triggered.map { [$0] } ?? [])
    }

    @Test func `of several triggered stops the earliest accepted enters first, whatever side and price`() {
        let stops: [(Int64, Side, Int64)] = [(5, .buy, 90), (3, .sell, 100), (4, .buy, 100), (1, .sell, 120), (2, .buy, 101)]
        #expect(Self.take(stops, 100) == [1, 3, 4, 5])
    }

    @Test func `a stop waits when the last price has moved back before its turn`() {
        var books = OrderBooks()
        let book = books.openBook()
        let slot = books.insertStop(book, id: 1, side: .buy, stopPrice: 100, quantity: 1, owner: 1)
        #expect(books.triggeredStop(book, last: 100) == slot)
        #expect(books.takeTriggeredStop(book, last: 99) == nil)
        #expect(books.takeTriggeredStop(book, last: 100) == slot)
        #expect(books.isEmpty(book) == true)
    }

    @Test func `a stop shrinks and is cancelled like any order, and is not shown`() {
        var books = OrderBooks()
        let book = books.openBook()
        let slot = books.insertStop(book, id: 1, side: .sell, stopPrice: 100, quantity: 9, owner: 4)
        books.reduce(slot, to: 5)
        #expect(books.order(slot).remaining == 5)
        #expect(books.order(slot).isStop)
        #expect(books.best(book, .sell) == nil)
        #expect(books.isEmpty(book) == false)
        #expect(books.cancel(slot) == 5)
        #expect(books.isEmpty(book) == true)
    }

    private static func take(_ stops: [(Int64, Side, Int64)], _ last: Int64) -> [Int64] {
        var books = OrderBooks()
        let book = books.openBook()
        var slots: [OrderSlot: Int64] = [:]
        for (id, side, price) in stops {
            slots[books.insertStop(book, id: id, side: side, stopPrice: price, quantity: 1, owner: 1)] = id
        }
        var taken: [Int64] = []
        while let slot = books.takeTriggeredStop(book, last: last) { taken.append(slots[slot] ?? 0) }
        return taken
    }
}
