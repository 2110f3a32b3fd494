import Ledger
import Matching
import Quantities
import Settlement

/// The events that every order and trade brings, written field by field straight into the output: the same bytes as `emit(_:)` with
/// the event's value, which the tests hold them against, without making the value.
extension Exchange {
    /// Writes an event into the output, in order.
    func emit(_ event: Event) {
        output.events.append(RecordedEvent(sequence: sequence, time: now, event: event))
        output.eventCount += 1
        switch event {
        case .participant, .apiKey, .product, .signingKey:
            output.notices.append(RecordedEvent(sequence: sequence, time: now, event: event))
        default: break
        }
    }

    private func begin(_ tag: EventTag, _ writer: inout RawWriter) {
        writer.put(sequence)
        writer.put(now.microseconds)
        writer.put(tag.ordinal)
    }

    /// `.orderAccepted`
    func emitAccepted(_ order: OrderPlace) {
        let key = contracts[order.record.contract].key
        output.eventCount &+= 1
        output.events.append(atMost: 40) { writer in
            begin(.orderAccepted, &writer)
            writer.put(order.record.id.rawValue)
            writer.put(key)
            writer.put(order.record.status.ordinal)
        }
    }

    /// `.orderClosed`
    func emitClosed(_ order: OrderPlace) {
        guard order.record.details == 0 else { return emit(.orderClosed(view(order.record))) }
        let key = contracts[order.record.contract].key
        output.eventCount &+= 1
        output.events.append(atMost: 224) { writer in
            begin(.orderClosed, &writer)
            writer.put(order.record.id.rawValue)
            writer.put(0 as UInt8)  // client_order_id
            writer.put(order.record.participant.rawValue)
            writer.put(key)
            writer.put(order.record.side.rawValue)
            writer.put(order.record.type.ordinal)
            writer.put(order.record.timeInForce.ordinal)
            writer.putOptional(order.record.price.rawValue, isPresent: order.record.type == .limit || order.record.type == .stopLimit)
            writer.put(0 as UInt8)  // stop_price
            writer.put(order.record.quantity)
            writer.put(order.record.filled)
            writer.put(0 as UInt32)  // remaining_quantity
            writer.put(0 as UInt16)  // display_quantity, min_quantity
            writer.put(order.record.postOnly ? 1 as UInt8 : 0)
            writer.put(order.record.prevention.rawValue)
            writer.put(order.record.status.ordinal)
            if let reason = order.record.reason {
                writer.put(1 as UInt8)
                writer.put(reason.ordinal)
            } else {
                writer.put(0 as UInt8)
            }
            let average = order.record.filled > 0 ? order.record.filledNotional.rawValue / Int64(order.record.filled) : 0
            writer.putOptional(average, isPresent: order.record.filled > 0)
            writer.put(0 as UInt8)  // expires_at
            writer.putOptional(order.record.resource.rawValue, isPresent: !order.record.resource.isNone)
            writer.putOptional(order.record.allocation.rawValue, isPresent: !order.record.allocation.isNone)
            writer.putOptional(order.record.offer.rawValue, isPresent: !order.record.offer.isNone)
            writer.putOptional(order.record.bid.rawValue, isPresent: !order.record.bid.isNone)
            writer.put(order.record.createdAt.microseconds)
            writer.putOptional(order.record.closedAt.microseconds, isPresent: true)
        }
    }

    /// `.trade`
    func emitTrade(_ terms: TradeTerms, _ id: TradeID, buyerFee: Micros, sellerFee: Micros) {
        let key = contracts[terms.contract].key
        let resource: ResourceID? = if case .capacity(let resource) = terms.source { resource } else { nil }
        output.eventCount &+= 1
        output.events.append(atMost: 144) { writer in
            begin(.trade, &writer)
            writer.put(id.rawValue)
            writer.put(key)
            writer.put(terms.price.rawValue)
            writer.put(terms.quantity)
            writer.put(terms.takerSide.rawValue)
            writer.put(terms.buyOrder.rawValue)
            writer.put(terms.sellOrder.rawValue)
            writer.putOptional(terms.bid.rawValue, isPresent: !terms.bid.isNone)
            writer.put(terms.buyer.rawValue)
            writer.put(terms.seller.rawValue)
            writer.put(buyerFee.rawValue)
            writer.put(sellerFee.rawValue)
            writer.putOptional(resource?.rawValue ?? 0, isPresent: resource != nil)
            writer.put(resource == nil ? 1 as UInt8 : 0)  // resale
            writer.put(now.microseconds)
            writer.put(terms.buyerFeeVersion)
            writer.put(terms.sellerFeeVersion)
        }
    }

    /// `.delivery`
    func emitDelivery(_ delivery: Delivery) {
        output.eventCount &+= 1
        output.events.append(atMost: 96) { writer in
            begin(.delivery, &writer)
            writer.put(delivery.id.rawValue)
            writer.put(delivery.contract)
            writer.put(delivery.lot.allocation.rawValue)
            writer.put(delivery.lot.resource.rawValue)
            writer.put(delivery.lot.provider.rawValue)
            writer.put(delivery.lot.holder.rawValue)
            writer.put(delivery.lot.quantity)
            writer.put(delivery.status.ordinal)
            writer.putOptional(delivery.outcome?.ordinal ?? 0, isPresent: delivery.outcome != nil)
            writer.putOptional(delivery.fault?.ordinal ?? 0, isPresent: delivery.fault != nil)
            writer.putOptional(delivery.deliveredDeviceSeconds ?? 0, isPresent: delivery.deliveredDeviceSeconds != nil)
            writer.putOptional(delivery.handover?.ordinal ?? 0, isPresent: delivery.handover != nil)
        }
    }

    /// `.transfer`
    func emitTransfer(_ transfer: Transfer) {
        output.eventCount &+= 1
        output.events.append(atMost: 112) { writer in
            begin(.transfer, &writer)
            writer.put(transfer.id.rawValue)
            writer.put(transfer.entrySet.rawValue)
            writer.put(transfer.debit.rawValue)
            writer.put(transfer.credit.rawValue)
            writer.put(transfer.asset.code)
            writer.put(transfer.amount.rawValue)
            writer.put(transfer.kind.ordinal)
            writer.put(transfer.cause.kind.ordinal)
            writer.put(transfer.cause.id)
        }
    }
}

extension RawWriter {
    /// A contract: its product, its hour.
    @inline(__always)
    mutating func put(_ key: ContractKey) {
        put(key.product.index)
        put(key.hour.hoursSince1970)
    }
}
