import Quantities

/// What moving data out of a plan's resources costs. The provider's price, which the exchange shows and does not collect.
package struct EgressView: Record {
    package var gigabytes = Measure()
    /// The highest of the plan's resources; nil where one of them names none.
    package var pricePerGigabyte: Price?
    /// Rounded up to the micro.
    package var cost: Micros?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("gb", &gigabytes)
        coder.field("price_per_gb", &pricePerGigabyte)
        coder.field("cost", &cost)
    }
}
