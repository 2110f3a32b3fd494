import Ledger
import Matching
import Pricing
import Quantities
import Registry
import Settlement

/// Reads of who and what, money and positions. All answer copies and change nothing; lists go up from after a cursor.
extension Exchange {
    package func participant(_ id: ParticipantID) -> Participant? { participants.participant(id) }

    package func participants(after: ParticipantID, limit: Int) -> [Participant] {
        Array(participants.participants.dropFirst(Int(clamping: max(after.rawValue, 0))).prefix(limit))
    }

    /// Every key with the hash of its secret, for the shell's index.
    package func apiKeyRecords() -> [APIKeyRecord] { apiKeys }

    package func product(_ id: ProductID) -> Product? { catalogue.contains(id) ? catalogue[id] : nil }

    package func resource(_ id: ResourceID) -> Resource? { resources.resource(id) }

    package func resource(cri: String) -> Resource? { CRI(cri).flatMap { resources.resolve($0) } }

    /// The resource that took a resource's place, if one did.
    package func successor(of id: ResourceID) -> Resource? { resources.successor(of: id) }

    package func resources(provider: ParticipantID?, after: ResourceID, limit: Int) -> [Resource] {
        var found: [Resource] = []
        for entry in resources.entries.dropFirst(Int(clamping: max(after.rawValue, 0))) {
            guard found.count < limit else { break }
            if let provider, entry.resource.providerID != provider { continue }
            found.append(entry.resource)
        }
        return found
    }

    /// A resource's certifications in the order in which they were made; where several cover an hour, the last counts.
    package func certifications(of id: ResourceID, after: CertificationID, limit: Int) -> [IssuedCertification] {
        let issued = resources.entry(id)?.certifications ?? []
        return Array(issued.lazy.filter { $0.id > after }.prefix(limit))
    }

    /// A resource's outages and maintenance in the order in which they were declared, each with the deliveries that it breaks now.
    package func outages(of id: ResourceID, after: OutageID, limit: Int) -> [OutageView] {
        let declared = resources.entry(id)?.outages ?? []
        return declared.lazy.filter { $0.id > after }.prefix(limit).map { view(of: $0) }
    }

    /// A resource's units per hour of `[from, to)`.
    package func capacity(_ id: ResourceID, from: Hour, to: Hour) -> [CapacityView] {
        guard let entry = resources.entry(id), from < to else { return [] }
        var views: [CapacityView] = []
        var hour = from
        while hour < to, views.count < 8_784 {
            let used = capacity[id, hour]
            let units = entry.certification(in: hour)?.terms.units ?? 0
            var view = CapacityView()
            view.hour = hour
            view.certified = units
            view.outage = units - entry.certifiedUnits(in: hour)
            view.sold = used.sold
            view.onOffer = used.onOffer
            view.free = freeUnits(of: id, at: hour)
            views.append(view)
            hour = hour + 1
        }
        return views
    }

    /// A participant's money, a line per currency it ever had.
    package func balances(of participant: ParticipantID) -> [BalanceView] {
        guard self.participant(participant) != nil else { return [] }
        return ledger.assets.currencies.compactMap { currency in
            guard let asset = ledger.assets.index(of: currency), let account = ledger.cashAccount(participant, asset) else {
                return nil
            }
            let balance = ledger.cash(account)
            var view = BalanceView()
            view.currency = currency
            view.total = balance.total
            view.available = balance.available
            view.reserved = balance.reserved
            view.inEscrow = escrowInterest[Int(account.rawValue)]
            return view
        }
    }

    /// What a participant holds or has sold from its resources in contracts whose gate is open or whose delivery is not
    /// settled, in the order of the contracts' first use.
    package func positions(of participant: ParticipantID, after: Int, limit: Int) -> [PositionView] {
        var views: [PositionView] = []
        var skipped = 0
        for index in 0..<contracts.count where !contracts[Int32(index)].settled {
            guard let view = position(of: participant, in: Int32(index)) else { continue }
            skipped += 1
            guard skipped > after else { continue }
            guard views.count < limit else { break }
            views.append(view)
        }
        return views
    }

    private func position(of participant: ParticipantID, in contract: Int32) -> PositionView? {
        let key = contracts[contract].key
        let state = contracts.holdings[Int(contract)]
        var view = PositionView()
        var cost: Int128 = 0
        for lot in state.waiting + state.deliveries.map({ deliveries[Int($0.rawValue) - 1].delivery.lot }) {
            if lot.holder == participant {
                view.quantity += Int64(lot.quantity)
                cost += Int128(lot.links.latest.price.notional(lot.quantity).rawValue)
            }
            if lot.provider == participant { view.sold += Int64(lot.quantity) }
        }
        guard view.quantity > 0 || view.sold > 0 else { return nil }
        view.contract = key
        view.onOffer = state.encumbered(participant)
        view.averagePrice = Notional.average(notional: cost, quantity: view.quantity)
        view.currency = currency(of: key.product)
        let mark = mark(of: key)
        view.markPrice = mark.price
        view.markSource = mark.source
        let worth = Int128(mark.price.rawValue) * Int128(view.quantity) - cost
        view.unrealisedProfit = Int64(exactly: worth).map { Micros($0) }
        return view
    }

    // MARK: Ledger

    package func ledgerAccount(_ id: AccountID) -> LedgerAccountView? { ledger.account(id) == nil ? nil : accountView(id) }

    /// Accounts, all or a participant's cash accounts.
    package func ledgerAccounts(of participant: ParticipantID?, after: AccountID, limit: Int) -> [LedgerAccountView] {
        var views: [LedgerAccountView] = []
        var number = max(after.rawValue, 0)
        while number < ledger.lastAccount.rawValue, views.count < limit {
            number += 1
            let id = AccountID(number)
            guard let account = ledger.account(id) else { continue }
            if let participant, account.owner.participant != participant { continue }
            views.append(accountView(id))
        }
        return views
    }

    func accountView(_ id: AccountID) -> LedgerAccountView {
        guard let account = ledger.account(id) else { preconditionFailure("no such account") }
        var view = LedgerAccountView()
        view.id = id
        view.kind = account.owner.kind.rawValue
        view.participantID = account.owner.participant
        view.contract = account.owner.contract
        view.asset = ledger.assets[account.asset]
        view.debits = MicrosSum(account.debits).description
        view.credits = MicrosSum(account.credits).description
        view.balance = MicrosSum(account.balance).description
        return view
    }

    package func trialBalance() -> [TrialBalanceView] {
        ledger.trialBalance().map { line in
            var view = TrialBalanceView()
            view.asset = line.asset
            view.debits = line.debits.description
            view.credits = line.credits.description
            view.balanced = line.balanced
            return view
        }
    }
}
