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

    /// Writes the command's result into the output: an order's in short, any other reply whole.
    @inline(__always)
    func writeResult() {
        guard answer.kind != .reply else { return output.results.append(answer.reply) }
        let isOrder = answer.kind == .order
        let trades = isOrder ? answer.fills.count : 0
        output.results.append(atMost: 32) { writer in
            writer.put((isOrder ? ReplyTag.order : .cancelledOrder).ordinal)
            writer.put(taker.record.id.rawValue)
            writer.put(taker.record.status.ordinal)
            if let reason = taker.record.reason {
                writer.put(1 as UInt8)
                writer.put(reason.ordinal)
            } else {
                writer.put(0 as UInt8)
            }
            writer.put(taker.record.filled)
            writer.put(UInt32(truncatingIfNeeded: trades))
            writer.put(trades > 0 ? fills[answer.fills.lowerBound].id.rawValue : 0)
        }
    }
}
