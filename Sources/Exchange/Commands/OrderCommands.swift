import Matching
import Quantities

extension Side: FieldValue {
    @usableFromInline package init() { self = .buy }
    @usableFromInline package mutating func code<C: FieldCoder>(_ coder: inout C) {
        var name = self == .buy ? SideName.buy : .sell
        coder.choice(&name)
        self = name == .buy ? .buy : .sell
    }
}

private enum SideName: String, Choice {
    case buy
    case sell
}

extension SelfTradePrevention: FieldValue {
    @usableFromInline package init() { self = .cancelNewest }
    @usableFromInline package mutating func code<C: FieldCoder>(_ coder: inout C) {
        var name: SelfTradePreventionName =
            switch self {
            case .cancelNewest: .cancelNewest
            case .cancelOldest: .cancelOldest
            case .cancelBoth: .cancelBoth
            }
        coder.choice(&name)
        self =
            switch name {
            case .cancelNewest: .cancelNewest
            case .cancelOldest: .cancelOldest
            case .cancelBoth: .cancelBoth
            }
    }
}

private enum SelfTradePreventionName: String, Choice {
    case cancelNewest = "cancel_newest"
    case cancelOldest = "cancel_oldest"
    case cancelBoth = "cancel_both"
}

/// The kinds of order of MARKET.md section 3.
@usableFromInline package enum OrderType: String, Choice, BitwiseCopyable {
    case limit
    case market
    case stop
    case stopLimit = "stop_limit"
}

/// How long an order stands.
@usableFromInline package enum TimeInForce: String, Choice, BitwiseCopyable {
    /// Until the gate closes.
    case gtc
    /// Until `expires_at`.
    case gtd
    /// What fills at once; the rest is cancelled.
    case ioc
    /// All at once or nothing.
    case fok
}

/// `POST /v1/orders`.
@usableFromInline package struct OrderSpec: Record {
    @usableFromInline package var contract = ContractKey()
    @usableFromInline package var side = Side.buy
    @usableFromInline package var type = OrderType.limit
    @usableFromInline package var price: Price?
    @usableFromInline package var stopPrice: Price?
    @usableFromInline package var quantity: Quantity = 0
    /// `ioc` where it is absent and the type is `market` or `stop`; otherwise it must be named.
    @usableFromInline package var timeInForce: TimeInForce?
    @usableFromInline package var expiresAt: Timestamp?
    @usableFromInline package var postOnly: Bool?
    @usableFromInline package var displayQuantity: Quantity?
    @usableFromInline package var minQuantity: Quantity?
    @usableFromInline package var selfTradePrevention: SelfTradePrevention?
    @usableFromInline package var resourceID: ResourceID?
    @usableFromInline package var allocationID: AllocationID?
    @usableFromInline package var clientOrderID: String?

    @usableFromInline package init() {}
    @inlinable package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("side", &side)
        coder.field("type", &type)
        coder.field("price", &price)
        coder.field("stop_price", &stopPrice)
        coder.field("quantity", &quantity)
        coder.field("time_in_force", &timeInForce)
        coder.field("expires_at", &expiresAt)
        coder.field("post_only", &postOnly)
        coder.field("display_quantity", &displayQuantity)
        coder.field("min_quantity", &minQuantity)
        coder.field("self_trade_prevention", &selfTradePrevention)
        coder.field("resource_id", &resourceID)
        coder.field("allocation_id", &allocationID)
        coder.field("client_order_id", &clientOrderID)
    }
}

/// `POST /v1/orders/batch`: each is a command of its own, in order.
@usableFromInline package struct OrderBatch: Record {
    @usableFromInline package var orders: [OrderSpec] = []

    @usableFromInline package init() {}
    @inlinable package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("orders", &orders) }
}

/// An order by its id, or by the name that its participant gave it.
package struct OrderReference: Record, Equatable {
    package var id = OrderID.none
    package var clientOrderID: String?

    package init() {}
    package init(id: OrderID) { self.id = id }
    package init(clientOrderID: String) { self.clientOrderID = clientOrderID }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("client_order_id", &clientOrderID)
    }
}

/// `PATCH /v1/orders/{id}`.
package struct AmendOrder: Record {
    package var order = OrderReference()
    package var body = Body()

    /// What the client sends; at least one of the two.
    package struct Body: Record {
        package var price: Price?
        /// The new total, what was filled included.
        package var quantity: Quantity?

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("price", &price)
            coder.field("quantity", &quantity)
        }
    }

    package init() {}
    package init(order: OrderReference, body: Body) {
        self.order = order
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("order", &order)
        coder.field("body", &body)
    }
}

/// `DELETE /v1/orders/{id}`.
package struct CancelOrder: Record {
    package var order = OrderReference()

    package init() {}
    package init(_ order: OrderReference) { self.order = order }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("order", &order) }
}

/// `DELETE /v1/orders?contract=`: all orders of the issuer, or those of one contract.
package struct CancelOrders: Record {
    package var contract: ContractKey?

    package init() {}
    package init(contract: ContractKey?) { self.contract = contract }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("contract", &contract) }
}
