private import CPrefetch

/// Hints for commands to come: each brings memory in before its turn, changes nothing, and accepts slots and books that are no longer in use.
///
/// The farther ahead, the less a hint may read itself; `Lookahead` keeps the right distances for a batch.
extension OrderBooks {
    /// Whether hints pay: as long as all orders fit a processor's second-level cache (512 KiB), asking for them costs more than it saves.
    package var outgrowsCache: Bool { orders.count > 8192 }

    /// Brings in the order's own line.
    @inline(__always)
    package func prefetch(_ slot: OrderSlot) {
        suanpan_prefetch_for_write(orders.cells.address(Int(slot.index)))
    }

    /// Brings in what taking the order out touches: its neighbours in the queue and its level. Reads the order's own line and its book's.
    @inline(__always)
    package func prefetchNeighbours(of slot: OrderSlot) {
        guard Int(slot.index) < orders.count else { return }
        let cells = orders.cells
        let order = cells.place(Int(slot.index))
        suanpan_prefetch_for_write(cells.address(Int(order.record.next)))
        suanpan_prefetch_for_write(cells.address(Int(order.record.previous)))
        let book = books.cells.place(Int(order.record.book))
        suanpan_prefetch_for_write(book.record.window.address(of: order.record.price))
    }

    /// Brings in the first line of the book's record.
    @inline(__always)
    package func prefetch(_ book: BookIndex) {
        suanpan_prefetch_for_write(books.cells.address(Int(book.index)))
    }

    /// Brings in the level that a new order would join, or, if it would trade, the level it would trade with. Reads the book's record.
    @inline(__always)
    package func prefetch(_ book: BookIndex, side: Side, price: Int64) {
        guard Int(book.index) < books.count else { return }
        let record = books.cells.place(Int(book.index))
        suanpan_prefetch_for_write(record.record.window.address(of: record.record.priceTouched(by: side, at: UInt64(bitPattern: price))))
    }

    /// Brings in the order that a new order would touch first: the last of the level it would join, or the first of the level it would
    /// trade with. Reads the book's record and the level. Answers the order to trade with, 0 for none.
    @inline(__always)
    @discardableResult
    package func prefetchOrders(_ book: BookIndex, side: Side, price: Int64) -> UInt32 {
        guard Int(book.index) < books.count else { return 0 }
        let record = books.cells.place(Int(book.index))
        let price = UInt64(bitPattern: price)
        let touched = record.record.priceTouched(by: side, at: price)
        guard record.record.window.covers(touched) else { return 0 }
        let level = record.record.window.level(at: touched)
        let slot = touched == price ? level.record.tail : level.record.head
        suanpan_prefetch_for_write(orders.cells.address(Int(slot)))
        return touched == price ? 0 : slot
    }
}
