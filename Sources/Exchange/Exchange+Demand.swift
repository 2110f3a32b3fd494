import Quantities
import Registry

/// What standing bids want: public and without names.
extension Exchange {
    /// The standing bids that a product may serve, in the order in which they are tried; hidden ones are left out.
    ///
    /// - Complexity: O(bids that watch the product × log).
    package func demand(for product: ProductID, skipping skipped: Int, limit: Int) -> [DemandView] {
        guard catalogue.contains(product) else { return [] }
        let shown = standing.watches(of: product).filter { $0.durationHours != .max && !$0.rank.isHidden }.sorted { $0.rank < $1.rank }
        return shown.dropFirst(skipped).prefix(limit).map { watch in
            var view = DemandView()
            view.quantity = watch.quantity
            view.durationHours = watch.durationHours
            view.earliestStart = watch.earliestStart
            view.latestEnd = watch.latestEnd
            view.limitPrice = Price(watch.rank.limit)
            view.placement = watch.placement
            view.currency = currency(of: product)
            return view
        }
    }
}
