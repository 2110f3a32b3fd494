import Quantities
import Registry

/// What one standing bid wants, without a name.
package struct DemandView: Record, Hashable {
    package var quantity: Quantity = 0
    package var durationHours: Int32 = 0
    package var earliestStart = Hour()
    package var latestEnd = Hour()
    /// The most that a device-hour may cost: the limit price, or what `max_total` allows with fees, rounded down.
    package var limitPrice = Price()
    package var placement = Placement.sameResource
    package var currency = Currency()

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("quantity", &quantity)
        coder.field("duration_hours", &durationHours)
        coder.field("earliest_start", &earliestStart)
        coder.field("latest_end", &latestEnd)
        coder.field("limit_price", &limitPrice)
        coder.field("placement", &placement)
        coder.field("currency", &currency)
    }
}
