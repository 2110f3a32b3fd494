import Exchange
import HTTPAPI
import HTTPTypes
import Quantities
import Sequencer
import Testing

@Suite struct RequestRuleTests {
    /// Method, path, body (nil: none), content type, key, expected status and code: the order of API.md's list.
    @Test("of several faults the first of the list is told")
    func ordersFaults() async throws {
        let large = String(repeating: " ", count: (1 << 20) + 1)
        try await APIBench().run { (host) async throws in
            let buyer = try await host.participant("Buyer", "consumer").client
            let nobody = host.acting(with: nil)
            let cases: [(APIClient, String, String, String?, String?, Int, String)] = [
                (nobody, "POST", "/v1/nothing", large, nil, 404, "not_found"),
                (nobody, "GET", "/v1/orders/", nil, nil, 404, "not_found"),
                (nobody, "GET", "//v1/orders", nil, nil, 404, "not_found"),
                (nobody, "GET", "/v1/%zz", nil, nil, 404, "not_found"),
                (nobody, "PUT", "/v1/orders", large, nil, 405, "method_not_allowed"),
                (nobody, "PROPFIND", "/v1/orders", nil, nil, 405, "method_not_allowed"),
                (nobody, "POST", "/v1/zones", large, nil, 401, "unauthenticated"),
                (host.acting(with: "spk_other"), "POST", "/v1/zones", large, nil, 401, "unauthenticated"),
                (host.acting(with: ""), "POST", "/v1/zones", large, nil, 401, "unauthenticated"),
                (buyer, "POST", "/v1/zones", large, nil, 403, "forbidden"),
                (host, "POST", "/v1/zones", large, "text/plain", 415, "unsupported_media_type"),
                (host, "POST", "/v1/zones", large, "application/json; charset=latin1", 415, "unsupported_media_type"),
                (host, "POST", "/v1/zones", large, nil, 415, "unsupported_media_type"),
                (host, "POST", "/v1/zones", large, "application/json", 413, "too_large"),
                (host, "POST", "/v1/zones", "{\"a\":}", "application/json", 400, "invalid_json"),
                (host, "POST", "/v1/zones", "", "application/json", 400, "invalid_json"),
                (host, "POST", "/v1/zones", nil, nil, 400, "invalid_json"),
                (host, "POST", "/v1/zones?x=1", "{\"a\":}", "application/json", 400, "invalid_json"),
                (host, "POST", "/v1/zones?x=1", "{}", "application/json", 422, "invalid_request"),
                (host, "POST", "/v1/zones", "{}", "Application/JSON ; Charset=UTF-8", 422, "invalid_request"),
                (host, "POST", "/v1/zones", "[]", "application/json", 422, "invalid_request"),
                (host, "POST", "/v1/halt", "{\"a\":1}", "application/json", 422, "invalid_request"),
                (host, "POST", "/v1/halt", "{", "application/json", 400, "invalid_json"),
                (host, "POST", "/v1/halt", "{}", "application/json", 200, ""),
                (host, "POST", "/v1/resume", nil, nil, 200, ""),
                (host, "GET", "/v1/zones?limit=0", nil, nil, 422, "invalid_request"),
                (host, "GET", "/v1/zones?limit=1001", nil, nil, 422, "invalid_request"),
                (host, "GET", "/v1/zones?limit=1&limit=1", nil, nil, 422, "invalid_request"),
                (host, "GET", "/v1/zones?cursor=*", nil, nil, 422, "invalid_request"),
                (host, "GET", "/v1/zones?cursor=LTE", nil, nil, 422, "invalid_request"),
                (host, "GET", "/v1/zones?offset=3", nil, nil, 422, "invalid_request"),
                (host, "GET", "/v1/zones?limit=%ff", nil, nil, 422, "invalid_request"),
                (host, "GET", "/v1/contracts/NO.SUCH.2026112312", nil, nil, 404, "unknown_contract"),
                (host, "GET", "/v1/contracts/%00/book", nil, nil, 404, "unknown_contract"),
                (host, "GET", "/v1/orders?contract=x", nil, nil, 404, "unknown_contract"),
                (host, "GET", "/v1/contracts/x/book?depth=0", nil, nil, 422, "invalid_request"),
                (host, "GET", "/v1/resolve/CN-EXA001-ZHW-I-H100SX-000001-4X", nil, nil, 404, "not_found"),
                (host, "GET", "/v1/contracts?from=2026-11-23T12:30:00Z", nil, nil, 422, "invalid_request"),
                (host, "GET", "/v1/contracts?from=2026-11-23T12:00:00Z&to=2026-11-23T12:00:00Z", nil, nil, 422, "invalid_request"),
                (host, "GET", "/v1/orders/ord_0", nil, nil, 404, "not_found"),
                (host, "DELETE", "/v1/api_keys/nonsense", nil, nil, 404, "not_found"),
            ]
            for (client, method, path, body, type, status, code) in cases {
                let answer = try await client.send(method, path, body, contentType: type)
                #expect(answer.status == status, "\(method) \(path): \(answer.text)")
                #expect(answer.code ?? "" == code, "\(method) \(path): \(answer.text)")
                #expect(answer.headers[.requestID] != nil)
                if status >= 400 { try check(answer) }
            }
        }
    }

    private func check(_ answer: APIAnswer) throws {
        #expect(answer.headers[.contentType] == "application/problem+json")
        for name in ["type", "title", "detail", "code", "request_id"] { #expect(answer.string(name)?.isEmpty == false, "\(name) in \(answer.text)") }
        #expect(answer.int("status") == answer.status)
        #expect(answer.string("request_id") == answer.headers[.requestID])
        if answer.status == 405 { #expect(answer.headers[.allow]?.isEmpty == false) }
    }

    @Test("a wrong method is told which methods the path has")
    func namesMethods() async throws {
        try await APIBench().run { (host) async throws in
            #expect(try await host.send("PUT", "/v1/orders").headers[.allow] == "POST, GET, DELETE, HEAD")
            #expect(try await host.send("POST", "/v1/time", "{}").headers[.allow] == "GET, HEAD")
            #expect(try await host.send("OPTIONS", "/v1/bids/x").headers[.allow] == "GET, DELETE, HEAD")
        }
    }

    @Test("HEAD answers as GET does, without a body")
    func answersHead() async throws {
        try await APIBench().run { (host) async throws in
            let answer = try await host.send("HEAD", "/v1/time")
            #expect(answer.status == 200 && answer.bytes.isEmpty && answer.headers[.contentType] == "application/json")
            #expect(try await host.send("HEAD", "/v1/nothing").status == 404)
        }
    }

    @Test("a client's request id comes back when it is fit to, else another one")
    func echoesRequestIDs() async throws {
        try await APIBench().run { (host) async throws in
            for (own, isKept) in [("abc-1_2.3:4/5", true), (String(repeating: "x", count: 129), false), ("a b", false), ("\"", false)] {
                let answer = try await host.send("GET", "/v1/time", headers: ["X-Request-Id": own])
                #expect((answer.headers[.requestID] == own) == isKept, "\(own)")
            }
        }
    }

    @Test("what cannot be taken now says when to try again")
    func saysRetryAfter() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            bench.gateway.failure = .overloaded
            var answer = try await host.send("POST", "/v1/halt")
            #expect(answer.status == 503 && answer.code == "overloaded" && answer.headers[.retryAfter] == "1")
            #expect(try await host.get("/readyz").status == 503)
            #expect(try await host.get("/healthz").status == 200)
            #expect(try await host.get("/metrics").text.contains("suanpan_trading 0\n"))
            bench.gateway.failure = .databaseUnavailable
            answer = try await host.get("/v1/balances")
            #expect(answer.status == 503 && answer.code == "database_unavailable" && answer.headers[.retryAfter] != nil)
            bench.gateway.failure = nil
            bench.gateway.history.fail(with: .behind)
            #expect(try await host.get("/v1/trades").code == "overloaded")
            bench.gateway.history.fail(with: .unavailable("x"))
            #expect(try await host.get("/v1/ledger/transfers").code == "database_unavailable")
        }
    }

    @Test("every refusal of the exchange has its problem")
    func mapsRefusals() {
        for code in RefusalCode.allCases {
            let problem = Problem(Refusal(code, "detail", field: "field"))
            #expect(problem.code.rawValue == code.rawValue && (400..<500).contains(problem.code.status))
        }
        #expect(Problem(.insufficientFunds, "").code.title == "Insufficient funds")
    }

    @Test("the clock is advanced where it is simulated, forward only")
    func advancesTheClock() async throws {
        try await APIBench().run { (host) async throws in
            #expect(try await host.get("/v1/time").text == #"{"now":"2026-11-23T00:00:00Z","mode":"simulated"}"#)
            let answer = try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T05:30:00Z"}"#)
            #expect(answer.string("now") == "2026-11-23T05:30:00Z")
            #expect(try await host.send("POST", "/v1/clock/advance", #"{"to":"2026-11-23T05:00:00Z"}"#).field == "to")
        }
        try await APIBench(clockMode: .real).run { (host) async throws in
            #expect(try await host.send("POST", "/v1/clock/advance", #"{"to":"2027-11-23T05:30:00Z"}"#).code == "conflict")
        }
    }

    @Test("the console is a page")
    func servesConsole() async throws {
        try await APIBench().run { (host) async throws in
            let answer = try await host.acting(with: nil).get("/")
            #expect(answer.status == 200 && answer.headers[.contentType] == "text/html; charset=utf-8")
        }
    }
}
