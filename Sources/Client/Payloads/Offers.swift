import Quantities

/// The body of `POST /v1/offers`: one price, or one for each hour.
package struct NewOffer: Codable, Sendable {
    package var resourceId: String
    package var start: Timestamp
    package var end: Timestamp
    package var quantity: Int
    package var price: Price?
    package var prices: [Price]?
    package var clientOfferId: String?
    /// The product by its code, or by its grade within the resource's class and zone; the standard grade where neither is named.
    package var product: String?
    package var grade: String?

    package init(resourceId: String, start: Timestamp, end: Timestamp, quantity: Int, price: Price) {
        self.resourceId = resourceId
        self.start = start
        self.end = end
        self.quantity = quantity
        self.price = price
    }

    /// - Parameter prices: one for each hour of `[start, end)`.
    package init(resourceId: String, start: Timestamp, end: Timestamp, quantity: Int, prices: [Price]) {
        self.resourceId = resourceId
        self.start = start
        self.end = end
        self.quantity = quantity
        self.prices = prices
    }
}

/// The body of `PATCH /v1/offers/{id}`.
package struct OfferAmendment: Codable, Sendable {
    package var price: Price?
    package var prices: [Price]?
    package var quantity: Int?

    package init(price: Price? = nil, prices: [Price]? = nil, quantity: Int? = nil) {
        self.price = price
        self.prices = prices
        self.quantity = quantity
    }
}

/// An offer and its sell order in each hour.
package struct Offer: Codable, Sendable {
    package var id: String
    package var status: String
    package var resourceId: String?
    package var hours: [OfferHour]?
}

/// One hour of an offer.
package struct OfferHour: Codable, Sendable {
    package var contract: String
    package var orderId: String
    package var price: Price
    package var quantity: Int
    package var remaining: Int
}
