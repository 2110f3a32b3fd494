import Exchange
import Ledger
import Quantities
import Sequencer

/// Adds up a participant's statement out of what the record says, in any order: transfers, trades, settled deliveries.
struct StatementBuilder {
    private let participant: ParticipantID
    private let periods: StatementPeriods
    /// The participant's cash accounts, by the balance with which the window opens.
    private var opening: [AccountID: Int128] = [:]
    private var accounts: [AccountID: Currency] = [:]
    private var accountsByCurrency: [Currency: AccountID] = [:]
    /// Only looked up; the statement's order is made at the end.
    private var lines: [Place: StatementView] = [:]

    private struct Place: Hashable {
        var period: Int64
        var account: AccountID
    }

    /// - Parameters:
    ///   - opening: the balances as the window begins.
    ///   - closing: of all accounts that there are at its end.
    init(participant: ParticipantID, periods: StatementPeriods, opening: [PastBalance], closing: [PastBalance]) {
        self.participant = participant
        self.periods = periods
        for balance in opening { self.opening[balance.account.id] = balance.credits - balance.debits }
        for balance in closing {
            accounts[balance.account.id] = balance.account.asset
            accountsByCurrency[balance.account.asset] = balance.account.id
            // What is not divided shows every account, also one in which nothing happened.
            if periods.step == nil { change(balance.account.id, 0) { _ in } }
        }
    }

    private mutating func change(_ account: AccountID, _ period: Int64, _ body: (inout StatementView) -> Void) {
        body(&lines[Place(period: period, account: account), default: StatementView()])
    }

    private mutating func change(_ currency: Currency, at time: Timestamp, _ body: (inout StatementView) -> Void) {
        guard periods.contains(time), let account = accountsByCurrency[currency] else { return }
        change(account, periods.number(of: time), body)
    }

    // MARK: What happened

    mutating func add(_ posted: PostedTransfer) {
        guard periods.contains(posted.time) else { return }
        let transfer = posted.transfer
        let amount = Int128(transfer.amount.rawValue)
        let period = periods.number(of: posted.time)
        if accounts[transfer.debit] != nil {
            change(transfer.debit, period) { line in
                line.paid += amount
                Self.add(-amount, transfer.kind, to: &line)
            }
        }
        if accounts[transfer.credit] != nil {
            change(transfer.credit, period) { line in
                line.received += amount
                Self.add(amount, transfer.kind, to: &line)
            }
        }
    }

    /// - Parameter effect: on the balance.
    private static func add(_ effect: Int128, _ kind: TransferKind, to line: inout StatementView) {
        switch kind {
        case .deposit: line.deposits += effect
        case .withdrawal: line.withdrawals += -effect
        case .notional: line.purchases += -effect
        case .buyerFee, .buyerRebate, .feeRefund: line.fees += -effect
        case .proceeds, .resaleProceeds, .resaleRelease: line.proceeds += effect
        case .refund: line.refunds += effect
        case .compensation: line.compensation += effect
        case .bond, .bondReturn: line.bonds += -effect
        default: line.other += effect
        }
    }

    mutating func add(_ trade: TradeView, in currency: Currency) {
        let participant = participant
        change(currency, at: trade.time) { line in
            line.trades += 1
            if trade.buyerID == participant { line.hoursBought += Int64(trade.quantity) }
            if trade.sellerID == participant { line.hoursSold += Int64(trade.quantity) }
        }
    }

    mutating func add(_ settled: SettledDelivery) {
        change(settled.currency, at: settled.settledAt) { line in
            line.deliveries += 1
            line.settledFees += Int128(settled.fees.rawValue)
            if settled.isHeld {
                line.deliveredDeviceSeconds += settled.countedDeviceSeconds
                line.energy += settled.grams(\.itEnergyKilowattHours)
                line.carbonLocation += settled.grams(\.locationGrams)
                line.carbonMarket += settled.grams(\.marketGrams)
            }
            if settled.isProvided {
                line.providedDeviceSeconds += settled.countedDeviceSeconds
                line.compensationPaid += Int128(settled.compensation.rawValue)
                line.providedEnergy += settled.grams(\.itEnergyKilowattHours)
                line.providedCarbonLocation += settled.grams(\.locationGrams)
                line.providedCarbonMarket += settled.grams(\.marketGrams)
            }
            if settled.carbon?.locationGrams == nil, settled.isHeld || settled.isProvided { line.carbonUnknown += 1 }
        }
    }

    // MARK: The statement

    /// The lines, by account and period; periods in which nothing happened are left out.
    func statement() -> [StatementView] {
        var views: [StatementView] = []
        var balance: Int128 = 0
        var account = AccountID.none
        for place in lines.keys.sorted(by: { ($0.account, $0.period) < ($1.account, $1.period) }) {
            guard var line = lines[place] else { continue }
            if place.account != account {
                account = place.account
                balance = opening[account] ?? 0
            }
            line.account = account
            line.participantID = participant
            line.asset = accounts[account] ?? Currency()
            (line.from, line.to) = periods.bounds(of: place.period)
            line.opening = MicrosSum(balance)
            balance += line.received.rawValue - line.paid.rawValue
            line.closing = MicrosSum(balance)
            views.append(line)
        }
        return views
    }
}

extension SettledDelivery {
    /// A figure of the delivery's energy account; 0 where it is unknown.
    fileprivate func grams(_ figure: KeyPath<CarbonView, Measure?>) -> Int128 { Int128(carbon?[keyPath: figure]?.rawValue ?? 0) }
    fileprivate func grams(_ figure: KeyPath<CarbonView, Measure>) -> Int128 { Int128(carbon?[keyPath: figure].rawValue ?? 0) }
}
