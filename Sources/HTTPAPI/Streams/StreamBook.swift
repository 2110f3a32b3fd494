import Exchange
import Quantities

/// A book as the subscribers of its channel know it.
struct StreamBook {
    /// Levels of a side that a channel shows: as many as `GET …/book` shows at most.
    static let depth = 1_000

    private(set) var view: BookView
    /// The last command that changed what is shown, as far as it is known.
    private(set) var checksum: UInt32
    /// Nil where nothing can be said of its contract.
    private(set) var trading: ContractTrading?

    init(_ view: BookView, _ trading: ContractTrading?) {
        self.view = view
        self.trading = trading
        checksum = BookChecksum.of(bids: view.bids, asks: view.asks)
    }

    /// Levels that changed; a quantity of 0 is a level that is gone.
    struct Delta {
        var bids: [BookLevelView]
        var asks: [BookLevelView]
    }

    /// Takes the book as it stands now; answers what changed, nil where nothing did.
    mutating func advance(to new: BookView) -> Delta? {
        let delta = Delta(
            bids: Self.changes(view.bids, new.bids) { $0 > $1 }, asks: Self.changes(view.asks, new.asks) { $0 < $1 })
        view = new
        guard !delta.bids.isEmpty || !delta.asks.isEmpty else { return nil }
        checksum = BookChecksum.of(bids: view.bids, asks: view.asks)
        return delta
    }

    /// Takes how its contract can be traded now; whether that is news.
    mutating func advance(to new: ContractTrading?) -> Bool {
        defer { trading = new }
        return trading != new
    }

    /// What leads from one list of levels to another, both best first.
    private static func changes(
        _ old: [BookLevelView], _ new: [BookLevelView], _ isBetter: (Price, Price) -> Bool
    ) -> [BookLevelView] {
        var changes: [BookLevelView] = []
        var (before, after) = (0, 0)
        while before < old.count || after < new.count {
            if after == new.count || before < old.count && isBetter(old[before].price, new[after].price) {
                var gone = old[before]
                (gone.quantity, gone.orders) = (0, 0)
                changes.append(gone)
                before += 1
            } else if before == old.count || isBetter(new[after].price, old[before].price) {
                changes.append(new[after])
                after += 1
            } else {
                if old[before].quantity != new[after].quantity || old[before].orders != new[after].orders {
                    changes.append(new[after])
                }
                before += 1
                after += 1
            }
        }
        return changes
    }
}
