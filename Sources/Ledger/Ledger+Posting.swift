import Quantities

extension Ledger {
    /// Begins the entry set of a command. Its number is drawn at the first transfer, so a command that posts nothing uses none.
    ///
    /// - Precondition: the transfers of the command before were taken (`removeTransfers()`).
    package mutating func beginEntrySet(_ cause: Cause) {
        precondition(transfers.isEmpty, "transfers of the previous command were not taken")
        entrySet = nil
        self.cause = cause
    }

    /// Gives the following transfers of the same entry set another cause: the next trade of a sweep, the next delivery
    /// of a settlement.
    package mutating func setCause(_ cause: Cause) { self.cause = cause }

    /// Forgets the transfers that the caller has turned into events, and ends their entry set. Keeps the memory.
    package mutating func removeTransfers() {
        transfers.removeAll(keepingCapacity: true)
        entrySet = nil
    }

    /// Moves `amount` from `debit` to `credit`. From a cash account it takes what is available.
    ///
    /// What the caller must have checked is held by precondition, because wrong money is worse than a stop.
    ///
    /// - Precondition: `amount > .zero`; two different open accounts of one asset; only the world falls below zero; a cash
    ///   account stays within `Micros.limit`.
    /// - Complexity: O(1), no allocation once the buffer has grown.
    @discardableResult
    package mutating func post(debit: AccountID, credit: AccountID, amount: Micros, kind: TransferKind) -> Transfer {
        let from = slot(debit)
        switch open[from].owner {
        case .cash: open[from].cash.withdraw(amount)
        case .escrow, .feeRevenue:
            precondition(open[from].balance >= Int128(amount.rawValue), "an account would fall below zero")
        case .world: break
        }
        return record(from: from, debit: debit, credit: credit, amount: amount, kind: kind)
    }

    /// Moves `amount` out of a cash account's reservation.
    ///
    /// - Precondition: as for `post`, with at least `amount` reserved on `debit`.
    @discardableResult
    package mutating func spendReserved(debit: AccountID, credit: AccountID, amount: Micros, kind: TransferKind) -> Transfer {
        let from = slot(debit)
        precondition(open[from].owner.kind == .cash, "only cash accounts have reservations")
        open[from].cash.capture(amount)
        return record(from: from, debit: debit, credit: credit, amount: amount, kind: kind)
    }

    /// `post` where `amount` is above zero, nothing where it is zero.
    ///
    /// - Precondition: `amount >= .zero`, and as for `post`.
    @discardableResult
    package mutating func postIfPositive(
        debit: AccountID, credit: AccountID, amount: Micros, kind: TransferKind
    ) -> Transfer? {
        precondition(amount >= .zero, "a negative transfer")
        return amount == .zero ? nil : post(debit: debit, credit: credit, amount: amount, kind: kind)
    }

    private mutating func record(
        from: Int, debit: AccountID, credit: AccountID, amount: Micros, kind: TransferKind
    ) -> Transfer {
        precondition(amount > .zero, "a transfer moves more than nothing")
        let to = slot(credit)
        precondition(from != to, "a transfer to the same account")
        let asset = open[from].asset
        precondition(open[to].asset == asset, "a transfer between two assets")
        if case .cash = open[to].owner { open[to].cash.deposit(amount) }
        open[from].debits += Int128(amount.rawValue)
        open[to].credits += Int128(amount.rawValue)

        let set: EntrySetID
        if let entrySet {
            set = entrySet
        } else {
            set = EntrySetID(lastEntrySet.rawValue + 1)
            lastEntrySet = set
            entrySet = set
        }
        lastTransfer = TransferID(lastTransfer.rawValue + 1)
        let transfer = Transfer(
            id: lastTransfer, entrySet: set, debit: debit, credit: credit, asset: assets[asset], amount: amount, kind: kind,
            cause: cause
        )
        transfers.append(transfer)
        return transfer
    }
}
