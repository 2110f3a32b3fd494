import Quantities

/// One asset's line of the trial balance: all debits and all credits, which must be equal.
package struct TrialBalanceLine: Record, Equatable {
    package var asset = Currency()
    package var debits = MicrosSum()
    package var credits = MicrosSum()
    package var balanced = true

    package init() {}
    package init(asset: Currency, debits: Int128, credits: Int128) {
        self.asset = asset
        self.debits = MicrosSum(debits)
        self.credits = MicrosSum(credits)
        balanced = debits == credits
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("asset", &asset)
        coder.field("debits", &debits)
        coder.field("credits", &credits)
        coder.field("balanced", &balanced)
    }
}

extension Ledger {
    /// Debits and credits of all accounts, closed ones included, summed anew per asset in asset order.
    ///
    /// - Complexity: O(accounts).
    package func trialBalance() -> [TrialBalanceLine] {
        var debits = closedDebits
        var credits = closedCredits
        for slot in slots where slot != Self.closed {
            let account = open[Int(slot)]
            debits[Int(account.asset.index)] += account.debits
            credits[Int(account.asset.index)] += account.credits
        }
        return assets.currencies.indices.map {
            TrialBalanceLine(asset: assets.currencies[$0], debits: debits[$0], credits: credits[$0])
        }
    }

    /// The first rule of the ledger that does not hold, or nil when all do. O(accounts); for tests and for recovery.
    package func firstBrokenInvariant() -> String? {
        for number in slots.indices where slots[number] != Self.closed {
            let account = open[Int(slots[number])]
            let id = AccountID(Int64(number + 1))
            switch account.owner {
            case .cash(let participant):
                guard account.balance == Int128(account.cash.total.rawValue) else {
                    return "\(id): cash differs from its postings"
                }
                guard account.cash.total <= .limit else { return "\(id): more money than the limit" }
                guard cashAccount(participant, account.asset) == id else { return "\(id): not found by its owner" }
            case .escrow, .feeRevenue:
                guard account.balance >= 0 else { return "\(id): below zero" }
            case .world:
                guard account.balance <= 0 else { return "\(id): the world holds money of ours" }
            }
        }
        for line in trialBalance() where !line.balanced { return "\(line.asset): debits differ from credits" }
        return nil
    }
}
