import Ledger
import Matching
import Pricing
import Quantities
import Settlement

/// Contracts with what is held in them, in the order of their first use. Their orders follow in a part of their own.
struct ContractRecord: Record {
    var state = ContractState()
    var holdings = ContractHoldings()

    init() {}
    init(_ state: ContractState, _ holdings: ContractHoldings) {
        self.state = state
        self.holdings = holdings
        self.holdings.lots = holdings.waiting
    }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &state.key)
        coder.field("escrow", &state.escrow)
        coder.field("halted", &state.halted)
        coder.field("gate_closed", &state.gateClosed)
        coder.field("settled", &state.settled)
        coder.field("last", &state.last)
        coder.field("volume", &state.volume)
        coder.integer(&state.turnover)
        coder.field("open_interest", &state.openInterest)
        coder.field("lots", &holdings.lots)
        coder.field("encumbrances", &holdings.encumbrances)
        coder.field("deliveries", &holdings.deliveries)
        coder.field("index_log", &holdings.indexLog)
        coder.field("index_revisions", &holdings.indexRevisions)
        coder.field("allocations", &holdings.allocations)
        var checked = Int64(holdings.checkedAllocations)
        coder.integer(&checked)
        holdings.checkedAllocations = Int(clamping: checked)
        coder.field("archived", &state.archived)
        coder.integer(&holdings.archivedDeliveries)
        coder.integer(&holdings.archivedInputs)
    }
}

extension Encumbrance: Record {
    init() { self.init(holder: .none, allocation: .none, quantity: 0) }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("holder", &holder)
        coder.field("allocation", &allocation)
        coder.field("quantity", &quantity)
    }
}

extension Exchange {
    func encodeContracts(into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        encoder.append(UInt32(contracts.count))
        for index in 0..<contracts.count {
            var record = ContractRecord(contracts[Int32(index)], contracts.holdings[index])
            if record.holdings.archivedDeliveries > 0 { record.holdings.deliveries.removeAll { position(of: $0) == nil } }
            encoder.append(record)
            Self.spillIfLarge(&encoder, spill)
        }
    }

    /// Reads the contracts, opens their books and waits for their gates.
    func decodeContracts(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        let records = try Self.decode(ContractRecord.self, from: &decoder, "a contract") { record, _ in isPossible(record) }
        for var record in records {
            guard contracts.index(of: record.state.key) == nil else { throw decoder.damaged("a contract twice") }
            record.state.gateTime = gateTime(record.state.key)
            if !record.state.gateClosed { record.state.book = books.openBook() }
            if record.state.gateClosed {
                record.holdings.closing = record.holdings.lots[...]
                record.holdings.lots = []
            }
            let index = contracts.append(record.state, record.holdings)
            guard !record.state.gateClosed else { continue }
            due.add(DueQueue.Gate(time: record.state.gateTime, symbol: symbol(record.state.key), contract: index))
        }
    }

    /// What can be said of a contract before its orders and deliveries are known.
    private func isPossible(_ record: ContractRecord) -> Bool {
        let (state, holdings) = (record.state, record.holdings)
        guard Int(state.key.product.index) < productFacts.count, state.key.hour >= Hour(),
            state.key.hour.end <= .limit
        else { return false }
        if !state.escrow.isNone {
            guard let account = ledger.account(state.escrow), account.owner == .escrow(state.key) else { return false }
        }
        if let last = state.last {
            let tick = productFacts[Int(state.key.product.index)].tickSize
            guard last > Price(), last <= .limit, last.rawValue % tick.rawValue == 0 else { return false }
        }
        // Far above what can be traded, and far below what later sums could not hold.
        guard holdings.indexLog.allSatisfy({ isPossible($0) }), isPossible(holdings.indexRevisions), (0...1_000_000_000_000_000).contains(state.volume), state.turnover >= 0,
            state.turnover <= Int128(state.volume) * Int128(Price.limit.rawValue)
        else { return false }
        let counts = Int64(0)...1_000_000_000_000_000
        guard counts.contains(holdings.archivedDeliveries), counts.contains(holdings.archivedInputs) else { return false }
        // What leaves memory was settled, and goes in its order.
        let isBegun = holdings.archivedDeliveries > 0 || holdings.archivedInputs > 0
        let (checked, all) = (holdings.checkedAllocations, holdings.allocations.count)
        guard !(isBegun || state.archived || checked > 0) || state.settled, holdings.archivedInputs == 0 || holdings.deliveries.isEmpty,
            !state.archived || (holdings.deliveries.isEmpty && holdings.indexLog.isEmpty),
            state.archived || (0...Int64(holdings.indexLog.count)).contains(holdings.archivedInputs),
            holdings.indexLog.isEmpty || holdings.archivedInputs < Int64(holdings.indexLog.count),
            state.archived ? checked == 0 : (0...all).contains(checked) && (!isBegun || checked == all)
        else { return false }
        if state.gateClosed { return holdings.encumbrances.isEmpty }
        // Before the gate there may be deliveries that were given up; they are settled.
        return !state.settled && holdings.indexRevisions.isEmpty
    }

    private func isPossible(_ revisions: [IndexRevision]) -> Bool {
        var known = Timestamp()
        for revision in revisions {
            guard revision.knownAt >= known, revision.knownAt <= time, (1...255).contains(revision.reason.unicodeScalars.count),
                revision.changes.allSatisfy({ isPossible($0) }),
                zip(revision.excluded ?? [], (revision.excluded ?? []).dropFirst()).allSatisfy({ $0 < $1 })
            else { return false }
            known = revision.knownAt
        }
        return true
    }

    private func isPossible(_ input: IndexInput) -> Bool {
        input.price > Price() && input.price <= .limit && input.deviceSeconds != 0
            && input.deviceSeconds.magnitude <= UInt64(Quantity.limit) * 3_600 && isKnown(input.seller)
    }

    /// What runs and what waits for one list of a contract's deliveries: every settled one in memory once. Those that left were listed last.
    private func confirmListed(_ contract: Int32, _ unlisted: [DeliveryID], _ decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        // Of one that has left, its deliveries were held against the runs while they did.
        guard !contracts[contract].archived else { return }
        var listed = unlisted
        var missing: Int64 = 0
        for place in contracts.holdings[Int(contract)].listed {
            let section = runs[Int(place.run)].sections[Int(place.section)]
            listed += section.deliveries
            missing += section.count - Int64(section.deliveries.count)
        }
        listed.sort()
        let settled = contracts.holdings[Int(contract)].deliveries.filter { deliveries[Int($0.rawValue) - 1].delivery.isSettled }
        guard listed == settled, missing == contracts.holdings[Int(contract)].archivedDeliveries else {
            throw decoder.damaged("settled deliveries other than runs and what waits for one list")
        }
    }

    /// The allocations that have units in each contract, as contracts and allocations say.
    private func confirmJoined(_ decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        // By contract how many, and the sum of their numbers: with both equal the two say the same.
        var expected = [(count: Int, sum: Int64)](repeating: (0, 0), count: contracts.count)
        var last = AllocationID.none
        while let id = allocations.next(after: last) {
            last = id
            for contract in allocations.contracts(of: id) {
                expected[Int(contract)].count += 1
                expected[Int(contract)].sum &+= id.rawValue
            }
        }
        for index in 0..<contracts.count where !contracts[Int32(index)].archived {
            let noted = contracts.holdings[index].allocations
            guard noted.count == expected[index].count, noted.reduce(0, { $0 &+ $1.rawValue }) == expected[index].sum else {
                throw decoder.damaged("a contract with other allocations than have it")
            }
        }
    }

    /// Which contracts leave memory: what is settled and listed, until nothing of it is left.
    private func confirmArchivals(_ decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        let leaving = due.contractsThatLeave
        for index in 0..<Int32(contracts.count) {
            let holdings = contracts.holdings[Int(index)]
            let isLeft = !contracts[index].archived && !(holdings.deliveries.isEmpty && holdings.indexLog.isEmpty) || !holdings.allocations.isEmpty
            // Of one that is just leaving its last delivery may be gone, and its entry waits.
            let mayLeave = contracts[index].settled && !unlisted.contains(index)
            guard leaving.contains(index) ? mayLeave : !(mayLeave && isLeft) else {
                throw decoder.damaged("a contract that leaves memory and cannot, or the other way round")
            }
        }
    }

    /// What can be said once everything is known: lots and deliveries name what there is, and escrow is what they need.
    func confirmContracts(_ decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        var known = 0
        var unlistedOf: [Int32: [DeliveryID]] = [:]
        for hour in unlisted.hours { unlistedOf[hour.contract] = hour.deliveries }
        for index in 0..<Int32(contracts.count) {
            var need: Int128 = 0
            for lot in contracts.holdings[Int(index)].waiting {
                guard let escrow = possibleEscrow(of: lot), isKept(allocationOf: lot) else { throw decoder.damaged("a lot that cannot be") }
                need += escrow
            }
            var unsettled = 0
            var previous = DeliveryID.none
            for id in contracts.holdings[Int(index)].deliveries {
                let position = Int(clamping: id.rawValue) &- 1
                guard id > previous, deliveries.contains(position), deliveries[position].contract == index else {
                    throw decoder.damaged("a contract with another one's delivery")
                }
                previous = id
                known += 1
                let delivery = deliveries[position].delivery
                guard let escrow = possibleEscrow(of: delivery.lot), isKept(allocationOf: delivery.lot) else {
                    throw decoder.damaged("a lot that cannot be")
                }
                guard !delivery.isSettled else { continue }
                unsettled += 1
                need += escrow
            }
            guard contracts[index].gateClosed || unsettled == 0 else { throw decoder.damaged("a delivery before its gate") }
            contracts.holdings[Int(index)].unsettledDeliveries = unsettled
            try confirmListed(index, unlistedOf[index] ?? [], &decoder)
            let isOver = unsettled == 0 && contracts.holdings[Int(index)].waiting.isEmpty
            guard contracts[index].settled == (contracts[index].gateClosed && isOver) else {
                throw decoder.damaged("a contract that is settled and is not")
            }
            let held = contracts[index].escrow.isNone ? 0 : ledger.balance(of: contracts[index].escrow)
            guard held == need else { throw decoder.damaged("escrow other than every outcome needs") }
        }
        guard known == deliveries.kept else { throw decoder.damaged("a delivery of no contract") }
        var total = Int128(known)
        for holdings in contracts.holdings { total += Int128(holdings.archivedDeliveries) }
        guard total == Int128(deliveries.count) else { throw decoder.damaged("deliveries that neither are in memory nor have left it") }
        try confirmJoined(&decoder)
        try confirmArchivals(&decoder)
    }

    /// An allocation leaves memory after the last of its deliveries.
    private func isKept(allocationOf lot: Lot) -> Bool { lot.allocation.isNone || allocations[lot.allocation] != nil }

    /// What escrow holds for a lot, or nil for a lot that no trade could have made.
    func possibleEscrow(of lot: Lot) -> Int128? {
        guard lot.quantity > 0, lot.quantity <= Quantity.limit, lot.bond >= .zero, isKnown(lot.provider), isKnown(lot.holder),
            isKnown(lot.resource), lot.allocation.rawValue >= 0, lot.allocation.rawValue <= Int64(allocations.count)
        else { return nil }
        var sum = Int128(lot.bond.rawValue)
        for link in lot.links {
            guard link.price > Price(), link.price <= .limit, isKnown(link.seller), isKnown(link.buyer) else { return nil }
            let notional = link.price.notional(lot.quantity)
            guard link.buyerFee <= notional, link.buyerFee >= -notional, link.sellerFee <= notional,
                link.sellerFee >= -notional, link.buyerFee + link.sellerFee >= .zero, link.released >= .zero
            else { return nil }
            sum += Int128(notional.rawValue) + Int128(link.buyerFee.rawValue) - Int128(link.released.rawValue)
        }
        return sum >= 0 && sum <= Int128(Micros.limit.rawValue) ? sum : nil
    }
}
