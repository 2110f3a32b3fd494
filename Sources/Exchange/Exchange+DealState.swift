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

/// An allocation with everything that is kept aside for it.
struct AllocationRecord: Record {
    var id = AllocationID.none
    var holder = ParticipantID.none
    var bid: BidID?
    var order: OrderID?
    var createdAt = Timestamp()
    var contracts: [Int32] = []
    var handover = AllocationHandover()
    var usableShare: Measure?
    var ends: [AllocationEndView] = []
    /// Contracts that have left memory and in which it was less than usable.
    var failures: [Int32] = []

    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("holder", &holder)
        coder.field("bid", &bid)
        coder.field("order", &order)
        coder.field("created_at", &createdAt)
        coder.field("contracts", &contracts)
        coder.field("request_version", &handover.requestVersion)
        coder.field("access_version", &handover.accessVersion)
        coder.field("request_hash", &handover.requestHash)
        coder.field("access_hash", &handover.accessHash)
        coder.field("access_set_at", &handover.accessSetAt)
        coder.field("request_first_set_at", &handover.requestFirstSetAt)
        coder.field("access_first_set_at", &handover.accessFirstSetAt)
        coder.field("access_origin", &handover.accessOrigin)
        coder.field("usable_share", &usableShare)
        coder.field("ends", &ends)
        coder.field("failures", &failures)
    }
}

extension Exchange {
    func encodeDeals(_ scope: StateScope, into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        Self.encode(offers, into: &encoder, spill)
        Self.encode(bids, into: &encoder, spill)
        encoder.append(Int64(allocations.count))
        encoder.append(UInt32(allocations.kept))
        var last = AllocationID.none
        while let id = allocations.next(after: last) {
            encoder.append(record(id, scope))
            Self.spillIfLarge(&encoder, spill)
            last = id
        }
    }

    /// Whether it was looked for allocations that had less than usable.
    private func mayHaveFailed(in holdings: ContractHoldings) -> Bool { holdings.archivedDeliveries > 0 || holdings.checkedAllocations > 0 }

    /// An allocation in memory with everything that is kept of it; a neutral record for others.
    func record(_ id: AllocationID, _ scope: StateScope) -> AllocationRecord {
        var record = AllocationRecord()
        guard let state = allocations[id] else { return record }
        record.id = id
        record.holder = state.holder
        record.bid = state.bid
        record.order = state.order
        record.createdAt = state.createdAt
        record.contracts = allocations.contracts(of: id)
        record.handover = allocations.handover(of: id)
        record.usableShare = allocations.usableShare(of: id)
        record.ends = allocations.ends(of: id)
        record.failures = allocations.failures(of: id)
        if scope != .everything {
            record.handover.requestHash = Bytes()
            record.handover.accessHash = Bytes()
        }
        return record
    }

    func decodeDeals(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        offers = try Self.decode(OfferState.self, from: &decoder, "an offer") { offer, position in
            offer.view.id.rawValue == Int64(position) + 1 && isKnown(offer.view.providerID) && isKnown(offer.view.resourceID)
                && (offer.view.minHours.map { $0 >= 1 } ?? true) && (offer.view.minQuantity.map { $0 >= 1 } ?? true)
                && offer.view.outages.isEmpty && offer.view.skipped.count <= OfferView.skippedLimit
                && offer.view.skipped.allSatisfy { catalogue.contains($0.contract.product) }
                && offer.live >= 0 && offer.live <= offer.view.hours.count
                && offer.view.hours.allSatisfy {
                    catalogue.contains($0.contract.product) && UInt64($0.sold) + UInt64($0.remaining) <= UInt64(UInt32.max)
                }
        }
        bids = try Self.decode(BidView.self, from: &decoder, "a bid") { bid, position in
            bid.id.rawValue == Int64(position) + 1 && isKnown(bid.participantID)
                && bid.legs.allSatisfy { leg in
                    catalogue.contains(leg.contract.product) && leg.resources.allSatisfy { isKnown($0.resourceID) }
                }
                && (bid.product.map { catalogue.contains($0) } ?? true)
                && (bid.start.map { $0.hoursSince1970 >= 0 && $0.end <= .limit } ?? true)
                && bid.legs.allSatisfy { $0.quantity <= bid.quantity } && bid.quantity <= Quantity.limit && bid.durationHours <= 8_784
                && (bid.cost.map { $0 >= .zero && $0 <= .limit } ?? true) && (bid.fees.map { $0 >= -.limit && $0 <= .limit } ?? true)
        }
        try restoreStandingBids(&decoder)
        let count = try decoder.read(Int64.self)
        var previous = AllocationID.none
        let records = try Self.decode(AllocationRecord.self, from: &decoder, "an allocation") { record, _ in
            defer { previous = record.id }
            return record.id > previous && record.id.rawValue <= count && isKnown(record.holder) && (record.bid == nil) != (record.order == nil)
                && !record.contracts.isEmpty && record.contracts.allSatisfy { isKnown(contract: $0) }
                && record.failures.allSatisfy { record.contracts.contains($0) && mayHaveFailed(in: contracts.holdings[Int($0)]) }
                && (record.handover.accessOrigin.map { $0 >= AllocationID(1) && $0 < record.id } ?? true)
                && (record.usableShare.map { (1...1_000_000).contains($0.rawValue) } ?? true)
        }
        let states = records.map { record in
            let origin = record.bid.map { AllocationState.Origin.bid($0) } ?? .order(record.order ?? .none)
            let state = AllocationState(holder: record.holder, origin: origin, createdAt: record.createdAt)
            return (position: Int(record.id.rawValue) - 1, element: state)
        }
        guard allocations.restore(count: Int(count), states) else { throw decoder.damaged("allocations that cannot be") }
        for record in records {
            let id = record.id
            for contract in record.contracts {
                guard allocations.join(id, to: contract) else { throw decoder.damaged("an allocation with a contract twice") }
            }
            if record.handover != AllocationHandover() { allocations.setHandover(record.handover, of: id) }
            allocations.setUsableShare(record.usableShare, of: id)
            for end in record.ends { allocations.note(end, of: id) }
            for contract in record.failures { allocations.noteFailure(in: contract, of: id) }
        }
    }
}
