import Matching
import Pricing
import Quantities
import Registry

/// Price bands: what they lie around, how that moves, and what happens at their edge. MARKET.md section 9.
extension Exchange {
    /// How long a contract stops after a trade at the edge of its band.
    static var interruptionMinutes: Int32 { 5 }

    /// Where the prices of a contract's hour of the day stand in `hourPrices`.
    @inline(__always)
    func hourPlace(_ key: ContractKey) -> Int {
        Int(key.product.index) &* 24 &+ Int(UInt32(bitPattern: key.hour.hoursSince1970) % 24)
    }

    /// The price that a contract's band lies around now.
    func referencePrice(of key: ContractKey) -> Price { hourPrices[hourPlace(key)].reference }

    /// Whether a price lies inside a contract's band now: the look-up that every order is held against.
    package func isInBand(_ price: Price, of key: ContractKey) -> Bool {
        let prices = hourPrices.cells.place(hourPlace(key))
        return price >= prices.record.lowest && price <= prices.record.highest
    }

    // MARK: Days

    /// A UTC day begins: references move, and fee tiers are counted anew. Bands and tiers then hold all day.
    ///
    /// - Complexity: O(products + participants with deliveries), once a day; and a search for each standing bid in a product with tiers.
    func beginDay(at moment: Timestamp) {
        let day = moment.microseconds / Timestamp.microsecondsPerDay
        let passed = Int32(clamping: max(day - nextMidnight.microseconds / Timestamp.microsecondsPerDay + 1, 1))
        nextMidnight = Timestamp((day + 1) * Timestamp.microsecondsPerDay)
        for index in 0..<hourPrices.count {
            var prices = hourPrices[index]
            prices.target = BandReference.target(after: prices.target, notional: prices.notional, quantity: prices.quantity)
            prices.notional = 0
            prices.quantity = 0
            prices.reference = BandReference.next(after: prices.reference, toward: prices.target, days: passed)
            prices.center(productFacts[index / 24])
            hourPrices[index] = prices
        }
        for index in delivered.indices { delivered[index].begin(day: Int32(clamping: day)) }
        delivered.removeAll { $0.days.isEmpty && $0.counted == 0 }
        beginTiers()
    }

    // MARK: Volatility interruptions

    /// Stops the contracts that traded at the edge of their band in this command, for a while.
    func interruptHitContracts() {
        guard !bandHits.isEmpty else { return }
        for contract in bandHits {
            let state = contracts[contract]
            guard state.interruptedUntil == Timestamp(), now < state.gateTime else { continue }
            let end = now.advanced(minutes: Self.interruptionMinutes)
            contracts[contract].interruptedUntil = end
            due.add(DueQueue.Resumption(time: end, contract: contract))
            emit(.halt(TradingScope(.contract, contract: state.key)))
        }
        bandHits.removeAll(keepingCapacity: true)
    }

    /// An interruption's time is over: the contract trades again, unless an operator halted it.
    func endInterruption(_ resumption: DueQueue.Resumption) {
        // An operator may have ended it, and another may have begun since.
        guard contracts[resumption.contract].interruptedUntil == resumption.time else { return }
        contracts[resumption.contract].interruptedUntil = Timestamp()
        guard !contracts[resumption.contract].halted, !contracts[resumption.contract].gateClosed else { return }
        let scope = TradingScope(.contract, contract: contracts[resumption.contract].key)
        emit(.resume(scope))
        noteResumption(scope)
    }

    /// Why nothing can be traded in a contract that is halted.
    func haltInWords(_ key: ContractKey) -> String {
        guard let index = contracts.index(of: key), !contracts[index].halted, contracts[index].interruptedUntil != Timestamp() else {
            return "halted"
        }
        return "interrupted until \(contracts[index].interruptedUntil), after a trade at the edge of its band"
    }

    // MARK: Overrides

    /// An operator says what bands lie around, from now on; later days move them as ever.
    func overrideBand(_ request: OverrideBand, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        try request.body.check()
        guard catalogue.contains(request.product) else { throw Refusal(.notFound, "there is no such product") }
        let facts = productFacts[Int(request.product.index)]
        guard PriceBand.isOnTick(request.body.referencePrice, tick: facts.tickSize) else {
            throw Refusal(
                .priceOffTick, "\(request.body.referencePrice) is no multiple of the tick \(facts.tickSize)", field: "reference_price")
        }
        let first = Int(request.product.index) * 24
        let hours = request.body.hourOfDay.map { Int($0)..<Int($0) + 1 } ?? 0..<24
        for index in hours {
            var prices = hourPrices[first + index]
            prices.reference = request.body.referencePrice
            prices.target = request.body.referencePrice
            // What was traded before does not move it away again.
            prices.notional = 0
            prices.quantity = 0
            prices.center(facts)
            hourPrices[first + index] = prices
        }
        return .bands(bandsView(request.product))
    }

    /// The bands of a product; nil where there is no such product.
    package func bands(_ product: ProductID) -> BandsView? { catalogue.contains(product) ? bandsView(product) : nil }

    private func bandsView(_ product: ProductID) -> BandsView {
        var view = BandsView()
        view.product = product
        for hour in 0..<24 {
            let prices = hourPrices[Int(product.index) * 24 + hour]
            var band = BandView()
            band.hourOfDay = Int32(hour)
            band.referencePrice = prices.reference
            band.floorPrice = prices.lowest == Price() ? nil : prices.lowest
            band.ceilingPrice = prices.highest == Price() ? nil : prices.highest
            band.targetPrice = prices.target
            view.bands.append(band)
        }
        return view
    }
}
