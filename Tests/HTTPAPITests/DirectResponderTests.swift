import Foundation
import HTTPAPI
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Quantities
import Registry
import TestSupport
import Testing

/// Requests that are answered on their connection's event loop: like any other to the client, and alone on the connection.
@Suite(.serialized) struct DirectResponderTests {
    private static let book = "/v1/contracts/\(APIScene.contract)/book"

    private static func order(_ price: String = "2.00", quantity: String = "1", more: String = "") -> String {
        "{\"contract\":\"\(APIScene.contract)\",\"side\":\"buy\",\"type\":\"limit\",\"price\":\"\(price)\",\"quantity\":\(quantity),\"time_in_force\":\"gtc\"\(more)}"
    }

    /// A request as it is sent.
    private struct Asked {
        var method = "POST"
        var path = "/v1/orders"
        var body: String?
        var headers: [String: String] = [:]
        var contentType: String? = "application/json"
        var isAnonymous = false
    }

    private static let asked: [Asked] = [
        Asked(body: order()), Asked(body: order(), headers: ["Idempotency-Key": "a"]), Asked(body: order(), headers: ["Idempotency-Key": "a"]),
        Asked(body: order("3.00"), headers: ["Idempotency-Key": "a"]), Asked(body: order(), headers: ["Idempotency-Key": ""]),
        Asked(body: order("2.001")), Asked(body: order(quantity: "0")), Asked(body: order(quantity: "1e3")),
        Asked(body: order(quantity: "99999999999999999999")), Asked(body: order(more: ",\"unknown\":1")), Asked(body: order(more: ",\"side\":\"sell\"")),
        Asked(body: order(more: ",\"client_order_id\":\"name\"")), Asked(body: order(more: ",\"client_order_id\":\"name\"")),
        Asked(body: "{"), Asked(body: ""), Asked(), Asked(body: "[]"), Asked(body: order(), contentType: "text/plain"), Asked(body: order(), contentType: nil),
        Asked(body: order(), headers: ["Content-Encoding": "gzip"]), Asked(path: "/v1/orders?x=1", body: order()),
        Asked(body: order(more: ",\"client_order_id\":\"" + String(repeating: "x", count: 70_000) + "\"")),
        Asked(body: String(repeating: " ", count: 70_000) + order()), Asked(body: String(repeating: " ", count: 1 << 20) + order()),
        Asked(body: order(), isAnonymous: true), Asked(body: order(), headers: ["Authorization": "Bearer nobody"]),
        Asked(body: order(), headers: ["Authorization": "Basic x"]), Asked(body: order(), headers: ["Authorization": "HMAC-SHA256 nothing"]),
        Asked(body: order(), headers: ["Authorization": "Bearer \(APIBench.operatorKey)"]),
        Asked(body: order(), headers: ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]),
        Asked(body: order(), headers: ["Origin": "https://elsewhere.example"]),
        Asked(method: "DELETE", path: "/v1/orders/ord_1"), Asked(method: "DELETE", path: "/v1/orders/ord_1"), Asked(method: "DELETE", path: "/v1/orders/ord_99"),
        Asked(method: "DELETE", path: "/v1/orders/client:name"), Asked(method: "DELETE", path: "/v1/orders/client:none"),
        Asked(method: "DELETE", path: "/v1/orders/nonsense"), Asked(method: "DELETE", path: "/v1/orders/ord_2", body: "{\"a\":1}"),
        Asked(method: "DELETE", path: "/v1/orders/ord_2", body: "{}"), Asked(method: "DELETE", path: "/v1/orders/%zz"), Asked(method: "PUT", body: order()),
        Asked(method: "GET", path: book), Asked(method: "GET", path: book, isAnonymous: true), Asked(method: "GET", path: book + "?depth=1"),
        Asked(method: "GET", path: book + "?depth=0"), Asked(method: "GET", path: book + "?depth=x"), Asked(method: "GET", path: book + "?deep=1"),
        Asked(method: "GET", path: "/v1/contracts/NONE/book"), Asked(method: "HEAD", path: book),
    ]

    private struct Heard: Equatable {
        var status: Int
        var text: String
        var fields: [String]
    }

    private static func heard(_ kind: TestingSetup, _ settings: EdgeSettings) async throws -> [Heard] {
        let bench = APIBench(edge: settings)
        return try await bench.server.application.test(kind) { client in
            let scene = try await APIScene(APIClient(client: client, key: APIBench.operatorKey))
            var heard: [Heard] = []
            for (number, asked) in Self.asked.enumerated() {
                var headers = asked.headers
                headers["X-Request-Id"] = "r\(number)"
                let answer = try await scene.buyer.acting(with: asked.isAnonymous ? nil : scene.buyer.key).send(
                    asked.method, asked.path, asked.body, headers: headers, contentType: asked.contentType)
                let fields = answer.headers.filter { !["date", "connection", "traceparent"].contains($0.name.canonicalName) }
                heard.append(
                    Heard(status: answer.status, text: answer.text, fields: fields.map { "\($0.name.canonicalName): \($0.value)" }.sorted()))
                #expect((answer.headers[.init("traceparent")!] != nil) == (headers["traceparent"] != nil))
            }
            return heard
        }
    }

    @Test("whatever is asked, a client hears the same as by the usual way")
    func saysTheSame() async throws {
        for limits in [nil, RateLimit(quota: 1_000, windowSeconds: 86_400)] {
            var settings = EdgeSettings()
            settings.rateLimitPerKey = limits
            settings.crossOrigin = CrossOrigin(origins: ["https://elsewhere.example"])
            let usual = try await Self.heard(.router, settings)
            let direct = try await Self.heard(.live, settings)
            for (asked, (usual, direct)) in zip(Self.asked, zip(usual, direct)) {
                #expect(usual.status == direct.status && usual.text == direct.text, "\(asked)")
                #expect(usual.fields == direct.fields, "\(asked)")
            }
            #expect(usual[0].status == 201 && usual[2].fields.contains("idempotency-replayed: true"))
        }
    }

    private func live(_ bench: APIBench = APIBench(), _ body: @Sendable (_ port: Int, _ scene: APIScene) async throws -> Void) async throws {
        try await bench.server.application.test(.live) { client in
            let scene = try await APIScene(APIClient(client: client, key: APIBench.operatorKey))
            try await body(try #require(client.port), scene)
        }
    }

    private func request(_ scene: APIScene, _ body: String = order(), more: String = "") -> String {
        "POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(scene.buyer.key ?? "")\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\(more)\r\n\(body)"
    }

    private static let time = "GET /v1/time HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let last = "GET /v1/time HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    private func statuses(_ text: String) -> [String] { text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) } }

    /// A bench whose commands take so long.
    private func slow(_ milliseconds: Int, idleTimeoutSeconds: Int64 = 60) -> APIBench {
        let bench = APIBench(idleTimeoutSeconds: idleTimeoutSeconds)
        bench.gateway.answersAfter = .milliseconds(milliseconds)
        return bench
    }

    @Test("requests sent one after the other without waiting are answered in order, whichever way they go", arguments: [0, 30])
    func answersInOrder(_ delay: Int) async throws {
        try await live(slow(delay)) { port, scene in
            let connection = try RawConnection(port: port)
            let bad = request(scene, Self.order(quantity: "0"))
            connection.send(request(scene) + Self.time + request(scene) + bad + Self.time + Self.time + bad + request(scene) + Self.last)
            #expect(statuses(connection.receive()) == ["201", "200", "201", "422", "200", "200", "422", "201", "200"])
        }
    }

    @Test("a request that comes byte by byte, and one whose body comes in chunks")
    func readsPieces() async throws {
        try await live { port, scene in
            let connection = try RawConnection(port: port)
            for byte in request(scene).utf8 { connection.send([byte]) }
            let body = Self.order()
            connection.send(
                "POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(scene.buyer.key ?? "")\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n")
            for byte in body.utf8 { connection.send("1\r\n" + String(UnicodeScalar(byte)) + "\r\n") }
            connection.send("0\r\n\r\n" + Self.last)
            #expect(statuses(connection.receive()) == ["201", "201", "200"])
        }
    }

    @Test("a client that sends no more after its request hears the answer, and then the end", arguments: [0, 50])
    func answersHalfClosed(_ delay: Int) async throws {
        try await live(slow(delay)) { port, scene in
            let connection = try RawConnection(port: port)
            connection.send(request(scene))
            connection.finishSending()
            #expect(statuses(connection.receive()) == ["201"])
        }
    }

    @Test("a client that wants the connection closed gets it closed")
    func closesWhereAsked() async throws {
        try await live { port, scene in
            let connection = try RawConnection(port: port)
            connection.send(request(scene, more: "Connection: close\r\n"))
            #expect(statuses(connection.receive()) == ["201"])
        }
    }

    @Test("nonsense behind a request is answered after it, once", arguments: [0, 50])
    func answersNonsenseLater(_ delay: Int) async throws {
        try await live(slow(delay)) { port, scene in
            let connection = try RawConnection(port: port)
            connection.send(request(scene) + "nonsense\r\n\r\n")
            #expect(statuses(connection.receive()) == ["201", "400"])
        }
    }

    @Test("nonsense within a request's body is answered")
    func answersBrokenBodies() async throws {
        try await live { port, scene in
            let connection = try RawConnection(port: port)
            connection.send(
                "POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(scene.buyer.key ?? "")\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\nzz\r\n")
            #expect(statuses(connection.receive()) == ["400"])
        }
    }

    @Test("a client that goes away while its order is placed harms nobody; the order stands")
    func survivesLeavers() async throws {
        try await live(slow(100)) { port, scene in
            do {
                let connection = try RawConnection(port: port)
                connection.send(request(scene))
                try await Task.sleep(for: .milliseconds(30))
                withExtendedLifetime(connection) {}
            }
            try await Task.sleep(for: .milliseconds(300))
            let connection = try RawConnection(port: port)
            connection.send(request(scene) + Self.last)
            #expect(statuses(connection.receive()) == ["201", "200"])
            #expect(try await scene.buyer.get("/v1/orders").data.count == 2)
        }
    }

    @Test("a connection in use stays, and one that nobody uses any more is closed")
    func countsAsUse() async throws {
        try await live(slow(0, idleTimeoutSeconds: 1)) { port, scene in
            let connection = try RawConnection(port: port)
            for _ in 0..<6 {
                connection.send(request(scene))
                #expect(connection.receive(until: "\"trades\":[]}").contains("HTTP/1.1 201 "))
                try await Task.sleep(for: .milliseconds(400))
            }
            #expect(!connection.isClosedByPeer())
            #expect(connection.receive().isEmpty)
        }
    }

    @Test("a key that floods while another one asks waits for its turns, and is answered")
    func takesTurns() async throws {
        try await live(slow(20)) { port, scene in
            let greedy = try (0..<8).map { _ in try RawConnection(port: port) }
            for connection in greedy { connection.send(request(scene) + request(scene) + Self.last) }
            _ = try await scene.sell(1, at: "9.00")
            for connection in greedy { #expect(statuses(connection.receive()) == ["201", "201", "200"]) }
        }
    }

    @Test("a request beyond its limit is refused late, others are not held up")
    func holdsRefusalsBack() async throws {
        var settings = EdgeSettings()
        settings.rateLimitPerKey = RateLimit(quota: 14, windowSeconds: 3_600)
        try await live(APIBench(edge: settings)) { port, scene in
            let connection = try RawConnection(port: port)
            let begin = ContinuousClock.now
            connection.send((0..<16).map { _ in request(scene) }.joined() + Self.last)
            let found = statuses(connection.receive())
            #expect(found == Array(repeating: "201", count: 14) + ["429", "429", "200"])
            #expect(ContinuousClock.now - begin >= .milliseconds(100))
        }
    }

    @Test("an order is one line of the access log and one count of the latencies")
    func isLogged() async throws {
        let lines = LogLines()
        var settings = EdgeSettings()
        settings.logsAccess = true
        let bench = APIBench(edge: settings, logger: Logger(label: "test") { _ in lines })
        try await live(bench) { port, scene in
            let connection = try RawConnection(port: port)
            connection.send(request(scene, more: "X-Request-Id: mine\r\n") + Self.last)
            #expect(statuses(connection.receive()) == ["201", "200"])
            let mine = lines.text.split(separator: "\n").filter { $0.contains("request_id=mine") }
            #expect(mine.count == 1)
            for part in ["method=POST", "path=/v1/orders ", "status=201", "participant=\(scene.buyerID)", "key=key_"] {
                #expect(mine.allSatisfy { $0.contains(part) }, "\(mine)")
            }
            let metrics = try await scene.host.get("/metrics").text
            #expect(metrics.contains("suanpan_http_request_duration_seconds_count{route_class=\"orders\"} 1"))
        }
    }
}

@Suite struct HTTPDatesTests {
    @Test("the time of day as the protocol writes it", arguments: [
        ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"), ("1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("2000-02-29T23:59:59.999999Z", "Tue, 29 Feb 2000 23:59:59 GMT"), ("2026-11-29T14:05:01Z", "Sun, 29 Nov 2026 14:05:01 GMT"),
    ])
    func writes(_ time: String, _ text: String) throws {
        let dates = HTTPDates()
        #expect(dates.text(at: try #require(Timestamp(rfc3339: time))) == text)
    }
}
