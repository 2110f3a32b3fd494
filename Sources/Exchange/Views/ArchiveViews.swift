import Pricing
import Quantities
import Settlement

/// A delivery of which nothing can change any more, whole, as it leaves the exchange's memory. What is shown of it is computed by the exchange
/// (`view(_:)`), as of any other.
package struct ArchivedDelivery: Record {
    /// The settlement run that lists it, and where: 0 is the run's first line.
    package var run = SettlementRunID.none
    package var position: Int64 = 0
    var state = DeliveryState()

    package init() {}
    init(run: SettlementRunID, position: Int64, state: DeliveryState) {
        self.run = run
        self.position = position
        self.state = state
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("run", &run)
        coder.field("position", &position)
        coder.field("state", &state)
    }

    package var id: DeliveryID { state.delivery.id }
    package var contract: ContractKey { state.delivery.contract }
    package var allocation: AllocationID { state.delivery.lot.allocation }
    package var holder: ParticipantID { state.delivery.lot.holder }
    package var provider: ParticipantID { state.delivery.lot.provider }
    package var settledAt: Timestamp { state.delivery.settledAt ?? Timestamp() }

    /// Everybody who bought or sold it, each once, ascending.
    package var parties: [ParticipantID] {
        var found: [ParticipantID] = []
        for link in state.delivery.lot.links {
            if !found.contains(link.buyer) { found.append(link.buyer) }
            if !found.contains(link.seller) { found.append(link.seller) }
        }
        return found.sorted()
    }
}

/// An allocation all of whose hours are archived, as it leaves the exchange's memory.
package struct ArchivedAllocation: Record {
    var record = AllocationRecord()

    package init() {}
    init(_ record: AllocationRecord) { self.record = record }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("allocation", &record) }

    package var id: AllocationID { record.id }
    package var holder: ParticipantID { record.holder }
}

/// What is in memory of an allocation.
package enum AllocationFinding: Sendable {
    /// There is none.
    case none
    case whole(AllocationView)
    /// Deliveries of its hours have left memory. With what may still leave it.
    case parted(ArchivedAllocation, [ArchivedDelivery])
    case archived
}

/// Some of the sales that a contract's indices are made of, as they leave the exchange's memory.
package struct ArchivedInputs: Record {
    package var contract = ContractKey()
    /// How many of the contract's log stand before them.
    package var start: Int64 = 0
    package var inputs: [IndexInput] = []

    package init() {}
    package init(contract: ContractKey, start: Int64, inputs: [IndexInput]) {
        self.contract = contract
        self.start = start
        self.inputs = inputs
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("start", &start)
        coder.field("inputs", &inputs)
    }
}
