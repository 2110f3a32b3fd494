import Matching
import Quantities

/// Where an order stands.
@usableFromInline package enum OrderStatus: String, Choice, BitwiseCopyable {
    case open
    case partiallyFilled = "partially_filled"
    case filled
    case cancelled
    case expired
    case pendingTrigger = "pending_trigger"

    /// Whether the order can still trade.
    package var isLive: Bool { self == .open || self == .partiallyFilled || self == .pendingTrigger }
}

/// Why an order ended without being filled.
@usableFromInline package enum OrderEndReason: String, Choice, BitwiseCopyable {
    /// Its participant cancelled it, alone or with others.
    case requested
    /// What an `ioc` or `market` order could not fill at once.
    case unfilledRemainder = "unfilled_remainder"
    /// A `fok` order that could not be filled whole.
    case fillOrKill = "fill_or_kill"
    /// An `ioc` order whose minimum could not be filled.
    case minimumQuantity = "minimum_quantity"
    /// It would have traded with an order of the same owner.
    case selfTrade = "self_trade"
    /// Its `expires_at` came.
    case expired
    /// The contract's gate closed.
    case gateClosed = "gate_closed"
    /// The units behind it went: outage, lower certification, retirement.
    case capacityReduced = "capacity_reduced"
    /// Its participant was suspended.
    case suspended
    /// Its offer was cancelled.
    case offerCancelled = "offer_cancelled"
    /// Its bid was cancelled.
    case bidCancelled = "bid_cancelled"
    /// A triggered stop that no longer passed a check that has no reason of its own.
    case checksFailed = "checks_failed"
    /// Replaced by its own amendment into a new place of the book.
    case amended
    // Why a triggered stop was cancelled: the checks of an order, which it passes again.
    case outsidePriceBand = "outside_price_band"
    case insufficientCapacity = "insufficient_capacity"
    case insufficientPosition = "insufficient_position"
    case insufficientFunds = "insufficient_funds"
    /// Its participant's dead-man switch was not refreshed in time.
    case cancelAllAfter = "cancel_all_after"
    /// The product is for buyers of other countries: its participant's country changed, or a triggered stop met a blocked counterparty.
    case buyerNotEligible = "buyer_not_eligible"
}

/// An order as its participant sees it.
@usableFromInline package struct OrderView: Record {
    @usableFromInline package var id = OrderID.none
    @usableFromInline package var clientOrderID: String?
    @usableFromInline package var participantID = ParticipantID.none
    @usableFromInline package var contract = ContractKey()
    @usableFromInline package var side = Side.buy
    @usableFromInline package var type = OrderType.limit
    @usableFromInline package var timeInForce = TimeInForce.gtc
    @usableFromInline package var price: Price?
    @usableFromInline package var stopPrice: Price?
    @usableFromInline package var quantity: Quantity = 0
    @usableFromInline package var filledQuantity: Quantity = 0
    /// 0 once the order is closed.
    @usableFromInline package var remainingQuantity: Quantity = 0
    @usableFromInline package var displayQuantity: Quantity?
    @usableFromInline package var minQuantity: Quantity?
    @usableFromInline package var postOnly = false
    @usableFromInline package var selfTradePrevention = SelfTradePrevention.cancelNewest
    @usableFromInline package var status = OrderStatus.open
    @usableFromInline package var reason: OrderEndReason?
    /// Of the fills, rounded down.
    @usableFromInline package var averagePrice: Price?
    @usableFromInline package var expiresAt: Timestamp?
    @usableFromInline package var resourceID: ResourceID?
    @usableFromInline package var allocationID: AllocationID?
    @usableFromInline package var offerID: OfferID?
    @usableFromInline package var bidID: BidID?
    @usableFromInline package var createdAt = Timestamp()
    @usableFromInline package var closedAt: Timestamp?

    @usableFromInline package init() {}
    @inlinable package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("client_order_id", &clientOrderID)
        coder.field("participant_id", &participantID)
        coder.field("contract", &contract)
        coder.field("side", &side)
        coder.field("type", &type)
        coder.field("time_in_force", &timeInForce)
        coder.field("price", &price)
        coder.field("stop_price", &stopPrice)
        coder.field("quantity", &quantity)
        coder.field("filled_quantity", &filledQuantity)
        coder.field("remaining_quantity", &remainingQuantity)
        coder.field("display_quantity", &displayQuantity)
        coder.field("min_quantity", &minQuantity)
        coder.field("post_only", &postOnly)
        coder.field("self_trade_prevention", &selfTradePrevention)
        coder.field("status", &status)
        coder.field("reason", &reason)
        coder.field("average_price", &averagePrice)
        coder.field("expires_at", &expiresAt)
        coder.field("resource_id", &resourceID)
        coder.field("allocation_id", &allocationID)
        coder.field("offer_id", &offerID)
        coder.field("bid_id", &bidID)
        coder.field("created_at", &createdAt)
        coder.field("closed_at", &closedAt)
    }
}

/// An order was let in, or an amendment moved it: how it stands afterwards. What it asks for is in its command.
package struct OrderAccepted: Record {
    package var id = OrderID.none
    package var contract = ContractKey()
    package var status = OrderStatus.open

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("contract", &contract)
        coder.field("status", &status)
    }
}

/// Which side of a fill an order was on.
@usableFromInline package enum Liquidity: String, Choice, BitwiseCopyable {
    case maker
    case taker
}

/// One order's side of one trade. A negative fee is a rebate.
@usableFromInline package struct FillView: Record, BitwiseCopyable {
    @usableFromInline package var id = TradeID.none
    @usableFromInline package var price = Price()
    @usableFromInline package var quantity: Quantity = 0
    /// Of the product's fee schedule that the fee is from.
    @usableFromInline package var feeVersion: UInt32 = 1
    @usableFromInline package var fee = Micros.zero
    @usableFromInline package var liquidity = Liquidity.taker

    @usableFromInline package init() {}
    package init(id: TradeID, price: Price, quantity: Quantity, fee: Micros, liquidity: Liquidity, feeVersion: UInt32) {
        self.id = id
        self.price = price
        self.quantity = quantity
        self.fee = fee
        self.liquidity = liquidity
        self.feeVersion = feeVersion
    }
    @inlinable package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("price", &price)
        coder.field("quantity", &quantity)
        coder.field("fee", &fee)
        coder.field("liquidity", &liquidity)
        coder.field("fee_version", &feeVersion)
    }
}

/// The answer to an order: how it stands and what it traded in this command.
@usableFromInline package struct OrderReceipt: Record {
    @usableFromInline package var order = OrderView()
    @usableFromInline package var trades: [FillView] = []

    @usableFromInline package init() {}
    package init(order: OrderView, trades: [FillView]) {
        self.order = order
        self.trades = trades
    }
    @inlinable package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("order", &order)
        coder.field("trades", &trades)
    }
}

/// One element's answer in a batch: a receipt, or the refusal.
package struct OrderBatchResult: Record {
    package var order: OrderView?
    package var trades: [FillView]?
    package var error: Refusal?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("order", &order)
        coder.field("trades", &trades)
        coder.field("error", &error)
    }
}

/// Both sides of one trade, as the record of the exchange keeps it.
package struct TradeView: Record {
    package var id = TradeID.none
    package var contract = ContractKey()
    package var price = Price()
    package var quantity: Quantity = 0
    package var takerSide = Side.buy
    package var buyOrderID = OrderID.none
    package var sellOrderID = OrderID.none
    /// The whole bid that took the hour; its fills have no buy order.
    package var bidID: BidID?
    package var buyerID = ParticipantID.none
    package var sellerID = ParticipantID.none
    package var buyerFee = Micros.zero
    package var sellerFee = Micros.zero
    /// The resource that was sold; none for a resale, whose lots may stand on several.
    package var resourceID: ResourceID?
    /// Whether hours bought earlier were sold on.
    package var resale = false
    package var time = Timestamp()
    /// The versions of the product's fee schedule that the two sides' fees are from.
    package var buyerFeeVersion: UInt32 = 1
    package var sellerFeeVersion: UInt32 = 1

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("contract", &contract)
        coder.field("price", &price)
        coder.field("quantity", &quantity)
        coder.field("taker_side", &takerSide)
        coder.field("buy_order_id", &buyOrderID)
        coder.field("sell_order_id", &sellOrderID)
        coder.field("bid_id", &bidID)
        coder.field("buyer_id", &buyerID)
        coder.field("seller_id", &sellerID)
        coder.field("buyer_fee", &buyerFee)
        coder.field("seller_fee", &sellerFee)
        coder.field("resource_id", &resourceID)
        coder.field("resale", &resale)
        coder.field("time", &time)
        coder.field("buyer_fee_version", &buyerFeeVersion)
        coder.field("seller_fee_version", &sellerFeeVersion)
    }
}

/// A number of cancelled orders.
package struct CancelledCount: Record {
    package var cancelled: Int64 = 0

    package init() {}
    package init(_ cancelled: Int64) { self.cancelled = cancelled }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("cancelled", &cancelled) }
}
