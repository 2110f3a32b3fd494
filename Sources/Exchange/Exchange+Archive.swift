import Matching
import Pricing
import Quantities
import Settlement

/// Hours of which nothing can change any more leave memory: their deliveries, the log of their indices, and the allocations that have no other
/// hours. Each leaves with an event that holds it whole; whoever asks for it later is answered from the read models that are made of them.
///
///     settled ── 30 days, and a run has listed it ──► deliveries ─► log of the indices ─► allocations
///
/// What stays of a contract is the contract itself, what became known of its indices, the figures of its meters, and its disputes, corrections
/// and moves. The energy of certificates that are retired later goes to the meters' figures, so that CO₂ stays up to date.
extension Exchange {
    /// The most sales of an index in one event.
    static let inputsPerArchival = 256

    /// So many deliveries count such an event as.
    static let inputsArchivalCost = 8

    /// When nothing of a settled contract can be corrected any more, and what was sealed for it is forgotten.
    func archivalTime(of contract: Int32) -> Timestamp {
        let end = contracts[contract].key.hour.end
        // The first thing that became known of its indices is that all of it was settled.
        let settled = contracts.holdings[Int(contract)].indexRevisions.first?.knownAt ?? end
        return min(max(end, settled).advanced(hours: SettlementSchedule.correctionHours), .limit)
    }

    /// Waits for a contract's time to leave, once it is settled and operators' runs have listed all of it.
    func scheduleArchival(of contract: Int32) {
        guard contracts[contract].settled, !unlisted.contains(contract),
            !contracts.holdings[Int(contract)].deliveries.isEmpty || !contracts.holdings[Int(contract)].allocations.isEmpty
        else { return }
        due.add(DueQueue.Archival(time: max(archivalTime(of: contract), now), contract: contract))
    }

    /// Lets so much of a contract leave as the budget allows.
    ///
    /// - Returns: whether something is left.
    func archive(_ contract: Int32, budget: inout Int) -> Bool {
        let index = Int(contract)
        if !contracts[contract].archived {
            guard noteFailures(in: contract, budget: &budget), archiveDeliveries(of: index, budget: &budget),
                archiveInputs(of: index, budget: &budget)
            else { return true }
            contracts.holdings[index].deliveries = []
            contracts.holdings[index].checkedAllocations = 0
            contracts[contract].archived = true
        }
        while let id = contracts.holdings[index].allocations.last {
            guard budget > 0 else { return true }
            contracts.holdings[index].allocations.removeLast()
            budget -= 1 + archiveIfOver(id)
        }
        contracts.holdings[index].allocations = []
        return false
    }

    /// Before the first delivery leaves: which allocations had less of the hour than their bids called usable. With two such hours in a row
    /// their holders may end them, however long ago these were. False where the budget ran out before the last.
    private func noteFailures(in contract: Int32, budget: inout Int) -> Bool {
        let index = Int(contract)
        let count = contracts.holdings[index].allocations.count
        var looks = 0
        while contracts.holdings[index].checkedAllocations < count, !contracts.holdings[index].shared.isEmpty {
            guard budget > 0 else { return false }
            let id = contracts.holdings[index].allocations[contracts.holdings[index].checkedAllocations]
            if let parts = contracts.holdings[index].shared[id]?.count {
                if isShort(of: id, in: contract) { allocations.noteFailure(in: contract, of: id) }
                contracts.holdings[index].shared[id] = nil
                budget -= 1 + parts / Self.looksPerSettlement
            }
            contracts.holdings[index].checkedAllocations += 1
            looks += 1
            if looks % Self.looksPerSettlement == 0 { budget -= 1 }
        }
        contracts.holdings[index].checkedAllocations = count
        contracts.holdings[index].shared = [:]
        return true
    }

    /// Run by run, the last line first. False where the budget ran out before the last.
    private func archiveDeliveries(of contract: Int, budget: inout Int) -> Bool {
        while let place = contracts.holdings[contract].listed.last {
            let (run, section) = (Int(place.run), Int(place.section))
            while let id = runs[run].sections[section].deliveries.last {
                guard budget > 0 else { return false }
                runs[run].sections[section].deliveries.removeLast()
                let start = runs[run].sections[section].start
                let line = start + Int64(runs[run].sections[section].deliveries.count)
                let position = Int(id.rawValue) - 1
                let lot = deliveries[position].delivery.lot
                let hour = deliveries[position].delivery.contract.hour
                if deliveries[position].isMetered { meterHours(of: lot.resource) { $0[hour].noteArchived() } }
                emit(.deliveryArchived(ArchivedDelivery(run: runs[run].view.id, position: line, state: deliveries[position])))
                deliveries.remove(at: position)
                contracts.holdings[contract].archivedDeliveries += 1
                budget -= 1
            }
            runs[run].sections[section].deliveries = []
            contracts.holdings[contract].listed.removeLast()
        }
        contracts.holdings[contract].listed = []
        return true
    }

    /// From the end of the log, and all of it leaves with its beginning. False where the budget ran out before that.
    private func archiveInputs(of contract: Int, budget: inout Int) -> Bool {
        var end = contracts.holdings[contract].indexLog.count - Int(clamping: contracts.holdings[contract].archivedInputs)
        while end > 0 {
            guard budget > 0 else { return false }
            let start = (end - 1) / Self.inputsPerArchival * Self.inputsPerArchival
            let inputs = Array(contracts.holdings[contract].indexLog[start..<end])
            let key = contracts[Int32(contract)].key
            emit(.inputsArchived(ArchivedInputs(contract: key, start: Int64(start), inputs: inputs)))
            contracts.holdings[contract].archivedInputs += Int64(inputs.count)
            end = start
            budget -= Self.inputsArchivalCost
        }
        contracts.holdings[contract].indexLog = []
        return true
    }

    /// Lets an allocation leave, where all its contracts have and no order of its bid can add another one.
    ///
    /// - Returns: how many deliveries its event counts as, by the number of its contracts.
    @discardableResult
    func archiveIfOver(_ id: AllocationID) -> Int {
        guard let state = allocations[id], state.bid.map({ openHours[$0] == nil }) ?? true,
            allocations.contracts(of: id, allSatisfy: { contracts[$0].archived })
        else { return 0 }
        let record = record(id, .everything)
        emit(.allocationArchived(ArchivedAllocation(record)))
        allocations.remove(id)
        return record.contracts.count / Self.looksPerSettlement
    }

    /// Whether an hour of an allocation was metered whole and had less than the usable share.
    func isShort(of id: AllocationID, in contract: Int32) -> Bool {
        if let share = allocations.usableShare(of: id), let hour = usableHour(of: id, in: contract) {
            return hour.unreported == 0 && hour.sold > 0 && !Delivery.counts(hour.delivered, of: hour.sold, usableShare: share)
        }
        return allocations.failures(of: id).contains(contract)
    }

    // MARK: What is in memory

    /// The position of a delivery that is in memory; nil for others.
    func position(of id: DeliveryID) -> Int? {
        let position = Int(clamping: id.rawValue) &- 1
        return deliveries.contains(position) ? position : nil
    }

    /// The position of a delivery that a command is about.
    ///
    /// - Throws: `notFound` where there is none, and `conflict` with the words for what was settled long ago.
    func position(of id: DeliveryID, orArchived reason: String) throws(Refusal) -> Int {
        if let position = position(of: id) { return position }
        throw isArchived(id) ? Refusal(.conflict, reason) : Refusal(.notFound, "there is no such delivery")
    }
}
