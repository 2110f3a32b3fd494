import Exchange
import Quantities

/// Offers: hours of one resource, sold as one thing.
enum OfferRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/offers", .roles(.provider), body: OfferSpec.self, post),
        Route(.get, "/v1/offers", .participants, query: Page.parameters + ["participant_id"], list),
        Route(.get, "/v1/offers/{id}", .participants, get),
        Route(.patch, "/v1/offers/{id}", .roles(.provider), body: AmendOffer.Body.self, amend),
        Route(.delete, "/v1/offers/{id}", .roles(.provider), cancel),
    ]

    @Sendable static func post(_ call: Call) async throws(Problem) -> Answer {
        let spec = try call.read(OfferSpec.self)
        try call.check { () throws(Refusal) in try spec.check() }
        return try await call.perform(.postOffer(spec), status: 201)
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(OfferID.self)
        let owner = try call.listed()
        let found = try await call.query { $0.offers(of: owner, after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let id = call.id(OfferID.self)
        guard let offer = try await call.query({ $0.offer(id) }),
            call.caller.seesEverything || offer.providerID == call.caller.participant
        else { throw .notFound("offer") }
        return call.json(offer)
    }

    @Sendable static func amend(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(AmendOffer.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        return try await call.perform(.amendOffer(AmendOffer(offer: call.id(OfferID.self), body: body)))
    }

    @Sendable static func cancel(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.cancelOffer(CancelOffer(call.id(OfferID.self))))
    }
}
