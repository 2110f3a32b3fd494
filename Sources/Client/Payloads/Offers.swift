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
    /// With one of the two the hours serve only bids of at least so many hours and units.
    package var minHours: Int?
    package var minQuantity: Int?
    /// Leave out hours that cannot be offered, instead of refusing all.
    package var skipUnavailable: Bool?
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
    /// The first hundred hours that were left out.
    package var skipped: [SkippedHour]?
    /// The outages of the resource within the offer's hours, as they are now.
    package var outages: [OfferOutage]?
}

/// An hour that an offer left out, with the code of the refusal that it would have met.
package struct SkippedHour: Codable, Sendable, Equatable {
    package var contract: String
    package var reason: String
    package var detail: String?
}

/// Units of an offer's resource that are away.
package struct OfferOutage: Codable, Sendable, Equatable {
    package var id: String
    package var start: Timestamp
    package var end: Timestamp
    package var units: Int
    package var reason: String?
    package var kind: String?
}

/// One hour of an offer.
package struct OfferHour: Codable, Sendable {
    package var contract: String
    package var orderId: String
    package var price: Price
    package var quantity: Int
    package var remaining: Int
    package var sold: Int?
}
