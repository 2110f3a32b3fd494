import Client
import Foundation
import TestSupport
import Testing

import suanpan

/// Many connections that ask for nothing, and clients that take more than their share, beside others that trade. What the others
/// notice of them in time is `suanpan bench pressure`'s to say; here is what they get.
@Suite("HTTP under pressure", .serialized) struct PressureTests {
    private static let operatorKey = "operator-of-the-pressure-tests"
    private static let many = 10_000
    /// For connections of the tests and some hundred files beside.
    private static let canOpenMany = (OpenFileLimit.raise() ?? 0) > many + 1_000

    private struct Scene {
        let server: ServerProcess
        let port: Int
        let market: HTTPLoadMarket

        /// A figure of `/metrics`.
        func figure(_ name: String) async throws -> Int {
            let text = try await SuanpanClient(url: server.url).send("GET", "/metrics").text
            let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            return try #require(line.flatMap { Int($0.split(separator: " ")[1]) }, "\(name)")
        }

        func cut(_ reason: String) async throws -> Int {
            try await figure("suanpan_http_connections_cut_total{reason=\"\(reason)\"}")
        }

        /// Every trader but the last places orders, each after the answer of the one before; all must be taken.
        func trade(_ count: Int) async throws {
            try await SuanpanClient.withConnections(market.traders.count, to: server.url, retry: .never) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for trader in market.traders.indices.dropLast() {
                        group.addTask {
                            for number in 0..<count {
                                let body = Array(market.order(trader: trader, count: number).utf8)
                                let answer = try await client.acting(with: market.traders[trader].key).send("POST", "/v1/orders", body: body)
                                #expect(answer.status == 201, "\(answer.text)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    private func serve(_ options: [String] = [], openFiles: Int? = nil, _ body: (Scene) async throws -> Void) async throws {
        let folder = "/tmp/suanpan-test-\(getpid())-pressure-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        var server: ServerProcess?
        do {
            let running = try await ServerProcess.serve(
                dataDirectory: folder + "/data", operatorKey: Self.operatorKey, log: folder + "/log", openFiles: openFiles, options: options)
            server = running
            let port = try #require(running.url.split(separator: ":").last.flatMap { Int($0) })
            let market = try await SuanpanClient.withConnections(4, to: running.url) { client in
                try await HTTPLoadMarket.prepare(operator: client.acting(with: Self.operatorKey), traders: 5)
            }
            try await body(Scene(server: running, port: port, market: market))
            running.send(SIGTERM)
            #expect(try await running.ending() == .exited(0), "\(running.output.suffix(2_000))")
        } catch {
            try? ServerProcess.remove(dataDirectory: folder + "/data", server: server)
            throw error
        }
        try ServerProcess.remove(dataDirectory: folder + "/data", server: server)
        try FileManager.default.removeItem(atPath: folder)
    }

    private static let request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

    private func isServed(_ connection: RawConnection) -> Bool {
        connection.send(Self.request)
        return connection.receive(until: "\"ok\"").contains("200")
    }

    private func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(20)) }
    }

    @Test(
        "10,000 connections that ask for nothing are held, others trade, and a connection costs less than 40 KB",
        .enabled(if: canOpenMany, "needs 11,000 open files"), .timeLimit(.minutes(5)))
    func idleConnections() async throws {
        let options = ["--max-connections", "12000", "--connections-per-address", "3000", "--idle-timeout", "600"]
        try await serve(options) { (scene) async throws in
            try await scene.trade(20)
            let before = try await scene.figure("process_resident_memory_bytes")
            let idlers = try (0..<Self.many).map { try RawConnection(port: scene.port, from: "127.0.2.\(1 + $0 % 5)") }
            // Half of them have asked once, half never.
            for idler in idlers.prefix(Self.many / 2) { idler.send(Self.request) }
            for idler in idlers.prefix(Self.many / 2) { #expect(idler.receive(until: "\"ok\"").contains("200")) }
            try await scene.trade(20)
            #expect(try await scene.figure("suanpan_http_connections") >= Self.many)
            let bytes = (try await scene.figure("process_resident_memory_bytes") - before) / Self.many
            print("pressure: \(Self.many) idle connections, \(bytes) bytes each, \(before >> 20) MiB before")
            #expect(bytes < 40_000)
            #expect(!idlers.contains { $0.isClosedByPeer() })
            #expect(isServed(idlers[Self.many - 1]) && isServed(idlers[0]))
        }
    }

    @Test(
        "as it is by default, a server closes what one address opens beyond 2,048, and where all 4,096 places are taken the longest waiting of the address with most give way",
        .enabled(if: canOpenMany, "needs 11,000 open files"), .timeLimit(.minutes(5)))
    func defaults() async throws {
        try await serve { (scene) async throws in
            var first = try (0..<2_500).map { _ in try RawConnection(port: scene.port, from: "127.0.2.1") }
            try await until { try await scene.cut("address_limit") == 452 }
            first.removeAll { $0.isClosedByPeer() }
            #expect(first.count == 2_048)
            let second = try (0..<2_000).map { try RawConnection(port: scene.port, from: "127.0.2.\(4 + $0 % 2)") }
            // The places are taken now; whoever comes is served all the same, and it costs the first address.
            for number in 0..<300 {
                let newcomer = try RawConnection(port: scene.port, from: "127.0.2.3")
                #expect(isServed(newcomer), "\(number)")
            }
            try await scene.trade(20)
            let third = try (0..<300).map { _ in try RawConnection(port: scene.port, from: "127.0.2.3") }
            #expect(third.allSatisfy { isServed($0) })
            #expect(try await scene.cut("gave_way") > 0)
            #expect(try await scene.figure("suanpan_http_connections") <= 4_110)
            #expect(!second.contains { $0.isClosedByPeer() } && !third.contains { $0.isClosedByPeer() })
            #expect(first.contains { $0.isClosedByPeer() })
            // The youngest of the first address is still there.
            #expect(first.last.map { isServed($0) } == true)
        }
    }

    @Test("clients that send or read too slowly are cut, and others trade meanwhile", .timeLimit(.minutes(5)))
    func slowClients() async throws {
        try await serve(["--head-timeout", "2", "--body-timeout", "2", "--reader-timeout", "2"]) { (scene) async throws in
            let crowd = 100
            let heads = try (0..<crowd).map { _ in try RawConnection(port: scene.port) }
            for slow in heads { slow.send("GET /v1/time HTTP/1.1\r\nX-Slow: ") }
            let bodies = try (0..<crowd).map { _ in try RawConnection(port: scene.port) }
            for slow in bodies {
                slow.send(
                    "POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(scene.market.traders[4].key)\r\n"
                        + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
            }
            let readers = try (0..<crowd / 5).map { _ in try RawConnection(port: scene.port) }
            // Answers of many megabytes that nobody reads.
            for slow in readers { slow.send(String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n", count: 60)) }
            let before = try await scene.figure("process_resident_memory_bytes")
            try await scene.trade(20)
            try await until {
                for (reason, count) in [("slow_head", crowd), ("slow_body", crowd), ("slow_reader", crowd / 5)] {
                    guard try await scene.cut(reason) >= count else { return false }
                }
                return true
            }
            #expect(heads.allSatisfy { $0.isClosedByPeer() })
            try await scene.trade(20)
            // What a client does not read is not made: twenty times sixty answers would be hundreds of megabytes.
            let grown = try await scene.figure("process_resident_memory_bytes") - before
            #expect(grown < 200 << 20, "\(grown >> 20) MiB")
            // Until here they are open on this side; an optimised build would let go of them after their last use.
            withExtendedLifetime((bodies, readers)) {}
        }
    }

    @Test("a flood from one key is refused beyond its limit, others' requests are not, and without a limit all are answered", .timeLimit(.minutes(5)))
    func flood() async throws {
        for limit in [50, nil] {
            try await serve(limit.map { ["--rate-limit-per-key", "\($0)"] } ?? []) { (scene) async throws in
                let (port, key) = (scene.port, scene.market.traders[4].key)
                let flood = Task {
                    var statuses: [Int: Int] = [:]
                    let request = "GET /v1/balances HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\r\n"
                    let pipeline = try Pipeline(port: port)
                    for _ in 0..<4 {
                        pipeline.send(Array(String(repeating: request, count: 50).utf8))
                        for _ in 0..<50 { statuses[try #require(try pipeline.receive()).status, default: 0] += 1 }
                    }
                    return statuses
                }
                try await scene.trade(20)
                let statuses = try await flood.value
                #expect(statuses.values.reduce(0, +) == 200)
                if limit == nil { #expect(statuses == [200: 200]) } else { #expect(Set(statuses.keys) == [200, 429] && (statuses[429] ?? 0) > 0) }
            }
        }
    }

    @Test("a server that the system gives few files takes fewer connections, says so, and answers whoever comes", .timeLimit(.minutes(5)))
    func fewFiles() async throws {
        try await serve(openFiles: 400) { (scene) async throws in
            #expect(scene.server.output.contains("400 open files: 272 are taken"))
            let crowd = try (0..<600).map { number in
                let connection = try RawConnection(port: scene.port)
                #expect(isServed(connection), "\(number)")
                return connection
            }
            try await scene.trade(20)
            #expect(crowd.contains { $0.isClosedByPeer() })
            #expect(try await scene.figure("process_open_fds") <= 400)
        }
    }

    @Test("a connection for which the system has no file is no end of the server: it is taken when there is one", .timeLimit(.minutes(5)))
    func noFileLeft() async throws {
        try await serve { (scene) async throws in
            let process = scene.server.identifier
            func allow(_ files: Int?) throws {
                let set = try ServerProcess.tool(["prlimit", "--pid", "\(process)", "--nofile=\(files.map { "\($0)" } ?? "10000"):"])
                #expect(set.status == 0, "\(set.output)")
            }
            let open = try await scene.figure("process_open_fds")
            try allow(open + 4)
            let crowd = try (0..<40).map { _ in try RawConnection(port: scene.port) }
            for connection in crowd { connection.send(Self.request) }
            try await until { scene.server.output.contains("a connection could not be taken") || !scene.server.isRunning }
            #expect(scene.server.isRunning, "\(scene.server.output)")
            try allow(nil)
            for (number, connection) in crowd.enumerated() { #expect(connection.receive(until: "\"ok\"").contains("200"), "\(number)") }
            try await scene.trade(5)
        }
    }
}
