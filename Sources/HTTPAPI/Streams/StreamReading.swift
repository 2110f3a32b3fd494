import Exchange
import Quantities

/// What the publisher looks up between two commands.
struct StreamReading: Sendable {
    var books: Set<ContractKey> = []
    /// Orders that may stand otherwise than before; those of `participants` are wanted.
    var orders: Set<OrderID> = []
    var participants: Set<ParticipantID> = []
    /// Participants whose live orders are wanted.
    var liveOrders: Set<ParticipantID> = []
    var balances: Set<ParticipantID> = []
    /// Whether there is something to tell beside what is looked up.
    var hasFacts = false

    /// Live orders of a participant that a snapshot shows.
    static let liveOrderLimit = 10_000

    var isEmpty: Bool { !hasFacts && books.isEmpty && orders.isEmpty && liveOrders.isEmpty && balances.isEmpty }

    /// On the core's thread: everything as it stands now.
    func perform(on exchange: Exchange) -> StreamFindings {
        var found = StreamFindings(sequence: exchange.sequence, lastTrade: exchange.lastTrade)
        for contract in books { found.books[contract] = exchange.book(contract, depth: StreamBook.depth) }
        for id in orders { found.orders[id] = exchange.order(id, ofAnyOf: participants) }
        for participant in liveOrders {
            found.liveOrders[participant] = exchange.liveOrders(of: participant, limit: Self.liveOrderLimit)
        }
        for participant in balances { found.balances[participant] = exchange.balances(of: participant) }
        return found
    }
}

/// What was found, all of one moment.
struct StreamFindings: Sendable {
    /// The last command that it includes.
    var sequence: Int64
    var lastTrade: TradeID
    var books: [ContractKey: BookView] = [:]
    var orders: [OrderID: OrderView] = [:]
    var liveOrders: [ParticipantID: [OrderView]] = [:]
    var balances: [ParticipantID: [BalanceView]] = [:]
}
