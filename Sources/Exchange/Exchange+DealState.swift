import Quantities
import Registry

/// Offers, bids and what they bought.
extension OfferState: Record {
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("offer", &view)
        var count = Int64(live)
        coder.field("live", &count)
        live = Int(clamping: count)
        coder.field("cancelled", &cancelled)
    }
}

extension AllocationState: Record {
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("holder", &holder)
        coder.field("bid", &bid)
        coder.field("order", &order)
        coder.field("created_at", &createdAt)
        coder.field("contracts", &contracts)
        coder.field("request_version", &requestVersion)
        coder.field("access_version", &accessVersion)
        coder.field("request_hash", &requestHash)
        coder.field("access_hash", &accessHash)
    }

    fileprivate var withoutHashes: AllocationState {
        var state = self
        state.requestHash = Bytes()
        state.accessHash = Bytes()
        return state
    }
}

extension Exchange {
    func encodeDeals(_ scope: StateScope, into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        Self.encode(offers, into: &encoder, spill)
        Self.encode(bids, into: &encoder, spill)
        Self.encode(scope == .everything ? allocations : allocations.map(\.withoutHashes), into: &encoder, spill)
    }

    func decodeDeals(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        offers = try Self.decode(OfferState.self, from: &decoder, "an offer") { offer, position in
            offer.view.id.rawValue == Int64(position) + 1 && isKnown(offer.view.providerID) && isKnown(offer.view.resourceID)
                && offer.live >= 0 && offer.live <= offer.view.hours.count
                && offer.view.hours.allSatisfy {
                    catalogue.contains($0.contract.product) && UInt64($0.sold) + UInt64($0.remaining) <= UInt64(UInt32.max)
                }
        }
        bids = try Self.decode(BidView.self, from: &decoder, "a bid") { bid, position in
            bid.id.rawValue == Int64(position) + 1 && isKnown(bid.participantID)
                && bid.legs.allSatisfy { catalogue.contains($0.contract.product) }
                && (bid.product.map { catalogue.contains($0) } ?? true)
        }
        allocations = try Self.decode(AllocationState.self, from: &decoder, "an allocation") { allocation, position in
            allocation.id.rawValue == Int64(position) + 1 && isKnown(allocation.holder)
                && allocation.contracts.allSatisfy { isKnown(contract: $0) }
        }
    }
}
