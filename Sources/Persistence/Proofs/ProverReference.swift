import Synchronization

/// Tells a prover of commits that is made only after the journal.
final class ProverReference: Sendable {
    private let prover = Mutex<LedgerProver?>(nil)

    func set(_ prover: LedgerProver) { self.prover.withLock { $0 = prover } }
    func noteCommit(of frame: CommittedFrame) { prover.withLock { $0 }?.noteCommit(of: frame) }
}
