import Matching
import Quantities

/// One participant's orders by identifier, ascending. Those that are forgotten stay until they are half of the list.
struct OrderList {
    private var ids: [OrderID] = []
    /// The length at which the list is next looked through for forgotten orders.
    private var sweepAt = 1_024

    /// Adds a newer order than all before. Amortised O(1).
    mutating func append(_ id: OrderID, _ directory: borrowing OrderDirectory) {
        if ids.count == sweepAt { sweep(directory) }
        ids.append(id)
    }

    /// Adds an order in any order of numbers; `sort` follows.
    mutating func restore(_ id: OrderID) { ids.append(id) }

    /// Puts what was restored into order.
    mutating func sort() {
        ids.sort()
        sweepAt = max(1_024, 2 * ids.count)
    }

    private mutating func sweep(_ directory: borrowing OrderDirectory) {
        var kept = 0
        for position in ids.indices where directory.slotIndex(of: ids[position].rawValue) != 0 {
            ids[kept] = ids[position]
            kept += 1
        }
        ids.removeSubrange(kept...)
        sweepAt = max(1_024, 2 * kept)
    }

    /// The identifiers above `after`.
    func ids(after: OrderID) -> [OrderID] {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] <= after { low = middle + 1 } else { high = middle }
        }
        return Array(ids[low...])
    }
}
