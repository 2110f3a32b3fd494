import Pricing
import Quantities

/// `POST /v1/products/{code}/fees`: the product, then the body.
package struct PostFees: Record {
    package struct Body: Record {
        /// Now where absent.
        package var effectiveFrom: Timestamp?
        package var tiers: [FeeTier] = []

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("effective_from", &effectiveFrom)
            coder.field("tiers", &tiers)
        }

        /// Bounds of the body.
        package func check() throws(Refusal) {
            try Bounds.time(effectiveFrom, "effective_from")
            try FeeVersion.check(tiers)
        }
    }

    package var product = ProductID.none
    package var body = Body()

    package init() {}
    package init(product: ProductID, body: Body) {
        self.product = product
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("body", &body)
    }
}

/// `POST /v1/products/{code}/bands`: an operator's override of the price that bands lie around.
package struct OverrideBand: Record {
    package struct Body: Record {
        package var referencePrice = Price()
        /// 0 to 23: the contracts of this hour of the day alone; all where absent.
        package var hourOfDay: Int32?
        package var reason = ""

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("reference_price", &referencePrice)
            coder.field("hour_of_day", &hourOfDay)
            coder.field("reason", &reason)
        }

        /// Bounds of the body.
        package func check() throws(Refusal) {
            try Bounds.price(referencePrice, "reference_price")
            if let hourOfDay, !(0...23).contains(hourOfDay) { throw .invalid("hour_of_day", "must be 0 to 23") }
            try Bounds.text(reason, "reason")
        }
    }

    package var product = ProductID.none
    package var body = Body()

    package init() {}
    package init(product: ProductID, body: Body) {
        self.product = product
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("body", &body)
    }
}

/// `POST /v1/indices/{code}/revisions`: the product, then the body.
package struct ReviseIndex: Record {
    package struct Body: Record {
        package var hour = Hour()
        /// Sales that no longer count; none where absent.
        package var excludedTrades: [TradeID]?
        package var reason = ""

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("hour", &hour)
            coder.field("excluded_trades", &excludedTrades)
            coder.field("reason", &reason)
        }

        /// Bounds of the body.
        package func check() throws(Refusal) {
            try Bounds.time(hour.start, "hour")
            try Bounds.text(reason, "reason")
            if let excludedTrades, !(1...1_000).contains(excludedTrades.count) {
                throw .invalid("excluded_trades", "must have 1 to 1000 elements")
            }
        }
    }

    package var product = ProductID.none
    package var body = Body()

    package init() {}
    package init(product: ProductID, body: Body) {
        self.product = product
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("body", &body)
    }
}
