import HTTPAPI
import HTTPTypes
import Logging
import Synchronization
import Testing

/// What stands in answers beside their content: origins, traces, what the log says.
@Suite struct EdgeHeaderTests {
    private static func name(_ text: String) -> HTTPField.Name { HTTPField.Name(text)! }

    @Test("a browser that asks before it sends learns the path's methods, if its page may")
    func answersPreflights() async throws {
        var edge = EdgeSettings()
        edge.crossOrigin = CrossOrigin(origins: ["https://app.example"])
        try await APIBench(edge: edge).run { (host) async throws in
            func ask(_ origin: String, _ path: String = "/v1/orders") async throws -> APIAnswer {
                try await host.acting(with: nil).send("OPTIONS", path, headers: ["Origin": origin, "Access-Control-Request-Method": "POST"])
            }
            let answer = try await ask("https://app.example")
            #expect(answer.status == 204 && answer.headers[.accessControlAllowOrigin] == "https://app.example")
            #expect(answer.headers[.accessControlAllowMethods] == "POST, GET, DELETE, HEAD")
            #expect(answer.headers[.accessControlAllowHeaders]?.contains("Idempotency-Key") == true)
            #expect(try await ask("https://evil.example").headers[.accessControlAllowOrigin] == nil)
            #expect(try await ask("https://app.example", "/v1/nothing").status == 404)
            let plain = try await host.send("GET", "/v1/time", headers: ["Origin": "https://app.example"])
            #expect(plain.headers[.accessControlAllowOrigin] == "https://app.example" && plain.headers[.vary]?.contains("Origin") == true)
            // Faults can be read, too.
            #expect(try await host.send("GET", "/v1/nothing", headers: ["Origin": "https://app.example"]).headers[.accessControlAllowOrigin] != nil)
            #expect(try await host.send("OPTIONS", "/v1/orders").status == 405)
        }
    }

    @Test("without the option no page of another origin gets in")
    func isClosedByDefault() async throws {
        try await APIBench().run { (host) async throws in
            let headers = ["Origin": "https://app.example", "Access-Control-Request-Method": "POST"]
            let answer = try await host.send("OPTIONS", "/v1/orders", headers: headers)
            #expect(answer.status == 405 && answer.headers[.accessControlAllowOrigin] == nil)
        }
    }

    @Test("a trace goes on with a span of this server", arguments: [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true), ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false), ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false), ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false), ("x", false), ("", false),
    ])
    func carriesTraces(_ header: String, _ isValid: Bool) async throws {
        try await APIBench().run { (host) async throws in
            let answer = try await host.send("GET", "/v1/time", headers: ["traceparent": header])
            let back = answer.headers[Self.name("traceparent")]
            #expect(answer.status == 200 && (back != nil) == isValid)
            if let back {
                #expect(back.hasPrefix("00-4bf92f3577b34da6a3ce929d0e0e4736-") && back.hasSuffix("-01") && !back.contains("00f067aa0ba902b7"))
            }
        }
    }

    @Test("the access log tells who did what with which answer, and no secret")
    func logsAccess() async throws {
        let lines = LogLines()
        var edge = EdgeSettings()
        edge.logsAccess = true
        let logger = Logger(label: "test") { _ in lines }
        try await APIBench(edge: edge, logger: logger).run { (host) async throws in
            let (id, client) = try await host.participant("P", "consumer")
            try await client.send("POST", "/v1/bids?secret=1", #"{"label":"in the body"}"#, headers: [
                "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "X-Request-Id": "mine",
            ])
            let text = lines.text
            let key = try #require(client.key)
            #expect(!text.contains(key) && !text.contains("in the body") && !text.contains("secret=1") && !text.contains(APIBench.operatorKey))
            let line = try #require(text.split(separator: "\n").last)
            for part in ["method=POST", "path=/v1/bids", "status=422", "request_id=mine", "participant=\(id)", "trace_id=4bf92f3577b34da6a3ce929d0e0e4736", "key=key_"] {
                #expect(line.contains(part), "\(line)")
            }
        }
    }

    @Test("figures of requests, by kind of route, are histograms")
    func measures() async throws {
        try await APIBench().run { (host) async throws in
            _ = try await host.get("/v1/market")
            let text = try await host.get("/metrics").text
            #expect(text.contains("# TYPE suanpan_http_request_duration_seconds histogram\n"))
            #expect(text.contains(#"suanpan_http_request_duration_seconds_bucket{route_class="market_data",le="+Inf"} 1"#))
            #expect(text.contains(#"suanpan_http_request_duration_seconds_count{route_class="market_data"} 1"#))
            #expect(text.contains("process_resident_memory_bytes "))
        }
    }

    @Test("a halted market is ready, and says that it is halted")
    func tellsHalts() async throws {
        try await APIBench().run { (host) async throws in
            #expect(try await host.get("/readyz").text == #"{"status":"trading","market":"open"}"#)
            try await host.must("POST", "/v1/halt")
            #expect(try await host.get("/readyz").text == #"{"status":"trading","market":"halted"}"#)
        }
    }
}

/// A log that is kept.
final class LogLines: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set { _ = newValue }
    }
    var logLevel: Logger.Level {
        get { .trace }
        set { _ = newValue }
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set { _ = newValue }
    }
    func log(event: LogEvent) {
        let pairs = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        lines.withLock { $0.append("\(event.message) \(pairs)") }
    }
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}
