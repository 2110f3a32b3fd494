import HTTPAPI
import Quantities
import Testing

@Suite struct BookAnswerTests {
    private func key(_ hour: Int32, depth: Int = 10) -> BookAnswers.Key {
        BookAnswers.Key(contract: ContractKey(product: ProductID(0), hour: Hour(hour)), depth: depth)
    }

    @Test("an answer holds until the next command is durable, and only where nobody else can have written")
    func holds() {
        let books = BookAnswers()
        books.keep([1], for: key(1), at: 7)
        #expect(books.answer(key(1), at: 7) == [1])
        #expect(books.answer(key(1), at: nil) == nil)
        #expect(books.answer(key(1), at: 8) == nil)
        #expect(books.answer(key(2), at: 7) == nil && books.answer(key(1, depth: 20), at: 7) == nil)
        books.keep([2], for: key(2), at: 8)
        #expect(books.answer(key(1), at: 8) == nil && books.answer(key(2), at: 8) == [2])
    }

    @Test("an answer that comes late does not bring back the past")
    func staysNew() {
        let books = BookAnswers()
        books.keep([2], for: key(1), at: 8)
        books.keep([1], for: key(1), at: 7)
        #expect(books.answer(key(1), at: 8) == [2] && books.answer(key(1), at: 7) == nil)
    }

    @Test("the answers are bounded together")
    func isBounded() {
        let books = BookAnswers()
        for hour in 0..<20 { books.keep([UInt8](repeating: 0, count: 1 << 20), for: key(Int32(hour)), at: 1) }
        let kept = (0..<20).filter { books.answer(key(Int32($0)), at: 1) != nil }
        #expect(kept == Array(0..<16))
    }

    @Test("whoever places an order sees it in the book that was read before")
    func readsItsOwn() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let path = "/v1/contracts/\(APIScene.contract)/book"
            for quantity in 1...4 {
                let before = try await host.acting(with: nil).get(path)
                #expect(try await host.acting(with: nil).get(path).text == before.text)
                _ = try await scene.sell(1, at: "2.00")
                let after = try await host.acting(with: nil).get(path)
                #expect(after.text.contains("\"quantity\":\(quantity),"), "\(after.text)")
            }
        }
    }
}
