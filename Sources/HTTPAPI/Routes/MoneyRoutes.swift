import Exchange
import Quantities

/// Deposits, withdrawals, balances and positions.
enum MoneyRoutes {
    private static let ownList = Page.parameters + ["participant_id"]

    static let routes: [Route] = [
        Route(.post, "/v1/deposits", .roles(.operator), body: MoneyMovement.self, deposit),
        Route(.post, "/v1/withdrawals", .roles(.operator), body: MoneyMovement.self, withdraw),
        Route(.get, "/v1/balances", .participants, query: ownList, balances),
        Route(.get, "/v1/positions", .participants, query: ownList, positions),
    ]

    @Sendable static func deposit(_ call: Call) async throws(Problem) -> Answer {
        let movement = try call.read(MoneyMovement.self)
        try call.check { () throws(Refusal) in try movement.check() }
        return try await call.perform(.deposit(movement), status: 201)
    }

    @Sendable static func withdraw(_ call: Call) async throws(Problem) -> Answer {
        let movement = try call.read(MoneyMovement.self)
        try call.check { () throws(Refusal) in try movement.check() }
        return try await call.perform(.withdraw(movement), status: 201)
    }

    @Sendable static func balances(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let subject = try call.subject()
        let skipped = Int(clamping: try page.number())
        let found = try await call.query { Array($0.balances(of: subject).dropFirst(skipped).prefix(page.limit + 1)) }
        return call.list(found, limit: page.limit) { _ in String(skipped + page.limit) }
    }

    @Sendable static func positions(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let subject = try call.subject()
        var search = PositionSearch(of: subject, after: Int(clamping: try page.number()), limit: page.limit + 1)
        while !search.isOver {
            let known = search
            search = try await call.query { $0.continued(known, looking: Self.lookedAtOnce) }
        }
        // The cursor is the place after the last position that is shown.
        let places = search.places
        return call.list(search.found, limit: page.limit) { _ in String(places[page.limit - 1]) }
    }

    /// Contracts, lots and deliveries that one question to the exchange looks at.
    private static let lookedAtOnce = 10_000
}
