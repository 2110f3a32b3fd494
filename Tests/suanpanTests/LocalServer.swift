import ArgumentParser
import Client
import EmbeddedPostgres
import Exchange
import Foundation
import HTTPAPI
import Logging
import Persistence
import Quantities
import ServiceLifecycle

import suanpan

/// A whole server in the test's process, as `serve` wires it: PostgreSQL, record, exchange, sequencer, HTTP on a free port.
struct LocalServer {
    static let operatorKey = "operator-of-the-tests"

    let venue: Venue
    let url: String
    let database: String
    let folder: String
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    /// Starts on a database (a new one where none is named), with further options of `serve`.
    static func start(database: String? = nil, folder: String? = nil, options more: [String] = []) async throws -> LocalServer {
        let database = try database ?? TemporaryPostgres.shared.get().makeDatabase()
        let folder = folder ?? NSTemporaryDirectory() + "suanpan-server-of-a-test-\(UUID().uuidString)"
        setenv("SUANPAN_OPERATOR_KEY", operatorKey, 1)
        let options = try ServerOptions.parse([
            "--database-url", database, "--data-dir", folder, "--port", "0", "--clock", "simulated", "--start-time",
            "2026-11-23T00:00:00Z",
        ] + more)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let venue = try await Venue.open(options, logger: logger)
        var configuration = HTTPServerConfiguration()
        configuration.port = 0
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        let server = HTTPServer(
            configuration: configuration, gateway: venue.sequencer, directory: venue.directory, history: venue.store.history,
            vault: venue.store.vault, archive: venue.store.archive, logger: logger, onRunning: { announce.yield($0) }
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: server.application)], logger: logger))
        let running = Task { try await group.run() }
        guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
        return LocalServer(
            venue: venue, url: "http://127.0.0.1:\(port)", database: database, folder: folder, group: group, running: running)
    }

    /// Ends the server as Ctrl-C does; the database stays.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
        await venue.close()
    }

    /// Ends the server for good: its folder goes too.
    func discard() async throws {
        try await stop()
        try FileManager.default.removeItem(atPath: folder)
    }

    var client: SuanpanClient {
        get throws { try SuanpanClient(url: url, key: Self.operatorKey) }
    }
}
