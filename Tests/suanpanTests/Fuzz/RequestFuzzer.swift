import HTTPAPI
import Quantities
import TestSupport

/// Makes requests to every route of the table, most of them wrong somewhere.
struct RequestFuzzer {
    /// One request as it goes over the wire.
    struct Case {
        var bytes: [UInt8]
        var method: RouteMethod
        var path: String
        /// Whether it may be that what follows on the connection is not understood: it gets a connection of its own.
        var breaksFraming = false
    }

    private var generator: SeededGenerator
    private let keys: [String]
    // An answer that goes on for ever would hold up those behind it.
    private static let routes = HTTPServer.routes.filter { !$0.path.contains("stream") }

    /// - Parameter keys: API keys of the market's participants.
    init(seed: UInt64, keys: [String]) {
        generator = SeededGenerator(seed: seed)
        self.keys = keys
    }

    private mutating func draw(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }

    /// The next one.
    mutating func next() -> Case {
        let route = Self.routes[draw(Self.routes.count)]
        // What would leave the rest of the run without a market is only sent where it must be refused.
        let endsTheMarket = ["suspend", "halt", "clock", "keys", "signing"].contains { route.path.contains($0) } || route.method == .delete && route.path.contains("resources")
        var path = path(of: route, hostile: endsTheMarket)
        if !route.query.isEmpty || draw(20) == 0 { path += query(of: route) }
        var body: [UInt8]?
        if let type = route.body { body = self.body(type, alwaysHostile: endsTheMarket) }
        return frame(route, path, body)
    }

    // MARK: Targets

    private mutating func path(of route: Route, hostile: Bool) -> String {
        var path = ""
        for segment in route.pattern {
            switch segment {
            case .literal(let text): path += "/" + text
            case .parameter(let name):
                path += "/" + (hostile || draw(3) == 0 ? Self.inPath(HostileValues.drawText(&generator)) : identifier(name, route.path))
            }
        }
        return path.isEmpty ? "/" : path
    }

    private mutating func identifier(_ name: String, _ path: String) -> String {
        let prefixes = [
            "orders": "ord", "bids": "bid", "offers": "off", "resources": "res", "participants": "par", "allocations": "alc",
            "accounts": "acc", "transfers": "tfr", "trades": "trd", "deliveries": "dlv", "settlements": "stl",
        ]
        let prefix = prefixes.first { path.contains("/" + $0.key + "/") }?.value
        if path.contains("contracts") || path.contains("books") { return "H100-SXM.US-IOWA.202611231\(draw(8))" }
        return prefix.map { "\($0)_00000\(1 + draw(6))" } ?? "H100-SXM.US-IOWA"
    }

    /// A target has no space and nothing beyond ASCII, or the line is no HTTP.
    private static func inPath(_ text: String) -> String { String(text.filter { $0.isASCII && $0 > " " && $0 != "\u{7f}" && $0 != "?" }) }

    private mutating func query(of route: Route) -> String {
        var query = ""
        for _ in 0...draw(3) {
            let name = draw(8) == 0 || route.query.isEmpty ? HostileValues.drawText(&generator) : route.query[draw(route.query.count)]
            query += (query.isEmpty ? "?" : "&") + Self.inPath(name) + "=" + Self.inPath(HostileValues.drawText(&generator))
        }
        return query
    }

    // MARK: Bodies

    private mutating func body(_ type: any Record.Type, alwaysHostile: Bool) -> [UInt8] {
        var body = BodyFuzzer.body(type, rarity: [2, 4, 8, 16][draw(4)], &generator)
        switch draw(alwaysHostile ? 4 : 24) {
        case 0: body = Array(body.prefix(draw(max(body.count, 1))))
        case 1: body += HostileValues.draw(&generator) + [UInt8(ascii: "}")]
        case 2:
            for _ in 0...draw(3) where !body.isEmpty { body[draw(body.count)] = UInt8(truncatingIfNeeded: generator.next()) }
            if alwaysHostile { body.append(0) }
        case 3: body = draw(40) == 0 ? Self.deep(draw(2)) : Array("[".utf8) + body + Array("]".utf8)
        default: break
        }
        return body
    }

    /// Brackets 100,000 deep.
    private static func deep(_ kind: Int) -> [UInt8] {
        kind == 0
            ? [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
            : Array(String(repeating: "{\"a\":", count: 100_000).utf8)
    }

    // MARK: Framing

    private mutating func frame(_ route: Route, _ path: String, _ body: [UInt8]?) -> Case {
        var head = "\(route.method.rawValue) \(path) HTTP/1.1\r\nHost: x\r\n"
        var breaksFraming = false
        switch draw(40) {
        case 0: break
        case 1: head += "Authorization: Bearer \(Self.inPath(HostileValues.drawText(&generator)))\r\n"
        case 2: head += "Authorization: Basic eDp5\r\n"
        default: head += "Authorization: Bearer \(keys[draw(keys.count)])\r\n"
        }
        switch draw(30) {
        case 0: head += "Idempotency-Key: \(Self.inPath(HostileValues.drawText(&generator)))\r\n"
        case 1: head += "Idempotency-Key: fuzz-\(draw(1_000))\r\n"
        case 2: head += "Content-Encoding: gzip\r\n"
        case 3: head += "X-Request-ID: \(Self.inPath(HostileValues.drawText(&generator)))\r\n"
        default: break
        }
        guard var body else {
            if draw(4_000) == 0 { return broken(head, Case(bytes: [], method: route.method, path: path)) }
            return Case(bytes: Array((head + "\r\n").utf8), method: route.method, path: path)
        }
        head += draw(40) == 0 ? "Content-Type: text/plain\r\n" : "Content-Type: application/json\r\n"
        switch draw(100) {
        case 0:
            // In chunks, one byte the first.
            head += "Transfer-Encoding: chunked\r\n\r\n"
            let rest = body.dropFirst()
            let first = body.prefix(1)
            body = first.isEmpty ? [] : Array("1\r\n".utf8) + first + Array("\r\n".utf8)
            if !rest.isEmpty { body += Array((String(rest.count, radix: 16) + "\r\n").utf8) + rest + Array("\r\n".utf8) }
            body += Array("0\r\n\r\n".utf8)
            return Case(bytes: Array(head.utf8) + body, method: route.method, path: path)
        case 1 where draw(40) == 0:
            head += "Transfer-Encoding: chunked\r\nContent-Length: \(body.count)\r\n\r\n"
            breaksFraming = true
        case 2 where draw(40) == 0:
            return broken(head, Case(bytes: [], method: route.method, path: path))
        default: head += "Content-Length: \(body.count)\r\n\r\n"
        }
        return Case(bytes: Array(head.utf8) + body, method: route.method, path: path, breaksFraming: breaksFraming)
    }

    /// A head that is no HTTP, or that lies about the body.
    private mutating func broken(_ head: String, _ request: Case) -> Case {
        let lies = [
            "Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}", "Content-Length: -1\r\n\r\n", "Content-Length: 99999999999999999999\r\n\r\n",
            "Content-Length: 1e3\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", "Transfer-Encoding: gzip\r\n\r\n", "bad header\r\n\r\n", "X: a\u{0}b\r\n\r\n", ": empty\r\n\r\n",
            "X-Long: \(String(repeating: "x", count: 70_000))\r\n\r\n",
            String(repeating: "X: y\r\n", count: 300) + "\r\n", " folded: yes\r\n\r\n", "\u{0}\r\n\r\n",
        ]
        var request = request
        request.bytes = Array((head + lies[draw(lies.count)]).utf8)
        request.breaksFraming = true
        return request
    }
}
