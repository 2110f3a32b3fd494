import Client
import EmbeddedPostgres
import Foundation
import Persistence
import Postgres
import Synchronization
import Testing

/// Two programs on one record: one serves, one waits.
@Suite("A server and its standby")
struct StandbyProcessTests {
    private static let operatorKey = "operator-of-the-standby-tests"

    /// Deposits of one cent with references of their own, sent until told to stop, each repeated until it is answered.
    private final class Payer: Sendable {
        private let urls: Mutex<[String]>
        private let isOver = Atomic(false)
        private let acknowledged = Mutex<[String]>([])

        init(_ url: String) { urls = Mutex([url]) }

        func add(_ url: String) { urls.withLock { $0.append(url) } }
        func finish() { isOver.store(true, ordering: .releasing) }
        var references: [String] { acknowledged.withLock { $0 } }

        /// Pays until it is over; every reference is repeated at whatever server answers, with its idempotency key.
        func run(_ name: String, participant: String) async throws {
            var number = 0
            while !isOver.load(ordering: .acquiring) {
                number += 1
                let reference = "\(name)-\(number)"
                let body = try JSONValue.object([
                    "participant_id": .string(participant), "currency": .string("USD"), "amount": .string("0.01"),
                    "reference": .string(reference),
                ]).serialized()
                var isDone = false
                while !isDone {
                    // The newest server first; one that is stopped would not answer for ever.
                    let url = urls.withLock { $0[$0.count - 1] }
                    let status = try? await Self.post(url, body, key: reference)
                    isDone = status == 201
                    if status == nil || status == 503 { try await Task.sleep(for: .milliseconds(20)) } else { #expect(status == 201) }
                }
                acknowledged.withLock { $0.append(reference) }
            }
        }

        private static func post(_ url: String, _ body: [UInt8], key: String) async throws -> Int {
            try await SuanpanClient(url: url, key: operatorKey, retry: .never)
                .send("POST", "/v1/deposits", body: body, idempotencyKey: key, timeoutSeconds: 1).status
        }
    }

    @Test(
        "of a server that is killed, and of one that stops for a while, a standby takes over: nothing acknowledged is lost, nothing doubled",
        .timeLimit(.minutes(5)))
    func takeover() async throws {
        let folder = "/tmp/suanpan-test-\(getpid())-standby"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let database = try TemporaryPostgres.shared.get().makeDatabase()
        func start(_ number: Int, isStandby: Bool) throws -> ServerProcess.Starting {
            try ServerProcess.start(
                dataDirectory: folder, database: database, operatorKey: Self.operatorKey, isStandby: isStandby,
                log: "\(folder)/serve-\(number).log")
        }
        let first = try await start(1, isStandby: false).serving()
        let venue = try SuanpanClient(url: first.url, key: Self.operatorKey)
        let made = try await venue.call(
            "POST", "/v1/participants", body: .object(["name": .string("Payee"), "roles": .array([.string("consumer")])]))
        let participant = try #require(made[path: "id"]?.string)
        let payer = Payer(first.url)
        let paying = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 { group.addTask { try await payer.run("p\(number)", participant: participant) } }
                try await group.waitForAll()
            }
        }
        func paid(_ count: Int) async throws {
            while payer.references.count < count { try await Task.sleep(for: .milliseconds(5)) }
        }
        let clock = ContinuousClock()

        // Killed.
        let second = try start(2, isStandby: true)
        try await second.printed("standby: follows")
        try await paid(40)
        first.send(SIGKILL)
        var fell = clock.now
        let heir = try await second.serving()
        print("standby: serves \(clock.now - fell) after a kill")
        payer.add(heir.url)
        try await paid(payer.references.count + 40)

        // Stopped, replaced, and woken up again.
        let third = try start(3, isStandby: true)
        try await third.printed("standby: follows")
        try await paid(payer.references.count + 40)
        heir.send(SIGSTOP)
        fell = clock.now
        let last = try await third.serving()
        print("standby: serves \(clock.now - fell) after a stop")
        payer.add(last.url)
        try await paid(payer.references.count + 40)
        // As long as it is asked to be stopped; the others trade on.
        let stop = ProcessInfo.processInfo.environment["SUANPAN_STOP_SECONDS"].flatMap { Int($0) } ?? 0
        try await Task.sleep(until: fell + .seconds(stop), clock: .continuous)
        print("standby: the first goes on \(clock.now - fell) after its stop, \(payer.references.count) payments were acknowledged by then")
        heir.send(SIGCONT)
        // Whatever it still says, it acknowledges nothing; then it ends, and says that it failed.
        let late = try? await SuanpanClient(url: heir.url, key: Self.operatorKey, retry: .never)
                .send("GET", "/v1/balances", timeoutSeconds: 5)
        #expect(late == nil || late?.status == 503)
        #expect(try await heir.ending() == .exited(1))
        try await paid(payer.references.count + 40)
        payer.finish()
        try await paying.value

        let sum = try await SuanpanClient(url: last.url, key: Self.operatorKey).call(
            "GET", "/v1/ledger/balances?participant_id=\(participant)")
        let count = payer.references.count
        #expect(sum[path: "data.0.balance"]?.string == "\(count / 100).\(String(count % 100 + 100).dropFirst())0000")
        last.send(SIGTERM)
        #expect(try await last.ending() == .exited(0))
        let audit = try await ServerProcess.run(
            ["audit", "--database-url", database, "--data-dir", folder], log: "\(folder)/audit.log")
        #expect(audit.ending == .exited(0), "\(audit.output)")
    }
}
