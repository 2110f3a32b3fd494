import Sequencer

/// What the routes work with.
package final class Services: Sendable {
    package let gateway: any ExchangeGateway
    package let directory: Directory
    package let history: any History
    package let vault: any Vault
    package let archive: any LedgerArchive
    let requestCounts = RequestCounts()
    /// What was last read of books.
    let books = BookAnswers()
    /// Who may come in, how often, from where.
    package let edge: EdgeServices
    /// Open streams.
    let streams: StreamHub
    /// Figures of what else runs beside the exchange, for `GET /metrics`.
    let figures: @Sendable () -> [MetricSample]

    package init(
        gateway: any ExchangeGateway, directory: Directory, history: any History, vault: any Vault,
        archive: any LedgerArchive = NoLedgerArchive(), figures: @escaping @Sendable () -> [MetricSample] = { [] },
        edge: EdgeSettings = EdgeSettings(), streams: StreamSettings = StreamSettings()
    ) {
        self.edge = EdgeServices(edge, directory: directory)
        self.streams = StreamHub(settings: streams, gateway: gateway, directory: directory)
        self.streams.attach(to: self.edge.shutdown)
        self.figures = figures
        self.gateway = gateway
        self.directory = directory
        self.history = history
        self.vault = vault
        self.archive = archive
    }
}
