/// The orders that rest at one price, oldest first: the ends of a list that runs through the pool, and its totals.
///
/// A level that is all zeros is empty; its side is the side of its book that reaches its price.
struct PriceLevel: BitwiseCopyable {
    /// Ticks, above 0.
    var price: UInt64
    /// Units shown.
    var displayed: UInt64
    /// First in the queue; 0 when the level is empty.
    var head: UInt32
    /// Last in the queue; 0 when the level is empty.
    var tail: UInt32
    /// How many orders.
    var orders: UInt32
    /// Fills half a cache line, so that no level straddles two.
    private var padding: UInt32

    /// An empty level.
    init(price: UInt64) {
        self.price = price
        displayed = 0
        head = 0
        tail = 0
        orders = 0
        padding = 0
    }

    /// Links the order at `slot`, which shows `shown` units, behind the last one and counts it.
    @inline(__always)
    mutating func append(_ slot: UInt32, showing shown: UInt32, _ cells: Cells<OrderRecord>) {
        cells[slot].next = 0
        cells[slot].previous = tail
        if tail == 0 {
            head = slot
        } else {
            cells[tail].next = slot
        }
        tail = slot
        // 2³² orders of 2³² units: no overflow.
        displayed &+= UInt64(shown)
        orders &+= 1
    }

    /// Unlinks the order at `slot`, wherever it stands, and no longer counts it.
    @inline(__always)
    mutating func unlink(_ slot: UInt32, _ cells: Cells<OrderRecord>) {
        let next = cells[slot].next
        let previous = cells[slot].previous
        if slot == head {
            // The new head keeps a stale `previous`: nobody reads it, and its cache line stays untouched.
            head = next
            if next == 0 { tail = 0 }
        } else {
            cells[previous].next = next
            if next == 0 {
                tail = previous
            } else {
                cells[next].previous = previous
            }
        }
        displayed &-= UInt64(cells[slot].displayed)
        orders &-= 1
    }
}
