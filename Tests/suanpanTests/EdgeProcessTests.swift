import EmbeddedPostgres
import Foundation
import TestSupport
import Testing

/// The program as an operator runs it: TLS, its log, its figures, its end.
@Suite(.serialized) struct EdgeProcessTests {
    private static let key = "spk_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

    private func serve(_ options: [String] = [], _ body: (ServerProcess, _ folder: String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "suanpan-edge-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (data, log) = (folder + "/data", folder + "/log")
        var server: ServerProcess?
        do {
            let running = try await ServerProcess.serve(dataDirectory: data, operatorKey: Self.key, log: log, options: options)
            server = running
            try await body(running, folder)
        } catch {
            try? ServerProcess.remove(dataDirectory: data, server: server)
            throw error
        }
        try ServerProcess.remove(dataDirectory: data, server: server)
        try FileManager.default.removeItem(atPath: folder)
    }

    private func certificate(_ folder: String, _ name: String) throws -> (certificate: String, key: String) {
        let paths = (folder + "/\(name).crt", folder + "/\(name).key")
        let made = try ServerProcess.tool([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", paths.1, "-out", paths.0,
        ])
        #expect(made.status == 0, "\(made.output)")
        return paths
    }

    private func curl(_ arguments: String...) throws -> String {
        try ServerProcess.tool(["curl", "-sS", "--max-time", "20"] + arguments).output
    }

    @Test("TLS serves HTTP/2 and HTTP/1.1, nothing older than TLS 1.2, and reads its certificate again at SIGHUP")
    func servesTLS() async throws {
        let folder = NSTemporaryDirectory() + "suanpan-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let first = try certificate(folder, "first")
        let options = ["--tls-cert", first.certificate, "--tls-key", first.key]
        try await serve(options) { (server, _) async throws in
            #expect(server.url.hasPrefix("https://"))
            let format = "-w", shown = "\n%{http_version} %{http_code}"
            let two = try curl("--cacert", first.certificate, "--http2", format, shown, server.url + "/v1/time")
            #expect(two.hasSuffix("\n2 200") && two.contains("simulated"), "\(two)")
            let one = try curl("--cacert", first.certificate, "--http1.1", format, shown, server.url + "/v1/time")
            #expect(one.hasSuffix("\n1.1 200"), "\(one)")
            let body = #"{"name":"P","roles":["consumer"]}"#
            let posted = try curl(
                "--cacert", first.certificate, "--http2", "-H", "Authorization: Bearer \(Self.key)", "-H",
                "Content-Type: application/json", "-d", body, format, shown, server.url + "/v1/participants")
            #expect(posted.hasSuffix("\n2 201"), "\(posted)")
            // A fault that ends an HTTP/1.1 connection is an answer of HTTP/2 like any other.
            let fault = try curl("--cacert", first.certificate, "--http2", format, shown, server.url + "/v1/nothing")
            #expect(fault.hasSuffix("\n2 404"), "\(fault)")
            let place = server.url.dropFirst("https://".count)
            let old = try ServerProcess.tool(["openssl", "s_client", "-connect", String(place), "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
            #expect(old.status != 0, "\(old.output)")
            let second = try certificate(folder, "second")
            for (from, to) in [(second.certificate, first.certificate), (second.key, first.key)] {
                try FileManager.default.removeItem(atPath: to)
                try FileManager.default.copyItem(atPath: from, toPath: to)
            }
            server.send(SIGHUP)
            var subject = ""
            while !subject.contains("second") {
                subject = try ServerProcess.tool(["openssl", "s_client", "-connect", String(place), "-servername", "x"]).output
            }
            #expect(try curl("--cacert", second.certificate, server.url + "/healthz") == #"{"status":"ok"}"#)
            server.send(SIGTERM)
            #expect(try await server.ending() == .exited(0))
        }
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test("a certificate without its key does not start a server")
    func refusesBadCertificates() async throws {
        let log = NSTemporaryDirectory() + "suanpan-tls-\(UUID().uuidString)"
        let ended = try await ServerProcess.run(
            ["serve", "--data-dir", log + "-data", "--port", "0", "--tls-cert", "/dev/null", "--tls-key", "/dev/null"], log: log)
        #expect(ended.ending != .exited(0) && ended.output.contains("/dev/null"), "\(ended.output)")
        try FileManager.default.removeItem(atPath: log)
    }

    @Test("the log is JSON, a line a request, and holds no secret, wherever one was sent")
    func logsWithoutSecrets() async throws {
        try await serve(["--log-format", "json", "--log-level", "debug", "--access-log"]) { (server, _) async throws in
            let auth = "Authorization: Bearer \(Self.key)"
            let json = "Content-Type: application/json"
            _ = try curl("-H", auth, "-H", json, "-d", #"{"name":"P","roles":["consumer"]}"#, server.url + "/v1/participants")
            let made = try curl("-H", auth, "-H", json, "-d", #"{"label":"k"}"#, server.url + "/v1/participants/par_000002/api_keys")
            let secret = try #require(made.split(separator: "\"").first { $0.hasPrefix("spk_") }.map(String.init), "\(made)")
            _ = try curl("-H", "Authorization: Bearer \(secret)", server.url + "/v1/balances")
            _ = try curl("-H", "Authorization: Bearer \(secret)", server.url + "/v1/\(secret)?key=\(secret)")
            _ = try curl("-H", auth, "-H", "X-Request-Id: \(secret)", "-H", json, "-d", "{\"\(secret)\":1}", server.url + "/v1/halt")
            server.send(SIGTERM)
            #expect(try await server.ending() == .exited(0))
            let log = ServerProcess.text(of: server.log)
            #expect(!log.contains(secret.dropFirst(4)) && !log.contains(Self.key.dropFirst(4)))
            let lines = log.split(separator: "\n").filter { $0.hasPrefix("{") }
            let requests = try lines.map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
                .filter { $0["message"] as? String == "request" }
            #expect(requests.count == 5 && requests.allSatisfy { $0["request_id"] != nil && $0["duration_us"] != nil })
            #expect(requests[2]["path"] as? String == "/v1/balances" && requests[2]["status"] as? String == "200")
        }
    }

    @Test("Prometheus' own tool finds nothing wrong with the figures, and they are there")
    func figuresAreSound() async throws {
        try await serve { (server, _) async throws in
            _ = try curl("-H", "Authorization: Bearer \(Self.key)", server.url + "/v1/balances")
            let text = try curl(server.url + "/metrics")
            for name in [
                "suanpan_orders_total", "suanpan_trades_total", "suanpan_books", "suanpan_sequencer_queue_requests",
                "suanpan_journal_commit_duration_seconds_bucket", "suanpan_http_request_duration_seconds_bucket",
                "suanpan_projector_lag_seconds", "process_resident_memory_bytes", "suanpan_http_connections",
            ] { #expect(text.contains("\n\(name)"), "\(name)") }
            guard try ServerProcess.tool(["which", "promtool"]).status == 0 else { return }
            let checked = try ServerProcess.tool(["promtool", "check", "metrics"], input: text)
            #expect(checked.status == 0 && checked.output.isEmpty, "\(checked.output)")
        }
    }

    @Test("SIGTERM lets requests in flight be answered, closes idle connections, and ends with 0")
    func stopsGracefully() async throws {
        try await serve { (server, _) async throws in
            let port = try #require(server.url.split(separator: ":").last.flatMap { Int($0) })
            let (idle, busy) = (try RawConnection(port: port), try RawConnection(port: port))
            idle.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(idle.receive(until: "\"ok\"").contains("200"))
            let body = #"{"name":"P","roles":["consumer"]}"#
            busy.send(
                "POST /v1/participants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Self.key)\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\nExpect: 100-continue\r\n\r\n")
            #expect(busy.receive(until: "\r\n\r\n").contains("100 Continue"))
            server.send(SIGTERM)
            // The idle one is closed; only then does the other send what its answer needs.
            #expect(idle.receive().isEmpty)
            busy.send(body)
            #expect(busy.receive().contains("HTTP/1.1 201"))
            #expect(try await server.ending() == .exited(0))
        }
    }
}

extension EdgeProcessTests {
    @Test("SIGTERM ends open streams with the reason, before requests in flight have had their time")
    func endsStreams() async throws {
        try await serve { (server, _) async throws in
            let port = try #require(server.url.split(separator: ":").last.flatMap { Int($0) })
            let (stream, busy) = (try RawConnection(port: port), try RawConnection(port: port))
            stream.send("GET /v1/stream?channels=orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Self.key)\r\n\r\n")
            #expect(stream.receive(until: "event: snapshot").contains("HTTP/1.1 200"))
            let body = #"{"name":"P","roles":["consumer"]}"#
            busy.send(
                "POST /v1/participants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Self.key)\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\nExpect: 100-continue\r\n\r\n")
            #expect(busy.receive(until: "\r\n\r\n").contains("100 Continue"))
            server.send(SIGTERM)
            // To its end, while the other request still keeps the server.
            #expect(stream.receive().contains("shutdown"))
            #expect(server.isRunning)
            busy.send(body)
            #expect(busy.receive().contains("HTTP/1.1 201"))
            #expect(try await server.ending() == .exited(0))
        }
    }

    @Test("a server whose PostgreSQL does not answer is not ready, says so, and is ready again when it does")
    func tellsLostDatabases() async throws {
        try await serve { (server, folder) async throws in
            let postmaster = try #require(ServerProcess.postgresProcess(dataDirectory: folder + "/data"))
            func signal(_ name: String) throws {
                for process in try ServerProcess.children(of: postmaster) + [postmaster] {
                    kill(process, name == "STOP" ? SIGSTOP : SIGCONT)
                }
            }
            #expect(try curl(server.url + "/readyz").contains("trading"))
            try signal("STOP")
            var answer = ""
            while !answer.contains("database_unavailable") { answer = try curl("-w", "%{http_code}", server.url + "/readyz") }
            #expect(answer.hasSuffix("503") && answer.contains("PostgreSQL does not answer"), "\(answer)")
            #expect(try curl(server.url + "/healthz") == #"{"status":"ok"}"#)
            // Figures do not wait for the database.
            #expect(try curl(server.url + "/metrics").contains("suanpan_trading"))
            try signal("CONT")
            while !answer.contains("trading") { answer = try curl(server.url + "/readyz") }
        }
    }

    @Test("a client that never comes to an end does not keep the server from its own")
    func stopsBesideStalledClients() async throws {
        try await serve { (server, _) async throws in
            let port = try #require(server.url.split(separator: ":").last.flatMap { Int($0) })
            let stalled = try RawConnection(port: port)
            stalled.send(
                "POST /v1/participants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Self.key)\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
            #expect(stalled.receive(until: "\r\n\r\n").contains("100 Continue"))
            server.send(SIGTERM)
            #expect(try await server.ending() == .exited(0))
        }
    }

    @Test("connections beyond the limit wait while all that are open have requests, and are taken when one has none any more")
    func limitsConnections() async throws {
        try await serve(["--max-connections", "3", "--connections-per-address", "100"]) { (server, _) async throws in
            let port = try #require(server.url.split(separator: ":").last.flatMap { Int($0) })
            let body = #"{"name":"P","roles":["consumer"]}"#
            let busy = try (0..<20).map { _ in
                let connection = try RawConnection(port: port)
                connection.send(
                    "POST /v1/participants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Self.key)\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(body.utf8.count)\r\nExpect: 100-continue\r\n\r\n")
                return connection
            }
            // Those that are taken are told to go on; the library takes a few more than the limit at one look at the socket.
            while busy.count(where: { $0.hasBytes() }) < 3 { try await Task.sleep(for: .milliseconds(10)) }
            let waiting = busy.filter { !$0.hasBytes() }
            #expect(!waiting.isEmpty, "all of 20 were taken at once")
            // Each that is answered asks for nothing any more and makes room for the next, until nobody waits.
            for connection in busy {
                #expect(connection.receive(until: "\r\n\r\n").contains("100 Continue"))
                connection.send(body)
                #expect(connection.receive(until: "}").contains("HTTP/1.1 201"))
            }
        }
    }
}
