import Exchange
import Pricing
import Quantities

/// Fee schedules and price bands of products.
enum FeeRoutes {
    static let routes: [Route] = [
        Route(.get, "/v1/products/{code}/fees", .everyone) { call async throws(Problem) in
            let product = try CandleRoutes.product(call)
            guard let schedule = try await call.query({ $0.feeSchedule(product) }) else { throw .notFound("product") }
            return call.json(schedule)
        },
        Route(.post, "/v1/products/{code}/fees", .roles(.operator), body: PostFees.Body.self) { call async throws(Problem) in
            let body = try call.read(PostFees.Body.self)
            try call.check { () throws(Refusal) in try body.check() }
            return try await call.perform(.postFees(PostFees(product: try CandleRoutes.product(call), body: body)), status: 201)
        },
        Route(.get, "/v1/fees", .participants, query: Page.parameters + ["participant_id"], tiers),
        Route(.get, "/v1/products/{code}/bands", .everyone) { call async throws(Problem) in
            let product = try CandleRoutes.product(call)
            guard let bands = try await call.query({ $0.bands(product) }) else { throw .notFound("product") }
            return call.json(bands)
        },
        Route(.post, "/v1/products/{code}/bands", .roles(.operator), body: OverrideBand.Body.self) { call async throws(Problem) in
            let body = try call.read(OverrideBand.Body.self)
            try call.check { () throws(Refusal) in try body.check() }
            return try await call.perform(.overrideBand(OverrideBand(product: try CandleRoutes.product(call), body: body)))
        },
    ]

    /// The caller's rates, product by product.
    @Sendable static func tiers(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let subject = try call.subject()
        let skipped = Int(clamping: try page.number())
        let found = try await call.query { $0.feeTiers(of: subject, after: skipped, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { _ in String(skipped + page.limit) }
    }
}
