import Matching
import Quantities

/// The answer to the command that was applied last, in a form that costs nothing unless somebody reads it: an order's answer becomes a
/// `Reply` only where a reply is wanted.
struct Answer {
    enum Kind {
        /// What `reply` holds.
        case reply
        /// An order that was placed or amended, with its fills.
        case order
        case cancelledOrder
    }

    var kind = Kind.reply
    var reply = Reply.done
    /// Of an order: positions in `Exchange.fills`. The order itself is the order at work, or the one that closed last.
    var fills = 0..<0

    mutating func set(_ reply: Reply) {
        kind = .reply
        self.reply = reply
    }

}

/// What a frame's results say of an order that was placed, amended or cancelled: how it stood after the command. The rest is in the
/// command and in the events.
package struct OrderResult: Record, Equatable {
    package var id = OrderID.none
    package var status = OrderStatus.open
    package var reason: OrderEndReason?
    package var filledQuantity: Quantity = 0
    /// Its own trades in this command, from `firstTrade` on.
    package var trades: UInt32 = 0
    package var firstTrade = TradeID.none

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("status", &status)
        coder.field("reason", &reason)
        coder.field("filled_quantity", &filledQuantity)
        coder.field("trades", &trades)
        coder.field("first_trade", &firstTrade)
    }
}

extension Exchange {
    /// Answers with the order at work, as it stands.
    func answerOrder(_ trades: Range<Int>) {
        answer.kind = .order
        answer.fills = trades
    }

    /// Answers with the order that was just cancelled.
    func answerCancelledOrder() {
        answer.kind = .cancelledOrder
        taker.record = orders.lastClosed
    }

    /// The answer to the command that was applied last, whole.
    package var reply: Reply {
        switch answer.kind {
        case .reply: answer.reply
        case .order: .order(OrderReceipt(order: view(taker.record), trades: Array(fills[answer.fills])))
        case .cancelledOrder: .cancelledOrder(view(taker.record))
        }
    }

    /// The order that the last command placed, amended or cancelled, in short; nil where it was refused or is about something else.
    package var orderResult: OrderResult? {
        guard answer.kind != .reply else { return nil }
        var result = OrderResult()
        result.id = taker.record.id
        result.status = taker.record.status
        result.reason = taker.record.reason
        result.filledQuantity = taker.record.filled
        guard answer.kind == .order, !answer.fills.isEmpty else { return result }
        result.trades = UInt32(answer.fills.count)
        result.firstTrade = fills[answer.fills.lowerBound].id
        return result
    }

    /// Writes the command's result into the output: orders in short, any other reply whole.
    @inline(__always)
    func writeResult() {
        guard answer.kind != .reply else {
            guard case .orders(let results) = answer.reply else { return output.results.append(answer.reply) }
            return writeResults(of: results)
        }
        let isOrder = answer.kind == .order
        let trades = isOrder ? answer.fills.count : 0
        output.results.append(atMost: 32) { writer in
            writer.put((isOrder ? ReplyTag.order : .cancelledOrder).ordinal)
            let order = taker.record
            writer.put(
                order.id, order.status, order.reason, order.filled, trades: trades,
                first: trades > 0 ? fills[answer.fills.lowerBound].id : .none)
        }
    }

    /// Writes a batch's: its tag, the count, and of each order an optional `OrderResult` and an optional refusal, one of which is there.
    private func writeResults(of batch: [OrderBatchResult]) {
        output.results.append(atMost: 5) { writer in
            writer.put(ReplyTag.orders.ordinal)
            writer.put(UInt32(batch.count))
        }
        for result in batch {
            output.results.append(atMost: 32) { writer in
                writer.put(result.order == nil ? 0 : 1 as UInt8)
                if let order = result.order {
                    writer.put(
                        order.id, order.status, order.reason, order.filledQuantity, trades: result.trades?.count ?? 0,
                        first: result.trades?.first?.id ?? .none)
                }
                writer.put(result.error == nil ? 0 : 1 as UInt8)
            }
            if let error = result.error { output.results.append(error) }
        }
    }
}

extension RawWriter {
    /// Writes an `OrderResult`: at most 27 bytes.
    @inline(__always)
    fileprivate mutating func put(
        _ id: OrderID, _ status: OrderStatus, _ reason: OrderEndReason?, _ filled: Quantity, trades: Int, first: TradeID
    ) {
        put(id.rawValue)
        put(status.ordinal)
        if let reason {
            put(1 as UInt8)
            put(reason.ordinal)
        } else {
            put(0 as UInt8)
        }
        put(filled)
        put(UInt32(truncatingIfNeeded: trades))
        put(first.rawValue)
    }
}
