import Quantities

/// Which way an order trades.
package enum Side: String, Codable, Sendable {
    case buy, sell
}

/// How an order meets the book.
package enum OrderType: String, Codable, Sendable {
    case limit, market, stop
    case stopLimit = "stop_limit"
}

/// How long an order lives.
package enum TimeInForce: String, Codable, Sendable {
    case gtc, gtd, ioc, fok
}

/// The body of `POST /v1/orders`.
package struct NewOrder: Codable, Sendable {
    package var contract: String
    package var side: Side
    package var type: OrderType
    package var price: Price?
    package var stopPrice: Price?
    package var quantity: Int
    package var timeInForce: TimeInForce?
    package var expiresAt: Timestamp?
    package var postOnly: Bool?
    package var displayQuantity: Int?
    package var minQuantity: Int?
    package var selfTradePrevention: String?
    /// A sell of capacity names it; a resale does not.
    package var resourceId: String?
    package var allocationId: String?
    package var clientOrderId: String?

    /// A limit order.
    package init(
        contract: String, side: Side, price: Price, quantity: Int, timeInForce: TimeInForce = .gtc,
        resourceId: String? = nil
    ) {
        self.contract = contract
        self.side = side
        type = .limit
        self.price = price
        self.quantity = quantity
        self.timeInForce = timeInForce
        self.resourceId = resourceId
    }

    /// A market order.
    package init(market side: Side, contract: String, quantity: Int, resourceId: String? = nil) {
        self.contract = contract
        self.side = side
        type = .market
        self.quantity = quantity
        self.resourceId = resourceId
    }
}

/// The body of `PATCH /v1/orders/{id}`; `quantity` is the new total.
package struct OrderAmendment: Codable, Sendable {
    package var price: Price?
    package var quantity: Int?

    package init(price: Price? = nil, quantity: Int? = nil) {
        self.price = price
        self.quantity = quantity
    }
}

/// An order as it stands.
package struct Order: Codable, Sendable {
    package var id: String
    package var clientOrderId: String?
    package var participantId: String?
    package var contract: String
    package var side: String
    package var type: String
    package var price: Price?
    package var quantity: Int
    package var filledQuantity: Int
    package var remainingQuantity: Int
    package var status: String
    package var reason: String?
    package var averagePrice: Price?
    package var createdAt: Timestamp?
}

/// One trade of an order, seen from its side.
package struct OrderTrade: Codable, Sendable, Equatable {
    package var id: String
    package var price: Price
    package var quantity: Int
    package var fee: Micros
    /// `maker` or `taker`.
    package var liquidity: String
}

/// A trade as its parties see it.
package struct Trade: Codable, Sendable {
    package var id: String
    package var contract: String
    package var price: Price
    package var quantity: Int
    package var takerSide: String?
    package var buyOrderId: String?
    package var sellOrderId: String?
    package var bidId: String?
    package var buyerId: String?
    package var sellerId: String?
    package var buyerFee: Micros?
    package var sellerFee: Micros?
    package var resourceId: String?
    /// Whether the seller had bought the hours before.
    package var resale: Bool?
    package var time: Timestamp?
}

/// What an order command did: the order, and its own trades in this command.
package struct OrderResult: Codable, Sendable {
    package var order: Order
    package var trades: [OrderTrade]
}

/// One element of a batch's answer: a result or a refusal.
package struct OrderBatchElement: Codable, Sendable {
    package var order: Order?
    package var trades: [OrderTrade]?
    package var error: ElementRefusal?
}

/// Why one element of a batch was refused; the others stand for themselves.
package struct ElementRefusal: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    package var code: String
    package var detail: String?
    package var field: String?
    package var description: String { "\(code): \(detail ?? "")" }
}

/// How many orders a cancellation closed.
package struct Cancellation: Codable, Sendable {
    package var cancelled: Int
}

/// Hours held of one contract.
package struct Position: Codable, Sendable {
    package var contract: String
    package var quantity: Int
    /// Of these, units in open resale orders.
    package var onOffer: Int?
    /// Units sold from own resources.
    package var sold: Int?
    package var averagePrice: Price?
    package var currency: String?
}
