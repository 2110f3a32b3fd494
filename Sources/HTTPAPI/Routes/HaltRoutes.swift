import Exchange
import Quantities

/// Halts and resumptions of one contract, a product, or the whole market.
enum HaltRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/halt", .roles(.operator)) { call async throws(Problem) in
            try await call.perform(.halt(TradingScope(.market)))
        },
        Route(.post, "/v1/resume", .roles(.operator)) { call async throws(Problem) in
            try await call.perform(.resume(TradingScope(.market)))
        },
        Route(.post, "/v1/products/{code}/halt", .roles(.operator)) { call async throws(Problem) in
            try await call.perform(.halt(product(call)))
        },
        Route(.post, "/v1/products/{code}/resume", .roles(.operator)) { call async throws(Problem) in
            try await call.perform(.resume(product(call)))
        },
        Route(.post, "/v1/contracts/{symbol}/halt", .roles(.operator)) { call async throws(Problem) in
            try await call.perform(.halt(contract(call)))
        },
        Route(.post, "/v1/contracts/{symbol}/resume", .roles(.operator)) { call async throws(Problem) in
            try await call.perform(.resume(contract(call)))
        },
    ]

    private static func product(_ call: Call) -> TradingScope {
        TradingScope(.product, product: call.products.product(code: call.parameters[0]))
    }

    private static func contract(_ call: Call) -> TradingScope { TradingScope(.contract, contract: call.contract()) }
}
