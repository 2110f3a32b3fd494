import Exchange
import Quantities
import Sequencer

/// What everybody may see of the market.
enum MarketRoutes {
    static let routes: [Route] = [
        Route(.get, "/v1/market", .everyone, query: Page.parameters + ["quantity", "duration_hours", "from", "to"], market),
        Route(.get, "/v1/contracts", .everyone, query: Page.parameters + ["product", "from", "to"], contracts),
        Route(.get, "/v1/contracts/{symbol}", .everyone, contract),
        Route(.get, "/v1/contracts/{symbol}/book", .everyone, query: ["depth"], direct: book),
        Route(.get, "/v1/contracts/{symbol}/trades", .everyone, query: Page.parameters, trades),
        Route(.get, "/v1/products/{code}/demand", .everyone, query: Page.parameters, demand),
    ]

    private static let defaultDepth = 100
    /// The hours that a window of the market may have: the longest horizon, as of bids.
    private static let longestWindow = 8_784

    private static func unknown() -> Problem { Problem(.unknownContract, "there is no such contract") }

    /// Product by product; a week from the next hour on where no window is named. The window is bounded, because the answer
    /// is computed hour by hour between two commands.
    @Sendable static func market(_ call: Call) async throws(Problem) -> Answer {
        let quantity = try call.query.integer("quantity", 1...Int(Quantity.limit)) ?? 1
        let duration = try call.query.integer("duration_hours", 1...longestWindow) ?? 1
        let window = try call.query.window(
            from: Hour(containing: call.services.gateway.now) + 1, hours: max(168, Int32(duration)), maximum: Int32(longestWindow)
        )
        guard duration <= window.upperBound - window.lowerBound else {
            throw .invalid("duration_hours", "duration_hours must fit between from and to")
        }
        let page = try Page(call.query)
        let first = try page.number()
        let lines = try await call.query { exchange in
            exchange.market(
                first: first, limit: page.limit + 1, quantity: Quantity(quantity), duration: Int32(duration), from: window.lowerBound,
                to: window.upperBound
            )
        }
        return call.list(lines, limit: page.limit) { String($0.product.index + 1) }
    }

    /// The contracts of a product, or of all, by product and hour; from the present hour to the horizon where no window is
    /// named.
    @Sendable static func contracts(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let index = call.products
        var numbers = 0..<index.codes.count
        if let code = call.query["product"] {
            let id = index.product(code: code)
            guard id != .none else { throw Problem(.notFound, "there is no such product", field: "product") }
            numbers = Int(id.index)..<Int(id.index) + 1
        }
        let window = try call.query.window(from: Hour(containing: call.services.gateway.now), hours: 8_784, maximum: 17_568)
        let (first, hour) = try contractPlace(page.cursor) ?? (numbers.lowerBound, window.lowerBound)
        let wanted = page.limit + 1
        let rest = numbers
        let found = try await call.query { exchange in
            var found: [ContractView] = []
            for number in rest where number >= first && found.count < wanted {
                let from = number == first ? max(hour, window.lowerBound) : window.lowerBound
                found += exchange.contracts(
                    product: ProductID(UInt32(number)), from: from, to: window.upperBound, limit: wanted - found.count
                )
            }
            return found
        }
        return call.list(found, limit: page.limit) { "\($0.product.index):\($0.hour.hoursSince1970 + 1)" }
    }

    /// The product's number and the hour that a page of contracts begins with.
    private static func contractPlace(_ cursor: String?) throws(Problem) -> (product: Int, hour: Hour)? {
        guard let cursor else { return nil }
        let parts = cursor.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let product = UInt32(parts[0]), let hour = Int32(parts[1]), hour >= 0 else { throw Page.malformed }
        return (Int(product), Hour(hour))
    }

    @Sendable static func contract(_ call: Call) async throws(Problem) -> Answer {
        let key = call.contract()
        guard let contract = try await call.query({ $0.contract(key) }) else { throw unknown() }
        return call.json(contract)
    }

    @Sendable static func book(_ call: Call, answer: @escaping Route.Completion) {
        let depth: Int
        do throws(Problem) {
            depth = try call.query.integer("depth", 1...1_000) ?? defaultDepth
        } catch {
            let problem = error
            return answer { () throws(Problem) in throw problem }
        }
        let key = call.contract()
        let services = call.services
        let asked = BookAnswers.Key(contract: key, depth: depth)
        if let known = services.books.answer(asked, at: services.gateway.confirmedSequence) { return answer { Answer(body: known) } }
        let read = max(depth, BookChecksum.depth)
        services.gateway.read({ $0.book(key, depth: read) }) { result in
            answer { () throws(Problem) in
                let book: BookView
                switch result {
                case .success(let found):
                    guard let found = found?.answered(depth: depth) else { throw unknown() }
                    book = found
                case .failure(let error): throw Problem(error)
                }
                let answer = Answer.json(book, products: services.directory.products, capacity: 256 + 64 * (book.bids.count + book.asks.count))
                services.books.keep(answer.body, for: asked, at: book.sequence)
                return answer
            }
        }
    }

    /// What standing bids want of a product, in the order in which they are tried.
    @Sendable static func demand(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let skipped = Int(clamping: try page.number())
        let product = call.products.product(code: call.parameters[0])
        guard product != .none else { throw .notFound("product") }
        let found = try await call.query { $0.demand(for: product, skipping: skipped, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { _ in String(skipped + page.limit) }
    }

    /// The newest first.
    @Sendable static func trades(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let number = try page.number()
        let key = call.contract()
        guard try await call.query({ $0.contract(key) != nil }) else { throw unknown() }
        let found = try await call.past { (history, sequence) async throws(HistoryError) in
            try await history.trades(
                participant: nil, contract: key, before: number == 0 ? nil : TradeID(number), limit: page.limit + 1,
                including: sequence
            )
        }
        return call.list(found.map(PublicTradeView.init), limit: page.limit) { String($0.id.rawValue) }
    }
}

extension PublicTradeView {
    /// A trade without names.
    init(_ trade: TradeView) {
        self.init()
        id = trade.id
        contract = trade.contract
        price = trade.price
        quantity = trade.quantity
        takerSide = trade.takerSide
        time = trade.time
    }
}
