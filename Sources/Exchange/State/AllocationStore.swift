import Matching
import Quantities

/// What was bought together, as the exchange keeps it: the hours are found through the contracts' lots.
struct AllocationState: BitwiseCopyable {
    /// What drew it.
    enum Origin: BitwiseCopyable {
        case bid(BidID)
        case order(OrderID)
    }

    var holder = ParticipantID.none
    var origin = Origin.order(.none)
    /// The first contract that it has or had units in; −1 before there is one.
    var contract: Int32 = -1
    var createdAt = Timestamp()

    var bid: BidID? { if case .bid(let id) = origin { id } else { nil } }
    var order: OrderID? { if case .order(let id) = origin { id } else { nil } }
}

/// The versions and hashes of what was sealed in the vault for an allocation.
struct AllocationHandover: Equatable, Sendable {
    var requestVersion: Int64?
    var requestHash = Bytes()
    var accessVersion: Int64?
    var accessHash = Bytes()
}

/// All allocations, numbered 1, 2, 3 …: plain records, for every purchase that fills draws one, and aside what only some have.
struct AllocationStore: ~Copyable {
    private var records = Slab<AllocationState>(reserving: 1 << 22)
    /// Contracts beside the first, in the order of joining.
    private var others: [AllocationID: [Int32]] = [:]
    private var handovers: [AllocationID: AllocationHandover] = [:]

    var count: Int { records.count }

    /// Draws the next number. Amortised O(1).
    mutating func append(_ state: AllocationState) -> AllocationID {
        let index = records.append()
        records.cells[index] = state
        return AllocationID(Int64(index) + 1)
    }

    /// An allocation, or nil where the number names none.
    subscript(_ id: AllocationID) -> AllocationState? {
        id.rawValue >= 1 && id.rawValue <= Int64(count) ? records.cells[Int(id.rawValue) - 1] : nil
    }

    /// Notes that an allocation has units in a contract.
    mutating func join(_ id: AllocationID, to contract: Int32) {
        let index = Int(id.rawValue) - 1
        let first = records.cells[index].contract
        if first == contract { return }
        if first < 0 {
            records.cells[index].contract = contract
        } else if others[id]?.contains(contract) != true {
            others[id, default: []].append(contract)
        }
    }

    /// The contracts that it has or had units in, in the order of joining.
    func contracts(of id: AllocationID) -> [Int32] {
        guard let state = self[id], state.contract >= 0 else { return [] }
        return [state.contract] + (others[id] ?? [])
    }

    /// What was sealed for it.
    func handover(of id: AllocationID) -> AllocationHandover { handovers[id] ?? AllocationHandover() }

    /// Replaces what was sealed for it.
    mutating func setHandover(_ handover: AllocationHandover, of id: AllocationID) { handovers[id] = handover }
}
