import Exchange
import Ledger
import Quantities
import Sequencer
import Synchronization

/// The ledger's past, kept from the events; without checkpoints and proofs, which need a database.
final class MemoryArchive: LedgerArchive {
    private struct State {
        var accounts: [(account: AccountOpened, sequence: Int64, time: Timestamp)] = []
        var transfers: [PostedTransfer] = []
    }

    private let state = Mutex(State())
    private let none = NoLedgerArchive()

    func note(_ recorded: RecordedEvent) {
        state.withLock { state in
            switch recorded.event {
            case .account(let account): state.accounts.append((account, recorded.sequence, recorded.time))
            case .transfer(let transfer):
                state.transfers.append(PostedTransfer(transfer: transfer, sequence: recorded.sequence, time: recorded.time))
            default: break
            }
        }
    }

    /// All transfers so far, in the order of posting.
    var transfers: [PostedTransfer] { state.withLock { $0.transfers } }

    func transfers(
        _ filter: TransferFilter, after: TransferID, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [PostedTransfer] {
        state.withLock { state in
            let own = Set(state.accounts.filter { $0.account.participantID == filter.participant }.map(\.account.id))
            return Array(
                state.transfers.filter { posted in
                    posted.transfer.id > after && filter.from.map { posted.time >= $0 } ?? true
                        && filter.to.map { posted.time < $0 } ?? true && filter.kind.map { $0 == posted.transfer.kind } ?? true
                        && (filter.participant == nil || own.contains(posted.transfer.debit) || own.contains(posted.transfer.credit))
                }.prefix(limit))
        }
    }

    func balances(
        at moment: LedgerMoment, account: AccountID?, participant: ParticipantID?, after: AccountID, limit: Int,
        including sequence: Int64
    ) async throws(HistoryError) -> [PastBalance] {
        func counts(_ sequence: Int64, _ time: Timestamp) -> Bool {
            switch moment {
            case .sequence(let last): sequence <= last
            case .time(let last): time <= last
            }
        }
        return state.withLock { state in
            state.accounts.filter { opened in
                counts(opened.sequence, opened.time) && opened.account.id > after
                    && account.map { $0 == opened.account.id } ?? true
                    && participant.map { $0 == opened.account.participantID } ?? true
            }.prefix(limit).map { opened in
                var balance = PastBalance()
                balance.account = opened.account
                for posted in state.transfers where counts(posted.sequence, posted.time) {
                    if posted.transfer.debit == opened.account.id { balance.debits += Int128(posted.transfer.amount.rawValue) }
                    if posted.transfer.credit == opened.account.id { balance.credits += Int128(posted.transfer.amount.rawValue) }
                }
                return balance
            }
        }
    }

    func latestCheckpoint() async throws(HistoryError) -> CheckpointView? { try await none.latestCheckpoint() }
    func checkpoints(before: Int64?, limit: Int) async throws(HistoryError) -> [CheckpointView] {
        try await none.checkpoints(before: before, limit: limit)
    }
    func inclusion(
        of transfer: TransferID, size: Int64?, participant: ParticipantID?, including sequence: Int64
    ) async throws(HistoryError) -> InclusionProofView? {
        try await none.inclusion(of: transfer, size: size, participant: participant, including: sequence)
    }
    func consistency(first: Int64, second: Int64?) async throws(HistoryError) -> ConsistencyProofView? {
        try await none.consistency(first: first, second: second)
    }
    func keys() async throws(HistoryError) -> [LedgerKeyView] { try await none.keys() }
    var figures: LedgerFigures? { nil }
}
