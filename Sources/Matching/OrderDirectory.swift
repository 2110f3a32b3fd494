private import CPrefetch

/// Where each order is, by its identifier: an array cut into chunks of 4,096 identifiers, of which only those with an order in them are
/// memory, and the newest.
///
/// Identifiers come from a counter, so they are dense and old ones die: the table of chunks begins near the oldest one that lives.
/// It costs 16 bytes for every 4,096 identifiers between the oldest order and the newest, and 16 KiB for a chunk with orders.
package struct OrderDirectory: ~Copyable {
    /// 4,096 identifiers' slots; index 0 means none.
    private struct Chunk: BitwiseCopyable {
        var slots: Cells<UInt32>
        /// How many of them are in use; below 0 when the chunk has no memory and shares `emptySlots`.
        var live: Int
    }

    private static var chunkBits: Int64 { 12 }
    private static var chunkSize: Int { 1 << 12 }

    private var memory = MemoryPool()
    /// What chunks without memory show: no slots. Never written.
    private let emptySlots: Cells<UInt32>
    /// The table, of which entries `0..<used` are valid.
    private var chunks: Cells<Chunk> = .none
    private var capacity = 0
    private var used = 0
    /// The number (identifier / 4,096) of the table's first chunk.
    private var first: Int64 = 0
    /// How many identifiers have a slot.
    package private(set) var count = 0

    /// An empty directory.
    package init() {
        emptySlots = memory.allocate(UInt32.self, count: Self.chunkSize)
    }

    deinit {
        for index in 0..<used where chunks[index].live >= 0 { MemoryPool.discard(chunks[index].slots, count: Self.chunkSize) }
        MemoryPool.discard(emptySlots, count: Self.chunkSize)
        MemoryPool.discard(chunks, count: capacity)
    }

    /// Notes that order `id` is at `slot`; a second call replaces the first.
    ///
    /// - Precondition: `id` is at least 0.
    /// - Complexity: amortised O(1) for identifiers from a counter.
    @inline(__always)
    package mutating func set(_ id: Int64, slot: OrderSlot) {
        precondition(id >= 0 && slot.index != 0, "no identifier, or no slot")
        var number = number(id)
        if number >= UInt64(used) || chunks[Int(truncatingIfNeeded: number)].live < 0 {
            makeChunk(id >> Self.chunkBits)
            number = self.number(id)
        }
        let chunk = chunks.place(Int(truncatingIfNeeded: number))
        let offset = Self.offset(id)
        let added = chunk.record.slots[offset] == 0 ? 1 : 0
        chunk.record.live &+= added
        count &+= added
        chunk.record.slots[offset] = slot.index
    }

    /// The slot of order `id`, nil when it has none. Complexity O(1).
    @inline(__always)
    package func slot(of id: Int64) -> OrderSlot? {
        let index = slotIndex(of: id)
        return index == 0 ? nil : OrderSlot(index: index)
    }

    /// The slot of order `id` as a number, 0 when it has none.
    @inline(__always)
    package func slotIndex(of id: Int64) -> UInt32 {
        let number = number(id)
        guard number < UInt64(used) else { return 0 }
        return chunks[Int(truncatingIfNeeded: number)].slots[Self.offset(id)]
    }

    /// Forgets order `id`; an unknown one changes nothing. Complexity O(1).
    @inline(__always)
    package mutating func remove(_ id: Int64) {
        let number = number(id)
        guard number < UInt64(used) else { return }
        let chunk = chunks.place(Int(truncatingIfNeeded: number))
        let offset = Self.offset(id)
        guard chunk.record.slots[offset] != 0 else { return }
        chunk.record.slots[offset] = 0
        chunk.record.live &-= 1
        count &-= 1
        if chunk.record.live == 0 { dropChunk(Int(truncatingIfNeeded: number)) }
    }

    /// Brings in the entry of order `id`: a hint for a command to come.
    @inline(__always)
    package func prefetch(_ id: Int64) {
        let number = number(id)
        guard number < UInt64(used) else { return }
        suanpan_prefetch_for_write(chunks[Int(truncatingIfNeeded: number)].slots.address(Self.offset(id)))
    }

    /// Bytes in use and kept for use.
    package var bytes: Int { memory.bytes }

    /// How often memory was asked of the system since the start: does not grow in steady state.
    package var systemAllocations: Int { memory.systemAllocations }

    /// The place of `id`'s chunk in the table; of an `id` in front of it a huge number.
    @inline(__always)
    private func number(_ id: Int64) -> UInt64 {
        UInt64(bitPattern: (id >> Self.chunkBits) &- first)
    }

    /// The place of `id` in its chunk.
    @inline(__always)
    private static func offset(_ id: Int64) -> Int {
        Int(truncatingIfNeeded: id & Int64(chunkSize - 1))
    }

    /// Gives chunk `number` memory, and the table room for it.
    @inline(never)
    private mutating func makeChunk(_ number: Int64) {
        if used == 0 {
            first = number
            makeRoom(inFront: 0, behind: 1)
        } else if number < first {
            makeRoom(inFront: Int(first - number), behind: 0)
        } else if number - first >= Int64(used) {
            // The newest chunk was kept although it may be empty; it is no longer the newest.
            dropChunk(used - 1, evenNewest: true)
            makeRoom(inFront: 0, behind: Int(number - first) + 1 - used)
        }
        chunks[Int(number - first)] = Chunk(slots: memory.allocate(UInt32.self, count: Self.chunkSize), live: 0)
    }

    /// Makes the table longer at one end by empty chunks; empty ones at its front go when they are half of it.
    private mutating func makeRoom(inFront: Int, behind: Int) {
        var dead = 0
        if inFront == 0 { while dead < used, chunks[dead].live < 0 { dead += 1 } }
        if dead * 2 < used { dead = 0 }
        let kept = used - dead
        let needed = kept + inFront + behind
        if needed > capacity {
            let wider = max(16, 2 * needed)
            let grown = memory.allocate(Chunk.self, count: wider)
            grown.copy(from: chunks, at: dead, to: inFront, count: kept)
            memory.release(chunks, count: capacity)
            chunks = grown
            capacity = wider
        } else {
            chunks.move(from: dead, to: inFront, count: kept)
        }
        for index in 0..<inFront { chunks[index] = Chunk(slots: emptySlots, live: -1) }
        for index in (needed - behind)..<needed { chunks[index] = Chunk(slots: emptySlots, live: -1) }
        first += Int64(dead) - Int64(inFront)
        used = needed
    }

    /// Gives back the memory of a chunk without orders. The newest stays, for the next identifier falls into it.
    @inline(never)
    private mutating func dropChunk(_ index: Int, evenNewest: Bool = false) {
        guard index < used - 1 || evenNewest, chunks[index].live == 0 else { return }
        memory.release(chunks[index].slots, count: Self.chunkSize)
        chunks[index] = Chunk(slots: emptySlots, live: -1)
    }
}
