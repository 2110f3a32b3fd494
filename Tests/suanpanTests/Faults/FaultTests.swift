import Foundation
import Testing

/// What a server promised holds, whatever is done to it and to its PostgreSQL while many clients trade.
@Suite("Faults") struct FaultTests {
    /// Rounds of every kind: one cycle in `make test`, as many as `SUANPAN_FAULT_CYCLES` says in `make simulate`.
    @Test(
        "at every kind of fault what was acknowledged is there, nothing that nobody sent is, and a repetition has one effect",
        .timeLimit(.minutes(10)))
    func everyKind() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        let cycles = environment["SUANPAN_FAULT_CYCLES"].flatMap { Int($0) } ?? 1
        let chosen = environment["SUANPAN_FAULT_KIND"].flatMap { FaultKind(rawValue: $0) }
        print("faults: seed \(seed), \(cycles) cycles (SUANPAN_SEED, SUANPAN_FAULT_CYCLES, SUANPAN_FAULT_KIND)")
        let began = ContinuousClock.now
        var counts = FaultCounts()
        for cycle in 0..<cycles {
            var scene = try await FaultScene(seed: seed &+ UInt64(cycle), number: cycle)
            do {
                for kind in FaultKind.allCases where chosen == nil || kind == chosen { try await scene.round(kind) }
                try await scene.finish()
            } catch {
                try? scene.remove()
                throw error
            }
            counts.add(scene.counts)
            try scene.remove()
        }
        print("faults: seed \(seed): \(counts.description); \((ContinuousClock.now - began).components.seconds) s")
    }
}
