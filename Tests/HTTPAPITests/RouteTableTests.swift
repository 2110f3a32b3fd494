import HTTPAPI
import Testing

@Suite struct RouteTableTests {
    private static func table(_ paths: String...) -> RouteTable {
        RouteTable(paths.map { Route(.get, $0, .everyone) { _ async throws(Problem) in Answer(body: []) } })
    }

    @Test("a literal goes before a parameter, and a parameter is taken where the literal leads nowhere")
    func prefersLiterals() {
        let table = Self.table("/a/{x}", "/a/b", "/a/b/c", "/a/{x}/d", "/")
        func path(_ segments: String...) -> String {
            guard case .route(let route, let parameters) = table.match(method: "GET", segments: segments) else { return "-" }
            return route.path + parameters.map { " " + $0 }.joined()
        }
        #expect(path("a", "b") == "/a/b")
        #expect(path("a", "q") == "/a/{x} q")
        #expect(path("a", "b", "d") == "/a/{x}/d b")
        #expect(path("a", "b", "c") == "/a/b/c")
        #expect(path("a") == "-" && path("a", "") == "-" && path("a", "b", "x") == "-")
        #expect(path() == "/")
    }

    @Test("every route of the contract is there")
    func isComplete() {
        let present = Set(HTTPServer.routes.map { $0.method.rawValue + " " + $0.path })
        let wanted = """
            GET /healthz|GET /readyz|GET /metrics|GET /|GET /v1/time|POST /v1/clock/advance|POST /v1/participants|POST /v1/participants/{id}/suspend
            POST /v1/participants/{id}/reinstate|POST /v1/participants/{id}/api_keys|DELETE /v1/api_keys/{id}|POST /v1/deposits|POST /v1/withdrawals
            POST /v1/zones|GET /v1/zones|POST /v1/compute_classes|GET /v1/compute_classes|POST /v1/grades|GET /v1/grades|POST /v1/products|GET /v1/products
            GET /v1/products/{code}|GET /v1/catalogue|POST /v1/resources/{id}/certify|POST /v1/contracts/{symbol}/halt|POST /v1/contracts/{symbol}/resume
            POST /v1/products/{code}/halt|POST /v1/products/{code}/resume|POST /v1/halt|POST /v1/resume|POST /v1/resources|GET /v1/resources
            GET /v1/resources/{id}|GET /v1/resources/{id}/capacity|GET /v1/resolve/{cri}|POST /v1/resources/{id}/outages|DELETE /v1/resources/{id}
            POST /v1/offers|GET /v1/offers|GET /v1/offers/{id}|PATCH /v1/offers/{id}|DELETE /v1/offers/{id}|GET /v1/allocations|GET /v1/allocations/{id}
            PUT /v1/allocations/{id}/access|PUT /v1/allocations/{id}/request|GET /v1/deliveries|POST /v1/bids|GET /v1/bids|GET /v1/bids/{id}
            DELETE /v1/bids/{id}|POST /v1/quotes|POST /v1/orders|POST /v1/orders/batch|PATCH /v1/orders/{id}|GET /v1/orders|GET /v1/orders/{id}
            DELETE /v1/orders/{id}|DELETE /v1/orders|GET /v1/balances|GET /v1/positions|GET /v1/trades|GET /v1/market|GET /v1/contracts
            GET /v1/contracts/{symbol}|GET /v1/contracts/{symbol}/book|GET /v1/contracts/{symbol}/trades|POST /v1/meter_reports
            POST /v1/meter_reports/batch|POST /v1/settlements|GET /v1/settlements|GET /v1/settlements/{id}/lines|GET /v1/ledger/accounts
            GET /v1/ledger/transfers|GET /v1/ledger/trial_balance
            """
        for route in wanted.split(whereSeparator: { $0 == "|" || $0 == "\n" }) { #expect(present.contains(String(route)), "\(route)") }
    }
}
