import Ledger
import Matching
import Quantities

/// What the next commands of a batch will touch outside the books, asked for in time: `Lookahead`'s counterpart for what the exchange keeps of
/// orders, capacity, contracts and accounts, in the same three steps of one block each.
///
///     announced   where the hour's capacity is looked up     contract      account
///     8 later     the hour's capacity                        a cancelled order's entry
///     16 later    what the entry leads to                    a counterpart's entry
///     24 later    the block is applied
///
/// Hints change nothing and may be wrong.
struct Foresight: ~Copyable {
    /// One command to come.
    private struct Item: BitwiseCopyable {
        /// Of a cancellation; none for an order.
        var id = OrderID.none
        var slot: UInt32 = 0
        var hour = Hour()
        /// Of a sale of capacity.
        var resource = ResourceID.none
        var price: Int64 = 0
        var book: UInt32 = 0
        var side = Side.buy
    }

    private static var ring: Int { 4 }
    private var items = Slab<Item>(reserving: 64)
    private var counts = Slab<Int>(reserving: 64)
    private var current = 0

    init() {
        for _ in 0..<Self.ring * Lookahead.blockSize { items.append(Item()) }
        for _ in 0..<Self.ring { counts.append(0) }
    }

    /// Forgets all announcements.
    mutating func restart() {
        for block in 0..<Self.ring { counts[block] = 0 }
        current = 0
    }

    /// Announces an order.
    @inline(__always)
    mutating func announce(_ book: BookIndex, side: Side, price: Int64, resource: ResourceID, hour: Hour) {
        add(Item(hour: hour, resource: resource, price: price, book: book.index, side: side))
    }

    /// Announces a cancellation.
    @inline(__always)
    mutating func announce(_ id: OrderID) { add(Item(id: id)) }

    @inline(__always)
    private mutating func add(_ item: Item) {
        let block = current & (Self.ring - 1)
        items[block * Lookahead.blockSize + counts[block]] = item
        counts[block] += 1
    }

    /// Ends the announced block and takes the younger ones a step further.
    mutating func advance(_ exchange: Exchange) {
        let third = (current - 2) & (Self.ring - 1)
        for index in 0..<counts[third] {
            let item = items[third * Lookahead.blockSize + index]
            if item.id.isNone {
                let slot = exchange.books.prefetchOrders(BookIndex(index: item.book), side: item.side, price: item.price)
                if slot != 0 { exchange.orders.prefetch(slot) }
            } else {
                exchange.prefetchParts(of: item.slot)
            }
        }
        let second = (current - 1) & (Self.ring - 1)
        for index in 0..<counts[second] {
            let position = second * Lookahead.blockSize + index
            if items[position].id.isNone {
                if !items[position].resource.isNone { exchange.capacity.prefetch(items[position].resource, items[position].hour) }
            } else {
                let slot = exchange.orders.slot(of: items[position].id)?.index ?? 0
                items[position].slot = slot
                if slot != 0 { exchange.orders.prefetch(slot) }
            }
        }
        current += 1
        counts[current & (Self.ring - 1)] = 0
    }
}
