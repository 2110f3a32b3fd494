import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import Sequencer

/// Where and within which bounds the API is served.
package struct HTTPServerConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0 takes a free one.
    package var port = 8080
    /// A connection without a request, and one that stops in the middle of sending one, is closed after so many seconds.
    package var idleTimeoutSeconds: Int64 = 60
    /// At so many connections some without a request are closed to make room; where each has one, new ones wait.
    package var connectionLimit = 4_096
    /// Of one header field, and of all together, in bytes.
    package var headerFieldLimit = 16 << 10
    package var headerLimit = 64 << 10
    package var headerFieldCountLimit = 100
    /// Connections of one address beyond are closed at once.
    package var connectionsPerAddress = 2_048
    /// From a request's first byte to the end of its header fields, from there to the end of its body, and how long a client may read
    /// nothing of its answer; whoever takes longer is cut.
    package var headTimeoutSeconds: Int64 = 20
    package var bodyTimeoutSeconds: Int64 = 60
    package var readerTimeoutSeconds: Int64 = 30
    /// Certificate and key; without them connections are not encrypted.
    package var security: TransportSecurity?
    package var edge = EdgeSettings()
    package var streams = StreamSettings()

    package init() {}
}

/// The HTTP face of the exchange.
///
/// `application` is a `Service`; the tests send requests to it without a socket.
package struct HTTPServer: Sendable {
    package let application: Application<EdgeResponder>
    /// Tells open streams of a shutdown; a service that stands behind `application` in its group.
    package let shutdown: ShutdownNotice

    /// All routes of the API.
    package static let routes: [Route] = tables.map { $0.described() }

    private static let tables: [Route] =
        SystemRoutes.routes + ParticipantRoutes.routes + KeyRoutes.routes + AuditLogRoutes.routes
        + MoneyRoutes.routes + CatalogueRoutes.routes + HaltRoutes.routes
        + ResourceRoutes.routes + OfferRoutes.routes + BidRoutes.routes + OrderRoutes.routes + TradeRoutes.routes
        + MarketRoutes.routes + CandleRoutes.routes + CurveRoutes.routes + FeeRoutes.routes + IndexRoutes.routes
        + AllocationRoutes.routes + DeliveryRoutes.routes + DisputeRoutes.routes + MoveRoutes.routes
        + SigningKeyRoutes.routes + ContactRoutes.routes + ReliabilityRoutes.routes + SettlementRoutes.routes + LedgerRoutes.routes
        + ProofRoutes.routes + StatementRoutes.routes + ConsoleRoutes.routes + StreamRoutes.routes + CancelTimerRoutes.routes + DescriptionRoutes.routes
        + CertificateRoutes.routes + ReportRoutes.routes + AttestationRoutes.routes

    /// - Parameters:
    ///   - figures: more of `GET /metrics`, asked for at each call.
    ///   - onRunning: called with the bound port once the socket listens; connections are taken when it has returned.
    package init(
        configuration: HTTPServerConfiguration = HTTPServerConfiguration(), gateway: any ExchangeGateway,
        directory: Directory, history: any History, vault: any Vault,
        archive: any LedgerArchive = NoLedgerArchive(), figures: @escaping @Sendable () -> [MetricSample] = { [] }, logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        let services = Services(
            gateway: gateway, directory: directory, history: history, vault: vault, archive: archive, figures: figures,
            edge: configuration.edge, streams: configuration.streams)
        let names = RequestNames()
        shutdown = services.edge.shutdown
        let responder = EdgeResponder(api: APIResponder(services: services, routes: Self.routes, names: names), edge: services.edge)
        application = Application(
            responder: responder, server: Self.builder(configuration, names, responder, gateway, logger),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: nil, backlog: 1_024,
                availableConnectionsDelegate: .maximum(configuration.connectionLimit, logger: logger)
            ),
            onServerRunning: { channel in
                // Whether it is there or not, connections are taken; it only cannot be missing on a channel that is open.
                try? await channel.pipeline.addHandler(AcceptFaultHandler(logger: logger), position: .first).get()
                await onRunning(channel.localAddress?.port ?? configuration.port)
            },
            logger: logger
        )
    }

    /// How connections are served: guarded, with or without TLS.
    private static func builder(
        _ configuration: HTTPServerConfiguration, _ names: RequestNames, _ responder: EdgeResponder, _ gateway: any ExchangeGateway,
        _ logger: Logger
    ) -> HTTPServerBuilder {
        let counts = responder.edge.connections
        let (routes, mailboxes, dates) = (DirectRoutes(responder), LoopMailboxes(gateway: gateway), HTTPDates())
        let patience = ConnectionPatience(
            head: .seconds(configuration.headTimeoutSeconds), body: .seconds(configuration.bodyTimeoutSeconds),
            reader: .seconds(configuration.readerTimeoutSeconds), connectionsPerAddress: configuration.connectionsPerAddress,
            connections: configuration.connectionLimit)
        let http = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ProtocolFaultHandler(names: names), RequestPace(counts: counts, patience: patience)],
            idleTimeout: .seconds(configuration.idleTimeoutSeconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: configuration.headerFieldLimit, maxHeaderListSize: configuration.headerLimit,
                maxHeaderFieldCount: configuration.headerFieldCountLimit
            )
        )
        return HTTPServerBuilder { responder in
            guard let security = configuration.security else {
                return DirectChannel(responder: responder, configuration: http) {
                    DirectResponder(routes: routes, mailboxes: mailboxes, dates: dates, logger: logger)
                }
                .guarded(counts, patience)
            }
            let upgrade = HTTP2UpgradeChannel.Configuration(
                idleTimeout: .seconds(configuration.idleTimeoutSeconds), gracefulCloseTimeout: .seconds(2), streamConfiguration: http)
            return try security.channel(upgrade, responder).guarded(counts, patience)
        }
    }
}
