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

extension AllocationState: Departing {
    static var departed: AllocationState { AllocationState() }
    var hasDeparted: Bool { holder.isNone }
}

/// The versions and hashes of what was sealed in the vault for an allocation.
struct AllocationHandover: Equatable, Sendable {
    var requestVersion: Int64?
    var requestHash = Bytes()
    var accessVersion: Int64?
    var accessHash = Bytes()
    var accessSetAt: Timestamp?
    /// When the holder first said what the provider needs, and when there first were access details.
    var requestFirstSetAt: Timestamp?
    var accessFirstSetAt: Timestamp?
    /// The allocation that the access details were set for, where they came with a resale.
    var accessOrigin: AllocationID?
}

/// The allocations of hours that are not archived, numbered 1, 2, 3 …: plain records, for every purchase that fills draws one, and aside what
/// only some have.
struct AllocationStore: ~Copyable {
    private var records = NumberedList<AllocationState>()
    /// Contracts beside the first, in the order of joining.
    private var others: [AllocationID: [Int32]] = [:]
    private var handovers: [AllocationID: AllocationHandover] = [:]
    /// The usable shares that bids stated.
    private var shares: [AllocationID: Measure] = [:]
    /// When hours were given up.
    private var ends: [AllocationID: [AllocationEndView]] = [:]
    /// By allocation: those that its access details went on to.
    private var heirs: [AllocationID: [AllocationID]] = [:]
    /// Archived contracts in which less was usable than the bid stated.
    private var failures: [AllocationID: [Int32]] = [:]

    /// How many there are and were.
    var count: Int { records.count }
    /// How many are in memory.
    var kept: Int { records.kept }

    /// Draws the next number. Amortised O(1).
    mutating func append(_ state: AllocationState) -> AllocationID {
        records.append(state)
        return AllocationID(Int64(records.count))
    }

    /// Makes room for so many numbers, of which these are in memory, ascending; false where that cannot be.
    mutating func restore(count: Int, _ states: [(position: Int, element: AllocationState)]) -> Bool {
        guard let read = NumberedList(count: count, states) else { return false }
        records = read
        return true
    }

    /// An allocation, or nil where the number names none, or one that is archived.
    subscript(_ id: AllocationID) -> AllocationState? {
        let position = Int(clamping: id.rawValue) &- 1
        return records.contains(position) ? records[position] : nil
    }

    /// Whether a number names one that is in memory no more.
    func isArchived(_ id: AllocationID) -> Bool {
        id.rawValue >= 1 && id.rawValue <= Int64(count) && !records.contains(Int(id.rawValue) - 1)
    }

    /// The first in memory after a number.
    func next(after id: AllocationID) -> AllocationID? {
        var looks = 0
        return next(after: id, looks: &looks)
    }

    /// The same, counting the places that it looks at.
    func next(after id: AllocationID, looks: inout Int) -> AllocationID? {
        records.next(from: Int(clamping: max(id.rawValue, 0)), looks: &looks).map { AllocationID(Int64($0) + 1) }
    }

    /// Notes that an allocation has units in a contract; false where that was known.
    mutating func join(_ id: AllocationID, to contract: Int32) -> Bool {
        let index = Int(clamping: id.rawValue) &- 1
        guard records.contains(index) else { return false }
        let first = records[index].contract
        if first == contract { return false }
        if first < 0 {
            records[index].contract = contract
        } else {
            if others[id]?.contains(contract) == true { return false }
            others[id, default: []].append(contract)
        }
        return true
    }

    /// Lets an allocation leave memory.
    ///
    /// - Precondition: it is there.
    mutating func remove(_ id: AllocationID) {
        records.remove(at: Int(id.rawValue) - 1)
        others[id] = nil
        shares[id] = nil
        ends[id] = nil
        failures[id] = nil
        guard let handover = handovers.removeValue(forKey: id), let origin = handover.accessOrigin else { return }
        heirs[origin]?.removeAll { $0 == id }
        if heirs[origin]?.isEmpty == true { heirs[origin] = nil }
    }

    /// The contracts that left memory and in which it was less than usable.
    func failures(of id: AllocationID) -> [Int32] { failures[id] ?? [] }
    mutating func noteFailure(in contract: Int32, of id: AllocationID) { failures[id, default: []].append(contract) }

    /// The contracts that it has or had units in, in the order of joining.
    func contracts(of id: AllocationID) -> [Int32] {
        guard let state = self[id], state.contract >= 0 else { return [] }
        return [state.contract] + (others[id] ?? [])
    }

    /// Whether all of them are so, asked from the last one on.
    func contracts(of id: AllocationID, allSatisfy isSo: (Int32) -> Bool) -> Bool {
        guard let state = self[id] else { return true }
        return (others[id]?.reversed().allSatisfy(isSo) ?? true) && (state.contract < 0 || isSo(state.contract))
    }

    /// Whether nothing was sealed for any allocation.
    var hasNoHandovers: Bool { handovers.isEmpty }

    /// What was sealed for it.
    func handover(of id: AllocationID) -> AllocationHandover { handovers[id] ?? AllocationHandover() }

    /// Replaces what was sealed for it.
    mutating func setHandover(_ handover: AllocationHandover, of id: AllocationID) {
        handovers[id] = handover
        if let origin = handover.accessOrigin, heirs[origin]?.contains(id) != true { heirs[origin, default: []].append(id) }
    }

    /// Lets access details pass with a resale, where there are any and the new holder has none of its own.
    @inline(__always)
    mutating func passAccess(from old: AllocationID, to new: AllocationID) {
        if !handovers.isEmpty { copyAccess(from: old, to: new) }
    }

    private mutating func copyAccess(from old: AllocationID, to new: AllocationID) {
        guard old != new, let source = handovers[old], let version = source.accessVersion else { return }
        var target = handover(of: new)
        guard target.accessVersion == nil else { return }
        target.accessVersion = version
        target.accessHash = source.accessHash
        target.accessSetAt = source.accessSetAt
        target.accessFirstSetAt = source.accessFirstSetAt
        target.accessOrigin = source.accessOrigin ?? old
        setHandover(target, of: new)
    }

    /// The allocations in memory that still name an allocation's access details as theirs.
    func heirs(of id: AllocationID) -> [AllocationID] {
        (heirs[id] ?? []).filter { handovers[$0]?.accessOrigin == id }
    }

    /// The share of an hour's devices below which the hour counts as undelivered.
    @inline(__always)
    func usableShare(of id: AllocationID) -> Measure? { shares.isEmpty ? nil : shares[id] }
    mutating func setUsableShare(_ share: Measure?, of id: AllocationID) { if let share { shares[id] = share } }

    /// When hours of it were given up, in order.
    func ends(of id: AllocationID) -> [AllocationEndView] { ends[id] ?? [] }
    mutating func note(_ end: AllocationEndView, of id: AllocationID) { ends[id, default: []].append(end) }
}
