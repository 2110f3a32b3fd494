import Matching
import Quantities

/// What the exchange keeps of an order beside the book's own record: two cache lines of plain values, live or closed.
///
/// What few orders have (a stop price, a hidden part, a minimum, an expiry, a name) is in `OrderDetails`.
///
/// - Invariant: `MemoryLayout<OrderEntry>.stride == 128`, checked when a store is made; `reserved` is what the order sets aside now.
struct OrderEntry: BitwiseCopyable {
    // The first line: what a fill and a cancellation need.
    var id = OrderID.none
    /// Of a market order the band's edge.
    var price = Price()
    /// Σ price × quantity of the fills: at most 10¹² × 10⁶ micros.
    var filledNotional = Micros.zero
    var participant = ParticipantID.none
    /// Of a sale of capacity; none for purchases and resales.
    var resource = ResourceID.none
    /// Cash set aside now.
    var reserved = Micros.zero
    /// Index into `ContractStore`.
    var contract: Int32 = -1
    var quantity: Quantity = 0
    var filled: Quantity = 0
    var side = Side.buy
    var type = OrderType.limit
    var timeInForce = TimeInForce.gtc
    var prevention = SelfTradePrevention.cancelNewest

    // The second line.
    /// Of a resale the named allocation; of a purchase the one its fills go to, drawn at the first fill.
    var allocation = AllocationID.none
    var offer = OfferID.none
    var bid = BidID.none
    var createdAt = Timestamp()
    var closedAt = Timestamp()
    // Pinned at acceptance. Rates are within ±5,000, so half the width holds them.
    private var narrowMakerRate: Int16 = 0
    private var narrowTakerRate: Int16 = 0
    var bondRate: BasisPoints = 0
    /// Of the fee schedule that the rates are from.
    var feeVersion: UInt32 = 1
    /// The number of its rare details; 0 for none.
    var details: UInt32 = 0
    /// Of a sale of capacity while it is on offer: the cell of its hour in `CapacityStore`.
    var cell: UInt32 = 0
    var postOnly = false
    /// Whether it waits for its stop price outside the book.
    var isPending = false
    var status = OrderStatus.open
    var reason: OrderEndReason?

    var makerRate: BasisPoints {
        @inline(__always) get { BasisPoints(narrowMakerRate) }
        @inline(__always) set { narrowMakerRate = Int16(clamping: newValue) }
    }
    var takerRate: BasisPoints {
        @inline(__always) get { BasisPoints(narrowTakerRate) }
        @inline(__always) set { narrowTakerRate = Int16(clamping: newValue) }
    }
    var remaining: Quantity { quantity &- filled }
    var isCapacitySale: Bool { side == .sell && !resource.isNone }
    var isResale: Bool { side == .sell && resource.isNone }
    /// Where a live order stands.
    var liveStatus: OrderStatus { isPending ? .pendingTrigger : filled > 0 ? .partiallyFilled : .open }
}

/// What few orders have.
struct OrderDetails: Equatable, Sendable {
    var stopPrice: Price?
    var display: Quantity?
    var minimum: Quantity?
    var expiresAt: Timestamp?
    var clientOrderID: String?

    /// Whether there is nothing in it.
    var isEmpty: Bool {
        stopPrice == nil && display == nil && minimum == nil && expiresAt == nil && clientOrderID == nil
    }
}

/// A client's own name for an order.
struct ClientName: Hashable, Sendable {
    var participant: ParticipantID
    var name: String
}

/// The name of a closed order: free again 24 hours after it closed.
struct RestingName: Sendable {
    var time: Timestamp
    var name: ClientName
    var order: OrderID
}
