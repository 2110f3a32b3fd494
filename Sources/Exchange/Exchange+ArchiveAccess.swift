import Quantities

/// What the shell needs to know to ask the record no more than it must.
extension Exchange {
    /// Whether deliveries with numbers in `(first, last]` have left memory. Goes from number to number until the first that has.
    package func hasArchived(after first: DeliveryID, through last: DeliveryID) -> Bool {
        var number = max(first.rawValue, 0)
        let end = min(last.rawValue, Int64(deliveries.count))
        while number < end {
            number += 1
            if !deliveries.contains(Int(number) - 1) { return true }
        }
        return false
    }

    /// The same of allocations.
    package func hasArchived(after first: AllocationID, through last: AllocationID) -> Bool {
        var number = max(first.rawValue, 0)
        let end = min(last.rawValue, Int64(allocations.count))
        while number < end {
            number += 1
            if allocations.isArchived(AllocationID(number)) { return true }
        }
        return false
    }

    /// The highest numbers that there are.
    package var lastDelivery: DeliveryID { DeliveryID(Int64(deliveries.count)) }
    package var lastAllocation: AllocationID { AllocationID(Int64(allocations.count)) }

    /// How many deliveries of a contract have left memory.
    package func archivedDeliveries(of contract: ContractKey) -> Int64 {
        contracts.index(of: contract).map { contracts.holdings[Int($0)].archivedDeliveries } ?? 0
    }

    /// Whether lines of a run are in memory.
    package func keepsLines(of run: SettlementRunID) -> Bool {
        let index = Int(clamping: run.rawValue) &- 1
        return runs.indices.contains(index) && runs[index].sections.contains { !$0.deliveries.isEmpty }
    }
}
