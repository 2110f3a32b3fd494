import Client
import Foundation
import Quantities
import Synchronization
import TestSupport
import Testing

/// A server on a data directory with its private PostgreSQL, its market, and everything that clients sent to it.
struct CrashScene {
    static let connections = 16

    let folder: String
    let seed: UInt64
    var generator: SeededGenerator
    var server: ServerProcess?
    var record: SentRecord
    private var starts = 0
    private var postgres: Int32?

    init(folder: String, seed: UInt64) {
        self.folder = folder
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        record = SentRecord(seed: seed)
    }

    /// Starts the server for the first time and makes the market.
    mutating func open() async throws {
        try await start()
        postgres = ServerProcess.postgresProcess(dataDirectory: folder)
        #expect(postgres != nil)
        let funding = try await record.market.prepare(operator: client().acting(with: FaultMarket.operatorKey))
        record.requests += funding
        try await check(.trading)
    }

    /// Starts the server on whatever the last one left.
    private mutating func start() async throws {
        starts += 1
        server = try await ServerProcess.serve(
            dataDirectory: folder, operatorKey: FaultMarket.operatorKey, log: "\(folder)/serve-\(starts).log")
        if let postgres {
            #expect(ServerProcess.postgresProcess(dataDirectory: folder) == postgres, "PostgreSQL was adopted, seed \(seed)")
        }
    }

    /// Where the server listens that runs now.
    var url: String { get throws { try #require(server).url } }

    /// A client of the server that runs now.
    private func client(retry: RetryPolicy = .standard) throws -> SuanpanClient { try SuanpanClient(url: url, retry: retry) }

    /// As `SentRecord.check`.
    func check(_ stage: SentRecord.Stage) async throws { try await record.check(stage, at: url) }

    // MARK: Kills

    /// Lets many clients trade, kills the server after a drawn number of answers and a drawn moment, starts it again, checks
    /// what was acknowledged, repeats the rest, and checks everything.
    mutating func killDuringTraffic(round: Int) async throws {
        let server = try #require(server)
        let answers = 60 + Int(generator.next() % 300)
        let trigger = KillTrigger(server, afterAnswers: answers, microseconds: Int(generator.next() % 4_000))
        let part = try await FaultTraffic.run(
            record.market, clients: Self.connections, prefix: "r\(round)", seed: generator.next(), at: server.url, until: trigger)
        try await die()
        let open = part.count { $0.answer == nil }
        #expect(part.count - open >= answers && open > 0, "seed \(seed)")

        try await start()
        record.requests += part
        try await check(.trading)
        let done = try await record.repeatRequests(at: url)
        try await check(.trading)
        print("crash: round \(round): \(part.count - open) answers, \(open) requests without one, \(done) of which had taken effect")
    }

    /// Kills the server while its clock runs, starts it again and lets the clock arrive.
    mutating func killDuringAdvance(to time: Timestamp, name: String, within milliseconds: UInt64) async throws {
        let server = try #require(server)
        let begin = try await client().time().now
        let delay = Int(generator.next() % milliseconds)
        let advancing = try client(retry: .never).acting(with: FaultMarket.operatorKey)
        let key = "advance to \(time)".filter { $0 != " " }
        async let answer: Void? = try? advancing.advanceClock(to: time, idempotencyKey: key)
        // The drawn moment of the kill; nothing is waited for.
        try await Task.sleep(for: .milliseconds(delay))
        server.send(SIGKILL)
        let isAcknowledged = await answer != nil
        try await die()

        try await start()
        let found = try await client().time().now
        #expect(found >= begin && found <= time, "seed \(seed)")
        if isAcknowledged { #expect(found == time, "an acknowledged advance is there, seed \(seed)") }
        try await record.checkBooks(at: url)
        try await client().acting(with: FaultMarket.operatorKey).advanceClock(to: time, idempotencyKey: key)
        #expect(try await client().time().now == time, "seed \(seed)")
        let answered = isAcknowledged ? "answered" : "not answered"
        print("crash: \(name): killed after \(delay) ms, \(answered), the clock stood at \(found)")
    }

    /// Waits until the killed server is gone.
    private func die() async throws {
        let ending = try await #require(server).ending()
        #expect(ending == .signalled(SIGKILL), "it died of the kill and of nothing else, seed \(seed)")
    }

    /// Ends the server as Ctrl-C does and proves its record.
    mutating func closeAndAudit() async throws {
        let server = try #require(server)
        let postgres = try #require(postgres)
        server.send(SIGINT)
        #expect(try await server.ending() == .exited(0), "\(server.log), seed \(seed)")
        #expect(!ServerProcess.runs(postgres), "PostgreSQL is gone")
        #expect(ServerProcess.postgresProcess(dataDirectory: folder) == nil)
        let audit = try await ServerProcess.run(["audit", "--data-dir", folder], log: "\(folder)/audit.log")
        #expect(audit.ending == .exited(0), "\(audit.output), seed \(seed)")
        #expect(ServerProcess.postgresProcess(dataDirectory: folder) == nil)
    }

    // MARK: The end of the day

    /// Rests thousands of orders in a thousand later hours, so that two months take the clock a while.
    mutating func fillTheBooks() async throws {
        let market = record.market
        let number = market.traders.count - 1
        for batch in 0..<10 {
            let orders = (0..<1_000).map { step in
                NewOrder(
                    contract: market.symbol(30 + step), side: .buy, price: Price(1_500_000), quantity: 1 + (batch + step) % 3)
            }
            var request = try SentRequest(
                key: "fill-\(batch)", trader: number, bearer: market.traders[number].key, method: "POST",
                path: "/v1/orders/batch", effect: .batch([]), sending: ["orders": orders])
            request.answer = try await request.send(with: client())
            #expect(request.answer?.status == 200)
            record.requests.append(request)
        }
    }
}

/// Kills a server a drawn moment after a drawn number of answers.
private final class KillTrigger: TrafficGuide {
    private let server: ServerProcess
    private let threshold: Int
    private let microseconds: Int
    private let answers = Atomic(0)

    init(_ server: ServerProcess, afterAnswers threshold: Int, microseconds: Int) {
        self.server = server
        self.threshold = threshold
        self.microseconds = microseconds
    }

    /// The clients stop when the server is dead.
    var isOver: Bool { false }
    func goesOnAfterFailure() -> Bool { false }

    /// Counts an answer; the one that reaches the number kills.
    func noteAnswer() async throws {
        guard answers.wrappingAdd(1, ordering: .relaxed).newValue == threshold else { return }
        try await Task.sleep(for: .microseconds(microseconds))
        server.send(SIGKILL)
    }
}
