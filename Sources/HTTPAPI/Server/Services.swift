import Sequencer

/// What the routes work with.
package struct Services: Sendable {
    package let gateway: any ExchangeGateway
    package let directory: Directory
    package let history: any History
    package let vault: any Vault
    package let archive: any LedgerArchive
    let requestCounts = RequestCounts()

    package init(
        gateway: any ExchangeGateway, directory: Directory, history: any History, vault: any Vault,
        archive: any LedgerArchive = NoLedgerArchive()
    ) {
        self.gateway = gateway
        self.directory = directory
        self.history = history
        self.vault = vault
        self.archive = archive
    }
}
