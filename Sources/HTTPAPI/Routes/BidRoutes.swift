import Exchange
import Quantities

/// Bids, and quotes that say what a bid would do.
enum BidRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/bids", .roles(.consumer), body: BidSpec.self, place),
        Route(.get, "/v1/bids", .participants, query: Page.parameters + ["participant_id"], list),
        Route(.get, "/v1/bids/{id}", .participants, get),
        Route(.delete, "/v1/bids/{id}", .roles(.consumer), cancel),
        Route(.post, "/v1/quotes", .roles(.consumer), body: BidSpec.self, quote),
    ]

    @Sendable static func place(_ call: Call) async throws(Problem) -> Answer {
        let spec = try call.read(BidSpec.self)
        try call.check { () throws(Refusal) in try spec.check() }
        return try await call.perform(.placeBid(spec), status: 201)
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(BidID.self)
        let owner = try call.listed()
        let found = try await call.query { $0.bids(of: owner, after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let id = call.id(BidID.self)
        guard let bid = try await call.query({ $0.bid(id) }),
            call.caller.seesEverything || bid.participantID == call.caller.participant
        else { throw .notFound("bid") }
        return call.json(bid)
    }

    @Sendable static func cancel(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.cancelBid(CancelBid(call.id(BidID.self))))
    }

    /// Computes and changes nothing, so there is nothing that an `Idempotency-Key` would keep.
    @Sendable static func quote(_ call: Call) async throws(Problem) -> Answer {
        let spec = try call.read(BidSpec.self)
        try call.check { () throws(Refusal) in try spec.check() }
        let participant = call.caller.participant
        let result = try await call.query { exchange -> Result<QuoteView, Refusal> in
            do throws(Refusal) { return .success(try exchange.quote(spec, for: participant)) } catch { return .failure(error) }
        }
        switch result {
        case .success(let quote): return call.json(quote)
        case .failure(let refusal): throw Problem(refusal)
        }
    }
}
