import Quantities

/// The double-entry books of several assets: accounts, reservations, and the transfers of the command at work.
///
/// Accounts are found by number, never by hashing: an account's identifier leads to a slot, a participant and an asset
/// lead to a cash account through one flat array, and whoever opens an escrow account keeps its identifier.
///
///     let dollar = ledger.openAsset(Currency(unchecked: "USD"))
///     let cash = ledger.openAccount(.cash(buyer), asset: dollar)
///     ledger.beginEntrySet(.deposit(id))
///     ledger.post(debit: ledger.world(dollar), credit: cash, amount: .units(100), kind: .deposit)
///     // … the caller turns ledger.transfers into events, then:
///     ledger.removeTransfers()
///
/// It is not copyable: whoever reads it borrows it, so no call ever touches the reference counts of its arrays, which
/// were half of the cost of a posting. Its state is copied by `encodeState` and `init(decoding:)`.
///
/// - Invariant: per asset all debits equal all credits; no account but the world's is below zero; a cash account holds at
///   most `Micros.limit`.
package struct Ledger: ~Copyable, Sendable {
    package internal(set) var assets = Assets()
    /// The transfers posted since `removeTransfers()`, in order. Its memory is reused.
    package internal(set) var transfers: [Transfer] = []
    /// The entry set of the command at work, nil until it has posted something.
    package internal(set) var entrySet: EntrySetID?
    /// The last transfer's number; how many there ever were.
    package internal(set) var lastTransfer = TransferID()
    package internal(set) var lastEntrySet = EntrySetID()

    /// The cause that the next transfers carry.
    var cause = Cause()
    /// By account number less one: the position in `open`, or `Ledger.closed`.
    var slots: [UInt32] = []
    var open: [Account] = []
    /// Positions in `open` that closed accounts left.
    var vacant: [UInt32] = []
    /// At participant × `assetStride` + asset: the cash account's number, 0 for none.
    var cashAccounts: [UInt32] = []
    var assetStride = 4
    var worldAccounts: [AccountID] = []
    var feeAccounts: [AccountID] = []
    /// Per asset: what the closed accounts had been posted, so that the trial balance covers them.
    var closedDebits: [Int128] = []
    var closedCredits: [Int128] = []

    static let closed = UInt32.max
    /// Participants are numbered densely; the bound keeps a damaged number from asking for all memory.
    static let participantLimit: Int64 = 1 << 24

    package init() {}
}

// MARK: Assets and accounts

extension Ledger {
    /// The number of a currency, at its first use with a world and a fee revenue account of its own.
    package mutating func openAsset(_ currency: Currency) -> AssetIndex {
        if let known = assets.index(of: currency) { return known }
        let asset = assets.append(currency)
        closedDebits.append(0)
        closedCredits.append(0)
        worldAccounts.append(insert(Account(owner: .world, asset: asset)))
        feeAccounts.append(insert(Account(owner: .feeRevenue, asset: asset)))
        return asset
    }

    /// Opens an account and gives it the next number.
    ///
    /// - Precondition: the asset is open; the owner is cash or escrow; a participant's cash account is opened once per asset.
    /// - Complexity: O(1) amortised.
    package mutating func openAccount(_ owner: AccountOwner, asset: AssetIndex) -> AccountID {
        precondition(Int(asset.index) < assets.count, "an account in an asset that is not open")
        switch owner {
        case .cash(let participant):
            precondition(participant.rawValue > 0 && participant.rawValue < Self.participantLimit, "a cash account of nobody")
            precondition(cashAccount(participant, asset) == nil, "a cash account was opened twice")
            let id = insert(Account(owner: owner, asset: asset))
            index(id, participant: participant, asset: asset)
            return id
        case .escrow:
            return insert(Account(owner: owner, asset: asset))
        case .feeRevenue, .world:
            preconditionFailure("an asset brings its world and fee revenue accounts with it")
        }
    }

    /// A participant's cash account in an asset, or nil where none was opened. O(1).
    package func cashAccount(_ participant: ParticipantID, _ asset: AssetIndex) -> AccountID? {
        guard participant.rawValue >= 0, Int(asset.index) < assetStride else { return nil }
        let position = Int(participant.rawValue) * assetStride + Int(asset.index)
        guard position < cashAccounts.count, cashAccounts[position] != 0 else { return nil }
        return AccountID(Int64(cashAccounts[position]))
    }

    /// A participant's cash account in an asset, opened at the first call. O(1) amortised.
    package mutating func cashAccountOpening(_ participant: ParticipantID, _ asset: AssetIndex) -> AccountID {
        cashAccount(participant, asset) ?? openAccount(.cash(participant), asset: asset)
    }

    /// Where an asset's fees go.
    package func feeRevenue(_ asset: AssetIndex) -> AccountID { feeAccounts[Int(asset.index)] }

    /// Where an asset's deposits come from and withdrawals go to.
    package func world(_ asset: AssetIndex) -> AccountID { worldAccounts[Int(asset.index)] }

    /// An open account, or nil for a number that was never given or an account that was closed. O(1).
    package func account(_ id: AccountID) -> Account? {
        guard id.rawValue >= 1, id.rawValue <= Int64(slots.count) else { return nil }
        let slot = slots[Int(id.rawValue) - 1]
        return slot == Self.closed ? nil : open[Int(slot)]
    }

    /// Credits less debits of an open account, in micros. O(1).
    package func balance(of id: AccountID) -> Int128 { open[slot(id)].balance }

    /// The number of the last account that was opened.
    package var lastAccount: AccountID { AccountID(Int64(slots.count)) }

    /// Up to `limit` open accounts with numbers above `after`, in order, as the API shows them.
    package func accounts(after: AccountID, limit: Int) -> [AccountView] {
        var views: [AccountView] = []
        var number = max(after.rawValue, 0) + 1
        while number <= Int64(slots.count), views.count < limit {
            let id = AccountID(number)
            if let account = account(id) { views.append(AccountView(id: id, account: account, asset: assets[account.asset])) }
            number += 1
        }
        return views
    }

    /// Closes an escrow account that holds nothing. Its slot is reused; four bytes and its transfers remain.
    ///
    /// - Precondition: an open escrow account with a balance of zero.
    package mutating func closeEscrow(_ id: AccountID) {
        let slot = slot(id)
        let account = open[slot]
        precondition(account.owner.kind == .escrow, "only escrow accounts close")
        precondition(account.balance == 0, "an escrow account was closed with money in it")
        closedDebits[Int(account.asset.index)] += account.debits
        closedCredits[Int(account.asset.index)] += account.credits
        slots[Int(id.rawValue) - 1] = Self.closed
        vacant.append(UInt32(slot))
    }

    /// The position of an open account; a number that is none is a defect.
    func slot(_ id: AccountID) -> Int {
        precondition(id.rawValue >= 1 && id.rawValue <= Int64(slots.count), "no such account")
        let slot = slots[Int(id.rawValue) - 1]
        precondition(slot != Self.closed, "an account was used after it closed")
        return Int(slot)
    }

    private mutating func insert(_ account: Account) -> AccountID {
        precondition(slots.count < Int(Self.closed) - 1, "more accounts than the ledger can number")
        slots.append(place(account))
        return AccountID(Int64(slots.count))
    }

    /// Puts an account into a vacant or a new slot.
    mutating func place(_ account: Account) -> UInt32 {
        if let slot = vacant.popLast() {
            open[Int(slot)] = account
            return slot
        }
        open.append(account)
        return UInt32(open.count - 1)
    }

    /// Notes a cash account in the flat index, which grows with participants and, seldom, with assets.
    mutating func index(_ id: AccountID, participant: ParticipantID, asset: AssetIndex) {
        if Int(asset.index) >= assetStride { widenCashIndex() }
        let position = Int(participant.rawValue) * assetStride + Int(asset.index)
        if position >= cashAccounts.count {
            let wanted = (Int(participant.rawValue) + 1) * assetStride
            cashAccounts.append(contentsOf: repeatElement(0, count: wanted - cashAccounts.count))
        }
        cashAccounts[position] = UInt32(id.rawValue)
    }

    private mutating func widenCashIndex() {
        var stride = assetStride
        while stride < assets.count { stride *= 2 }
        var wider = [UInt32](repeating: 0, count: cashAccounts.count / assetStride * stride)
        for position in cashAccounts.indices {
            wider[position / assetStride * stride + position % assetStride] = cashAccounts[position]
        }
        cashAccounts = wider
        assetStride = stride
    }
}
