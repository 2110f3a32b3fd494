import ArgumentParser
import Client
import Exchange
import Foundation
import HTTPAPI
import Logging
import Persistence
import Sequencer
import ServiceLifecycle
import Synchronization
import UnixSignals

/// `suanpan serve`: the exchange behind its HTTP API.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Serve the exchange over HTTP.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let logger = Logger.server(options.edge.logFormat, options.edge.logLevel)
        var configuration = try options.edge.configuration()
        if let limit = OpenFileLimit.raise() {
            let connections = OpenFileLimit.connections(wanted: configuration.connectionLimit, limit: limit)
            if connections < configuration.connectionLimit {
                logger.warning(
                    "--max-connections is \(configuration.connectionLimit), the system allows \(limit) open files: \(connections) are taken")
            }
            configuration.connectionLimit = connections
        }
        let venue = try await Venue.open(options, logger: logger)
        configuration.edge.requestSigningKey = venue.store.requestSigningKey
        configuration.host = options.host
        configuration.port = options.port
        let welcome = Welcome(options: options, venue: venue)
        let server = HTTPServer(
            configuration: configuration, gateway: venue.sequencer, directory: venue.directory, history: venue.store.history,
            vault: venue.store.vault, archive: venue.store.archive, figures: { venue.figures }, logger: logger,
            // In a task of its own: connections are taken only after this returns.
            onRunning: { port in Task { await welcome.greet(at: port) } }
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                // Stopped from the last to the first: open streams hear of it before the server waits for them.
                services: [.init(service: server.application), .init(service: server.shutdown)],
                gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        )
        let reloading = configuration.security.map { CertificateReloading(security: $0, logger: logger) }
        let reloader = Task { await reloading?.run() }
        defer { reloader.cancel() }
        let failed = Atomic(false)
        venue.sequencer.onFailure { error in
            failed.store(true, ordering: .releasing)
            logger.critical("the record cannot be written, the server ends: \(error)")
            Task { await group.triggerGracefulShutdown() }
        }
        do {
            try await group.run()
        } catch {
            await venue.close()
            throw error
        }
        print("\nstopping: committing, then the database")
        await venue.close()
        if failed.load(ordering: .acquiring) { throw ExitCode.failure }
    }
}

/// Reads the certificate again at SIGHUP.
private struct CertificateReloading: Sendable {
    let security: TransportSecurity
    let logger: Logger

    func run() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            do {
                try security.reload()
                logger.notice("the certificate was read again")
            } catch {
                logger.error("the certificate stays as it was: \(error)")
            }
        }
    }
}

/// What a person sees once the server listens: the fixtures being loaded, the address, the key, three lines to paste.
struct Welcome: Sendable {
    let options: ServerOptions
    let venue: Venue

    func greet(at port: Int) async {
        let host = options.host.contains(":") ? "[\(options.host)]" : options.host
        let url = "\(options.edge.tlsCert == nil ? "http" : "https")://\(host):\(port)"
        var people: [FixtureLoader.Participant] = []
        if let folder = options.fixtures, let key = venue.operatorKey {
            do {
                people = try await load(folder, url: url, key: key)
            } catch {
                print("the fixtures could not be loaded: \(error)")
            }
        }
        print("Suanpan serves at \(url)  (\(venue.sequencer.clock.mode.rawValue) clock)")
        if !venue.isNew {
            print(venue.recoveryText)
        }
        if let key = venue.operatorKey {
            print("the operator's key, shown this once: \(venue.operatorKeyIsNew ? key : "as SUANPAN_OPERATOR_KEY says")")
            for person in people { if let key = person.key { print("  \(person.alias) (\(person.roles.joined(separator: ", "))): \(key)") } }
        }
        print("try:")
        print("  curl '\(url)/v1/market?quantity=8&duration_hours=2'")
        print("  curl '\(url)/v1/products'")
        if let key = venue.operatorKey {
            let shown = venue.operatorKeyIsNew ? key : "$SUANPAN_OPERATOR_KEY"
            print("  curl -H \"Authorization: Bearer \(shown)\" '\(url)/v1/ledger/trial_balance'")
        } else {
            print("  curl '\(url)/readyz'")
        }
        print("Ctrl-C stops it.")
        fflush(nil)
    }

    private func load(_ folder: String, url: String, key: String) async throws -> [FixtureLoader.Participant] {
        try await SuanpanClient.withConnections(4, to: url, retry: .standard) { anyone in
            let venueClient = anyone.acting(with: key)
            let loader = try FixtureLoader(directory: folder, operator: venueClient)
            guard let people = try await loader.load() else { return [] }
            if venue.sequencer.clock.mode == .real {
                try await DemoMarket(venue: venueClient, participants: people).open()
            }
            return people
        }
    }
}
