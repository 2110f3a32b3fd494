import Exchange
import Quantities

/// What the events say has left an exchange's memory: the record that the read models keep, in a test's hand.
package struct ArchivedRecord: Sendable {
    package private(set) var deliveries: [DeliveryID: ArchivedDelivery] = [:]
    package private(set) var allocations: [AllocationID: ArchivedAllocation] = [:]
    package private(set) var inputs: [ContractKey: [ArchivedInputs]] = [:]
    /// How many events there were of each kind: a number that leaves twice shows here.
    package private(set) var counts = (deliveries: 0, allocations: 0, inputs: 0)

    package init() {}

    /// What the events of some journal entries say.
    package init(_ events: some Sequence<[UInt8]>) {
        for bytes in events {
            var decoder = BinaryDecoder(bytes)
            while decoder.offset < bytes.count {
                guard let recorded = try? decoder.read(RecordedEvent.self) else { preconditionFailure("events that cannot be read") }
                note(recorded.event)
            }
        }
    }

    package mutating func note(_ event: Event) {
        switch event {
        case .deliveryArchived(let delivery):
            deliveries[delivery.id] = delivery
            counts.deliveries += 1
        case .allocationArchived(let allocation):
            allocations[allocation.id] = allocation
            counts.allocations += 1
        case .inputsArchived(let found):
            inputs[found.contract, default: []].append(found)
            counts.inputs += 1
        default: break
        }
    }

    // MARK: Answers out of the exchange and the record together, as the server gives them

    /// A delivery.
    package func delivery(_ id: DeliveryID, _ exchange: Exchange) -> DeliveryView? {
        exchange.delivery(id) ?? (exchange.isArchived(id) ? deliveries[id].flatMap { exchange.view($0) } : nil)
    }

    /// An allocation.
    package func allocation(_ id: AllocationID, _ exchange: Exchange) -> AllocationView? {
        let own = deliveries.values.filter { $0.allocation == id }
        switch exchange.found(id) {
        case .none: return nil
        case .whole(let view): return view
        case .parted(let allocation, let kept):
            let known = Set(own.map(\.id))
            return exchange.view(allocation, own + kept.filter { !known.contains($0.id) })
        case .archived: return allocations[id].flatMap { exchange.view($0, own) }
        }
    }

    /// What an index is made of.
    package func source(_ scope: IndexScope, _ window: Range<Hour>, knownAt moment: Timestamp, _ exchange: Exchange) -> IndexSource {
        var source = exchange.indexSource(scope, window, knownAt: moment)
        for place in source.noted.indices { source.noted[place].add(inputs) }
        return source
    }
}
