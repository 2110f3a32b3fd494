import Matching
import Quantities
import Registry
import Settlement

/// Deliveries, meters and settlement runs.
extension DeliveryState: Record {
    init() { self.init(delivery: Delivery(), contract: -1) }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("delivery", &delivery)
        coder.field("contract", &contract)
        coder.field("paid", &paid)
        coder.field("refunded", &refunded)
        coder.field("compensation", &compensation)
        coder.field("fees", &fees)
        coder.field("energy_kwh", &energyKilowattHours)
        coder.field("evidence", &evidence)
    }
}

extension SettlementRunState: Record {
    init() { self.init(view: SettlementRunView(), sections: []) }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("run", &view)
        coder.field("sections", &sections)
    }
}

extension SettlementSection: Record {
    init() { self.init(contract: -1, count: 0, deliveries: []) }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.integer(&count)
        coder.field("deliveries", &deliveries)
    }
}

extension Exchange {
    func encodeDeliveries(into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        encoder.append(Int64(deliveries.count))
        encoder.append(UInt32(deliveries.kept))
        for state in deliveries {
            encoder.append(state)
            Self.spillIfLarge(&encoder, spill)
        }
        encoder.append(UInt32(meters.count))
        for meter in meters {
            encoder.append(meter.chain)
            meter.hours.encodeState(into: &encoder)
            Self.spillIfLarge(&encoder, spill)
        }
        Self.encode(runs, into: &encoder, spill)
        encoder.append(UInt32(unlisted.count))
        for hour in unlisted.hours {
            for id in hour.deliveries {
                encoder.append(id)
                Self.spillIfLarge(&encoder, spill)
            }
        }
    }

    func decodeDeliveries(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        let count = try decoder.read(Int64.self)
        var previous = DeliveryID.none
        let read = try Self.decode(DeliveryState.self, from: &decoder, "a delivery") { state, _ in
            defer { previous = state.delivery.id }
            return state.delivery.id > previous && state.delivery.id.rawValue <= count && isPossible(state)
        }
        let kept = read.map { (position: Int($0.delivery.id.rawValue) - 1, element: $0) }
        guard let restored = NumberedList(count: Int(count), kept) else { throw decoder.damaged("deliveries that cannot be") }
        deliveries = restored
        try decodeMeters(from: &decoder)
        try noteMetered(&decoder)
        noteShared()
        runs = try Self.decode(SettlementRunState.self, from: &decoder, "a settlement run") { run, position in
            run.view.id.rawValue == Int64(position) + 1 && run.sections.allSatisfy { isPossible($0) }
        }
        try noteSections(&decoder)
        let listed = try Self.decode(DeliveryID.self, from: &decoder, "a delivery that no run has listed") { id, _ in
            isKept(id) && deliveries[Int(id.rawValue) - 1].delivery.isSettled
        }
        for id in listed { unlisted.add(deliveries[Int(id.rawValue) - 1]) }
        var position = 0
        for hour in unlisted.hours {
            guard hour.deliveries.elementsEqual(listed[position..<position + hour.deliveries.count]) else {
                throw decoder.damaged("deliveries that no run has listed, not hour by hour")
            }
            position += hour.deliveries.count
        }
    }

    private func isPossible(_ section: SettlementSection) -> Bool {
        isKnown(contract: section.contract) && (1...1_000_000_000_000_000).contains(section.count)
            && Int64(section.deliveries.count) <= section.count
            && section.deliveries.allSatisfy { isKept($0) && deliveries[Int($0.rawValue) - 1].contract == section.contract }
    }

    /// Where each section begins, and which sections a contract has.
    private func noteSections(_ decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        for run in runs.indices {
            var start: Int64 = 0
            for section in runs[run].sections.indices {
                runs[run].sections[section].start = start
                start += runs[run].sections[section].count
                guard start <= 1_000_000_000_000_000 else { throw decoder.damaged("a run of more than there can be") }
                let contract = Int(runs[run].sections[section].contract)
                guard !contracts[Int32(contract)].archived else { continue }
                contracts.holdings[contract].listed.append(SectionPlace(run: Int32(run), section: Int32(section)))
            }
            guard start == runs[run].view.deliveries else { throw decoder.damaged("a run of other lines than it says") }
        }
    }

    private func decodeMeters(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        let count = try decoder.read(UInt32.self)
        guard Int(count) <= resourceFacts.count else { throw decoder.damaged("a meter of no resource") }
        for _ in 0..<count {
            var meter = MeterState(chain: try decoder.read(MeterReportState.self))
            meter.hours = try HourTable(decoding: &decoder)
            guard meter.chain.lastSequence >= 0, meter.chain.lastSequence < .max,
                meter.hours.entries.allSatisfy({ entry in
                    entry.value.deliveries.allSatisfy { isKnown($0) } && entry.value.isEnergyPossible
                        && (0...Int64(Quantity.limit) * 1_000_000).contains(entry.value.units)
                })
            else { throw decoder.damaged("a meter that cannot be") }
            meters.append(meter)
        }
    }

    /// How many of each resource's deliveries are in memory, which follows from them; that the units are theirs, and that each has its meter.
    private func noteMetered(_ decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        var listed = 0
        for index in meters.indices {
            var found: [(hour: Hour, kept: Int32)] = []
            for (hour, metered) in meters[index].hours.entries where !metered.deliveries.isEmpty {
                var (units, kept, isWhole) = (Int64(0), Int32(0), true)
                for id in metered.deliveries {
                    guard let position = position(of: id) else {
                        isWhole = false
                        continue
                    }
                    let delivery = deliveries[position].delivery
                    guard delivery.contract.hour == hour, Int(delivery.lot.resource.rawValue) == index + 1, deliveries[position].isMetered else {
                        throw decoder.damaged("a meter with another one's delivery")
                    }
                    units += Int64(delivery.lot.quantity)
                    kept += 1
                }
                // With the last one that leaves memory the list is empty.
                guard kept > 0, isWhole ? units == metered.units : units < metered.units else {
                    throw decoder.damaged("a meter's hour with other units than its deliveries")
                }
                found.append((hour, kept))
                listed += Int(kept)
            }
            for (hour, kept) in found { meters[index].hours[hour].kept = kept }
        }
        var metered = 0
        for state in deliveries where state.isMetered { metered += 1 }
        guard listed == metered else { throw decoder.damaged("a delivery that no meter has") }
    }

    /// Those that count together, which follows from the deliveries.
    private func noteShared() {
        // What was given up before its hour counts with no others.
        for state in deliveries where state.delivery.usableShare != nil && state.isMetered {
            let holdings = contracts.holdings[Int(state.contract)]
            guard holdings.archivedDeliveries == 0, holdings.checkedAllocations < holdings.allocations.count else { continue }
            contracts.holdings[Int(state.contract)].shared[state.delivery.lot.allocation, default: []].append(state.delivery.id)
        }
        for index in contracts.holdings.indices where contracts.holdings[index].checkedAllocations > 0 {
            for id in contracts.holdings[index].allocations.prefix(contracts.holdings[index].checkedAllocations) {
                contracts.holdings[index].shared[id] = nil
            }
        }
    }

    // MARK: Cases, keys, contacts

    func encodeCases(_ scope: StateScope, into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        Self.encode(cases.disputes, into: &encoder, spill)
        Self.encode(cases.corrections, into: &encoder, spill)
        Self.encode(cases.references.inOrder, into: &encoder, spill)
        Self.encode(cases.moves, into: &encoder, spill)
        Self.encode(signing.keys, into: &encoder, spill)
        Self.encode(signing.strict, into: &encoder, spill)
        encoder.append(UInt32(contacts.count))
        for contact in contacts { encoder.append(scope == .everything ? contact : ContactState(version: contact.version, hash: Bytes())) }
    }

    func decodeCases(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        cases.disputes = try Self.decode(DisputeView.self, from: &decoder, "a dispute") { dispute, position in
            dispute.id.rawValue == Int64(position) + 1 && isKnown(dispute.deliveryID) && catalogue.contains(dispute.contract.product)
                && (dispute.status != .open || isOpen(dispute))
        }
        cases.corrections = try Self.decode(CorrectionView.self, from: &decoder, "a correction") { correction, position in
            correction.id.rawValue == Int64(position) + 1 && isKnown(correction.deliveryID) && isPossible(correction)
        }
        cases.references = try Self.decodeReferences(from: &decoder)
        cases.moves = try Self.decode(MoveView.self, from: &decoder, "a move") { move, position in
            move.id.rawValue == Int64(position) + 1 && isKnown(move.deliveryID) && isKnown(move.toResourceID)
                && isKnown(move.fromResourceID) && catalogue.contains(move.contract.product)
                && self.position(of: move.deliveryID).map { deliveries[$0].delivery.contract == move.contract } ?? true
        }
        for move in cases.moves where move.status == .proposed {
            guard cases.proposals[move.deliveryID] == nil else { throw decoder.damaged("two moves of one delivery that wait") }
            cases.proposals[move.deliveryID] = move.id
        }
        for move in cases.moves where move.status == .accepted {
            guard let answeredAt = move.answeredAt else { throw decoder.damaged("a move at no time") }
            cases.moved[move.deliveryID] = answeredAt
        }
        signing.keys = try Self.decode(SigningKeyView.self, from: &decoder, "a signing key") { key, position in
            key.id.rawValue == Int64(position) + 1 && isKnown(key.participantID)
        }
        signing.strict = try Self.decode(ParticipantID.self, from: &decoder, "a meter that must sign") { id, _ in isKnown(id) }
        contacts = try Self.decode(ContactState.self, from: &decoder, "a contact") { contact, position in
            contact.version >= 0 && position < participants.participants.count
        }
        guard zip(signing.strict, signing.strict.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw decoder.damaged("meters that must sign, out of their order")
        }
        for state in deliveries where !state.delivery.dispute.isNone {
            let position = Int(clamping: state.delivery.dispute.rawValue) &- 1
            guard cases.disputes.indices.contains(position), cases.disputes[position].deliveryID == state.delivery.id,
                (state.delivery.status == .disputed) == (cases.disputes[position].status == .open)
            else {
                throw decoder.damaged("a delivery with another one's dispute")
            }
        }
    }

    /// Whether a dispute's delivery waits for it.
    private func isOpen(_ dispute: DisputeView) -> Bool {
        guard let position = position(of: dispute.deliveryID) else { return false }
        let delivery = deliveries[position].delivery
        return delivery.status == .disputed && delivery.dispute == dispute.id
    }

    /// What an arithmetic of later corrections relies on.
    private func isPossible(_ correction: CorrectionView) -> Bool {
        let most = position(of: correction.deliveryID).map { deliveries[$0].delivery.lot.deviceSeconds } ?? .max
        let range = -Micros.limit.rawValue...Micros.limit.rawValue
        return (0...most).contains(correction.fromDeviceSeconds) && catalogue.contains(correction.contract.product)
            && correction.entries.count <= 100_000
            && correction.entries.allSatisfy {
                range.contains($0.posted.rawValue) && range.contains($0.due.rawValue) && ($0.participantID.map { isKnown($0) } ?? true)
            }
    }

    private func isKnown(_ id: DeliveryID) -> Bool { id.rawValue >= 1 && id.rawValue <= Int64(deliveries.count) }
    private func isKept(_ id: DeliveryID) -> Bool { position(of: id) != nil }

    /// Reads which contracts are to leave memory; contracts and runs are known.
    func decodeArchivals(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        try due.decodeArchivals(from: &decoder) { isKnown(contract: $0) && contracts[$0].settled }
    }

    /// Whether a delivery, of the state or of the record, can be one.
    func isPossible(_ state: DeliveryState) -> Bool {
        guard isKnown(contract: state.contract) else { return false }
        let delivery = state.delivery
        let contract = contracts[state.contract]
        guard contract.key == delivery.contract, contract.gateClosed || delivery.isSettled else { return false }
        guard delivery.corrections >= 0, delivery.usableShare.map({ (1...1_000_000).contains($0.rawValue) }) ?? true else { return false }
        // What is disputed was reported, and there is the dispute.
        guard delivery.status != .disputed || (delivery.reportedAt != nil && !delivery.dispute.isNone) else { return false }
        guard !delivery.isSettled || delivery.settledAt != nil else { return false }
        if let metered = delivery.meteredDeviceSeconds, metered < 0 || metered > delivery.lot.deviceSeconds { return false }
        guard state.energyKilowattHours.rawValue >= 0 else { return false }
        // So much was paid at most, so that sums over an hour hold.
        let range = Micros.zero...Micros.limit
        guard range.contains(state.paid), range.contains(state.refunded), range.contains(state.compensation), state.fees <= .limit,
            state.fees >= -.limit
        else { return false }
        // What was reported or settled has an outcome, and no more was delivered than was sold.
        let isDecided = delivery.reportedAt != nil || delivery.isSettled
        guard !isDecided || delivery.outcome != nil else { return false }
        guard let seconds = delivery.deliveredDeviceSeconds else { return true }
        return seconds >= 0 && seconds <= delivery.lot.deviceSeconds
    }
}
