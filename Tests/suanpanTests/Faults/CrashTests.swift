import Foundation
import Quantities
import Testing

/// A server that is killed again and again must look to its clients as one that only was slow.
@Suite("A server killed at any moment")
struct CrashTests {
    @Test(
        "keeps what it acknowledged, does the rest once when it is repeated, and leaves a record that an audit finds sound",
        .timeLimit(.minutes(5)))
    func killedAgainAndAgain() async throws {
        let seed =
            ProcessInfo.processInfo.environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        print("crash: seed \(seed) (SUANPAN_SEED)")
        // The name says whose it is, so that a later run of the tests removes it when this one is killed itself.
        let folder = "/tmp/suanpan-test-\(getpid())-crash-\(seed)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        var scene = CrashScene(folder: folder, seed: seed)
        do {
            try await scene.open()
            for round in 1...4 { try await scene.killDuringTraffic(round: round) }
            try await scene.fillTheBooks()
            try await scene.killDuringAdvance(to: scene.record.market.hour(12).start, name: "half a day", within: 8)
            try await scene.check(.trading)
            try await scene.record.repeatRequests(at: scene.url)
            let url = try scene.url
            let metered = try await scene.record.meter(hours: 6..<9, at: { url })
            // Two months: every gate, every settlement and every refund.
            try await scene.killDuringAdvance(to: scene.record.market.hour(1_440).start, name: "two months", within: 40)
            try await scene.check(.settled(metered: metered))
            try await scene.closeAndAudit()
        } catch {
            try? ServerProcess.remove(dataDirectory: folder, server: scene.server)
            throw error
        }
        try ServerProcess.remove(dataDirectory: folder, server: scene.server)
    }
}
