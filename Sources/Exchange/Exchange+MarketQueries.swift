import Matching
import Pricing
import Quantities
import Registry

/// Reads that everybody may make.
extension Exchange {
    /// A contract, whether somebody trades it or it exists by rule alone; nil where there is none.
    package func contract(_ key: ContractKey) -> ContractView? {
        guard isListed(key), contracts.index(of: key) != nil || key.hour >= Hour(containing: genesisTime) else { return nil }
        let product = catalogue[key.product]
        let prices = hourPrices[hourPlace(key)]
        var view = ContractView()
        view.symbol = key
        view.product = key.product
        view.hour = key.hour
        view.status = status(of: key)
        view.currency = product.currency
        view.gateClosesAt = gateTime(key)
        view.floorPrice = prices.lowest == Price() ? prices.band.floor : prices.lowest
        view.ceilingPrice = prices.highest == Price() ? prices.band.ceiling : prices.highest
        view.referencePrice = prices.reference
        view.catalogueVersion = catalogue.version(of: key)
        if let index = contracts.index(of: key) {
            let state = contracts[index]
            if let book = state.book {
                view.bestBid = books.best(book, .buy).map { price(atTicks: $0, key.product) }
                view.bestAsk = books.best(book, .sell).map { price(atTicks: $0, key.product) }
            }
            view.last = state.last
            view.volume = state.volume
            view.openInterest = state.openInterest
            view.interruptedUntil = state.interruptedUntil == Timestamp() ? nil : state.interruptedUntil
        }
        return view
    }

    func status(of key: ContractKey) -> ContractStatus {
        if time < gateTime(key) { return isHalted(key) ? .halted : .open }
        if time < key.hour.start { return .closed }
        if time < key.hour.end { return .delivering }
        guard let index = contracts.index(of: key) else { return .settled }
        return contracts[index].settled ? .settled : .metering
    }

    /// The contracts of a product over `[from, to)`.
    package func contracts(product: ProductID, from: Hour, to: Hour, limit: Int) -> [ContractView] {
        guard catalogue.contains(product) else { return [] }
        var views: [ContractView] = []
        var hour = max(from, Hour(containing: genesisTime))
        let last = min(to, Hour(containing: time) + catalogue[product].horizonHours + 1)
        while hour < last, views.count < limit {
            if let view = contract(ContractKey(product: product, hour: hour)) { views.append(view) }
            hour = hour + 1
        }
        return views
    }

    /// The displayed book, at most `depth` prices a side; nil where there is no such contract.
    package func book(_ key: ContractKey, depth: Int) -> BookView? {
        guard contract(key) != nil else { return nil }
        var view = BookView()
        view.contract = key
        view.sequence = sequence
        guard let index = contracts.index(of: key), let book = contracts[index].book else { return view }
        view.bids = levels(of: book, .buy, key.product, depth)
        view.asks = levels(of: book, .sell, key.product, depth)
        view.blockAsks = blockAsks(index, limit: depth)
        return view
    }

    private func levels(of book: BookIndex, _ side: Side, _ product: ProductID, _ depth: Int) -> [BookLevelView] {
        var views: [BookLevelView] = []
        books.forEachLevel(book, side, maximum: depth) { ticks, quantity, count in
            var level = BookLevelView()
            level.price = price(atTicks: ticks, product)
            level.quantity = Int64(clamping: quantity)
            level.orders = Int64(count)
            views.append(level)
        }
        return views
    }

    /// What can be had of each product, from the `first` on: the cheapest run on one resource, the largest block, the best prices.
    package func market(
        first: Int64 = 0, limit: Int = .max, quantity: Quantity, duration: Int32, from: Hour, to: Hour
    ) -> [MarketLineView] {
        catalogue.products.dropFirst(Int(clamping: first)).prefix(limit).map { product in
            var line = MarketLineView()
            line.product = product.id
            line.currency = product.currency
            let reliability = reliability(of: product.id)
            line.deliveredShare = reliability.deliveredShare
            line.availability = reliability.availability
            var hour = max(from, Hour(containing: time))
            while hour < to {
                let key = ContractKey(product: product.id, hour: hour)
                // Most hours of a long window have no book, and are passed over for the price of a look-up.
                if let index = contracts.index(of: key), let book = contracts[index].book, status(of: key) == .open {
                    if let ticks = books.best(book, .buy) {
                        let bid = price(atTicks: ticks, product.id)
                        line.bestBid = max(line.bestBid ?? bid, bid)
                    }
                    if let ticks = books.best(book, .sell) {
                        let ask = price(atTicks: ticks, product.id)
                        line.bestAsk = min(line.bestAsk ?? ask, ask)
                    }
                    line.largestBlock = max(line.largestBlock, largestBlock(of: book))
                }
                hour = hour + 1
            }
            var spec = BidSpec()
            spec.requirements.products = [product.code]
            spec.earliestStart = from
            spec.latestEnd = to
            spec.durationHours = duration
            spec.quantity = quantity
            spec.limitPrice = .limit
            if let found = try? search(spec, for: .none), let plan = found.plans.first {
                line.cheapestRun = bestAvailable(plan, spec)
            }
            return line
        }
    }

    /// The most units of one resource for sale in one hour.
    ///
    /// - Complexity: O(orders for sale), however many resources they are of.
    private func largestBlock(of book: BookIndex) -> Int64 {
        var unitsByResource: [ResourceID: Int64] = [:]
        var most: Int64 = 0
        books.forEachOrder(book, .sell) { slot in
            let resource = orders[slot].resource
            guard !resource.isNone else { return true }
            let units = unitsByResource[resource, default: 0] + Int64(orders[slot].remaining)
            unitsByResource[resource] = units
            most = max(most, units)
            return true
        }
        return most
    }
}
