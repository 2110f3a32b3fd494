import Quantities

/// `POST /v1/offers`: `quantity` units of a resource over `[start, end)`, at one price or a price for each hour, in a product that
/// is named by its code or, within the resource's class and zone, by its grade.
package struct OfferSpec: Record {
    package var resourceID = ResourceID.none
    package var start = Hour()
    package var end = Hour()
    package var quantity: Quantity = 0
    package var price: Price?
    package var prices: [Price]?
    package var minHours: Int32?
    package var minQuantity: Quantity?
    package var skipUnavailable: Bool?
    package var clientOfferID: String?
    package var product: String?
    package var grade: String?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("resource_id", &resourceID)
        coder.field("start", &start)
        coder.field("end", &end)
        coder.field("quantity", &quantity)
        coder.field("price", &price)
        coder.field("prices", &prices)
        coder.field("min_hours", &minHours)
        coder.field("min_quantity", &minQuantity)
        coder.field("skip_unavailable", &skipUnavailable)
        coder.field("client_offer_id", &clientOfferID)
        coder.field("product", &product)
        coder.field("grade", &grade)
    }
}

/// `PATCH /v1/offers/{id}`.
package struct AmendOffer: Record {
    package var offer = OfferID.none
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        package var price: Price?
        package var prices: [Price]?
        package var quantity: Quantity?

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("price", &price)
            coder.field("prices", &prices)
            coder.field("quantity", &quantity)
        }
    }

    package init() {}
    package init(offer: OfferID, body: Body) {
        self.offer = offer
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("offer", &offer)
        coder.field("body", &body)
    }
}

/// `DELETE /v1/offers/{id}`.
package struct CancelOffer: Record {
    package var offer = OfferID.none

    package init() {}
    package init(_ offer: OfferID) { self.offer = offer }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("offer", &offer) }
}
