import Client
import Exchange
import Foundation
import HTTPAPI
import Persistence
import Quantities
import Sequencer
import Synchronization
import TestSupport
import Testing

import suanpan

/// Whatever comes over a socket is answered with what was wrong, changes nothing where it was refused, and ends nothing.
@Suite("Fuzzing over HTTP", .serialized) struct FuzzTests {
    private static let lanes = 4
    private static let pipelined = 16
    /// A new market after so many cases: what was accepted fills the old one.
    private static let casesPerMarket = 125_000

    /// What came of the cases so far.
    private struct Tally: Sendable {
        var cases = 0
        var accepted = 0
        var refused: [Int: Int] = [:]
        var closed = 0
        var compared = 0
        var faults: [String] = []

        mutating func add(_ other: Tally) {
            cases += other.cases
            accepted += other.accepted
            refused.merge(other.refused) { $0 + $1 }
            closed += other.closed
            faults += other.faults
        }
    }

    @Test(
        "every case is answered 2xx or 4xx, a refused one changes nothing, and memory stays flat",
        .timeLimit(.minutes(ProcessInfo.processInfo.environment["SUANPAN_FUZZ_CASES"] == nil ? 10 : 120)))
    func everyRoute() async throws {
        let environment = ProcessInfo.processInfo.environment
        // The short form always sends the same; `make fuzz` draws.
        let isShort = environment["SUANPAN_FUZZ_CASES"] == nil
        let seed =
            environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? (isShort ? 20_261_125 : UInt64.random(in: 1...UInt64(Int64.max)))
        let cases = environment["SUANPAN_FUZZ_CASES"].flatMap { Int($0) } ?? 10_000
        print("fuzz: seed \(seed), \(cases) cases over HTTP (SUANPAN_SEED, SUANPAN_FUZZ_CASES)")
        let began = ContinuousClock.now
        var tally = Tally()
        var generator = SeededGenerator(seed: seed)
        var memory: [Int] = []
        while tally.cases < cases, tally.faults.isEmpty {
            let size = min(Self.casesPerMarket, cases - tally.cases)
            tally = try await fuzz(size, seed: generator.next(), tally)
            memory.append(Self.residentMegabytes())
        }
        let text = tally.refused.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
        print(
            "fuzz: seed \(seed): \(tally.cases) cases, \(tally.accepted) accepted, refused \(text), \(tally.closed) connections closed, "
                + "\(tally.compared) comparisons of the state, memory \(memory) MB, \((ContinuousClock.now - began).components.seconds) s")
        #expect(tally.faults.isEmpty, "seed \(seed): \(tally.faults.joined(separator: "\n"))")
        #expect(tally.compared > 0 && (tally.refused[400] ?? 0) + (tally.refused[422] ?? 0) > tally.cases / 20, "seed \(seed)")
        // Each market is let go of: what is left over would add up.
        #expect(memory.allSatisfy { $0 > 0 })
        if let first = memory.first, let last = memory.last, memory.count > 3 {
            #expect(last < first * 2 + 100, "seed \(seed): memory grows: \(memory) MB")
        }
    }

    private func fuzz(_ cases: Int, seed: UInt64, _ before: Tally) async throws -> Tally {
        var tally = before
        let server = try await LocalServer.start()
        do {
            let keys = try await Self.market(server)
            let port = try #require(Int(server.url.split(separator: ":").last ?? ""))
            var generator = SeededGenerator(seed: seed)
            var fuzzers = (0..<Self.lanes).map { _ in RequestFuzzer(seed: generator.next(), keys: keys) }
            let pipelines = try (0..<Self.lanes).map { _ in try Lane(port: port) }
            var state = try await Self.state(server)
            let end = before.cases + cases
            while tally.cases < end, tally.faults.isEmpty {
                let requests = fuzzers.indices.map { lane in (0..<Self.pipelined).map { _ in fuzzers[lane].next() } }
                let group = await Self.send(requests, on: pipelines)
                tally.add(group.tally)
                let now = try await Self.state(server)
                if !group.mayHaveChanged {
                    tally.compared += 1
                    if now != state {
                        tally.faults.append("refused requests changed the state: \(requests.joined().map { String(decoding: $0.bytes.prefix(2_000), as: UTF8.self) })")
                    }
                }
                state = now
            }
            if !server.venue.sequencer.isTrading { tally.faults.append("the server takes no commands any more") }
        } catch {
            try await server.discard()
            throw error
        }
        try await server.discard()
        return tally
    }

    /// The state without its sequence number, which every command moves, without the stored answers.
    private static func state(_ server: LocalServer) async throws -> [UInt8] {
        try await server.venue.sequencer.read { exchange in
            var encoder = BinaryEncoder()
            exchange.encodeState(into: &encoder, .market)
            return Array(encoder.bytes.dropFirst(8))
        }
    }

    // MARK: Sending

    /// A lane's connection, made anew where the server closed it.
    private final class Lane: @unchecked Sendable {
        let port: Int
        // One thread at a time uses it, which is the argument for `@unchecked Sendable`.
        var pipeline: Pipeline

        init(port: Int) throws {
            self.port = port
            pipeline = try Pipeline(port: port)
        }

        /// Sends requests at once and reads their answers.
        func send(_ requests: [RequestFuzzer.Case]) -> (tally: Tally, mayHaveChanged: Bool) {
            var tally = Tally()
            var mayHaveChanged = false
            func note(_ answer: Pipeline.Answer?, _ request: RequestFuzzer.Case) {
                tally.cases += 1
                guard let answer else {
                    tally.closed += 1
                    if !request.breaksFraming { tally.faults.append("no answer to \(String(decoding: request.bytes.prefix(1_000), as: UTF8.self))") }
                    return
                }
                switch answer.status {
                case 200..<300:
                    tally.accepted += 1
                    if request.method != .get { mayHaveChanged = true }
                case 400..<500:
                    tally.refused[answer.status, default: 0] += 1
                    if !answer.head.contains("application/problem+json") { tally.faults.append("a refusal that is no problem: \(answer.head)") }
                default:
                    tally.faults.append(
                        "\(answer.status) \(String(decoding: answer.body, as: UTF8.self)) to "
                            + String(decoding: request.bytes.prefix(1_000), as: UTF8.self))
                }
            }
            do {
                let whole = requests.filter { !$0.breaksFraming }
                pipeline.send(whole.flatMap(\.bytes))
                for request in whole {
                    let answer = try pipeline.receive()
                    note(answer, request)
                    if answer?.isLast ?? true { break }
                }
                for request in requests where request.breaksFraming {
                    let own = try Pipeline(port: port)
                    own.send(request.bytes)
                    own.finish()
                    note(try own.receive(), request)
                }
                if tally.closed > 0 || tally.cases < requests.count { pipeline = try Pipeline(port: port) }
            } catch {
                tally.faults.append("\(error)")
            }
            return (tally, mayHaveChanged)
        }
    }

    /// All lanes at once, on threads of their own: they block.
    private static func send(
        _ requests: [[RequestFuzzer.Case]], on lanes: [Lane]
    ) async -> (tally: Tally, mayHaveChanged: Bool) {
        return await withCheckedContinuation { continuation in
            let results = Results()
            DispatchQueue.global().async {
                DispatchQueue.concurrentPerform(iterations: lanes.count) { lane in
                    results.add(lanes[lane].send(requests[lane]))
                }
                continuation.resume(returning: results.all)
            }
        }
    }

    /// What the lanes brought.
    private final class Results: Sendable {
        private let sum = Mutex<(tally: Tally, mayHaveChanged: Bool)>((Tally(), false))
        func add(_ part: (tally: Tally, mayHaveChanged: Bool)) {
            sum.withLock {
                $0.tally.add(part.tally)
                $0.mayHaveChanged = $0.mayHaveChanged || part.mayHaveChanged
            }
        }
        var all: (tally: Tally, mayHaveChanged: Bool) { sum.withLock { $0 } }
    }

    // MARK: The market

    /// A product, two sellers with resources, two buyers and a meter; answers their keys, the operator's first.
    private static func market(_ server: LocalServer) async throws -> [String] {
        let venue = try server.client
        let grid = Client.Grid(gPerKwh: Measure(400_000_000), year: 2026, source: "EPA", basis: "CO2e")
        _ = try await venue.createZone(Client.Zone(code: "US-IOWA", name: "Iowa", country: "US", grid: grid))
        _ = try await venue.createComputeClass(Client.ComputeClass(code: "H100-SXM", vendor: "NVIDIA", model: "H100 SXM", abi: "cuda"))
        _ = try await venue.createProduct(
            Client.Product(
                class: "H100-SXM", zone: "US-IOWA", currency: "USD", tickSize: Price(10_000), referencePrice: Price(2_000_000), horizonHours: 720))
        var keys = [LocalServer.operatorKey]
        let roles: [[Client.Role]] = [[.meter], [.provider, .consumer], [.provider], [.consumer], [.consumer], [.auditor]]
        var meter = ""
        for (number, roles) in roles.enumerated() {
            let participant = try await venue.createParticipant(NewParticipant(name: "Fuzz \(number)", roles: roles))
            guard let key = try await venue.createKey(NewAPIKey(label: "fuzz"), of: participant.id).key else { continue }
            keys.append(key)
            if number == 0 { meter = participant.id }
            if roles.contains(.consumer) || roles.contains(.provider) {
                _ = try await venue.deposit(
                    CashMovement(participantId: participant.id, currency: "USD", amount: .units(100_000), reference: "fuzz \(number)"))
            }
            if roles.contains(.provider) {
                let resource = try await venue.acting(with: key).registerResource(
                    NewResource(class: "H100-SXM", zone: "US-IOWA", units: 8, siteName: "Fuzz"))
                try await venue.certify(
                    resource: resource.id,
                    Client.Certification(
                        units: 8, validFrom: Hour(compact: "2026112300").map(\.start) ?? Timestamp(),
                        validUntil: Hour(compact: "2026122300").map(\.start) ?? Timestamp(), meterId: meter))
            }
        }
        return keys
    }

    private static func residentMegabytes() -> Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return fields.count > 1 ? ((Int(fields[1]) ?? 0) * 4_096) >> 20 : 0
    }
}
