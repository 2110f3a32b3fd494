/// Where an order lives in the one pool that all books share.
///
/// Stable from `insert` or `insertStop` until the order leaves its book; after that it may name another order, but not before the
/// next insertion. Index 0 is never given out.
package struct OrderSlot: Hashable, Sendable, BitwiseCopyable {
    /// The position in the pool, 1 and up, dense: a caller may keep records of its own in an array under this index.
    package let index: UInt32

    /// Names the order at `index`.
    @inlinable
    package init(index: UInt32) {
        self.index = index
    }
}

/// Which book of the pool. Dense from 0, used again after the book is closed.
package struct BookIndex: Hashable, Sendable, BitwiseCopyable {
    /// The position among the books.
    package let index: UInt32

    /// Names the book at `index`.
    @inlinable
    package init(index: UInt32) {
        self.index = index
    }
}
