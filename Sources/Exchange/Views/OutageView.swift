import Quantities
import Registry

/// Hours of a holder that an outage hits.
package struct BrokenDeliveryView: Record {
    package var contract = ContractKey()
    package var allocationID = AllocationID.none
    /// Nil before the gate, when there is no delivery yet.
    package var deliveryID: DeliveryID?
    package var quantity: Quantity = 0
    /// Units that the hour lacks in all; they are shared among its deliveries.
    package var missing: Quantity = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("allocation_id", &allocationID)
        coder.field("delivery_id", &deliveryID)
        coder.field("quantity", &quantity)
        coder.field("missing", &missing)
    }
}

/// The answer to a declared outage.
package struct OutageView: Record {
    package var id = OutageID.none
    package var resourceID = ResourceID.none
    package var spec = OutageSpec()
    /// The first thousand, by hour.
    package var breaks: [BrokenDeliveryView] = []
    package var breaksTotal: Int64 = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("resource_id", &resourceID)
        spec.fields(&coder)
        coder.field("breaks", &breaks)
        coder.field("breaks_total", &breaksTotal)
    }

    mutating func note(_ broken: BrokenDeliveryView) {
        breaksTotal += 1
        if breaks.count < 1_000 { breaks.append(broken) }
    }
}
