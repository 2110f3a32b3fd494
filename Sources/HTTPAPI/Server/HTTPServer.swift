import Hummingbird
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
    /// Connections beyond are not taken until others close.
    package var connectionLimit = 4_096
    /// Of one header field, and of all together, in bytes.
    package var headerFieldLimit = 16 << 10
    package var headerLimit = 64 << 10
    package var headerFieldCountLimit = 100

    package init() {}
}

/// The HTTP face of the exchange.
///
/// `application` is a `Service`; the tests send requests to it without a socket.
package struct HTTPServer: Sendable {
    package let application: Application<APIResponder>

    /// All routes of the API.
    package static let routes: [Route] =
        SystemRoutes.routes + ParticipantRoutes.routes + MoneyRoutes.routes + CatalogueRoutes.routes + HaltRoutes.routes
        + ResourceRoutes.routes + OfferRoutes.routes + BidRoutes.routes + OrderRoutes.routes + TradeRoutes.routes
        + MarketRoutes.routes + AllocationRoutes.routes + DeliveryRoutes.routes + SettlementRoutes.routes + LedgerRoutes.routes
        + ProofRoutes.routes + StatementRoutes.routes + ConsoleRoutes.routes

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
            gateway: gateway, directory: directory, history: history, vault: vault, archive: archive, figures: figures)
        let names = RequestNames()
        application = Application(
            responder: APIResponder(services: services, routes: Self.routes, names: names),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ProtocolFaultHandler(names: names)],
                    idleTimeout: .seconds(configuration.idleTimeoutSeconds),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: configuration.headerFieldLimit, maxHeaderListSize: configuration.headerLimit,
                        maxHeaderFieldCount: configuration.headerFieldCountLimit
                    )
                )
            ),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: nil, backlog: 1_024,
                availableConnectionsDelegate: .maximum(configuration.connectionLimit, logger: logger)
            ),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? configuration.port) },
            logger: logger
        )
    }
}
