/// The price levels outside the window, sorted: the fallback for prices far apart.
///
/// Blocks of up to 64 levels in order of price, and above them an index of the blocks' first prices; both are searched by halves.
/// Ten million levels make an index of some 200,000 entries. Neighbouring blocks that have become small are joined.
struct SparseLevels: BitwiseCopyable {
    /// One block: its first price and its levels.
    private struct Block: BitwiseCopyable {
        var first: UInt64
        var levels: Cells<PriceLevel>
        var count: Int
    }

    private static var blockCapacity: Int { 64 }

    private var blocks: Cells<Block>
    private var blockCount: UInt32
    private var capacity: UInt32
    /// How many levels.
    private(set) var count: Int

    /// No levels, no memory.
    static var none: SparseLevels { SparseLevels(blocks: .none, blockCount: 0, capacity: 0, count: 0) }

    /// The level at `price`, nil when nothing rests there.
    ///
    /// - Complexity: O(log `count`).
    func level(at price: UInt64) -> Place<PriceLevel>? {
        guard let (block, index) = find(price), index < blocks[block].count else { return nil }
        let place = blocks[block].levels.place(index)
        return place.record.price == price ? place : nil
    }

    /// The level at `price`, made when there is none. Places of other levels are void afterwards.
    ///
    /// - Complexity: O(log `count`) and a move within one block; one time in some 32 insertions also a move of the index.
    mutating func makeLevel(at price: UInt64, from pool: inout MemoryPool) -> Place<PriceLevel> {
        guard let (foundBlock, foundIndex) = find(price) else {
            insertBlock(at: 0, from: &pool)
            return makeLevel(price, block: 0, index: 0)
        }
        var (block, index) = (foundBlock, foundIndex)
        if index < blocks[block].count, blocks[block].levels[index].price == price {
            return blocks[block].levels.place(index)
        }
        if blocks[block].count == Self.blockCapacity {
            split(block, from: &pool)
            if index > blocks[block].count {
                index -= blocks[block].count
                block += 1
            }
        }
        return makeLevel(price, block: block, index: index)
    }

    /// Forgets the level at `price`, which must be here. Places of other levels are void afterwards.
    ///
    /// - Complexity: as `makeLevel`.
    mutating func removeLevel(at price: UInt64, to pool: inout MemoryPool) {
        guard let (block, index) = find(price), index < blocks[block].count, blocks[block].levels[index].price == price else {
            preconditionFailure("a level that is not there")
        }
        let levels = blocks[block].levels
        levels.move(from: index + 1, to: index, count: blocks[block].count - index - 1)
        blocks[block].count -= 1
        count -= 1
        if blocks[block].count == 0 {
            removeBlock(block, to: &pool)
        } else {
            if index == 0 { blocks[block].first = levels[0].price }
            joinNeighbour(of: block, to: &pool)
        }
        if count == 0 { release(to: &pool) }
    }

    /// The lowest price in use above `price`, nil when there is none. Complexity O(log `count`).
    func above(_ price: UInt64) -> UInt64? {
        guard price < .max, let (block, index) = find(price + 1) else { return nil }
        if index < blocks[block].count { return blocks[block].levels[index].price }
        return block + 1 < blockCount ? blocks[block + 1].first : nil
    }

    /// The highest price in use below `price`, nil when there is none. Complexity O(log `count`).
    func below(_ price: UInt64) -> UInt64? {
        guard let (block, index) = find(price) else { return nil }
        if index > 0 { return blocks[block].levels[index - 1].price }
        guard block > 0 else { return nil }
        return blocks[block - 1].levels[blocks[block - 1].count - 1].price
    }

    /// Gives all memory back; whatever levels there are, are gone.
    mutating func release(to pool: inout MemoryPool) {
        for block in 0..<Int(blockCount) { pool.release(blocks[block].levels, count: Self.blockCapacity) }
        if capacity > 0 { pool.release(blocks, count: Int(capacity)) }
        self = .none
    }

    /// Gives the memory straight to the system when the books end.
    func discard() {
        for block in 0..<Int(blockCount) { MemoryPool.discard(blocks[block].levels, count: Self.blockCapacity) }
        MemoryPool.discard(blocks, count: Int(capacity))
    }

    /// The block that has or would take `price`, and there the place of the first level not below `price`; nil without blocks.
    private func find(_ price: UInt64) -> (block: Int, index: Int)? {
        guard blockCount > 0 else { return nil }
        var low = 0
        var high = Int(blockCount)
        while high - low > 1 {
            let middle = (low + high) >> 1
            if blocks[middle].first <= price { low = middle } else { high = middle }
        }
        let levels = blocks[low].levels
        var from = 0
        var to = blocks[low].count
        while from < to {
            let middle = (from + to) >> 1
            if levels[middle].price < price { from = middle + 1 } else { to = middle }
        }
        return (low, from)
    }

    private mutating func makeLevel(_ price: UInt64, block: Int, index: Int) -> Place<PriceLevel> {
        let levels = blocks[block].levels
        levels.move(from: index, to: index + 1, count: blocks[block].count - index)
        levels[index] = PriceLevel(price: price)
        blocks[block].count += 1
        if index == 0 { blocks[block].first = price }
        count += 1
        return levels.place(index)
    }

    private mutating func split(_ block: Int, from pool: inout MemoryPool) {
        insertBlock(at: block + 1, from: &pool)
        let kept = Self.blockCapacity / 2
        let moved = blocks[block].count - kept
        blocks[block + 1].levels.copy(from: blocks[block].levels, at: kept, to: 0, count: moved)
        blocks[block + 1].first = blocks[block + 1].levels[0].price
        blocks[block + 1].count = moved
        blocks[block].count = kept
    }

    /// Joins `block` with the one behind it, or in front of it, when both together fill three quarters of one at most.
    private mutating func joinNeighbour(of block: Int, to pool: inout MemoryPool) {
        guard blocks[block].count <= Self.blockCapacity / 4 else { return }
        let first = block + 1 < blockCount ? block : block - 1
        guard first >= 0, first + 1 < blockCount else { return }
        let moved = blocks[first + 1].count
        guard blocks[first].count + moved <= Self.blockCapacity * 3 / 4 else { return }
        blocks[first].levels.copy(from: blocks[first + 1].levels, at: 0, to: blocks[first].count, count: moved)
        blocks[first].count += moved
        removeBlock(first + 1, to: &pool)
    }

    /// Makes room for one more block and puts an empty one there.
    private mutating func insertBlock(at block: Int, from pool: inout MemoryPool) {
        if blockCount == capacity {
            let wider = max(2, 2 * capacity)
            let grown = pool.allocate(Block.self, count: Int(wider))
            grown.copy(from: blocks, at: 0, to: 0, count: Int(blockCount))
            if capacity > 0 { pool.release(blocks, count: Int(capacity)) }
            blocks = grown
            capacity = wider
        }
        blocks.move(from: block, to: block + 1, count: Int(blockCount) - block)
        blocks[block] = Block(first: 0, levels: pool.allocate(PriceLevel.self, count: Self.blockCapacity), count: 0)
        blockCount += 1
    }

    private mutating func removeBlock(_ block: Int, to pool: inout MemoryPool) {
        pool.release(blocks[block].levels, count: Self.blockCapacity)
        blocks.move(from: block + 1, to: block, count: Int(blockCount) - block - 1)
        blockCount -= 1
    }
}
