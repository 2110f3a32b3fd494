import Client
import Exchange
import Foundation
import Persistence
import Postgres
import Quantities
import Sequencer
import Testing

import suanpan

@Suite("The fixtures' scripted day")
struct FixtureDayTests {
    static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures").path

    @Test("ends with the committed balances, trial balance and state hash, and a restart and an audit find the same")
    func wholeDay() async throws {
        let server = try await LocalServer.start()
        let end = try await SuanpanClient.withConnections(2, to: server.url, retry: .standard) { client in
            let end = try await FixtureDay(directory: Self.fixtures, operator: client.acting(with: LocalServer.operatorKey)).play()
            // A release that changes it has broken the hashes of every catalogue that was published.
            let hash = try await client.catalogue(version: 1).hash
            #expect(hash == "e46dafce4a83cd9db67de8d0d172d0ad06da5bceafbc8194752823b64e48c1a1")
            return end
        }
        let hashes = try await server.venue.sequencer.read { exchange in
            (market: StateHash.market(of: exchange), whole: StateHash.of(exchange))
        }
        try await server.stop()

        let expected = try String(contentsOfFile: Self.fixtures + "/day.expected.txt", encoding: .utf8)
        let found = end + "market_hash \(hashes.market)\n"
        #expect(found == expected, "if the rules changed on purpose, Fixtures/day.expected.txt becomes:\n\(found)")

        let again = try await LocalServer.start(database: server.database, folder: server.folder)
        let recovered = try await again.venue.sequencer.read { exchange in
            (hash: StateHash.of(exchange), fault: exchange.firstBrokenInvariant())
        }
        try await again.discard()
        #expect(recovered.hash == hashes.whole)
        #expect(recovered.fault == nil)

        let report = try ProjectionAudit.run(ConnectionString(server.database))
        #expect(report.fault == nil)
        #expect(report.stateHash == hashes.whole)
    }
}
