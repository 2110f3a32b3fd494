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

/// What the exchange knows for one value of an index: copied out, so that the value is computed elsewhere.
package struct IndexSource: Sendable {
    package var scope = IndexScope()
    package var start = Hour()
    package var end = Hour()
    /// Whether every hour had ended, and everything sold in it was settled.
    package var isComplete = false
    /// When that was so and the latest of `revisions` was known.
    package var knownAt = Timestamp()
    package var sales: [(hour: Hour, input: IndexInput)] = []
    /// What became known of the contracts, in the order of the contracts.
    package var revisions: [IndexRevisionView] = []

    /// The value, and whatever leads to it.
    package var index: PriceIndex { isComplete ? PriceIndex(sales.map(\.input)) : PriceIndex(withheld: .notSettled) }
}

/// Indices: what sales of capacity that were delivered are made of. MARKET.md section 9.
extension Exchange {
    /// A contract's last delivery was settled: its sales become known to the indices.
    func publishIndexInputs(_ contract: Int32) {
        let inputs = indexInputs(contract, without: [])
        contracts.holdings[Int(contract)].indexRevisions.append(
            IndexRevision(knownAt: now, reason: IndexRevision.settled, inputs: inputs))
    }

    /// A contract's delivered sales of capacity, by trade: no resales, none within one owner.
    private func indexInputs(_ contract: Int32, without excluded: Set<TradeID>) -> [IndexInput] {
        var inputs: [IndexInput] = []
        for id in contracts.holdings[Int(contract)].deliveries {
            let delivery = deliveries[Int(id.rawValue) - 1].delivery
            let sale = delivery.lot.links[0]
            guard let seconds = delivery.deliveredDeviceSeconds, seconds > 0, !excluded.contains(sale.trade),
                let seller = participant(sale.seller)?.ownerID, let buyer = participant(sale.buyer)?.ownerID, seller != buyer
            else { continue }
            inputs.append(IndexInput(trade: sale.trade, seller: seller, price: sale.price, deviceSeconds: seconds))
        }
        // A sale that was sold on in parts is one trade in several deliveries.
        var joined: [IndexInput] = []
        for input in inputs.sorted(by: { $0.trade < $1.trade }) {
            if let last = joined.last, last.trade == input.trade {
                joined[joined.count - 1].deviceSeconds += input.deviceSeconds
            } else {
                joined.append(input)
            }
        }
        return joined
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
        guard contracts.holdings[Int(index)].indexRevisions.count < Self.indexRevisionLimit else {
            throw Refusal(.limitExceeded, "an hour has at most \(Self.indexRevisionLimit) revisions")
        }
        let excluded = Set(request.body.excludedTrades ?? [])
        let known = Set(indexInputs(index, without: []).map(\.trade))
        if let stranger = (request.body.excludedTrades ?? []).first(where: { !known.contains($0) }) {
            throw Refusal(.notFound, "\(stranger) is no sale of that hour's index", field: "excluded_trades")
        }
        let revision = IndexRevision(
            knownAt: max(now, latest.knownAt), reason: request.body.reason, inputs: indexInputs(index, without: excluded))
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
    /// - Complexity: O(hours × products + sales).
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
                    if !holdings.deliveries.isEmpty || !holdings.lots.isEmpty { source.isComplete = false }
                    continue
                }
                source.sales += latest.inputs.map { (hour, $0) }
                source.knownAt = max(source.knownAt, latest.knownAt)
                for (position, revision) in known.enumerated() {
                    source.revisions.append(view(revision, of: key, number: position + 1))
                }
            }
            hour = hour + 1
        }
        return source
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
