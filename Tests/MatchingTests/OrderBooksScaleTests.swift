import Matching
import TestSupport
import Testing

/// Shapes that break a book that was built for the usual ones.
@Suite struct OrderBooksScaleTests {
    #if DEBUG
        private static let many: Int64 = 100_000
    #else
        private static let many: Int64 = 1_000_000
    #endif

    @Test func `very many orders at one price trade oldest first`() {
        var books = OrderBooks()
        var actions = MatchActions()
        let book = books.openBook()
        for id in 1...Self.many { _ = books.insert(book, id: id, side: .sell, price: 7, quantity: 1_000_000, display: 1_000_000, owner: 1) }
        var displayed: UInt64 = 0
        books.forEachLevel(book, .sell, maximum: 1) { _, quantity, _ in displayed = quantity }
        #expect(displayed == UInt64(Self.many) * 1_000_000)
        var expected: Int64 = 1
        while expected <= Self.many {
            actions.removeAll()
            let outcome = books.match(
                book, side: .buy, limit: 7, quantity: 1_000_000_000, owner: 2, prevention: .cancelNewest, takerID: 0, into: &actions)
            #expect(outcome.remaining == 0)
            for index in 0..<actions.count {
                guard actions[index].makerID == expected else {
                    Issue.record("order \(actions[index].makerID) before order \(expected)")
                    return
                }
                expected += 1
            }
        }
        #expect(books.isEmpty(book) == true)
    }

    @Test(arguments: [1, 3, 4_000_000_000_000] as [Int64])
    func `very many price levels trade in order of price`(step: Int64) {
        var books = OrderBooks()
        var actions = MatchActions()
        let book = books.openBook()
        // Scattered: multiplying by a number without a common factor visits every place once.
        for place in 0..<Self.many {
            let price = 1 + (place * 7_919 % Self.many) * step
            _ = books.insert(book, id: price, side: .sell, price: price, quantity: 1, display: 1, owner: 1)
        }
        #expect(books.levelCount(book) == Int(Self.many))
        #expect(books.fillableQuantity(book, side: .buy, limit: .max, quantity: .max, owner: 2, prevention: .cancelBoth) == UInt32(Self.many))
        _ = books.match(
            book, side: .buy, limit: .max, quantity: .max, owner: 2, prevention: .cancelNewest, takerID: 0, into: &actions)
        #expect(actions.count == Int(Self.many))
        #expect((0..<actions.count).allSatisfy { actions[$0].price == 1 + Int64($0) * step })
        #expect(books.isEmpty(book) == true)
    }

    @Test func `prices at both ends of the range meet`() {
        var books = OrderBooks()
        var actions = MatchActions()
        let book = books.openBook()
        let low = books.insert(book, id: 1, side: .buy, price: 1, quantity: 5, display: 5, owner: 1)
        let high = books.insert(book, id: 2, side: .sell, price: .max, quantity: 5, display: 5, owner: 1)
        #expect(books.best(book, .buy) == 1)
        #expect(books.best(book, .sell) == .max)
        _ = books.match(book, side: .buy, limit: .max, quantity: 2, owner: 2, prevention: .cancelNewest, takerID: 3, into: &actions)
        _ = books.match(book, side: .sell, limit: 1, quantity: 2, owner: 2, prevention: .cancelNewest, takerID: 4, into: &actions)
        #expect((0..<actions.count).map { actions[$0].price } == [.max, 1])
        #expect(books.brokenInvariant(of: book) == nil)
        #expect(books.cancel(low) == 3)
        #expect(books.cancel(high) == 3)
        #expect(books.isEmpty(book) == true)
    }

    @Test func `the largest quantities neither wrap nor trap`() {
        var books = OrderBooks()
        var actions = MatchActions()
        let book = books.openBook()
        for id in 1...3 as ClosedRange<Int64> {
            _ = books.insert(book, id: id, side: .buy, price: 5, quantity: .max, display: .max, owner: 1)
        }
        var displayed: UInt64 = 0
        books.forEachLevel(book, .buy, maximum: 1) { _, quantity, _ in displayed = quantity }
        #expect(displayed == 3 * UInt64(UInt32.max))
        #expect(books.fillableQuantity(book, side: .sell, limit: 1, quantity: .max, owner: 2, prevention: .cancelNewest) == .max)
        let outcome = books.match(
            book, side: .sell, limit: 1, quantity: .max, owner: 2, prevention: .cancelNewest, takerID: 4, into: &actions)
        #expect(outcome.remaining == 0)
        #expect(books.orderCount(book) == 2)
    }

    @Test func `waiting stops by the hundred thousand trigger in order of acceptance`() {
        var books = OrderBooks()
        let book = books.openBook()
        var generator = SeededGenerator(seed: 5)
        let count: Int64 = Self.many / 10
        var slots: [OrderSlot] = []
        // Rising prices are what makes a tree without balance a list.
        for id in 1...count {
            let price = id % 2 == 0 ? id : Int64(1 + generator.next() % UInt64(count))
            slots.append(books.insertStop(book, id: id, side: .buy, stopPrice: price, quantity: 1, owner: 1))
        }
        #expect(books.brokenInvariant(of: book) == nil)
        var taken = 0
        while let slot = books.takeTriggeredStop(book, last: count) {
            guard slot == slots[taken] else {
                Issue.record("stop \(taken + 1) was not the next")
                return
            }
            taken += 1
        }
        #expect(taken == Int(count))
    }

    @Test func `an empty book gives its levels' memory back`() {
        var books = OrderBooks()
        var opened: [BookIndex] = []
        for _ in 0..<2_000 { opened.append(books.openBook()) }
        #expect(books.levelBytes == 0)
        var slots: [OrderSlot] = []
        for (number, book) in opened.enumerated() {
            for place in 0..<40 as Range<Int64> {
                let price = 1_000 + place * Int64(1 + number % 50)
                slots.append(books.insert(book, id: place, side: .buy, price: price, quantity: 1, display: 1, owner: 1))
            }
        }
        let busy = books.levelBytes
        for slot in slots { books.cancel(slot) }
        for book in opened { books.closeBook(book) }
        // What is kept for the next books is bounded for each size of memory, not by what there was.
        #expect(busy > 8 << 20)
        #expect(books.levelBytes < 3 << 20)
    }

    @Test func `a book that was wide and deep becomes small again while it trades`() {
        var books = OrderBooks()
        let book = books.openBook()
        var slots: [OrderSlot] = []
        for price in 1...50_000 as ClosedRange<Int64> {
            slots.append(books.insert(book, id: price, side: .buy, price: price, quantity: 1, display: 1, owner: 1))
        }
        let wide = books.levelBytes
        for slot in slots.dropLast(10) { books.cancel(slot) }
        #expect(books.levelBytes < wide / 4)
        #expect(books.brokenInvariant(of: book) == nil)
        #expect(books.best(book, .buy) == 50_000)
    }

    @Test func `a closed book's index is used again`() {
        var books = OrderBooks()
        let first = books.openBook()
        let second = books.openBook()
        books.closeBook(first)
        #expect(books.openBook() == first)
        #expect(books.openBook() != second)
    }
}

/// Misuse is a defect of the caller and stops at once.
@Suite struct OrderBooksDefectTests {
    @Test func `cancelling a slot twice traps`() async {
        await #expect(processExitsWith: .failure) {
            var books = OrderBooks()
            let slot = books.insert(books.openBook(), id: 1, side: .buy, price: 1, quantity: 1, display: 1, owner: 1)
            books.cancel(slot)
            books.cancel(slot)
        }
    }

    @Test func `resting across the book traps`() async {
        await #expect(processExitsWith: .failure) {
            var books = OrderBooks()
            let book = books.openBook()
            _ = books.insert(book, id: 1, side: .buy, price: 5, quantity: 1, display: 1, owner: 1)
            _ = books.insert(book, id: 2, side: .sell, price: 5, quantity: 1, display: 1, owner: 2)
        }
    }

    @Test func `growing an order in its place traps`() async {
        await #expect(processExitsWith: .failure) {
            var books = OrderBooks()
            let slot = books.insert(books.openBook(), id: 1, side: .buy, price: 1, quantity: 1, display: 1, owner: 1)
            books.reduce(slot, to: 2)
        }
    }

    @Test func `closing a book with a stop traps`() async {
        await #expect(processExitsWith: .failure) {
            var books = OrderBooks()
            let book = books.openBook()
            _ = books.insertStop(book, id: 1, side: .buy, stopPrice: 1, quantity: 1, owner: 1)
            books.closeBook(book)
        }
    }
}
