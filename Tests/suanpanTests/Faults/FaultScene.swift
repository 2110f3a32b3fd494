import Client
import Foundation
import Quantities
import Synchronization
import TestSupport
import Testing

/// A real server on a PostgreSQL of its own behind a relay, and rounds of traffic in which something is done to one of them.
struct FaultScene {
    static let connections = 12

    let seed: UInt64
    let database: FaultDatabase
    let relay: FaultRelay
    private(set) var record: SentRecord
    private(set) var counts = FaultCounts()
    private var generator: SeededGenerator
    private var server: ServerProcess
    /// Keys and logs: not on the disk that is filled.
    private let folder: String
    private var starts = 1
    private var rounds = 0

    init(seed: UInt64, number: Int) async throws {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        record = SentRecord(seed: seed)
        folder = "/tmp/suanpan-test-\(getpid())-faults-\(number)-files"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        database = try FaultDatabase(folder: "/tmp/suanpan-test-\(getpid())-faults-\(number)")
        relay = try FaultRelay(to: database.socket)
        server = try await Self.serve(database, relay, folder, start: 1)
        record.requests += try await record.market.prepare(
            operator: SuanpanClient(url: server.url, key: FaultMarket.operatorKey))
    }

    private static func serve(
        _ database: FaultDatabase, _ relay: FaultRelay, _ folder: String, start: Int
    ) async throws -> ServerProcess {
        try await ServerProcess.serve(
            dataDirectory: folder + "/data", database: database.connectionString(through: relay), operatorKey: FaultMarket.operatorKey,
            log: "\(folder)/serve-\(start).log")
    }

    private mutating func startAgain() async throws {
        starts += 1
        server = try await Self.serve(database, relay, folder, start: starts)
    }

    private mutating func draw(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(generator.next() % UInt64(range.count))
    }

    /// Ends everything and removes it, whatever state it is in.
    func remove() throws {
        server.send(SIGCONT)
        server.send(SIGKILL)
        relay.close()
        try database.remove()
        try FileManager.default.removeItem(atPath: folder)
    }

    // MARK: A round

    /// Lets clients trade while a kind of fault strikes at drawn numbers of answers; then holds what the server says against
    /// everything that it answered, repeats what got no answer, and proves the record.
    mutating func round(_ kind: FaultKind) async throws {
        if kind == .fillDisk, !database.canBeFilled { return counts.leaveOut(kind) }
        rounds += 1
        let guide = RoundGuide(outlivesServer: kind.leavesServer)
        let standby = kind.needsStandby ? try await startStandby() : nil
        var director = FaultDirector(kind: kind, generator: SeededGenerator(seed: generator.next()))
        let (url, prefix, clientSeed, market) = (server.url, "f\(rounds)", generator.next(), record.market)
        async let traffic = FaultTraffic.run(
            market, clients: Self.connections, prefix: prefix, seed: clientSeed, at: url, until: guide)
        do {
            try await director.run(server, database, relay, guide)
        } catch {
            guide.end()
            _ = try await traffic
            throw error
        }
        guide.end()
        // Clients of a stopped server hear nothing before it goes on, so it is replaced before they are waited for.
        try await replace(kind, standby)
        let part = try await traffic
        record.requests += part
        relay.dropKept()
        try await confirmReadiness(after: kind)
        let open = part.count { $0.answer == nil }
        let done = try await verify(part.count)
        counts.add(kind, points: director.points, requests: part.count, open: open, done: done)
        print(
            "faults: \(kind.rawValue): \(director.points) points, \(part.count - open) answers, \(open) requests without one, "
                + "\(done) of which had taken effect")
    }

    /// A server that waits beside the one that serves.
    private mutating func startStandby() async throws -> ServerProcess.Starting {
        starts += 1
        let standby = try ServerProcess.start(
            dataDirectory: folder + "/data", database: database.connectionString(through: relay), operatorKey: FaultMarket.operatorKey,
            isStandby: true, log: "\(folder)/serve-\(starts).log")
        try await standby.printed("standby: follows")
        return standby
    }

    /// After a round that the server did not outlive: the one that serves in its place.
    private mutating func replace(_ kind: FaultKind, _ standby: ServerProcess.Starting?) async throws {
        guard !kind.leavesServer else { return }
        guard let standby else {
            let began = ContinuousClock.now
            let ending = try await server.ending()
            if kind == .endServer { print("faults: \(kind.rawValue): at its end after \(ContinuousClock.now - began)") }
            #expect(
                ending == (kind == .endServer ? .exited(0) : .signalled(SIGKILL)), "\(kind), seed \(seed): \(server.output.suffix(1_000))")
            return try await startAgain()
        }
        let heir: ServerProcess
        do {
            heir = try await standby.serving()
        } catch {
            Issue.record(
                """
                the standby does not take over, \(kind), seed \(seed): \(ServerProcess.text(of: standby.log))
                the other said: \(server.output.suffix(1_000))
                PostgreSQL's sessions:
                \(database.sessions)
                """)
            throw error
        }
        if kind == .takeOverStopped { server.send(SIGCONT) }
        let expected: ServerProcess.Ending = kind == .takeOverStopped ? .exited(1) : .signalled(SIGKILL)
        #expect(try await server.ending() == expected, "\(kind), seed \(seed): \(server.output.suffix(1_000))")
        server = heir
    }

    /// The server takes commands again by itself, within 30 s.
    private func confirmReadiness(after kind: FaultKind) async throws {
        let client = try SuanpanClient(url: server.url, retry: .never)
        let end = ContinuousClock.now + .seconds(30)
        while true {
            if let answer = try? await client.send("GET", "/readyz", timeoutSeconds: 5), answer.status == 200 { return }
            guard server.isRunning, .now < end else {
                let log = server.output
                Issue.record("\(kind): the server does not take commands, seed \(seed): \(log.suffix(2_000))")
                throw FaultDatabase.Fault(what: "the server is gone or not ready after \(kind.rawValue)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Acknowledged ⊆ there ⊆ sent; every repetition has one effect; the record is sound and gives the same again.
    ///
    /// - Returns: how many requests without an answer had taken effect.
    private mutating func verify(_ added: Int) async throws -> Int {
        try await record.check(.trading, at: server.url)
        let last = (record.requests.count - added)..<record.requests.count
        // All of this round, and some of those before, which must still get their first answers.
        let earlier = (0..<min(200, last.lowerBound)).map { _ in draw(0...(last.lowerBound - 1)) }
        let done = try await record.repeatRequests(Array(Set(earlier)).sorted() + Array(last), at: server.url)
        try await record.check(.trading, at: server.url)
        try await prove("audit")
        return done
    }

    /// Runs `suanpan audit` or `suanpan replay` on the database, past the relay.
    private func prove(_ command: String) async throws {
        let result = try await ServerProcess.run(
            [command, "--database-url", database.connectionString, "--data-dir", folder + "/data"], log: "\(folder)/\(command).log")
        #expect(result.ending == .exited(0), "\(command), seed \(seed): \(result.output)")
    }

    // MARK: The end

    /// Delivers what was sold, with kills of the server between and during the meter's reports, settles, and ends the server as
    /// Ctrl-C does: the hash that it notes is the one that a replay comes to.
    mutating func finish() async throws {
        let venue = { (url: String) in try SuanpanClient(url: url, key: FaultMarket.operatorKey) }
        try await venue(server.url).advanceClock(to: record.market.hour(12).start, idempotencyKey: "half a day")
        let metered = try await meterThroughFaults()
        try await venue(server.url).advanceClock(to: record.market.hour(1_440).start, idempotencyKey: "two months")
        try await record.check(.settled(metered: metered), at: server.url)
        server.send(SIGTERM)
        #expect(try await server.ending() == .exited(0), "seed \(seed): \(server.output.suffix(2_000))")
        try await prove("replay")
        try await prove("audit")
    }

    /// The meter's reports, each chained to the one before, while the journal's sessions are ended under them.
    private mutating func meterThroughFaults() async throws -> Set<String> {
        let (database, relay, url) = (database, relay, server.url)
        let losses = (0..<3).map { _ in draw(0...5) }
        let metered = try await record.meter(hours: 6..<9, at: { url }) { number in
            if losses.contains(number) { relay.lose(.reply) } else { _ = database.terminateJournal() }
        }
        counts.addMeterPoints(6)
        return metered
    }
}

/// How often what was done, over several scenes.
struct FaultCounts: Sendable {
    private(set) var points: [String: Int] = [:]
    private(set) var requests = 0
    private(set) var open = 0
    private(set) var done = 0
    private(set) var leftOut: Set<String> = []

    mutating func add(_ kind: FaultKind, points: Int, requests: Int, open: Int, done: Int) {
        self.points[kind.rawValue, default: 0] += points
        self.requests += requests
        self.open += open
        self.done += done
    }

    mutating func addMeterPoints(_ number: Int) { points["during meter reports", default: 0] += number }
    mutating func leaveOut(_ kind: FaultKind) { leftOut.insert(kind.rawValue) }

    mutating func add(_ other: FaultCounts) {
        points.merge(other.points) { $0 + $1 }
        requests += other.requests
        open += other.open
        done += other.done
        leftOut.formUnion(other.leftOut)
    }

    /// All points.
    var total: Int { points.values.reduce(0, +) }

    var description: String {
        let kinds = points.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let missing = leftOut.isEmpty ? "" : "; left out here: \(leftOut.sorted().joined(separator: ", "))"
        return "\(total) points (\(kinds)); \(requests) requests, \(open) without an answer, \(done) of which had taken effect\(missing)"
    }
}
