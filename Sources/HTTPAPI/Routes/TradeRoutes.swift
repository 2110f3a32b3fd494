import Exchange
import Matching
import Quantities
import Sequencer

/// A participant's trades.
enum TradeRoutes {
    static let routes: [Route] = [
        Route(.get, "/v1/trades", .participants, query: Page.parameters + ["contract", "participant_id"], list)
    ]

    /// The newest first. Overseers see both sides of all trades, or of one whom they name; others their own side.
    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let number = try page.number()
        let participant = try call.listed()
        let contract = call.query["contract"].map { call.products.contract(symbol: $0) }
        if contract == ContractKey() { throw Problem(.unknownContract, "there is no such contract", field: "contract") }
        let found = try await call.past { (history, sequence) async throws(HistoryError) in
            try await history.trades(
                participant: participant, contract: contract, before: number == 0 ? nil : TradeID(number),
                limit: page.limit + 1, including: sequence
            )
        }
        if call.caller.seesEverything { return call.list(found, limit: page.limit) { String($0.id.rawValue) } }
        let own = found.map { OwnTradeView($0, of: call.caller.participant) }
        return call.list(own, limit: page.limit) { String($0.id.rawValue) }
    }
}

/// A trade as one of its sides sees it: the books are anonymous, so the other side is not in it.
struct OwnTradeView: Record {
    var id = TradeID.none
    var contract = ContractKey()
    var side = Side.buy
    var price = Price()
    var quantity: Quantity = 0
    var fee = Micros.zero
    var liquidity = Liquidity.taker
    var orderID: OrderID?
    var bidID: BidID?
    var resourceID: ResourceID?
    var resale = false
    var takerSide = Side.buy
    var time = Timestamp()
    /// Of the product's fee schedule that the fee is from.
    var feeVersion: UInt32 = 1

    init() {}

    /// - Precondition: the participant is one of the two sides.
    init(_ trade: TradeView, of participant: ParticipantID) {
        let isBuyer = trade.buyerID == participant
        let order = isBuyer ? trade.buyOrderID : trade.sellOrderID
        id = trade.id
        contract = trade.contract
        side = isBuyer ? .buy : .sell
        price = trade.price
        quantity = trade.quantity
        fee = isBuyer ? trade.buyerFee : trade.sellerFee
        liquidity = trade.takerSide == side ? .taker : .maker
        orderID = order.isNone ? nil : order
        bidID = isBuyer ? trade.bidID : nil
        resourceID = trade.resourceID
        resale = trade.resale
        takerSide = trade.takerSide
        time = trade.time
        feeVersion = isBuyer ? trade.buyerFeeVersion : trade.sellerFeeVersion
    }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("contract", &contract)
        coder.field("side", &side)
        coder.field("price", &price)
        coder.field("quantity", &quantity)
        coder.field("fee", &fee)
        coder.field("liquidity", &liquidity)
        coder.field("order_id", &orderID)
        coder.field("bid_id", &bidID)
        coder.field("resource_id", &resourceID)
        coder.field("resale", &resale)
        coder.field("taker_side", &takerSide)
        coder.field("time", &time)
        coder.field("fee_version", &feeVersion)
    }
}
