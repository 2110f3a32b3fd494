/// What the module knows of an order in a book or among the stops: a copy, for reading.
package struct RestingOrder: Equatable, Sendable {
    /// The caller's identifier.
    package let id: Int64
    /// The book it belongs to.
    package let book: BookIndex
    /// Its side.
    package let side: Side
    /// Its limit in ticks; of a stop, the stop price.
    package let price: Int64
    /// Units open, hidden ones included.
    package let remaining: UInt32
    /// Units the book shows. Of an order that is no iceberg all that remain; of a stop 0, for stops are not shown.
    package let displayed: UInt32
    /// Who may not trade with it: one number per owner.
    package let owner: UInt32
    /// Whether it waits for a price instead of resting in the book.
    package let isStop: Bool
}

/// Who stands where in the pool: one order, one cache line.
///
/// A resting order is a link of its level's list through `next` and `previous`; a stop is a node of its book's tree, in which the same
/// two fields lead to its children; a free record leads to the next free one.
///
/// - Invariant: `MemoryLayout<OrderRecord>.stride == 64`, checked when a pool is made.
struct OrderRecord: BitwiseCopyable {
    /// What the record holds.
    enum State: UInt8, BitwiseCopyable {
        // Memory that was never used reads as zeros, so `free` comes first.
        case free, restingBuy, restingSell, stopBuy, stopSell
    }

    var id: Int64
    /// Ticks, above 0; unsigned because the books' comparisons are.
    var price: UInt64
    /// Next in the level's list, or the stop tree's lower child, or the next free record; 0 is none.
    var next: UInt32
    /// Previous in the level's list, or the stop tree's higher child; 0 is none.
    var previous: UInt32
    /// Units open, hidden ones included.
    var remaining: UInt32
    /// Units shown now; 0 for a stop.
    var displayed: UInt32
    /// Units shown after a refresh.
    var display: UInt32
    var owner: UInt32
    var book: UInt32
    var state: State
    /// Stops only: the height of the tree below and including this node.
    var height: UInt8
    /// Stops only: the slot of the lowest id in this subtree.
    var earliest: UInt32
    /// Stops only: that lowest id, kept here so that a search need not visit it.
    var earliestID: Int64

    /// Whether it is a stop.
    var isStop: Bool { state.rawValue >= State.stopBuy.rawValue }

    /// The side of an order in use.
    var side: Side { state == .restingBuy || state == .stopBuy ? .buy : .sell }
}
