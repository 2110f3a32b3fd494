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
        for facts in resourceFacts { facts.hours.encodeState(into: &encoder) }
        encoder.append(deposits.inOrder)
        encoder.append(withdrawals.inOrder)
        ledger.encodeState(into: &encoder)
        encoder.append(escrowInterest)
        for counter in [lastOrderID, lastTradeID, lastLotID] { encoder.append(counter) }
        for state in contracts.states { encode(state, into: &encoder) }
        orders.forEachClosed { encoder.append($0) }
        for offer in offers {
            encoder.append(offer.view)
            encoder.append(Int64(offer.live))
            encoder.append(offer.cancelled)
        }
        encoder.append(bids)
        for allocation in allocations { encode(allocation, scope, into: &encoder) }
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

    private func encode(_ state: ContractState, into encoder: inout BinaryEncoder) {
        encoder.append(state.key)
        encoder.append(state.escrow)
        encoder.append(state.halted)
        encoder.append(state.gateClosed)
        encoder.append(state.settled)
        encoder.append(state.last)
        encoder.append(state.volume)
        encode(state.turnover, into: &encoder)
        encoder.append(state.openInterest)
        encoder.append(state.lots)
        for entry in state.encumbrances {
            encoder.append(entry.holder)
            encoder.append(entry.allocation)
            encoder.append(entry.quantity)
        }
        encoder.append(state.deliveries)
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
        encoder.append(view(entry, status: .open))
        encoder.append(entry.price)
        encode(entry.filledNotional, into: &encoder)
        for rate in [entry.makerRate, entry.takerRate, entry.bondRate] { encoder.append(rate) }
        encoder.append(entry.isPending)
        encoder.append(books.order(slot).displayed)
    }

    private func encode(_ state: AllocationState, _ scope: StateScope, into encoder: inout BinaryEncoder) {
        encoder.append(state.id)
        encoder.append(state.holder)
        encoder.append(state.bid)
        encoder.append(state.order)
        encoder.append(state.createdAt)
        encoder.append(state.contracts)
        encoder.append(state.requestVersion)
        encoder.append(state.accessVersion)
        guard scope == .everything else { return }
        encoder.append(state.requestHash)
        encoder.append(state.accessHash)
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
