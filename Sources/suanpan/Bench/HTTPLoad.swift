import Foundation

/// Many connections that each send the next request as soon as the last is answered, from wrk: beside it a client in Swift would
/// take more of the machine than the server that is measured.
///
///     let market = try await HTTPLoadMarket.prepare(operator: client, traders: 64)
///     let orders = try await HTTPLoad(connections: 64, seconds: 10).run(url: market.url, market.orders())
///     print(orders.text(label: "durable orders"))
package struct HTTPLoad: Sendable {
    /// One request of the load.
    package struct Request: Sendable {
        package var method: String
        package var path: String
        package var body: String?
        package var key: String?
    }

    /// What a run measured.
    package struct Result: Sendable {
        package var answered = 0
        /// Answers of 400 and above, and requests without an answer.
        package var refused = 0
        package var microseconds = 0
        /// Time from request to answer in microseconds that half of the requests, and 99 of 100, did not exceed.
        package var median = 0
        package var p99 = 0

        /// Answers per second.
        package var perSecond: Double { microseconds > 0 ? Double(answered) * 1e6 / Double(microseconds) : 0 }

        /// One line: `durable orders  8123 /s  p50 3.812 ms  p99 9.120 ms  (81230 answers, 0 refused)`.
        package func text(label: String) -> String {
            "\(label)  \(Int(perSecond)) /s  p50 \(milliseconds(median)) ms  p99 \(milliseconds(p99)) ms  "
                + "(\(answered) answers, \(refused) refused)"
        }

        private func milliseconds(_ microseconds: Int) -> String { String(format: "%.3f", Double(microseconds) / 1_000) }
    }

    /// Why there is no figure.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package var connections: Int
    package var seconds: Int
    /// Seconds of load before that are not counted: connections and memory come to be in them.
    package var uncounted = 0

    /// Sends the requests in turn, from the first again after the last.
    ///
    /// - Throws: `Fault` where wrk is missing or fails.
    package func run(url: String, _ requests: [Request]) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("suanpan-load-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = folder.appendingPathComponent("load.lua")
        try Self.script(requests).write(to: script, atomically: true, encoding: .utf8)
        if uncounted > 0 { _ = try await measure(url, script, for: uncounted) }
        return try await measure(url, script, for: seconds)
    }

    private func measure(_ url: String, _ script: URL, for seconds: Int) async throws -> Result {
        let file = script.deletingLastPathComponent().appendingPathComponent("output")
        try Data().write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "wrk", "--threads", "1", "--connections", String(connections), "--duration", "\(seconds)s", "--timeout", "10s", "--script",
            script.path, url,
        ]
        process.standardOutput = try FileHandle(forWritingTo: file)
        // No thread waits for it: the bare route is served by this process.
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
        let output = try String(contentsOf: file, encoding: .utf8)
        guard process.terminationStatus == 0 else { throw Fault(description: "wrk failed or is missing; run: apt-get install wrk") }
        for line in output.split(separator: "\n") where line.hasPrefix(Self.mark) {
            let figures = line.split(separator: " ").dropFirst().compactMap { Int($0) }
            guard figures.count == 5 else { break }
            return Result(
                answered: figures[0], refused: figures[1], microseconds: figures[2], median: figures[3], p99: figures[4])
        }
        throw Fault(description: "wrk printed no figures: \(output)")
    }

    private static let mark = "figures:"

    /// The requests as a wrk script, which prints its figures in one line.
    private static func script(_ requests: [Request]) -> String {
        var lines = ["local requests = {}", "local count = 0", "function init()"]
        for request in requests {
            var headers = request.body == nil ? "" : "[\"Content-Type\"]=\"application/json\","
            if let key = request.key { headers += "[\"Authorization\"]=\"Bearer \(key)\"" }
            let body = request.body.map { "[==[\($0)]==]" } ?? "nil"
            lines.append("requests[#requests+1] = wrk.format(\"\(request.method)\", \"\(request.path)\", {\(headers)}, \(body))")
        }
        lines.append(
            """
            end
            function request()
              count = count % #requests + 1
              return requests[count]
            end
            function done(summary, latency, _)
              local errors = summary.errors
              io.write(string.format("\(mark) %d %d %d %d %d\\n", summary.requests,
                errors.status + errors.connect + errors.read + errors.write + errors.timeout, summary.duration,
                latency:percentile(50), latency:percentile(99)))
            end
            """)
        return lines.joined(separator: "\n") + "\n"
    }
}
