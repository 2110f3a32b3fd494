import Cryptography
import Foundation
import HTTPAPI
import HummingbirdTesting
import Quantities
import Synchronization
import Testing

@Suite struct RequestSignatureTests {
    /// A wall clock that the test moves.
    private final class Wall: Sendable {
        private let micros = Mutex<Int64>(1_764_000_000_000_000)
        var now: Timestamp { Timestamp(micros.withLock { $0 }) }
        func advance(seconds: Int64) { micros.withLock { $0 += seconds * 1_000_000 } }
        var seconds: Int64 { now.microseconds / 1_000_000 }
    }

    private struct Signer: Sendable {
        var id: String
        var secret: String

        func header(_ method: String, _ target: String, _ body: String = "", at time: String) -> String {
            let message = "\(time)\n\(method)\n\(target)\n\(body)"
            let code = MessageAuthentication.code(of: Array(message.utf8), key: Array(secret.utf8))
            return "HMAC-SHA256 key=\(id), timestamp=\(time), signature=\(Hexadecimal.text(code))"
        }
    }

    private func scene(
        _ body: @Sendable (_ host: APIClient, _ signer: Signer, _ key: String, _ wall: Wall) async throws -> Void
    ) async throws {
        let wall = Wall()
        var edge = EdgeSettings()
        edge.wallTime = { wall.now }
        try await APIBench(edge: edge).run { (host) async throws in
            let id = try await host.must("POST", "/v1/participants", #"{"name":"P","roles":["consumer"]}"#).id
            let key = try await host.must("POST", "/v1/participants/\(id)/api_keys", #"{"label":"k","require_signature":true}"#)
            let secret = try #require(key.string("signing_secret"))
            #expect(secret.hasPrefix("sps_") && secret.utf8.count == 68)
            try await body(host.acting(with: nil), Signer(id: key.id, secret: secret), key.string("key") ?? "", wall)
        }
    }

    @Test("a signed request is its signer's")
    func takesSigned() async throws {
        try await scene { (host, signer, _, wall) async throws in
            let time = "\(wall.seconds)"
            #expect(try await host.send("GET", "/v1/balances", headers: ["Authorization": signer.header("GET", "/v1/balances", at: time)]).status == 200)
            // A target that does not exist, with query: signed as sent.
            let target = "/v1/orders?status=open&limit=3"
            #expect(try await host.send("GET", target, headers: ["Authorization": signer.header("GET", target, at: time + ".5")]).status == 200)
            let body = #"{"label":"heir"}"#
            let path = "/v1/bids"
            let answer = try await host.send("POST", path, body, headers: ["Authorization": signer.header("POST", path, body, at: time)])
            #expect(answer.code == "invalid_request")
        }
    }

    @Test("a key that signs is nothing by itself")
    func refusesBareKeys() async throws {
        try await scene { (host, _, key, _) async throws in
            #expect(try await host.acting(with: key).get("/v1/balances").code == "unauthenticated")
        }
    }

    @Test("an account can demand that all of its keys sign, and lifts the demand with a signed request only")
    func demandsSignatures() async throws {
        try await scene { (host, _, _, wall) async throws in
            let operatorClient = host.acting(with: APIBench.operatorKey)
            let id = try await operatorClient.must("POST", "/v1/participants", #"{"name":"Q","roles":["consumer"]}"#).id
            let key = try await operatorClient.must("POST", "/v1/participants/\(id)/api_keys", #"{"label":"k"}"#)
            let bare = host.acting(with: key.string("key"))
            let signer = Signer(id: key.id, secret: key.string("signing_secret") ?? "")
            let path = "/v1/participants/\(id)/signing"
            #expect(try await bare.send("PUT", "/v1/participants/par_000001/signing", #"{"required":true}"#).code == "not_found")
            #expect(try await bare.send("PUT", path, #"{"required":1}"#).field == "required")
            #expect(try await bare.get("/v1/balances").status == 200)
            let demanded = try await bare.must("PUT", path, #"{"required":true}"#)
            #expect(demanded.text.contains(#""require_signature":true"#))
            #expect(try await bare.get("/v1/balances").code == "unauthenticated")
            #expect(try await bare.send("PUT", path, #"{"required":false}"#).code == "unauthenticated")
            let headers = ["Authorization": signer.header("GET", "/v1/balances", at: "\(wall.seconds)")]
            #expect(try await host.send("GET", "/v1/balances", headers: headers).status == 200)
            let body = #"{"required":false}"#
            let lift = ["Authorization": signer.header("PUT", path, body, at: "\(wall.seconds)")]
            #expect(try await host.send("PUT", path, body, headers: lift).status == 200)
            #expect(try await bare.get("/v1/balances").status == 200)
        }
    }

    @Test("a signature is taken once")
    func refusesReplays() async throws {
        try await scene { (host, signer, _, wall) async throws in
            let headers = ["Authorization": signer.header("GET", "/v1/balances", at: "\(wall.seconds)")]
            #expect(try await host.send("GET", "/v1/balances", headers: headers).status == 200)
            #expect(try await host.send("GET", "/v1/balances", headers: headers).code == "unauthenticated")
            wall.advance(seconds: 30)
            #expect(try await host.send("GET", "/v1/balances", headers: headers).code == "unauthenticated")
        }
    }

    @Test("a signature is good for 30 seconds to either side, and not before the server started")
    func keepsToTheWindow() async throws {
        try await scene { (host, signer, _, wall) async throws in
            func code(_ seconds: Int64) async throws -> Int {
                let time = "\(wall.seconds + seconds)"
                return try await host.send("GET", "/v1/balances", headers: ["Authorization": signer.header("GET", "/v1/balances", at: time)]).status
            }
            #expect(try await code(-1) == 401)
            wall.advance(seconds: 100)
            #expect(try await code(-30) == 200)
            #expect(try await code(-31) == 401)
            #expect(try await code(30) == 200)
            #expect(try await code(31) == 401)
        }
    }

    @Test("nothing of a signed request can be another")
    func coversEverything() async throws {
        try await scene { (host, signer, _, wall) async throws in
            let time = "\(wall.seconds)"
            let header = signer.header("POST", "/v1/bids?x=1", "{}", at: time)
            for (method, target, body) in [("POST", "/v1/bids?x=2", "{}"), ("POST", "/v1/bids?x=1", "{ }"), ("DELETE", "/v1/orders", "")] {
                let answer = try await host.send(method, target, body.isEmpty ? nil : body, headers: ["Authorization": header])
                #expect(answer.code == "unauthenticated", "\(method) \(target)")
            }
            let other = header.replacingOccurrences(of: "timestamp=\(time)", with: "timestamp=\(time).0")
            #expect(try await host.send("POST", "/v1/bids?x=1", "{}", headers: ["Authorization": other]).code == "unauthenticated")
        }
    }

    @Test("malformed signatures are no signatures", arguments: [
        "HMAC-SHA256 x", "HMAC-SHA256 key=key_000002, timestamp=, signature=00", "HMAC-SHA256 key=,timestamp=1,signature=",
        "HMAC-SHA256 key=a, timestamp=99999999999999999999, signature=\(String(repeating: "0", count: 64))",
        "HMAC-SHA256 key=a, timestamp=1.1234567, signature=\(String(repeating: "0", count: 64))",
        "HMAC-SHA256 key=a, timestamp=-1, signature=\(String(repeating: "g", count: 64)), nonce=1",
    ])
    func refusesMalformed(_ header: String) async throws {
        try await scene { (host, _, _, _) async throws in
            #expect(try await host.send("GET", "/v1/balances", headers: ["Authorization": header]).code == "unauthenticated")
        }
    }

    @Test("both example clients of the documentation sign as the server checks", arguments: ["sh", "python3"])
    func examplesWork(_ program: String) async throws {
        let text = try String(contentsOfFile: RepositoryFile.path("docs/API.md"), encoding: .utf8)
        let mark = "<!-- example: sign.\(program == "sh" ? "sh" : "py") -->"
        let start = try #require(text.range(of: mark)?.upperBound)
        let fence = try #require(text.range(of: "```", range: start..<text.endIndex)?.upperBound)
        let code = try #require(text.range(of: "\n", range: fence..<text.endIndex)?.upperBound)
        let end = try #require(text.range(of: "\n```", range: code..<text.endIndex)?.lowerBound)
        let script = NSTemporaryDirectory() + "suanpan-sign-\(UUID().uuidString)"
        try String(text[code..<end]).write(toFile: script, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: script) }
        let bench = APIBench()
        try await bench.server.application.test(.live) { (client) async throws in
            let host = APIClient(client: client, key: APIBench.operatorKey)
            let id = try await host.must("POST", "/v1/participants", #"{"name":"P","roles":["consumer"]}"#).id
            let key = try await host.must("POST", "/v1/participants/\(id)/api_keys", #"{"label":"k","require_signature":true}"#)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [program, script]
            process.environment = ProcessInfo.processInfo.environment.merging([
                "SUANPAN": "http://127.0.0.1:\(try #require(client.port))", "KEY_ID": key.id,
                "SIGNING_SECRET": try #require(key.string("signing_secret")),
            ]) { _, own in own }
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0 && said.contains(#""cancelled":0"#), "\(said)")
        }
    }
}
