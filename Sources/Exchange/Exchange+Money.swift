import Ledger
import Matching
import Quantities
import Registry

extension Exchange {
    /// Money came in: the outside world's account to the participant's cash.
    func deposit(_ movement: MoneyMovement, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        try movement.check()
        guard participant(movement.participantID) != nil else {
            throw Refusal(.notFound, "no such participant", field: "participant_id")
        }
        guard !deposits.contains(movement.reference) else {
            throw Refusal(.conflict, "a deposit with this reference was made before", field: "reference")
        }
        if let asset = ledger.assets.index(of: movement.currency), !ledger.canDeposit(asset, movement.amount) {
            throw Refusal(.amountOverflow, "all deposits together would exceed \(Micros.limit)", field: "amount")
        }
        let cash = cashAccount(of: movement.participantID, in: movement.currency)
        deposits.insert(movement.reference)
        let id = DepositID(Int64(deposits.inOrder.count))
        post(.deposit, from: worldAccount(movement.currency), to: cash, movement.amount, cause: .deposit(id))
        var receipt = receipt(for: movement)
        receipt.depositID = id
        return .money(receipt)
    }

    /// Money goes out, as far as it is available.
    func withdraw(_ movement: MoneyMovement, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        try movement.check()
        guard participant(movement.participantID) != nil else {
            throw Refusal(.notFound, "no such participant", field: "participant_id")
        }
        guard !withdrawals.contains(movement.reference) else {
            throw Refusal(.conflict, "a withdrawal with this reference was made before", field: "reference")
        }
        let available = available(movement.participantID, movement.currency)
        guard available >= movement.amount else {
            throw Refusal(.insufficientFunds, "\(available) is available, \(movement.amount) is asked", field: "amount")
        }
        withdrawals.insert(movement.reference)
        let id = WithdrawalID(Int64(withdrawals.inOrder.count))
        let cash = cashAccount(of: movement.participantID, in: movement.currency)
        post(.withdrawal, from: cash, to: worldAccount(movement.currency), movement.amount, cause: .withdrawal(id))
        var receipt = receipt(for: movement)
        receipt.withdrawalID = id
        return .money(receipt)
    }

    private func receipt(for movement: MoneyMovement) -> MoneyReceipt {
        var receipt = MoneyReceipt()
        receipt.entrySetID = ledger.lastEntrySet
        receipt.participantID = movement.participantID
        receipt.currency = movement.currency
        receipt.amount = movement.amount
        receipt.reference = movement.reference
        receipt.createdAt = now
        return receipt
    }

    // MARK: Accounts

    /// The participant's cash account, opened at its first use.
    func cashAccount(of participant: ParticipantID, in currency: Currency) -> AccountID {
        cashAccount(of: participant, in: asset(currency))
    }

    @inline(__always)
    func cashAccount(of participant: ParticipantID, in asset: AssetIndex) -> AccountID {
        if let account = ledger.cashAccount(participant, asset) { return account }
        return announce(ledger.openAccount(.cash(participant), asset: asset))
    }

    func worldAccount(_ currency: Currency) -> AccountID { ledger.world(asset(currency)) }
    func feeAccount(_ asset: AssetIndex) -> AccountID { ledger.feeRevenue(asset) }

    /// The contract's escrow account, opened at its first trade.
    func escrowAccount(_ contract: Int32) -> AccountID {
        if !contracts[contract].escrow.isNone { return contracts[contract].escrow }
        let key = contracts[contract].key
        let account = announce(ledger.openAccount(.escrow(key), asset: productFacts[Int(key.product.index)].asset))
        contracts[contract].escrow = account
        return account
    }

    /// The currency's number in the ledger; its first use opens the world's and the exchange's own accounts.
    func asset(_ currency: Currency) -> AssetIndex {
        if let known = ledger.assets.index(of: currency) { return known }
        let asset = ledger.openAsset(currency)
        _ = announce(ledger.world(asset))
        _ = announce(ledger.feeRevenue(asset))
        return asset
    }

    private func announce(_ id: AccountID) -> AccountID {
        guard let account = ledger.account(id) else { preconditionFailure("an account that was just opened is gone") }
        let index = Int(id.rawValue)
        while escrowInterest.count <= index { escrowInterest.append(.zero) }
        var opened = AccountOpened()
        opened.id = id
        opened.kind = account.owner.kind.rawValue
        opened.participantID = account.owner.participant
        opened.contract = account.owner.contract
        opened.asset = ledger.assets[account.asset]
        emit(.account(opened))
        return id
    }

    /// Cash that a participant may spend now.
    func available(_ participant: ParticipantID, _ currency: Currency) -> Micros {
        guard let asset = ledger.assets.index(of: currency) else { return .zero }
        return available(participant, asset)
    }

    func available(_ participant: ParticipantID, _ asset: AssetIndex) -> Micros {
        guard let account = ledger.cashAccount(participant, asset) else { return .zero }
        return ledger.cash(account).available
    }

    /// Moves money and records the transfer. Nothing happens for an amount of zero.
    func post(_ kind: TransferKind, from debit: AccountID, to credit: AccountID, _ amount: Micros, cause: Cause) {
        guard amount > .zero else {
            precondition(amount == .zero, "a transfer of less than nothing")
            return
        }
        ledger.setCause(cause)
        emitTransfer(ledger.post(debit: debit, credit: credit, amount: amount, kind: kind))
    }

    /// Adds to what a participant has standing in escrow, for `in_escrow` on its balance.
    @inline(__always)
    func addEscrowInterest(_ participant: ParticipantID, _ asset: AssetIndex, _ amount: Micros) {
        let account = cashAccount(of: participant, in: asset)
        escrowInterest[Int(account.rawValue)] += amount
    }
}
