import Quantities
import Registry

/// How a bid is filled.
package enum BidFill: String, Choice {
    /// All hours and the full quantity, or nothing, in one step.
    case whole
    /// One order an hour, each for itself.
    case hourly
}

/// What of a whole bid holds together.
package enum Placement: String, Choice, BitwiseCopyable {
    case sameResource = "same_resource"
    case sameSite = "same_site"
    case any
}

/// `POST /v1/bids` and `POST /v1/quotes`.
package struct BidSpec: Record {
    package var requirements = Requirements()
    package var currency: Currency?
    package var earliestStart = Hour()
    package var latestEnd = Hour()
    package var durationHours: Int32 = 0
    package var quantity: Quantity = 0
    /// Bounds the average per device-hour, without fees.
    package var limitPrice: Price?
    /// Bounds the total, fees included.
    package var maxTotal: Micros?
    package var fill = BidFill.whole
    package var placement: Placement?
    package var usableShare: Measure?
    package var standing: Bool?
    package var expiresAt: Timestamp?
    package var hidden: Bool?
    package var clientBidID: String?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("requirements", &requirements)
        coder.field("currency", &currency)
        coder.field("earliest_start", &earliestStart)
        coder.field("latest_end", &latestEnd)
        coder.field("duration_hours", &durationHours)
        coder.field("quantity", &quantity)
        coder.field("limit_price", &limitPrice)
        coder.field("max_total", &maxTotal)
        coder.field("fill", &fill)
        coder.field("placement", &placement)
        coder.field("usable_share", &usableShare)
        coder.field("standing", &standing)
        coder.field("expires_at", &expiresAt)
        coder.field("hidden", &hidden)
        coder.field("client_bid_id", &clientBidID)
    }
}

/// `DELETE /v1/bids/{id}`.
package struct CancelBid: Record {
    package var bid = BidID.none

    package init() {}
    package init(_ bid: BidID) { self.bid = bid }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("bid", &bid) }
}
