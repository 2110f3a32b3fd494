/// The waiting stops of one side of one book: a balanced (AVL) tree through the pool, ordered by stop price and then id, in which every
/// node knows the lowest id below it.
///
/// The stops that a last price triggers are one end of that order, and the one to enter is the lowest id among them; so each search looks at
/// one path only. Depth never exceeds 46 for 2³² stops, hence the recursion.
struct StopTree {
    private let cells: Cells<OrderRecord>

    /// Works on the stops of a pool.
    init(_ cells: Cells<OrderRecord>) {
        self.cells = cells
    }

    /// Adds the stop at `slot` to the tree under `root` (0: an empty tree). Returns the new root. Complexity O(log n).
    func inserting(_ slot: UInt32, under root: UInt32) -> UInt32 {
        if root == 0 {
            cells[slot].lower = 0
            cells[slot].higher = 0
            update(slot)
            return slot
        }
        if precedes(slot, root) {
            cells[root].lower = inserting(slot, under: cells[root].lower)
        } else {
            cells[root].higher = inserting(slot, under: cells[root].higher)
        }
        return balanced(root)
    }

    /// Takes the stop at `slot` out of the tree under `root`. Returns the new root, 0 when the tree is empty. Complexity O(log n).
    func removing(_ slot: UInt32, under root: UInt32) -> UInt32 {
        precondition(root != 0, "a waiting stop is not in its tree")
        if slot != root {
            if precedes(slot, root) {
                cells[root].lower = removing(slot, under: cells[root].lower)
            } else {
                cells[root].higher = removing(slot, under: cells[root].higher)
            }
            return balanced(root)
        }
        let (lower, higher) = (cells[root].lower, cells[root].higher)
        if lower == 0 { return higher }
        if higher == 0 { return lower }
        var heir = higher
        while cells[heir].lower != 0 { heir = cells[heir].lower }
        let rest = removing(heir, under: higher)
        cells[heir].lower = lower
        cells[heir].higher = rest
        return balanced(heir)
    }

    /// The lowest id among stops at or below `price` and its slot, nil when there is none. Complexity O(log n).
    func earliest(under root: UInt32, atOrBelow price: UInt64) -> (id: Int64, slot: UInt32)? {
        var best: (id: Int64, slot: UInt32)?
        var node = root
        while node != 0 {
            if cells[node].price <= price {
                consider(node, andAllUnder: cells[node].lower, &best)
                node = cells[node].higher
            } else {
                node = cells[node].lower
            }
        }
        return best
    }

    /// The lowest id among stops at or above `price` and its slot, nil when there is none. Complexity O(log n).
    func earliest(under root: UInt32, atOrAbove price: UInt64) -> (id: Int64, slot: UInt32)? {
        var best: (id: Int64, slot: UInt32)?
        var node = root
        while node != 0 {
            if cells[node].price >= price {
                consider(node, andAllUnder: cells[node].higher, &best)
                node = cells[node].lower
            } else {
                node = cells[node].higher
            }
        }
        return best
    }

    /// Calls `body` with every stop under `root`, in order of stop price and then id.
    func forEach(under root: UInt32, _ body: (OrderSlot) -> Void) {
        guard root != 0 else { return }
        forEach(under: cells[root].lower, body)
        body(OrderSlot(index: root))
        forEach(under: cells[root].higher, body)
    }

    /// Whether a node under `root` is out of order or balance, or knows a wrong earliest id.
    func brokenInvariant(under root: UInt32) -> Bool {
        guard root != 0 else { return false }
        let (lower, higher) = (cells[root].lower, cells[root].higher)
        if brokenInvariant(under: lower) || brokenInvariant(under: higher) { return true }
        if lower != 0, precedes(root, lower) { return true }
        if higher != 0, precedes(higher, root) { return true }
        if max(height(lower), height(higher)) > min(height(lower), height(higher)) + 1 { return true }
        let (known, knownID, knownHeight) = (cells[root].earliest, cells[root].earliestID, cells[root].height)
        update(root)
        return (known, knownID, knownHeight) != (cells[root].earliest, cells[root].earliestID, cells[root].height)
    }

    private func consider(_ node: UInt32, andAllUnder child: UInt32, _ best: inout (id: Int64, slot: UInt32)?) {
        if cells[node].id <= best?.id ?? .max { best = (cells[node].id, node) }
        if child != 0, cells[child].earliestID < best?.id ?? .max { best = (cells[child].earliestID, cells[child].earliest) }
    }

    private func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
        (cells[left].price, cells[left].id) < (cells[right].price, cells[right].id)
    }

    private func height(_ node: UInt32) -> UInt8 {
        node == 0 ? 0 : cells[node].height
    }

    /// Computes what `node` knows of its subtree from its children.
    private func update(_ node: UInt32) {
        let (lower, higher) = (cells[node].lower, cells[node].higher)
        cells[node].height = max(height(lower), height(higher)) + 1
        cells[node].earliest = node
        cells[node].earliestID = cells[node].id
        inherit(node, from: lower)
        inherit(node, from: higher)
    }

    private func inherit(_ node: UInt32, from child: UInt32) {
        guard child != 0, cells[child].earliestID < cells[node].earliestID else { return }
        cells[node].earliest = cells[child].earliest
        cells[node].earliestID = cells[child].earliestID
    }

    /// Restores the balance of `node`, whose children are balanced and differ by 2 in height at most. Returns what stands in its place.
    private func balanced(_ node: UInt32) -> UInt32 {
        let (lower, higher) = (cells[node].lower, cells[node].higher)
        if height(lower) > height(higher) + 1 {
            if height(cells[lower].lower) < height(cells[lower].higher) { cells[node].lower = liftHigher(of: lower) }
            return liftLower(of: node)
        }
        if height(higher) > height(lower) + 1 {
            if height(cells[higher].higher) < height(cells[higher].lower) { cells[node].higher = liftLower(of: higher) }
            return liftHigher(of: node)
        }
        update(node)
        return node
    }

    private func liftLower(of node: UInt32) -> UInt32 {
        let lifted = cells[node].lower
        cells[node].lower = cells[lifted].higher
        cells[lifted].higher = node
        update(node)
        update(lifted)
        return lifted
    }

    private func liftHigher(of node: UInt32) -> UInt32 {
        let lifted = cells[node].higher
        cells[node].higher = cells[lifted].lower
        cells[lifted].lower = node
        update(node)
        update(lifted)
        return lifted
    }
}

extension OrderRecord {
    /// A stop's child with lower keys; 0 is none.
    fileprivate var lower: UInt32 {
        get { next }
        set { next = newValue }
    }

    /// A stop's child with higher keys; 0 is none.
    fileprivate var higher: UInt32 {
        get { previous }
        set { previous = newValue }
    }
}
