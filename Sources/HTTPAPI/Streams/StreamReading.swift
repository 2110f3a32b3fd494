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
    /// Bids that may stand otherwise than before, and orders that may be hours of such; those of `bidders` are wanted.
    var bids: Set<BidID> = []
    var bidOrders: Set<OrderID> = []
    var bidders: Set<ParticipantID> = []
    /// Participants whose live bids are wanted.
    var liveBids: Set<ParticipantID> = []
    /// Products whose demand is wanted.
    var demands: Set<ProductID> = []
    /// Whether there is something to tell beside what is looked up.
    var hasFacts = false

    /// Live orders of a participant that a snapshot shows.
    static let liveOrderLimit = 10_000

    var isEmpty: Bool {
        !hasFacts && books.isEmpty && orders.isEmpty && liveOrders.isEmpty && balances.isEmpty && bids.isEmpty && bidOrders.isEmpty
            && liveBids.isEmpty && demands.isEmpty
    }

    /// On the core's thread: everything as it stands now.
    func perform(on exchange: Exchange) -> StreamFindings {
        var found = StreamFindings(sequence: exchange.sequence, lastTrade: exchange.lastTrade)
        for contract in books {
            found.books[contract] = exchange.book(contract, depth: StreamBook.depth)
            found.trading[contract] = exchange.contract(contract).map { ContractTrading($0) }
        }
        for id in orders { found.orders[id] = exchange.order(id, ofAnyOf: participants) }
        for participant in liveOrders {
            found.liveOrders[participant] = exchange.liveOrders(of: participant, limit: Self.liveOrderLimit)
        }
        for participant in balances { found.balances[participant] = exchange.balances(of: participant) }
        for id in bids.union(bidOrders.compactMap { exchange.bidID(ofOrder: $0) }) {
            if let bid = exchange.bid(id), bidders.contains(bid.participantID) { found.bids[id] = bid }
        }
        for participant in liveBids { found.liveBids[participant] = exchange.liveBids(of: participant) }
        for product in demands { found.demands[product] = exchange.demand(for: product, skipping: 0, limit: StreamDemand.limit) }
        return found
    }
}

/// What was found, all of one moment.
struct StreamFindings: Sendable {
    /// The last command that it includes.
    var sequence: Int64
    var lastTrade: TradeID
    var books: [ContractKey: BookView] = [:]
    /// Of the contracts of `books`.
    var trading: [ContractKey: ContractTrading] = [:]
    var orders: [OrderID: OrderView] = [:]
    var liveOrders: [ParticipantID: [OrderView]] = [:]
    var balances: [ParticipantID: [BalanceView]] = [:]
    var bids: [BidID: BidView] = [:]
    var liveBids: [ParticipantID: [BidView]] = [:]
    var demands: [ProductID: [DemandView]] = [:]
}

/// Whether a contract can be traded, as its channel tells.
struct ContractTrading: Equatable, Sendable {
    var status: ContractStatus
    /// While a volatility interruption lasts: its end.
    var interruptedUntil: Timestamp?

    init(_ contract: ContractView) {
        status = contract.status
        interruptedUntil = contract.interruptedUntil
    }
}
