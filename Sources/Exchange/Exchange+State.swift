import DequeModule
import Ledger
import Matching
import Quantities
import Registry
import Settlement

extension Exchange {
    /// Writes the whole state in its canonical order: the same history gives the same bytes on every machine, and the
    /// SHA-256 of them is the state's hash.
    ///
    /// Places that only speed things up (pool slots, indices, the queue of due times) are left out: they follow from the
    /// rest.
    package func encodeState(into encoder: inout BinaryEncoder) { encodeState(into: &encoder, .everything) }

    /// What of the state is written.
    package enum StateScope {
        case everything
        /// All but what the shell draws at random: hashes of keys and of sealed details, and the answers kept for idempotent
        /// repeats. The same script of requests gives the same bytes on every server.
        case market
    }

    package func encodeState(into encoder: inout BinaryEncoder, _ scope: StateScope) {
        encoder.append(sequence)
        encoder.append(time)
        encoder.append(genesisTime)
        encoder.append(clockMode)
        encoder.append(marketHalted)
        participants.encodeState(into: &encoder)
        for key in apiKeys { encoder.append(scope == .everything ? key : key.withoutHash) }
        catalogue.encodeState(into: &encoder)
        resources.encodeState(into: &encoder)
        for index in 0..<resourceFacts.count { capacity.encodeState(of: ResourceID(Int64(index) + 1), into: &encoder) }
        encoder.append(deposits.inOrder)
        encoder.append(withdrawals.inOrder)
        ledger.encodeState(into: &encoder)
        encoder.append(escrowInterest)
        for counter in [lastOrderID, lastTradeID, lastLotID] { encoder.append(counter) }
        for index in 0..<contracts.count { encode(contract: Int32(index), into: &encoder) }
        orders.forEachClosed { encoder.append(view($0)) }
        for entry in orders.resting {
            encoder.append(entry.time)
            encoder.append(entry.name.participant)
            encoder.append(entry.name.name)
        }
        for offer in offers {
            encoder.append(offer.view)
            encoder.append(Int64(offer.live))
            encoder.append(offer.cancelled)
        }
        encoder.append(bids)
        var number: Int64 = 1
        while number <= Int64(allocations.count) {
            encode(AllocationID(number), scope, into: &encoder)
            number += 1
        }
        for delivery in deliveries { encode(delivery, into: &encoder) }
        for meter in meters {
            encoder.append(meter.chain)
            meter.hours.encodeState(into: &encoder)
        }
        for run in runs {
            encoder.append(run.view)
            encoder.append(run.deliveries)
        }
        encoder.append(unreported.deliveries)
        guard scope == .everything else { return }
        for log in idempotency {
            encoder.append(UInt32(log.entries.count))
            for entry in log.entries {
                encoder.append(entry.time)
                encoder.append(entry.key)
                encoder.append(entry.reply)
            }
        }
    }

    private func encode(contract: Int32, into encoder: inout BinaryEncoder) {
        let state = contracts[contract]
        let holdings = contracts.holdings[Int(contract)]
        encoder.append(state.key)
        encoder.append(state.escrow)
        encoder.append(state.halted)
        encoder.append(state.gateClosed)
        encoder.append(state.settled)
        encoder.append(state.last)
        encoder.append(state.volume)
        encode(state.turnover, into: &encoder)
        encoder.append(state.openInterest)
        encoder.append(holdings.lots)
        for entry in holdings.encumbrances {
            encoder.append(entry.holder)
            encoder.append(entry.allocation)
            encoder.append(entry.quantity)
        }
        encoder.append(holdings.deliveries)
        guard let book = state.book else { return }
        // Price-time priority, bids first, then the waiting stops.
        for side in [Side.buy, .sell] {
            books.forEachOrder(book, side) { slot in
                encode(slot, into: &encoder)
                return true
            }
        }
        books.forEachStop(book) { slot in encode(slot, into: &encoder) }
    }

    private func encode(_ slot: OrderSlot, into encoder: inout BinaryEncoder) {
        let entry = orders[slot]
        encoder.append(view(entry))
        encoder.append(entry.price)
        encoder.append(entry.filledNotional)
        for rate in [entry.makerRate, entry.takerRate, entry.bondRate] { encoder.append(rate) }
        encoder.append(entry.isPending)
        encoder.append(books.order(slot).displayed)
    }

    private func encode(_ id: AllocationID, _ scope: StateScope, into encoder: inout BinaryEncoder) {
        guard let state = allocations[id] else { return }
        let handover = allocations.handover(of: id)
        encoder.append(id)
        encoder.append(state.holder)
        encoder.append(state.bid)
        encoder.append(state.order)
        encoder.append(state.createdAt)
        encoder.append(allocations.contracts(of: id))
        encoder.append(handover.requestVersion)
        encoder.append(handover.accessVersion)
        guard scope == .everything else { return }
        encoder.append(handover.requestHash)
        encoder.append(handover.accessHash)
    }

    private func encode(_ state: DeliveryState, into encoder: inout BinaryEncoder) {
        encoder.append(state.delivery)
        encoder.append(state.contract)
        for amount in [state.paid, state.refunded, state.compensation, state.fees] { encoder.append(amount) }
    }

    private func encode(_ value: Int128, into encoder: inout BinaryEncoder) {
        var value = value
        encoder.integer(&value)
    }
}

extension APIKeyRecord {
    fileprivate var withoutHash: APIKeyRecord {
        var record = self
        record.hash = Bytes()
        return record
    }
}
