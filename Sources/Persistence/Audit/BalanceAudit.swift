import Exchange
import Ledger
import Quantities
import Sequencer

/// Sums the rows of `transfers` anew, account by account, and holds the sums against the rules of the ledger.
struct BalanceAudit {
    /// By account: its asset, kind, contract and the sums of its rows.
    private struct Sums {
        var account: AccountOpened
        var debits: Int128 = 0
        var credits: Int128 = 0
        var balance: Int128 { credits - debits }
    }

    private var sums: [Sums] = []
    /// Accounts that the present command moved money on.
    private var touched: [Int] = []
    private var sequence: Int64 = 0

    /// Takes a row of `accounts`; they come in the order of their keys, from 1 without gaps.
    mutating func open(_ row: AccountRow) { sums.append(Sums(account: row.account)) }

    /// Takes a row of `transfers`.
    mutating func post(_ row: TransferRow) throws {
        let transfer = row.posted.transfer
        if row.posted.sequence != sequence { try confirmCommand() }
        sequence = row.posted.sequence
        for (account, isDebit) in [(transfer.debit, true), (transfer.credit, false)] {
            let index = Int(account.rawValue) - 1
            guard sums.indices.contains(index) else {
                throw AuditFault("transfers: row \(row.id): account \(account) was never opened")
            }
            guard sums[index].account.asset == transfer.asset else {
                throw AuditFault("transfers: row \(row.id): \(transfer.asset) on an account in \(sums[index].account.asset)")
            }
            if isDebit {
                sums[index].debits += Int128(transfer.amount.rawValue)
            } else {
                sums[index].credits += Int128(transfer.amount.rawValue)
            }
            touched.append(index)
        }
    }

    /// After a command only the world may be below zero.
    private mutating func confirmCommand() throws {
        for index in touched where sums[index].account.kind != AccountKind.world.rawValue && sums[index].balance < 0 {
            throw AuditFault(
                "account \(sums[index].account.id) was at \(MicrosSum(sums[index].balance)) after sequence \(sequence)")
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// Holds the sums against the exchange that the journal gives.
    mutating func confirmEnd(_ exchange: Exchange) throws {
        try confirmCommand()
        for entry in sums {
            let account = entry.account
            let balance = MicrosSum(entry.balance).description
            // An account that is gone from the exchange was closed empty.
            let expected = exchange.ledgerAccount(account.id)?.balance ?? MicrosSum().description
            guard balance == expected else {
                throw AuditFault("account \(account.id): its transfers make \(balance), the exchange has \(expected)")
            }
            guard let contract = account.contract, entry.balance != 0 else { continue }
            if exchange.contract(contract)?.status == .settled {
                throw AuditFault("account \(account.id): \(balance) is left in the escrow of a settled contract")
            }
        }
        for line in trialBalance where !line.balanced {
            throw AuditFault("\(line.asset): debits \(line.debits), credits \(line.credits)")
        }
    }

    /// Debits and credits per asset, in the order of first use.
    var trialBalance: [TrialBalanceLine] {
        var order: [Currency] = []
        var totals: [Currency: (debits: Int128, credits: Int128)] = [:]
        for entry in sums {
            if totals[entry.account.asset] == nil { order.append(entry.account.asset) }
            totals[entry.account.asset, default: (0, 0)].debits += entry.debits
            totals[entry.account.asset, default: (0, 0)].credits += entry.credits
        }
        return order.map { asset in
            let total = totals[asset] ?? (0, 0)
            return TrialBalanceLine(asset: asset, debits: total.debits, credits: total.credits)
        }
    }
}
