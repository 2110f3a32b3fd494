import Matching

/// Where an order's entry lies: in the pool of live orders, or in the exchange's hands.
typealias OrderPlace = Place<OrderEntry>

/// Room for the orders that the exchange has in its hands, so that an entry is written once and never handed around by value.
struct WorkingOrders: ~Copyable {
    private var entries: Slab<OrderEntry>
    /// The order at work: on its way in, or just let in or closed.
    let taker: OrderPlace
    /// An order that is only looked at: a draft that is checked.
    let probe: OrderPlace

    init() {
        entries = Slab(reserving: 64)
        entries.append(OrderEntry())
        entries.append(OrderEntry())
        taker = entries.cells.place(0)
        probe = entries.cells.place(1)
    }
}
