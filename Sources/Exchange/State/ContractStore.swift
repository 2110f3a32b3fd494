import Matching
import Pricing
import Quantities
import Settlement

/// A contract that somebody trades or traded. Contracts nobody touched exist by rule alone.
struct ContractState: BitwiseCopyable {
    var key = ContractKey()
    /// When the gate closes.
    var gateTime = Timestamp()
    /// While orders may rest.
    var book: BookIndex?
    /// Asks of offers that serve only bids of a least size, from the first such ask to the gate: never matched with orders.
    var blocks: BookIndex?
    /// The escrow account, opened at the first trade.
    var escrow = AccountID.none
    var halted = false
    /// When a volatility interruption ends; 0 where there is none.
    var interruptedUntil = Timestamp()
    /// Whether its own halt or an interruption stops it.
    var isStopped: Bool { halted || interruptedUntil.microseconds != 0 }
    var gateClosed = false
    var settled = false
    /// Whether its deliveries and the log of its indices have left memory.
    var archived = false
    /// Whether its asks changed since somebody searched: then it is marked in `AskIndex`.
    var asksChanged = false
    var last: Price?
    var volume: Int64 = 0
    /// Σ price × quantity of all trades.
    var turnover: Int128 = 0
    /// Units sold and not returned.
    var openInterest: Int64 = 0
}

/// What is held in a contract, and what becomes of it.
struct ContractHoldings: Sendable {
    /// What is held, oldest first; each becomes a delivery when the gate closes.
    var lots: [Lot] = []
    /// Lots whose gate has closed and that are no deliveries yet; `lots` is empty then.
    var closing: ArraySlice<Lot> = []
    /// Held units that stand in open resale orders.
    var encumbrances: [Encumbrance] = []
    var deliveries: [DeliveryID] = []
    var unsettledDeliveries = 0
    /// Its delivered sales of capacity, delivery by delivery as they settled: what the indices are made of.
    var indexLog: [IndexInput] = []
    /// What became known of them, in the order of time.
    var indexRevisions: [IndexRevision] = []
    /// By allocation whose bid stated a usable share: its deliveries, which count together. It follows from the deliveries; when they are to be
    /// archived, each goes with the look at it that is counted below.
    var shared: [AllocationID: [DeliveryID]] = [:]
    /// The allocations that have or had units in it, in the order of joining, as far as they were not looked at after it was archived.
    var allocations: [AllocationID] = []
    /// How many of them, before the first delivery leaves memory, were asked whether they had less than usable; 0 once all have left.
    var checkedAllocations = 0
    /// Where runs list its deliveries, in the order of the runs. It follows from the runs.
    var listed: [SectionPlace] = []
    /// How many of its deliveries have left memory.
    var archivedDeliveries: Int64 = 0
    /// How many of the entries at the end of `indexLog` have gone to the record. The log leaves memory with the first, as a whole: so nobody who
    /// reads it makes a copy of it.
    var archivedInputs: Int64 = 0
    /// How many entries of the log are in the record alone.
    var inputsThatLeft: Int { indexLog.isEmpty ? Int(clamping: archivedInputs) : 0 }
}

/// Units of a holder that are on offer for resale.
struct Encumbrance: Equatable, Sendable {
    var holder: ParticipantID
    /// The named allocation, or none.
    var allocation: AllocationID
    var quantity: Int64
}

/// The contracts in memory, found by product and hour: what every order asks of them as plain memory, what is held in them aside.
struct ContractStore: ~Copyable {
    private var states = Slab<ContractState>(reserving: 1 << 20)
    var holdings: [ContractHoldings] = []
    private var indices = ContractIndex()

    var count: Int { states.count }

    subscript(_ index: Int32) -> ContractState {
        _read { yield states[Int(index)] }
        _modify { yield &states[Int(index)] }
    }

    /// Where a contract's state lies, for a prefetch.
    func address(_ index: Int32) -> UnsafeRawPointer? { unsafe states.cells.address(Int(index)) }

    func index(of key: ContractKey) -> Int32? { indices[key] }

    mutating func append(_ state: ContractState, _ held: ContractHoldings = ContractHoldings()) -> Int32 {
        let index = Int32(states.count)
        states.append(state)
        holdings.append(held)
        indices.insert(state.key, index)
        return index
    }
}

extension ContractHoldings {
    /// Lots that are no deliveries yet.
    var waiting: [Lot] { closing.isEmpty ? lots : Array(closing) }

    /// Units of `holder` on offer, all or of one allocation.
    func encumbered(_ holder: ParticipantID, allocation: AllocationID? = nil) -> Int64 {
        var sum: Int64 = 0
        for entry in encumbrances where entry.holder == holder {
            if let allocation, entry.allocation != allocation { continue }
            sum += Int64(entry.quantity)
        }
        return sum
    }

    mutating func encumber(_ holder: ParticipantID, _ allocation: AllocationID, _ quantity: Quantity) {
        if let index = encumbrances.firstIndex(where: { $0.holder == holder && $0.allocation == allocation }) {
            encumbrances[index].quantity += Int64(quantity)
        } else {
            // In the order of holder and allocation, so that what is taken off offer and put back stands where it stood.
            let position = encumbrances.firstIndex {
                $0.holder == holder ? $0.allocation > allocation : $0.holder > holder
            }
            let entry = Encumbrance(holder: holder, allocation: allocation, quantity: Int64(quantity))
            encumbrances.insert(entry, at: position ?? encumbrances.count)
        }
    }

    mutating func unencumber(_ holder: ParticipantID, _ allocation: AllocationID, _ quantity: Quantity) {
        guard let index = encumbrances.firstIndex(where: { $0.holder == holder && $0.allocation == allocation }) else {
            preconditionFailure("units taken off offer that were not on offer")
        }
        precondition(encumbrances[index].quantity >= Int64(quantity), "more units taken off offer than were on offer")
        encumbrances[index].quantity -= Int64(quantity)
        if encumbrances[index].quantity == 0 { encumbrances.remove(at: index) }
    }

    /// Units that `holder` holds, all or of one allocation.
    func held(_ holder: ParticipantID, allocation: AllocationID? = nil) -> Int64 {
        var sum: Int64 = 0
        for lot in lots where lot.holder == holder {
            if let allocation, lot.allocation != allocation { continue }
            sum += Int64(lot.quantity)
        }
        return sum
    }
}
