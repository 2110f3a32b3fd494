import HTTPAPI
import HummingbirdTesting
import TestSupport
import Testing

/// Clients that take their time, and many of them.
@Suite(.serialized) struct SlowClientTests {
    private func live(
        _ configure: (inout HTTPServerConfiguration) -> Void, _ body: @Sendable (Int, APIClient) async throws -> Void
    ) async throws {
        try await APIBench(configure).server.application.test(.live) { (client) async throws in
            try await body(try #require(client.port), APIClient(client: client, key: APIBench.operatorKey))
        }
    }

    /// Sends a byte now and then until the other side has closed; answers what came back.
    private func trickle(_ connection: RawConnection, _ byte: String) async throws -> String {
        while connection.send(byte) {
            if connection.isClosedByPeer() { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        return connection.receive()
    }

    @Test("a head that comes byte by byte is cut, and others are answered meanwhile")
    func cutsSlowHeads() async throws {
        try await live({ $0.headTimeoutSeconds = 1 }) { (port, host) async throws in
            let connection = try RawConnection(port: port)
            connection.send("GET /v1/time HTTP/1.1\r\nX-Slow: ")
            async let slow = trickle(connection, "x")
            #expect(try await host.get("/v1/time").status == 200)
            #expect(try await slow.isEmpty)
            #expect(try await host.get("/metrics").text.contains(#"suanpan_http_connections_cut_total{reason="slow_head"} 1"#))
        }
    }

    @Test("a second request's head has the same time as the first")
    func cutsSlowSecondHeads() async throws {
        try await live({ $0.headTimeoutSeconds = 1 }) { (port, host) async throws in
            let connection = try RawConnection(port: port)
            connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(connection.receive(until: "\"ok\"").contains("200"))
            connection.send("GET /v1/time HTTP/1.1\r\nX-Slow: ")
            _ = try await trickle(connection, "x")
            #expect(try await host.get("/metrics").text.contains(#"suanpan_http_connections_cut_total{reason="slow_head"} 1"#))
        }
    }

    @Test("a body that comes byte by byte is cut")
    func cutsSlowBodies() async throws {
        try await live({ $0.bodyTimeoutSeconds = 1 }) { (port, host) async throws in
            let connection = try RawConnection(port: port)
            connection.send(
                "POST /v1/zones HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer spk_operator\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            _ = try await trickle(connection, " ")
            #expect(try await host.get("/metrics").text.contains(#"suanpan_http_connections_cut_total{reason="slow_body"} 1"#))
        }
    }

    @Test("who does not read its answers is cut")
    func cutsSlowReaders() async throws {
        try await live({ $0.readerTimeoutSeconds = 1 }) { (port, host) async throws in
            let connection = try RawConnection(port: port)
            // The console is some kilobytes; many of them fill the socket's buffers and the server's.
            let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
            let cut = #"suanpan_http_connections_cut_total{reason="slow_reader"} 1"#
            for _ in 0..<10_000 where connection.send(request, patience: 1) {}
            while try await !host.get("/metrics").text.contains(cut) { try await Task.sleep(for: .milliseconds(50)) }
        }
    }

    @Test("connections of one address beyond the limit are closed at once, and taken again when others ended")
    func limitsConnectionsOfAnAddress() async throws {
        try await live({ $0.connectionsPerAddress = 3 }) { (port, host) async throws in
            // The client of the test may hold one itself; these fill what is left.
            #expect(try await host.get("/healthz").status == 200)
            var held: [RawConnection] = []
            func isServed(_ connection: RawConnection) -> Bool {
                connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                return connection.receive(until: "\"ok\"").contains("200")
            }
            for _ in 0..<4 {
                let connection = try RawConnection(port: port)
                if isServed(connection) { held.append(connection) }
            }
            #expect((2...3).contains(held.count))
            held.removeAll()
            var again = false
            while !again { again = isServed(try RawConnection(port: port)) }
            #expect(try await host.get("/metrics").text.contains(#"cut_total{reason="address_limit"}"#))
        }
    }
}
