import Matching
import Quantities

/// A closed order, as the state's canonical form has it.
private struct ClosedOrderState: Record {
    var order = OpenOrderState()

    init() {}
    init(_ order: OpenOrderState) { self.order = order }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        order.fields(&coder)
        coder.integer(&order.entry.contract)
        coder.field("status", &order.entry.status)
        coder.field("reason", &order.entry.reason)
        coder.field("closed_at", &order.entry.closedAt)
    }
}

extension RestingName: Record {
    init() { self.init(time: Timestamp(), name: ClientName(participant: .none, name: ""), order: .none) }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("closed_at", &time)
        coder.field("participant", &name.participant)
        coder.field("name", &name.name)
        coder.field("order", &order)
    }
}

extension Exchange {
    /// The names of closed orders that are forgotten themselves, then the closed orders that are not, in the order of closing.
    func encodeClosedOrders(into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        Self.encode(Array(orders.resting.prefix(orders.namesOfForgotten)), into: &encoder, spill)
        encoder.append(UInt32(orders.closedCount))
        orders.forEachClosed { entry in
            encoder.append(ClosedOrderState(OpenOrderState(entry, orders.details(entry.details))))
            Self.spillIfLarge(&encoder, spill)
        }
    }

    func decodeClosedOrders(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        let names = try Self.decode(RestingName.self, from: &decoder, "a name") { entry, _ in
            isKnown(entry.name.participant) && entry.order.rawValue >= 1 && entry.order.rawValue <= lastOrderID
        }
        for name in names where !orders.restore(name) { throw decoder.damaged("an order's name twice") }
        let count = try decoder.read(UInt32.self)
        guard Int64(count) <= OrderStore.closedLimit else { throw decoder.damaged("more closed orders than are kept") }
        var previous = Timestamp()
        for _ in 0..<count {
            let state = try decoder.read(ClosedOrderState.self).order
            let entry = state.entry
            guard entry.id.rawValue >= 1, entry.id.rawValue <= lastOrderID, !orders.isHere(entry.id), isKnown(entry.participant),
                isKnown(contract: entry.contract), !entry.status.isLive, entry.closedAt >= previous, entry.closedAt <= time,
                entry.filledNotional >= .zero, entry.filled <= entry.quantity, entry.quantity <= Quantity.limit,
                orders.restore(entry.id, of: entry.participant, name: state.details.clientOrderID)
            else { throw decoder.damaged("a closed order that cannot be") }
            taker.record = entry
            taker.record.details = orders.keep(state.details)
            orders.close(taker)
            previous = entry.closedAt
        }
        orders.finishRestoring()
    }
}
