import Matching
import TestSupport

/// Books and their naive twins, driven by the same script and compared after every step.
struct TwinMarket: ~Copyable {
    private var books = OrderBooks()
    private var directory = OrderDirectory()
    private var actions = MatchActions()
    private var indices: [BookIndex] = []
    private var twins: [NaiveBook] = []
    /// The book of each live order or stop.
    private(set) var live: [Int64: Int] = [:]

    /// After how many steps everything that rests is compared; what a step returns is compared always.
    private let comparesEvery: Int
    private var steps = 0

    init(books count: Int, comparesEvery: Int = 1) {
        self.comparesEvery = comparesEvery
        for _ in 0..<count {
            indices.append(books.openBook())
            twins.append(NaiveBook())
        }
    }

    /// The naive twin of a book, for a generator that wants to know its state.
    func twin(_ book: Int) -> NaiveBook { twins[book] }

    /// Runs a script in new books. Returns the first step after which they differ from their twins, and how.
    static func firstDifference(in script: [BookCommand], books: Int) -> (step: Int, difference: String)? {
        var market = TwinMarket(books: books)
        for (step, command) in script.enumerated() {
            if let difference = market.apply(command) { return (step, difference) }
        }
        return nil
    }

    /// Takes one step on both sides. Returns how they differ afterwards, nil when they do not.
    mutating func apply(_ command: BookCommand) -> String? {
        switch command {
        case .enter(let book, let id, let side, let price, let quantity, let display, let owner, let prevention):
            guard live[id] == nil else { return nil }
            return enter(book, id, side, price, quantity, display, owner, prevention) ?? difference(book)
        case .sweep(let book, let side, let limit, let quantity, let owner, let prevention):
            return sweep(book, 0, side, limit, quantity, owner, prevention).difference ?? difference(book)
        case .count(let book, let side, let limit, let quantity, let owner, let prevention):
            let found = books.fillableQuantity(
                indices[book], side: side, limit: limit, quantity: quantity, owner: owner, prevention: prevention)
            let expected = twins[book].fillableQuantity(
                side: side, limit: limit, quantity: quantity, owner: owner, prevention: prevention)
            return differs("fillable", found, expected)
        case .cancel(let id):
            guard let book = live[id] else { return nil }
            return cancel(book, id) ?? difference(book)
        case .reduce(let id, let wanted):
            guard let book = live[id], let slot = directory.slot(of: id), let order = twins[book].find(id) else { return nil }
            let remaining = min(max(wanted, 1), order.remaining)
            books.reduce(slot, to: remaining)
            twins[book].reduce(id, to: remaining)
            return difference(book)
        case .fill(let id, let wanted):
            guard let book = live[id], let slot = directory.slot(of: id), let order = twins[book].find(id), order.displayed > 0
            else { return nil }
            let quantity = min(max(wanted, 1), order.remaining)
            let left = books.fill(slot, quantity: quantity)
            if left == 0 { forget(id) }
            return differs("left", left, twins[book].fill(id, quantity: quantity)) ?? difference(book)
        case .stop(let book, let id, let side, let price, let quantity, let owner):
            guard live[id] == nil else { return nil }
            let slot = books.insertStop(indices[book], id: id, side: side, stopPrice: price, quantity: quantity, owner: owner)
            twins[book].insertStop(id: id, side: side, stopPrice: price, quantity: quantity, owner: owner)
            remember(id, book, slot)
            return difference(book)
        case .last(let book, let price):
            return trigger(book, price) ?? difference(book)
        case .reopen(let book):
            guard books.isEmpty(indices[book]) else { return nil }
            books.closeBook(indices[book])
            indices[book] = books.openBook()
            return difference(book)
        }
    }

    private mutating func enter(
        _ book: Int, _ id: Int64, _ side: Side, _ price: Int64, _ quantity: UInt32, _ display: UInt32, _ owner: UInt32,
        _ prevention: SelfTradePrevention
    ) -> String? {
        let (difference, outcome) = sweep(book, id, side, price, quantity, owner, prevention)
        if let difference { return difference }
        guard outcome.remaining > 0, !outcome.stoppedBySelfTrade else { return nil }
        let shown = min(max(display, 1), outcome.remaining)
        let slot = books.insert(
            indices[book], id: id, side: side, price: price, quantity: outcome.remaining, display: shown, owner: owner)
        twins[book].insert(id: id, side: side, price: price, quantity: outcome.remaining, display: shown, owner: owner)
        remember(id, book, slot)
        return nil
    }

    private mutating func sweep(
        _ book: Int, _ id: Int64, _ side: Side, _ limit: Int64, _ quantity: UInt32, _ owner: UInt32, _ prevention: SelfTradePrevention
    ) -> (difference: String?, outcome: MatchOutcome) {
        let expected = twins[book].match(side: side, limit: limit, quantity: quantity, owner: owner, prevention: prevention)
        actions.removeAll(keepingCapacity: true)
        let outcome = books.match(
            indices[book], side: side, limit: limit, quantity: quantity, owner: owner, prevention: prevention, takerID: id,
            into: &actions)
        var found: [NaiveBook.Action] = []
        var difference: String?
        for index in 0..<actions.count {
            let action = actions[index]
            difference = difference ?? differs("slot of \(action.makerID)", directory.slot(of: action.makerID), action.slot)
            if action.makerRemaining == 0 { forget(action.makerID) }
            found.append(
                NaiveBook.Action(
                    kind: action.kind, makerID: action.makerID, price: action.price, quantity: action.quantity,
                    makerRemaining: action.makerRemaining))
        }
        difference = difference ?? differs("actions", found, expected.actions)
            ?? differs("outcome", outcome, MatchOutcome(remaining: expected.remaining, stoppedBySelfTrade: expected.isStopped))
        return (difference, outcome)
    }

    private mutating func cancel(_ book: Int, _ id: Int64) -> String? {
        guard let slot = directory.slot(of: id) else { return "order \(id) is not in the directory" }
        forget(id)
        return differs("cancelled", books.cancel(slot), twins[book].cancel(id))
    }

    private mutating func trigger(_ book: Int, _ price: Int64) -> String? {
        while true {
            let slot = books.takeTriggeredStop(indices[book], last: price)
            let expected = twins[book].takeTriggeredStop(last: price)
            if let different = differs("triggered", slot, expected.flatMap { directory.slot(of: $0) }) { return different }
            guard let expected else { return nil }
            forget(expected)
        }
    }

    private mutating func remember(_ id: Int64, _ book: Int, _ slot: OrderSlot) {
        live[id] = book
        directory.set(id, slot: slot)
    }

    private mutating func forget(_ id: Int64) {
        live[id] = nil
        directory.remove(id)
    }

    /// How a book differs from its twin in everything that can be read of it.
    private mutating func difference(_ book: Int) -> String? {
        steps += 1
        guard steps % comparesEvery == 0 else { return nil }
        let index = indices[book]
        if let broken = books.brokenInvariant(of: index) { return broken }
        let twin = twins[book]
        for side in Side.allCases {
            var found: [RestingOrder] = []
            books.forEachOrder(index, side) { slot in
                found.append(books.order(slot))
                return true
            }
            let expected = twin.orders(side)
            let isEqual = found.count == expected.count && zip(found, expected).allSatisfy { Self.isSame($0, $1, index) }
            if !isEqual { return "\(side) orders \(found), not \(expected)" }
            var levels: [(price: Int64, displayed: UInt64, orders: Int)] = []
            books.forEachLevel(index, side, maximum: .max) { levels.append(($0, $1, $2)) }
            if !levels.elementsEqual(twin.levels(side), by: ==) { return "\(side) levels \(levels), not \(twin.levels(side))" }
            if let different = differs("best \(side)", books.best(index, side), expected.first?.price) { return different }
        }
        var stops: [RestingOrder] = []
        books.forEachStop(index) { stops.append(books.order($0)) }
        let expected = twin.stops.sorted { ($0.side.rawValue, $0.price, $0.id) < ($1.side.rawValue, $1.price, $1.id) }
        let isEqual = stops.count == expected.count && zip(stops, expected).allSatisfy { Self.isSame($0, $1, index) }
        if !isEqual { return "stops \(stops), not \(expected)" }
        return differs("count", books.orderCount(index), twin.bids.count + twin.asks.count)
            ?? differs("stop count", books.stopCount(index), twin.stops.count)
            ?? differs("empty", books.isEmpty(index), twin == NaiveBook())
    }

    private static func isSame(_ found: RestingOrder, _ expected: NaiveBook.Order, _ book: BookIndex) -> Bool {
        found.id == expected.id && found.book == book && found.side == expected.side && found.price == expected.price
            && found.remaining == expected.remaining && found.displayed == expected.displayed && found.owner == expected.owner
    }

    private func differs<Value: Equatable>(_ what: String, _ found: Value, _ expected: Value) -> String? {
        found == expected ? nil : "\(what): \(found), not \(expected)"
    }
}
