import Matching
import Pricing
import Quantities
import Registry
import Settlement

/// What an index is made over: one product, or all products of a class in one currency.
package struct IndexScope: Sendable {
    package var code = ""
    package var kind = IndexKind.product
    package var currency = Currency()
    package var products: [ProductID] = []
}

/// What is known of the sales of one contract.
package struct NotedSales: Sendable {
    package var contract = ContractKey()
    package var sales = IndexSales()
    /// How many entries of the log have left memory: those after the ones that `sales` has.
    package var archived = 0

    package var hour: Hour { contract.hour }

    /// Puts what came from the record behind what is here.
    ///
    /// - Parameter record: what of each contract is there, in any order.
    package mutating func add(_ record: [ContractKey: [ArchivedInputs]]) {
        guard archived > 0, let found = record[contract] else { return }
        let start = Int64(sales.log.count)
        // What has left since this was read is here as well.
        for part in found.filter({ $0.start >= start }).sorted(by: { $0.start < $1.start }) {
            sales.log += part.inputs
            archived -= part.inputs.count
        }
    }
}

/// What the exchange knows for one value of an index: copied out, so that the value is computed elsewhere.
package struct IndexSource: Sendable {
    package var scope = IndexScope()
    package var start = Hour()
    package var end = Hour()
    /// Whether every hour had ended, and everything sold in it was settled.
    package var isComplete = false
    /// When that was so and the latest of `revisions` was known.
    package var knownAt = Timestamp()
    /// What is known of the contracts' sales, as they were noted; `sales` is what it comes to.
    package var noted: [NotedSales] = []
    /// What became known of the contracts, in the order of the contracts.
    package var revisions: [IndexRevisionView] = []

    /// Sales in the order of hours and products, and of trades within them. Sorted and joined here, apart from the exchange's thread.
    package var sales: [(hour: Hour, input: IndexInput)] {
        noted.flatMap { noted in noted.sales.inputs.map { (hour: noted.hour, input: $0) } }
    }

    /// The value, and whatever leads to it.
    package var index: PriceIndex { isComplete ? PriceIndex(sales.map(\.input)) : PriceIndex(withheld: .notSettled) }
}

/// Indices: what sales of capacity that were delivered are made of. MARKET.md section 9.
extension Exchange {
    /// Notes a settled delivery for its contract's indices: device-seconds of a sale of capacity, none of one within an owner.
    func noteSale(of lot: Lot, _ deviceSeconds: Int64, in contract: Int32) {
        guard let input = indexInput(of: lot, deviceSeconds) else { return }
        let count = contracts.holdings[Int(contract)].indexLog.count
        if count == contracts.holdings[Int(contract)].indexLog.capacity {
            // In one piece for all deliveries that there are, so that nothing is copied while they settle.
            contracts.holdings[Int(contract)].indexLog.reserveCapacity(max(2 * count, contracts.holdings[Int(contract)].deliveries.count))
        }
        contracts.holdings[Int(contract)].indexLog.append(input)
    }

    private func indexInput(of lot: Lot, _ deviceSeconds: Int64) -> IndexInput? {
        let sale = lot.links[0]
        let seller = owner(of: sale.seller)
        guard deviceSeconds != 0, seller != owner(of: sale.buyer) else { return nil }
        return IndexInput(trade: sale.trade, seller: ParticipantID(Int64(seller)), price: sale.price, deviceSeconds: deviceSeconds)
    }

    /// A contract's last delivery was settled: its sales become known to the indices. O(1): they were noted as they settled.
    func publishIndexInputs(_ contract: Int32) {
        contracts.holdings[Int(contract)].indexRevisions.append(IndexRevision(knownAt: now, reason: IndexRevision.settled))
    }

    /// A settled delivery was corrected: what is known of its sale changes from now on.
    func reviseSale(of lot: Lot, by deviceSeconds: Int64, in contract: Int32, reason: String) {
        guard let input = indexInput(of: lot, deviceSeconds) else { return }
        guard let latest = contracts.holdings[Int(contract)].indexRevisions.last else {
            // Nothing of the hour is known yet.
            return contracts.holdings[Int(contract)].indexLog.append(input)
        }
        contracts.holdings[Int(contract)].indexRevisions.append(
            IndexRevision(knownAt: max(now, latest.knownAt), reason: reason, changes: [input]))
    }

    /// An operator's revision of what an hour's index is made of. What was known before stays answerable.
    func reviseIndex(_ request: ReviseIndex, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        try request.body.check()
        guard catalogue.contains(request.product) else { throw Refusal(.notFound, "there is no such index") }
        let key = ContractKey(product: request.product, hour: request.body.hour)
        guard let index = contracts.index(of: key), let latest = contracts.holdings[Int(index)].indexRevisions.last else {
            throw Refusal(
                .conflict, "nothing is known of that hour yet: its deliveries are not settled, or there were none", field: "hour")
        }
        let holdings = contracts.holdings[Int(index)]
        guard holdings.indexRevisions.reduce(0, { $1.excluded == nil ? $0 : $0 + 1 }) < Self.indexRevisionLimit else {
            throw Refusal(.limitExceeded, "an hour has at most \(Self.indexRevisionLimit) revisions")
        }
        let excluded = Set(request.body.excludedTrades ?? [])
        // Of sales that have left memory the shell asks the record before.
        let isWhole = holdings.inputsThatLeft == 0
        // Beside the pages of a read, the one look through all sales of an hour: an operator asks for it, seldom.
        var known: Set<TradeID> = []
        if !excluded.isEmpty {
            for input in holdings.indexLog where excluded.contains(input.trade) { known.insert(input.trade) }
            for revision in holdings.indexRevisions { known.formUnion(revision.changes.map(\.trade).filter(excluded.contains)) }
        }
        if let stranger = (request.body.excludedTrades ?? []).first(where: {
            isWhole ? !known.contains($0) : $0.isNone || $0.rawValue > lastTradeID
        }) {
            throw Refusal(.notFound, "\(stranger) is no sale of that hour's index", field: "excluded_trades")
        }
        let revision = IndexRevision(
            knownAt: max(now, latest.knownAt), reason: request.body.reason, excluded: excluded.sorted())
        contracts.holdings[Int(index)].indexRevisions.append(revision)
        return .indexRevision(view(revision, of: key, number: contracts.holdings[Int(index)].indexRevisions.count))
    }

    static var indexRevisionLimit: Int { 1_000 }

    private func view(_ revision: IndexRevision, of key: ContractKey, number: Int) -> IndexRevisionView {
        var view = IndexRevisionView()
        view.contract = key
        view.revision = Int64(number)
        view.knownAt = revision.knownAt
        view.reason = revision.reason
        return view
    }

    // MARK: Reads

    /// All indices: one of every product, then one of every class and currency, in the order of listing.
    package func indexScopes() -> [IndexScope] {
        var products: [IndexScope] = []
        var classes: [IndexScope] = []
        for product in catalogue.products {
            products.append(IndexScope(code: product.code, kind: .product, currency: product.currency, products: [product.id]))
            if let known = classes.firstIndex(where: { $0.currency == product.currency && className($0) == product.computeClass }) {
                classes[known].products.append(product.id)
            } else {
                // A class that trades in several currencies has an index for each; the first one's bears the plain name.
                let isFirst = !classes.contains { className($0) == product.computeClass }
                let code = isFirst ? product.computeClass : product.computeClass + ":" + product.currency.code
                classes.append(IndexScope(code: code, kind: .computeClass, currency: product.currency, products: [product.id]))
            }
        }
        return products + classes
    }

    private func className(_ scope: IndexScope) -> String { catalogue[scope.products[0]].computeClass }

    /// The index of a code; nil where there is none.
    package func indexScope(code: String) -> IndexScope? {
        if let id = catalogue.productID(code: code) {
            return IndexScope(code: code, kind: .product, currency: catalogue[id].currency, products: [id])
        }
        return indexScopes().first { $0.code == code }
    }

    /// What was known at a moment of an index's sales in `[start, end)`.
    ///
    /// - Complexity: O(hours × products + revisions); the sales themselves are shared, not copied.
    package func indexSource(_ scope: IndexScope, _ window: Range<Hour>, knownAt moment: Timestamp) -> IndexSource {
        var source = IndexSource()
        source.scope = scope
        source.start = window.lowerBound
        source.end = window.upperBound
        source.isComplete = window.upperBound.start <= moment
        source.knownAt = window.upperBound.start
        var hour = window.lowerBound
        while hour < window.upperBound {
            for product in scope.products {
                let key = ContractKey(product: product, hour: hour)
                guard let index = contracts.index(of: key) else { continue }
                let holdings = contracts.holdings[Int(index)]
                let known = holdings.indexRevisions.prefix { $0.knownAt <= moment }
                guard let latest = known.last else {
                    // What nothing was sold in needs no settlement.
                    let isSold = !holdings.deliveries.isEmpty || !holdings.lots.isEmpty || holdings.archivedDeliveries > 0
                    if isSold { source.isComplete = false }
                    continue
                }
                let sales = IndexSales(log: holdings.indexLog, revisions: Array(known))
                source.noted.append(NotedSales(contract: key, sales: sales, archived: holdings.inputsThatLeft))
                source.knownAt = max(source.knownAt, latest.knownAt)
                for (position, revision) in known.enumerated() {
                    source.revisions.append(view(revision, of: key, number: position + 1))
                }
            }
            hour = hour + 1
        }
        return source
    }

    /// What is known now of the sales of one contract; nil while nothing is.
    package func notedSales(of key: ContractKey) -> NotedSales? {
        guard let index = contracts.index(of: key) else { return nil }
        let holdings = contracts.holdings[Int(index)]
        guard !holdings.indexRevisions.isEmpty else { return nil }
        let sales = IndexSales(log: holdings.indexLog, revisions: holdings.indexRevisions)
        return NotedSales(contract: key, sales: sales, archived: holdings.inputsThatLeft)
    }

    /// The latest hour before the present one of which something is known; nil where there is none in the last 31 days.
    package func latestIndexHour(_ scope: IndexScope, knownAt moment: Timestamp) -> Hour? {
        var hour = Hour(containing: moment)
        for _ in 0..<744 {
            guard hour > Hour() else { break }
            hour = hour + -1
            for product in scope.products {
                guard let index = contracts.index(of: ContractKey(product: product, hour: hour)) else { continue }
                if let first = contracts.holdings[Int(index)].indexRevisions.first, first.knownAt <= moment { return hour }
            }
        }
        return nil
    }
}
