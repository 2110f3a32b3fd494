/// The list of what a sweep did, in order. Made once and used again for every command, so that it stops allocating.
package struct MatchActions: ~Copyable {
    private var cells: Cells<MatchAction>
    private var memory = MemoryPool()
    private var capacity: Int
    /// How many actions there are.
    package private(set) var count = 0

    /// An empty list with room for 256 actions.
    package init() {
        capacity = 256
        cells = memory.allocate(MatchAction.self, count: capacity)
    }

    deinit {
        MemoryPool.discard(cells, count: capacity)
    }

    /// Whether there are none.
    package var isEmpty: Bool { count == 0 }

    /// The action at `index`, in the order in which they happened.
    ///
    /// - Precondition: `index` is in `0..<count`.
    package subscript(index: Int) -> MatchAction {
        precondition(index >= 0 && index < count, "no such action")
        return cells[index]
    }

    /// Forgets the actions. With `keepingCapacity` false their memory goes back, too.
    package mutating func removeAll(keepingCapacity: Bool = true) {
        count = 0
        guard !keepingCapacity, capacity > 256 else { return }
        memory.release(cells, count: capacity)
        capacity = 256
        cells = memory.allocate(MatchAction.self, count: capacity)
    }

    /// Adds an action at the end. Complexity: amortised O(1).
    @inline(__always)
    mutating func append(_ action: MatchAction) {
        if count == capacity { grow() }
        cells[count] = action
        count += 1
    }

    @inline(never)
    private mutating func grow() {
        let grown = memory.allocate(MatchAction.self, count: 2 * capacity)
        grown.copy(from: cells, at: 0, to: 0, count: count)
        memory.release(cells, count: capacity)
        cells = grown
        capacity *= 2
    }
}
