import Quantities

extension Ledger {
    /// What a cash account may spend and what is set aside on it. O(1).
    ///
    /// - Precondition: an open cash account.
    package func cash(_ account: AccountID) -> Balance { open[cashSlot(account)].cash }

    /// Brings in a participant's cash account: a hint for a command to come.
    package func prefetchCash(_ participant: ParticipantID, _ asset: AssetIndex, with hint: (UnsafeRawPointer?) -> Void) {
        guard let account = cashAccount(participant, asset) else { return }
        let slot = slot(account)
        unsafe open.withUnsafeBufferPointer { accounts in
            guard let base = unsafe accounts.baseAddress else { return }
            unsafe hint(UnsafeRawPointer(base + slot))
            unsafe hint(UnsafeRawPointer(base + slot) + 64)
        }
    }

    /// Whether `reserve` would succeed.
    package func canReserve(_ account: AccountID, _ amount: Micros) -> Bool {
        open[cashSlot(account)].cash.canReserve(amount)
    }

    /// Sets `amount` aside on a cash account; nothing changes when it has too little available.
    ///
    /// - Precondition: an open cash account; `amount >= .zero`.
    package mutating func reserve(_ account: AccountID, _ amount: Micros) throws(Balance.Refusal) {
        try open[cashSlot(account)].cash.reserve(amount)
    }

    /// Gives `amount` of a cash account's reservation back.
    ///
    /// - Precondition: at least so much is reserved.
    package mutating func release(_ account: AccountID, _ amount: Micros) {
        open[cashSlot(account)].cash.release(amount)
    }

    /// Whether a cash account stays within `Micros.limit` when `amount` is added.
    package func canCredit(_ account: AccountID, _ amount: Micros) -> Bool {
        open[cashSlot(account)].cash.canDeposit(amount)
    }

    /// Whether all money of an asset together stays within `Micros.limit` when `amount` comes in.
    ///
    /// A deposit that passes this check keeps every later posting safe: no account can hold more than there is, so
    /// neither a settlement nor a release can ever carry a cash account beyond the limit.
    package func canDeposit(_ asset: AssetIndex, _ amount: Micros) -> Bool {
        let inside = -balance(of: world(asset))
        return inside + Int128(amount.rawValue) <= Int128(Micros.limit.rawValue)
    }

    private func cashSlot(_ account: AccountID) -> Int {
        let slot = slot(account)
        precondition(open[slot].owner.kind == .cash, "only cash accounts have a balance to reserve")
        return slot
    }
}
