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
    ///
    /// Here and in `unlink` a neighbour that does not exist is record 0 of the pool, which nobody uses and everybody may write to: whether an
    /// order stands at an end of its queue is as good as random, and a mispredicted branch costs more than a store.
    @inline(__always)
    mutating func append(_ slot: UInt32, showing shown: UInt32, _ cells: Cells<OrderRecord>) {
        cells[slot].next = 0
        cells[slot].previous = tail
        cells[tail].next = slot
        head = head == 0 ? slot : head
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
        cells[previous].next = next
        cells[next].previous = previous
        head = head == slot ? next : head
        tail = tail == slot ? previous : tail
        displayed &-= UInt64(cells[slot].displayed)
        orders &-= 1
    }
}
