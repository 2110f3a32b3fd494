import Matching
import Pricing
import Quantities
import Registry
import Settlement

/// Fee schedules: versions with a time, tiers by what was delivered. MARKET.md section 9.
extension Exchange {
    /// What a participant would pay in a product now.
    func fees(of participant: ParticipantID, _ product: ProductID) -> (tier: FeeTier, version: UInt32) {
        let facts = productFacts[Int(product.index)]
        if facts.hasPlainFees {
            return (FeeTier(leastDeliveredHours: 0, makerFee: facts.makerFee, takerFee: facts.takerFee), facts.feeVersion)
        }
        let version = feeVersion(of: product)
        return (version.tier(delivered: deliveredHours(of: participant)), version.version)
    }

    /// Pins what the order's participant pays, of a product whose fees depend on who and when.
    func pinFees(_ order: OrderPlace, _ product: ProductID) {
        refreshFees(product)
        let fees = fees(of: order.record.participant, product)
        order.record.makerRate = fees.tier.makerFee
        order.record.takerRate = fees.tier.takerFee
        order.record.feeVersion = fees.version
    }

    /// The version in force now.
    func feeVersion(of product: ProductID) -> FeeVersion {
        feeVersions[Int(product.index)].last { $0.effectiveFrom <= now } ?? listedFees(of: product)
    }

    /// Version 1: what the product was listed with.
    private func listedFees(of product: ProductID) -> FeeVersion {
        let terms = catalogue[product]
        var version = FeeVersion()
        version.product = product
        version.version = 1
        version.effectiveFrom = genesisTime
        version.tiers = [FeeTier(leastDeliveredHours: 0, makerFee: terms.makerFee, takerFee: terms.takerFee)]
        return version
    }

    /// Brings the plain numbers that orders read up to date: they hold while one tier is in force and nothing waits.
    func refreshFees(_ product: ProductID) {
        let index = Int(product.index)
        let current = feeVersion(of: product)
        let waits = feeVersions[index].last.map { $0.effectiveFrom > now } ?? false
        productFacts[index].hasPlainFees = !waits && current.tiers.count == 1
        guard let tier = current.tiers.first else { return }
        productFacts[index].makerFee = tier.makerFee
        productFacts[index].takerFee = tier.takerFee
        productFacts[index].feeVersion = current.version
    }

    /// Posts the next version of a product's fees.
    func postFees(_ request: PostFees, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        try request.body.check()
        guard catalogue.contains(request.product) else { throw Refusal(.notFound, "there is no such product") }
        let index = Int(request.product.index)
        var version = FeeVersion()
        version.product = request.product
        version.version = UInt32(feeVersions[index].count) + 2
        version.effectiveFrom = request.body.effectiveFrom ?? now
        version.tiers = request.body.tiers
        guard version.effectiveFrom >= now else { throw .invalid("effective_from", "must not lie in the past") }
        if let last = feeVersions[index].last, version.effectiveFrom <= last.effectiveFrom, last.effectiveFrom > now {
            throw Refusal(
                .conflict, "version \(last.version) begins at \(last.effectiveFrom): a later one must begin after it",
                field: "effective_from")
        }
        guard feeVersions[index].count < Self.feeVersionLimit else {
            throw Refusal(.limitExceeded, "a product has at most \(Self.feeVersionLimit) fee schedules")
        }
        feeVersions[index].append(version)
        refreshFees(request.product)
        emit(.feeVersion(version))
        if version.effectiveFrom == now {
            noteFeeStart(request.product)
        } else {
            due.add(DueQueue.FeeStart(time: version.effectiveFrom, product: request.product))
        }
        return .feeVersion(version)
    }

    /// A version's time has come: what became cheaper may serve whoever waits.
    func beginFees(_ start: DueQueue.FeeStart) {
        refreshFees(start.product)
        noteFeeStart(start.product)
    }

    /// Tiers were counted anew: so may what a participant's tier makes cheaper.
    func beginTiers() {
        guard standing.count > 0 else { return }
        for index in feeVersions.indices where !productFacts[index].hasPlainFees { noteFeeStart(ProductID(UInt32(index))) }
    }

    private func noteFeeStart(_ product: ProductID) { noteResumption(TradingScope(.product, product: product)) }

    static var feeVersionLimit: Int { 10_000 }

    // MARK: Tiers

    /// Device-hours that count for a participant's tier today.
    func deliveredHours(of participant: ParticipantID) -> Int64 {
        deliveredPosition(of: participant).map { delivered[$0].counted } ?? 0
    }

    /// Where a participant's record stands: they lie in the order of participants.
    private func deliveredPosition(of participant: ParticipantID) -> Int? {
        let position = deliveredPlace(of: participant)
        return position < delivered.count && delivered[position].participant == participant.rawValue ? position : nil
    }

    private func deliveredPlace(of participant: ParticipantID) -> Int {
        var (low, high) = (0, delivered.count)
        while low < high {
            let middle = (low + high) / 2
            if delivered[middle].participant < participant.rawValue { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// So many device-seconds of a delivery count for both sides, from the next day on: what was delivered when it settled, the
    /// difference when it is corrected.
    func noteDelivered(_ deviceSeconds: Int64, of hour: Hour, holder: ParticipantID, provider: ParticipantID) {
        guard deviceSeconds != 0 else { return }
        noteDelivered(deviceSeconds, of: hour, holder)
        noteDelivered(deviceSeconds, of: hour, provider)
    }

    private func noteDelivered(_ deviceSeconds: Int64, of hour: Hour, _ participant: ParticipantID) {
        let today = Int32(clamping: now.microseconds / Timestamp.microsecondsPerDay)
        let place = deliveredPlace(of: participant)
        if place == delivered.count || delivered[place].participant != participant.rawValue {
            var days = DeliveredDays()
            days.participant = participant.rawValue
            delivered.insert(days, at: place)
        }
        delivered[place].add(deviceSeconds, on: Self.day(of: hour), today: today)
    }

    // MARK: Reads

    /// All versions of a product's fees, the first one included; nil where there is no such product.
    package func feeSchedule(_ product: ProductID) -> FeeScheduleView? {
        guard catalogue.contains(product) else { return nil }
        var view = FeeScheduleView()
        view.product = product
        view.current = feeVersion(of: product).version
        view.versions = [listedFees(of: product)] + feeVersions[Int(product.index)]
        return view
    }

    /// What a participant pays in each product now.
    package func feeTiers(of participant: ParticipantID, after: Int, limit: Int) -> [CurrentFeesView] {
        let hours = deliveredHours(of: participant)
        return catalogue.products.dropFirst(after).prefix(limit).map { product in
            let fees = fees(of: participant, product.id)
            var view = CurrentFeesView()
            view.product = product.id
            view.version = fees.version
            view.deliveredHours = hours
            view.makerFee = fees.tier.makerFee
            view.takerFee = fees.tier.takerFee
            return view
        }
    }
}
