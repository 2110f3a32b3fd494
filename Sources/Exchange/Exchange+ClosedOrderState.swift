import Matching
import Quantities
import Registry

/// Orders that closed in the last 24 hours.
extension Exchange {
    /// The closed orders of the last 24 hours, in the order of closing.
    func encodeClosedOrders(into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        encoder.append(UInt32(orders.closedCount))
        orders.forEachClosed { view in
            encoder.append(view)
            Self.spillIfLarge(&encoder, spill)
        }
    }

    func decodeClosedOrders(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        var previous = Timestamp()
        for _ in 0..<(try decoder.read(UInt32.self)) {
            let view = try decoder.read(OrderView.self)
            guard view.id.rawValue >= 1, view.id.rawValue <= lastOrderID, directory.slot(of: view.id.rawValue) == nil,
                orders.closedOrder(view.id) == nil, isKnown(view.participantID), catalogue.contains(view.contract.product),
                let closedAt = view.closedAt, closedAt >= previous, closedAt <= time,
                orders.restore(view.id, of: view.participantID, name: view.clientOrderID)
            else { throw decoder.damaged("a closed order that cannot be") }
            orders.close(view, at: closedAt)
            previous = closedAt
        }
        orders.finishRestoring()
    }
}
