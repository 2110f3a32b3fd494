import Exchange
import Pricing
import Ledger
import Quantities

/// A transfer with when and by which command it was posted.
package struct PostedTransfer: Record {
    package var transfer = Transfer()
    package var sequence: Int64 = 0
    package var time = Timestamp()

    package init() {}
    package init(transfer: Transfer, sequence: Int64, time: Timestamp) {
        self.transfer = transfer
        self.sequence = sequence
        self.time = time
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("transfer", &transfer)
        coder.field("sequence", &sequence)
        coder.field("time", &time)
    }
}

/// Why the past cannot be read now.
package enum HistoryError: Error, Equatable {
    /// The read model has not reached the asked sequence in time.
    case behind
    case unavailable(String)
}

/// Reads of what is no longer live, from the projections.
///
/// Each waits until the projections include `sequence`, so that a client sees what it was told (at most 2 s).
package protocol History: Sendable {
    /// Transfers in the order of posting, after `after`; of an account, of a participant's cash, or all.
    func transfers(
        account: AccountID?, participant: ParticipantID?, after: TransferID, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [PostedTransfer]

    /// Trades, the newest first, before `before` (none: from the newest); of a participant, of a contract, or all.
    func trades(
        participant: ParticipantID?, contract: ContractKey?, before: TradeID?, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [TradeView]

    /// The trades of a product in any of its contracts, the newest first, before `before`, none before `since`.
    func trades(
        product: ProductID, since: Timestamp, before: TradeID?, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [TradeView]

    /// Trades summed up, span by span in the order of time; a span without trades is left out.
    func candles(_ spans: CandleSpans, including sequence: Int64) async throws(HistoryError) -> [Candle]

    /// What the contracts of a product in the hours of a window had traded until a moment (included), by hour; hours without trades
    /// are left out.
    func tradedHours(
        product: ProductID, hours: Range<Hour>, until: Timestamp, including sequence: Int64
    ) async throws(HistoryError) -> [TradedHour]

    /// A closed order.
    func order(_ id: OrderID, including sequence: Int64) async throws(HistoryError) -> OrderView?

    /// A participant's closed orders, the newest first, before `before`.
    func closedOrders(
        participant: ParticipantID, contract: ContractKey?, status: OrderStatus?, before: OrderID?, limit: Int,
        including sequence: Int64
    ) async throws(HistoryError) -> [OrderView]

    /// Deliveries that left the exchange's memory, by number; in another order where the question has one.
    func deliveries(_ wanted: ArchivedDeliveryQuery, including sequence: Int64) async throws(HistoryError) -> [ArchivedDelivery]

    /// Allocations that left the exchange's memory, by number; of numbers that are not there none.
    func allocations(_ ids: [AllocationID], including sequence: Int64) async throws(HistoryError) -> [ArchivedAllocation]

    /// The numbers after `after` of allocations that a participant held and that left the exchange's memory, and of those of which it provided
    /// hours that did; ascending.
    func allocationNumbers(
        of participant: ParticipantID, after: AllocationID, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [AllocationID]

    /// Sales that indices are made of and that left the exchange's memory, of products in the hours of a window.
    func inputs(products: [ProductID], hours: Range<Hour>, including sequence: Int64) async throws(HistoryError) -> [ArchivedInputs]

    /// Administrative actions, the newest first, before `before` (none: from the newest); of a participant, of a kind, within a time.
    func actions(_ filter: ActionFilter, before: Int64?, limit: Int, including sequence: Int64) async throws(HistoryError)
        -> [AdministrativeAction]
}

/// Which deliveries of the record are asked for.
package enum ArchivedDeliveryQuery: Sendable {
    /// By number; of numbers that are not there none.
    case numbers([DeliveryID])
    /// Those after a number that a participant held or provided, or all; of one contract where it is named.
    case page(participant: ParticipantID?, contract: ContractKey?, after: DeliveryID, limit: Int)
    /// Those of some allocations, each named once: allocation by allocation as they are named, of each by number, of the first those after a
    /// number.
    case allocations([AllocationID], after: DeliveryID, limit: Int)
    /// The lines of a run in these places, in their order; where a participant is named, those that it held or provided.
    case lines(SettlementRunID, Range<Int64>, of: ParticipantID?, limit: Int)
    /// Those that somebody bought or sold and that settled in `[from, to)`, in the order of settlement, after a place.
    case settled(ParticipantID, from: Timestamp, to: Timestamp, after: SettledPlace?, limit: Int)
}

/// Where a list in the order of settlement goes on.
package struct SettledPlace: Sendable {
    package var time: Timestamp
    package var delivery: DeliveryID

    package init(time: Timestamp, delivery: DeliveryID) {
        self.time = time
        self.delivery = delivery
    }

    package func isBefore(_ other: SettledPlace) -> Bool { (time, delivery) < (other.time, other.delivery) }
}

/// Which entries of the audit log are asked for.
package struct ActionFilter: Sendable {
    package var participant: ParticipantID?
    package var action: CommandTag?
    /// From here on, and before there.
    package var from: Timestamp?
    package var to: Timestamp?

    package init() {}

    /// Whether an entry is one of them.
    package func contains(_ action: AdministrativeAction) -> Bool {
        participant.map { $0 == action.participantID } ?? true && self.action.map { $0 == action.action } ?? true
            && from.map { $0 <= action.time } ?? true && to.map { action.time < $0 } ?? true
    }
}
