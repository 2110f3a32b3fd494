import HTTPAPI
import HummingbirdTesting
import TestSupport
import Testing

/// What only a socket shows.
@Suite(.serialized) struct LiveServerTests {
    private func live(_ bench: APIBench = APIBench(), _ body: @Sendable (Int) async throws -> Void) async throws {
        try await bench.server.application.test(.live) { client in try await body(try #require(client.port)) }
    }

    @Test(
        "what is no HTTP is answered as a problem",
        arguments: [
            "nonsense\r\n\r\n", "GET / HTTP/1.1 x\r\n\r\n", "GET /v1/time HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            "GET /v1/time HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "GET /v1/time HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
            "POST /v1/halt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer spk_operator\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST /v1/halt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer spk_operator\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        ])
    func answersNonsense(_ request: String) async throws {
        try await live { port in
            let connection = try RawConnection(port: port)
            connection.send(request)
            let answer = connection.receive()
            #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
            #expect(answer.contains("application/problem+json") && answer.contains(#""code":"bad_request""#), "\(answer)")
            #expect(answer.lowercased().contains("x-request-id: "))
        }
    }

    @Test("header fields beyond the limit are answered as a problem")
    func boundsHeaders() async throws {
        try await live { port in
            let connection = try RawConnection(port: port)
            connection.send("GET /v1/time HTTP/1.1\r\nHost: x\r\nX-Long: " + String(repeating: "x", count: 20_000) + "\r\n\r\n")
            let answer = connection.receive()
            #expect(answer.hasPrefix("HTTP/1.1 431 ") && answer.contains(#""code":"headers_too_large""#), "\(answer)")
        }
    }

    private static func head(_ length: String) -> String {
        "POST /v1/zones HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer spk_operator\r\nContent-Type: application/json\r\n\(length)\r\n\r\n"
    }

    @Test("a body of 8 MiB is read to its end before it is refused, and the connection goes on")
    func discardsLargeBodies() async throws {
        try await live { port in
            let connection = try RawConnection(port: port)
            connection.send(Self.head("Content-Length: \(8 << 20)"))
            #expect(connection.send([UInt8](repeating: 0x20, count: 8 << 20)))
            #expect(connection.receive(until: "too_large").hasPrefix("HTTP/1.1 413 "))
            connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(connection.receive(until: "\"ok\"").contains("HTTP/1.1 200 "))
        }
    }

    @Test("a body without end is refused after 8 MiB, and the connection closed, as the answer says")
    func endsEndlessBodies() async throws {
        try await live { port in
            let connection = try RawConnection(port: port)
            connection.send(Self.head("Content-Length: \(1 << 40)"))
            for _ in 0..<9 { connection.send([UInt8](repeating: 0x20, count: 1 << 20)) }
            let answer = connection.receive()
            #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("too_large"), "\(answer)")
            #expect(answer.lowercased().contains("\r\nconnection: close\r\n"), "\(answer)")
        }
    }

    @Test("a client that waits for leave to send gets it")
    func saysContinue() async throws {
        try await live { port in
            let connection = try RawConnection(port: port)
            connection.send(Self.head("Content-Length: 2\r\nExpect: 100-continue"))
            #expect(connection.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            connection.send("{}")
            #expect(connection.receive(until: "invalid_request").hasPrefix("HTTP/1.1 422 "))
        }
    }

    @Test("a body in chunks is a body")
    func readsChunks() async throws {
        try await live { port in
            let connection = try RawConnection(port: port)
            connection.send(Self.head("Transfer-Encoding: chunked") + "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
            #expect(connection.receive(until: "invalid_request").hasPrefix("HTTP/1.1 422 "))
        }
    }

    @Test("requests sent one after the other without waiting are answered in order")
    func answersPipelines() async throws {
        try await live { port in
            let connection = try RawConnection(port: port)
            connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/time HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let statuses = connection.receive().split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
            #expect(statuses == ["200", "404", "200"])
        }
    }

    @Test("a connection on which nothing comes is closed")
    func closesIdleConnections() async throws {
        try await live(APIBench(idleTimeoutSeconds: 1)) { port in
            let connection = try RawConnection(port: port)
            connection.send("GET /v1/time HTTP/1.1\r\nHost:")
            #expect(connection.receive().isEmpty)
        }
    }
}
