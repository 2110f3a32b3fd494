import Quantities

extension Ledger {
    /// Appends the whole state in its one canonical form: equal ledgers give equal bytes.
    ///
    /// Assets in order, the counters, the closed accounts' sums per asset, then every open account by number with owner,
    /// asset, debits, credits and reservation. Where accounts lie in memory is not state.
    ///
    /// - Precondition: no transfers wait to be taken.
    package func encodeState(into encoder: inout BinaryEncoder) {
        precondition(transfers.isEmpty, "a snapshot in the middle of a command")
        encoder.append(assets.currencies)
        encoder.append(lastAccount)
        encoder.append(lastTransfer)
        encoder.append(lastEntrySet)
        for index in assets.currencies.indices {
            var (debits, credits) = (closedDebits[index], closedCredits[index])
            encoder.integer(&debits)
            encoder.integer(&credits)
        }
        encoder.append(Int64(open.count - vacant.count))
        for number in slots.indices where slots[number] != Self.closed {
            var account = open[Int(slots[number])]
            encoder.append(AccountID(Int64(number + 1)))
            encoder.append(account.owner)
            encoder.append(account.asset)
            encoder.integer(&account.debits)
            encoder.integer(&account.credits)
            encoder.append(account.cash.reserved)
        }
    }

    /// Reads what `encodeState` wrote. Bytes that no ledger could have written are refused: nothing read can trap later.
    package init(decoding decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        self.init()
        for currency in try decoder.read([Currency].self) {
            guard assets.index(of: currency) == nil, assets.count < Int(UInt16.max) - 1 else {
                throw decoder.damaged("an asset twice")
            }
            _ = assets.append(currency)
        }
        while assetStride < assets.count { assetStride *= 2 }
        worldAccounts = Array(repeating: .none, count: assets.count)
        feeAccounts = worldAccounts
        let accountCount = try decoder.read(AccountID.self).rawValue
        lastTransfer = try decoder.read(TransferID.self)
        lastEntrySet = try decoder.read(EntrySetID.self)
        guard accountCount >= 0, accountCount < Int64(Self.closed), lastTransfer.rawValue >= 0, lastEntrySet.rawValue >= 0
        else {
            throw decoder.damaged("a counter out of range")
        }
        for _ in 0..<assets.count {
            closedDebits.append(try Self.readSum(&decoder))
            closedCredits.append(try Self.readSum(&decoder))
        }
        let openCount = try decoder.read(Int64.self)
        // An open account takes more bytes than one, so the bytes left bound the loop.
        guard openCount >= 0, openCount <= accountCount, openCount <= Int64(decoder.bytesLeft) else {
            throw decoder.damaged("more open accounts than there are")
        }
        // Closed accounts have no bytes here, so nothing else keeps a damaged number from asking for all memory.
        guard accountCount - openCount <= Self.closedLimit else { throw decoder.damaged("more closed accounts than can be") }
        slots = Array(repeating: Self.closed, count: Int(accountCount))
        var previous: Int64 = 0
        for _ in 0..<openCount {
            let number = try decoder.read(AccountID.self).rawValue
            guard number > previous, number <= accountCount else { throw decoder.damaged("accounts out of order") }
            previous = number
            slots[Int(number) - 1] = place(try readAccount(&decoder, AccountID(number)))
        }
        guard !worldAccounts.contains(.none), !feeAccounts.contains(.none) else {
            throw decoder.damaged("an asset without its world or fee revenue account")
        }
        if let broken = firstBrokenInvariant() { throw decoder.damaged(broken) }
    }

    /// The most closed accounts that a state may have: half a gigabyte of their numbers.
    private static let closedLimit: Int64 = 1 << 27

    private mutating func readAccount(
        _ decoder: inout BinaryDecoder, _ id: AccountID
    ) throws(BinaryDecoder.Failure) -> Account {
        let owner = try decoder.read(AccountOwner.self)
        let asset = try decoder.read(AssetIndex.self)
        guard Int(asset.index) < assets.count else { throw decoder.damaged("an account in no asset") }
        var account = Account(owner: owner, asset: asset)
        account.debits = try Self.readSum(&decoder)
        account.credits = try Self.readSum(&decoder)
        let reserved = try decoder.read(Micros.self)
        switch owner {
        case .cash(let participant):
            guard participant.rawValue > 0, participant.rawValue < Self.participantLimit,
                cashAccount(participant, asset) == nil
            else {
                throw decoder.damaged("a cash account of nobody, or twice")
            }
            guard account.balance >= 0, account.balance <= Int128(Micros.limit.rawValue), reserved >= .zero,
                Int128(reserved.rawValue) <= account.balance
            else { throw decoder.damaged("a cash balance out of range") }
            account.cash = Balance(available: Micros(Int64(account.balance)) - reserved, reserved: reserved)
            index(id, participant: participant, asset: asset)
        case .escrow:
            break
        case .feeRevenue:
            guard feeAccounts[Int(asset.index)].isNone else { throw decoder.damaged("fee revenue twice") }
            feeAccounts[Int(asset.index)] = id
        case .world:
            guard worldAccounts[Int(asset.index)].isNone else { throw decoder.damaged("the world twice") }
            worldAccounts[Int(asset.index)] = id
        }
        guard owner.kind == .cash || reserved == .zero else { throw decoder.damaged("a reservation outside cash") }
        return account
    }

    /// A sum that further posting cannot overflow.
    private static func readSum(_ decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) -> Int128 {
        var sum: Int128 = 0
        decoder.integer(&sum)
        if let failure = decoder.failure { throw failure }
        guard sum >= 0, sum < Int128(1) << 120 else { throw decoder.damaged("a sum out of range") }
        return sum
    }
}
